"""The list of steps of a document, each with its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.judge import Evidence
from gradcheck.judge.step_verdicts import JudgedStep
from gradcheck.language.document import Document
from gradcheck.language.model import Derivation, Step
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import StepResult


def step_results(
    document: Document, derivation: Derivation, evidence: Sequence[Evidence]
) -> tuple[StepResult, ...]:
    """Every step in document order; one that belongs to no setup is unread or unjudged."""
    judged = {
        (item.step.statement, item.step.side): item
        for piece in evidence
        for item in piece.judged_steps
    }
    return tuple(
        _result(document, step, judged.get((step.statement, step.side)), evidence)
        for step in derivation.steps
    )


def _result(
    document: Document, step: Step, item: JudgedStep | None, evidence: Sequence[Evidence]
) -> StepResult:
    line, column = document.position(step.span.start)
    claims = step.unread is not None and step.relation != "in"
    unread = Verdict.UNREAD if claims else None
    return StepResult(
        line=line,
        column=column,
        statement=step.statement,
        kind=step.kind,
        relation=step.relation,
        left=step.left,
        right=step.right,
        verdict=item.verdict if item is not None else unread,
        left_out=item.left_out if item is not None else None,
        sum_left_out=item.sum_left_out if item is not None else False,
        setup=evidence[step.setup].setup.name if step.setup is not None else None,
        idle=step.is_idle,
    )
