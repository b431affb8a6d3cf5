"""A document and the places in it: the text that is checked, and spans that point into it."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a document's text, ``start`` up to but not including ``end``, in code points."""

    start: int
    end: int

    def cover(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span(-1, -1)
"""The span of what gradcheck made itself and no author wrote."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook: its number in the file, from 1, where it begins in the text, and the
    line of the text that is its first."""

    number: int
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of the text that stand in one file: its path, the line of the text that is the first
    of them, and the number of that line in the file."""

    path: str
    line: int
    first: int


@dataclass(frozen=True)
class Document:
    """A text with its path; ``text`` is as in the file, so offsets are its own code points.

    Of a notebook it is the Markdown of its ``cells``; lines are counted through, and `place` names
    them by cell. Of LaTeX in several files it is all of it, in ``parts``. ``format`` is
    ``markdown``, ``latex`` or ``rst``.
    """

    path: str
    text: str
    front_matter: dict[str, object] = field(default_factory=dict)
    body_start: int = 0  # offset of the first code point after the front matter
    format: str = "markdown"
    cells: tuple[Cell, ...] = ()
    parts: tuple[Part, ...] = ()

    @cached_property
    def _line_starts(self) -> array[int]:
        starts = array("L", [0])
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, columns in code points."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_of(self, span: Span) -> int:
        """The line on which a span begins."""
        return self.position(span.start)[0]

    def within(self, line: int) -> tuple[int | None, int]:
        """The cell of a line, None where there are no cells, and the line's number in it or in the
        file where it stands."""
        part = self._part(line)
        if part is not None:
            return None, line - part.line + part.first
        at = bisect_right(self.cells, line, key=lambda cell: cell.line) - 1
        if at < 0:
            return None, line
        cell = self.cells[at]
        return cell.number, line - cell.line + 1

    def _part(self, line: int) -> Part | None:
        at = bisect_right(self.parts, line, key=lambda part: part.line) - 1
        return self.parts[at] if at >= 0 else None

    def file_of(self, line: int) -> str:
        """The path of the file in which a line stands."""
        part = self._part(line)
        return self.path if part is None else part.path

    def _other_file(self, line: int) -> str:
        """The file of a line as seen from the document's own, nothing if it is that."""
        file = self.file_of(line)
        if file == self.path:
            return ""
        return os.path.relpath(file, os.path.dirname(self.path) or ".").replace(os.sep, "/")

    def place(self, line: int) -> str:
        """A line as a person finds it: ``line 11``, ``cell 3, line 5``, ``two.tex, line 5``."""
        cell, number = self.within(line)
        other = self._other_file(line) or (f"cell {cell}" if cell is not None else "")
        return f"{other}, line {number}" if other else f"line {number}"

    def short_place(self, line: int) -> str:
        """A line in a column of a table: ``11``, ``3:5`` for line 5 of cell 3, ``two.tex:5``."""
        cell, number = self.within(line)
        other = self._other_file(line) or ("" if cell is None else str(cell))
        return f"{other}:{number}" if other else str(number)

    def place_of(self, span: Span) -> str:
        """Where a span begins, as a person finds it."""
        return self.place(self.line_of(span))

    def places(self, lines: Sequence[int]) -> str:
        """``line 11, 13``, ``cell 3, line 5; cell 4, line 1``."""
        if not self.cells and not self.parts:
            return f"line {', '.join(map(str, lines))}"
        return "; ".join(map(self.place, lines))

    def source(self, span: Span) -> str:
        """The text of a span, as the author wrote it."""
        return self.text[span.start : span.end]
