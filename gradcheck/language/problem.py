"""An input that could not be read, or held nothing to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from gradcheck.language.document import Document, Span

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class InputError:
    """A named input that could not be read or held nothing to check.

    Line and column are None where it has no place in the file.
    """

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    @classmethod
    def at(cls, document: Document, span: Span, message: str) -> Self:
        """One at a place in a document; a line of a notebook's cell is none of the file."""
        line, column = document.position(span.start)
        if document.cells:
            return cls(document.path, f"{document.place(line)}: {message}")
        return cls(document.file_of(line), message, document.within(line)[1], column)
