"""How far the values of a loss reach: from below, from above, as far as its form tells.

A squared error is bounded from below, a log-likelihood from above. Bounds are those of intervals,
so they may be too wide, never too narrow: what is unknown may be any number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    Transpose,
    Underbrace,
    walk,
)
from gradcheck.language.model import Model
from gradcheck.language.names import COUNT, PENALTY


@dataclass(frozen=True, slots=True)
class Extent:
    """All values between two bounds."""

    low: float = -math.inf
    high: float = math.inf

    def __add__(self, other: Extent) -> Extent:
        return Extent(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Extent:
        return Extent(-self.high, -self.low)

    def __mul__(self, other: Extent) -> Extent:
        ends = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Extent(min(ends), max(ends))

    @property
    def is_positive(self) -> bool:
        return self.low >= 0


ANY, POSITIVE, UNIT = Extent(), Extent(0, math.inf), Extent(0, 1)

_OF_FUNCTIONS = {
    "sigmoid": UNIT,
    "softmax": UNIT,
    INDICATOR: UNIT,
    "tanh": Extent(-1, 1),
    "sin": Extent(-1, 1),
    "cos": Extent(-1, 1),
    **dict.fromkeys(("exp", "abs", "norm", "relu", "softplus", "sqrt"), POSITIVE),
}


def extent_of(model: Model) -> Extent:
    """The extent of a model's loss."""
    needed = model.ancestors(model.loss)
    bodies = [model.definitions[key] for key in needed]
    known = {key: POSITIVE for key in (*COUNT.names(), *PENALTY.names()) if key in model.constants}
    if model.sample_count is not None:
        known[model.sample_count] = POSITIVE
    likely = [a for body in bodies for node in walk(body) for a in _probabilities(node)]
    if likely:
        known |= dict.fromkeys((*model.labels, *likely), UNIT)
    for key, body in zip(needed, bodies, strict=True):
        found = _of(body, known)
        known[key] = _within(found, UNIT) if key in likely else found
    return known.get(model.loss, ANY)


def _probabilities(node: Expression) -> list[str]:
    """Keys of what a logarithm is taken of: p, and y beside ``1 - y``."""
    if not isinstance(node, Apply) or node.function.base not in ("log", "ln") or node.order:
        return []
    return [n.key for n in node.arguments if isinstance(n, Name)]


def _of(expression: Expression, known: Mapping[str, Extent]) -> Extent:
    """The extent of an expression, worked out from its leaves upwards."""
    found: dict[int, Extent] = {}
    for node in reversed(list(walk(expression))):
        parts = [found[id(child)] for child in node.children()]
        found[id(node)] = _made(node, parts, known)
    return found[id(expression)]


def _made(node: Expression, parts: Sequence[Extent], known: Mapping[str, Extent]) -> Extent:
    """The extent of a node, given those of its children."""
    match node:
        case Number(value=value):
            return Extent(float(value), float(value))
        case Name():
            return known.get(node.key, ANY)
        case Negate():
            return -parts[0]
        case Add():
            return sum(parts[1:], parts[0])
        case Multiply(factors=factors):
            return _product(factors, parts)
        case Divide():
            return parts[0] * _inverse(parts[1])
        case Power(exponent=exponent):
            return _power(parts[0], exponent)
        case Sum():
            return _total(parts[-1])
        case Transpose() | Cancel() | Underbrace():
            return parts[0]
        case Apply(function=function, arguments=arguments, order=0) if len(arguments) == 1:
            return _applied(function.base, parts[-1])
    return ANY


def _product(factors: Sequence[Expression], parts: Sequence[Extent]) -> Extent:
    """The extent of a product; two equal factors side by side are a square."""
    found, at = Extent(1, 1), 0
    while at < len(factors):
        twice = at + 1 < len(factors) and factors[at + 1] == factors[at]
        found = found * (_square(parts[at]) if twice else parts[at])
        at += 2 if twice else 1
    return found


def _square(extent: Extent) -> Extent:
    ends = (_times(extent.low, extent.low), _times(extent.high, extent.high))
    return Extent(0 if extent.low < 0 < extent.high else min(ends), max(ends))


def _power(base: Extent, exponent: Expression) -> Extent:
    """The extent of a power: known for even numbers, and for what is positive."""
    whole = isinstance(exponent, Number) and exponent.value.denominator == 1
    if isinstance(exponent, Number) and whole and exponent.value % 2 == 0:
        return _square(base) if exponent.value == 2 else POSITIVE
    return POSITIVE if base.is_positive else ANY


def _inverse(extent: Extent) -> Extent:
    if extent.low > 0 or extent.high < 0:
        low = 0.0 if math.isinf(extent.high) else 1 / extent.high
        return Extent(low, 0.0 if math.isinf(extent.low) else 1 / extent.low)
    return POSITIVE if extent.is_positive else ANY


def _total(one: Extent) -> Extent:
    """A sum of any number of terms."""
    return Extent(
        _times(math.inf, one.low) if one.low < 0 else 0,
        _times(math.inf, one.high) if one.high > 0 else 0,
    )


def _applied(function: str, argument: Extent) -> Extent:
    if function in ("log", "ln"):
        if argument.low < 0:
            return ANY
        return Extent(_logarithm(argument.low), _logarithm(argument.high))
    return _OF_FUNCTIONS.get(function, ANY)


def _logarithm(value: float) -> float:
    return -math.inf if value == 0 else math.inf if math.isinf(value) else math.log(value)


def _within(one: Extent, other: Extent) -> Extent:
    return Extent(max(one.low, other.low), min(one.high, other.high))


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b
