"""One measurement: four central differences an entry, extrapolated, with their errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.batches import Array, Batches
from gradcheck.numeric.richardson import ESTIMATES, LEVELS

EPS = float(np.finfo(np.float64).eps)

NOISE_FACTOR = 4.0
"""Standard deviations of noise that a bound allows for: an entry in 16,000 of Gaussian noise."""

LOWER_ORDER_SHARE = 1.0 / 32.0
"""Truncation is judged by the difference to the next lower order, which can vanish by accident;
so it is taken to be at least this part of the difference below that."""

_HALVES = 0.5 ** np.arange(LEVELS)
_TO_LOWER = ESTIMATES.weights - ESTIMATES.lower
_TO_LOWEST = ESTIMATES.lower - ESTIMATES.lowest
_THIRD = np.array([-1.0, 3.0, -3.0, 1.0])


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviation of the loss's error: ``level`` near the point, and never less than
    ``relative`` times the loss where it is larger."""

    level: float
    relative: float

    @classmethod
    def from_level(cls, level: float, here: float) -> Noise:
        """From the noise measured where the loss is ``here``; at least half its last digit's."""
        level = max(level, 0.5 * EPS * abs(here))
        # Noise far above the last digit comes from a cancellation inside the loss (an offset, a
        # residual near 0), which does not grow with the loss.
        ratio = level / (EPS * abs(here)) if here else 1.0
        return cls(level, EPS * min(max(ratio, 0.5), 16.0))


@dataclass(frozen=True, slots=True)
class Measurement:
    """Of n entries: value and bound (infinite where the loss was not finite), [n] each.

    ``coarse``: the step was rather too large than too small; ``blind``: it was so far too large
    that not even the bound can be trusted; ``flat``: the loss did not change at all; ``kinked``:
    its slopes on the two sides differ however near one looks.
    """

    values: Array
    bounds: Array
    coarse: NDArray[np.bool_]
    blind: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    kinked: NDArray[np.bool_]


def measure(
    batches: Batches, here: float, entries: NDArray[np.intp], steps: Array, noise: Noise
) -> Measurement:
    """Central differences of ``entries`` [n], ascending, at ``steps`` [n], their halves, …"""
    at = batches.flat[entries][:, None]
    h = steps[:, None] * _HALVES
    above, below = at + h, at - h
    losses = batches.at(entries, np.concatenate([above, below], axis=1))
    up, down = losses[:, :LEVELS], losses[:, LEVELS:]
    width = above - below  # not 2h: θ ± h are rounded
    sigma = np.maximum(noise.level, noise.relative * np.maximum(np.abs(up), np.abs(down)))
    with np.errstate(all="ignore"):
        values, bounds, coarse = _extrapolate((up - down) / width, np.sqrt(2.0) * sigma / width)
        kink = _kink(up + down - 2.0 * here, h, sigma)
    finite = np.isfinite(losses).all(axis=1) & np.isfinite(bounds)
    kink = np.where(finite, kink, 0.0)
    values, bounds = np.where(finite, values, 0.0), np.where(finite, bounds + kink, np.inf)
    coarse |= ~finite | (kink > 0)
    return Measurement(
        values,
        bounds,
        coarse,
        coarse & (bounds > 0.1 * np.abs(values)),
        (losses == losses[:, :1]).all(axis=1),
        kink > 0,
    )


def _extrapolate(slopes: Array, spread: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Best estimate, its bound, and whether truncation is the larger part, [n] each.

    ``slopes`` [n, levels] have noise of standard deviation ``spread`` [n, levels].
    """
    estimates = slopes @ ESTIMATES.weights.T
    scatter = NOISE_FACTOR * np.sqrt(spread**2 @ (ESTIMATES.weights**2).T)
    truncation = np.maximum(
        np.abs(slopes @ _TO_LOWER.T), LOWER_ORDER_SHARE * np.abs(slopes @ _TO_LOWEST.T)
    )
    bounds = truncation + scatter + 4.0 * EPS * np.abs(estimates)
    rows = np.arange(len(slopes))
    best = np.argmin(np.where(np.isnan(bounds), np.inf, bounds), axis=1)
    value, bound = estimates[rows, best], bounds[rows, best]
    # Consistency (Lepski): what lies outside another estimate's interval is added.
    outside = np.abs(value[:, None] - estimates) - bounds - bound[:, None]
    bound = bound + np.maximum(outside.max(axis=1), 0.0)
    return value, bound, truncation[rows, best] > scatter[rows, best]


def _kink(bend: Array, h: Array, sigma: Array) -> Array:
    """Half the difference of the slopes on the two sides if it stays as h falls, else 0; [n].

    ``bend`` [n, levels] is loss(θ+h) - 2 loss(θ) + loss(θ-h): h times that difference. For a
    smooth loss the difference falls like h, by 8 from the first level to the last.
    """
    jump = np.abs(bend) / h
    stays = jump.min(axis=1) > 0.5 * jump.max(axis=1)
    seen = np.abs(bend[:, -1]) > 16.0 * sigma[:, -1]
    return np.where(stays & seen, 0.5 * jump.max(axis=1), 0.0)


def hear(batches: Batches, entries: NDArray[np.intp], spacings: Array) -> float:
    """The standard deviation of the loss's noise near the point; 0 if none is heard.

    ``spacings`` [n, scales], ascending: for each entry [n] the first is taken at which the loss
    changes from point to point, as a loss that stands still says nothing of its noise.

    Third differences over six near points an entry (Moré and Wild's difference table): for
    independent errors of variance σ² each has variance 20 σ².
    """
    if not entries.size:
        return 0.0
    offsets = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    near = batches.flat[entries][:, None, None] + spacings[:, :, None] * offsets
    losses = batches.at(entries, near.reshape(len(entries), -1)).reshape(near.shape)
    with np.errstate(all="ignore"):
        moves = np.count_nonzero(np.diff(losses, axis=2), axis=2) >= 4
        third = np.stack([losses[:, :, k : k + 4] @ _THIRD for k in range(3)])
        squares = np.mean(third**2, axis=0) / 20.0
    rows = np.arange(len(entries))
    first = moves.argmax(axis=1)
    heard = squares[rows, first][moves[rows, first]]
    heard = heard[np.isfinite(heard)]
    return float(np.sqrt(np.mean(heard))) if heard.size else 0.0
