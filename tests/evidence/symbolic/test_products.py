"""Products that keep their factors: what is equal is equal however it is grouped."""

from __future__ import annotations

from functools import reduce
from operator import mul

import pytest

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.polynomial import Budget
from gradcheck.evidence.symbolic.rational import ONE, Rational

BUDGET = Budget(10**9)
X = [Rational(poly.generator(lane), ONE, BUDGET) for lane in range(80)]
UNIT = Rational.number(1, BUDGET)


def product(elements: list[Rational]) -> Rational:
    return reduce(mul, elements, UNIT)


LONG = [UNIT - x for x in X[:60]]


def test_a_long_product_is_compared_without_being_written_out() -> None:
    one, other = product(LONG), product(LONG[::-1])
    assert one == other
    assert hash(one) == hash(other)
    assert one != other * X[3]
    assert one != product(LONG[1:])
    with pytest.raises(Undecided):
        _ = one.numerator


def test_conjugates_are_the_difference_of_squares() -> None:
    squares = product([UNIT - x * x for x in X[:40]])
    pairs = product([UNIT - x for x in X[:40]]) * product([UNIT + x for x in X[:40]])
    assert squares == pairs
    assert squares / pairs == UNIT


def test_what_is_common_cancels_and_is_kept_before_a_sum() -> None:
    long = product(LONG)
    assert (long * X[70] + long * X[71]) / long == X[70] + X[71]
    assert (long - long).is_zero
    assert (long * X[70] - long).multiple_of(long * (X[70] - UNIT), X[79]) == (1, 0)
    assert (long * X[79] * X[79]).multiple_of(long, X[79]) == (1, 2)
    assert long.multiple_of(-long, X[79]) == (-1, 0)
    assert long.multiple_of(long * X[70], X[79]) is None


def test_other_groupings_of_factors_are_the_same_element() -> None:
    mixed = (X[0] + X[1]) * (X[0] - X[2])
    written = Rational(mixed.numerator, ONE, BUDGET)
    assert written == mixed
    assert hash(written) == hash(mixed)
    assert written / (X[0] + X[1]) == X[0] - X[2]
    assert (written / (X[0] + X[1])).is_polynomial


def test_numbers_and_exponents_stay_bounded() -> None:
    with pytest.raises(Undecided):
        _ = (Rational.number(3**600, BUDGET) ** 60) ** 60
    with pytest.raises(Undecided):
        _ = ((X[0] + X[1]) ** 64) ** 64
