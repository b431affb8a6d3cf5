"""The slope of a loss along one entry, seen at every scale: for losses that are not smooth.

Differences assume that a loss is smooth between the points at which it is called. One that is
rounded, looked up in a table or stopped by a tolerance is not: near by it stands still, or follows
one of many pieces, while over a longer way it has the slope of what it approximates. One that
oscillates within a step seems noisy, and has its own slope on a shorter way. So a polynomial is
fitted on intervals of all lengths, from the last digits of the entry to beyond its size. And what
no fit describes is bisected: a jump stays however near one looks, and so does the change of slope
at a kink, while those of a smooth loss vanish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS

POINTS = 32
DEGREES = ((5, 3), (15, 13))
"""Of the fits, and of those by which their truncation is judged. The low ones are for noise."""
SHORTEST, LONGEST, RATIO = 2.0**6, 0.5, 4.0
"""Half intervals: from so many last digits of the entry to so many times its size, each times the
one before. Further away code may be at the end of its domain, or never return."""
FARTHER = 4.0
"""Times its size, where the loss stands still as far as that."""
SCATTERS = 4.0
"""Standard deviations of its scatter that the bound of a slope allows for."""
HALVINGS = 44
"""Of an interval, after which a bend is a trillionth of what it was."""
STAYS = 0.25
"""Of what the loss, or its slope, changes by over an interval: so much stays, however short it is,
at a jump."""
BENT = 12
"""Cuts, each to 3/8, within which a bend is not told from a kink."""
LAST_DIGITS = 64.0
"""Of the loss: what is smaller is no jump."""

_NODES = np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS)[::-1]
_ORDERS = np.arange(DEGREES[1][0] + 1)
_SLOPE = _ORDERS * np.sin(0.5 * np.pi * _ORDERS)  # T_k'(0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Slope of a loss on the interval of ``half`` its length about an entry's value ``at``, and its
    bound; the points and what the fit leaves of the loss there, [points + 1] each, ``at`` among
    them. ``fit`` are the coefficients of Chebyshev polynomials over the interval."""

    at: float
    half: float
    slope: float
    bound: float
    points: Array
    rest: Array
    fit: Array

    def allows(self, slope: float) -> bool:
        """Whether the loss may have another slope at this scale."""
        return abs(slope - self.slope) <= self.bound

    def fitted(self, points: Array) -> Array:
        """The fit at points within the interval, [n], up to a constant."""
        return np.asarray(_design(points, self.at, self.half)[:, : self.fit.size] @ self.fit)


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the loss jumps, or its slope does: by how much, and how far from the entry's
    value."""

    size: float
    distance: float


def scales(evaluations: Evaluations, entry: int) -> list[Scale]:
    """From short to long; those where the loss is not finite are left out."""
    here = evaluations.here()
    at = float(evaluations.flat[entry])
    halves = _halves(evaluations, entry).tolist()
    found: list[Scale] = []
    flat = True
    while halves:
        half = halves.pop(0)
        points = np.sort(np.append(evaluations.rounded(at + half * _NODES), at))
        rises = _losses(evaluations, entry, points) - here
        flat = flat and not rises.any()
        if np.isfinite(rises).all() and np.unique(points).size == points.size:
            found.append(_fitted(points, at, rises, half, EPS * abs(here)))
        if not halves and flat and half < FARTHER * reach(evaluations, entry):
            halves.append(half * RATIO)
    return found


def quotients(evaluations: Evaluations, entry: int, least: float) -> Array:
    """Central differences over the same intervals, [n], where the last digits of the loss are less
    than a quarter of ``least`` in them. They say at little cost whether a closer look is worth it.
    """
    here = evaluations.here()
    halves = _halves(evaluations, entry)
    halves = halves[LAST_DIGITS * EPS * abs(here) <= 0.25 * least * halves]
    at = float(evaluations.flat[entry])
    above, below = evaluations.rounded(at + halves), evaluations.rounded(at - halves)
    losses = _losses(evaluations, entry, np.concatenate([above, below]))
    with np.errstate(all="ignore"):
        return np.asarray((losses[: halves.size] - losses[halves.size :]) / (above - below))


def jump(evaluations: Evaluations, entry: int, scale: Scale) -> Break | None:
    """Where the loss jumps within an interval, looked for where the fit leaves most of it; None if
    it bends there, be it ever so sharply."""

    def rests(points: Array) -> Array:
        return _losses(evaluations, entry, points) - scale.fitted(points)

    k = int(np.argmax(np.abs(np.diff(scale.rest))))
    ends = scale.points[k : k + 2]
    left = rests(ends)
    first = abs(left[1] - left[0])
    for _ in range(HALVINGS):
        middle = evaluations.rounded(ends.mean(keepdims=True))
        if not ends[0] < middle[0] < ends[1]:
            break
        three = np.array([left[0], rests(middle)[0], left[1]])
        k = int(np.argmax(np.abs(np.diff(three))))
        ends = np.array([ends[0], middle[0], ends[1]])[k : k + 2]
        left = three[k : k + 2]
    last = abs(left[1] - left[0])
    least = LAST_DIGITS * EPS * abs(evaluations.here())
    if not last > max(STAYS * first, least):
        return None
    return Break(float(last), abs(float(ends.mean()) - scale.at))


def kink(evaluations: Evaluations, entry: int, scale: Scale) -> Break | None:
    """Where the slope of the loss jumps within an interval, as `jump` finds it for the loss."""
    k = int(np.argmax(np.abs(np.diff(scale.rest, 2))))
    low, high = float(scale.points[k]), float(scale.points[k + 2])
    noise = LAST_DIGITS * EPS * abs(evaluations.here())
    changes = [0.0]
    for _ in range(HALVINGS):
        points = evaluations.rounded(np.linspace(low, high, 9))
        with np.errstate(all="ignore"):
            slopes = np.diff(_losses(evaluations, entry, points)) / np.diff(points)
        pairs = np.abs(slopes[2:] - slopes[:-2])  # a kink within a cell shows in its neighbours
        if not np.isfinite(pairs).all() or pairs.max() * (high - low) < 8.0 * noise:
            break
        k = int(np.argmax(pairs))
        low, high = float(points[k]), float(points[k + 3])
        changes.append(float(pairs[k]))
    if len(changes) <= BENT or changes[-1] <= STAYS * max(changes):
        return None
    return Break(changes[-1], abs(0.5 * (low + high) - scale.at))


def _losses(evaluations: Evaluations, entry: int, points: Array) -> Array:
    losses: Array = evaluations.at(np.array([entry], dtype=np.intp), points[None, :])[0]
    return losses


def _design(points: Array, at: float, half: float) -> Array:
    """Chebyshev polynomials over the interval at points, [n, orders]."""
    angles = np.arccos(np.clip((points - at) / half, -1.0, 1.0))
    return np.asarray(np.cos(angles[:, None] * _ORDERS))


def _fitted(points: Array, at: float, rises: Array, half: float, last: float) -> Scale:
    """The better of the two fits to what the loss ``rises`` by; ``last`` is its last digit."""
    own = points == at
    design = _design(points, at, half)
    best = None
    for degree, lower in DEGREES:
        parts = design[~own, : degree + 1]
        inverse = np.linalg.pinv(parts)
        fit = inverse @ rises[~own]
        rest = rises - design[:, : degree + 1] @ fit
        scatter = float(np.linalg.norm(rest[~own])) / (POINTS - degree - 1) ** 0.5
        weights = _SLOPE[: degree + 1] @ inverse
        noise = max(scatter, last, EPS * float(np.abs(rises).max()))
        below = _SLOPE[: lower + 1] @ (np.linalg.pinv(parts[:, : lower + 1]) @ rises[~own])
        slope = float(_SLOPE[: degree + 1] @ fit)
        bound = SCATTERS * noise * float(np.linalg.norm(weights)) + abs(slope - float(below))
        if best is None or bound / half < best.bound:
            best = Scale(at, half, slope / half, bound / half, points, rest, fit)
    assert best is not None
    return best


def _halves(evaluations: Evaluations, entry: int) -> Array:
    size = reach(evaluations, entry)
    digit = evaluations.resolution
    shortest = SHORTEST * digit * max(abs(float(evaluations.flat[entry])) / size, digit)
    count = int(np.log2(LONGEST / shortest) / np.log2(RATIO)) + 1
    return np.asarray(size * (shortest * RATIO ** np.arange(count)))


def reach(evaluations: Evaluations, entry: int) -> float:
    """The size of an entry, or of a typical one of its parameter if that is larger."""
    number = int(np.searchsorted(evaluations.starts, entry, side="right")) - 1
    array = list(evaluations.arrays.values())[number]
    largest = float(np.abs(array).max()) or 1.0  # squares of the largest numbers overflow
    typical = largest * float(np.sqrt(np.mean((array / largest) ** 2)))
    return max(abs(float(evaluations.flat[entry])), typical) or 1.0
