"""Gradients at kinks: what may be claimed there, and the comparison beside them.

A loss with a kink at the point (ReLU at 0, a tie) has no gradient there. Along one entry any slope
between those of the two sides is right; where several kinks meet, code that takes 0 for each of
them may be outside even of these. What it must be is right beside the kink.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.code.measured import Evidence
from gradcheck.language.verdict import Verdict

Array = NDArray[Any]
Arrays = Mapping[str, Array]

AWAY = 2.0**-7
"""How far beside the kink the gradient is compared, relative to the size of the parameters."""
NEARBY, SIDES = 2.0**-20, 16
"""Where and how often the claimed gradient is asked for the values it takes about a kink."""
ONE = 1e-3
"""Of a jump: by so much less the slopes about a single kink leave the range of its two sides."""
BESIDE = "kink: compared beside it"
BLURRED = "not decided: kinks are too near to tell their slopes apart in so few digits"


def kinked(evidence: Evidence) -> bool:
    """Whether the loss has a kink at the point, or so near that no step fits between."""
    return any(span.any() for span in evidence.numeric.spans.values())


def beside(point: Arrays, random: np.random.Generator, distance: float = AWAY) -> dict[str, Array]:
    """Another point, near this one and in general position."""
    return {
        name: array + distance * _size(array) * random.normal(size=array.shape)
        for name, array in point.items()
    }


def lenient(evidence: Evidence, random: np.random.Generator) -> Evidence:
    """The evidence with room, at the kinked entries, for the values that the claimed gradient takes
    about the point, and as much again on both sides. For a claim that is right beside the kink."""
    claims = [evidence.gradient(beside(evidence.point, random, NEARBY)) for _ in range(SIDES)]
    values, bounds, spans = {}, {}, {}
    for name, span in evidence.numeric.spans.items():
        value, bound = evidence.numeric.values[name], evidence.numeric.bounds[name]
        about = np.stack([claim[name].astype(np.float64) for claim in claims])
        low = np.minimum(value - span, about.min(axis=0))
        high = np.maximum(value + span, about.max(axis=0))
        # One kink alone has the slopes of its two sides, and none beyond.
        several = (span > 0.0) & (high - low > 2.0 * span + ONE * span)
        room = 1.5 * (high - low)
        values[name] = np.where(several, 0.5 * (low + high), value)
        spans[name] = np.where(several, room, span)
        bounds[name] = np.where(several, bound - span + room, bound)
    return replace(
        evidence, numeric=replace(evidence.numeric, values=values, bounds=bounds, spans=spans)
    )


def settled(
    at: tuple[GradientRow, ...], near: tuple[GradientRow, ...], *, double: bool
) -> tuple[GradientRow, ...]:
    """The rows at a kink, given those beside it: what is wrong beside it is wrong, and what could
    not be seen because of the kink is as it is beside it.

    Unless the loss is ``double``, differences need steps so large that they cross other kinks: what
    seems wrong at the point and is right beside it is not decided.
    """
    rows = []
    for row, other in zip(at, near, strict=True):
        told = "; ".join(part for part in (row.note, BESIDE) if part)
        blurred = not double and row.verdict is Verdict.WRONG and other.verdict is Verdict.AGREES
        if blurred:
            rows.append(replace(row, verdict=Verdict.UNDECIDED, note=f"{BLURRED}; {row.note}"))
        elif row.verdict is Verdict.WRONG or "kink" not in row.note:
            rows.append(row)
        elif other.verdict is Verdict.WRONG or row.verdict is Verdict.UNDECIDED:
            rows.append(replace(other, note="; ".join(filter(None, (other.note, BESIDE)))))
        else:
            rows.append(replace(row, note=told))
    return tuple(rows)


def _size(array: Array) -> float:
    return (float(np.sqrt(np.mean(array**2))) if array.size else 0.0) or 1.0
