"""Kinks: which side of each is taken at a point.

Indicators are free at first (`Residues.positive`): what holds with them holds on all branches.
Where that is not enough, `Enumerated` goes through all sides of a few kinks, `Signed` takes the
sides that were met at real points, and `Rooted` takes for the sign of x whether x is a square,
which multiplies as signs do, so that ``sqrt(x²) = x sign(x)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.residues import Residues, rational
from gradcheck.run.budget import spend

Array = NDArray[Any]

KINKS = 10
"""Kinks, one an entry, of which all sides are gone through."""

FACTORS = 6
"""Multiples of a known kink that another may be on different branches (``|z|``: 1 and -1)."""

SEEN = 4
"""Branches on which a multiple has to be met, lest it is one by chance."""


class Enumerated(Residues):
    """All combinations of sides of at most ten kinks: one a point."""

    def __init__(self, points: int, seed: int) -> None:
        super().__init__(points, seed)
        self.known: list[Array] = []
        self._sides: dict[bytes, Array] = {}

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        flat = full.reshape(self.points, -1)
        columns = [self._kept_side(flat[:, k]) for k in range(flat.shape[1])]
        return np.stack(columns, 1).reshape(full.shape), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        return _where_zero(self, values), None

    def _kept_side(self, column: Array) -> Array:
        """The side of one kink, the same wherever it occurs."""
        key = column.tobytes()
        if key not in self._sides:
            self._sides[key] = self._side(column)
        return self._sides[key]

    def _side(self, column: Array) -> Array:
        """The side of one kink, branch by branch: of 0 none, of a constant its sign, of a multiple
        of a known kink that one's; what is left of the branches is gone through on both sides.
        """
        spend(self.points // 4)
        side = np.zeros(self.points, dtype=np.int64)
        open_ = column != 0
        ones = np.ones_like(column)
        for known, own in (
            (ones, ones),
            *((k, self._bit(bit)) for bit, k in enumerate(self.known)),
        ):
            if not open_.any():
                return side
            for factor, branches in self._multiples(column, known, open_):
                side[branches] = (own if factor > 0 else 1 - own)[branches]
                open_ &= ~branches
        if not open_.any():
            return side
        if len(self.known) >= KINKS or 2 ** len(self.known) >= self.points:
            raise Refused("kinks", f"more than {KINKS} kinks")
        self.known.append(column)
        return np.where(open_, self._bit(len(self.known) - 1), side)

    def _bit(self, bit: int) -> Array:
        found: Array = (np.arange(self.points, dtype=np.int64) >> bit) & 1
        return found

    def _multiples(
        self, column: Array, known: Array, open_: Array
    ) -> Iterator[tuple[Fraction, Array]]:
        """Small fractions that column ÷ known is, each with the branches where it is."""
        left = open_ & (known != 0)
        for _ in range(FACTORS):
            rows = np.flatnonzero(left)
            if not rows.size:
                return
            first = int(rows[0])
            prime = int(self.primes[first])
            ratio = int(column[first]) * pow(int(known[first]), -1, prime) % prime
            factor = rational(ratio, prime, 100)
            if not factor:
                left[first] = False
                continue
            scaled = self.reduced(column * factor.denominator - known * factor.numerator)
            branches = left & (scaled == 0)
            left &= ~branches
            if int(branches.sum()) >= SEEN:
                yield factor, branches

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
        return _where_zero(self, values), None

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


def _where_zero(numbers: Residues, values: Array) -> Array:
    """Two real numbers are the same almost nowhere, but on branches where they always are."""
    full = np.broadcast_to(values, (numbers.points, *values.shape[1:]))
    return np.asarray((full == 0).astype(np.int64))
