"""One check of gradient code, from the user's functions to the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.code.kinks import beside, kinked, lenient, settled
from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.measured import Evidence, Upstream
from gradcheck.code.measuring import CONFIRMED, Measured, by_the_loss, measured
from gradcheck.code.precision import Precision, imprecise, precision_of
from gradcheck.code.question import EVERY_ENTRY_UP_TO, Question
from gradcheck.code.recognition import recognised
from gradcheck.code.result import GradientReport
from gradcheck.code.roughness import doubted
from gradcheck.code.row_verdicts import judged, verdict_of
from gradcheck.code.steadiness import noise_of, steadiness_of
from gradcheck.code.user_functions import Functions
from gradcheck.evidence.numeric import TRUST, NumericGradient, differentiate_closely
from gradcheck.language.verdict import Verdict
from gradcheck.run.progress import Progress, progress

Array = NDArray[Any]
Arrays = Mapping[str, Array]

EVALUATIONS_AN_ENTRY = 10
"""About; what a progress bar expects."""
ASIDE = 3
"""Points beside a kink at which a gradient must be wrong, of a loss in few digits."""
CLOSE_UPS = 8
"""Entries of each parameter, the worst first, that are looked at closely."""
DOUBTFUL = 0.25
"""Measured bounds from which on an entry is doubtful; right ones are seldom half as far off."""
STOPPED = "not decided: stopped by the user"


@dataclass(frozen=True, slots=True)
class Trial:
    """The user's functions, and what to call them; ``upstream`` of a backward pass."""

    functions: Functions
    target: str
    seed: int = 0
    upstream: Upstream | None = None
    notes: tuple[str, ...] = ()
    network: LayeredNetwork | None = None
    every_entry_up_to: int | None = EVERY_ENTRY_UP_TO
    progress: Progress = None


def tried(trial: Trial) -> GradientReport:
    """Measure, compare, judge, and tell what was recognised."""
    functions = trial.functions
    point = {k: np.array(v, dtype=np.float64) for k, v in functions.point.arrays.items()}
    _expect_finite(point, "the parameters hold {value} at {place}: expected finite numbers")
    here = functions.loss(point)
    if not np.isfinite(here):
        raise ValueError(f"the loss is {here} at the parameters given: expected a finite number")
    precision = precision_of(functions, point)
    steadiness = steadiness_of(functions, point, precision.grid, trial.seed)
    entries = sum(array.size for array in point.values())
    with progress(trial.progress, EVALUATIONS_AN_ENTRY * entries) as functions.watch:
        found, evidence = _compared(trial, point, precision, steadiness.noise)
        rows, evaluations = _rows(found, evidence), found.evaluations.evaluations
        if steadiness.deterministic and kinked(evidence) and not found.interrupted:
            evidence, rows, more = _beside_the_kink(trial, evidence, precision)
            evaluations += more
    functions.watch = lambda: None
    steadiness.look_again(functions, point)
    rows, doubts = (
        (rows, ()) if found.interrupted else doubted(rows, evidence, functions, precision)
    )
    rows, findings = recognised(evidence, rows, functions, steadiness)
    if verdict_of(rows) is Verdict.WRONG:
        from gradcheck.code.diagnosis import diagnosed  # only a wrong one pays for the import

        findings += diagnosed(evidence, functions, rows, precision.grid, steadiness.noise)
    elif verdict_of(rows) is Verdict.AGREES and precision.double:
        findings += imprecise(evidence, functions, trial.seed)
    stopped = "stopped by the user: this is what was known by then" if found.interrupted else ""
    notes = (*trial.notes, *filter(None, (precision.note, *found.notes, stopped)))
    return GradientReport(
        trial.target,
        verdict_of(rows),
        rows,
        (*doubts, *findings, *found.findings),
        evaluations,
        found.method,
        notes,
    )


def _compared(
    trial: Trial, point: Arrays, precision: Precision, noise: Arrays
) -> tuple[Measured, Evidence]:
    """The claimed gradient beside the numeric one at a point, alarms looked at again."""
    functions = trial.functions
    claimed = {k: v.astype(np.float64) for k, v in functions.gradient(point).items()}
    _expect_finite(claimed, "the gradient is {value} at {place}: expected finite numbers")
    question = Question(
        functions,
        point,
        claimed,
        noise,
        precision,
        trial.seed,
        trial.network,
        trial.every_entry_up_to,
    )
    found = measured(question)
    evidence = Evidence(
        point,
        claimed,
        _widened(found.numeric, noise),
        functions.nearby,
        functions.gradient,
        trial.upstream,
    )
    found, evidence = _looked_at_again(question, found, evidence)
    return found, _looked_at_closely(question, found, evidence)


def _rows(found: Measured, evidence: Evidence) -> tuple[GradientRow, ...]:
    """The verdicts; of a check that the user stopped, what is wrong already is wrong."""
    rows = judged(evidence) if found.rows is None else found.rows
    if not found.interrupted:
        return rows
    return tuple(
        replace(row, verdict=Verdict.UNDECIDED, note=STOPPED)
        if row.verdict is not Verdict.WRONG and row.checked < row.entries
        else row
        for row in rows
    )


def _beside_the_kink(
    trial: Trial, evidence: Evidence, precision: Precision
) -> tuple[Evidence, tuple[GradientRow, ...], int]:
    """The evidence to go by and the rows, where the loss has a kink at the point."""
    random = np.random.default_rng([trial.seed, 1])
    evaluations = 0
    # In few digits the steps are so large that they cross kinks anywhere.
    for _ in range(1 if precision.double else ASIDE):
        point = beside(evidence.point, random)
        if not np.isfinite(trial.functions.nearby(point)):
            return evidence, judged(evidence), evaluations + 1
        noise = noise_of(trial.functions, point, precision.grid, trial.seed)
        found, near = _compared(trial, point, precision, noise)
        evaluations += found.evaluations.evaluations
        near_rows = judged(near)
        if verdict_of(near_rows) is not Verdict.WRONG:
            break
    if verdict_of(near_rows) is Verdict.AGREES:
        evidence = lenient(evidence, random)
    rows = settled(judged(evidence), near_rows, double=precision.double)
    wrong_beside = verdict_of(near_rows) is Verdict.WRONG
    return (near if wrong_beside else evidence), rows, evaluations


def _widened(numeric: NumericGradient, noise: Arrays) -> NumericGradient:
    """The bounds made to hold what the claimed gradient's own rounding may be, too."""
    bounds = {
        # At a kink the last digit decides on the side: that is no noise.
        name: bound + np.where(numeric.spans[name] > 0.0, 0.0, noise[name])
        for name, bound in numeric.bounds.items()
    }
    return replace(numeric, bounds=bounds)


def _looked_at_again(
    question: Question, found: Measured, evidence: Evidence
) -> tuple[Measured, Evidence]:
    """What contradicts the claim, measured a second time. If an entry of a declared network then
    contradicts it no more, all are measured without it."""
    alarms = _apart(evidence, found.escalated)
    if not alarms.size or found.interrupted:
        return found, evidence
    second = found.again(alarms)
    evidence = replace(evidence, numeric=_widened(second, question.noise))
    declared = found.escalated == CONFIRMED and not found.interrupted
    if not declared or not set(alarms) - set(_apart(evidence, None)):
        return found, evidence
    # A loss too noisy to confirm the alarm is not another loss for that.
    why = "by one entry it has another slope" if found.contradicts(second, alarms) else None
    found = by_the_loss(question, why)
    evidence = replace(evidence, numeric=_widened(found.numeric, question.noise))
    return _looked_at_again(question, found, evidence)


def _looked_at_closely(question: Question, found: Measured, evidence: Evidence) -> Evidence:
    """What does not contradict the claim, but is further from it than right gradients are, with
    more digits. A mistake of an entry far smaller than others is below the bound of differences,
    but rarely below the error they really have."""
    entries = _apart(evidence, CLOSE_UPS, above=DOUBTFUL / TRUST, up_to=1.0)
    by_differences = found.exact is None and found.rows is None and question.precision.double
    if not entries.size or found.interrupted or not by_differences:
        return evidence
    closer = differentiate_closely(found.evaluations, evidence.numeric, entries, question.noise)
    return replace(evidence, numeric=closer)


def _apart(
    evidence: Evidence, most: int | None, above: float = 1.0, up_to: float = np.inf
) -> NDArray[np.intp]:
    """The entries that contradict the claim, or are that far apart in units of what they may be,
    numbered through: of each parameter the worst."""
    found, start = [], 0
    for name in evidence.names:
        apart = evidence.numeric.apart(name, evidence.claimed[name]).ravel()
        hits = np.flatnonzero((apart > above) & (apart <= up_to))
        worst = hits[np.argsort(-apart[hits], kind="stable")[:most]]
        found.append(start + np.sort(worst))
        start += apart.size
    return np.concatenate(found).astype(np.intp)


def _expect_finite(arrays: Arrays, message: str) -> None:
    for name, array in arrays.items():
        lost = np.argwhere(~np.isfinite(array))
        if lost.size:
            index = tuple(int(i) for i in lost[0])
            place = f"{name}[{', '.join(map(str, index))}]" if index else name
            raise ValueError(message.format(value=array[index], place=place))
