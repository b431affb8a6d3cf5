"""What is read from a text, in the form that the tests of reading compare."""

from __future__ import annotations

from itertools import pairwise

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.language.statement import ReadDocument, Statement
from gradcheck.read import read
from gradcheck.read.formulas import find_formulas


def reading(text: str, kind: str = "markdown") -> ReadDocument:
    """A text read in a format."""
    return read(Document("a", text, format=kind))


def shown(text: str, kind: str = "markdown") -> list[str]:
    """Everything that is read, a string a statement."""
    return [in_a_line(statement) for statement in reading(text, kind).statements]


def in_a_line(statement: Statement) -> str:
    """The trees of the sides, with the relations between."""
    sides = [
        "UNREAD" if side.expression is None else to_key(side.expression) for side in statement.sides
    ]
    parts = sides[:1]
    for relation, side in zip(statement.relations, sides[1:], strict=True):
        parts += [relation.symbol, side]
    return " ".join(parts)


def assert_apart(text: str, kind: str) -> None:
    """Formulas and prose lie in the text, in order, and none in another; all can be read."""
    blocks = find_formulas(Document("a", text, format=kind))
    pieces = sorted([*(block.outer for block in blocks.formulas), *blocks.prose])
    assert all(0 <= span.start <= span.end <= len(text) for span in pieces)
    assert all(one.end <= two.start for one, two in pairwise(pieces))
    for block in blocks.formulas:
        assert block.outer.start <= block.content.start <= block.content.end <= block.outer.end
    reading(text, kind)
