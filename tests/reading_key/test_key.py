"""The reader against a key written by hand: every side of the five transcriptions.

``tests/key/source-NNN.key`` holds one block a statement, in document order: a landmark line that
begins with ``@``, then one line a side. The first side is an S-expression (the notation of
`gradcheck.language.expression.to_key`); every other begins with its relation. ``! reason`` is a side that
must be refused. Lines that begin with ``#`` are comments.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gradcheck.language.document import Document
    from gradcheck.language.expression import Expression
    from gradcheck.language.statement import ReadDocument, Side, Statement

HERE = Path(__file__).parent
KEY = HERE.parent / "key"
DERIVATIONS = HERE.parents[1] / "derivations"
NUMBERS = ("000", "001", "002", "003", "004")
RELATIONS = ("=", ":=", "<-", "!=")
REFUSED = "!"

_TOKEN = re.compile(r"\(|\)|[^\s()]+(?:\([^\s()]*\)[^\s()]*)*")
_ARITY = {"-": 1, "/": 2, "^": 2, "fun": 1, "d": 2, "sum": 4, "cancel": 1, "underbrace": 2}


@dataclass(frozen=True)
class Expected:
    """A statement of the key: its landmark, the line of the key, its sides with their relations."""

    landmark: str
    line: int
    sides: tuple[str, ...]


def parse_key(text: str) -> list[Expected]:
    """The statements of a key file; ValueError names the line that is not one."""
    statements: list[Expected] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@ "):
            statements.append(Expected(line[2:], number, ()))
            continue
        if not statements:
            raise ValueError(f"line {number}: a side before the first statement")
        last = statements[-1]
        side = _side(line, first=not last.sides, number=number)
        statements[-1] = Expected(last.landmark, last.line, (*last.sides, side))
    empty = [statement.line for statement in statements if not statement.sides]
    if empty:
        raise ValueError(f"line {empty[0]}: a statement without sides")
    return statements


def _side(line: str, *, first: bool, number: int) -> str:
    relation, _, rest = line.partition(" ")
    if first != (relation not in RELATIONS):
        raise ValueError(f"line {number}: a relation is missing or does not belong here")
    expression = line if first else rest
    if expression.startswith(REFUSED + " "):
        expression = REFUSED
    else:
        check_expression(expression, number)
    return expression if first else f"{relation} {expression}"


def check_expression(text: str, number: int) -> None:
    """Raise ValueError unless the text is one well-formed S-expression of known heads."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text.replace(" ", ""):
        raise ValueError(f"line {number}: stray characters")
    if _end_of_node(tokens, 0, number) != len(tokens):
        raise ValueError(f"line {number}: more than one expression")


def _end_of_node(tokens: list[str], at: int, number: int) -> int:
    if at >= len(tokens) or tokens[at] == ")":
        raise ValueError(f"line {number}: an expression is missing")
    if tokens[at] != "(":
        return at + 1
    head, at, items = tokens[at + 1], at + 2, 0
    while at < len(tokens) and tokens[at] != ")":
        at, items = _end_of_node(tokens, at, number), items + 1
    if at >= len(tokens):
        raise ValueError(f"line {number}: a bracket is not closed")
    known = items == _ARITY[head] if head in _ARITY else head in ("+", "*", "call") and items > 1
    if not known:
        raise ValueError(f"line {number}: ({head} …) with {items} items")
    return at + 1


def load(number: str) -> Document:
    """A transcription as a document, its front matter skipped."""
    from gradcheck.language.document import Document

    path = DERIVATIONS / f"source-{number}.md"
    text = path.read_text(encoding="utf-8")
    body_start = text.index("\n---\n", 4) + len("\n---\n")
    return Document(str(path), text, body_start=body_start)


def actual_sides(statement: Statement) -> tuple[str, ...]:
    """The sides of a statement that was read, in the notation of the key."""
    symbols = ["", *(f"{relation.symbol} " for relation in statement.relations)]
    sides = [_side_key(side) for side in statement.sides]
    return tuple(symbol + side for symbol, side in zip(symbols, sides, strict=True))


def _side_key(side: Side) -> str:
    from gradcheck.language.expression import to_key

    assert (side.expression is None) != (side.unread is None), "a side is read or refused"
    return REFUSED if side.expression is None else to_key(side.expression)


def differences(expected: list[Expected], read: ReadDocument) -> str:
    """Where the two differ, statement by statement; empty if nowhere."""
    left = [statement.sides for statement in expected]
    right = [actual_sides(statement) for statement in read.statements]
    lines: list[str] = []
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    for tag, first, last, other, other_last in matcher.get_opcodes():
        if tag == "equal":
            continue
        for statement in expected[first:last]:
            lines.append(f"key line {statement.line}, @ {statement.landmark}")
            lines += [f"  - {side}" for side in statement.sides]
        for found in read.statements[other:other_last]:
            line, column = read.document.position(found.span.start)
            lines.append(f"document line {line}, column {column}, {found.origin}")
            lines += [f"  + {side}" for side in actual_sides(found)]
            lines += [f"    refused: {side.unread.reason}" for side in found.sides if side.unread]
    return "\n".join(lines)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_side_is_read_as_the_key_has_it(number: str) -> None:
    from gradcheck.read import read

    expected = parse_key((KEY / f"source-{number}.key").read_text(encoding="utf-8"))
    found = differences(expected, read(load(number)))
    assert not found, f"source {number}: - key, + reader\n{found}"


def test_the_key_is_complete() -> None:
    statements = [
        statement
        for number in NUMBERS
        for statement in parse_key((KEY / f"source-{number}.key").read_text(encoding="utf-8"))
    ]
    assert len(statements) == 159
    assert sum(len(statement.sides) for statement in statements) == 352
    refused = [side for statement in statements for side in statement.sides if REFUSED in side[-1:]]
    assert len(refused) == 11


@pytest.mark.parametrize(
    "text",
    [
        "a",  # no statement
        "@ nothing follows",
        "@ x\n= a",
        "@ x\na\nb",
        "@ x\n(+ a)",
        "@ x\n(- a b)",
        "@ x\n(d L)",
        "@ x\n(* a b",
        "@ x\n(* a b))",
        "@ x\n(sum i 1 m)",
        "@ x\n(frac a b)",
    ],
)
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line|side"):
        parse_key(text)


def _read(*sides: Expression | None, relation: str = "=") -> ReadDocument:
    """One statement, as a reader would give it; None is a side it refused."""
    from gradcheck.language.document import Document, Span
    from gradcheck.language.statement import ReadDocument, Relation, Side, Statement, Unread

    place = Span(0, 1)
    read_sides = tuple(
        Side(place, side, Unread(place, "refused") if side is None else None) for side in sides
    )
    relations = (Relation(place, relation),) * (len(sides) - 1)
    return ReadDocument(
        Document("x.md", "$x$"), (Statement(0, place, read_sides, relations),), prose=()
    )


def test_a_wrong_reading_is_noticed() -> None:
    from dataclasses import replace

    from gradcheck.language.expression import Add, Name, Negate

    z, a, b = Name("z"), Name("a"), Name("b")
    key = parse_key("@ z = a - b\nz\n= (+ a (- b))")
    right = _read(z, Add((a, Negate(b))))
    assert differences(key, right) == ""
    for wrong in (
        _read(z, Add((a, b))),
        _read(z, Add((Negate(b), a))),
        _read(z, None),
        _read(z),
        _read(z, Add((a, Negate(b))), a),
        _read(z, Add((a, Negate(b))), relation=":="),
        replace(right, statements=()),
        replace(right, statements=right.statements * 2),
    ):
        assert differences(key, wrong)
    assert differences(parse_key("@ z\nz\n= ! struck"), right)
    assert differences(parse_key("@ z\nz\n= ! struck"), _read(z, None)) == ""
