"""The line of the document that a finding is about, with a caret under the place.

Places are counted in code points, a terminal in columns: tabs, wide and combining characters and
escaped control characters are as wide here as they are shown. Of a line that is too long, a window
around the place is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from gradcheck.language.document import Document, Span
from gradcheck.report.renderers.terminal import WIDTH, visible

_TAB = 4
_CUT = "…"


def snippet(document: Document, span: Span, indent: int = 4, width: int = WIDTH) -> list[str]:
    """The first line of a span and the caret line below it; nothing if the span is nowhere."""
    start = _first_visible(document.text, span)
    if start is None:
        return []
    number, column = document.position(start)
    line_start = start - column + 1
    line_end = document.text.find("\n", start)
    line_end = len(document.text) if line_end < 0 else line_end
    line = document.text[line_start:line_end].rstrip()
    indented = len(line) - len(line.lstrip())
    line_start, line = line_start + indented, line[indented:]
    shown_number = document.within(number)[1]
    gutter = f"{shown_number:>{max(indent + 4, len(str(shown_number)) + 1)}} | "
    cells = [_cell(character) for character in line]
    widths = [columns(cell) for cell in cells]
    first = start - line_start
    last = max(first + 1, min(span.end - line_start, len(line)))
    left, right = _window(widths, first, last, width - len(gutter))
    before, after = _CUT if left else "", _CUT if right < len(cells) else ""
    shown = "".join(cells[left:right])
    offset = len(before) + sum(widths[left:first])
    length = max(1, sum(widths[first : min(last, right)]))
    marks = " " * offset + "^" + "~" * (length - 1)
    end_line = document.position(max(span.end - 1, start))[0]
    if end_line > number:
        more = f" … to {document.place(end_line)}"
        marks += more if len(gutter) + len(marks) + len(more) <= width else ""
    return [
        f"{gutter}{before}{shown}{after}".rstrip(),
        f"{'|':>{len(gutter) - 1}} {marks}",
    ]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me")
        else 2
        if unicodedata.east_asian_width(character) in ("W", "F")
        else 1
        for character in text
    )


def _first_visible(text: str, span: Span) -> int | None:
    """Where the caret goes: the first character of the span that is not white space."""
    if not 0 <= span.start < len(text):
        return None
    for offset in range(span.start, min(max(span.end, span.start + 1), len(text))):
        if not text[offset].isspace():
            return offset
    return None


def _cell(character: str) -> str:
    return " " * _TAB if character == "\t" else visible(character)


def _window(widths: Sequence[int], first: int, last: int, room: int) -> tuple[int, int]:
    """The cells to show: all, or as much as fits of the place and of what is around it."""
    if sum(widths) <= room:
        return 0, len(widths)
    room -= 2 * len(_CUT)
    left = right = first
    while right < last and widths[right] <= room:
        room -= widths[right]
        right += 1
    if right < last:
        return left, right
    kept = room // 2  # for what follows the place
    while left > 0 and widths[left - 1] <= room - kept:
        left -= 1
        room -= widths[left]
    while right < len(widths) and widths[right] <= room:
        room -= widths[right]
        right += 1
    while left > 0 and widths[left - 1] <= room:
        left -= 1
        room -= widths[left]
    return left, right
