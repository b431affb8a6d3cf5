"""A document and the places in it: the text that is checked, and spans that point into it."""

from __future__ import annotations

from bisect import bisect_right
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


@dataclass(frozen=True)
class Document:
    """A text with its path; ``text`` is as in the file, so offsets are its own code points."""

    path: str
    text: str
    front_matter: dict[str, object] = field(default_factory=dict)
    body_start: int = 0  # offset of the first code point after the front matter

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
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

    def source(self, span: Span) -> str:
        """The text of a span, as the author wrote it."""
        return self.text[span.start : span.end]
