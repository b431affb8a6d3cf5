"""Fractions drawn over three lines: read where every character has its place, else refused."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.language.statement import Statement
from gradcheck.read import read


def drawn(*lines: str) -> Statement:
    """The last statement of a fence with these lines, after one that shows it is mathematics."""
    text = "```\nz = w·x + b\nL = (z − y)²\n\n" + "\n".join(lines) + "\n```\n"
    return read(Document("a.md", text)).statements[-1]


def tree(*lines: str) -> str:
    sides = drawn(*lines).sides
    return " = ".join("UNREAD" if s.expression is None else to_key(s.expression) for s in sides)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((" ∂L     ∂L   ∂z", "─── = ─── · ──", " ∂w     ∂z   ∂w"), "(d L w) = (* (d L z) (d z w))"),
        (("∂L   ∂L ∂z", "-- = -- --", "∂w   ∂z ∂w"), "(d L w) = (* (d L z) (d z w))"),
        (("∂L", "── = 2(z − y)·x", "∂w"), "(d L w) = (* 2 (+ z (- y)) x)"),
        (("      2 (z − y)", "∂L    ─────────", "── = x ─────────", "∂w        2"), None),
        (("  ∂L     2(z − y) x", "│ ── = ─────────── │", "  ∂w          2"), "(d L w) = (/ (* 2 (+ z (- y)) x) 2)"),
        (("∂L       ∂ẑ", "── = 2·q ──", "∂w       ∂w"), "(d L w) = (* 2 q (d hat(z) w))"),
    ],
)  # fmt: skip
def test_a_drawn_equation(lines: tuple[str, ...], expected: str | None) -> None:
    if expected is None:
        assert "UNREAD" in tree(*lines)
    else:
        assert tree(*lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ("∂L          ∂z", "── = ── · 3", "∂w   ∂z"),  # something above no rule
        ("∂L   ∂L", "── = ── · ──", "∂w   ∂z   ∂w"),  # a rule with nothing above
        ("∂L   ∂L", "── = ── · 2", "∂w   ∂z          ∂w"),
    ],
)
def test_what_has_no_place_is_refused(lines: tuple[str, ...]) -> None:
    (side,) = drawn(*lines).sides
    assert side.unread is not None
    assert "drawn over several lines" in side.unread.reason


def test_every_side_has_its_place_on_the_middle_line() -> None:
    statement = drawn("∂L     ∂L   ∂z", "── = ─── · ──", "∂w     ∂z   ∂w")
    text = "```\nz = w·x + b\nL = (z − y)²\n\n"
    document = Document("a.md", text + "∂L     ∂L   ∂z\n── = ─── · ──\n∂w     ∂z   ∂w\n```\n")
    assert {document.line_of(side.span) for side in statement.sides} == {6}
