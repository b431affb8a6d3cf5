"""One-sided differences, for entries on the edge of the loss's domain.

With D(h) = (f(θ + h) - f(θ)) / h, whose error has all powers of h, and Richardson's extrapolation;
the same on the other side with -h.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS, extrapolate
from gradcheck.evidence.numeric.richardson import LEVELS, ONE_SIDED

Indices = NDArray[np.intp]

STEPS = 0.25 ** np.arange(1, 19)
"""Of the size of an entry, or of a typical one of its parameter where it is 0."""


def one_sided(
    evaluations: Evaluations, here: float, entries: Indices, noise: float
) -> tuple[Array, Array]:
    """Slopes of ``entries`` [n], ascending, to whichever side the loss is finite, and their bounds,
    [n] each; infinite where it is finite on neither. ``noise`` is that of the loss."""
    values, bounds = np.zeros(entries.size), np.full(entries.size, np.inf)
    at = evaluations.flat[entries]
    size = np.where(at == 0.0, _typical(evaluations), np.abs(at))
    for side in (1.0, -1.0):
        best, bound = np.zeros(entries.size), np.full(entries.size, np.inf)
        for step in STEPS:
            h = side * step * size[:, None] * 0.5 ** np.arange(LEVELS)
            displaced = evaluations.rounded(at[:, None] + h)
            losses = evaluations.at(entries, displaced)
            with np.errstate(all="ignore"):
                width = displaced - at[:, None]
                sigma = np.maximum(noise, EPS * np.abs(losses))
                spread = 2.0**0.5 * sigma / np.abs(width)
                found, off, steep = extrapolate(ONE_SIDED, (losses - here) / width, spread)
            better = np.isfinite(losses).all(axis=1) & np.isfinite(off) & (off < bound)
            best, bound = np.where(better, found, best), np.where(better, off, bound)
        # Of a root or a logarithm at 0 the slope grows however small the step: it has none.
        better = ~steep & (bound < bounds)
        values, bounds = np.where(better, best, values), np.where(better, bound, bounds)
    return values, bounds


def _typical(evaluations: Evaluations) -> float:
    flat = evaluations.flat
    return float(np.sqrt(np.mean(flat**2))) or 1.0
