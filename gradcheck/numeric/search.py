"""The search for each entry's step size, between truncation and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.batches import Array, Batches
from gradcheck.numeric.measurement import EPS, Measurement, Noise, hear, measure

Indices = NDArray[np.intp]

PILOTS = 8  # entries of each parameter that find the step size for the others
ROUNDS = 14  # at most; from 1 to 1e-8 or 1e8 it takes five
FAR, NEXT = 64.0, 4.0  # factors to the next step: nothing seen yet, something seen
GOOD = 2e-13  # of the parameter's largest entry: no pilot looks for a better bound
GOOD_ENOUGH = 2e-12  # no other entry does
NEAREST = 2.0 ** np.array([-40, -30, -20, -10])  # of a step of which nothing is known
NEAR = 2.0 ** np.array([-18])  # of one that was found: a smooth loss has no third difference left
POOR = 8.0  # times the median of the pilots' bounds: nor does one below that


@dataclass(frozen=True, slots=True)
class Found:
    """Value, bound and step of every entry, [P] each, and the noise of the loss."""

    values: Array
    bounds: Array
    steps: Array
    noise: float


def search(batches: Batches, here: float) -> Found:
    """The gradient of all entries: first some pilots of each parameter, then the noise at the
    steps they found, then every entry from there."""
    groups = batches.groups(np.arange(batches.flat.size))
    state = _State(batches, here)
    pilots = [_spread(group.astype(np.intp)) for group in groups]
    chosen = np.concatenate([*pilots, np.empty(0, dtype=np.intp)]).astype(np.intp)
    # Near enough for any loss, then, with the steps known, as far apart as it can be judged.
    heard = hear(batches, chosen, state.steps[chosen, None] * NEAREST)
    state.noise = Noise.from_level(heard, here)
    state.refine(chosen, state.targets(groups, GOOD))
    smooth = chosen[np.isfinite(state.bounds[chosen]) & ~state.kinked[chosen]]
    heard = max(heard, hear(batches, smooth, state.steps[smooth, None] * NEAR))
    state.noise = Noise.from_level(heard, here)

    targets = state.targets(groups, GOOD_ENOUGH)
    for group, pilot in zip(groups, pilots, strict=True):
        if pilot.size:
            steps = np.exp2(np.round(np.median(np.log2(state.steps[pilot]))))
            others = np.setdiff1d(group, pilot)
            state.steps[others] = steps
            targets[group] = np.maximum(targets[group], POOR * np.median(state.bounds[pilot]))
    # The pilots are measured again: their bounds were drawn up without the noise.
    state.forget()
    state.refine(np.arange(batches.flat.size), targets)
    return Found(state.values, state.bounds, state.steps, state.noise.level)


def _spread(group: Indices) -> Indices:
    """Up to PILOTS entries, spread by the golden ratio so that no row or column is favoured."""
    if group.size <= PILOTS:
        return group
    places = np.modf((np.arange(PILOTS) + 0.5) * 0.6180339887498949)[0]
    return group[np.unique((places * group.size).astype(np.intp))]


class _State:
    """What is known of every entry so far: the best value with its bound and step, [P] each."""

    def __init__(self, batches: Batches, here: float) -> None:
        self.batches = batches
        self.here = here
        self.noise = Noise.from_level(0.0, here)
        self.steps = np.concatenate([*map(_first_steps, batches.groups(batches.flat)), []])
        self.forget()

    def forget(self) -> None:
        """Drop values and bounds; the steps stay."""
        self.values = np.zeros(self.batches.flat.size)
        self.bounds = np.full(self.batches.flat.size, np.inf)
        self.kinked = np.zeros(self.batches.flat.size, dtype=bool)
        self.blind = np.zeros(self.batches.flat.size, dtype=bool)

    def targets(self, groups: list[Array], share: float) -> Array:
        """``share`` of the largest entry known of each parameter, [P]; 0 where none is known."""
        return np.concatenate(
            [
                np.full(group.size, share * np.abs(self.values[group]).max(initial=0.0))
                for group in groups
            ]
            + [np.empty(0)]
        )

    def refine(self, entries: Indices, targets: Array) -> None:
        """Measure ``entries`` until each bound is below its target or the step is bracketed."""
        size = self.batches.flat.size
        low, high = np.zeros(size), np.full(size, np.inf)  # too small, too large a step
        unmoved = np.zeros(size, dtype=int)  # times in a row that the loss did not change
        steps = self.steps.copy()
        for _ in range(ROUNDS):
            if not entries.size:
                return
            h = steps[entries]
            seen = measure(self.batches, self.here, entries, h, self.noise)
            large = seen.coarse | (
                (seen.bounds >= self.bounds[entries]) & (h > self.steps[entries])
            )
            self._keep(entries, seen, h)
            high[entries] = np.where(large, np.minimum(high[entries], h), high[entries])
            low[entries] = np.where(large, low[entries], np.maximum(low[entries], h))
            unmoved[entries] = np.where(seen.flat, unmoved[entries] + 1, 0)
            unseen = seen.bounds > 1e-3 * np.abs(seen.values)
            steps[entries] = _next(low[entries], high[entries], np.where(unseen, FAR, NEXT))
            finest = 64.0 * EPS * np.abs(self.batches.flat[entries])
            done = self.bounds[entries] <= targets[entries]
            done |= (high[entries] <= 4.0 * low[entries]) | (unmoved[entries] == 2)
            done |= steps[entries] < np.maximum(finest, 1e-300)
            entries = entries[~done]

    def _keep(self, entries: Indices, seen: Measurement, steps: Array) -> None:
        """Keep what is better than before; where the two exclude each other, widen the bound.

        A bound drawn up while blind was none: what is seen at a smaller step replaces it.
        """
        values, bounds = self.values[entries], self.bounds[entries]
        smaller = steps < self.steps[entries]
        blind = smaller & (self.blind[entries] | seen.blind)
        better = blind | (seen.bounds < bounds)
        with np.errstate(invalid="ignore"):
            apart = np.abs(seen.values - values) - seen.bounds - bounds
        excess = np.where(np.isfinite(apart) & ~blind, np.maximum(apart, 0.0), 0.0)
        self.values[entries] = np.where(better, seen.values, values)
        self.bounds[entries] = np.where(better, seen.bounds, bounds) + excess
        self.steps[entries] = np.where(better, steps, self.steps[entries])
        self.kinked[entries] = np.where(better, seen.kinked, self.kinked[entries])
        self.blind[entries] = np.where(better, seen.blind, self.blind[entries])


def _first_steps(values: Array) -> Array:
    """A guess for one parameter: an eighth of its entries' size, as a power of two."""
    size = float(np.sqrt(np.mean(values**2))) if values.size else 0.0
    guess = 0.125 * (size or 1.0)
    return np.full(values.size, np.exp2(np.round(np.log2(guess))))


def _next(low: Array, high: Array, factor: Array) -> Array:
    """The next step: between the two sides if both are known, else further the same way."""
    with np.errstate(all="ignore"):
        middle = np.exp2(np.round(0.5 * (np.log2(low) + np.log2(high))))
    onward = np.where(low > 0, low * factor, high / factor)
    return np.where((low > 0) & np.isfinite(high), middle, onward)
