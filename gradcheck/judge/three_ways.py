"""Document, SymPy and the user's own code, compared three ways at the code's own point.

The code brings its point: its parameters, and the inputs and labels that its case names. They are
laid out as the document has them: ``w_1[hidden, features]``, ``b_1[hidden]``, ``w_2[hidden]``,
``b_2``, inputs ``[samples, features]``, labels ``[samples]``; code may hold them transposed or
with axes of length 1. No gradient is compared before the losses are: at three points the
document's must be one and the same multiple of the code's, in one of the possible layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from gradcheck.code.gradient_rows import GradientRow
from gradcheck.code.process import Answer
from gradcheck.code.protocol import Observation
from gradcheck.code.result import GradientReport
from gradcheck.code.target import Target
from gradcheck.evidence.arrays.arrays import loss_function
from gradcheck.evidence.arrays.lifting import Lifting, NotEvaluated, infer
from gradcheck.evidence.arrays.point import Point
from gradcheck.evidence.numeric import TRUST
from gradcheck.judge import numbers as arrays
from gradcheck.judge.layout import Layout, MissingName, layouts
from gradcheck.judge.numbers import Array, Numbers
from gradcheck.judge.setup_evidence import Evidence
from gradcheck.language.model import Parameter
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import CodeComparison, ComparedGradient

ALIKE = 1e-9
"""What two losses of one formula may differ by in float64, relative to their size."""

NOISE = 1e3
"""… and in lower precision: this many units in the last place."""


class NotComparable(Exception):
    """Document and code cannot be compared; the message says why."""


@dataclass(frozen=True)
class Match:
    """A setup at the code's point: where its loss is ``ratio`` times the code's."""

    evidence: Evidence
    numbers: Numbers
    layout: Layout
    ratio: float


def compare_three(
    evidence: Sequence[Evidence], target: Target, answer: Answer | None
) -> tuple[CodeComparison, ...]:
    """A comparison for each setup that has the code's loss; else one that says why there is none.

    ``answer`` is what came of the target, None if the user did not name it.
    """
    try:
        report, observation = _observation(target, answer)
    except NotComparable as trouble:
        return (CodeComparison(target.text, str(trouble)),)
    found: list[CodeComparison] = []
    reasons: list[str] = []
    for item in evidence:
        try:
            match = _match(item, observation)
        except NotComparable as trouble:
            reasons.append(str(trouble))
            continue
        found.append(_compared(match, report, observation))
    if found:
        return tuple(found)
    reason = next(iter(dict.fromkeys(reasons)), "the document defines no loss to compare with")
    return (CodeComparison(target.text, f"not compared: {reason}"),)


def _observation(target: Target, answer: Answer | None) -> tuple[GradientReport, Observation]:
    if answer is None:
        raise NotComparable(
            f"not run: the front matter names it, the command line does not; add {_named(target)}"
        )
    if answer.report is None:
        raise NotComparable("not compared: it could not be checked")
    observation = answer.observation
    if observation is None:
        raise NotComparable("not compared: a document can be compared with a GradientCase only")
    if not observation.points:
        raise NotComparable("not compared: it holds too many numbers")
    return answer.report, observation


def _named(target: Target) -> str:
    return f"{target.source}:{target.name}"


def _match(evidence: Evidence, observation: Observation) -> Match:
    """The setup at the code's point, in the layout in which the two losses are proportional."""
    if evidence.setup.model_problem is not None:
        raise NotComparable(evidence.setup.model_problem)
    model = evidence.forms.total
    try:
        lifting = infer(model)
        possible = list(layouts(model, lifting, observation))
    except (NotEvaluated, MissingName) as trouble:
        raise NotComparable(str(trouble)) from None
    if not possible:
        raise NotComparable(_shapes(observation))
    values: list[float] = []
    for layout in possible:
        values = _losses(evidence, lifting, layout, observation)
        ratio = _ratio(values, observation)
        if ratio is None:
            continue
        point = _point(layout, observation, 0)
        numbers = arrays.compute_at(model, evidence.derived, lifting, point)
        if numbers.numeric is None:
            raise NotComparable(numbers.problem)
        return Match(evidence, numbers, layout, ratio)
    raise NotComparable(
        f"the two losses differ: at the code's point the document's ({evidence.setup.name}) is "
        f"{values[0]:.6g}, the code's {observation.losses[0]:.6g}, and near it they are no "
        "multiple of each other"
    )


def _shapes(observation: Observation) -> str:
    given = {**observation.points[0], **observation.inputs}
    shown = ", ".join(f"{name} {array.shape}" for name, array in given.items())
    return (
        f"the shapes do not fit a network of two layers: {shown}; expected w_1 (hidden, features), "
        "b_1 (hidden,), w_2 (hidden,), b_2 (), inputs (samples, features), labels (samples,)"
    )


def _point(layout: Layout, observation: Observation, number: int) -> Point:
    given = {**observation.inputs, **observation.points[number]}
    values = {key: layout.arranged(key, given[name]) for key, name in layout.names.items()}
    values |= {key: np.asarray(value) for key, value in layout.fixed.items()}
    for value in values.values():
        value.flags.writeable = False
    return Point(MappingProxyType(values), layout.sizes, 0)


def _losses(
    evidence: Evidence, lifting: Lifting, layout: Layout, observation: Observation
) -> list[float]:
    """The document's loss, totalled over the samples, at every point of the code's."""
    model = evidence.forms.total
    values = []
    for number in range(len(observation.points)):
        loss = loss_function(model, lifting, _point(layout, observation, number))
        values.append(float(loss({})[0]))
    return values


def _ratio(document: Sequence[float], observation: Observation) -> float | None:
    """Document ÷ code, if it is the same at every point."""
    theirs = np.asarray(observation.losses)
    ours = np.asarray(document)
    if not (np.isfinite(theirs).all() and np.isfinite(ours).all() and theirs.all() and ours.all()):
        return None
    ratios = ours / theirs
    if np.ptp(ratios) > max(ALIKE, NOISE * observation.precision) * abs(ratios[0]):
        return None
    return float(ratios[0])


def _compared(match: Match, report: GradientReport, observation: Observation) -> CodeComparison:
    rows = {row.name: row for row in report.rows}
    parameters = tuple(
        _row(match, parameter, rows[match.layout.names[parameter.key]], observation)
        for parameter in match.evidence.setup.model.parameters
        if match.layout.names[parameter.key] in rows
    )
    words = "compared at the code's own point"
    if abs(match.ratio - 1) > ALIKE:
        times = f"{match.ratio:.6g} times the code's"
        words += f"; the document's loss, totalled over the samples, is {times}"
    return CodeComparison(report.target, words, match.evidence.setup.name, parameters)


def _row(
    match: Match, parameter: Parameter, row: GradientRow, observation: Observation
) -> ComparedGradient:
    """One parameter: the three gradients, each as the gradient of the document's loss."""
    key, numbers = parameter.key, match.numbers
    code = match.ratio * match.layout.arranged(key, observation.gradient[row.name])
    result = ComparedGradient(parameter.role, parameter.source_name, row.name, "")
    symbolic = numbers.symbolic.get(key)
    if symbolic is None:
        why = numbers.notes.get(key, "its gradient was not derived")
        return _with(result, f"not compared: {why}")
    document, right = _claimed(match, parameter)
    slack = abs(match.ratio) * (row.visible or 0.0)
    as_derived = arrays.difference(code, symbolic).error <= arrays.ROUNDING or (
        row.verdict is Verdict.AGREES and _near(code, symbolic, numbers, key, slack)
    )
    alike = document is not None and any(
        _near(code, factor * document, numbers, key, slack) for factor in _factors(match)
    )
    words, disagrees = _conclusion(row.verdict, right, as_derived, alike)
    return ComparedGradient(
        parameter.role,
        parameter.source_name,
        row.name,
        words,
        disagrees,
        None if document is None else arrays.difference(document, symbolic).error,
        arrays.difference(code, symbolic).error if np.isfinite(code).all() else None,
    )


def _factors(match: Match) -> tuple[float, float]:
    """What a wrong claim may lack to be the code's: nothing, or what all the others leave out."""
    return 1.0, match.evidence.accepted.value(match.layout.sizes.samples)


def _with(row: ComparedGradient, words: str) -> ComparedGradient:
    return ComparedGradient(row.role, row.source_name, row.code_name, words)


def _near(one: Array, other: Array, numbers: Numbers, key: str, slack: float) -> bool:
    assert numbers.numeric is not None
    bound = TRUST * numbers.numeric.bounds[key] + slack
    bound = bound + arrays.ROUNDING * float(np.max(np.abs(other), initial=0.0))
    return bool(np.all(np.abs(one - other) <= bound))


def _claimed(match: Match, parameter: Parameter) -> tuple[Array | None, bool | None]:
    """The document's gradient at the code's point, and whether it is right; None: it has none."""
    shown = match.evidence.shown(parameter)
    if shown is None:
        return None, None
    right = {Verdict.EXACT: True, Verdict.CONVENTION: True, Verdict.WRONG: False}.get(shown.verdict)
    try:
        return match.evidence.claimed(shown, match.numbers), right
    except NotEvaluated:
        return None, right


def _conclusion(
    verdict: Verdict, right: bool | None, as_derived: bool, alike: bool
) -> tuple[str, bool]:
    """Which of them is wrong, in words, and whether the evidence about the code is at odds.

    ``verdict`` is the code's by its own loss, ``right`` the document's, ``as_derived`` whether the
    code's gradient is the derived one and ``alike`` whether it is the document's.
    """
    agrees = verdict is Verdict.AGREES
    silent = "the document says nothing that was decided"
    if agrees and not as_derived:
        return "the code agrees with its own loss, and not with the derived gradient", True
    if verdict is Verdict.WRONG and as_derived:
        return "the code is wrong by its own loss, and yet agrees with the derived gradient", True
    if verdict is Verdict.UNDECIDED:
        also = "; the document is wrong" if right is False else ""
        return f"the code is not decided{also}", False
    if right is None:
        return f"the code {'agrees with SymPy' if agrees else 'is wrong'}; {silent}", False
    if agrees:
        one = "the document is wrong; the code agrees with SymPy"
        return "all three agree" if right else one, False
    if right:
        return "the code is wrong; the document agrees with SymPy", False
    how = "in the same way" if alike else "each in its own way"
    return f"the document and the code are both wrong, {how}", False
