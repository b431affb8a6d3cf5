r"""Which entries of a claimed gradient are wrong: sparse recovery from residuals along directions.

The entries of a block are cut into cells at random. A cell's residual with random weights, r, is 0
if all its entries are right. If exactly one is wrong, the residual s with the same weights times
the entry's place within the cell tells which: s/r is that place. The entry is then measured by
itself, and must account for the whole residual. Cells with more than one wrong entry are cut again
(the hashing and peeling of sparse recovery: Pawar and Ramchandran, IEEE Trans. Inf. Theory 64,
2018; Li, Yin, Pawar, Pedarsani and Ramchandran, "Sub-linear time compressed sensing", 2019).

k wrong entries of n take about 6k residuals, whatever n is. Where nearly all of the cells hold
mistakes, recovery stops: the block is wrong as a whole, or a part of it that `slabs` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array
from gradcheck.evidence.numeric.differences import TRUST
from gradcheck.evidence.numeric.directions import Direction, Probe

Indices = NDArray[np.intp]

FIRST_CUT, CUT = 8, 4  # cells that a block, and a cell that holds several mistakes, is cut into
CROWDED = 7 / 8  # of so many cells with mistakes hardly one has a single mistake
MOST_CELLS = 128  # with mistakes, of a level: there are too many to be named one by one
MANY_CELLS = 32  # of a level, all with mistakes: likewise
PLACE = 0.4  # the place of a wrong entry must be known better than this, to be believed
SLABS = 16  # that an axis is cut into, and each that holds mistakes again
MOST_SLABS = 64


@dataclass(frozen=True, slots=True)
class Recovered:
    """The wrong ``entries``, ascending, numbered through. ``many``: there are more than can be
    named, and ``entries`` is empty."""

    entries: Indices
    many: bool = False


@dataclass(slots=True)
class _Cell:
    """Entries with their weights; the ``residual`` along them, and what it may be off by."""

    members: Indices
    weights: Array
    residual: float = 0.0
    bound: float = 0.0
    found: list[int] = field(default_factory=list)

    @property
    def wrong(self) -> bool:
        return abs(self.residual) > TRUST * self.bound


def recover(probe: Probe, block: int, rng: np.random.Generator) -> Recovered:
    """The wrong entries of a block whose residual is not 0."""
    members = rng.permutation(probe.claim.blocks[block])
    unit = probe.claim.unit(members)
    # Of about one size: no mistake drowns in its cell because its weight is small.
    weights = unit * rng.choice((-1.0, 1.0), members.size) * rng.uniform(0.5, 1.5, members.size)
    cells, found = [_Cell(members, weights)], list[int]()
    _measure(probe, block, cells)
    while cells:
        wrong = [cell for cell in cells if cell.wrong]
        if len(wrong) > MOST_CELLS or MANY_CELLS <= len(cells) == len(wrong):
            return Recovered(np.empty(0, dtype=np.intp), many=True)
        found += [int(cell.members[0]) for cell in wrong if cell.members.size == 1]
        wrong = [cell for cell in wrong if cell.members.size > 1]
        if len(cells) < FIRST_CUT or len(wrong) < CROWDED * len(cells):
            found += _single_mistakes(probe, block, wrong)
            wrong = [cell for cell in wrong if cell.wrong]
        parts = FIRST_CUT if len(cells) == 1 else CUT
        cells = [part for cell in wrong for part in _cut(cell, parts)]
        _measure(probe, block, cells)
    return Recovered(np.sort(np.array(found, dtype=np.intp)))


def _cut(cell: _Cell, parts: int) -> list[_Cell]:
    """A cell in parts, without the entries already found in it."""
    keep = ~np.isin(cell.members, cell.found)
    members, weights = cell.members[keep], cell.weights[keep]
    parts = min(parts, members.size)
    return [
        _Cell(*both)
        for both in zip(np.array_split(members, parts), np.array_split(weights, parts), strict=True)
    ]


def _measure(probe: Probe, block: int, cells: Sequence[_Cell]) -> None:
    if not cells:
        return
    directions = [Direction(block, cell.members, cell.weights) for cell in cells]
    for cell, residual, bound in zip(cells, *probe.residuals(directions), strict=True):
        cell.residual, cell.bound = float(residual), float(bound)


def _single_mistakes(probe: Probe, block: int, cells: Sequence[_Cell]) -> list[int]:
    """The wrong entries of cells that hold one; their residuals are taken off the cells'."""
    places = [_places(cell) for cell in cells]
    weighted = [
        Direction(block, cell.members, cell.weights * place)
        for cell, place in zip(cells, places, strict=True)
    ]
    likely: list[tuple[_Cell, int]] = []
    for cell, place, residual, bound in zip(cells, places, *probe.residuals(weighted), strict=True):
        where = residual / cell.residual
        off = (bound + abs(where) * cell.bound) / abs(cell.residual) * cell.members.size
        number = int(np.argmin(np.abs(place - where)))
        # Bounds are wide: an error is rather a tenth of one, and the entry is measured anyway.
        if off < 10.0 * PLACE and abs(place[number] - where) * cell.members.size < max(PLACE, off):
            likely.append((cell, number))
    singles = [
        Direction(block, cell.members[[number]], cell.weights[[number]]) for cell, number in likely
    ]
    found = []
    if singles:
        for (cell, number), residual, bound in zip(likely, *probe.residuals(singles), strict=True):
            if abs(residual) > TRUST * bound:
                found.append(int(cell.members[number]))
                cell.found.append(found[-1])
                cell.residual -= residual
                cell.bound += bound
    return found


def _places(cell: _Cell) -> Array:
    """Of every entry its place within the cell, between 0 and 1."""
    return (np.arange(cell.members.size) + 0.5) / cell.members.size


def slabs(
    probe: Probe, block: int, shape: tuple[int, ...], axis: int, rng: np.random.Generator
) -> list[range]:
    """Where along an axis of a parameter mistakes are, as ranges of indices: cut into finer ones
    while these leave something out."""
    numbers = probe.claim.blocks[block].reshape(shape)
    unit = probe.claim.unit(numbers.ravel())
    wrong, ranges = [range(shape[axis])], _parts(range(shape[axis]))
    while len(ranges) <= MOST_SLABS:
        cells = []
        for span in ranges:
            members = np.take(numbers, span, axis=axis).ravel()
            cells.append(_Cell(members, unit * rng.standard_normal(members.size)))
        _measure(probe, block, cells)
        wrong = [span for span, cell in zip(ranges, cells, strict=True) if cell.wrong]
        if len(wrong) == len(ranges) or all(len(span) == 1 for span in wrong):
            break
        ranges = [part for span in wrong for part in _parts(span)]
    return wrong


def _parts(span: range) -> list[range]:
    """A range of indices in SLABS parts, or one by one."""
    cuts = np.linspace(span.start, span.stop, min(SLABS, len(span)) + 1).astype(int)
    return [range(int(a), int(b)) for a, b in pairwise(cuts)]
