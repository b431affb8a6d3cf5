"""A rational function as a number times powers of polynomials, written out only where it must be.

The gradient of a deep network is one long product, ``(ŷ - y)·w_8·a_7·(1 - a_7)·…``: written out it
has twice as many terms with every layer. So a product keeps its factors. Those of the numerator and
those of the denominator have no divisor in common; within one of the two they may, for nothing here
says that they are irreducible.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import gcd, isqrt

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.factorisation import cofactors, is_linear
from gradcheck.evidence.symbolic.polynomial import LANE, Budget, Polynomial, lane_mask

_PRIME = 2**61 - 1


class Factor:
    """A polynomial of two or more terms that no number and no generator divides.

    The coefficient of its leading term is positive. ``support`` are the lanes that occur in it.
    """

    def __init__(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial
        self._hash = hash(frozenset(polynomial.items()))
        self.support = 0
        for lane in poly.used_lanes(polynomial):
            self.support |= lane_mask(lane)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Factor) and (
            self is other or (self._hash == other._hash and self.polynomial == other.polynomial)
        )

    @cached_property
    def residue(self) -> int:
        """Its value modulo a prime where every generator has a value of its own."""
        return residue(self.polynomial)

    @cached_property
    def is_prime(self) -> bool:
        """Whether it is known to be irreducible."""
        return is_linear(self.polynomial, poly.used_lanes(self.polynomial))

    def may_share(self, other: Factor) -> bool:
        """Whether it could have a divisor in common with another one that is not the same."""
        return bool(self.support & other.support) and not (self.is_prime and other.is_prime)


Powers = dict[Factor, int]


@dataclass(frozen=True, slots=True)
class Parts:
    """coefficient · above / below · Π factor ^ exponent, above and below coprime monomials."""

    coefficient: Fraction
    above: int
    below: int
    factors: Powers

    @classmethod
    def of(cls, numerator: Polynomial, denominator: Polynomial) -> Parts:
        """The parts of a fraction in lowest terms that is not 0."""
        top, above, factors = _split(numerator, 1)
        bottom, below, divisors = _split(denominator, -1)
        return cls(Fraction(top, bottom), above, below, {**factors, **divisors})

    @property
    def terms(self) -> int:
        """How many terms numerator and denominator have together, at most, once written out."""
        top = bottom = 1
        for factor, exponent in self.factors.items():
            size = len(factor.polynomial) ** min(abs(exponent), 16)
            top, bottom = (top * size, bottom) if exponent > 0 else (top, bottom * size)
        return top + bottom

    @property
    def residue(self) -> int:
        """Its value modulo a prime where every generator has a value of its own."""
        value = _modulo(self.coefficient) * _monomial(self.above) % _PRIME
        under = _monomial(self.below)
        for factor, exponent in self.factors.items():
            power = pow(factor.residue, abs(exponent), _PRIME)
            value, under = (
                (value * power % _PRIME, under) if exponent > 0 else (value, under * power % _PRIME)
            )
        return quotient_of(value, under)

    def uses(self, mask: int) -> bool:
        """Whether a generator of the mask occurs."""
        return bool((self.above | self.below) & mask) or any(
            factor.support & mask for factor in self.factors
        )

    def inverse(self) -> Parts:
        turned = {factor: -exponent for factor, exponent in self.factors.items()}
        return Parts(1 / self.coefficient, self.below, self.above, turned)

    def power(self, exponent: int) -> Parts:
        """The power for an exponent that is not negative; raises Undecided if it is too large."""
        _check(exponent * _bits(self.coefficient), exponent * _highest(self.factors))
        raised = {factor: exponent * own for factor, own in self.factors.items()}
        above, below = _raised(self.above, exponent), _raised(self.below, exponent)
        return Parts(self.coefficient**exponent, above, below, raised if exponent else {})

    def times(self, other: Parts, budget: Budget) -> Parts:
        """The product; raises Undecided if it is too large."""
        budget.spend(1 + len(other.factors))
        _check(_bits(self.coefficient) + _bits(other.coefficient), 0)
        merged = dict(self.factors)
        for factor, exponent in other.factors.items():
            _insert(merged, factor, exponent, budget)
        _check(0, _highest(merged))
        above, below = _shortened(self.above + other.above, self.below + other.below)
        return Parts(self.coefficient * other.coefficient, above, below, merged)

    def plus(self, other: Parts, sign: int, budget: Budget) -> Parts | None:
        """The sum, what both have in common kept in front of it; None if it is 0."""
        shared = poly.common_monomial(self.above, other.above)
        under = self.below + other.below - poly.common_monomial(self.below, other.below)
        scale = Fraction(
            gcd(self.coefficient.numerator, other.coefficient.numerator),
            _lcm(self.coefficient.denominator, other.coefficient.denominator),
        )
        common: Powers = {}
        for factor in (*self.factors, *other.factors):
            least = min(self.factors.get(factor, 0), other.factors.get(factor, 0))
            if least:
                common[factor] = least
        rests = [
            _written_out(
                int(part.coefficient / scale),
                part.above - shared + under - part.below,
                {f: e - common.get(f, 0) for f, e in part.factors.items()}
                | {f: -e for f, e in common.items() if f not in part.factors},
                budget,
            )
            for part in (self, other)
        ]
        budget.spend(len(rests[0]) + len(rests[1]))
        total = poly.add(rests[0], rests[1], sign)
        if not total:
            return None
        content, monomial, factors = _split(total, 1)
        for factor, exponent in factors.items():
            _insert(common, factor, exponent, budget)
        above, below = _shortened(shared + monomial, under)
        return Parts(scale * content, above, below, common)

    def numerator(self, budget: Budget) -> Polynomial:
        """The numerator written out."""
        factors = {factor: exponent for factor, exponent in self.factors.items() if exponent > 0}
        return _written_out(self.coefficient.numerator, self.above, factors, budget)

    def denominator(self, budget: Budget) -> Polynomial:
        """The denominator written out."""
        factors = {factor: -exponent for factor, exponent in self.factors.items() if exponent < 0}
        return _written_out(self.coefficient.denominator, self.below, factors, budget)


def residue(polynomial: Polynomial) -> int:
    """The value of a polynomial modulo a prime, at the values that generators have there."""
    return sum(value * _monomial(monomial) for monomial, value in polynomial.items()) % _PRIME


def quotient_of(top: int, under: int) -> int:
    """The residue of a quotient; 0 stands for one that has none."""
    return top * pow(under, -1, _PRIME) % _PRIME if under else 0


def _monomial(monomial: int) -> int:
    value = 1
    while monomial:
        lane = ((monomial & -monomial).bit_length() - 1) // LANE
        exponent = poly.exponent_of(monomial, lane)
        value = value * pow(_value_of(lane), exponent, _PRIME) % _PRIME
        monomial -= exponent << (LANE * lane)
    return value


@cache
def _value_of(lane: int) -> int:
    """A value for every generator, without any pattern (Steele, Lea and Flood's mixing, 2014)."""
    mixed = (lane + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return (mixed ^ mixed >> 31) % _PRIME


def _modulo(number: Fraction) -> int:
    return quotient_of(number.numerator, number.denominator % _PRIME)


def _bits(number: Fraction) -> int:
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def _highest(factors: Powers) -> int:
    return max(map(abs, factors.values()), default=0)


def _check(bits: int, exponent: int) -> None:
    """Raises Undecided for a number of so many bits, or so high a power, if that is too large."""
    if bits > poly.MAX_BITS or exponent > poly.MAX_EXPONENT:
        raise Undecided("too large")


def _lcm(one: int, other: int) -> int:
    return one // gcd(one, other) * other


def _split(polynomial: Polynomial, exponent: int) -> tuple[int, int, Powers]:
    """(content with sign, monomial, the rest as factors to a power) of a polynomial not 0."""
    content = poly.integer_content(polynomial) * poly.leading_sign(polynomial)
    if len(polynomial) == 1:
        return content, next(iter(polynomial)), {}
    monomial = poly.monomial_content(polynomial)
    rest = poly.divide_content(polynomial, content, monomial)
    return content, monomial, {Factor(part): exponent for part in _conjugates(rest)}


def _conjugates(polynomial: Polynomial) -> tuple[Polynomial, ...]:
    """u + v and u - v for a difference u² - v² of two terms; else the polynomial itself."""
    if len(polynomial) != 2:
        return (polynomial,)
    high, low = sorted(polynomial, reverse=True)
    roots = isqrt(polynomial[high]), isqrt(abs(polynomial[low]))
    square = roots[0] ** 2 == polynomial[high] and -(roots[1] ** 2) == polynomial[low]
    if not square or (high | low) & _ODD:
        return (polynomial,)
    return tuple({high >> 1: roots[0], low >> 1: sign * roots[1]} for sign in (1, -1))


_ODD = sum(1 << (LANE * lane) for lane in range(poly.MAX_GENERATORS))
"""The lowest bit of every lane: set where an exponent is odd."""


def _shortened(above: int, below: int) -> tuple[int, int]:
    """Two monomials without what both have; raises Undecided if an exponent is too high."""
    common = poly.common_monomial(above, below)
    poly.check_exponents(above | below)
    return above - common, below - common


def _raised(monomial: int, exponent: int) -> int:
    """A power of a monomial; raises Undecided if an exponent is too high."""
    for _, own in poly.exponents(monomial):
        _check(0, own * exponent)
    return monomial * exponent


def _insert(merged: Powers, factor: Factor, exponent: int, budget: Budget) -> None:
    """Multiply by a power of a factor; numerator and denominator stay coprime."""
    waiting = [(factor, exponent)]
    while waiting:
        one, power = waiting.pop()
        power += merged.pop(one, 0)
        if not power:
            continue
        for other, own in merged.items():
            if own * power > 0 or not one.may_share(other):
                continue
            common, left, right = cofactors(one.polynomial, other.polynomial, budget)
            if len(common) > 1:
                del merged[other]
                for part, times in ((common, power + own), (left, power), (right, own)):
                    if times and len(part) > 1:
                        waiting.append((Factor(poly.scale(part, poly.leading_sign(part))), times))
                break
        else:
            merged[one] = power


def _written_out(coefficient: int, monomial: int, factors: Powers, budget: Budget) -> Polynomial:
    result: Polynomial = {monomial: coefficient}
    for factor, exponent in sorted(factors.items(), key=lambda item: len(item[0].polynomial)):
        if exponent:
            result = poly.multiply(result, poly.power(factor.polynomial, exponent, budget), budget)
    return result
