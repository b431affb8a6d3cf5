r"""Slopes of a black box along directions: what a claimed gradient is off by, a block at once.

A block is one parameter. Along a direction d the loss has the slope ∇L·d, the claimed gradient
says g·d; the residual (∇L - g)·d is 0 within its bound if the claim is right. With Gaussian
weights a residual is a sample of N(0, ‖∇L - g‖²): no error has a pattern that cancels (two swapped
columns do with weights ±1). Blocks have directions of their own, as the slope of a large block
would drown a small one.

The slope is measured by differences (`measurement`), one search of the step size a block, or by
the complex step Im L(θ + ihd)/h (Squire and Trapp, SIAM Review 40, 1998; Martins, Sturdza and
Alonso, ACM TOMS 29, 2003), one evaluation, where the loss is analytic. How far rounding puts that
off is measured at parameters that differ in their last digits.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.complex_step import NotAnalytic
from gradcheck.evidence.numeric.measurement import EPS, Noise, hear, measure
from gradcheck.evidence.numeric.search import NEAR, search

Indices = NDArray[np.intp]

STEP = 1e-40  # of a complex step, in units of the parameters: no difference, so no rounding
SHAKES = 2  # points with other last digits at which complex steps are taken, too
SCATTER = 6.0  # standard deviations that a bound allows for, as in `measurement`
WIDEST = 16.0  # times the step of a whole block, along a direction that moves few of its entries
AGAIN = 1.0 / 16.0  # of a step that was too large


@dataclass(frozen=True, slots=True)
class Claim:
    """A loss of all parameters, flattened and joined, and the gradient that is claimed for it.

    ``starts`` [blocks + 1] is where each parameter begins; ``claimed`` [P] is the gradient at
    ``point`` [P], ``noise`` [P] what rounding does to it. ``complex_loss`` takes complex numbers
    and returns one, or raises.
    """

    loss: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    point: Array
    starts: Indices
    claimed: Array
    noise: Array
    complex_loss: Callable[[NDArray[np.complex128]], complex] | None = None

    def block_of(self, entry: int) -> int:
        """The parameter that an entry is of."""
        return int(np.searchsorted(self.starts, entry, side="right")) - 1

    @property
    def blocks(self) -> list[Indices]:
        """The entries of every parameter."""
        return [np.arange(a, b) for a, b in pairwise(self.starts)]

    def unit(self, members: Indices) -> float:
        """The typical size of some parameters; 1 where they are 0."""
        return float(np.sqrt(np.mean(self.point[members] ** 2))) or 1.0


@dataclass(frozen=True, slots=True)
class Direction:
    """Which entries of one block move, and by how much each in a step of 1."""

    block: int
    members: Indices
    weights: Array

    @property
    def place(self) -> Indices | slice:
        """The members, as a slice if they are all of a range in order: much faster to move."""
        first, last = int(self.members[0]), int(self.members[-1])
        if self.members.size > 1 and np.array_equal(self.members, np.arange(first, last + 1)):
            return slice(first, last + 1)
        return self.members

    def slope_of(self, per_entry: NDArray[Any]) -> float:
        """The slope along this direction of a gradient [P]."""
        return float(per_entry[self.members] @ self.weights)


@dataclass
class Probe(ABC):
    """Residuals of a claim along directions, each with its bound, by one way to take slopes."""

    claim: Claim
    evaluations: int = 0

    def gaussian(self, rng: np.random.Generator, block: int) -> Direction:
        """A random direction that moves every entry of a block."""
        members = self.claim.blocks[block]
        weights = rng.standard_normal(members.size) * self.claim.unit(members)
        return Direction(block, members, weights)

    def rounding(self, direction: Direction) -> float:
        """What rounding does to the claimed slope along a direction."""
        noise = self.claim.noise[direction.members] * direction.weights
        return SCATTER * float(np.linalg.norm(noise))

    @abstractmethod
    def first(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        """Residuals and bounds along one direction of every block, which calibrate the others."""

    @abstractmethod
    def residuals(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        """Residuals along directions and their bounds."""


class Lines(Evaluations):
    """Directions as entries: how far one goes along each; those of a block are one parameter."""

    def __init__(self, claim: Claim, directions: Sequence[Direction]) -> None:
        blocks: dict[str, int] = {}
        for direction in directions:
            blocks[str(direction.block)] = blocks.get(str(direction.block), 0) + 1
        super().__init__({name: np.zeros(count) for name, count in blocks.items()})
        self.claim = claim
        self.directions = directions

    def here(self) -> float:
        self.evaluations += 1
        return self.claim.loss(self.claim.point)

    def at(self, entries: Indices, values: Array) -> Array:
        losses = np.empty(values.shape)
        for row, entry in enumerate(entries):
            direction = self.directions[entry]
            point, members = self.claim.point.copy(), direction.place
            start = self.claim.point[members]
            for column, value in enumerate(values[row]):
                point[members] = start + value * direction.weights
                losses[row, column] = self.claim.loss(point)
        self.evaluations += values.size
        return losses


@dataclass
class DifferenceProbe(Probe):
    """Slopes by central differences, extrapolated."""

    here: float = 0.0
    steps: dict[int, float] = field(default_factory=dict)  # along all of a block
    noise: dict[int, float] = field(default_factory=dict)

    def first(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        lines = Lines(self.claim, directions)
        self.here = lines.here()
        found = search(lines, self.here)
        every = np.arange(len(directions))
        away = hear(lines, every, found.steps, found.steps[:, None] * NEAR)
        heard = np.sqrt(np.where(np.isnan(away), 0.0, away))
        for direction, step, level in zip(directions, found.steps, heard, strict=True):
            self.steps[direction.block] = float(step)
            self.noise[direction.block] = max(float(level), found.noise)
        self.evaluations += lines.evaluations
        return self._less_claimed(directions, found.values, found.bounds)

    def residuals(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        lines = Lines(self.claim, directions)
        every = np.arange(len(directions))
        noise = Noise(np.array([self.noise[d.block] for d in directions]), EPS)
        steps = np.array([self._step(direction) for direction in directions])
        seen = measure(lines, self.here, every, steps, noise)
        values, bounds = seen.values, seen.bounds
        coarse = np.flatnonzero(seen.coarse)
        if coarse.size:
            finer = measure(lines, self.here, coarse, AGAIN * steps[coarse], noise)
            better = finer.bounds < bounds[coarse]
            values[coarse] = np.where(better, finer.values, values[coarse])
            bounds[coarse] = np.where(better, finer.bounds, bounds[coarse])
        self.evaluations += lines.evaluations
        return self._less_claimed(directions, values, bounds)

    def _step(self, direction: Direction) -> float:
        whole = self.claim.blocks[direction.block].size
        few = min(WIDEST, (whole / direction.members.size) ** 0.5)
        return float(np.exp2(np.round(np.log2(self.steps[direction.block] * few))))

    def _less_claimed(
        self, directions: Sequence[Direction], values: Array, bounds: Array
    ) -> tuple[Array, Array]:
        claimed = np.array([direction.slope_of(self.claim.claimed) for direction in directions])
        rounding = np.array([self.rounding(direction) for direction in directions])
        return values - claimed, bounds + rounding


@dataclass
class ComplexProbe(Probe):
    """Slopes by the complex step."""

    levels: dict[int, float] = field(default_factory=dict)  # bound of any residual of a block

    def first(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        """Residuals at the point and at others that differ in the last digits: the mean, and the
        bound from their scatter, which holds the rounding of loss and gradient."""
        random, at = np.random.default_rng(0), self.claim.point
        points = [(at, self.claim.claimed)]
        for _ in range(SHAKES):
            near = at * (1.0 + EPS * random.choice((-1.0, 1.0), at.size))
            points.append((near, self.claim.gradient(near)))
        values = []
        for direction in directions:
            seen = [self.slope(direction, at) - direction.slope_of(there) for at, there in points]
            values.append(float(np.mean(seen)))
            scatter = SCATTER * float(np.std(seen, ddof=1))
            self.levels[direction.block] = scatter + self.rounding(direction)
        return np.array(values), np.array([self.levels[d.block] for d in directions])

    def residuals(self, directions: Sequence[Direction]) -> tuple[Array, Array]:
        at = self.claim.point
        values = [
            self.slope(direction, at) - direction.slope_of(self.claim.claimed)
            for direction in directions
        ]
        return np.array(values), np.array([self.levels[d.block] for d in directions])

    def slope(self, direction: Direction, at: Array) -> float:
        """The slope of the loss along a direction. Raises NotAnalytic."""
        if self.claim.complex_loss is None:
            raise NotAnalytic("the loss takes real numbers only")
        point = at.astype(np.complex128)
        point[direction.place] += 1j * STEP * direction.weights
        self.evaluations += 1
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            try:
                value = complex(self.claim.complex_loss(point))
            except Exception as error:  # whatever the user's code does with complex numbers
                raise NotAnalytic(f"{type(error).__name__}: {error}") from error
        if not np.isfinite(value):
            raise NotAnalytic(f"the loss is {value} a complex step away")
        return value.imag / STEP


def single(claim: Claim, entry: int) -> Direction:
    """A direction that moves one entry, by the typical size of its block."""
    block = claim.block_of(entry)
    unit = claim.unit(claim.blocks[block])
    return Direction(block, np.array([entry]), np.array([unit]))
