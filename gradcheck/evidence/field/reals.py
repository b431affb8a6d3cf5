"""Real numbers in float64, each with a bound on its rounding error, several points at once.

The first dimension of an array holds the values at the points, then their errors. Two sides that
differ by more than their errors differ; two that do not may be equal.
"""

from __future__ import annotations

import zlib
from fractions import Fraction
from math import erf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

UNIT = 2.0**-52
"""Twice what one operation is rounded by."""

DRAWN = 2.0**-1000
"""The error of a number that is drawn: a label that is 0 is not 0 for all values, while what an
indicator makes 0 is, on its branch, and has no error."""


class Reals:
    """Values and errors at points. ``signs`` is what was found at each kink, in their order."""

    exact = False

    def __init__(self, points: int) -> None:
        self.points = points
        self.lead = 2 * points
        self.signs: list[Array] = []

    def of(self, values: Array, errors: Array | None = None) -> Array:
        """Values, one row a point, with their errors: those of drawn numbers unless told."""
        errors = UNIT * np.abs(values) + DRAWN if errors is None else errors
        return np.concatenate([values, errors])

    def pi(self) -> Array:
        """The number π."""
        return self.of(np.full(self.points, np.pi))

    def values(self, array: Array) -> Array:
        return array[: self.points]

    def errors(self, array: Array) -> Array:
        return array[self.points :]

    def constant(self, value: Fraction) -> Array:
        error = 0.0 if value.denominator == 1 and abs(value) < 2**53 else abs(float(value)) * UNIT
        return np.array([float(value)] * self.points + [error] * self.points)

    def integers(self, values: Array) -> Array:
        row = values[None].astype(float)
        return np.concatenate(
            [np.repeat(row, self.points, 0), np.zeros((self.points, *values.shape))]
        )

    def add(self, one: Array, other: Array) -> Array:
        found: Array = one + other
        found[self.points :] += UNIT * np.abs(found[: self.points])
        return found

    def negative(self, values: Array) -> Array:
        return self.of(-self.values(values), self.errors(values))

    def multiply(self, one: Array, other: Array) -> Array:
        a, ea, b, eb = self.values(one), self.errors(one), self.values(other), self.errors(other)
        value = a * b
        return self.of(value, np.abs(a) * eb + np.abs(b) * ea + ea * eb + UNIT * np.abs(value))

    def total(self, values: Array, axis: int) -> Array:
        found = values.sum(axis)
        rounding = UNIT * np.abs(self.values(values)).sum(axis) * max(1, values.shape[axis])
        found[self.points :] += rounding
        return np.asarray(found)

    def inverse(self, values: Array) -> tuple[Array, Array | None]:
        a, e = self.values(values), self.errors(values)
        bad = ~(np.abs(a) > 8 * e)
        a = np.where(bad, 1.0, a)
        e = np.where(bad, 0.0, e)
        value = 1 / a
        return self.of(value, e * value * value * 1.2 + UNIT * np.abs(value)), _any(bad)

    def power(self, values: Array, exponent: int) -> Array:
        result = self.constant(Fraction(1))
        result = result.reshape((-1,) + (1,) * (values.ndim - 1))
        for _ in range(exponent):
            result = self.multiply(result, values)
        return result

    def mapped(self, values: Array, function: Any, slope: Any) -> Array:
        """A smooth function, with how its slope carries the error on."""
        a, e = self.values(values), self.errors(values)
        with np.errstate(all="ignore"):
            value = function(a)
            error = 1.1 * np.abs(slope(a)) * e + 4 * UNIT * np.abs(value) + 2e-300
        return self.of(np.asarray(value), np.asarray(error))

    def sigmoid(self, values: Array) -> Array:
        return self.mapped(values, _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z))

    def exponential(self, values: Array) -> Array:
        return self.mapped(values, np.exp, np.exp)

    def logarithm(self, values: Array) -> tuple[Array, Array | None]:
        bad = ~(self.values(values) > 8 * self.errors(values))
        values = np.where(np.concatenate([bad, bad]), 1.0, values)
        found = self.mapped(values, np.log, lambda u: 1 / u)
        found[self.points :] += UNIT
        return found, _any(bad)

    def root(self, values: Array) -> tuple[Array, Array | None]:
        zero = values[: self.points] == 0
        bad = ~(self.values(values) > 8 * self.errors(values)) & ~zero
        safe = np.where(np.concatenate([bad | zero, bad | zero]), 1.0, values)
        found = self.mapped(safe, np.sqrt, lambda u: 0.5 / np.sqrt(u))
        return np.where(np.concatenate([zero, zero]), 0.0, found), _any(bad)

    def circle(self, values: Array) -> tuple[Array, Array]:
        sine = self.mapped(values, np.sin, lambda z: np.ones_like(z))
        cosine = self.mapped(values, np.cos, lambda z: np.ones_like(z))
        sine[self.points :] += UNIT
        cosine[self.points :] += UNIT
        return sine, cosine

    def odd(self, kind: str, values: Array) -> Array:
        if kind == "arctan":
            return self.mapped(values, np.arctan, lambda z: 1 / (1 + z * z))
        if kind == "tanh":
            return self.mapped(values, np.tanh, lambda z: 1 - np.tanh(z) ** 2)
        return self.mapped(
            values, np.vectorize(erf, otypes=[float]), lambda z: 1.2 * np.exp(-z * z)
        )

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        a, e = self.values(values), self.errors(values)
        above = a > 0
        self.signs.append(above)
        none = (a == 0) & (e == 0)  # on this branch it is 0 for all values: no kink is met
        margin = np.abs(a) > np.maximum(1e-6, 8 * e)
        return self.of(above.astype(float), np.zeros_like(a)), _any(~(margin | none))

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        a, e = self.values(values), self.errors(values)
        found = np.abs(a) <= 8 * e
        self.signs.append(found)
        return self.of(found.astype(float), np.zeros_like(a)), None

    def abstract(self, name: str, order: int, by: int, arguments: list[Array]) -> Array:
        """A function chosen by its name: a sum of sines of the arguments' sums."""
        shape = (self.points, *np.broadcast_shapes(*(a.shape[1:] for a in arguments)))
        value, error = np.zeros(shape), np.zeros(shape)
        for height, shift, speeds in sines(name, len(arguments)):
            inner: Any = shift + order * np.pi / 2
            change = np.zeros(shape)
            for speed, argument in zip(speeds, arguments, strict=True):
                inner = inner + speed * self.values(argument)
                change = change + speed * self.errors(argument)
            scale = height * speeds[by] ** order
            value = value + scale * np.sin(inner)
            error = error + scale * (change + 8 * UNIT * (1 + np.abs(inner)))
        return self.of(value, error)

    def chosen(self, values: Array, axis: int, sense: int) -> tuple[Array, Array | None]:
        a = sense * self.values(values)
        found = a == a.max(axis, keepdims=True)
        self.signs.append(found)
        bad = None
        if a.shape[axis] > 1:
            ordered = np.sort(a, axis)
            gap = np.take(ordered, -1, axis) - np.take(ordered, -2, axis)
            bad = _any(np.broadcast_to(np.expand_dims(~(gap > 1e-6), axis), a.shape))
        return self.of(found.astype(float), np.zeros_like(a)), bad


def sines(name: str, arguments: int) -> list[tuple[float, float, list[float]]]:
    """What stands for an abstract function: heights, shifts and speeds, chosen by its name."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return [
        (
            float(random.uniform(0.4, 1.4)),
            float(random.uniform(0.4, 1.4)),
            [float(x) for x in random.uniform(0.3, 1.3, arguments)],
        )
        for _ in range(3)
    ]


def _any(bad: Array) -> Array | None:
    return bad if bad.any() else None


def _sigmoid(z: Array) -> Array:
    decay = np.exp(-np.abs(z))
    return np.asarray(np.where(z < 0, decay, 1.0) / (1.0 + decay))
