"""Indexed expressions in NumPy: the loss as a function of parameter arrays, claims as arrays.

A tree is compiled once to closures and nothing of it is executed as Python text. Every value
is an array with the batch as leading axis, of length 1 where nothing in it varies, so what does
not depend on the varied parameter is computed once for the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.evidence.arrays.indexed import (
    Applied,
    Axes,
    Indexed,
    Leaf,
    Literal,
    Product,
    Raised,
    Reciprocal,
    Summed,
    Total,
    join,
    leaves,
)
from gradcheck.evidence.arrays.lifting import Lifting
from gradcheck.evidence.arrays.point import Point, Sizes
from gradcheck.evidence.arrays.refusal import LiftingAmbiguous, NotEvaluated
from gradcheck.language.expression import Expression
from gradcheck.language.model import Model, in_order
from gradcheck.run.budget import OverBudget, spend

__all__ = ["Gradients", "LiftingAmbiguous", "NotEvaluated", "evaluate_gradient", "loss_function"]

Values = NDArray[Any]
Loss = Callable[[Mapping[str, Values]], Values]


def loss_function(model: Model, lifting: Lifting, point: Point) -> Loss:
    """The loss as a function of the parameters, totalled over the samples of the point.

    The function takes arrays by parameter key, each ``(batch, *shape)`` with a common batch
    length or 1, and returns the losses ``(batch,)``. A parameter that is not given has its value
    at the point. Entries outside the loss's domain are nan or infinite, without a warning. Complex
    and other float types pass through.

    Raises `LiftingAmbiguous` or `NotEvaluated` where the loss has no value in arrays.
    """
    program = _Program.of(lifting, point)
    total = program.compile(lifting.total_loss())
    keys = tuple(parameter.key for parameter in model.parameters)
    operations = 20 * (1 + len(lifting.definitions))
    largest = max((value.size for value in point.values.values()), default=1)

    def loss(parameters: Mapping[str, Values]) -> Values:
        given = {key: np.asarray(parameters[key]) for key in keys if key in parameters}
        for key, value in given.items():
            shape = point.values[key].shape
            if value.shape[1:] != shape or value.ndim != len(shape) + 1:
                raise ValueError(f"{key} must be (batch, *{shape}), not {value.shape}")
        batch = max((len(value) for value in given.values()), default=1)
        try:
            spend(operations * (1 + batch * largest // 1_000))
        except OverBudget as over:
            raise NotEvaluated(over.reason) from None
        with np.errstate(all="ignore"):
            losses = total(_Run(program, given))
        return np.broadcast_to(losses, (batch,)).copy()

    return loss


def evaluate_gradient(
    model: Model, lifting: Lifting, expression: Expression, point: Point, parameter_key: str
) -> NDArray[np.float64]:
    """A claim or a derived gradient at a point, as an array of the parameter's shape.

    What it carries beyond the parameter's indices is summed, an index that it lacks is broadcast.
    Without a written sum it is one sample's and is totalled over the samples.

    Raises `LiftingAmbiguous` if its indices would have to be guessed, and `NotEvaluated` with the
    reason if it holds a derivative or an unknown name, or is not finite at the point.
    """
    return Gradients(lifting, point).evaluate(expression, parameter_key)


class Gradients:
    """Claims and derived gradients at one point, where every definition is computed once."""

    def __init__(self, lifting: Lifting, point: Point) -> None:
        self.lifting = lifting
        self.point = point
        self._program = _Program.of(lifting, point)
        self._run = _Run(self._program, {})

    def evaluate(self, expression: Expression, parameter_key: str) -> NDArray[np.float64]:
        """See `evaluate_gradient`."""
        node = self.lifting.lift_gradient(expression, parameter_key)
        with np.errstate(all="ignore"):
            value = self._program.compile(node)(self._run)
        own = self.lifting.axes[parameter_key]
        array = np.broadcast_to(_align(value, node.axes, own)[0], self.point.sizes.shape(own))
        if not np.all(np.isfinite(array)):
            raise NotEvaluated("it is not finite at this point")
        return np.array(array, dtype=np.float64)


class _Run:
    """One evaluation: the values known so far, each definition computed when first needed."""

    def __init__(self, program: _Program, given: Mapping[str, Values]) -> None:
        self.program = program
        self.values: dict[str, Values] = {**program.fixed, **given}

    def value(self, key: str) -> Values:
        if key not in self.values:
            for name in self.program.order(key):
                if name not in self.values:
                    self.values[name] = self.program.definition(name)(self)
        return self.values[key]


Compiled = Callable[[_Run], Values]


@dataclass(frozen=True)
class _Program:
    """The closures of a lifting's definitions, compiled when first needed."""

    lifting: Lifting
    sizes: Sizes
    fixed: dict[str, Values]
    compiled: dict[str, Compiled]
    orders: dict[str, list[str]] = field(default_factory=dict)
    closures: dict[int, tuple[Indexed, Compiled]] = field(default_factory=dict)  # by the node's id

    @classmethod
    def of(cls, lifting: Lifting, point: Point) -> _Program:
        fixed = {key: value[np.newaxis] for key, value in point.values.items()}
        return cls(lifting, point.sizes, fixed, {})

    def order(self, key: str) -> list[str]:
        """The definitions that a name is computed from, itself last."""
        if key not in self.orders:
            self.orders[key] = in_order(key, self._needs, self.fixed)
        return self.orders[key]

    def _needs(self, key: str) -> Iterable[str]:
        return leaves(self.lifting.definitions[key].node)

    def definition(self, key: str) -> Compiled:
        if key not in self.compiled:
            self.compiled[key] = self.compile(self.lifting.definitions[key].node)
        return self.compiled[key]

    def compile(self, node: Indexed) -> Compiled:
        """The closure of a node; claims share nodes, so each is compiled once."""
        known = self.closures.get(id(node))
        if known is None:
            known = self.closures[id(node)] = node, self._closure(node)
        return known[1]

    def _closure(self, node: Indexed) -> Compiled:
        match node:
            case Literal(value=value):
                return _constant(_number(value))
            case Leaf(key=key):
                return lambda run: run.value(key)
            case Total(terms=terms):
                return self._total(terms)
            case Product(axes=axes, factors=factors):
                return self._product(axes, factors)
            case Reciprocal(operand=operand):
                below = self.compile(operand)
                return lambda run: 1.0 / below(run)
            case Raised(axes=axes, base=base, exponent=exponent):
                return self._raised(axes, base, exponent)
            case Applied(function=function, order=order, argument=argument):
                return self._applied(function, order, argument)
            case Summed(body=body, over=over):
                return self._summed(body, over)
        raise TypeError(f"not an indexed expression: {node!r}")

    def _total(self, terms: tuple[Indexed, ...]) -> Compiled:
        # small terms first: the large arrays are then touched as few times as can be
        ordered = sorted(terms, key=lambda term: len(term.axes))
        parts = [(self.compile(term), term.axes) for term in ordered]

        def total(run: _Run) -> Values:
            compiled, own = parts[0]
            result, known = compiled(run), own
            for compiled, own in parts[1:]:
                both = join(known, own)
                result = _align(result, known, both) + _align(compiled(run), own, both)
                known = both
            return result

        return total

    def _product(self, axes: Axes, factors: tuple[Indexed, ...]) -> Compiled:
        coefficient = Fraction(1)
        arrays: list[Indexed] = []
        for factor in factors:
            if isinstance(factor, Literal):
                coefficient *= factor.value
            else:
                arrays.append(factor)
        scale = _number(coefficient)
        if not arrays:
            return _constant(scale)
        arrays.sort(key=lambda factor: (len(factor.axes), factor.axes))
        first = self.compile(arrays[0])
        known = arrays[0].axes
        steps: list[tuple[Compiled, Callable[[Values, Values], Values]]] = []
        for factor, needed in zip(arrays[1:], _needed_after(arrays, axes)[1:], strict=True):
            kept = tuple(axis for axis in join(known, factor.axes) if axis in needed)
            steps.append((self.compile(factor), _pair(known, factor.axes, kept)))
            known = kept
        left = tuple(number for number, axis in enumerate(known, 1) if axis not in axes)

        def product(run: _Run) -> Values:
            result = first(run)
            if scale != 1.0:
                result = scale * result
            for compiled, combine in steps:
                result = combine(result, compiled(run))
            return result.sum(axis=left) if left else result

        return product

    def _raised(self, axes: Axes, base: Indexed, exponent: Indexed) -> Compiled:
        below = self.compile(base)
        if isinstance(exponent, Literal):
            value = exponent.value
            power = int(value) if value.denominator == 1 and abs(value) <= 2**31 else _number(value)
            return lambda run: below(run) ** power if power != -1 else 1.0 / below(run)
        above = self.compile(exponent)
        return lambda run: (
            _align(below(run), base.axes, axes) ** _align(above(run), exponent.axes, axes)
        )

    def _applied(self, function: str, order: int, argument: Indexed) -> Compiled:
        formula = FORMULAS.get((function, order))
        if formula is None:
            raise NotEvaluated(f"no formula for derivative {order} of {function}")
        inner = self.compile(argument)
        return lambda run: formula(inner(run))

    def _summed(self, body: Indexed, over: Axes) -> Compiled:
        inner = self.compile(body)
        present = tuple(n for n, axis in enumerate(body.axes, 1) if axis in over)
        times = 1
        for axis in over:
            if axis not in body.axes:
                times *= self.sizes.of(axis)

        def summed(run: _Run) -> Values:
            result = inner(run)
            if present:
                result = result.sum(axis=present)
            return result if times == 1 else times * result

        return summed


def _needed_after(factors: list[Indexed], axes: Axes) -> list[frozenset[str]]:
    """For every factor the axes that the result, or a later factor, has."""
    needed = [frozenset(axes)]
    for later in reversed(factors[1:]):
        needed.append(needed[-1].union(later.axes))
    return needed[::-1]


def _number(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        raise NotEvaluated("a number is too large for float64") from None


def _constant(value: float) -> Compiled:
    array = np.array([value])
    array.flags.writeable = False
    return lambda run: array


def _align(value: Values, own: Axes, axes: Axes) -> Values:
    """The value with an axis of length 1 for each axis that it lacks."""
    if own == axes:
        return value
    index = tuple(slice(None) if axis in own else np.newaxis for axis in axes)
    return value[(slice(None), *index)]


def _pair(left: Axes, right: Axes, kept: Axes) -> Callable[[Values, Values], Values]:
    """Multiply two arrays and sum over the axes that are not kept (all of them in both or one)."""
    both = join(left, right)
    summed = [axis for axis in both if axis not in kept]
    if not summed:
        return lambda a, b: _align(a, left, both) * _align(b, right, both)
    shared = [axis for axis in kept if axis in left and axis in right]
    matrix = not shared and all(axis in left and axis in right for axis in summed)

    def contract(a: Values, b: Values) -> Values:
        first, second = _letters(a, left), _letters(b, right)
        a, b = (v[0] if len(v) == 1 else v for v in (a, b))
        batched = "b" in first or "b" in second
        result = ("b", *kept) if batched else kept
        if matrix and not ("b" in first and "b" in second):
            product = _matrix(a, first, b, second, result)
        else:
            product = np.einsum(f"{''.join(first)},{''.join(second)}->{''.join(result)}", a, b)
        return product if batched else product[np.newaxis]

    return contract


def _letters(value: Values, axes: Axes) -> Axes:
    return axes if len(value) == 1 else ("b", *axes)


def _matrix(a: Values, first: Axes, b: Values, second: Axes, result: Axes) -> Values:
    """One matrix product for the whole batch, its axes put in order."""
    summed = [axis for axis in first if axis in second]
    pairs = [first.index(axis) for axis in summed], [second.index(axis) for axis in summed]
    product = np.tensordot(a, b, axes=pairs)
    order = [axis for axis in (*first, *second) if axis not in summed]
    # in memory order, or every later step pays for the strides
    return np.asarray(product.transpose([order.index(axis) for axis in result]), order="C")
