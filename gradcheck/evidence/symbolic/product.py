"""A rational function kept as a product of irreducible factors, in the order they came up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.factorisation import factors
from gradcheck.evidence.symbolic.polynomial import Budget, Polynomial
from gradcheck.evidence.symbolic.rational import ONE, Rational
from gradcheck.language.expression import Add, Expression, Multiply, Number


@dataclass(frozen=True, slots=True)
class Product:
    """coefficient · Π factor ^ exponent; the factors are distinct, with a positive leading one."""

    coefficient: Fraction
    factors: tuple[tuple[Polynomial, int], ...] = ()

    @classmethod
    def of(cls, element: Rational, budget: Budget) -> Product:
        """Raises Undecided if the element is too large to be factored."""
        if element.is_zero:
            return cls(Fraction(0))
        parts = element.parts
        coefficient, found = parts.coefficient, Product(Fraction(1))
        for sign, monomial in ((1, parts.above), (-1, parts.below)):
            split: list[tuple[Polynomial, int]] = []
            for factor, exponent in parts.factors.items():
                if sign * exponent > 0:
                    content, irreducible = factors(factor.polynomial, budget)
                    coefficient *= Fraction(content) ** exponent
                    split += [(base, exponent * own) for base, own in irreducible]
            split.sort(key=lambda item: sorted(item[0].items()))
            generators = [
                (poly.generator(lane), sign * own) for lane, own in poly.exponents(monomial)
            ]
            found = found.times(Product(Fraction(1), (*generators, *split)))
        return cls(coefficient, found.factors)

    def times(self, other: Product) -> Product:
        """The product; a factor stays where it first stood, and goes when it cancels."""
        if not self.coefficient or not other.coefficient:
            return Product(Fraction(0))
        merged = {_key(base): (base, exponent) for base, exponent in self.factors}
        for base, exponent in other.factors:
            key = _key(base)
            total = exponent + (merged[key][1] if key in merged else 0)
            merged[key] = (base, total)
        kept = tuple(item for item in merged.values() if item[1])
        return Product(self.coefficient * other.coefficient, kept)

    def value(self, budget: Budget) -> Rational:
        """The element it stands for."""
        total = Rational.number(self.coefficient, budget)
        for base, exponent in self.factors:
            total = total * Rational(base, ONE, budget) ** exponent
        return total

    def without(self, lane: int) -> tuple[int, Product]:
        """The exponent of a generator, and the rest of the product."""
        unit = poly.generator(lane)
        exponent = sum(power for base, power in self.factors if base == unit)
        rest = tuple(item for item in self.factors if item[0] != unit)
        return exponent, Product(self.coefficient, rest)


def _key(polynomial: Polynomial) -> frozenset[tuple[int, int]]:
    return frozenset(polynomial.items())


def number(value: int) -> Number:
    """A number that is not negative."""
    return Number(Fraction(value))


def product_of(parts: Sequence[Expression]) -> Expression:
    """No factor is 1, one is itself."""
    if not parts:
        return number(1)
    return parts[0] if len(parts) == 1 else Multiply(tuple(parts))


def sum_of(terms: Sequence[Expression]) -> Expression:
    return terms[0] if len(terms) == 1 else Add(tuple(terms))
