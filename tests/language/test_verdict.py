"""Verdicts and constants."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.verdict import SEVERITY_ORDER, Constant, Verdict

rationals = st.fractions(min_value=Fraction(1, 50), max_value=50, max_denominator=50)


@pytest.mark.parametrize(
    ("constant", "text"),
    [
        (Constant(), "1"),
        (Constant(Fraction(2), -1), "2/N"),
        (Constant(Fraction(1), -1, "m"), "1/m"),
        (Constant(Fraction(1, 2), -1, "m"), "1/(2m)"),
        (Constant(Fraction(1, 2), 1, "m"), "m/2"),
        (Constant(Fraction(3), 1, "m"), "3m"),
        (Constant(Fraction(1), 1), "N"),
        (Constant(Fraction(2)), "2"),
        (Constant(Fraction(1, 2)), "1/2"),
        (Constant(Fraction(1), -2), "1/N^2"),
        (Constant(Fraction(3, 2), -2), "3/(2N^2)"),
        (Constant(Fraction(3, 2), 2), "3N^2/2"),
    ],
)
def test_constants_as_text(constant: Constant, text: str) -> None:
    assert str(constant) == text


@given(rationals, st.integers(-3, 3), st.integers(1, 9))
def test_the_text_of_a_constant_has_its_value(rational: Fraction, power: int, samples: int) -> None:
    constant = Constant(rational, power)
    top, _, bottom = str(constant).partition("/")

    def value(text: str) -> Fraction:
        text = text.strip("()")
        number, name, exponent = text.partition("N")
        result = Fraction(number or 1)
        return result * samples ** int(exponent[1:] or 1) if name else result

    exact = value(top) / (value(bottom) if bottom else 1)
    assert float(exact) == constant.value(samples)
    assert constant.is_one == (str(constant) == "1")


def test_equal_constants_are_equal() -> None:
    assert Constant(Fraction(2, 4), -1) == Constant(Fraction(1, 2), -1)
    assert Constant(Fraction(1), -1) != Constant(Fraction(1, 2))  # also at two samples
    assert len({Constant(), Constant(Fraction(1), 0)}) == 1


def test_a_row_shows_the_worst() -> None:
    assert min(Verdict.EXACT, Verdict.WRONG, key=SEVERITY_ORDER.index) is Verdict.WRONG
    assert set(SEVERITY_ORDER) == set(Verdict) - {Verdict.AGREES}
    assert SEVERITY_ORDER.index(Verdict.CONVENTION) < SEVERITY_ORDER.index(Verdict.EXACT)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words_and_a_remedy(verdict: Verdict) -> None:
    assert verdict.words
    assert verdict.remedy
    assert Verdict(verdict.value) is verdict


def test_what_fails_is_spelled_so_that_it_is_seen() -> None:
    assert Verdict.WRONG.words == "WRONG"
    assert Verdict.UNDECIDED.words == "not decided"
    assert Verdict.UNREAD.words == "not read"
    assert Verdict.EXACT.words == "exact"
