"""What was measured about gradient code: the claimed gradient beside the numeric one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric import TRUST, NumericGradient

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Of a backward pass: the upstream gradients it was given, one an output of the forward pass,
    ``backward(upstream, point)``, the claimed gradient by name under others of their shapes, and
    ``forward(point)``, the outputs."""

    arrays: tuple[Array, ...]
    backward: Callable[[tuple[Array, ...], Arrays], dict[str, Array]]
    forward: Callable[[Arrays], tuple[Array, ...]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The gradient somebody claims and the one that was measured, at one point.

    Every mapping is by parameter name (``w_1``, ``layers[0].bias``), every array of the
    parameter's shape and in float64. ``numeric.values`` are measured; its ``bounds`` hold the
    rounding of the claimed gradient too, and are infinite where an entry was not measured.
    ``loss`` and ``gradient`` are the user's functions at any other point.

    To confirm what a mistake is, correct ``claimed`` and ask whether it ``agrees``.
    """

    point: Arrays
    claimed: Arrays
    numeric: NumericGradient
    loss: Callable[[Arrays], float]
    gradient: Callable[[Arrays], dict[str, Array]]
    upstream: Upstream | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the user's order."""
        return tuple(self.claimed)

    def agrees(self, candidate: Arrays) -> bool:
        """Whether a gradient (of some parameters, or of all) is right as far as was measured."""
        return all(self.agrees_in(name, array) for name, array in candidate.items())

    def agrees_in(self, name: str, candidate: Array) -> bool:
        """Whether the gradient of one parameter is right as far as was measured."""
        return self.numeric.agrees(name, candidate)

    def wrong(self, name: str) -> NDArray[np.bool_]:
        """The entries of a parameter at which the claimed gradient is wrong."""
        return self.numeric.apart(name, self.claimed[name]) > 1.0

    def seen(self, name: str) -> NDArray[np.bool_]:
        """The entries of a parameter that are known to better than their own size."""
        size = np.maximum(np.abs(self.claimed[name]), np.abs(self.numeric.values[name]))
        return np.asarray(TRUST * self.numeric.bounds[name] < 0.5 * size)
