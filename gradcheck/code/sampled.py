"""Gradients of too many entries to measure every one: sampled, and the wrong ones located."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.code.question import Question
from gradcheck.code.row_verdicts import BOTH_ZERO, DROWNED
from gradcheck.evidence.numeric import TRUST, NumericGradient
from gradcheck.evidence.numeric.directions import Claim
from gradcheck.evidence.numeric.sampling import DIRECTIONS, MISSED, SAMPLE, Block, Sampled, sample
from gradcheck.language.verdict import Verdict

Array = NDArray[Any]
Arrays = Mapping[str, Array]

NEGLIGIBLE = 1e-8
"""Of the slope of the steepest parameter: a smaller one need not be seen."""


@dataclass(frozen=True, slots=True)
class SampledGradient:
    """What sampling found, as rows and as a gradient that knows the entries measured."""

    rows: tuple[GradientRow, ...]
    numeric: NumericGradient
    evaluations: int
    method: str
    notes: tuple[str, ...]
    interrupted: bool


def sampled_gradient(question: Question) -> SampledGradient:
    """Check the claim along random directions, a parameter at a time, and measure the entries that
    turn out wrong."""
    point, claimed = question.point, question.claimed
    claim = _claim(question)
    found = sample(claim, [array.shape for array in point.values()], question.seed)
    numeric = _measured(claim, point, found)
    named = list(zip(point, found.blocks, strict=True))
    steepest = max((block.slope * _size(point[name]) for name, block in named), default=0.0)
    rows = tuple(
        _row(name, block, claimed[name], numeric, steepest * NEGLIGIBLE / _size(point[name]))
        for name, block in named
    )
    method = f"random directions, {found.method}"
    notes = tuple(_notes(claim, found))
    return SampledGradient(rows, numeric, found.evaluations, method, notes, found.interrupted)


def _claim(question: Question) -> Claim:
    functions, point = question.functions, question.point
    sizes = [array.size for array in point.values()]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)

    def arrays(flat: Array) -> dict[str, Array]:
        parts = zip(point.items(), pairwise(starts), strict=True)
        return {name: flat[a:b].reshape(array.shape) for (name, array), (a, b) in parts}

    def gradient(flat: Array) -> Array:
        return _joined(functions.gradient(arrays(flat)), point).astype(np.float64)

    def complex_loss(flat: Array) -> complex:
        found = np.asarray(functions.other(arrays(flat)))
        if found.dtype.kind != "c" or found.size != 1:
            raise TypeError("the loss of complex numbers is no complex number")
        return complex(found.reshape(()))

    return Claim(
        lambda flat: functions.nearby(arrays(flat)),
        gradient,
        _joined(point, point),
        starts,
        _joined(question.claimed, point),
        _joined(question.noise, point),
        complex_loss if question.precision.double else None,
    )


def _joined(arrays: Arrays, like: Arrays) -> Array:
    return np.concatenate([*(np.ravel(arrays[name]) for name in like), np.zeros(0)])


def _size(array: Array) -> float:
    """Of a typical entry."""
    return float(np.sqrt(np.mean(array**2))) or 1.0 if array.size else 1.0


def _measured(claim: Claim, point: Arrays, found: Sampled) -> NumericGradient:
    """The entries measured by themselves. Of parameters in which nothing else is wrong, all others
    are what is claimed, within what would have been missed; the rest have infinite bounds."""
    values, bounds = claim.claimed.copy(), np.full(claim.point.size, np.inf)
    spans = np.zeros(claim.point.size)
    for members, block in zip(claim.blocks, found.blocks, strict=True):
        if block.visible is not None and (block.located or not block.refuted):
            bounds[members] = block.visible / TRUST
        values[block.entries], bounds[block.entries] = block.values, block.bounds
        spans[block.entries] = block.spans
    flat = np.zeros(claim.point.size, dtype=bool)
    cut: list[dict[str, Array]] = [
        {
            name: whole[a:b].reshape(array.shape)
            for (name, array), (a, b) in zip(point.items(), pairwise(claim.starts), strict=True)
        }
        for whole in (values, bounds, spans, flat)
    ]
    return NumericGradient(cut[0], cut[1], cut[2], cut[3], found.evaluations, noise=0.0)


def _row(
    name: str,
    block: Block,
    claimed: Array,
    numeric: NumericGradient,
    negligible: float,
) -> GradientRow:
    if not claimed.size:
        return GradientRow(name, claimed.shape, Verdict.AGREES, 0, 0, note="it has no entries")
    if block.visible is None:
        note = "not decided: the check was stopped before it"
        return GradientRow(name, claimed.shape, Verdict.UNDECIDED, claimed.size, 0, note=note)
    visible = block.visible if np.isfinite(block.visible) else None
    if not block.refuted:
        verdict, note = Verdict.AGREES, f"along {DIRECTIONS} random directions"
        if visible is None or (block.slope <= visible and visible > negligible):
            verdict, note = Verdict.UNDECIDED, DROWNED
        elif not claimed.any():
            note = f"{BOTH_ZERO} {note}"
        return GradientRow(
            name, claimed.shape, verdict, claimed.size, claimed.size, visible=visible, note=note
        )
    return _refuted(name, block, claimed, numeric, visible)


def _refuted(
    name: str, block: Block, claimed: Array, numeric: NumericGradient, visible: float | None
) -> GradientRow:
    apart = numeric.apart(name, claimed)
    wrong = int(np.count_nonzero(apart > 1.0))
    if not wrong:
        note = "not decided: it differs along a random direction, but no single entry could be told"
        return GradientRow(
            name, claimed.shape, Verdict.UNDECIDED, claimed.size, 0, visible=visible, note=note
        )
    worst = np.unravel_index(int(np.argmax(apart)), claimed.shape)
    span = float(numeric.spans[name][worst])
    error = max(0.0, abs(float(claimed[worst] - numeric.values[name][worst])) - span)
    return GradientRow(
        name=name,
        shape=claimed.shape,
        verdict=Verdict.WRONG,
        entries=claimed.size,
        checked=claimed.size,
        largest_error=error,
        bound=float(numeric.bounds[name][worst]) - span,
        worst_entry=tuple(int(i) for i in worst),
        claimed=float(claimed[worst]),
        numeric=float(numeric.values[name][worst]),
        visible=visible,
        wrong_entries=wrong,
        note=_told(block, claimed.shape, wrong),
    )


def _told(block: Block, shape: tuple[int, ...], wrong: int) -> str:
    """How much of a parameter is wrong."""
    if block.located:
        return "the wrong entry" if wrong == 1 else f"all {wrong} wrong entries"
    if not block.many:
        return f"{wrong} wrong {'entry' if wrong == 1 else 'entries'}, and more that are not told"
    places = [_place(axis, ranges, shape) for axis, ranges in block.where]
    where = " and ".join(place for place in places if place) or "throughout"
    return f"too many to name, {where}: {wrong} of {len(block.entries)} drawn there are wrong"


def _place(axis: int, ranges: tuple[range, ...], shape: tuple[int, ...]) -> str:
    """Indices along an axis, as ``[17, :]``; nothing if they are all."""
    indices = [k for span in ranges for k in span]
    if not indices or len(indices) == shape[axis]:
        return ""
    spans = [f"{r.start}:{r.stop}" if len(r) > 1 else f"{r.start}" for r in ranges]
    told = ", ".join(spans[:4]) + (f", … ({len(indices)} of {shape[axis]})" if spans[4:] else "")
    return f"at index {told} of axis {axis}"


def _notes(claim: Claim, found: Sampled) -> list[str]:
    notes = [
        f"{claim.point.size} entries: each parameter was sampled along {DIRECTIONS} random "
        "directions that move all of its entries; `visible` (in tables: seen from) is the 2-norm "
        f"of an error that would have been missed with a probability of {MISSED:g}",
    ]
    if any(block.refuted for block in found.blocks):
        notes.append(
            "wrong entries were located by sparse recovery, and measured one by one by real "
            f"differences; of more than can be named, {SAMPLE} were drawn"
        )
    if found.why:
        notes.append(f"no complex step: {found.why}")
    return notes
