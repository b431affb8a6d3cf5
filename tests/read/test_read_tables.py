"""Tables: which rows are equations, which cells are left alone, and that no gradient is lost."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.language.statement import Statement
from gradcheck.read import read
from tests.read.shown import in_a_line


def statements(text: str) -> list[Statement]:
    return list(read(Document("a.md", text)).statements)


def shown(text: str) -> list[str]:
    """What is read from a document, a string a statement; a table's ones are marked."""
    return [
        ("row: " if statement.origin == "table" else "") + in_a_line(statement)
        for statement in statements(text)
    ]


def table(heading: str, *rows: str) -> str:
    """A table of two columns or more, with its rule."""
    rule = "|".join("---" for _ in heading.split("|"))
    return "\n".join([f"| {heading} |", f"|{rule}|", *(f"| {row} |" for row in rows)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (table("a | b", r"$\partial L/\partial w$ | $2 x$"), ["row: (d L w) = (* 2 x)"]),
        (table("a | b", r"$\frac{dL}{dw} =$ | $= 2 x = y$"), ["row: (d L w) = (* 2 x) = y"]),
        (table("a | b", r"**$\nabla_w L$** | $x$"), ["row: (d L w) = x"]),
        (table("a | b | c", r"weight | $dw$ | $2 x$"), ["row: dw = (* 2 x)"]),
        (table("w | gradient", "$w_1$ | $2 x$"), ["row: dw_1 = (* 2 x)"]),
        (table("name | formula", "$z$ | $w x + b$"), ["row: z = (+ (* w x) b)"]),
        (table("name | formula", r"$h$ | $\sigma(z)$"), ["row: h = (call sigma z)"]),
        (table("f | formula", r"$g(z)$ | $\frac{1}{z}$"), ["row: (call g z) = (/ 1 z)"]),
        (table(r"$\partial L/\partial w$ | b", "$x$ | 3"), ["row: (d L w) = x"]),
        ("$dw$ | $2 x$\n--- | ---\n$db$ | $2$", ["row: dw = (* 2 x)", "row: db = 2"]),
    ],
)
def test_a_row_is_an_equation(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (table("name | shape", r"$w$ | $n \times d$"), ["w", "(* n d)"]),
        (table("name | shape", r"$\partial L/\partial w$ | $n + d$"), ["(d L w)", "(+ n d)"]),
        (table("name | of", "$w$ | $2 x$"), ["w", "(* 2 x)"]),
        (table("a | b", "$z = w x$ | $h = z$"), ["z = (* w x)", "h = z"]),
        (table("a | b", r"$\partial L/\partial w$ | how the loss changes"), ["(d L w)"]),
        (r"$|x|$ and $\partial L/\partial w$ | $x$", ["(call abs x)", "(d L w)", "x"]),
    ],
)
def test_what_is_no_equation_stays_apart(text: str, expected: list[str]) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "row",
    [
        r"$\partial L/\partial w$ | the error $e$ times $x$",
        r"$\partial L/\partial w$ | `(a - y) * x`",
        r"$\partial L/\partial w$ | $a = x, b = y$",
        r"$\partial L/\partial w$ | | $x$",
    ],
)
def test_a_gradient_that_goes_with_nothing_is_not_read(row: str) -> None:
    found = [s for s in statements(table("a | b | c", row)) if s.origin == "table"]
    (statement,) = found
    assert statement.sides[1].unread is not None
    assert "table" in statement.sides[1].unread.reason
    assert to_key(statement.sides[0].expression) == "(d L w)"


def test_a_gradient_over_two_formulas_is_not_read() -> None:
    text = table(r"$\partial L/\partial w$ | $\partial L/\partial b$", "$x$ | $1$", "$2 x$ | $2$")
    found = [s for s in statements(text) if s.origin == "table"]
    assert [s.sides[1].unread is not None for s in found] == [True, True]


def test_the_places_are_those_in_the_cells() -> None:
    document = Document("a.md", "\n" + table("a | b", r"$\partial L/\partial w$ | $2 x$"))
    (statement,) = read(document).statements
    places = [document.position(side.span.start) for side in statement.sides]
    assert places == [(4, 4), (4, 30)]
    assert document.source(statement.sides[1].span) == "2 x"


def test_many_rows_take_linear_time() -> None:
    rows = [r"$\partial L/\partial w$ | $2 x$"] * 900
    assert len(statements(table("a | b", *rows))) == 900
