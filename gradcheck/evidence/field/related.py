"""Exponents that are combinations of others: ``e^{a+b} = e^a e^b``, ``e^{2z} = (e^z)²``.

At as many points as there are exponents plus four, all over one prime, every new exponent is
written as a combination of earlier ones by elimination. If it is one, at all points, with rational
coefficients of small height, its power is the product of theirs; if not it is a generator.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.residues import PRIMES, Residues, rational
from gradcheck.run.budget import spend

Array = NDArray[Any]

PARTS = 12
"""A generator is a 12th power, so that halves, thirds, quarters and sixths of exponents exist."""
HEIGHT = 60
SPARE = 4
MOST = 96
"""Exponents, one an entry, that relations are looked for among."""


class MorePoints(Exception):
    """There are more exponents than points."""


class Related(Residues):
    """Points over one prime, where the exponents' relations are found."""

    def __init__(self, points: int, seed: int, which: int = 0) -> None:
        super().__init__(points, seed)
        self.prime = PRIMES[which % len(PRIMES)]
        self.primes = np.full(points, self.prime, dtype=np.int64)
        self._shapes: dict[int, Array] = {}
        self._powers: dict[bytes, Array] = {}
        self._rows: list[Array] = []
        self._pivots: list[int] = []
        self._made: list[Array] = []
        self._generators: list[tuple[Array, int]] = []

    def exponential(self, values: Array) -> Array:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        flat = full.reshape(self.points, -1)
        columns = [self._power(np.ascontiguousarray(flat[:, k])) for k in range(flat.shape[1])]
        return np.stack(columns, 1).reshape(full.shape)

    def sigmoid(self, values: Array) -> Array:
        power = self.exponential(values)
        return self.multiply(power, self._inverse(self.reduced(power + 1)))

    def logarithm(self, values: Array) -> tuple[Array, Array | None]:
        found, bad = super().logarithm(values)
        self._logs.clear()
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        logs, of = found.reshape(self.points, -1), full.reshape(self.points, -1)
        for k in range(logs.shape[1]):
            column = np.ascontiguousarray(logs[:, k])
            if column.any() and column.tobytes() not in self._powers:
                rest, _ = self._eliminated(column)
                if rest.any():
                    self._powers[column.tobytes()] = of[:, k]
                    self._generate(rest, column, (of[:, k], 1))
        return found, bad

    def _power(self, exponent: Array) -> Array:
        known = self._powers.get(exponent.tobytes())
        if known is None:
            known = self._powers[exponent.tobytes()] = self._new_power(exponent)
        return known

    def _new_power(self, exponent: Array) -> Array:
        if not exponent.any():
            return np.ones_like(exponent)
        rest, combination = self._eliminated(exponent)
        if not rest.any():
            found = self._combined(combination)
            return self.random_of("power", exponent) if found is None else found
        base = self.draw(())
        self._generate(rest, exponent, (base, PARTS))
        return self.power(base, PARTS)

    def _eliminated(self, column: Array) -> tuple[Array, Array]:
        """What is left of a column without the earlier ones, and the combination taken off."""
        spend(5 * len(self._rows) + 10)
        combination = np.zeros(MOST + 1, dtype=np.int64)
        for row, pivot, made in zip(self._rows, self._pivots, self._made, strict=True):
            factor = int(column[pivot])
            if factor:
                column = (column - row * factor) % self.prime
                combination = (combination + factor * made) % self.prime
        return column, combination

    def _generate(self, rest: Array, column: Array, generator: tuple[Array, int]) -> None:
        count = len(self._generators)
        if count >= MOST:
            raise Refused("exponents", "too many different exponents")
        if count + SPARE >= self.points:
            raise MorePoints
        _, combination = self._eliminated(column)
        pivot = int(np.flatnonzero(rest)[0])
        scale = pow(int(rest[pivot]), -1, self.prime)
        made = -combination * scale % self.prime
        made[count] = scale
        self._rows.append(rest * scale % self.prime)
        self._pivots.append(pivot)
        self._made.append(made)
        self._generators.append(generator)

    def _combined(self, combination: Array) -> Array | None:
        """The product of powers of the generators; None where a power is no small fraction."""
        found = np.ones(self.points, dtype=np.int64)
        for (base, parts), coefficient in zip(self._generators, combination.tolist(), strict=False):
            if not coefficient:
                continue
            exponent = rational(coefficient, self.prime, HEIGHT)
            if exponent is None or (exponent * parts).denominator != 1:
                return None
            power = int(exponent * parts)
            if power < 0:
                base, power = self._inverse(base.reshape(-1, 1))[:, 0], -power
            found = self.multiply(found, self.power(base, power))
        return found


__all__ = ["Fraction", "MorePoints", "Related"]
