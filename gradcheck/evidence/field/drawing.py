"""Random arrays for the free names of a world, such that its facts hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.reals import Reals
from gradcheck.evidence.field.refusal import Refused
from gradcheck.evidence.field.residues import Residues
from gradcheck.language.typed import Free

Array = NDArray[Any]


def shape_of(free: Free, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape of a free array."""
    for axis in free.axes:
        if axis not in sizes:
            raise Refused("axes", f"the axis {axis} of {free.name} has no length")
    return tuple(sizes[axis] for axis in free.axes)


class ResidueDrawing:
    """Random residues, with the labels and the sums to 1 of the page if it is told to."""

    def __init__(
        self, numbers: Residues, sizes: dict[str, int], *, facts: bool, labels: bool
    ) -> None:
        self.numbers = numbers
        self.sizes = sizes
        self.facts = facts
        self.labels = labels

    def __call__(self, free: Free) -> Array:
        shape = shape_of(free, self.sizes)
        numbers = self.numbers
        if self.labels and free.labels:
            values = np.stack([numbers.constant(v) for v in free.labels], -1)
            which = numbers.random.integers(0, len(free.labels), shape)
            return values[:, which]
        found = numbers.draw(shape)
        if self.facts and free.one_hot is not None:
            axis = free.one_hot + 1
            last = [slice(None)] * found.ndim
            last[axis] = slice(-1, None)
            rest = numbers.total(found, axis) - found[tuple(last)].squeeze(axis)
            found[tuple(last)] = np.expand_dims(numbers.reduced(1 - rest), axis)
        return found


class RealDrawing:
    """Random real numbers; ``spread`` says of which size and sign."""

    def __init__(self, numbers: Reals, sizes: dict[str, int], seed: int, spread: int) -> None:
        self.numbers = numbers
        self.sizes = sizes
        self.random = np.random.default_rng([seed, spread, 77])
        self.spread = spread % 3

    def __call__(self, free: Free) -> Array:
        shape = (self.numbers.points, *shape_of(free, self.sizes))
        if free.name in ("pi", "π") and not free.axes:
            return self.numbers.of(np.full(shape, np.pi))
        if free.labels:
            values = np.array([float(v) for v in free.labels])
            found = values[self.random.integers(0, len(values), shape)]
            if free.one_hot is not None:
                found = _one_hot(self.random, shape, free.one_hot + 1)
        elif free.one_hot is not None:
            found = self.random.uniform(0.2, 1.0, shape)
            found = found / found.sum(free.one_hot + 1, keepdims=True)
        elif free.sign > 0 or self.spread == 1:
            found = self.random.uniform(0.3, 1.9, shape)
        elif self.spread == 2:
            found = self.random.uniform(0.1, 0.9, shape)
        else:
            found = self.random.normal(0, 1.1, shape)
        return self.numbers.of(found)


def _one_hot(random: np.random.Generator, shape: tuple[int, ...], axis: int) -> Array:
    scores = random.random(shape)
    return np.asarray((scores == scores.max(axis, keepdims=True)).astype(float))
