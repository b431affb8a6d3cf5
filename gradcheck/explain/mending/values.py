"""Values of many variants of one expression at a few points, fast enough to try thousands.

One sample, one feature, one hidden unit: a sum over the samples is its body, and the sample count
is a number of its own (no number of samples), so that 1/N is never mistaken for a number. What is
found equal here is only a candidate: the algebra proves it afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from zlib import crc32

from gradcheck.evidence.arrays.drawing import Draw, Value, draw
from gradcheck.evidence.arrays.dual import At, Outside, Unsupported, samples_of
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    Underbrace,
    names_in,
)
from gradcheck.language.model import Model

DIGITS = 20
COUNTS = (Fraction(17, 5), Fraction(17, 5), Fraction(23, 7))
"""The sample count at each point: the first two share it, so that their quotient is free of it."""

ATTEMPTS = 12

Resolve = Callable[[Expression], Expression]


class Undefined(ArithmeticError):
    """A variant has no value at a point, or no meaning."""


class Point:
    """A point, and the values there of what is written and of what is resolved."""

    def __init__(self, at: At, count: float, resolve: Resolve) -> None:
        self.at = at
        self.count = count
        self._resolve = resolve
        self._names: dict[str, float] = {}
        self._leaves: dict[Expression, float | None] = {}
        self._applied: dict[tuple[str, int, float], float] = {}
        self._known: dict[int, tuple[Expression, float]] = {}

    def keep(self, node: Expression) -> None:
        """Remember the values of all nodes of a written side that variants of it will share."""
        self._known = {}
        self._keep(node)

    def _keep(self, node: Expression) -> None:
        for child in node.children():
            self._keep(child)
        try:
            self._known[id(node)] = node, self.written(node)
        except Undefined:
            return

    def written(self, node: Expression) -> float:
        """The value of something as the author wrote it. Raises Undefined."""
        known = self._known.get(id(node))
        if known is not None:
            return known[1]
        kind = type(node)
        if kind is Name or kind is Apply or kind is Partial:
            return self._leaf(node)
        combine = _COMBINED.get(kind)
        if combine is None:
            return self._leaf(node)
        if kind is Power and type(node.base) is Name and node.base.key == "e":  # type: ignore[attr-defined]
            return self._leaf(node)
        try:
            value = combine(node, self.written)
        except (ArithmeticError, ValueError, TypeError):
            raise Undefined from None
        return value

    def _leaf(self, node: Expression) -> float:
        """Something that means what its resolution says: a name, an application, a partial."""
        if node not in self._leaves:
            try:
                self._leaves[node] = self.value(self._resolve(node))
            except (Undefined, ValueError, TypeError):
                self._leaves[node] = None
            except Exception as trouble:  # the resolver's own refusal
                if type(trouble).__name__ != "Unresolved":
                    raise
                self._leaves[node] = None
        value = self._leaves[node]
        if value is None:
            raise Undefined
        return value

    def value(self, node: Expression) -> float:
        """The value of a resolved expression. Raises Undefined."""
        kind = type(node)
        if kind is Name:
            return self.name(node.key)  # type: ignore[attr-defined]
        if kind is Apply:
            return self._apply(node)  # type: ignore[arg-type]
        if kind is Partial:
            return self.exact(node)
        combine = _COMBINED.get(kind)
        if combine is None:
            raise Undefined
        try:
            return combine(node, self.value)
        except (ArithmeticError, ValueError, TypeError):
            raise Undefined from None

    def name(self, key: str) -> float:
        """The value of a name."""
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = self.exact(Name(key))
        return found

    def exact(self, node: Expression) -> float:
        """The value by way of dual numbers: for partials, and for what is computed once."""
        try:
            value = float(samples_of(self.at.value(node), 1)[0])
        except (Outside, Unsupported, ArithmeticError, ValueError, TypeError, RecursionError):
            raise Undefined from None
        if not math.isfinite(value):
            raise Undefined
        return value

    def _apply(self, node: Apply) -> float:
        if len(node.arguments) != 1 or node.order > 3:
            raise Undefined
        return self.function(node.function.key, node.order, self.value(node.arguments[0]))

    def function(self, key: str, order: int, argument: float) -> float:
        """A derivative of a function at a number."""
        place = key, order, argument
        found = self._applied.get(place)
        if found is None:
            quick = _QUICK.get((key, order))
            try:
                if quick is not None and abs(argument) < _MODERATE:
                    found = quick(argument)
                else:
                    found = float(self.at.apply(key, order, self.at.mp.mpf(argument)))
            except (Outside, Unsupported, ArithmeticError, ValueError, TypeError, KeyError):
                raise Undefined from None
            self._applied[place] = found
        return found


_MODERATE = 30.0
"""Arguments up to which the functions below lose no digits that matter."""


def _sigmoid(u: float) -> float:
    return 1.0 / (1.0 + math.exp(-u))


_QUICK: dict[tuple[str, int], Callable[[float], float]] = {
    ("sigmoid", 0): _sigmoid,
    ("sigmoid", 1): lambda u: _sigmoid(u) * _sigmoid(-u),
    ("tanh", 0): math.tanh,
    ("tanh", 1): lambda u: 4.0 * _sigmoid(2.0 * u) * _sigmoid(-2.0 * u),
    ("exp", 0): math.exp,
    ("exp", 1): math.exp,
}
"""The functions that networks are full of, in floats; any other by `At`."""


def draw_points(model: Model, resolve: Resolve) -> tuple[Point, ...]:
    """Three points at which the loss and its gradients have values, and are not 0 if they can be.

    Fewer than three if no more were found.
    """
    above = {
        name for key in model.ancestors(model.loss) for name in names_in(model.definitions[key])
    }
    keys = [parameter.key for parameter in model.parameters if parameter.key in above]
    best = 0
    for least in (len(keys), None):
        found: list[Point] = []
        for attempt in range(ATTEMPTS):
            if len(found) == len(COUNTS):
                return tuple(found)
            count = COUNTS[len(found)]
            point = Point(At(model, _draw(model, attempt, count), DIGITS), float(count), resolve)
            moved = _moved(point, model.loss, keys)
            if moved is not None and moved >= (best if least is None else least):
                found.append(point)
            best = max(best, moved or 0)
    return tuple(found)


def _moved(point: Point, loss: str, keys: list[str]) -> int | None:
    """How many gradients are not 0 at a point (behind a ReLU all may be); None: no values."""
    try:
        point.name(loss)
        return sum(bool(point.exact(Partial(Name(loss), Name(key)))) for key in keys)
    except Undefined:
        return None


def _draw(model: Model, attempt: int, count: Fraction) -> Draw:
    """A point of witnesses with one sample, moved a little: small fractions coincide too often."""
    drawn = draw(model, 17, attempt, 1)
    given: dict[str, Value] = {}
    for key, value in drawn.given.items():
        shift = Fraction(crc32(f"{key} {attempt}".encode()) % 9967 + 1, 9967 * 60)
        if isinstance(value, tuple):
            given[key] = tuple(entry + shift for entry in value)
        else:
            given[key] = value + shift
    if model.sample_count is not None:
        given[model.sample_count] = count
    return replace(drawn, given=given)


Evaluate = Callable[[Expression], float]


def _add(node: Add, value: Evaluate) -> float:
    total = 0.0
    for term in node.terms:
        total += value(term)
    return total


def _multiply(node: Multiply, value: Evaluate) -> float:
    product = 1.0
    for factor in node.factors:
        product *= value(factor)
    return product


def _power(node: Power, value: Evaluate) -> float:
    raised = value(node.base) ** value(node.exponent)
    if type(raised) is not float:
        raise Undefined
    return raised


_COMBINED: dict[type, Callable[..., float]] = {
    Add: _add,
    Multiply: _multiply,
    Power: _power,
    Negate: lambda node, value: -value(node.operand),
    Divide: lambda node, value: value(node.numerator) / value(node.denominator),
    Number: lambda node, value: float(node.value),
    Sum: lambda node, value: value(node.body),
    Cancel: lambda node, value: value(node.operand),
    Underbrace: lambda node, value: value(node.operand),
}
