"""The complex step: ∂f/∂θ = Im f(θ + ih) / h, exact to rounding where the code is analytic.

Nothing is subtracted, so h may be so small that no truncation is left (Martins, Sturdza and
Alonso, ACM TOMS 29, 2003). Code that takes the absolute value, compares, conjugates or casts loses
the imaginary part, and kinks are not seen at all: so what comes out must be compared with
differences before it is believed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS, NOISE_FACTOR
from gradcheck.evidence.numeric.search import spread

Indices = NDArray[np.intp]

STEP = 2.0**-120
"""Relative to the largest entry of the parameter."""
LISTENED = 32
"""Of many entries: those at which the rounding is measured."""
DIGITS = 4.0
"""Last digits of the derivative that are never trusted."""


class NotAnalytic(ValueError):
    """The loss does not carry the imaginary part to its result."""


@dataclass(frozen=True, slots=True)
class ComplexStep:
    """A loss that takes complex arrays by name and returns a complex number, at a point.

    ``evaluations`` numbers the entries and counts.
    """

    loss: Callable[[Mapping[str, NDArray[Any]]], Any]
    evaluations: Evaluations

    def slopes(
        self, entries: Indices, samples: int, seed: int = 0, *, few: bool = False
    ) -> tuple[Array, Array]:
        """Derivatives by ``entries`` [n], and what their rounding error may be, [n]: what they
        change by at ``samples`` points that differ from this one in the last digits.

        ``few``: it is measured at some of the entries, and taken to be as usual at the others. An
        entry in which large terms cancel has more of it, so that what contradicts these bounds must
        be measured once more. Raises NotAnalytic.
        """
        found = self._at(self.evaluations.arrays, entries)
        random = np.random.default_rng(seed)
        change = np.zeros(entries.size)
        heard = spread(np.arange(entries.size), LISTENED) if few else np.arange(entries.size)
        for _ in range(samples):
            near = {
                name: array * (1.0 + EPS * random.choice([-1.0, 1.0], size=array.shape))
                for name, array in self.evaluations.arrays.items()
            }
            moved = np.abs(self._at(near, entries[heard]) - found[heard])
            change[heard] = np.maximum(change[heard], moved)
        # From few samples it may come out too low by chance: never lower than is usual.
        seen = heard[found[heard] != 0.0]
        usual = float(np.median(change[seen] / np.abs(found[seen]))) if seen.size else 0.0
        off = 2.0 * np.maximum(change, usual * np.abs(found)) + DIGITS * EPS * np.abs(found)
        return found, off + self._floor(entries)

    def _floor(self, entries: Indices) -> Array:
        """What no gradient code is asked for, [n]: more digits than the loss itself has. Where it
        saturates, 1 - tanh² is off by the last digit of 1, and still right."""
        sizes = [
            float(np.sqrt(np.mean(array**2))) or 1.0 if array.size else 1.0
            for array in self.evaluations.arrays.values()
        ]
        owners = np.searchsorted(self.evaluations.starts, entries, side="right") - 1
        return NOISE_FACTOR * EPS * abs(self.evaluations.here()) / np.array(sizes)[owners]

    def _at(self, point: Mapping[str, Array], entries: Indices) -> Array:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            try:
                return self._derivatives(point, entries)
            except NotAnalytic:
                raise
            except Exception as error:  # whatever the user's code does with complex numbers
                raise NotAnalytic(f"{type(error).__name__}: {error}") from error

    def _derivatives(self, point: Mapping[str, Array], entries: Indices) -> Array:
        found = np.empty(entries.size)
        starts, names = self.evaluations.starts, list(point)
        owners = np.searchsorted(starts, entries, side="right") - 1
        for row, (entry, owner) in enumerate(zip(entries, owners, strict=True)):
            array = point[names[owner]]
            step = STEP * (float(np.abs(array).max()) or 1.0)
            moved = np.array(array, dtype=np.complex128)  # also of a number
            moved.reshape(-1)[entry - starts[owner]] += 1j * step
            value = np.asarray(self.loss({**point, names[owner]: moved}))
            if value.dtype.kind != "c" or value.size != 1:
                raise NotAnalytic("the result is not complex")
            found[row] = float(value.reshape(()).imag) / step
        self.evaluations.evaluations += entries.size
        if not np.isfinite(found).all():
            raise NotAnalytic("the derivative is not finite")
        return found
