"""Two terms compared at real points, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice, product
from random import Random

from gradcheck.evidence.witness.components import Components, Undefined
from gradcheck.language.typed import Term, World, letters

POINTS = 9
ENTRIES = 12
"""Entries of the grid that are looked at, at the first point; fewer at each later one."""
SHORTEST = 2
SAME = 1e-20
DIFFERENT = 1e-12


class Outcome(Enum):
    """What real points say."""

    AGREE = "agree"
    DIFFER = "differ"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Comparison:
    """The outcome; where the sides differ, the entry and both values."""

    outcome: Outcome
    at: Mapping[str, int]
    sizes: Mapping[str, int]
    left: float = 0.0
    right: float = 0.0


def compare(
    left: Term,
    right: Term,
    world: World,
    *,
    seed: int = 0,
    at: Mapping[str, int] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Comparison:
    """Whether both sides have the same values at random real points.

    ``at`` asks about one entry only, ``sizes`` fixes the lengths of the axes. They differ if they
    do by more than 10⁻¹² of the larger, agree if they do to 20 digits wherever both have values.
    """
    seen = 0
    lengths: Mapping[str, int] = {}
    for point in range(POINTS):
        lengths = sizes or _sizes(left, right, world, point)
        components = Components(world, lengths, seed, point)
        for entry in [at] if at is not None else _entries(left, right, lengths, point):
            try:
                one, other = components.value(left, entry), components.value(right, entry)
            except Undefined:
                continue
            scale = max(abs(one), abs(other))
            if abs(one - other) > DIFFERENT * scale and scale > SAME:
                return Comparison(Outcome.DIFFER, entry, lengths, float(one), float(other))
            if abs(one - other) > SAME * max(scale, 1):
                return Comparison(Outcome.UNKNOWN, entry, lengths, float(one), float(other))
            seen += 1
    return Comparison(Outcome.AGREE if seen > 1 else Outcome.UNKNOWN, {}, lengths)


def _sizes(left: Term, right: Term, world: World, point: int) -> dict[str, int]:
    """Short lengths, longer at later points, different for different axes."""
    axes = {axis for free in world.free.values() for axis in free.axes}
    axes |= {a.axis for d in world.definitions.values() for a in d.letters}
    axes |= {a.axis for a in (letters(left) | letters(right)).values()}
    lengths = {a: SHORTEST + (k + point) % 3 for k, a in enumerate(sorted(axes))}
    return lengths | dict(world.lengths)


def _entries(
    left: Term, right: Term, sizes: Mapping[str, int], point: int
) -> Iterator[dict[str, int]]:
    """Entries of the grid of all free letters, in random order."""
    free = letters(left) | letters(right)
    grid = list(islice(product(*(range(1, sizes[a.axis] + 1) for a in free.values())), 4096))
    Random(point).shuffle(grid)
    for position in grid[: max(1, ENTRIES // (1 + point))]:
        yield dict(zip(free, position, strict=True))
