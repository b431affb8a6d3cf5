"""What is recognised about gradient code and named, so that nobody is accused of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.evidence import Evidence
from gradcheck.code.functions import Functions
from gradcheck.code.judging import DROWNED, STATIONARY
from gradcheck.code.result import CodeFinding, GradientRow
from gradcheck.code.steadiness import Steadiness
from gradcheck.finding import RULES
from gradcheck.verdict import Verdict

Array = NDArray[Any]
Rows = tuple[GradientRow, ...]
Findings = list[CodeFinding]


def recognised(
    evidence: Evidence, rows: Rows, functions: Functions, steadiness: Steadiness
) -> tuple[Rows, tuple[CodeFinding, ...]]:
    """The rows with the verdicts that remain, and what was recognised."""
    findings: Findings = []
    if not steadiness.deterministic:
        rows = _unsteady(rows, steadiness, findings)
    elif any(row.verdict is Verdict.WRONG for row in rows):
        rows = _another_gradient(evidence, rows, findings)
    _behaviour(rows, functions, findings)
    return rows, tuple(findings)


def _with_verdict(row: GradientRow, verdict: Verdict, note: str) -> GradientRow:
    return replace(row, verdict=verdict, note="; ".join(part for part in (note, row.note) if part))


def _unsteady(rows: Rows, steadiness: Steadiness, findings: Findings) -> Rows:
    what = "loss" if steadiness.scatter >= steadiness.gradient else "gradient"
    by = max(steadiness.scatter, steadiness.gradient)
    findings.append(
        CodeFinding(
            RULES["GC510"],
            f"the {what} is another every time it is called at the same parameters "
            f"(by {by:.1e} of its size): no gradient can be compared with it",
            suggestion="draw dropout masks and noise from a generator seeded anew in every call, "
            "or pass them in",
        )
    )
    reason = f"not decided: the {what} is not deterministic"
    return tuple(
        row if row.verdict is Verdict.UNDECIDED else _with_verdict(row, Verdict.UNDECIDED, reason)
        for row in rows
    )


def _another_gradient(evidence: Evidence, rows: Rows, findings: Findings) -> Rows:
    """A gradient of something else than this loss by these parameters."""
    factor = _common_factor(evidence)
    if factor is not None:
        findings.append(
            CodeFinding(
                RULES["GC514"],
                f"every entry is {_told(factor, evidence)} times the gradient of this loss: it is "
                "that of another loss (a mean for a sum, ½ left out, the sign of a maximum)",
                suggestion="take the loss and the gradient of the same quantity",
            )
        )
        return rows
    names = [row.name for row in rows if row.verdict is Verdict.WRONG and _by_log(evidence, row)]
    for name in names:
        findings.append(
            CodeFinding(
                RULES["GC515"],
                f"the gradient of {name} is θ times ∂L/∂θ: it is right by log θ, not by θ",
                parameter=name,
                suggestion=f"pass log {name} as the parameter, or divide by {name}",
            )
        )
    reason = "not decided: right if log θ is meant to be the parameter"
    return tuple(
        _with_verdict(row, Verdict.UNDECIDED, reason) if row.name in names else row for row in rows
    )


def _common_factor(evidence: Evidence) -> float | None:
    """c if the claimed gradient is c times the true one, in all parameters, else None."""
    claimed, true, weight = [], [], []
    for name in evidence.names:
        seen = evidence.seen(name) & (evidence.numeric.spans[name] == 0.0)
        claimed.append(evidence.claimed[name][seen])
        true.append(evidence.numeric.values[name][seen])
        weight.append(1.0 / evidence.numeric.bounds[name][seen])
    c, t, w = (np.concatenate(part) for part in (claimed, true, weight))
    if c.size < 2 or not t.any():
        return None
    with np.errstate(all="ignore"):
        ratios = c / t
    # That of the entry known best: a mean would carry the errors of the others into it.
    factor = float(ratios[np.argmax(np.abs(t) * w)])
    if not np.isfinite(factor) or factor == 0.0:
        return None
    factor = _clean(factor, evidence)
    if evidence.agrees({name: array / factor for name, array in evidence.claimed.items()}):
        return factor
    return None


def _clean(factor: float, evidence: Evidence) -> float:
    """A ratio of small whole numbers, or of sizes that occur, if it is one to nine digits."""
    for bottom in (1, 2, 3, 4, *sorted(_sizes(evidence))):
        top = round(factor * bottom)
        if top and abs(factor * bottom - top) < 1e-9 * abs(top):
            return top / bottom
    return factor


def _sizes(evidence: Evidence) -> set[int]:
    return {n for array in evidence.point.values() for n in (*array.shape, array.size) if n > 1}


def _told(factor: float, evidence: Evidence) -> str:
    for bottom in range(1, 129):
        top = round(factor * bottom)
        if top and abs(factor * bottom - top) < 1e-9 * abs(top):
            return f"{top}/{bottom}" if bottom > 1 else f"{top}"
    return f"{factor:.6g}"


def _by_log(evidence: Evidence, row: GradientRow) -> bool:
    """Whether the claim is right by the logarithm of the parameter, and that can be told from
    being right by a constant multiple of it."""
    point, seen = evidence.point[row.name], evidence.seen(row.name)
    if np.unique(point[seen]).size < 2 or (point <= 0.0).any():
        return False
    return evidence.agrees_in(row.name, evidence.claimed[row.name] / point)


def _behaviour(rows: Rows, functions: Functions, findings: Findings) -> None:
    for name, role in functions.changed.items():
        findings.append(
            CodeFinding(
                RULES["GC511"],
                f"the {role} changes {name} in place: it was given a copy here, "
                "but a caller's own parameters would move",
                parameter=name,
                suggestion=f"write to a copy of {name}",
            )
        )
    for name, how in functions.layouts.items():
        findings.append(
            CodeFinding(
                RULES["GC516"],
                f"the gradient of {name} {how}",
                parameter=name,
                suggestion="return it in the parameter's own shape",
            )
        )
    drowned = [row.name for row in rows if DROWNED in row.note or STATIONARY in row.note]
    if drowned:
        findings.append(
            CodeFinding(
                RULES["GC513"],
                f"this point says nothing about {', '.join(drowned)}: the gradient is smaller here "
                "than the rounding of the loss lets anybody see",
                suggestion="check at parameters drawn at random, of order 1 (away from an optimum, "
                "from saturation and from all zeros), without a large constant in the loss",
            )
        )
