"""Ranges of one quantity: rows of cases that part its values, ``z < 0``, ``0 < z < 6``, ``z > 6``.

A bound is one point: which of two rows it belongs to is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    to_key,
)

ONE = Number(Fraction(1))

Bounds = tuple[Expression, ...]
"""What is compared, the smallest first: two sides, or three."""


class Range(NamedTuple):
    """Where a quantity is above ``low`` and below ``high``; None: no such bound."""

    low: Expression | None
    high: Expression | None


def ranges_of(rows: Sequence[Bounds]) -> tuple[Expression, list[Range]] | None:
    """The quantity that all rows bound, and its range in each; None if they do not."""
    between = [row[1] for row in rows if len(row) == 3]
    shared = set.intersection(*({to_key(side) for side in row} for row in rows))
    sides = between or [side for side in rows[0] if to_key(side) in shared]
    if not sides or to_key(sides[0]) not in shared or (len(sides) > 1 and not between):
        return None
    quantity = sides[0]
    found = []
    for row in rows:
        at = [to_key(side) for side in row].index(to_key(quantity))
        if len(row) == 3 and at != 1:
            return None
        low, high = row[at - 1] if at else None, row[at + 1] if at + 1 < len(row) else None
        found.append(Range(low, high))
    return quantity, found


def cover_all(ranges: Sequence[Range]) -> bool:
    """Whether every value is in one of the ranges, and in one only."""
    following = {to_key(r.low): r for r in ranges if r.low is not None}
    current = next((r for r in ranges if r.low is None), None)
    for count in range(1, len(ranges) + 1):
        if current is None or not _rises(current.low, current.high):
            return False
        if current.high is None:
            return count == len(ranges)
        current = following.get(to_key(current.high))
    return False


def are_apart(ranges: Sequence[Range]) -> bool:
    """Whether no value is in two of the ranges, as far as their bounds are written."""
    return all(_is_below(r, s) or _is_below(s, r) for r, s in combinations(ranges, 2))


def _is_below(one: Range, other: Range) -> bool:
    if one.high is None or other.low is None or not _rises(one.high, other.low, same=True):
        return False
    numbers = _value(one.high) is not None and _value(other.low) is not None
    same = to_key(one.high) == to_key(other.low)
    return numbers or same or (one.low is None and other.high is None)


def _rises(low: Expression | None, high: Expression | None, same: bool = False) -> bool:
    """Whether two bounds are in order, if both are numbers."""
    first, second = _value(low), _value(high)
    if first is None or second is None:
        return True
    return first < second or (same and first == second)


def _value(bound: Expression | None) -> Fraction | None:
    match bound:
        case Number(value=value):
            return value
        case Negate(operand=Number(value=value)):
            return -value
        case Divide(numerator=Number(value=top), denominator=Number(value=under)) if under:
            return top / under
    return None


def within(quantity: Expression, bounds: Range, span: Span) -> Expression:
    """What is 1 in the range and 0 outside."""
    factors = []
    if bounds.low is not None:
        factors.append(greater(quantity, bounds.low, span))
    if bounds.high is not None:
        factors.append(complement(greater(quantity, bounds.high, span)))
    return factors[0] if len(factors) == 1 else Multiply(tuple(factors), span=span)


def greater(above: Expression, below: Expression, span: Span) -> Expression:
    """``[u > v]``, as ``[u - v > 0]``."""
    difference: Expression = Add((above, Negate(below)), span=span)
    if isinstance(below, Number) and below.value == 0:
        difference = above
    elif isinstance(above, Number) and above.value == 0:
        difference = Negate(below, span=span)
    return Apply(Name(INDICATOR, span=span), (difference,), span=span)


def complement(chosen: Expression) -> Expression:
    """1 where it is 0, and 0 where it is 1."""
    match chosen:
        case Add(terms=(first, Negate(operand=opposite))) if first == ONE:
            return opposite
    return Add((ONE, Negate(chosen)), span=chosen.span)


def rest(chosen: Sequence[Expression], span: Span) -> Expression:
    """1 where none of several is."""
    return Add((ONE, *(Negate(c) for c in chosen)), span=span)
