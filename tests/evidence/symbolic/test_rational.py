"""Rational functions in lowest terms: multiples are seen without dividing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.factorisation import factors
from gradcheck.evidence.symbolic.polynomial import Budget, Polynomial
from gradcheck.evidence.symbolic.rational import ONE, Rational

BUDGET = Budget(10**9)
N, X, Y = (Rational(poly.generator(lane), ONE, BUDGET) for lane in range(3))


def number(value: Fraction | int) -> Rational:
    return Rational.number(value, BUDGET)


def monomial(exponents: tuple[int, int, int]) -> int:
    return sum(exponent << (poly.LANE * lane) for lane, exponent in enumerate(exponents))


polynomials: st.SearchStrategy[Polynomial] = st.dictionaries(
    st.tuples(*[st.integers(0, 2)] * 3).map(monomial),
    st.integers(-4, 4).filter(bool),
    min_size=1,
    max_size=4,
)
elements = st.builds(lambda top, under: Rational.quotient(top, under, BUDGET), *[polynomials] * 2)
factors_of_constants = st.fractions(-5, 5, max_denominator=6).filter(bool)


@given(elements, factors_of_constants, st.integers(-3, 3))
def test_a_multiple_is_seen_whatever_cancels(element: Rational, q: Fraction, k: int) -> None:
    product = number(q) * N**k * element
    assert product.multiple_of(element, N) == (q, k)


@given(elements, elements)
def test_what_is_seen_is_what_division_says(one: Rational, other: Rational) -> None:
    found = one.multiple_of(other, N)
    if found is None:
        ratio = one / other
        single = len(ratio.numerator) == 1 and len(ratio.denominator) == 1
        lanes = poly.used_lanes(ratio.numerator, ratio.denominator)
        assert not single or set(lanes) - {0}
    else:
        assert number(found[0]) * N ** found[1] * other == one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (X * Y, X),  # a factor that is no count
        (X + Y, X - Y),
        (X + N * Y, X + Y),  # N times one term only
        (number(0), X),
        (X, number(0)),
        (X / (N + number(1)), X / N),
        (N**40 * X, Y),
    ],
)
def test_anything_else_is_no_multiple(one: Rational, other: Rational) -> None:
    assert one.multiple_of(other, N) is None


@given(elements)
def test_factors_are_the_same_when_asked_again(element: Rational) -> None:
    assume(len(element.numerator) > 1)
    first, again = (factors(element.numerator, BUDGET) for _ in range(2))
    assert first == again
    product = number(first[0])
    for base, exponent in first[1]:
        product = product * Rational(base, ONE, BUDGET) ** exponent
    assert product == Rational(element.numerator, ONE, BUDGET)
