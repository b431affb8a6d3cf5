"""From the text of a document to its formulas and its prose, in one linear pass.

Formulas are ``$…$``, ``$`…`$``, ``$$…$$``, ``\\[…\\]``, ``\\(…\\)``, bare ``\\begin{align}`` and
its kin, code fences of the languages ``math`` and ``latex``, MyST's ``{math}`` directive (of
backticks or colons) and role, and what `plain` finds typed as plain text. What a reader of the page
does not see is no formula: code, HTML comments and attributes, the targets of links, and what is
hidden or struck out. A formula ends with its paragraph at the latest, unless its ``$$`` or ``\\[``
has a line of its own.
"""

from __future__ import annotations

import re

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read import limits
from gradcheck.read.blocks import Block, Blocks, is_escaped, too_many_formulas
from gradcheck.read.cursor import as_long_as, found_from, taken_off
from gradcheck.read.display_lines import equations
from gradcheck.read.markdown_fences import holds_text
from gradcheck.read.markdown_layout import TAG_NAMES, Layout, Leaf
from gradcheck.read.markdown_markup import MarkupScanner
from gradcheck.read.plain import plain_formulas

_ENVIRONMENTS = (
    "align|equation|gather|eqnarray|multline|alignat|flalign|displaymath|math"
    "|aligned|gathered|split|cases|dmath|empheq|IEEEeqnarray|xalignat"
)
_OPENING = re.compile(
    rf"\\{{1,2}}begin[ ]?\{{(?P<environment>(?:{_ENVIRONMENTS})\*?)\}}"
    r"|\\(?P<escaped>.)|(?P<code>`+)|(?P<angle><(?=[A-Za-z/!?]))|(?P<percent>%%|^%)"
    r"|(?P<display>\$\$)|(?P<inline>\$)|(?P<struck>~{2,})|(?P<bracket>!?\[)|(?P<target>\])",
    re.MULTILINE | re.DOTALL,
)
_MYST = re.compile(
    r"^(?:`{3,}|:{3,})\{[a-z]|^\([\w:.-]+\)=[ \t\r]*$|^\+\+\+ \{|\{(?:math|eq|ref|numref|doc)\}`",
    re.MULTILINE,
)
_MYST_KEYS = ("jupytext", "kernelspec", "mystnb", "myst", "exports")
_BLANK_LINE = re.compile(r"\n[ \t\r>]*(?=\n)")
_FENCE_LINE = re.compile(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)
_LINE_QUOTE = re.compile(r"[ \t]*>")
_BEFORE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t>]+)*")
"""What may stand before a block in its line: quotes and list items."""
_REST = re.compile(r"[ \t\r]*(?:\([^()$\n]*\)[ \t\r]*)?(?=\n|\Z)")
"""What may stand behind a display that ends its line."""
_TICKS = re.compile(r"`+")
_MATH_LIKE = re.compile(r"[^\d\s$][^$\n]*(?:\\[A-Za-z]|[_^=])")
_CUT = re.compile(
    rf"<(?:!--|[?]|!\[|/?(?:[ps]|{TAG_NAMES}|span|del|strike|br|font|script|style|pre|textarea)(?:\s[^<>]*+)?/?>)",
    re.IGNORECASE,
)
_DEFINITION = re.compile(
    r"[ \t>]*\[(?!\^)(?:[^\[\]\\\n]|\\.){1,200}\]:[ \t]*(?:<[^<>\n]*>|[^\s<]\S*)"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t\r]*(?:\n|\Z)"
)
"""``[name]: address "title"``: where links lead to, in the first lines of a paragraph."""


def find_blocks(document: Document) -> Blocks:
    """All formulas of a document with the prose between them; unclosed ones are findings."""
    scanner = _Scanner(document)
    scanner.run()
    formulas = sorted([*scanner.formulas, *_typed(scanner)], key=lambda block: block.outer)
    findings = list(scanner.findings)
    if len(formulas) > limits.FORMULAS:
        findings.append(too_many_formulas(formulas[limits.FORMULAS].outer))
    return Blocks(
        tuple(formulas[: limits.FORMULAS]),
        tuple(scanner.prose),
        tuple(findings),
        tuple(scanner.comments),
        tuple(scanner.rst),
    )


def _typed(scanner: _Scanner) -> list[Block]:
    """The formulas that are typed as plain text."""
    alone = not scanner.formulas
    found, names = plain_formulas(scanner.text, scanner.fences, scanner.prose, scanner.code, alone)
    return [Block(plain.span, plain.span, True, names, plain.problem) for plain in found]


class _Scanner(MarkupScanner):
    def __init__(self, document: Document) -> None:
        layout = Layout(document.text, document.body_start, len(document.text), holds_text)
        super().__init__(document, layout)
        self.myst = any(key in document.front_matter for key in _MYST_KEYS) or bool(
            _MYST.search(self.text)
        )
        self.unrendered = document.path.lower().endswith(".txt")  # then spaces make no code
        self._cut = False  # whether a display was all of its lines, and ended the paragraph
        self._paragraph_end = self._blank_line = self._fence_line = -1
        self._ticks: dict[int, list[int]] | None = None

    def run(self) -> None:
        """Leaf by leaf; a formula may run on below its own."""
        for _ in as_long_as(lambda: not self._full, lambda: self.layout.at):
            leaf = self.layout.leaf()
            if leaf is None:
                break
            self._enter(leaf)
            if leaf.kind == "fence":
                self._fence(leaf, self._scan)
            elif leaf.kind == "code" and not self.unrendered:
                self._set_off(leaf)
            elif leaf.kind == "mark":
                self._hide(leaf.start, leaf.end)
            else:
                self._definitions(leaf)
                self._scan(self.at, leaf.end)
            if self.at > leaf.end or self._cut:
                self.layout.skip_to(self.at)
        self._finish()
        self.findings += [
            Finding(RULES["GC001"], span, message) for message, span in self.told.items()
        ]

    def _definitions(self, leaf: Leaf) -> None:
        for _ in as_long_as(lambda: leaf.kind == "text", lambda: self.at):
            found = _DEFINITION.match(self.text, self.at, leaf.end)
            if found is None:
                break
            self._hide(found.start(), found.end())

    def _scan(self, start: int, end: int) -> None:
        """Go through text or raw HTML."""
        self.at, self._end, self._paragraph_end, self._cut = start, end, -1, False
        self._brackets, self._strokes = [], []
        for _ in as_long_as(lambda: not self._full, lambda: self.at):
            opening = _OPENING.search(self.text, self.at, self._end)
            if opening is None:
                break
            self.at = opening.end()
            kind = opening.lastgroup
            if kind == "environment":
                self._environment(opening)
            elif kind == "escaped":
                self._escaped(opening)
            elif kind == "code":
                self._code(opening.start(), opening.end())
            elif kind == "angle":
                self._angle(opening.start())
            elif kind == "percent":
                self._percent(opening)
            elif kind == "display":
                self._display(opening.start(), "$$")
            elif kind == "inline":
                self._inline(opening.start())
            elif self.leaf.kind != "html":
                self._markup(opening)

    # each of these is called with `at` just after the opening

    def _environment(self, opening: re.Match[str]) -> None:
        closer = f"\\end{{{opening['environment']}}}"
        close = self._find(closer, self.at)
        span = Span(opening.start(), opening.end())
        if close < 0 or close > self._next_fence(self.at):
            self._unclosed(span, self.document.source(span))
            self.at = min(self._end_of_paragraph(), len(self.text))
            return
        whole = Span(span.start, close + len(closer))
        doubled = self.text.startswith("\\\\", span.start)  # in Markdown \\ may stand for \
        self._formula(Span(span.end, close - 1) if doubled else whole, whole, True)

    def _escaped(self, opening: re.Match[str]) -> None:
        if opening["escaped"] == "[":
            self._display(opening.start(), "\\]")
        elif opening["escaped"] == "(":
            start = opening.start()
            close = self._find("\\)", self.at)
            if 0 <= close <= self._end_of_paragraph():
                self._formula(Span(self.at, close), Span(start, close + 2), False)
            else:
                self._unclosed(Span(start, start + 2), "\\(")
        elif opening["escaped"] == "\\" and self.text[self.at : self.at + 1] in ("(", "["):
            self._doubled(opening.start())

    def _doubled(self, start: int) -> None:
        """``\\\\( … \\\\)``, where Markdown makes one backslash of two."""
        display = self.text[self.at] == "["
        close = self._find("\\\\]" if display else "\\\\)", self.at)
        limit = self._end_of_paragraph()
        if display and self._begins_line(start):
            limit = self._limit(start, self.at + 1, _REST.match(self.text, close + 3) is not None)
        if 0 <= close <= limit:
            content, outer = Span(self.at + 1, close), Span(start, close + 3)
            self._displayed(content, outer) if display else self._formula(content, outer, False)

    def _display(self, start: int, closer: str) -> None:
        after = start + 2
        close = self._find(closer, after)
        ends = _REST.match(self.text, close + 2) is not None
        begins = self._begins_line(start)
        limit = self._limit(start, after, ends) if begins else self._end_of_paragraph()
        if closer != "$$":
            limit = min(limit, self._next_fence(after))
        if close < 0 or close > limit:
            self._unclosed(Span(start, after), self.text[start:after])
            self.at = max(after, min(self._end_of_paragraph(), len(self.text)))
            return
        self._displayed(Span(after, close), Span(start, close + len(closer)))
        if begins and ends and self.leaf.kind == "text":
            self._cut, self._end = True, self.at

    def _begins_line(self, start: int) -> bool:
        """Whether nothing but quotes and list items stands before a place in its line."""
        line_start = self.text.rfind("\n", max(0, start - 80), start) + 1
        before = _BEFORE.match(self.text, line_start)
        return start == self.leaf.start or (before is not None and before.end() >= start)

    def _limit(self, start: int, after: int, ends: bool) -> int:
        """Where a display that begins its line must have ended: with what holds it if it is alone
        there, at a blank line if it ends a line, else with its paragraph."""
        line_end = self.text.find("\n", after, after + 80)
        if line_end >= 0 and not self.text[after:line_end].strip():
            return self.layout.reach(start)
        return self._next_blank_line(start) if ends else self._end_of_paragraph()

    def _next_fence(self, at: int) -> int:
        """Where a line begins a fence; one in a formula between dollars is none."""
        if self._fence_line < at:
            fence = _FENCE_LINE.search(self.text, at)
            self._fence_line = fence.start() if fence else len(self.text)
        return self._fence_line

    def _next_blank_line(self, at: int) -> int:
        if self._blank_line < at:
            blank = _BLANK_LINE.search(self.text, at)
            self._blank_line = blank.start() if blank else len(self.text)
        return self._blank_line

    def _displayed(self, content: Span, outer: Span) -> None:
        """A display, which may be several equations."""
        if self._cut_by_html(outer):
            return
        pieces = equations(self.text, content)
        for piece in pieces:
            start = outer.start if piece is pieces[0] else piece.start
            end = outer.end if piece is pieces[-1] else piece.end
            self._formula(piece, Span(start, end), True)

    def _inline(self, start: int) -> None:
        after = start + 1
        limit = self._end_of_paragraph()
        if self.text.startswith("`", after):  # $`…`$, as some forges write it
            close = self._find("`$", after + 1)
            if 0 <= close <= limit:
                self._formula(Span(after + 1, close), Span(start, close + 2), False)
                return
        dollar = self._closing_dollar(after, limit)
        if dollar is None:
            rest = _MATH_LIKE.match(self.text, after, min(limit, after + 200))
            if rest and not self._has_dollar(after, limit):
                self._unclosed(Span(start, after), "$")
            return
        self._formula(Span(after, dollar), Span(start, dollar + 1), False)

    def _closing_dollar(self, after: int, limit: int) -> int | None:
        """The dollar that closes an inline formula, by the rules that keep prices out."""
        close = self._next_dollar(after)
        if close < 0 or close > limit or close == after:
            return None
        content = self.text[after:close] if close - after < 400 else ""
        spaced = self.text[after].isspace(), self.text[close - 1].isspace()
        signs = r"\\" if content[:1].isdigit() else r"[\\=_^]"  # $5 is a price
        if any(spaced) and not re.search(signs, content):
            return None
        if self.text[close + 1 : close + 2].isdigit():
            return None
        return close

    def _next_dollar(self, at: int) -> int:
        dollars = found_from(lambda place: self._find("$", place), at)
        return next((close for close in dollars if not is_escaped(self.text, close)), -1)

    def _has_dollar(self, after: int, limit: int) -> bool:
        close = self._next_dollar(after)
        return 0 <= close <= limit

    def _code(self, start: int, end: int) -> None:
        """Skip a code span; backticks that nothing closes are plain text."""
        if self._ticks is None:
            self._ticks = {}
            for run in reversed(list(_TICKS.finditer(self.text))):
                self._ticks.setdefault(run.end() - run.start(), []).append(run.start())
        runs = self._ticks.get(end - start, [])
        for _ in taken_off(runs, lambda run: run < end):
            pass
        if runs and runs[-1] <= self._end_of_paragraph():
            if self.text.endswith("{math}", max(0, start - 6), start):
                whole = Span(start - 6, runs[-1] + end - start)
                self._formula(Span(end, runs[-1]), whole, False)
                return
            if not self._concealed:
                self.code.append(Span(end, runs[-1]))
            self._hide(start, runs[-1] + end - start)

    def _percent(self, opening: re.Match[str]) -> None:
        """Skip a comment: MyST's ``% …``, a line, and Obsidian's ``%% … %%``."""
        start, doubled = opening.start(), opening["percent"] == "%%"
        line_end = self._find("\n", self.at)
        line_end = len(self.text) if line_end < 0 else line_end
        begins = start == 0 or self.text[start - 1] == "\n"
        close = self._find("%%", self.at) if doubled else -1
        limit = self._end_of_paragraph() if begins else line_end
        if begins and not self.text[self.at : line_end].strip() and self.text[close - 1] == "\n":
            limit = len(self.text)  # a block: both marks have lines of their own
        if 0 <= close <= limit:
            self._hide(start, close + 2)
        elif begins and self.myst:
            self._hide(start, line_end)

    # bookkeeping

    def _formula(self, content: Span, outer: Span, display: bool) -> None:
        if not self._cut_by_html(outer):
            super()._formula(content, outer, display)

    def _cut_by_html(self, outer: Span) -> bool:
        """Pass over what looks like a formula, if a tag or comment in it is one for the reader.

        Between dollars it is none, but in raw HTML.
        """
        raw, dollars = self.leaf.kind == "html", self.text[outer.start] == "$"
        if self.leaf.kind == "fence" or (dollars and not raw):
            return False
        if _CUT.search(self.text, outer.start, outer.end) is None:
            return False
        start = Span(outer.start, outer.start + 2)
        if not raw:
            self._unclosed(start, f"before an HTML tag, {self.text[start.start : start.end]}")
        self.at = start.end
        return True

    def _end_of_paragraph(self) -> int:
        if self._paragraph_end < self.at:
            blank = _BLANK_LINE.search(self.text, self.at, self._end)
            self._paragraph_end = blank.start() if blank else self._end
        return self._paragraph_end

    def _is_quoted(self, outer: Span) -> bool:
        line_start = self.text.rfind("\n", max(0, outer.start - 80), outer.start) + 1
        return bool(_LINE_QUOTE.match(self.text, line_start, outer.start))
