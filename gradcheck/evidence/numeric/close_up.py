"""A close look at single entries: more digits than differences have, by a polynomial.

Extrapolated differences lose digits to noise, since the smallest of their steps weighs most. A
polynomial of high degree, fitted by least squares at Chebyshev points over as wide an interval as
it describes, uses all points alike: its slope at the middle has an error of a few σ/H only, with
σ the loss's noise and H half the interval (compare Trefethen, Approximation Theory and
Approximation Practice, SIAM 2013, ch. 8 for its truncation, which falls like a power of H).
That takes ten times the evaluations; so it is for entries of which there is doubt.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS, LOWER_ORDER_SHARE, NOISE_FACTOR

Indices = NDArray[np.intp]

POINTS = 32
DEGREES = (15, 13, 11)
"""Of the fit, and of the lower ones by whose slopes its truncation is judged."""
WIDEST, NARROWEST = 3, -24
"""Powers of two: half intervals relative to a typical entry of the parameter."""
LOUDER = 4.0
"""Times the noise near the point: what a fit may leave of the loss. Beyond that it is bent."""

_NODES = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)
_ORDERS = np.arange(DEGREES[0] + 1)
_SLOPE = _ORDERS * np.sin(0.5 * np.pi * _ORDERS)  # T_k'(0)
_BEND = -(_ORDERS**2) * np.cos(0.5 * np.pi * _ORDERS)  # T_k''(0)


def close_up(evaluations: Evaluations, entries: Indices, noise: float) -> tuple[Array, Array]:
    """Slopes of ``entries`` [n], ascending, and their bounds, [n] each. ``noise`` is that of the
    loss near the point, a standard deviation.

    Of intervals from wide to narrow the first is taken that the polynomial describes to the noise,
    and covered is what the next one says. Infinite where there is none: at kinks and beside them.
    """
    here = evaluations.here()
    values, bounds = np.zeros(entries.size), np.full(entries.size, np.inf)
    sizes = _sizes(evaluations.arrays)
    owners = np.searchsorted(evaluations.starts, entries, side="right") - 1
    left = np.arange(entries.size)
    for power in range(WIDEST, NARROWEST - 1, -1):
        if not left.size or evaluations.interrupted:
            break
        half = 2.0**power * sizes[owners[left]]
        at = evaluations.flat[entries[left]]
        displaced = evaluations.rounded(at[:, None] + half[:, None] * _NODES)
        losses = evaluations.at(entries[left], displaced)
        away = displaced - at[:, None]
        done = np.zeros(left.size, dtype=bool)
        for row, k in enumerate(left):
            value, bound, clear = _fitted(
                losses[row] - here, away[row], half[row], at[row], max(noise, EPS * abs(here))
            )
            done[row] = np.isfinite(bounds[k])
            if done[row]:
                bounds[k] += max(0.0, abs(value - values[k]) - bound - bounds[k])
            elif clear:
                values[k], bounds[k] = value, bound
        left = left[~done]
    return values, bounds


def _fitted(
    rises: Array, away: Array, half: float, at: float, noise: float
) -> tuple[float, float, bool]:
    """Slope, bound, and whether noise is all that the fit leaves, from what the loss ``rises`` by
    [points] that far ``away`` [points] from the entry's value ``at``."""
    if not np.isfinite(rises).all():
        return 0.0, np.inf, False
    angles = np.arccos(np.clip(away / half, -1.0, 1.0))
    design = np.cos(angles[:, None] * _ORDERS)
    inverses = [np.linalg.pinv(design[:, : degree + 1]) for degree in DEGREES]
    slopes = [float(_SLOPE[: len(w)] @ (w @ rises)) / half for w in inverses]
    best = inverses[0]
    fit = best @ rises
    freedom = POINTS - DEGREES[0] - 1
    scatter = float(np.sqrt(np.sum((rises - design @ fit) ** 2) / freedom))
    sigma = max(noise, scatter, EPS * float(np.abs(rises).max()))
    spread = NOISE_FACTOR * sigma * float(np.linalg.norm(_SLOPE @ best)) / half
    truncation = max(abs(slopes[0] - slopes[1]), LOWER_ORDER_SHARE * abs(slopes[1] - slopes[2]))
    bend = float(_BEND @ fit) / half**2
    bound = spread + truncation + 4.0 * EPS * abs(slopes[0]) + EPS * abs(at * bend)
    return slopes[0], bound, truncation <= spread and scatter <= LOUDER * noise


def _sizes(arrays: Mapping[str, Array]) -> Array:
    """Of a typical entry of each parameter, as a power of two."""
    typical = [
        float(np.sqrt(np.mean(array**2))) or 1.0 if array.size else 1.0 for array in arrays.values()
    ]
    return np.exp2(np.round(np.log2(typical)))
