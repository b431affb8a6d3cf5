"""Real and complex numbers as they are: for tables and finite differences.

No errors are kept; what has no value is NaN. `Precise` is the same with 50 digits, for constants
that only many digits tell apart (``log 2`` and 0.6931471805599453).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.reals import sines

Array = NDArray[Any]

DIGITS = 50


class Plain:
    """float64 or complex128 at several points; the first dimension is the point's."""

    exact = False

    def __init__(self, points: int, kind: Any = np.float64) -> None:
        self.points = points
        self.lead = points
        self.kind = kind

    def of(self, values: Array) -> Array:
        """Real values, one row a point, as numbers of this kind."""
        return np.asarray(values).astype(self.kind)

    def pi(self) -> Array:
        """The number π."""
        return self.of(np.full(self.points, np.pi))

    def constant(self, value: Fraction) -> Array:
        return np.full(1, float(value), dtype=self.kind)

    def integers(self, values: Array) -> Array:
        return values[None].astype(self.kind)

    def add(self, one: Array, other: Array) -> Array:
        return np.asarray(one + other)

    def negative(self, values: Array) -> Array:
        return np.asarray(-values)

    def multiply(self, one: Array, other: Array) -> Array:
        return np.asarray(one * other)

    def total(self, values: Array, axis: int) -> Array:
        return np.asarray(values.sum(axis))

    def inverse(self, values: Array) -> tuple[Array, Array | None]:
        bad = values == 0
        return 1 / np.where(bad, self.constant(Fraction(1))[0], values), _any(bad)

    def power(self, values: Array, exponent: int) -> Array:
        return np.asarray(values**exponent)

    def map(self, name: str, values: Array) -> Array:
        """A function by its name in NumPy."""
        with np.errstate(all="ignore"):
            return np.asarray(getattr(np, name)(values))

    def sigmoid(self, values: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-values)))

    def exponential(self, values: Array) -> Array:
        return self.map("exp", values)

    def logarithm(self, values: Array) -> tuple[Array, Array | None]:
        bad = self.above(values) <= 0
        return self.map("log", np.where(bad, self.constant(Fraction(1))[0], values)), _any(bad)

    def root(self, values: Array) -> tuple[Array, Array | None]:
        bad = self.above(values) < 0
        return self.map("sqrt", np.where(bad, self.constant(Fraction(1))[0], values)), _any(bad)

    def circle(self, values: Array) -> tuple[Array, Array]:
        return self.map("sin", values), self.map("cos", values)

    def odd(self, kind: str, values: Array) -> Array:
        if kind == "erf":
            wide = np.vectorize(lambda z: complex(mpmath.erf(z)), otypes=[complex])(values)
            return self.of(wide if self.kind is np.complex128 else wide.real)
        return self.map(kind, values)

    def above(self, values: Array) -> Array:
        """The part of the numbers that has a sign."""
        return np.asarray(values.real)

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        return self.of(self.above(values) > 0), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return self.of(abs(self.above(values)) < 1e-12), None

    def abstract(self, name: str, order: int, by: int, arguments: list[Array]) -> Array:
        found: Any = 0
        for height, shift, speeds in sines(name, len(arguments)):
            inner: Any = shift + order * np.pi / 2
            for speed, argument in zip(speeds, arguments, strict=True):
                inner = inner + speed * argument
            found = found + height * speeds[by] ** order * self.map("sin", inner)
        return np.asarray(found)

    def chosen(self, values: Array, axis: int, sense: int) -> tuple[Array, Array | None]:
        signed = sense * self.above(values)
        return self.of(signed == signed.max(axis, keepdims=True)), None


class Precise(Plain):
    """Real numbers with 50 digits."""

    def __init__(self, points: int) -> None:
        super().__init__(points, object)
        self.context = mpmath.mp.clone()
        self.context.dps = DIGITS

    def of(self, values: Array) -> Array:
        return self._each(self.context.mpf, np.asarray(values, dtype=float))

    def constant(self, value: Fraction) -> Array:
        found = self.context.mpf(value.numerator) / value.denominator
        return np.array([found], dtype=object)

    def integers(self, values: Array) -> Array:
        return self.of(values[None])

    def pi(self) -> Array:
        return np.array([self.context.pi + 0] * self.points, dtype=object)

    def _each(self, function: Any, values: Array) -> Array:
        return np.asarray(np.frompyfunc(function, 1, 1)(values), dtype=object)

    def map(self, name: str, values: Array) -> Array:
        names = {"arctan": "atan"}
        return self._each(getattr(self.context, names.get(name, name)), values)

    def sigmoid(self, values: Array) -> Array:
        return self._each(lambda z: 1 / (1 + self.context.exp(-z)), values)

    def odd(self, kind: str, values: Array) -> Array:
        return self.map(kind, values)

    def above(self, values: Array) -> Array:
        return values

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return self.of(np.asarray(abs(values) < 1e-40, dtype=bool)), None


def _any(bad: Array) -> Array | None:
    bad = np.asarray(bad, dtype=bool)
    return bad if bad.any() else None
