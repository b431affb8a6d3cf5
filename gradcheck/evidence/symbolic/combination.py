"""Rational weights with which an element is a combination of others: exponents and angles."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import lcm

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.polynomial import Budget, Polynomial
from gradcheck.evidence.symbolic.rational import ONE, Rational


def linear_combination(
    element: Rational, bases: Sequence[Rational], budget: Budget
) -> list[Fraction] | None:
    """Rational weights with element = Σ weight · base, or None; the bases are independent."""
    columns = _over_one_denominator([*bases, element], budget)
    related = _related(columns)
    if len(related) < len(bases):  # in a deep network an exponent has terms with few in common
        own = linear_combination(element, [bases[place] for place in related], budget)
        if own is None:
            return None
        weights = [Fraction(0)] * len(bases)
        for place, weight in zip(related, own, strict=True):
            weights[place] = weight
        return weights
    among_bases = {monomial for column in columns[:-1] for monomial in column}
    if any(monomial not in among_bases for monomial in columns[-1]):
        return None  # the rule for a network: each layer's exponent has a generator of its own
    monomials = sorted(among_bases)
    budget.spend(len(monomials) * len(columns) ** 2)
    rows = [[Fraction(column.get(monomial, 0)) for column in columns] for monomial in monomials]
    pivots = 0
    for column in range(len(bases)):
        pivot = next((r for r in range(pivots, len(rows)) if rows[r][column]), None)
        if pivot is None:
            raise Undecided("dependent exponents")
        rows[pivots], rows[pivot] = rows[pivot], rows[pivots]
        head = rows[pivots]
        inverse = 1 / head[column]
        rows[pivots] = head = [inverse * entry for entry in head]
        for r, row in enumerate(rows):
            if r != pivots and row[column]:
                factor = row[column]
                rows[r] = [a - factor * b for a, b in zip(row, head, strict=True)]
        pivots += 1
    if any(row[-1] for row in rows[pivots:]):
        return None
    return [row[-1] for row in rows[:pivots]]


def _related(columns: Sequence[Polynomial]) -> list[int]:
    """The places of those before the last that hang together with it through common monomials."""
    holders: dict[int, list[int]] = {}
    for place, column in enumerate(columns[:-1]):
        for monomial in column:
            holders.setdefault(monomial, []).append(place)
    found: set[int] = set()
    waiting = list(columns[-1])
    while waiting:
        for place in holders.pop(waiting.pop(), ()):
            if place not in found:
                found.add(place)
                waiting.extend(columns[place])
    return sorted(found)


def _over_one_denominator(elements: Sequence[Rational], budget: Budget) -> list[Polynomial]:
    if all(element.is_polynomial for element in elements):
        scale = reduce(lcm, (element.denominator[0] for element in elements))
        return [
            poly.scale(element.numerator, scale // element.denominator[0]) for element in elements
        ]
    product = Rational(ONE, ONE, budget)
    for element in elements:
        denominator = Rational(element.denominator, ONE, budget)
        missing = denominator * product.inverse()  # denominator / gcd
        product = product * Rational(missing.numerator, ONE, budget)
    lifted = [element * product for element in elements]
    return [element.numerator for element in lifted]
