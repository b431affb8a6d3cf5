"""How steady the user's functions are: whether they repeat themselves, and how they round."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.user_functions import Functions

Array = NDArray[Any]
Arrays = Mapping[str, Array]

REPEATS = 3
PERTURBED = 4
"""Points in the last digits about the given one, at which the claimed gradient is looked at. Even:
each lies opposite to another, so that a steep gradient is seen on both sides of its value."""
DOUBTED = 16
"""Such points where the gradient seems to be another at the point than all about it."""
APART = 2.0**6
"""Root of the last digit, times this: the smallest jump, relative to the parameter's largest entry,
that is looked at as one."""
CLOSE = 1e-3
"""Of a jump: the gradients about the point lie no further apart than this beside it."""
STEADY = 1e-11
"""Relative scatter below which a loss that does not repeat itself is only rounded differently (by
threads that add up in another order)."""

SAME = 1e-6
"""Relative: so alike are two steps by which a gradient grows."""


@dataclass(slots=True)
class Steadiness:
    """``scatter`` of the loss and of the gradient, when called again at the same point, relative
    to their size; ``noise`` of the claimed gradient by parameter, its rounding error an entry.
    ``grows``: every call adds the same to the gradient of the call before."""

    loss: float
    scatter: float
    gradient: float
    noise: dict[str, Array]
    grows: bool = False

    @property
    def deterministic(self) -> bool:
        """Whether both repeat themselves, up to rounding."""
        return max(self.scatter, self.gradient) <= STEADY

    def look_again(self, functions: Functions, point: Arrays) -> None:
        """After all other calls: a loss with a memory has drifted meanwhile."""
        self.scatter = max(self.scatter, _scatter([self.loss, functions.nearby(point)]))


def steadiness_of(
    functions: Functions, point: Arrays, grid: np.dtype[Any], seed: int
) -> Steadiness:
    """Call both at the point again, and the gradient at points that differ in the last digits."""
    losses = [functions.nearby(point) for _ in range(REPEATS)]
    first, second = functions.gradient(point), functions.gradient(point)
    gradient = max((_spread(first[name], second[name]) for name in first), default=0.0)
    grows = gradient > STEADY and _grows(first, second, functions.gradient(point))
    noise = noise_of(functions, point, grid, seed)
    return Steadiness(losses[0], _scatter(losses), gradient, noise, grows)


def _grows(first: Arrays, second: Arrays, third: Arrays) -> bool:
    """Whether the same is added at every call."""
    return all(_spread(second[n] - first[n], third[n] - second[n]) <= SAME for n in first)


def _scatter(values: list[float]) -> float:
    size = max(map(abs, values))
    return (max(values) - min(values)) / size if size else 0.0


def _spread(first: Array, second: Array) -> float:
    size = float(np.abs(first).max(initial=0.0))
    return float(np.abs(first - second).max(initial=0.0)) / size if size else 0.0


def noise_of(
    functions: Functions, point: Arrays, grid: np.dtype[Any], seed: int
) -> dict[str, Array]:
    """What the claimed gradient changes by when the point changes in its last digits, and at least
    its own last digit, [shape] each.

    Where it takes one value at the point and another everywhere about it, that is no noise but a
    branch (``where(x == 0, …)``), and to be judged like any other claim.
    """
    claimed = functions.gradient(point)
    first = {name: array.astype(np.float64) for name, array in claimed.items()}
    random = np.random.default_rng(seed)
    digit = {name: _last_digit(array, grid) for name, array in claimed.items()}
    last = max(digit.values(), default=float(np.finfo(grid).eps))
    about = [functions.gradient(near) for near in _about(point, last, PERTURBED, random)]
    if any(_branches(first[name], about, name, last).any() for name in first):
        about += [functions.gradient(near) for near in _about(point, last, DOUBTED, random)]
    noise = {}
    for name, array in first.items():
        change = _fmax(np.abs(near[name].astype(np.float64) - array) for near in about)
        change = np.where(_branches(array, about, name, last), _scatter_of(about, name), change)
        noise[name] = np.fmax(digit[name] * np.abs(array), change)
    return noise


def _about(
    point: Arrays, last: float, points: int, random: np.random.Generator
) -> Iterator[dict[str, Array]]:
    """Points that differ from this one in the last digits, in pairs on opposite sides of it."""
    for _ in range(points // 2):
        moves = {
            name: last * random.choice([-1.0, 1.0], size=array.shape) * _size(array)
            for name, array in point.items()
        }
        yield {name: array + moves[name] for name, array in point.items()}
        yield {name: array - moves[name] for name, array in point.items()}


def _branches(
    first: Array, about: list[dict[str, Array]], name: str, last: float
) -> NDArray[np.bool_]:
    """The entries of the gradient that are another at the point than everywhere about it."""
    jump = -_fmax(-np.abs(near[name].astype(np.float64) - first) for near in about)
    size = max(float(np.abs(near[name]).max(initial=0.0)) for near in about)
    large = jump > APART * np.sqrt(last) * max(size, float(np.abs(first).max(initial=0.0)))
    return np.asarray(large & (_scatter_of(about, name) <= CLOSE * jump))


def _scatter_of(about: list[dict[str, Array]], name: str) -> Array:
    """How far the gradients about the point lie apart, an entry."""
    high = _fmax(near[name].astype(np.float64) for near in about)
    return high + _fmax(-near[name].astype(np.float64) for near in about)


def _fmax(arrays: Iterable[Array]) -> Array:
    return functools.reduce(np.fmax, arrays)


def _size(array: Array) -> Array:
    """Of each entry; of a typical one where it is 0."""
    typical = float(np.sqrt(np.mean(array**2))) if array.size else 0.0
    return np.where(array == 0.0, typical or 1.0, np.abs(array))


def _last_digit(array: Array, grid: np.dtype[Any]) -> float:
    """Relative; coarser where the gradient is returned, or was computed, in fewer digits."""
    kind = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    if kind.itemsize > 4 and array.any():
        single = array.astype(np.float32)
        # Whole numbers and the like are no sign of few digits.
        if np.array_equal(single, array) and not np.array_equal(array.astype(np.float16), array):
            kind = np.dtype(np.float32)
    return max(float(np.finfo(kind).eps), float(np.finfo(grid).eps))
