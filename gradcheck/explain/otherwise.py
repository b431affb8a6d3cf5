"""Which verdicts would be others if an ambiguous document were read in another admissible way.

The verdicts stay those of the usual reading. Each other reading is tried by understanding the
document anew with that one choice changed; only the algebra is asked then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from gradcheck.evidence.arrays.precise import Comparison
from gradcheck.evidence.arrays.precise import Outcome as Check
from gradcheck.evidence.symbolic import Outcome
from gradcheck.judge import Evidence
from gradcheck.judge.constants import compare_constants
from gradcheck.judge.forms import Forms
from gradcheck.judge.step_verdicts import JudgedStep, StepJudge
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, names_in
from gradcheck.language.finding import Finding
from gradcheck.language.model import Derivation, Model, Reading, Setup, Step
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.report.results import SetupResult, StepResult
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import attempt
from gradcheck.understand import Instead

MAX_TRIED = 6
HOLDS = (Verdict.EXACT, Verdict.CONVENTION)
K = TypeVar("K")
Place = tuple[int, int]
"""A step: its statement's number, and its right side's."""


@dataclass(frozen=True)
class Otherwise:
    """Another reading in words, and the verdicts that it would change."""

    reading: Reading
    words: str
    claims: Mapping[Span, Verdict]
    steps: Mapping[Place, Verdict]
    untried: str = ""  # why it is not known what it would change


def other_readings(
    derivation: Derivation,
    evidence: Sequence[Evidence],
    understood: Callable[[Instead], Derivation],
) -> tuple[Otherwise, ...]:
    """The other readings under which some verdict changes, in document order."""
    wanted = [
        (reading, at, words)
        for reading in derivation.readings
        for at, words in enumerate(reading.others, start=1)
    ]
    found = []
    claims, steps = _verdicts([_Judged(piece.judged, piece.judged_steps) for piece in evidence])
    for reading, at, words in wanted[:MAX_TRIED]:
        changed = attempt(
            "another reading",
            partial(_tried, understood, {(reading.rule, reading.text): at}, evidence),
            str,
            reading.span,
            SEARCH,
        )
        if isinstance(changed, str):
            found.append(Otherwise(reading, words, {}, {}, changed))
        elif changed:
            new_claims, new_steps = _verdicts(changed)
            item = Otherwise(
                reading, words, _differing(claims, new_claims), _differing(steps, new_steps)
            )
            if item.claims or item.steps:
                found.append(item)
    return tuple(found)


def _tried(
    understood: Callable[[Instead], Derivation], instead: Instead, evidence: Sequence[Evidence]
) -> list[_Judged] | str:
    """What another reading changes."""
    return _changed(understood(instead), evidence)


@dataclass(frozen=True)
class _Judged:
    """What is said of the claims and the steps of one setup."""

    judged: tuple[JudgedClaim, ...]
    judged_steps: tuple[JudgedStep, ...]


class _ByAlgebra(Judge):
    """A judge that asks the algebra alone."""

    def compare(
        self, model: Model, left: Expression, right: Expression, factor: Constant
    ) -> Comparison:
        decision = self.decide(model, left, right)
        agree = decision.outcome is not Outcome.DIFFERENT and decision.left_out == factor
        return Comparison(Check.AGREE if agree else Check.DIFFER)


def _quickly(setup: Setup, steps: Sequence[Step]) -> _Judged:
    """The verdicts without the points and without the numbers of the table."""
    keys = {p.role: p.key for p in setup.model.parameters}
    judge = _ByAlgebra(Forms(setup.model), keys, shows=False)
    judged = compare_constants([judge.judge(claim) for claim in setup.claims])
    return _Judged(tuple(judged), tuple(StepJudge(setup, judge).steps(steps)))


def _verdicts(pieces: Sequence[_Judged]) -> tuple[dict[Span, Verdict], dict[Place, Verdict]]:
    claims: dict[Span, Verdict] = {}
    steps: dict[Place, Verdict] = {}
    for piece in pieces:
        claims |= {item.claim.span: item.verdict for item in piece.judged}
        steps |= {
            (item.step.statement, item.step.side): item.verdict
            for item in piece.judged_steps
            if item.verdict is not None
        }
    return claims, steps


def _differing(usual: Mapping[K, Verdict], other: Mapping[K, Verdict]) -> dict[K, Verdict]:
    return {
        key: other[key]
        for key, verdict in usual.items()
        if key in other and (other[key] in HOLDS) != (verdict in HOLDS)
    }


def _changed(derivation: Derivation, evidence: Sequence[Evidence]) -> list[_Judged]:
    """The setups that the other reading changes; none if nothing can be judged by it."""
    known = [(_meaning(piece.setup), piece.steps) for piece in evidence]
    found = []
    for at, setup in enumerate(derivation.setups):
        steps = tuple(step for step in derivation.steps if step.setup == at)
        if setup.model_problem is not None:
            return []
        if (_meaning(setup), steps) not in known:
            usual = max((piece.setup.model for piece in evidence), key=_likeness(setup.model))
            found.append(_quickly(setup, _touched(setup.model, usual, steps)))
    return found


def _likeness(model: Model) -> Callable[[Model], int]:
    """How many definitions another model shares with this one."""
    return lambda other: sum(
        other.definitions.get(key) == body for key, body in model.definitions.items()
    )


def _touched(model: Model, usual: Model, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of chains that hang on a definition which the other reading changes."""
    changed = {
        key
        for key in (*model.definitions, *usual.definitions)
        if model.definitions.get(key) != usual.definitions.get(key)
    } | ({model.loss} if model.loss != usual.loss else set())
    touched = {
        step.statement
        for step in steps
        for side in (step.left_expression, step.right_expression)
        if side is not None and any(model.below(key) & changed for key in names_in(side))
    }
    return tuple(step for step in steps if step.statement in touched)


def _meaning(setup: Setup) -> tuple[object, ...]:
    model = setup.model
    return tuple(model.definitions.items()), model.loss, model.parameters, setup.claims


# -- where it is told -----------------------------------------------------------------------------


def in_reading(reading: Reading, others: Sequence[Otherwise], evidence: Sequence[Evidence]) -> str:
    """What a reading's line adds: ``; if a_2 is g(z_2), w_2 and b_2 would be WRONG``."""
    words = ""
    for item in others:
        if item.reading != reading:
            continue
        if item.untried:
            words += f"; the verdicts if {item.words} were not tried: {item.untried}"
            continue
        names: dict[Verdict, list[str]] = {}
        for piece in evidence:
            for claim in piece.judged:
                if claim.claim.span in item.claims:
                    key = piece.keys[claim.claim.parameter]
                    names.setdefault(item.claims[claim.claim.span], []).append(key)
        parts = [
            f"{_and(list(dict.fromkeys(keys)))} would be {_SHOWN[verdict]}"
            for verdict, keys in names.items()
        ]
        if not parts:
            count = len(item.steps)
            parts = [f"{count} step{'s' * (count > 1)} would be judged otherwise"]
        words += f"; if {item.words}, {', '.join(parts)}"
    return words


_SHOWN = {
    Verdict.EXACT: "exact",
    Verdict.CONVENTION: "right up to a convention",
    Verdict.WRONG: "WRONG",
    Verdict.UNDECIDED: "not decided",
    Verdict.UNREAD: "not read",
}


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def in_findings(
    findings: Sequence[Finding], others: Sequence[Otherwise], steps: Sequence[Step]
) -> list[Finding]:
    """Errors that would not be errors under another reading say so."""
    return [_told(finding, others, steps) for finding in findings]


def _told(finding: Finding, others: Sequence[Otherwise], steps: Sequence[Step]) -> Finding:
    if finding.rule.severity != "error":
        return finding
    places = [(step.statement, step.side) for step in steps if step.span == finding.span]
    for item in others:
        verdicts = [item.claims.get(finding.span), *(item.steps.get(place) for place in places)]
        if any(verdict in HOLDS for verdict in verdicts):
            words = f"{finding.message}; it would be right if {item.words}"
            return replace(finding, message=words)
    return finding


def in_setup(result: SetupResult, others: Sequence[Otherwise]) -> SetupResult:
    """The rows, each with the verdicts it would have."""
    rows = tuple(
        row
        if row.claim is None
        else replace(
            row,
            otherwise=tuple(
                (item.words, item.claims[row.claim.span])
                for item in others
                if row.claim.span in item.claims
            ),
        )
        for row in result.parameters
    )
    return replace(result, parameters=rows)


def in_steps(
    results: Sequence[StepResult], steps: Sequence[Step], others: Sequence[Otherwise]
) -> tuple[StepResult, ...]:
    """The steps, each with the verdicts it would have."""
    return tuple(
        replace(
            result,
            otherwise=tuple(
                (item.words, item.steps[step.statement, step.side])
                for item in others
                if (step.statement, step.side) in item.steps
            ),
        )
        for result, step in zip(results, steps, strict=True)
    )
