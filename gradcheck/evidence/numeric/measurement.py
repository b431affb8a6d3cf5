"""One measurement: four central differences an entry, extrapolated, with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.richardson import JUMPS, LEVELS, SLOPES, Estimates

EPS = float(np.finfo(np.float64).eps)

NOISE_FACTOR = 6.0
"""Standard deviations of noise that a bound allows for. Rounding is no Gaussian: where the loss
moves by a few of its last digits only, all its errors may have one sign."""

LOWER_ORDER_SHARE = 1.0 / 8.0
"""Truncation is judged by the difference to the next lower order, which can vanish by accident;
so it is taken to be at least this part of the difference below that."""

_HALVES = 0.5 ** np.arange(LEVELS)
_THIRD = np.array([-1.0, 3.0, -3.0, 1.0])


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviation of the loss's error: ``level`` [P] where each entry is displaced, and
    never less than ``relative`` times the loss."""

    level: Array
    relative: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """Of n entries: value and bound (infinite where the loss was not finite), [n] each.

    ``coarse``: the step was rather too large than too small; ``blind``: it was so far too large
    that not even the bound can be trusted; ``flat``: the loss did not change at all; ``kinked``:
    its slopes on the two sides differ however near one looks (``bounds`` reach both: ``spans``,
    half the jump, is the part of them that does).
    """

    values: Array
    bounds: Array
    coarse: NDArray[np.bool_]
    blind: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    kinked: NDArray[np.bool_]
    spans: Array


def measure(
    batches: Evaluations, here: float, entries: NDArray[np.intp], steps: Array, noise: Noise
) -> Measurement:
    """Central differences of ``entries`` [n], ascending, at ``steps`` [n], their halves, …"""
    at = batches.flat[entries][:, None]
    h = steps[:, None] * _HALVES
    above, below = batches.rounded(at + h), batches.rounded(at - h)
    losses = batches.at(entries, np.concatenate([above, below], axis=1))
    up, down = losses[:, :LEVELS], losses[:, LEVELS:]
    width = above - below  # not 2h: θ ± h are rounded
    level = noise.level[entries][:, None]
    sigma = np.maximum(level, noise.relative * np.maximum(np.abs(up), np.abs(down)))
    with np.errstate(all="ignore"):
        slopes, spread = (up - down) / width, np.sqrt(2.0) * sigma / width
        values, bounds, coarse = extrapolate(SLOPES, slopes, spread)
        bend = up + down - 2.0 * here
        jump, jump_bound, _ = extrapolate(JUMPS, bend / h, np.sqrt(6.0) * sigma / h)
        kinked = np.abs(jump) > 2.0 * jump_bound
        spans = np.where(kinked, 0.5 * np.abs(jump), 0.0)
        bounds += spans + np.where(kinked, 0.5 * jump_bound, 0.0)
        # What the slope changes by over the last digit of the entry itself: it is known no better.
        bounds += batches.resolution * np.abs(at[:, 0] * bend[:, 0]) / h[:, 0] ** 2
    finite = np.isfinite(losses).all(axis=1) & np.isfinite(bounds)
    values, bounds = np.where(finite, values, 0.0), np.where(finite, bounds, np.inf)
    coarse |= ~finite | kinked
    return Measurement(
        values,
        bounds,
        coarse,
        coarse & (bounds - np.where(finite, spans, 0.0) > 0.1 * np.abs(values)),
        (losses == losses[:, :1]).all(axis=1),
        kinked & finite,
        np.where(finite, spans, 0.0),
    )


def extrapolate(
    table: Estimates, measured: Array, spread: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Best estimate, its bound, and whether truncation is the larger part of that, [n] each.

    ``measured`` [n, levels] have noise of standard deviation ``spread`` [n, levels].
    """
    estimates = measured @ table.weights.T
    scatter = NOISE_FACTOR * np.sqrt(spread**2 @ (table.weights**2).T)
    truncation = np.maximum(
        np.abs(measured @ table.step.T),
        LOWER_ORDER_SHARE * np.abs(measured @ table.step_before.T),
    )
    bounds = truncation + scatter + 4.0 * EPS * np.abs(estimates)
    # Consistency (Lepski): what lies outside the interval of another estimate is added.
    others, theirs = estimates[:, None, table.high], bounds[:, None, table.high]
    outside = np.abs(estimates[:, :, None] - others) - bounds[:, :, None] - theirs
    bounds = bounds + np.maximum(outside.max(axis=2), 0.0)
    rows = np.arange(len(measured))
    best = np.argmin(np.where(np.isnan(bounds), np.inf, bounds), axis=1)
    coarse = truncation[rows, best] > scatter[rows, best]
    return estimates[rows, best], bounds[rows, best], coarse


def hear(
    batches: Evaluations, entries: NDArray[np.intp], displacements: Array, spacings: Array
) -> Array:
    """The variance of the loss's noise as heard along each entry, [n]; nan where none is.

    It is heard at ``displacements`` [n] from the point; ``spacings`` [n, scales] ascend: of each
    entry the first is taken at which the loss changes from point to point, as a loss that stands
    still says nothing of its noise.

    Third differences over six near points an entry (Moré and Wild's difference table): for
    independent errors of variance σ² each has variance 20 σ².
    """
    offsets = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    middle = batches.flat[entries] + displacements
    near = batches.rounded(middle[:, None, None] + spacings[:, :, None] * offsets)
    losses = batches.at(
        entries, near.reshape(len(entries), offsets.size * spacings.shape[1])
    ).reshape(near.shape)
    with np.errstate(all="ignore"):
        moves = np.count_nonzero(np.diff(losses, axis=2), axis=2) >= 4
        third = np.stack([losses[:, :, k : k + 4] @ _THIRD for k in range(3)])
        squares = np.mean(third**2, axis=0) / 20.0
    rows = np.arange(len(entries))
    first = moves.argmax(axis=1)
    heard = np.where(moves[rows, first], squares[rows, first], np.nan)
    return np.where(np.isfinite(heard), heard, np.nan)
