"""The gradient of a sum of one function over all entries: a penalty on the size of parameters."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.incremental import Slopes
from gradcheck.evidence.numeric.measurement import EPS, Noise
from gradcheck.evidence.numeric.search import refined

Elementwise = Callable[[Array], Array]

DIGITS = 16.0
"""Last digits of its value that a function may be off by."""


def elementwise_slopes(function: Elementwise, point: Array) -> Slopes:
    """The gradient of Σ function(θ) by every entry θ of ``point``, of its shape."""
    terms = _Terms(function, point)
    noise = Noise(DIGITS * EPS * np.abs(terms.base), EPS)
    found = refined(terms, 0.0, noise)
    slopes = Slopes(point)
    slopes.values[...] = terms.shaped(found.values)["term"]
    slopes.bounds[...] = terms.shaped(found.bounds)["term"]
    slopes.spans[...] = terms.shaped(found.spans)["term"]
    return slopes


class _Terms(Evaluations):
    """Every entry's own term, less what it is at the point."""

    def __init__(self, function: Elementwise, point: Array) -> None:
        super().__init__({"term": point})
        self.function = function
        self.base = self._of(self.flat)

    def here(self) -> float:
        return 0.0

    def at(self, entries: NDArray[np.intp], values: Array) -> Array:
        self.evaluations += values.size
        return np.asarray(self._of(values) - self.base[entries][:, None])

    def _of(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            found = np.asarray(self.function(values.copy()), dtype=np.float64)
        if found.shape != values.shape:
            raise ValueError(
                f"a penalty returned shape {found.shape} for {values.shape}: expected an "
                "elementwise function"
            )
        return found
