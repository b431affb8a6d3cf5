"""Where a constant that all gradients leave out comes from: the loss, or nothing that explains it.

The derivative of ``c·(…)^e`` has the factor ``c·e``. A line that is written without it, or with a
part of it only, leaves out what the loss gives; any other constant (a 3 where the square gives 2,
an inner 2 of ``σ(2z)``) is worth a warning (design.md, "Constants").
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from gradcheck.language.expression import (
    Add,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    Underbrace,
    value_names,
)
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant

DEEPEST = 12
"""Losses within losses that are looked through."""


class Front(NamedTuple):
    """What stands before a product: a number, and the power of the sample count."""

    number: Fraction = Fraction(1)
    power: int = 0

    def times(self, other: Front) -> Front:
        """That of a product."""
        return Front(self.number * other.number, self.power + other.power)

    def over(self, other: Front) -> Front:
        """That of a quotient."""
        return Front(self.number / other.number, self.power - other.power)


class Part(NamedTuple):
    """A term of a loss: what stands before it, and the power to which it is raised."""

    front: Front
    exponent: Fraction = Fraction(1)

    @property
    def given(self) -> Fraction:
        """The number that its derivative has."""
        return self.front.number * self.exponent


def front(expression: Expression, count: str) -> Front:
    """What stands before a formula; sums are looked through, brackets with terms are not."""
    match expression:
        case Number(value) if value:
            return Front(value)
        case Name() if to_text(expression) == count:
            return Front(power=1)
        case Negate(inner) | Sum(body=inner) | Underbrace(operand=inner):
            return front(inner, count)
        case Multiply(factors):
            found = Front()
            for factor in factors:
                found = found.times(front(factor, count))
            return found
        case Divide(above, below):
            return front(above, count).over(front(below, count))
    return Front()


def parts(
    loss: Expression, bodies: Mapping[str, Expression], count: str, depth: int = 0
) -> list[Part]:
    """The terms of a loss; ``bodies`` are the definitions that it may be made of."""
    match loss:
        case Add(terms):
            return [part for term in terms for part in parts(term, bodies, count, depth)]
        case Negate(inner) | Sum(body=inner) | Underbrace(operand=inner):
            return parts(inner, bodies, count, depth)
        case Multiply(factors):
            plain = [f for f in factors if {to_text(n) for n in value_names(f)} <= {count}]
            other = [f for f in factors if f not in plain]
            before = Front()
            for factor in plain:
                before = before.times(front(factor, count))
            found = parts(other[0], bodies, count, depth) if len(other) == 1 else [Part(Front())]
            return _before(before, found)
        case Divide(above, below):
            under = front(below, count)
            return _before(Front().over(under), parts(above, bodies, count, depth))
        case Power(exponent=Number(value)):
            return [Part(Front(), value)]
        case Name() if loss.key in bodies and depth < DEEPEST:
            return parts(bodies[loss.key], bodies, count, depth + 1)
    return [Part(Front())]


def _before(before: Front, found: list[Part]) -> list[Part]:
    return [Part(before.times(part.front), part.exponent) for part in found]


def unexplained(
    loss: Expression,
    bodies: Mapping[str, Expression],
    claim: Expression,
    left_out: Constant,
    helped: bool = False,
) -> str:
    """Why a constant does not come from the loss, in words; empty if it does.

    ``helped`` tells that the claim holds names of error terms, which may carry a constant.
    """
    count = left_out.count
    own = front(claim, count)
    found = parts(loss, bodies, count)
    if any(_explains(part, own, left_out, helped) for part in found):
        return ""
    given = sorted({part.given for part in found})
    other = own.number * left_out.rational == given[0] and own.number != 1
    if len(given) == 1 and other and not left_out.power:
        return f"the line has {own.number} where the loss gives {given[0]}"
    return "it does not come from the loss"


def _explains(part: Part, own: Front, left_out: Constant, helped: bool) -> bool:
    numbers = {Fraction(1), part.front.number, part.exponent, part.given}
    whole = own.number * left_out.rational == part.given and own.number in numbers
    number = left_out.rational == 1 or whole or (helped and left_out.rational in numbers)
    power = left_out.power in (0, part.front.power) and (helped or not left_out.power * own.power)
    return number and power
