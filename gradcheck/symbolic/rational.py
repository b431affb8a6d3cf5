"""Rational functions over the generators, always in lowest terms: equal iff written alike."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from gradcheck.symbolic import polynomial as poly
from gradcheck.symbolic.decision import Undecided
from gradcheck.symbolic.factorisation import cofactors
from gradcheck.symbolic.polynomial import Budget, Polynomial

ONE: Polynomial = {0: 1}
MAX_POWER = 64


class Rational:
    """numerator / denominator, coprime, the denominator's leading coefficient positive."""

    __slots__ = ("_hash", "budget", "denominator", "numerator")

    def __init__(self, numerator: Polynomial, denominator: Polynomial, budget: Budget) -> None:
        self.numerator = numerator
        self.denominator = denominator
        self.budget = budget
        self._hash: int | None = None

    @classmethod
    def number(cls, value: Fraction | int, budget: Budget) -> Rational:
        value = Fraction(value)
        return cls(poly.constant(value.numerator), {0: value.denominator} if value else ONE, budget)

    @classmethod
    def quotient(cls, numerator: Polynomial, denominator: Polynomial, budget: Budget) -> Rational:
        """The quotient of two polynomials in lowest terms; the denominator is not zero."""
        return cls(*_lowest_terms(numerator, denominator, budget), budget)

    @property
    def is_zero(self) -> bool:
        return not self.numerator

    @property
    def is_polynomial(self) -> bool:
        """Whether the denominator is a number."""
        return len(self.denominator) == 1 and 0 in self.denominator

    @property
    def as_number(self) -> Fraction | None:
        """The number it is, or None."""
        if not self.numerator:
            return Fraction(0)
        if not self.is_polynomial or len(self.numerator) != 1 or 0 not in self.numerator:
            return None
        return Fraction(self.numerator[0], self.denominator[0])

    @property
    def size(self) -> int:
        return len(self.numerator) + len(self.denominator)

    def uses(self, lanes_mask: int) -> bool:
        """Whether a generator of the mask occurs."""
        return any(monomial & lanes_mask for monomial in self.numerator) or any(
            monomial & lanes_mask for monomial in self.denominator
        )

    def multiple_of(self, other: Rational, unit: Rational) -> tuple[Fraction, int] | None:
        """(q, k) with self = q · unitᵏ · other, where the unit is a generator; else None.

        Both are in lowest terms, so that nothing has to be divided to find out.
        """
        top = _shifted(self.numerator, other.numerator)
        under = _shifted(self.denominator, other.denominator)
        if top is None or under is None:
            return None
        (one,) = unit.numerator
        power, rest = divmod(top[1] - under[1], one)
        if rest or abs(power) > 2 * poly.MAX_EXPONENT:
            return None
        return top[0] / under[0], power

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Rational)
            and self.numerator == other.numerator
            and self.denominator == other.denominator
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(
                (frozenset(self.numerator.items()), frozenset(self.denominator.items()))
            )
        return self._hash

    def __add__(self, other: Rational) -> Rational:
        return self._plus(other, 1)

    def __sub__(self, other: Rational) -> Rational:
        return self._plus(other, -1)

    def __neg__(self) -> Rational:
        return Rational(poly.scale(self.numerator, -1), self.denominator, self.budget)

    def _plus(self, other: Rational, sign: int) -> Rational:
        budget = self.budget
        budget.spend(self.size + other.size)
        left, right = self.denominator, other.denominator
        if left == right:
            total = poly.add(self.numerator, other.numerator, sign)
            if left == ONE:
                return Rational(total, ONE, budget)
            return Rational.quotient(total, left, budget)
        _, over_left, over_right = _common(left, right, budget)
        total = poly.add(
            poly.multiply(self.numerator, over_right, budget),
            poly.multiply(other.numerator, over_left, budget),
            sign,
        )
        return Rational.quotient(total, poly.multiply(left, over_right, budget), budget)

    def __mul__(self, other: Rational) -> Rational:
        budget = self.budget
        if not self.numerator or not other.numerator:
            return Rational({}, ONE, budget)
        top, under = self.numerator, self.denominator
        other_top, other_under = other.numerator, other.denominator
        if other_under != ONE:
            top, other_under = _lowest_terms(top, other_under, budget)
        if under != ONE:
            other_top, under = _lowest_terms(other_top, under, budget)
        return Rational(
            poly.multiply(top, other_top, budget), poly.multiply(under, other_under, budget), budget
        )

    def inverse(self) -> Rational:
        """Raises Undecided for zero."""
        if not self.numerator:
            raise Undecided("division by something that is always zero")
        sign = poly.leading_sign(self.numerator)
        return Rational(
            poly.scale(self.denominator, sign), poly.scale(self.numerator, sign), self.budget
        )

    def __truediv__(self, other: Rational) -> Rational:
        return self * other.inverse()

    def __pow__(self, exponent: int) -> Rational:
        if abs(exponent) > MAX_POWER:
            raise Undecided(f"an exponent beyond {MAX_POWER}")
        base = self if exponent >= 0 else self.inverse()
        return Rational(
            poly.power(base.numerator, abs(exponent), self.budget),
            poly.power(base.denominator, abs(exponent), self.budget),
            self.budget,
        )


def _shifted(one: Polynomial, other: Polynomial) -> tuple[Fraction, int] | None:
    """(q, s) with one = q · xˢ · other, xˢ a monomial or the inverse of one; None: no such."""
    if len(one) != len(other) or not one:
        return None
    highest, other_highest = max(one), max(other)
    shift = highest - other_highest
    left, right = one[highest], other[other_highest]
    get = one.get
    if any(get(monomial + shift, 0) * right != left * value for monomial, value in other.items()):
        return None
    return Fraction(left, right), shift


def _common(
    one: Polynomial, other: Polynomial, budget: Budget
) -> tuple[Polynomial, Polynomial, Polynomial]:
    """(g, one/g, other/g), without SymPy where one of the two is a single term."""
    if len(one) > 1 and len(other) > 1:
        if one == other:
            return one, ONE, ONE
        return cofactors(one, other, budget)
    monomial = poly.common_monomial(poly.monomial_content(one), poly.monomial_content(other))
    content = gcd(poly.integer_content(one), poly.integer_content(other))
    return (
        {monomial: content},
        poly.divide_content(one, content, monomial),
        poly.divide_content(other, content, monomial),
    )


def _lowest_terms(
    numerator: Polynomial, denominator: Polynomial, budget: Budget
) -> tuple[Polynomial, Polynomial]:
    if not numerator:
        return {}, ONE
    if denominator == ONE:
        return numerator, denominator
    _, numerator, denominator = _common(numerator, denominator, budget)
    if poly.leading_sign(denominator) < 0:
        return poly.scale(numerator, -1), poly.scale(denominator, -1)
    return numerator, denominator
