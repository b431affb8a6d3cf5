"""Rational functions over the generators, always in lowest terms: equal iff written alike."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import gcd

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.factorisation import cofactors
from gradcheck.evidence.symbolic.polynomial import Budget, Polynomial
from gradcheck.evidence.symbolic.powers import Parts, quotient_of, residue

ONE: Polynomial = {0: 1}
MAX_POWER = 64
LARGE = 1_000
"""Terms of a product that is not written out to count them."""


class Rational:
    """numerator / denominator, coprime, the denominator's leading coefficient positive.

    A product keeps its factors (see `Parts`) until somebody asks for a polynomial of it.
    """

    __slots__ = ("_denominator", "_numerator", "_parts", "_residue", "budget")

    def __init__(self, numerator: Polynomial, denominator: Polynomial, budget: Budget) -> None:
        self._numerator: Polynomial | None = numerator
        self._denominator: Polynomial | None = denominator
        self._parts: Parts | None = None
        self._residue: int | None = None
        self.budget = budget

    @classmethod
    def number(cls, value: Fraction | int, budget: Budget) -> Rational:
        value = Fraction(value)
        return cls(poly.constant(value.numerator), {0: value.denominator} if value else ONE, budget)

    @classmethod
    def quotient(cls, numerator: Polynomial, denominator: Polynomial, budget: Budget) -> Rational:
        """The quotient of two polynomials in lowest terms; the denominator is not zero."""
        return cls(*_lowest_terms(numerator, denominator, budget), budget)

    @classmethod
    def product(cls, parts: Parts, budget: Budget) -> Rational:
        """The element that has these parts."""
        found = cls(ONE, ONE, budget)
        found._parts = parts
        found._numerator = found._denominator = None
        return found

    @property
    def numerator(self) -> Polynomial:
        """Written out; raises Undecided if it is too large."""
        if self._numerator is None:
            assert self._parts is not None
            self._numerator = self._parts.numerator(self.budget)
        return self._numerator

    @property
    def denominator(self) -> Polynomial:
        """Written out; raises Undecided if it is too large."""
        if self._denominator is None:
            assert self._parts is not None
            self._denominator = self._parts.denominator(self.budget)
        return self._denominator

    @property
    def parts(self) -> Parts:
        """The factors; the element is not 0."""
        if self._parts is None:
            self._parts = Parts.of(self.numerator, self.denominator)
        return self._parts

    @property
    def _is_whole(self) -> bool:
        """Whether it was never anything but two polynomials."""
        return self._parts is None or (self._numerator is not None and len(self._parts.factors) < 2)

    @property
    def is_zero(self) -> bool:
        return self._numerator is not None and not self._numerator

    @property
    def is_polynomial(self) -> bool:
        """Whether the denominator is a number."""
        if self._denominator is None:
            powers = self.parts.factors.values()
            return not self.parts.below and all(power > 0 for power in powers)
        return len(self._denominator) == 1 and 0 in self._denominator

    @property
    def as_number(self) -> Fraction | None:
        """The number it is, or None."""
        if self.is_zero:
            return Fraction(0)
        if self._numerator is None or self._denominator is None:
            parts = self.parts
            plain = not (parts.above or parts.below or parts.factors)
            return parts.coefficient if plain else None
        if not self.is_polynomial or len(self._numerator) != 1 or 0 not in self._numerator:
            return None
        return Fraction(self._numerator[0], self._denominator[0])

    @property
    def size(self) -> int:
        """The terms of both polynomials; of a large product at most as many."""
        if (self._numerator is None or self._denominator is None) and self.parts.terms > LARGE:
            return self.parts.terms
        return len(self.numerator) + len(self.denominator)

    def uses(self, lanes_mask: int) -> bool:
        """Whether a generator of the mask occurs."""
        if self._numerator is None or self._denominator is None:
            return self.parts.uses(lanes_mask)
        return any(monomial & lanes_mask for monomial in self._numerator) or any(
            monomial & lanes_mask for monomial in self._denominator
        )

    def is_apart(self, other: Rational) -> bool:
        """Whether the difference to another one is too large to be written out."""
        if self.is_zero or other.is_zero or (self._is_whole and other._is_whole):
            return False
        return self.parts.times(other.parts.inverse(), self.budget).terms > LARGE

    def multiple_of(self, other: Rational, unit: Rational) -> tuple[Fraction, int] | None:
        """(q, k) with self = q · unitᵏ · other, where the unit is a generator; else None."""
        if self.is_zero or other.is_zero:
            return None
        (one,) = unit.numerator
        if self._is_whole and other._is_whole:  # in lowest terms: nothing has to be divided
            top = _shifted(self.numerator, other.numerator)
            under = _shifted(self.denominator, other.denominator)
            if top is None or under is None:
                return None
            number, shift = top[0] / under[0], top[1] - under[1]
        else:
            ratio = self.parts.times(other.parts.inverse(), self.budget)
            if ratio.factors:
                return None
            number, shift = ratio.coefficient, ratio.above - ratio.below
        power, rest = divmod(shift, one)
        if rest or abs(power) > 2 * poly.MAX_EXPONENT:
            return None
        return number, power

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rational):
            return NotImplemented
        if self.is_zero or other.is_zero:
            return self.is_zero and other.is_zero
        written = (self._numerator, self._denominator, other._numerator, other._denominator)
        if None not in written:
            return written[:2] == written[2:]
        if hash(self) != hash(other):
            return False
        one, two = self.parts, other.parts
        if (one.coefficient, one.above, one.below) != (two.coefficient, two.above, two.below):
            return False
        return one.factors == two.factors or not one.times(two.inverse(), self.budget).factors

    def __hash__(self) -> int:
        if self._residue is None:
            if self._parts is not None:
                self._residue = self._parts.residue
            elif self.is_zero:
                self._residue = 0
            else:
                top, under = residue(self.numerator), residue(self.denominator)
                self._residue = quotient_of(top, under)
        return self._residue

    def __add__(self, other: Rational) -> Rational:
        return self._plus(other, 1)

    def __sub__(self, other: Rational) -> Rational:
        return self._plus(other, -1)

    def __neg__(self) -> Rational:
        if self._numerator is not None and self._denominator is not None:
            negative = Rational(poly.scale(self._numerator, -1), self._denominator, self.budget)
            if self._parts is not None:
                negative._parts = replace(self._parts, coefficient=-self._parts.coefficient)
            return negative
        parts = self.parts
        return Rational.product(replace(parts, coefficient=-parts.coefficient), self.budget)

    def _plus(self, other: Rational, sign: int) -> Rational:
        budget = self.budget
        if other.is_zero:
            return self
        if self.is_zero:
            return other if sign > 0 else -other
        if self._is_whole and other._is_whole:
            top, other_top = self.numerator, other.numerator
            alone = len(top) == 1 or len(other_top) == 1
            if alone and self.denominator == ONE and other.denominator == ONE:
                budget.spend(len(top) + len(other_top))
                return Rational(poly.add(top, other_top, sign), ONE, budget)
        parts = self.parts.plus(other.parts, sign, budget)
        return Rational({}, ONE, budget) if parts is None else Rational.product(parts, budget)

    def __mul__(self, other: Rational) -> Rational:
        budget = self.budget
        if self.is_zero or other.is_zero:
            return Rational({}, ONE, budget)
        if (self._is_term and other._is_whole) or (self._is_whole and other._is_term):
            top, under = self.numerator, self.denominator
            other_top, other_under = other.numerator, other.denominator
            if len(under) == 1 and len(other_under) == 1:
                top, other_under = _lowest_terms(top, other_under, budget)
                other_top, under = _lowest_terms(other_top, under, budget)
                return Rational(
                    poly.multiply(top, other_top, budget),
                    poly.multiply(under, other_under, budget),
                    budget,
                )
        return Rational.product(self.parts.times(other.parts, budget), budget)

    @property
    def _is_term(self) -> bool:
        """Whether its numerator is a single term, and known as such."""
        return self._numerator is not None and len(self._numerator) == 1

    def inverse(self) -> Rational:
        """Raises Undecided for zero."""
        if self.is_zero:
            raise Undecided("division by something that is always zero")
        if self._parts is not None:
            return Rational.product(self._parts.inverse(), self.budget)
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
        if base.is_zero:
            return Rational.number(0 if exponent else 1, self.budget)
        return Rational.product(base.parts.power(abs(exponent)), self.budget)


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
