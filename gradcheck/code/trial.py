"""One check of gradient code, from the user's functions to the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.evidence import Evidence, Upstream
from gradcheck.code.functions import Functions
from gradcheck.code.judging import judged, verdict_of
from gradcheck.code.precision import precision_of
from gradcheck.code.recognition import recognised
from gradcheck.code.result import GradientReport
from gradcheck.code.steadiness import steadiness_of
from gradcheck.numeric import NumericGradient, Singles, differentiate, differentiate_again

Array = NDArray[Any]
Arrays = Mapping[str, Array]

ESCALATED = 24
"""Entries of each parameter, the worst first, that are measured a second time on an alarm."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The user's functions, and what to call them; ``upstream`` of a backward pass."""

    functions: Functions
    target: str
    seed: int = 0
    upstream: Upstream | None = None
    notes: tuple[str, ...] = ()


def tried(trial: Trial) -> GradientReport:
    """Measure, compare, judge, and tell what was recognised."""
    functions = trial.functions
    point = {k: np.array(v, dtype=np.float64) for k, v in functions.point.arrays.items()}
    _expect_finite(point, "the parameters hold {value} at {place}: expected finite numbers")
    here = functions.loss(point)
    if not np.isfinite(here):
        raise ValueError(f"the loss is {here} at the parameters given: expected a finite number")
    precision = precision_of(functions, point)
    claimed = {k: v.astype(np.float64) for k, v in functions.gradient(point).items()}
    _expect_finite(claimed, "the gradient is {value} at {place}: expected finite numbers")
    steadiness = steadiness_of(functions, point, precision, trial.seed)
    evaluations = Singles(functions.nearby, point, precision.grid)
    numeric = differentiate(evaluations)
    evidence = Evidence(
        point,
        claimed,
        _widened(numeric, steadiness.noise),
        functions.nearby,
        functions.gradient,
        trial.upstream,
    )
    alarms = _alarms(evidence)
    if alarms.size:
        numeric = differentiate_again(evaluations, numeric, alarms)
        evidence = replace(evidence, numeric=_widened(numeric, steadiness.noise))
    steadiness.look_again(functions, point)
    rows = judged(evidence)
    rows, findings = recognised(evidence, rows, functions, steadiness)
    notes = (*trial.notes, *([precision.note] if precision.note else []))
    return GradientReport(
        trial.target,
        verdict_of(rows),
        rows,
        findings,
        evaluations.evaluations,
        "central differences",
        notes,
    )


def _widened(numeric: NumericGradient, noise: Arrays) -> NumericGradient:
    """The bounds made to hold what the claimed gradient's own rounding may be, too."""
    bounds = {
        # At a kink the last digit decides on the side: that is no noise.
        name: bound + np.where(numeric.spans[name] > 0.0, 0.0, noise[name])
        for name, bound in numeric.bounds.items()
    }
    return replace(numeric, bounds=bounds)


def _alarms(evidence: Evidence) -> NDArray[np.intp]:
    """The entries to be measured again, numbered through: the worst that contradict the claim."""
    found, start = [], 0
    for name in evidence.names:
        apart = evidence.numeric.apart(name, evidence.claimed[name]).ravel()
        worst = np.argsort(-apart, kind="stable")[:ESCALATED]
        found.append(start + np.sort(worst[apart[worst] > 1.0]))
        start += apart.size
    return np.concatenate(found).astype(np.intp)


def _expect_finite(arrays: Arrays, message: str) -> None:
    for name, array in arrays.items():
        lost = np.argwhere(~np.isfinite(array))
        if lost.size:
            index = tuple(int(i) for i in lost[0])
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            raise ValueError(message.format(value=array[index], place=place))
