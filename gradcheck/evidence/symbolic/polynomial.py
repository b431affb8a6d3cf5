"""Sparse polynomials with integer coefficients, over generators that may still be added.

A polynomial is a dict from monomial to coefficient. A monomial is one integer with `LANE` bits a
generator, which hold its exponent: a product of monomials is a sum of integers, and their order
as integers is the lexicographic one. Nothing here knows what a generator stands for.

All work is counted before it is done, so that a hostile document is refused and never waited for.
"""

from __future__ import annotations

from functools import reduce
from math import gcd

from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.run.budget import spend

Polynomial = dict[int, int]

LANE = 12
MAX_EXPONENT = 255  # exponents of two polynomials still add up within a lane
MAX_TERMS = 20_000
MAX_BITS = 8_192  # of a coefficient
MAX_GENERATORS = 800  # three for every layer of a deep network
_LANE_MASK = (1 << LANE) - 1
_TOO_HIGH = sum((_LANE_MASK - MAX_EXPONENT) << (LANE * lane) for lane in range(MAX_GENERATORS))


class Budget:
    """How much work is left, in products of terms; every polynomial product draws on it."""

    __slots__ = ("left",)

    def __init__(self, work: int) -> None:
        self.left = work

    def spend(self, work: int) -> None:
        """Raises Undecided if the work is more than what is left here, OverBudget if it is more
        than what the document has left."""
        self.left -= work
        if self.left < 0:
            raise Undecided("too large")
        spend(work + 3)


def constant(value: int) -> Polynomial:
    return {0: value} if value else {}


def generator(index: int) -> Polynomial:
    return {1 << (LANE * index): 1}


def lane_mask(index: int) -> int:
    """All bits of one generator's exponent."""
    return _LANE_MASK << (LANE * index)


def add(one: Polynomial, other: Polynomial, sign: int = 1) -> Polynomial:
    """one + sign · other."""
    total = dict(one)
    for monomial, coefficient in other.items():
        new = total.get(monomial, 0) + sign * coefficient
        if new:
            total[monomial] = new
        else:
            del total[monomial]
    return total


def multiply(one: Polynomial, other: Polynomial, budget: Budget) -> Polynomial:
    """The product; raises Undecided if it is too large, before computing it."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) == 1 and one.get(0) == 1:
        return other
    bits = _bits(one) + _bits(other)
    if bits > MAX_BITS or len(one) * len(other) > 10 * MAX_TERMS:
        raise Undecided("too large")
    budget.spend(len(one) * len(other) * (1 + bits // 512) + 1)
    product: Polynomial = {}
    get = product.get
    for left, factor in one.items():
        for right, coefficient in other.items():
            monomial = left + right
            product[monomial] = get(monomial, 0) + factor * coefficient
    if len(one) > 1:
        product = {key: value for key, value in product.items() if value}
    used = 0
    for monomial in product:
        used |= monomial
    check_exponents(used)
    if len(product) > MAX_TERMS:
        raise Undecided("too large")
    return product


def check_exponents(used: int) -> None:
    """Raises Undecided if an exponent of a monomial, or of several joined by or, is too high."""
    if used & _TOO_HIGH:
        raise Undecided("too large")


def power(base: Polynomial, exponent: int, budget: Budget) -> Polynomial:
    """base ** exponent for exponent >= 0."""
    result = constant(1)
    while exponent:
        if exponent & 1:
            result = multiply(result, base, budget)
        exponent >>= 1
        if exponent:
            base = multiply(base, base, budget)
    return result


def scale(polynomial: Polynomial, factor: int) -> Polynomial:
    if factor == 1:
        return polynomial
    return {monomial: factor * value for monomial, value in polynomial.items()}


def integer_content(polynomial: Polynomial) -> int:
    """The greatest integer that divides every coefficient, positive."""
    return reduce(gcd, polynomial.values(), 0)


def divide_content(polynomial: Polynomial, content: int, monomial: int = 0) -> Polynomial:
    """Divide by an integer and a monomial that divide every term."""
    if content == 1 and not monomial:
        return polynomial
    return {key - monomial: value // content for key, value in polynomial.items()}


def used_lanes(*polynomials: Polynomial) -> list[int]:
    """The indices of the generators that occur, ascending."""
    used = 0
    for polynomial in polynomials:
        for monomial in polynomial:
            used |= monomial
    lanes = []
    index = 0
    while used:
        if used & _LANE_MASK:
            lanes.append(index)
        used >>= LANE
        index += 1
    return lanes


def exponent_of(monomial: int, lane: int) -> int:
    return (monomial >> (LANE * lane)) & _LANE_MASK


def exponents(monomial: int) -> list[tuple[int, int]]:
    """(generator, exponent) for the generators of a monomial, ascending."""
    found = []
    index = 0
    while monomial:
        if monomial & _LANE_MASK:
            found.append((index, monomial & _LANE_MASK))
        monomial >>= LANE
        index += 1
    return found


def monomial_content(polynomial: Polynomial) -> int:
    """The greatest monomial that divides every term."""
    monomials = iter(polynomial)
    content = next(monomials)
    for monomial in monomials:
        if not content:
            return 0
        content = common_monomial(content, monomial)
    return content


def common_monomial(one: int, other: int) -> int:
    """The greatest common divisor of two monomials."""
    common = 0
    shift = 0
    while one and other:
        common |= min(one & _LANE_MASK, other & _LANE_MASK) << shift
        one >>= LANE
        other >>= LANE
        shift += LANE
    return common


def leading_sign(polynomial: Polynomial) -> int:
    return 1 if polynomial[max(polynomial)] > 0 else -1


def _bits(polynomial: Polynomial) -> int:
    return max((value.bit_length() for value in polynomial.values()), default=0)
