"""An element of the field, written in the document's own names."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.polynomial import Polynomial
from gradcheck.evidence.symbolic.product import Product, number, product_of, sum_of
from gradcheck.evidence.symbolic.rational import ONE, Rational
from gradcheck.evidence.symbolic.tower import Tower
from gradcheck.language.expression import Add, Apply, Divide, Expression, Name, Negate, Power

MAX_TERMS = 12
MAX_SUM = 500
"""Terms of a definition's value, of which a name may stand for a part of something."""


class Presentation:
    """Writes elements of one tower; ``named`` are the values of the document's definitions."""

    def __init__(
        self, tower: Tower, named: dict[Rational, Name], labels: tuple[str, ...] = ()
    ) -> None:
        self.tower = tower
        self.named = named
        self.labels = labels
        self.max_terms = MAX_TERMS
        self._written: dict[tuple[frozenset[tuple[int, int]], int], tuple[int, Expression]] = {}

    def write(self, element: Rational) -> Expression:
        """The element as a product of factors. Raises Undecided if it is not short."""
        name = self.named.get(element)
        if name is not None:
            return name
        if element.is_zero:
            return number(0)
        product = Product.of(element, self.tower.budget)
        return self.write_product(product)

    def write_product(self, product: Product) -> Expression:
        """Factors in their order, the sign of each chosen so that few minus signs are left."""
        coefficient = product.coefficient
        top: list[Expression] = []
        bottom: list[Expression] = []
        for base, exponent in self._paired(product):
            sign, shown = self.write_factor(base)
            if sign < 0 and exponent % 2:
                coefficient = -coefficient
            if exponent > 0:
                top.append(powered(shown, exponent))
            else:
                bottom.append(powered(shown, -exponent))
        return fraction_of(coefficient, top, bottom)

    def _paired(self, product: Product) -> list[tuple[Polynomial, int]]:
        """The factors, (1 − v)·(1 + v) to the same power put together as 1 − v² again."""
        paired: list[tuple[Polynomial, int]] = []
        places: dict[int, list[int]] = {}  # of what is 1 and one other term, by that
        for base, exponent in product.factors:
            term = max(base) if len(base) == 2 and 0 in base else 0
            known = places.setdefault(term, []) if term else []
            place = next((i for i in known if _conjugate(base, paired[i][0])), None)
            if place is not None and paired[place][1] == exponent:
                square = poly.multiply(paired[place][0], base, self.tower.budget)
                paired[place] = (square, exponent)
                continue
            known.append(len(paired))
            paired.append((base, exponent))
        return paired

    def write_factor(self, polynomial: Polynomial) -> tuple[int, Expression]:
        """(sign, expression) with polynomial = sign · expression."""
        key = frozenset(polynomial.items()), self.max_terms
        if key not in self._written:
            self._written[key] = self._write_factor(polynomial)
        return self._written[key]

    def _write_factor(self, polynomial: Polynomial) -> tuple[int, Expression]:
        grouped = self._grouped(polynomial)
        if grouped is not None:
            return grouped
        if len(polynomial) > self.max_terms * self._longest:
            raise Undecided("too long to be shown")
        sign, terms = self._in_names(polynomial)
        if len(terms) > self.max_terms:
            raise Undecided("too long to be shown")
        chosen = self._sign(terms)
        terms = [(chosen * value, parts) for value, parts in terms]
        terms.sort(key=lambda term: term[0] < 0)
        shown = sum_of([self._term(value, parts) for value, parts in terms])
        return sign * chosen, shown

    def _grouped(self, polynomial: Polynomial) -> tuple[int, Expression] | None:
        """w_2·a_1·(1 − a_1) + 1 for what is w_2·a_1 − w_2·a_1² + 1: some terms share generators.

        None if no generator divides two or more terms with a factor of their own, but not all.
        """
        if not 2 < len(polynomial) <= self.max_terms or self._best_name(polynomial):
            return None
        best: Polynomial = {}
        for lane in poly.used_lanes(polynomial):
            shared = {m: c for m, c in polynomial.items() if poly.exponent_of(m, lane)}
            if len(best) < len(shared) < len(polynomial):
                best = shared
        if len(best) < 2:
            return None
        rest = {m: c for m, c in polynomial.items() if m not in best}
        terms: list[Expression] = []
        for part in (best, rest):
            element = Rational(part, ONE, self.tower.budget)
            shown = self.write_product(Product.of(element, self.tower.budget))
            terms.extend(shown.terms if isinstance(shown, Add) else (shown,))
        minus = sum(isinstance(term, Negate) for term in terms)
        sign = -1 if 2 * minus > len(terms) else 1
        if sign < 0:
            terms = [t.operand if isinstance(t, Negate) else Negate(t) for t in terms]
        return sign, sum_of(sorted(terms, key=lambda term: isinstance(term, Negate)))

    def _in_names(
        self, polynomial: Polynomial
    ) -> tuple[int, list[tuple[int, tuple[tuple[Expression, int], ...]]]]:
        """Terms (coefficient, powers), the values of definitions replaced by their names."""
        found: list[tuple[int, tuple[tuple[Expression, int], ...]]] = []
        rest = polynomial
        while len(rest) > 1:
            best = self._best_name(rest)
            if best is None:
                break
            value, sign, name = best
            found.append((sign, ((name, 1),)))
            rest = poly.add(rest, value, -sign)
        for monomial, coefficient in sorted(rest.items()):
            powers = tuple(
                (self._generator(lane), exponent) for lane, exponent in poly.exponents(monomial)
            )
            found.append((coefficient, powers))
        return 1, found

    def _best_name(self, polynomial: Polynomial) -> tuple[Polynomial, int, Name] | None:
        """The definition whose value, added or subtracted, leaves the fewest terms."""
        best = None
        fewest = len(polynomial) - 1
        for value, name in self._sums:
            for sign in (1, -1):
                left = len(poly.add(polynomial, value, -sign))
                if left < fewest:
                    best, fewest = (value, sign, name), left
        return best

    @cached_property
    def _sums(self) -> list[tuple[Polynomial, Name]]:
        """The definitions whose values are polynomials of a few terms."""
        return [
            (element.numerator, name)
            for element, name in self.named.items()
            if element.size <= MAX_SUM and element.denominator == ONE and len(element.numerator) > 1
        ]

    @cached_property
    def _longest(self) -> int:
        return max((len(value) for value, _ in self._sums), default=1)

    def _sign(self, terms: list[tuple[int, tuple[tuple[Expression, int], ...]]]) -> int:
        """−1 if the terms read better with all signs changed: ŷ − y, 1 − a_1."""
        if len({value > 0 for value, _ in terms}) == 1:
            return 1 if terms[0][0] > 0 else -1
        for value, powers in terms:
            if not powers:
                return 1 if value > 0 else -1
        for value, powers in terms if len(terms) > 1 else ():
            if any(isinstance(e, Name) and e.key in self.labels for e, _ in powers):
                return -1 if value > 0 else 1
        positive = sum(value > 0 for value, _ in terms)
        return 1 if 2 * positive > len(terms) or terms[0][0] > 0 else -1

    def _term(self, value: int, powers: tuple[tuple[Expression, int], ...]) -> Expression:
        parts = [powered(base, exponent) for base, exponent in powers]
        if abs(value) != 1 or not parts:
            parts.insert(0, number(abs(value)))
        shown = product_of(parts)
        return Negate(shown) if value < 0 else shown

    def _generator(self, lane: int) -> Expression:
        """A generator by the document's name for it, else as a function of its argument."""
        element = Rational(poly.generator(lane), ONE, self.tower.budget)
        named = self.named.get(element)
        if named is not None:
            return named
        generator = self.tower.generators[lane]
        if generator.argument is None:
            assert generator.name is not None
            return generator.name
        argument = self.write(generator.argument)
        if generator.function == "root":
            return Apply(Name("sqrt"), (argument,))
        if generator.function == "half-tangent":
            half = Divide(argument, number(2))
            return Divide(Apply(Name("sin"), (half,)), Apply(Name("cos"), (half,)))
        head = generator.name or Name(generator.function)
        return Apply(head, (argument,), generator.order)


def _conjugate(one: Polynomial, other: Polynomial) -> bool:
    """Whether they are 1 − v and 1 + v, up to sign, for one term v."""
    if len(one) != 2 or one.keys() != other.keys() or abs(one.get(0, 0)) != 1:
        return False
    (left,) = (m for m in one if m)
    return abs(other[0]) == 1 and one[left] * one[0] == -other[left] * other[0]


def powered(base: Expression, exponent: int) -> Expression:
    return base if exponent == 1 else Power(base, number(exponent))


def fraction_of(
    coefficient: Fraction, top: list[Expression], bottom: list[Expression]
) -> Expression:
    """± number · top / bottom, without ones that say nothing."""
    size = abs(coefficient)
    if size.numerator != 1:
        top = [number(size.numerator), *top]
    if size.denominator != 1:
        bottom = [number(size.denominator), *bottom]
    shown = product_of(top)
    if bottom:
        shown = Divide(shown, product_of(bottom))
    return Negate(shown) if coefficient < 0 else shown
