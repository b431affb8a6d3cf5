"""Random arrays for the free names of a world, such that its facts hold."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.named_arrays import LARGEST
from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.residues import Residues
from gradcheck.evidence.field.reverse_mode import PI
from gradcheck.language.typed import Free

Array = NDArray[Any]

SPREADS = (
    ("normal", 0.0, 1.1),
    ("uniform", 0.3, 1.9),
    ("uniform", 0.1, 0.9),
    ("normal", 0.0, 4.0),
    ("normal", 0.0, 12.0),
    ("uniform", 1.0, 9.0),
)
"""Of which size and sign real entries are drawn: from 0 to 1 for logarithms, far out for kinks."""


def shape_of(free: Free, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape of a free array. Raises Refused where it would be too large."""
    for axis in free.axes:
        if axis not in sizes:
            raise Refused("axes", f"the axis {axis} of {free.name} has no length")
    shape = tuple(sizes[axis] for axis in free.axes)
    if math.prod(shape) > LARGEST:
        raise Refused("size", f"{free.name} has too many indices")
    return shape


class ResidueDrawing:
    """Random residues, with the labels and the sums to 1 of the page if it is told to."""

    def __init__(
        self, numbers: Residues, sizes: dict[str, int], *, facts: bool, labels: bool, squares: bool
    ) -> None:
        self.numbers = numbers
        self.sizes = sizes
        self.facts = facts
        self.labels = labels
        self.squares = squares

    def __call__(self, free: Free) -> Array:
        shape = shape_of(free, self.sizes)
        numbers = self.numbers
        if self.labels and free.labels:
            return self._labels(free, shape)
        found = numbers.draw(shape)
        if self.squares and free.sign > 0:
            found = numbers.multiply(found, found)
        if self.facts and free.one_hot is not None:
            axis = free.one_hot + 1
            first, last = _ends(found.ndim, axis)
            others = numbers.total(found[first], axis)
            found[last] = np.expand_dims(numbers.reduced(1 - others), axis)
        return found

    def _labels(self, free: Free, shape: tuple[int, ...]) -> Array:
        """Each entry one of the labels; of a one-hot array one entry is 1, the others 0."""
        numbers = self.numbers
        if free.one_hot is not None:
            rows = [_one_hot(numbers.random, shape, free.one_hot) for _ in range(numbers.points)]
            return np.stack(rows).astype(np.int64)
        values = np.stack([numbers.constant(value) for value in free.labels], -1)
        which = numbers.random.integers(0, len(free.labels), (numbers.points, *shape))
        return np.stack([row[at] for row, at in zip(values, which, strict=True)])


class RealDrawing:
    """Random real numbers of ten bits; ``spread`` is a row of `SPREADS`."""

    def __init__(self, numbers: Any, sizes: dict[str, int], seed: int, spread: int) -> None:
        self.numbers = numbers
        self.sizes = sizes
        self.seed = seed, spread
        self.spread = spread % len(SPREADS)

    def __call__(self, free: Free) -> Array:
        shape = (self.numbers.points, *shape_of(free, self.sizes))
        self.random = np.random.default_rng([*self.seed, zlib.crc32(free.name.encode())])
        if free.name in PI and not free.axes:
            return np.asarray(self.numbers.pi())
        if free.labels and free.one_hot is not None:
            return np.asarray(self.numbers.of(_one_hot(self.random, shape, free.one_hot + 1)))
        if free.labels:
            values = np.array([float(value) for value in free.labels])
            which = self.random.integers(0, len(values), shape)
            return np.asarray(self.numbers.of(values[which]))
        if free.one_hot is not None:
            return np.asarray(self.numbers.of(self._shares(shape, free.one_hot + 1)))
        kind, one, other = SPREADS[self.spread]
        if free.sign > 0 or kind == "uniform":
            if kind == "normal":
                one, other = 0.3 * other, 1.7 * other
            found = self.random.uniform(one, other, shape)
        else:
            found = self.random.normal(one, other, shape)
        return np.asarray(self.numbers.of(_short(found)))

    def _shares(self, shape: tuple[int, ...], axis: int) -> Array:
        """Positive numbers that sum to 1 along an axis."""
        found = _short(self.random.uniform(0.2, 1.0, shape) / shape[axis])
        first, last = _ends(len(shape), axis)
        found[last] = 1 - found[first].sum(axis, keepdims=True)
        return found


def _ends(rank: int, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """All but the last entries along an axis, and the last."""
    first, last = [slice(None)] * rank, [slice(None)] * rank
    first[axis], last[axis] = slice(0, -1), slice(-1, None)
    return tuple(first), tuple(last)


def _short(values: Array) -> Array:
    """Rounded to ten bits behind the point, so that sums of them are exact."""
    return np.asarray(np.round(values * 1024) / 1024)


def _one_hot(random: np.random.Generator, shape: tuple[int, ...], axis: int) -> Array:
    scores = random.random(shape)
    return np.asarray((scores == scores.max(axis, keepdims=True)).astype(float))
