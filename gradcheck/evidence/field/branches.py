"""Kinks: which side of each is taken at a point.

Indicators are free at first (`Residues.positive`): what holds with them holds on all branches.
Where that is not enough, `Enumerated` goes through all sides of a few kinks, `Signed` takes the
sides that were met at real points, and `Rooted` takes for the sign of x whether x is a square,
which multiplies as signs do, so that ``sqrt(x²) = x sign(x)``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.residues import Residues, rational

Array = NDArray[Any]

KINKS = 10
"""Kinks, one an entry, of which all sides are gone through."""


class Enumerated(Residues):
    """All combinations of sides of at most ten kinks: one a point."""

    def __init__(self, points: int, seed: int) -> None:
        super().__init__(points, seed)
        self.known: list[Array] = []

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        flat = full.reshape(self.points, -1)
        columns = [self._side(flat[:, k]) for k in range(flat.shape[1])]
        return np.stack(columns, 1).reshape(full.shape), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return _never(self, values), None

    def _side(self, column: Array) -> Array:
        """The side of one kink: of a constant its sign, of a multiple of a known one the same."""
        constant = self._constant(column, np.ones_like(column))
        if constant is not None:
            return np.full(self.points, int(constant > 0), dtype=np.int64)
        for bit, known in enumerate(self.known):
            factor = self._constant(column, known)
            if factor is not None:
                side = self._bit(bit)
                return side if factor > 0 else 1 - side
        if len(self.known) >= KINKS or 2 ** len(self.known) >= self.points:
            raise Refused("kinks", f"more than {KINKS} kinks")
        self.known.append(column)
        return self._bit(len(self.known) - 1)

    def _bit(self, bit: int) -> Array:
        found: Array = (np.arange(self.points, dtype=np.int64) >> bit) & 1
        return found

    def _constant(self, column: Array, known: Array) -> Fraction | None:
        """column ÷ known, if it is one small fraction at all points."""
        if not column.any():
            return Fraction(0) if (known == 1).all() else None
        first = int(np.flatnonzero(known)[0])
        prime = int(self.primes[first])
        ratio = int(column[first]) * pow(int(known[first]), -1, prime) % prime
        factor = rational(ratio, prime, 100)
        if not factor:
            return None
        scaled = self.reduced(column * factor.denominator - known * factor.numerator)
        return None if scaled.any() else factor

    def chosen(self, values: Array, axis: int, sense: int) -> tuple[Array, Array | None]:
        raise Refused("kinks", "an extreme value along an axis")


class Signed(Residues):
    """The sides that were met at real points, one for each point here, in the same order."""

    def __init__(self, signs: list[Array], points: int, seed: int) -> None:
        super().__init__(points, seed)
        self.signs = signs
        self.taken = 0

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        return self._next(), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return self._next(), None

    def chosen(self, values: Array, axis: int, sense: int) -> tuple[Array, Array | None]:
        return self._next(), None

    def _next(self) -> Array:
        self.taken += 1
        return self.signs[self.taken - 1].astype(np.int64)


class Rooted(Residues):
    """Roots that multiply, and signs to go with them. ``dropped``: points without a root."""

    def __init__(self, points: int, seed: int) -> None:
        super().__init__(points, seed)
        self.dropped = np.zeros(points, dtype=bool)
        self.kinks: set[bytes] = set()

    def root(self, values: Array) -> tuple[Array, Array | None]:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        square = self._is_square(full) | (full == 0)
        self.dropped |= ~square.reshape(self.points, -1).all(1)
        rows = [
            _power(row, (int(p) + 1) // 4, int(p)) for row, p in zip(full, self.primes, strict=True)
        ]
        return np.stack(rows), None

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        sides = self._is_square(full)
        flat = sides.reshape(self.points, -1)
        self.kinks |= {(flat[:, k] ^ flat[0, k]).tobytes() for k in range(flat.shape[1])}
        return sides.astype(np.int64), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return _never(self, values), None

    def _is_square(self, values: Array) -> Array:
        rows = [
            _power(row, (int(p) - 1) // 2, int(p)) == 1
            for row, p in zip(values, self.primes, strict=True)
        ]
        return np.stack(rows)


def _power(values: Array, exponent: int, prime: int) -> Array:
    found = np.ones_like(values)
    while exponent:
        if exponent & 1:
            found = found * values % prime
        values = values * values % prime
        exponent >>= 1
    return found


def _never(numbers: Residues, values: Array) -> Array:
    """Two real numbers are the same almost nowhere, but where they always are."""
    full = np.broadcast_to(values, (numbers.points, *values.shape[1:]))
    always = (full == 0).all(0)
    return np.broadcast_to(always.astype(np.int64), full.shape)
