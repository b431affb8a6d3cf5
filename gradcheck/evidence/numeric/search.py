"""The search for each entry's step size, between truncation and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS, Measurement, Noise, hear, measure

Indices = NDArray[np.intp]

PILOTS = 8  # entries of each parameter that find the step size for the others
ROUNDS = 14  # at most; from 1 to 1e-8 or 1e8 it takes five
FAR, NEXT = 64.0, 4.0  # factors to the next step: nothing seen yet, something seen
GOOD = 1e-12  # of the parameter's largest entry: a bound below it is not improved
NEAREST = 2.0 ** np.array([-40, -30, -20, -10])  # of a step of which nothing is known
NEAR = 2.0 ** np.array([-18])  # of one that was found: a smooth loss has no third difference left
KINK = 2.0**-28  # of the first step: a kink still seen there is one at the point
KINK_GONE = 64.0  # times smaller is the bound of one that shows there was none after all
UNSURE = 4.0  # times smaller is a bound that consists of truncation, to be preferred
OTHERWISE = 0.7  # of the first step, in a second search
POOR = 4.0  # times the median of the pilots' bounds: nor does one below that


@dataclass(frozen=True, slots=True)
class Found:
    """Value, bound, half the jump at a kink and step of every entry, [P] each, whether the loss
    never moved, and its noise."""

    values: Array
    bounds: Array
    spans: Array
    steps: Array
    flat: NDArray[np.bool_]
    noise: float


def search(batches: Evaluations, here: float) -> Found:
    """The gradient of all entries: first some pilots of each parameter, then the noise at the
    steps they found, then every entry from there."""
    groups = [np.arange(a, b) for a, b in zip(batches.starts, batches.starts[1:], strict=False)]
    state = _State(batches, here)
    pilots = [spread(group) for group in groups]
    chosen = np.concatenate([*pilots, np.empty(0, dtype=np.intp)])
    state.listen(chosen)
    enough = np.zeros(batches.flat.size)
    state.refine(chosen, enough)
    left = np.ones(batches.flat.size, dtype=bool)
    for group, pilot in zip(groups, pilots, strict=True):
        if not pilot.size:
            continue
        enough[group] = POOR * _median(state.bounds[pilot])
        own = state.steps[pilot]
        state.steps[group] = np.exp2(np.round(_median(np.log2(own))))
        state.steps[pilot] = own
        if state.listen_again(group, pilot):
            state.forget(group)
        else:
            left[pilot] = False
    state.refine(np.flatnonzero(left), enough)
    return state.found()


def search_again(batches: Evaluations, here: float, entries: Indices) -> Found:
    """The gradient of ``entries``, ascending, each by a search of its own and at other points than
    `search` took: for those of which much depends. The others have infinite bounds."""
    state = _State(batches, here)
    state.steps *= OTHERWISE
    enough = np.zeros(batches.flat.size)
    state.listen(entries)
    state.refine(entries, enough)
    noisier = [state.listen_again(entry, entry) for entry in entries[:, None]]
    louder = entries[np.array(noisier, dtype=bool)]
    state.forget(louder)
    state.refine(louder, enough)
    return state.found()


def refined(batches: Evaluations, here: float, noise: Noise) -> Found:
    """The gradient of all entries where the noise of each is known: no pilots are needed."""
    state = _State(batches, here)
    state.noise = noise
    state.refine(np.arange(batches.flat.size), np.zeros(batches.flat.size))
    return state.found()


def spread(group: Indices, count: int = PILOTS) -> Indices:
    """Up to ``count`` entries, spread by the golden ratio so that no row or column is favoured."""
    if group.size <= count:
        return group
    places = np.modf((np.arange(count) + 0.5) * 0.6180339887498949)[0]
    # np.unique would do as well, but imports all of numpy.ma
    chosen: Indices = group[np.flatnonzero(np.bincount((places * group.size).astype(np.intp)))]
    return chosen


class _State:
    """What is known of every entry so far: the best value with its bound and step, [P] each."""

    def __init__(self, batches: Evaluations, here: float) -> None:
        size = batches.flat.size
        self.batches = batches
        self.owners = np.repeat(np.arange(len(batches.arrays)), np.diff(batches.starts))
        self.here = here
        self.near_noise = 0.0
        self.noise = Noise(np.zeros(size), EPS)
        self.steps = np.concatenate([*map(_first_steps, batches.groups(batches.flat)), []])
        self.values = np.zeros(size)
        self.bounds = np.full(size, np.inf)
        self.spans = np.zeros(size)
        self.moved = np.zeros(size, dtype=bool)
        self.coarse = np.zeros(size, dtype=bool)
        self.blind = np.zeros(size, dtype=bool)
        self.kinked = np.zeros(size, dtype=bool)

    def forget(self, entries: Indices) -> None:
        """Drop their values and bounds; the steps stay."""
        self.values[entries] = 0.0
        self.bounds[entries] = np.inf
        self.spans[entries] = 0.0
        for flags in (self.coarse, self.blind, self.kinked):
            flags[entries] = False

    def listen(self, entries: Indices) -> None:
        """The noise while nothing is known of the steps: so near that any loss is smooth. It is
        the median, and at least the loss's last digit. (Half of that is the most that rounding
        the result can do, but a sum over samples whose errors have one sign, where none of them
        moves, does more.) Entries that are much noisier have their own.
        """
        at = np.abs(self.batches.flat[entries])
        near = np.where(at > 0, np.minimum(at, self.steps[entries]), self.steps[entries])
        here = np.zeros(len(entries))
        own = np.sqrt(hear(self.batches, entries, here, near[:, None] * NEAREST))
        least = EPS * abs(self.here)
        self.near_noise = max(_median(own), least)
        few = entries.size < PILOTS  # so few that their median may be such a kink itself
        loud = np.flatnonzero(own > 4.0 * (least if few else self.near_noise))
        if loud.size:  # a kink at the point sounds like noise, but only there
            for side in (0.25 * self.steps[entries[loud]], -0.25 * self.steps[entries[loud]]):
                aside = hear(self.batches, entries[loud], side, near[loud, None] * NEAREST)
                own[loud] = np.fmin(own[loud], np.sqrt(aside))
            self.near_noise = max(_median(own), least)
        # Noise far above the last digit comes from a cancellation inside the loss (an offset, a
        # residual near 0), which does not grow with the loss.
        ratio = self.near_noise / least if least else 1.0
        level = np.full(self.batches.flat.size, self.near_noise)
        level[entries] = np.where(own > 4.0 * self.near_noise, own, self.near_noise)
        self.noise = Noise(level, EPS * min(ratio, 16.0))

    def listen_again(self, group: Indices, pilots: Indices) -> bool:
        """The noise of one parameter with the steps known, one step away: near the point a loss
        can be much less noisy than where the differences are taken (at an optimum of value 0).
        Whether there is so much more of it that the bounds must be drawn up again."""
        smooth = pilots[np.isfinite(self.bounds[pilots]) & ~self.kinked[pilots]]
        resolved = smooth[~self.blind[smooth]]
        smooth = resolved if resolved.size else smooth  # slopes of 0 look unresolved
        steps = self.steps[smooth]
        variances = hear(self.batches, smooth, steps, steps[:, None] * NEAR)
        heard = variances[~np.isnan(variances)]
        if not heard.size:
            return False
        few = (1.0 + 2.0 / heard.size) ** 0.5  # from few entries it may come out too low
        before = self.noise.level[smooth]
        self.noise.level[group] = max(few * float(np.mean(heard)) ** 0.5, self.near_noise)
        own = np.fmax(np.sqrt(variances), max(few * _median(np.sqrt(heard)), self.near_noise))
        self.noise.level[smooth] = np.maximum(own, before)
        return bool((self.noise.level[smooth] > 1.25 * before).any())

    def found(self) -> Found:
        """What is known. Where even the last step was blind, and not because of a kink, the slope
        may be anything: the bound reaches 0."""
        blind = self.blind & ~self.kinked
        bounds = self.bounds + np.where(blind, np.abs(self.values), 0.0)
        return Found(self.values, bounds, self.spans, self.steps, ~self.moved, self.near_noise)

    def good(self, entries: Indices) -> Array:
        """Of each entry the bound that needs no improvement: GOOD times the largest value known
        of its parameter."""
        known = np.where(self.blind, 0.0, np.abs(self.values))
        largest = np.zeros(len(self.batches.arrays))
        np.maximum.at(largest, self.owners, known)
        return np.asarray(GOOD * largest[self.owners[entries]])

    def refine(self, entries: Indices, enough: Array) -> None:
        """Measure ``entries`` until each bound is good, or below ``enough`` [P], or the step is
        bracketed."""
        size = self.batches.flat.size
        low, high = np.zeros(size), np.full(size, np.inf)  # too small, too large a step
        unmoved = np.zeros(size, dtype=int)  # times in a row that the loss did not change
        begun, steps = self.steps.copy(), self.steps.copy()
        for _ in range(ROUNDS):
            if not entries.size:
                return
            h = steps[entries]
            seen = measure(self.batches, self.here, entries, h, self.noise)
            large = seen.coarse | (
                (seen.bounds >= self.bounds[entries]) & (h > self.steps[entries])
            )
            self._keep(entries, seen, h)
            self.moved[entries] |= ~seen.flat
            high[entries] = np.where(large, np.minimum(high[entries], h), high[entries])
            low[entries] = np.where(large, low[entries], np.maximum(low[entries], h))
            unmoved[entries] = np.where(seen.flat, unmoved[entries] + 1, 0)
            unseen = seen.bounds > 1e-3 * np.abs(seen.values)
            steps[entries] = _next(low[entries], high[entries], np.where(unseen, FAR, NEXT))
            finest = 64.0 * self.batches.resolution * np.abs(self.batches.flat[entries])
            done = self.bounds[entries] <= np.maximum(self.good(entries), enough[entries])
            done |= (high[entries] <= 4.0 * low[entries]) | (unmoved[entries] == 2)
            done |= steps[entries] < np.maximum(finest, 1e-300)
            done |= seen.kinked & (h < KINK * begun[entries])
            entries = entries[~done]

    def _keep(self, entries: Indices, seen: Measurement, steps: Array) -> None:
        """Keep the better of what is known and what was seen.

        Truncation is judged less surely than noise. So where the larger step was too large, its
        bound must be much the smaller one to be preferred. Of two intervals that exclude each
        other that of the smaller step is kept, widened to cover the other one, unless the larger
        step was too large. One drawn up while blind gives way to a smaller step in any case.
        """
        values, bounds = self.values[entries], self.bounds[entries]
        smaller = steps < self.steps[entries]
        with np.errstate(invalid="ignore"):
            between = np.abs(seen.values - values)
            excluded = np.isfinite(between) & (between > seen.bounds + bounds)
        handicap = np.where(seen.coarse, UNSURE, 1.0) / np.where(self.coarse[entries], UNSURE, 1.0)
        # At a kink noise hides the second slope before it hides the first.
        handicap = np.where(self.kinked[entries] & ~seen.kinked, KINK_GONE, handicap)
        better = seen.bounds * handicap < bounds
        coarse = np.where(smaller, self.coarse[entries], seen.coarse)  # of the larger step
        better = np.where(excluded, smaller, better)
        better |= smaller & (self.blind[entries] | seen.blind)
        kept, left = np.where(better, [seen.bounds, bounds], [bounds, seen.bounds])
        kept = np.where(excluded & ~coarse, between + left, kept)
        self.values[entries] = np.where(better, seen.values, values)
        self.bounds[entries] = kept
        self.steps[entries] = np.where(better, steps, self.steps[entries])
        self.spans[entries] = np.where(better, seen.spans, self.spans[entries])
        self.kinked[entries] = np.where(better, seen.kinked, self.kinked[entries])
        self.coarse[entries] = np.where(better, seen.coarse, self.coarse[entries])
        self.blind[entries] = np.where(better, seen.blind, self.blind[entries])


def _median(values: Array) -> float:
    """The median of those that are not nan; 0 if there are none."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return 0.0
    # np.median would do as well, but imports all of numpy.ma
    return float(known[(known.size - 1) // 2] + known[known.size // 2]) / 2


def _first_steps(values: Array) -> Array:
    """A guess for one parameter: an eighth of its entries' size, as a power of two."""
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    size = largest * float(np.sqrt(np.mean((values / largest) ** 2))) if values.size else 1.0
    return np.full(values.size, np.exp2(np.round(np.log2(0.125 * (size or 1.0)))))


def _next(low: Array, high: Array, factor: Array) -> Array:
    """The next step: between the two sides if both are known, else further the same way."""
    with np.errstate(all="ignore"):
        middle = np.exp2(np.round(0.5 * (np.log2(low) + np.log2(high))))
    onward = np.where(low > 0, low * factor, high / factor)
    return np.where((low > 0) & np.isfinite(high), middle, onward)
