"""Which HTML elements a place on a Markdown page stands in, and so whether a reader sees it.

Tags are fed in as they come. An element is hidden by its kind, its attributes or its style: also
letters in the colour of what is behind them. What is struck out is seen, and taken back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from gradcheck.read.cursor import ending

_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*+)"
    r"(?P<attributes>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
)
"""A tag as browsers take it; CommonMark is stricter within text."""
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s\"'<>/=]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s\"'=<>`]+)))?"
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
"""Elements that hold no other: what looks like a tag in them is text."""
SILENT = frozenset("script style head title".split())
"""Elements that nobody expects to see: what they hold is no hidden answer."""
_UNSEEN = SILENT | frozenset(
    "template noscript datalist canvas audio video iframe noembed noframes object".split()
)
_VERBATIM = frozenset("pre textarea xmp script style".split())
_STRUCK = frozenset("del s strike".split())
_LASTING = frozenset("s strike font".split())
"""Elements that browsers open again in the next paragraph."""
_LASTING_AT_MOST = 3
_CLOSING_PARAGRAPH = frozenset(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr li dd dt main menu nav ol p pre search section "
    "summary table ul".split()
)
"""Elements that a paragraph cannot hold: it ends where they begin."""
_GONE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|opacity\s*:\s*0*(?:\.0*)?%?\s*(?:!|;|$)|font-size\s*:\s*0*(?:\.0*)?(?:px|pt|r?em|%)?\s*(?:!|;|$)"
    r"|(?:left|top|right|text-indent)\s*:\s*-\d{3,})",
    re.IGNORECASE,
)
_STRUCK_BY_STYLE = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_COLOUR = re.compile(r"(?:^|;)\s*color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|;)\s*background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_PAPER = (255, 255, 255)
_NEAR = 24
"""How far apart, of 255, two colours still look alike."""
_NAMED = {
    "white": _PAPER, "snow": (255, 250, 250), "ivory": (255, 255, 240), "black": (0, 0, 0),
    "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240), "whitesmoke": (245, 245, 245),
    "azure": (240, 255, 255), "mintcream": (245, 255, 250), "aliceblue": (240, 248, 255),
    "seashell": (255, 245, 238), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "lightyellow": (255, 255, 224), "gray": (128, 128, 128),
    "grey": (128, 128, 128), "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211),
}  # fmt: skip
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_RGB = re.compile(r"rgba?\(\s*(\d+%?)[\s,]+(\d+%?)[\s,]+(\d+%?)\s*(?:[,/]\s*([\d.]+%?)\s*)?\)")

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Element:
    """An open element with what it and those about it do to what it holds.

    ``container`` is the block quote or list item that it ends with; ``inline`` says that it ends
    with its paragraph.
    """

    name: str
    container: int
    inline: bool
    gone: bool = False
    struck: bool = False
    verbatim: bool = False
    silent: bool = False
    colour: Colour | None = None
    paper: Colour = _PAPER

    @property
    def concealed(self) -> str:
        """``hidden`` or ``struck``, or nothing."""
        if self.gone or (self.colour is not None and alike(self.colour, self.paper)):
            return "hidden"
        return "struck" if self.struck else ""


_PAGE = Element("", 0, False)


def tag_at(text: str, at: int, stop: int) -> re.Match[str] | None:
    """The tag that a browser would see at a place."""
    return _TAG.match(text, at, min(stop, at + 2_000))


class Elements:
    """The elements that are open where the scan of a page stands."""

    def __init__(self) -> None:
        self._open: list[Element] = []
        self._count: dict[str, int] = {}

    @property
    def innermost(self) -> Element:
        return self._open[-1] if self._open else _PAGE

    def feed(self, tag: re.Match[str], container: int, inline: bool) -> None:
        """Take in a tag that `tag_at` found."""
        name = tag["name"].lower()
        if self.innermost.name in RAW and not (tag["end"] and name == self.innermost.name):
            return
        if tag["end"]:
            if self._count.get(name):
                self._pop_to(name)
                return
            if name == "p":
                self._end_paragraph()  # of Markdown's own
            return
        if name in _CLOSING_PARAGRAPH:
            self._end_paragraph()
            inline = False
        if name not in _VOID:
            container = 0 if name in RAW else container
            inline = inline and name not in RAW
            self._push(_made(self.innermost, name, tag["attributes"], container, inline))

    def enter(self, containers: tuple[int, ...], block: bool) -> None:
        """A leaf begins: what ended with the paragraph and the containers before it is closed."""
        if self.innermost.name in RAW:
            return
        lasting = self._pop_inline()
        known = {0, *containers}
        self._pop_while(lambda element: element.container not in known)
        if block:
            self._end_paragraph()
        self._open_again(lasting)

    def _end_paragraph(self) -> None:
        lasting = self._pop_inline()
        self._pop_while(lambda element: element.name == "p")
        self._open_again(lasting)

    def _pop_inline(self) -> list[Element]:
        """Close what ends with a paragraph; of that, what is open again in the next."""
        ended = self._pop_while(lambda element: element.inline)
        lasting = [element for element in ended if element.name in _LASTING]
        return lasting[:_LASTING_AT_MOST][::-1]

    def _pop_while(self, holds: Callable[[Element], bool]) -> list[Element]:
        """Close the innermost for as long as it holds of them; the innermost comes first."""
        kept = ending(self._open, 0, len(self._open), holds)
        return [self._pop() for _ in range(len(self._open) - kept)]

    def _pop_to(self, name: str) -> None:
        """Close the innermost of that name, and all within it."""
        self._pop_while(lambda element: element.name != name)
        self._pop()

    def _open_again(self, elements: list[Element]) -> None:
        for element in elements:
            about = self.innermost
            gone, struck = about.gone or element.gone, about.struck or element.struck
            self._push(replace(element, gone=gone, struck=struck))

    def _push(self, element: Element) -> None:
        self._open.append(element)
        self._count[element.name] = self._count.get(element.name, 0) + 1

    def _pop(self) -> Element:
        element = self._open.pop()
        self._count[element.name] -= 1
        return element


def _made(about: Element, name: str, attributes: str, container: int, inline: bool) -> Element:
    given = {
        found["name"].lower(): found["double"] or found["single"] or found["bare"] or ""
        for found in _ATTRIBUTE.finditer(attributes)
    }
    style = re.sub(r"/\*.*?\*/", "", given.get("style", ""))
    gone = "hidden" in given or name in _UNSEEN or bool(_GONE.search(style))
    gone |= name == "dialog" and "open" not in given
    behind = _last(_BACKGROUND, style) or given.get("bgcolor", "")
    paper = colour_of(behind, about.paper) if behind else about.paper
    written = _last(_COLOUR, style) or (given.get("color", "") if name == "font" else "")
    own = written and written.lower() not in _FROM_ABOVE
    return Element(
        name,
        container,
        inline,
        gone=about.gone or gone,
        struck=about.struck or name in _STRUCK or bool(_STRUCK_BY_STYLE.search(style)),
        verbatim=about.verbatim or name in _VERBATIM,
        silent=about.silent or name in SILENT,
        colour=colour_of(written, paper) if own else about.colour,
        paper=paper,
    )


def _last(pattern: re.Pattern[str], style: str) -> str:
    found = pattern.findall(style)
    return str(found[-1]).strip() if found else ""


_UNKNOWN: Colour = (-1, -1, -1)
_FROM_ABOVE = frozenset("inherit unset currentcolor revert".split())


def colour_of(written: str, behind: Colour = _PAPER) -> Colour:
    r"""A colour of CSS or of LaTeX's ``\color``."""
    word = written.strip().lower()
    if word in ("transparent", "none", *_FROM_ABOVE):
        return behind
    if word in _NAMED:
        return _NAMED[word]
    digits, parts = _HEX.fullmatch(word), _RGB.fullmatch(word)
    if digits is not None:
        code = digits[1] if len(digits[1]) > 4 else "".join(2 * digit for digit in digits[1])
        red, green, blue = (int(code[at : at + 2], 16) for at in (0, 2, 4))
        return behind if code[6:] == "00" else (red, green, blue)
    if parts is not None:
        red, green, blue = (_share(part) for part in parts.groups()[:3])
        return behind if re.fullmatch(r"0*\.?0*%?", parts[4] or "1") else (red, green, blue)
    return _UNKNOWN


def _share(part: str) -> int:
    return int(part[:-1][:4]) * 255 // 100 if part.endswith("%") else int(part[:4])


def alike(one: Colour, other: Colour) -> bool:
    """Whether nobody can tell letters in one colour on the other."""
    known = _UNKNOWN not in (one, other)
    return known and max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _NEAR
