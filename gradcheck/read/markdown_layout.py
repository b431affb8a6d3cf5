"""The blocks of a Markdown text, as CommonMark 0.31 has them: what is code, raw HTML or prose.

Block quotes and list items hold other blocks, so where a line stands, and whether four spaces or a
fence make it code, is told relative to them. A `Layout` goes through the lines once and gives leaf
after leaf; whoever reads a leaf may come back for the rest behind a formula that ran on below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, takewhile

from gradcheck.language.document import Span
from gradcheck.read.cursor import Forward, as_long_as, taken_off

DEPTH = 40
"""Block quotes and list items within each other; what is deeper is text."""
_FENCE = re.compile(
    r"(?P<mark>`{3,})(?P<info>[^`\n]*)(?=\n|\Z)|(?P<tildes>~{3,})(?P<words>[^\n]*)"
    r"|(?P<colons>:{3,})(?P<name>[ \t]*\{math\}[^\n]*)"
)
_DISPLAY = re.compile(
    r"\$\$(?:(?:[^$\n]|\$(?!\$))*+(?=\n|\Z)|[^\n]*\$\$[ \t\r]*(?:\([^()$\n]*\)[ \t\r]*)?(?=\n|\Z))"
)
"""A line that begins a display, or is one."""
_CLOSING = re.compile(r"(?P<mark>`{3,}|~{3,}|:{3,})[ \t\r]*(?=\n|\Z)")
_BLANKS = re.compile(r"[ \t\r]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*+\n)++")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\r?(?=\n|\Z)")
_HEADING = re.compile(r"#{1,6}(?=[ \t\r\n]|\Z)")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t\r]*(?=\n|\Z)")
_ITEM = re.compile(r"(?:[-+*]|(?P<number>\d{1,9})[.)])(?=[ \t\r\n]|\Z)")
TAG_NAMES = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details"
    "|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header"
    "|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param"
    "|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
TAG = (
    r"<[A-Za-z][A-Za-z0-9-]*+(?:\s++[A-Za-z_:][\w:.-]*+"
    r"(?:\s*+=\s*+(?:[^\s\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+)*+\s*+/?>|</[A-Za-z][A-Za-z0-9-]*+\s*+>"
)
"""An HTML tag within text."""
_HTML = (
    (
        re.compile(r"<(?:script|pre|style|textarea)(?=[\s>]|\Z)", re.IGNORECASE),
        re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(rf"</?(?:{TAG_NAMES})(?=[\s>]|/>|\Z)", re.IGNORECASE), None),
    (re.compile(rf"(?:{TAG})[ \t\r]*(?=\n|\Z)"), None),
)
"""What begins each of CommonMark's seven kinds of HTML block, and what the last line of it holds;
None where a blank line ends it."""
_NOTHING = Span(0, 0)
_ALONE = len(_HTML)
"""The kind that no paragraph gives way to."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block that holds no other: ``text`` (a paragraph, heading or row of a table), ``code`` (set
    off by four spaces), ``fence``, ``mark`` (a line that opens or closes a note of MyST's), or
    ``html``, with the ``number`` of its kind.

    Of a fence, ``content`` goes from the end of its first line to that of its last but one.
    """

    kind: str
    start: int
    end: int
    containers: tuple[int, ...] = ()
    mark: str = ""
    info: str = ""
    content: Span = _NOTHING
    closed: bool = True
    number: int = 0


@dataclass(slots=True)
class _Container:
    """A block quote, or a list item whose content is indented by ``indent`` columns."""

    name: int
    quote: bool
    indent: int = 0
    empty: bool = False


class _Line:
    """A line, and how far its containers have taken it, in columns; tabs stop at every fourth."""

    __slots__ = ("column", "end", "first", "first_column", "start", "text")

    def __init__(self, text: str, start: int, stop: int) -> None:
        end = text.find("\n", start, stop)
        self.text = text
        self.start = start
        self.end = stop if end < 0 else end
        self.column = 0
        self._look(start, 0)

    def _look(self, at: int, column: int) -> None:
        blanks = _BLANKS.match(self.text, at, self.end)
        assert blanks is not None
        for character in blanks.group():
            column += 4 - column % 4 if character == "\t" else 1
        self.first, self.first_column = blanks.end(), column

    @property
    def indent(self) -> int:
        return self.first_column - self.column

    @property
    def blank(self) -> bool:
        return self.first >= self.end

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.match(self.text, self.first, self.end)

    def past(self, width: int) -> None:
        """Past a mark of so many characters."""
        self.column = self.first_column + width
        self._look(self.first + width, self.column)


class Layout:
    """The leaves of a stretch of text, one after the other."""

    def __init__(self, text: str, start: int, stop: int, holds_text: Callable[[str], bool]) -> None:
        self._text = text
        self._at = start
        self._stop = stop
        self._holds_text = holds_text
        self._resumed = False
        self._containers: list[_Container] = []
        self._named = 0
        self._notes: list[tuple[str, int]] = []  # fences that hold text, with their depth
        self._reached: tuple[tuple[int, ...], int] = ((), -1)

    @property
    def at(self) -> int:
        """How far it came."""
        return self._at

    def leaf(self) -> Leaf | None:
        """The next leaf, None at the end."""
        for _ in as_long_as(lambda: self._at < self._stop, lambda: self._at):
            line = _Line(self._text, self._at, self._stop)
            if self._resumed:
                self._resumed = False
                found = None if line.blank else self._paragraph(line)
            else:
                self._close(self._matched(line))
                self._open(line)
                found = None if line.blank else self._leaf(line)
            if found is not None:
                return found
            blank = _BLANK_LINES.match(self._text, line.end + 1, self._stop)
            self._at = blank.end() if blank else line.end + 1
        return None

    def skip_to(self, at: int) -> None:
        """Go on at a place in the leaf, or below it, behind what a formula took of the lines."""
        self._at = at
        self._resumed = at > 0 and self._text[at - 1] != "\n"

    def reach(self, at: int) -> int:
        """How far the containers of the leaf at hand go on, from a place in it."""
        names = self._names()
        if not names:
            return self._stop
        known, end = self._reached
        if known == names and end >= at:
            return end
        end = self._text.find("\n", at, self._stop) + 1 or self._stop
        for start in (places := Forward(self._text, end, self._stop)):
            line = _Line(self._text, start, self._stop)
            if self._matched(line) < len(names):
                break
            end = line.end + 1
            places.go_on(end)
        self._reached = names, min(end, self._stop)
        return self._reached[1]

    # containers

    def _names(self) -> tuple[int, ...]:
        return tuple(container.name for container in self._containers)

    def _matched(self, line: _Line) -> int:
        """How many of the containers go on in a line, which is taken past their marks."""
        for depth, container in enumerate(self._containers):
            if container.quote:
                if line.blank or line.indent > 3 or line.text[line.first] != ">":
                    return depth
                self._past_quote(line)
            elif line.blank:
                if container.empty:
                    return depth
            elif line.indent >= container.indent:
                line.column += container.indent
            else:
                return depth
        return len(self._containers)

    def _past_quote(self, line: _Line) -> None:
        line.past(1)
        line.column += line.indent > 0

    def _close(self, depth: int) -> None:
        del self._containers[depth:]
        for _ in taken_off(self._notes, lambda note: note[1] > depth):
            pass

    def _open(self, line: _Line) -> None:
        """The containers that begin in a line."""
        for _ in as_long_as(lambda: self._may_open(line), lambda: line.first):
            item = line.match(_ITEM)
            if line.text[line.first] == ">":
                self._push(_Container(self._named, True))
                self._past_quote(line)
            elif item is not None and not line.match(_RULE):
                before = line.indent
                line.past(len(item.group()))
                space = line.indent if not line.blank and line.indent <= 4 else 1
                indent = before + len(item.group()) + space
                self._push(_Container(self._named, False, indent, line.blank))
                line.column += 0 if line.blank else space
            else:
                break
        if not line.blank:
            for container in self._containers:
                container.empty = False

    def _may_open(self, line: _Line) -> bool:
        return not line.blank and line.indent <= 3 and len(self._containers) < DEPTH

    def _push(self, container: _Container) -> None:
        self._named += 1
        container.name = self._named
        self._containers.append(container)

    # leaves

    def _leaf(self, line: _Line) -> Leaf | None:
        """The leaf that begins in a line; None for a line that is a rule."""
        if line.indent > 3:
            return self._code(line)
        if line.match(_RULE):
            return None
        if line.match(_HEADING):
            return self._made("text", line.first, line.end)
        fence = line.match(_FENCE)
        if fence is not None:
            return self._fence(line, fence)
        number = _html_kind(line)
        if number:
            return self._html(line, number)
        return self._paragraph(line)

    def _made(self, kind: str, start: int, end: int) -> Leaf:
        self._at = end + 1
        return Leaf(kind, start, end, self._names())

    def _below(self, line: _Line) -> Iterator[_Line]:
        """The next lines as long as all containers go on in them, each taken past their marks."""
        for start in (places := Forward(self._text, line.end + 1, self._stop + 1)):
            below = _Line(self._text, start, self._stop)
            if self._matched(below) < len(self._containers):
                return
            yield below
            places.go_on(below.end + 1)

    def _code(self, line: _Line) -> Leaf:
        last = line
        for below in takewhile(lambda below: below.blank or below.indent > 3, self._below(line)):
            last = last if below.blank else below
        return self._made("code", line.start, last.end)

    def _fence(self, line: _Line, fence: re.Match[str]) -> Leaf:
        mark = fence["mark"] or fence["tildes"] or fence["colons"]
        info = (fence["info"] or fence["words"] or fence["name"] or "").strip()
        closes = line.match(_CLOSING)
        note = self._notes[-1][0] if self._notes else ""
        if note and closes and mark.startswith(note):
            self._notes.pop()
            return self._made("mark", line.first, line.end)
        if self._holds_text(info):
            self._notes.append((mark, len(self._containers)))
            return self._made("mark", line.first, line.end)
        return self._fenced(line, mark, info)

    def _fenced(self, line: _Line, mark: str, info: str) -> Leaf:
        last, end = line, None
        for below in self._below(line):
            closing = below.match(_CLOSING) if below.indent <= 3 else None
            if closing is not None and closing["mark"].startswith(mark):
                end = below.end
                break
            last = below
        content = Span(line.end, max(last.end, line.end))
        closed, end = end is not None, last.end if end is None else end
        self._at = end + 1
        return Leaf("fence", line.first, end, self._names(), mark, info, content, closed)

    def _html(self, line: _Line, number: int) -> Leaf:
        ending = _HTML[number - 1][1]
        last = line
        for below in chain([line], self._below(line)):
            if ending is None and below.blank:
                break
            last = below
            if ending is not None and ending.search(line.text, below.first, below.end):
                break
        self._at = last.end + 1
        return Leaf("html", line.first, last.end, self._names(), number=number)

    def _paragraph(self, line: _Line) -> Leaf:
        last = line
        for start in (places := Forward(self._text, line.end + 1, self._stop + 1)):
            below = _Line(self._text, start, self._stop)
            whole = self._matched(below) == len(self._containers)
            heading = whole and below.indent <= 3 and below.match(_UNDERLINE)
            if not heading and (below.blank or (below.indent <= 3 and self._interrupts(below))):
                break
            last = below
            if heading:
                break
            places.go_on(below.end + 1)
        return self._made("text", line.first, last.end)

    def _interrupts(self, line: _Line) -> bool:
        """Whether a line begins a block of its own below a paragraph."""
        first = line.text[line.first]
        if first == ">" or (first == "$" and line.match(_DISPLAY)):
            return True
        if first in "#`~:" and (line.match(_HEADING) or line.match(_FENCE)):
            return True
        if self._notes and line.match(_CLOSING):
            return True
        if first in "-_*" and line.match(_RULE):
            return True
        item = line.match(_ITEM)
        if item is not None:
            bare = not line.text[item.end() : line.end].strip()
            return not bare and item["number"] in (None, "1")
        return 0 < _html_kind(line) < _ALONE


def _html_kind(line: _Line) -> int:
    """Which kind of HTML block begins in a line, 0 for none."""
    if line.text[line.first] != "<":
        return 0
    kinds = (number for number, (begins, _) in enumerate(_HTML, 1) if line.match(begins))
    return next(kinds, 0)
