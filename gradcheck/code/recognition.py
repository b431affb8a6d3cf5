"""What is recognised about gradient code and named, so that nobody is accused of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.measured import Evidence
from gradcheck.code.row_verdicts import DROWNED, STATIONARY
from gradcheck.code.steadiness import STEADY, Steadiness
from gradcheck.code.user_functions import Functions
from gradcheck.language.finding import RULES
from gradcheck.language.verdict import Verdict

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
    _domain(evidence, functions, findings)
    return rows, tuple(findings)


def _with_verdict(row: GradientRow, verdict: Verdict, note: str) -> GradientRow:
    return replace(row, verdict=verdict, note="; ".join(part for part in (note, row.note) if part))


def _unsteady(rows: Rows, steadiness: Steadiness, findings: Findings) -> Rows:
    what = "loss" if steadiness.scatter >= steadiness.gradient else "gradient"
    by = max(steadiness.scatter, steadiness.gradient)
    if steadiness.grows and steadiness.scatter <= STEADY:
        findings.append(
            CodeFinding(
                RULES["GC510"],
                "every call of the gradient adds the same to that of the call before: what it "
                "collects is not set to 0 between calls",
                suggestion="begin with zeros in every call (zero_grad), or return a new array",
            )
        )
    else:
        findings.append(_scattered(what, by))
    reason = f"not decided: the {what} is not deterministic"
    return tuple(replace(row, verdict=Verdict.UNDECIDED, note=reason) for row in rows)


def _scattered(what: str, by: float) -> CodeFinding:
    return CodeFinding(
        RULES["GC510"],
        f"the {what} is another every time it is called at the same parameters "
        f"(by {by:.1e} of its size): no gradient can be compared with it",
        suggestion="draw dropout masks and noise from a generator seeded anew in every call, "
        "or pass them in",
    )


def _another_gradient(evidence: Evidence, rows: Rows, findings: Findings) -> Rows:
    """A gradient of something else than this loss by these parameters."""
    wrong = [row for row in rows if row.verdict is Verdict.WRONG]
    names = [row.name for row in wrong if _by_log(evidence, row)]
    if names:  # one number alone tells nothing, beside others it does
        names = [row.name for row in wrong if _by_log(evidence, row, alone=False)]
        findings.append(
            CodeFinding(
                RULES["GC515"],
                f"{', '.join(names)}: the gradient is θ times ∂L/∂θ, right by log θ, not by θ",
                parameter=names[0] if len(names) == 1 else None,
                suggestion="pass log θ as the parameter, or divide by θ",
            )
        )
    reason = "not decided: right if log θ is meant to be the parameter"
    return tuple(
        _with_verdict(row, Verdict.UNDECIDED, reason) if row.name in names else row for row in rows
    )


def _by_log(evidence: Evidence, row: GradientRow, *, alone: bool = True) -> bool:
    """Whether the claim is right by the logarithm of the parameter; ``alone`` it must be told from
    being right by a constant multiple of it."""
    point, seen = evidence.point[row.name], evidence.seen(row.name)
    if (point <= 0.0).any() or (alone and np.unique(point[seen]).size < 2):
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


def _domain(evidence: Evidence, functions: Functions, findings: Findings) -> None:
    edges = evidence.numeric.edges
    if not edges:
        return
    others = f" and {len(edges) - 1} more" if len(edges) > 1 else ""
    raised = f" (it raised {functions.raised})" if functions.raised else ""
    findings.append(
        CodeFinding(
            RULES["GC512"],
            f"the loss has no value on one side of {edges[0]}{others}{raised}: "
            "measured to the other side only",
            suggestion="check at a point inside the domain of the loss",
        )
    )
