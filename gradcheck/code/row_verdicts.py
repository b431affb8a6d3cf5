"""The verdict on every parameter: claimed entries against numeric ones within their bounds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.code.measured import Evidence
from gradcheck.evidence.numeric import TRUST
from gradcheck.language.verdict import Verdict

DROWNED = "not decided: the gradient is smaller here than what can be seen"
HIDDEN = "not decided: at {count} of {of} entries even a large mistake would not be seen"
STATIONARY = "not decided: every gradient is 0 here, as it would be with any wrong factor"
NOWHERE = "not decided: the loss is not finite near the point"
BOTH_ZERO = "both are 0"


def judged(evidence: Evidence) -> tuple[GradientRow, ...]:
    """One row a parameter, in the user's order."""
    rows = tuple(_row(evidence, name) for name in evidence.names)
    if any(row.verdict is not Verdict.AGREES or row.note != BOTH_ZERO for row in rows):
        return rows
    return tuple(_undecided(row, STATIONARY) for row in rows)


def verdict_of(rows: tuple[GradientRow, ...]) -> Verdict:
    """The worst of all rows."""
    order = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.AGREES)
    return next(v for v in order if any(row.verdict is v for row in rows))


def _undecided(row: GradientRow, note: str) -> GradientRow:
    fields = {name: getattr(row, name) for name in GradientRow.__slots__}
    return GradientRow(**{**fields, "verdict": Verdict.UNDECIDED, "note": note})


def _row(evidence: Evidence, name: str) -> GradientRow:
    claimed, numeric = evidence.claimed[name], evidence.numeric
    measured = np.isfinite(numeric.bounds[name])
    if not claimed.size:
        return GradientRow(name, claimed.shape, Verdict.AGREES, 0, 0, note="it has no entries")
    if not measured.any():
        return GradientRow(name, claimed.shape, Verdict.UNDECIDED, claimed.size, 0, note=NOWHERE)
    apart = np.where(measured, numeric.apart(name, claimed), -1.0)
    wrong = apart > 1.0
    worst = np.unravel_index(int(np.argmax(apart)), claimed.shape)
    span = numeric.spans[name]
    outside = np.maximum(np.abs(claimed - numeric.values[name]) - span, 0.0)
    bounds = numeric.bounds[name] - span
    verdict, note = (Verdict.WRONG, "") if wrong.any() else _unrefuted(evidence, name, measured)
    return GradientRow(
        name=name,
        shape=claimed.shape,
        verdict=verdict,
        entries=claimed.size,
        checked=int(np.count_nonzero(measured)),
        largest_error=float(outside[measured].max()),
        bound=float(bounds[worst]),
        worst_entry=tuple(int(i) for i in worst),
        claimed=float(claimed[worst]),
        numeric=float(numeric.values[name][worst]),
        visible=float(TRUST * bounds[measured].max()),
        wrong_entries=int(np.count_nonzero(wrong)),
        note="; ".join(part for part in (note, _kinks(span), _unmeasured(measured)) if part),
    )


def _unrefuted(evidence: Evidence, name: str, measured: NDArray[np.bool_]) -> tuple[Verdict, str]:
    """Nothing contradicts the claim: whether that says anything."""
    if not measured.all():
        return Verdict.UNDECIDED, NOWHERE
    if evidence.seen(name).any():
        return _seen_in_part(evidence, name)
    numeric, claimed = evidence.numeric, evidence.claimed[name]
    if not claimed.any() and numeric.flat[name].all():
        return Verdict.AGREES, BOTH_ZERO
    # Nothing of it is seen: no loss if it is nothing beside what the other parameters do.
    reach = TRUST * numeric.bounds[name].max() * _scale(evidence, name)
    others = max((_effect(evidence, other) for other in evidence.names), default=0.0)
    if reach <= NEGLIGIBLE * others:
        return Verdict.AGREES, "0 as far as can be seen"
    return Verdict.UNDECIDED, DROWNED


def _seen_in_part(evidence: Evidence, name: str) -> tuple[Verdict, str]:
    """Some entries are seen: whether the others could hold more than everything that is."""
    bounds = evidence.numeric.bounds[name] - evidence.numeric.spans[name]
    others = max(_effect(evidence, other) for other in evidence.names)
    hidden = TRUST * bounds * _scale(evidence, name) > others
    if not hidden.any():
        return Verdict.AGREES, ""
    count = int(np.count_nonzero(hidden))
    return Verdict.UNDECIDED, HIDDEN.format(count=count, of=bounds.size)


NEGLIGIBLE = 1e-8
"""Of the largest effect on the loss that a change of any parameter by its own size has."""


def _scale(evidence: Evidence, name: str) -> float:
    point = evidence.point[name]
    return float(np.abs(point).max(initial=0.0)) or 1.0


def _effect(evidence: Evidence, name: str) -> float:
    """What the loss changes by if a parameter changes by its own size, of entries that are seen."""
    values = np.where(evidence.seen(name), np.abs(evidence.numeric.values[name]), 0.0)
    effect = float(values.max(initial=0.0)) * _scale(evidence, name)
    return effect if math.isfinite(effect) else 0.0


def _kinks(span: NDArray[np.float64]) -> str:
    count = int(np.count_nonzero(span))
    return f"kink at {count} {'entry' if count == 1 else 'entries'}" if count else ""


def _unmeasured(measured: NDArray[np.bool_]) -> str:
    count = int(np.count_nonzero(~measured))
    return f"{count} not measured" if count else ""
