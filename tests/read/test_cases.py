"""Indicators and definitions by cases: read with one bound, refused with a reason otherwise."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.statement import Side
from gradcheck.read import read

POSITIVE = "(call indicator z)"


def side(formula: str) -> Side:
    """The last side of a formula."""
    return read(Document("a.md", f"$${formula}$$")).statements[-1].sides[-1]


def tree(formula: str) -> str:
    expression = side(formula).expression
    return "UNREAD" if expression is None else to_key(expression)


@pytest.mark.parametrize(
    "written",
    [
        r"\mathbb{1}[z > 0]", r"\mathbb 1 [z > 0]", r"\mathbf{1}_{z > 0}", r"\mathbf 1_{\{z > 0\}}",
        r"\mathbb{1}\{z > 0\}", r"1_{z > 0}", r"1[z \ge 0]", r"\mathbb{I}(z > 0)", r"I(z > 0)",
        r"[z > 0]", r"(z > 0)", r"\mathbb{1}_{(0 < z)}", r"\mathbb{1}\left[ z > 0 \right]",
        r"𝟙[z > 0]",
    ],
)  # fmt: skip
def test_an_indicator_however_it_is_set(written: str) -> None:
    assert tree(f"q = {written}") == POSITIVE
    assert tree(f"q = v {written} x") == f"(* v {POSITIVE} x)"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\mathbb{1}[z < 0]", "(call indicator (- z))"),
        (r"\mathbb{1}[z > 1]", "(call indicator (+ z (- 1)))"),
        (r"\mathbb{1}[w x + b > 0]", "(call indicator (+ (* w x) b))"),
    ],
)
def test_what_must_be_positive(written: str, expected: str) -> None:
    assert tree(f"q = {written}") == expected


@pytest.mark.parametrize(
    "written", [r"\mathbb{1}[0 < z < 1]", r"\mathbb{1}[y = 1]", r"[z > ]", r"\mathbb{1}"]
)
def test_no_other_condition_is_guessed(written: str) -> None:
    assert tree(f"q = v {written} x") == "UNREAD"


@pytest.mark.parametrize(
    "rows",
    [
        r"1 & z > 0 \\ 0 & z \le 0",
        r"1, & \text{if } z > 0, \\ 0, & \text{otherwise.}",
        r"1 & \text{for } z \ge 0 \\ 0 & \text{else}",
        r"1 \text{ if } z > 0 \\ 0 \text{ if } z < 0",
        r"1 \quad z > 0 \\ 0 \quad z \leq 0",
    ],
)
@pytest.mark.parametrize("around", ["cases", "dcases", "array"])
def test_cases_with_one_bound(rows: str, around: str) -> None:
    begin, end = rf"\begin{{{around}}}", rf"\end{{{around}}}"
    if around == "array":
        begin, end = r"\left\{ \begin{array}{ll}", r"\end{array} \right."
    assert tree(rf"g'(z) = {begin} {rows} {end}") == POSITIVE


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (r"0 & z < 0 \\ 1 & z \ge 0", "(+ 1 (- (call indicator (- z))))"),
        (r"z & z > 0 \\ a z & z \le 0", f"(+ (* z {POSITIVE}) (* (* a z) (+ 1 (- {POSITIVE}))))"),
        (r"-\log p & y = 1 \\ -\log q & y = 0", "(+ (* (- (call log p)) y) (* (- (call log q)) (+ 1 (- y))))"),
    ],
)  # fmt: skip
def test_both_cases_count(rows: str, expected: str) -> None:
    assert tree(rf"g = \begin{{cases}} {rows} \end{{cases}}") == expected


@pytest.mark.parametrize(
    "rows",
    [
        r"1 & z > 0 \\ 0 & z < 1",
        r"1 & z > 0 \\ 0 & z > 0",
        r"1 & z > 1 \\ 2 & 0 < z < 2 \\ 0 & z < 0",
        r"1 & z > 1 \\ 2 & 0 < x < 1 \\ 0 & z < 0",
        r"1 & z > 1 \\ 2 & 1 < z < 0 \\ 0 & z < 0",
        r"1 & z > 0 \\ 2 & z < 1 \\ 0 & \text{else}",
        r"1 & z > 1 \\ 2 & z < 0",
        r"1 & i = j \\ 2 & i = k",
        r"1 & i = j \\ 2 & i \neq k",
        r"1 & ij = k \\ 2 & ij \neq k",
        r"1 & z > 0",
        r"1 & \text{otherwise} \\ 0 & z > 0",
        r"1 & y = 1 \\ 0 & y = 2",
        r"1 & y = 1 \\ 0 & t = 0",
        r"1 & \text{sometimes} \\ 0 & z > 0",
    ],
)
def test_other_cases_are_refused(rows: str) -> None:
    found = side(rf"g = \begin{{cases}} {rows} \end{{cases}}")
    assert found.unread is not None
    assert found.unread.reason


OVER, UNDER = "(call indicator (+ z (- 1)))", "(+ 1 (- (call indicator (+ z (- 1)))))"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            r"3 & z > 1 \\ 2 & 0 < z \le 1 \\ 5 & z < 0",
            f"(+ (* 3 {OVER}) (* 2 (* {POSITIVE} {UNDER})) (* 5 (+ 1 (- {POSITIVE}))))",
        ),
        (
            r"5 & z < 0 \\ 2 & 1 > z > 0 \\ 3 & \text{sonst}",
            f"(+ (* 5 (+ 1 (- {POSITIVE}))) (* 2 (* {POSITIVE} {UNDER}))"
            f" (* 3 (+ 1 (- (+ 1 (- {POSITIVE}))) (- (* {POSITIVE} {UNDER})))))",
        ),
        (r"1 & 0 < z < 1 \\ 0 & \text{otherwise}", f"(* {POSITIVE} {UNDER})"),
        (r"3 & z > 0 \\ 4 & z = 0 \\ 0 & z < 0", f"(* 3 {POSITIVE})"),
        (r"b & i = j \\ c & i \neq j", "(+ (* b delta_ij) (* c (+ 1 (- delta_ij))))"),
        (r"b & \text{if } k \ne m \\ c & \text{else}", "(+ (* b (+ 1 (- delta_km))) (* c delta_km))"),
        (r"b & j = i \\ c & i \neq j", "(+ (* b delta_ji) (* c (+ 1 (- delta_ji))))"),
        (r"b\,\mathrm{sign}(z) & z > 0 \\ 0 & \text{für } z < 0", f"(* (* b (call sign z)) {POSITIVE})"),
    ],
)  # fmt: skip
def test_ranges_and_indices(rows: str, expected: str) -> None:
    assert tree(rf"g = \begin{{cases}} {rows} \end{{cases}}") == expected


def test_an_indicator_is_written_as_one() -> None:
    expression = side(r"q = v \mathbb{1}[z > 0]").expression
    assert expression is not None
    assert to_text(expression) == "v·[z > 0]"
    assert tree(f"q = {to_tex(expression)}") == f"(* v {POSITIVE})"
