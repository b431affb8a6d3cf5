"""Greatest common divisors and factors of polynomials, by SymPy's polynomial rings.

Only the generators that occur are handed over, as anonymous ones: no name reaches SymPy. The same
few polynomials come up again and again, in one document and in all the documents of a class, so
what SymPy said of the last ones is kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sympy import ZZ, Dummy
from sympy.polys.rings import ring

from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.polynomial import (
    LANE,
    Budget,
    Polynomial,
    divide_content,
    exponent_of,
    integer_content,
    leading_sign,
    monomial_content,
    used_lanes,
)

MAX_FACTOR_TERMS = 60
MAX_FACTOR_DEGREE = 12
MAX_GCD_TERMS = 600
MAX_GCD_SIZE = 40_000


Terms = tuple[tuple[tuple[int, ...], int], ...]
"""A polynomial in anonymous generators: exponents and coefficient of every term."""


@lru_cache(maxsize=64)
def _ring(size: int) -> Any:
    return ring([Dummy(f"t{index}") for index in range(size)], ZZ)[0]


@lru_cache(maxsize=512)
def _cofactors(one: Terms, other: Terms, size: int) -> tuple[Terms, ...]:
    """(g, one/g, other/g) in so many generators."""
    over = _ring(size).from_dict
    return tuple(_terms_of(part) for part in over(dict(one)).cofactors(over(dict(other))))


@lru_cache(maxsize=512)
def _factor_list(polynomial: Terms, size: int) -> tuple[int, tuple[tuple[Terms, int], ...]]:
    """(content, irreducible factors with exponents) in so many generators."""
    unit, parts = _ring(size).from_dict(dict(polynomial)).factor_list()
    return int(unit), tuple((_terms_of(part), exponent) for part, exponent in parts)


def _terms_of(element: Any) -> Terms:
    return tuple((powers, int(value)) for powers, value in element.items())


def _hand_over(polynomial: Polynomial, lanes: list[int]) -> Terms:
    return tuple(
        (tuple([exponent_of(monomial, lane) for lane in lanes]), value)
        for monomial, value in polynomial.items()
    )


def _take_back(terms: Terms, lanes: list[int]) -> Polynomial:
    return {
        sum(exponent << (LANE * lane) for exponent, lane in zip(powers, lanes, strict=True)): value
        for powers, value in terms
    }


def _degree(polynomial: Polynomial, lanes: list[int]) -> int:
    """The largest total degree of a term."""
    return max(sum(exponent_of(monomial, lane) for lane in lanes) for monomial in polynomial)


def _dense_size(polynomial: Polynomial, lanes: list[int]) -> int:
    """How many terms it could have: SymPy's heuristic evaluates at integers of so many digits."""
    size = 1
    for lane in lanes:
        size *= 1 + max(exponent_of(monomial, lane) for monomial in polynomial)
    return size


def cofactors(
    one: Polynomial, other: Polynomial, budget: Budget
) -> tuple[Polynomial, Polynomial, Polynomial]:
    """(g, one/g, other/g) for the greatest common divisor g; raises Undecided if too large."""
    lanes = used_lanes(one, other)
    size = _dense_size(one, lanes) + _dense_size(other, lanes)
    if len(one) + len(other) > MAX_GCD_TERMS or size > MAX_GCD_SIZE:
        raise Undecided("too large")
    budget.spend(size)
    parts = _cofactors(_hand_over(one, lanes), _hand_over(other, lanes), len(lanes))
    common, left, right = (_take_back(part, lanes) for part in parts)
    return common, left, right


def factors(polynomial: Polynomial, budget: Budget) -> tuple[int, list[tuple[Polynomial, int]]]:
    """(content with sign, irreducible factors with exponents), generators first.

    Every factor has integer coefficients without a common divisor and a positive leading one.
    Raises Undecided if it is too large to be factored.
    """
    content = integer_content(polynomial) * leading_sign(polynomial)
    monomial = monomial_content(polynomial)
    found: list[tuple[Polynomial, int]] = [
        ({1 << (LANE * lane): 1}, exponent_of(monomial, lane)) for lane in used_lanes({monomial: 1})
    ]
    rest = divide_content(polynomial, content, monomial)
    if len(rest) == 1:
        return content, found
    lanes = used_lanes(rest)
    if is_linear(rest, lanes):
        return content, [*found, (rest, 1)]
    size = len(rest) * _degree(rest, lanes)
    if len(rest) > MAX_FACTOR_TERMS or _degree(rest, lanes) > MAX_FACTOR_DEGREE:
        raise Undecided("too large to be factored")
    budget.spend(200 * size)
    unit, parts = _factor_list(_hand_over(rest, lanes), len(lanes))
    content *= unit
    for part, exponent in parts:
        factor = _take_back(part, lanes)
        if leading_sign(factor) < 0:
            factor = {key: -value for key, value in factor.items()}
            content *= (-1) ** exponent
        found.append((factor, exponent))
    found[len(used_lanes({monomial: 1})) :] = sorted(
        found[len(used_lanes({monomial: 1})) :], key=lambda item: sorted(item[0].items())
    )
    return content, found


def is_linear(polynomial: Polynomial, lanes: list[int]) -> bool:
    """Whether one generator stands in a single term, to the first power: then irreducible.

    The polynomial has neither an integer nor a monomial that divides all its terms.
    """
    for lane in lanes:
        powers = [exponent_of(monomial, lane) for monomial in polynomial]
        if sum(powers) == 1:
            return True
    return False
