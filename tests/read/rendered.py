"""What a reader sees of a Markdown page, by markdown-it-py: the oracle of our own scan."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
UNSEEN = frozenset("script style template title noscript head iframe object".split())
RAW = frozenset("script style textarea title".split())
UNTOUCHED = frozenset("pre textarea".split())  # nobody typesets what they hold
OPEN, CLOSE = "\ue000", "\ue001"  # about a formula, in the rendered page


@dataclass(frozen=True)
class Page:
    """The dollar formulas that are seen, all that is seen, and the lines of raw HTML."""

    formulas: tuple[str, ...]
    text: str
    raw: tuple[tuple[int, int], ...]


def markdown() -> MarkdownIt:
    """CommonMark with struck text and with dollars; a display may begin below a paragraph."""
    made = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
    made.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
    block = next(rule for rule in made.block.ruler.__rules__ if rule.name == "math_block")
    made.block.ruler.at("math_block", _quiet(block.fn), {"alt": ["paragraph", "reference"]})
    for name in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        made.renderer.rules[name] = _formula
    return made


def _quiet(rule: Callable[..., bool]) -> Callable[..., bool]:
    """The rule, leaving no trace where it is only asked; the plugin's own does."""

    def asked(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        line, count = state.line, len(state.tokens)
        found = rule(state, start, end, silent)
        if silent:
            state.line = line
            del state.tokens[count:]
        return found

    return asked


def _formula(tokens: list[Token], index: int, options: object, env: object) -> str:
    content = tokens[index].content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = f"{OPEN}{content}{CLOSE}"
    return f"<div>{shown}</div>" if tokens[index].block else shown


class _Reader(HTMLParser):
    """Collects what is not hidden and not struck out, as far as attributes tell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool, bool]] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID or (self.open and self.open[-1][0] in RAW):
            return
        if tag in _BLOCKS:
            while self.open and self.open[-1][0] == "p":
                self.open.pop()
        given = {name: value or "" for name, value in attrs}
        style = given.get("style", "").replace(" ", "")
        unseen = tag in UNSEEN or "hidden" in given or "display:none" in style
        unseen |= "color:white" in style or tag in ("del", "s", "strike")
        before = self.open[-1] if self.open else ("", False, False)
        self.open.append((tag, before[1] or unseen, before[2] or tag in UNTOUCHED))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] in RAW - {tag}:
            return
        if any(name == tag for name, *_ in self.open):
            lasting = []
            while (last := self.open.pop())[0] != tag:
                lasting += [last[0]] if last[0] in ("s", "strike") else []
            for name in lasting[::-1] if tag == "p" else ():
                self.handle_starttag(name, [])

    def handle_data(self, data: str) -> None:
        _, unseen, untouched = self.open[-1] if self.open else ("", False, False)
        if not unseen:
            self.seen.append(data.replace(OPEN, "").replace(CLOSE, "") if untouched else data)


_BLOCKS = frozenset("p div ul ol li blockquote pre h1 h2 h3 h4 h5 h6 hr table".split())


_COMMENT = re.compile(r"<!--(?:-?>|.*?-->)", re.DOTALL)


def page(text: str) -> Page:
    """What is seen of a text."""
    made = markdown()
    tokens = made.parse(text)
    raw = tuple((t.map[0], t.map[1]) for t in tokens if t.type == "html_block" and t.map)
    reader = _Reader()
    reader.feed(_COMMENT.sub("", made.renderer.render(tokens, made.options, {})))
    reader.close()
    seen = "".join(reader.seen)
    formulas = re.findall(f"{OPEN}([^{CLOSE}]*){CLOSE}", seen)
    return Page(tuple(formulas), seen.replace(OPEN, "").replace(CLOSE, ""), raw)


def bare(text: str) -> str:
    """Letters and digits only: Markdown takes away the signs that it knows."""
    return re.sub(r"\W|_", "", text)
