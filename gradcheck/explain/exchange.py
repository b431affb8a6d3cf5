"""Two gradients under each other's label: ``∂L/∂b_1`` for ``∂L/∂b_2``, and the other way round."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.evidence.symbolic import Outcome
from gradcheck.judge import Evidence
from gradcheck.judge.forms import truth
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, Name, Negate, Partial
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Verdict
from gradcheck.run.budget import spend


def exchanged(evidence: Evidence) -> dict[Span, Finding]:
    """A finding for each claim of such a pair, by the claim's place; the later one follows."""
    wrong = [
        item
        for item in evidence.judged
        if item.verdict is Verdict.WRONG and item.claim.expression is not None
    ]
    lefts = [(item, left) for item in wrong if (left := _left(evidence, item)) is not None]
    known: dict[tuple[Span, str], bool] = {}

    def is_of(item: JudgedClaim, other: JudgedClaim) -> bool:
        asked = item.claim.span, other.claim.parameter
        if asked not in known:
            known[asked] = _is_of(evidence, item, other)
        return known[asked]

    found: dict[Span, Finding] = {}
    for at, (first, one) in enumerate(lefts):
        spend(len(lefts) - at)
        for second, other in lefts[at + 1 :]:
            if first.claim.span in found or second.claim.span in found:
                continue
            if is_of(first, second) and is_of(second, first):
                place = evidence.document.place_of(one.span)
                there = evidence.document.place_of(other.span)
                found[first.claim.span] = _finding(evidence, one, other, there)
                again = _finding(evidence, other, one, place)
                found[second.claim.span] = replace(again, follows_from=place)
    return found


def _is_of(evidence: Evidence, item: JudgedClaim, other: JudgedClaim) -> bool:
    """Whether a claim is the gradient by the other one's parameter."""
    if item.claim.parameter == other.claim.parameter:
        return False
    claim = replace(item.claim, parameter=other.claim.parameter)
    if claim.expression is None:
        return False
    model, _ = evidence.forms.for_claim(claim)
    left = truth(model, evidence.keys[claim.parameter], claim.loss)
    quickly = evidence.judge.algebra(model).decide(left, claim.expression, shown=False)
    if quickly.outcome not in (Outcome.EQUAL, Outcome.CONSTANT):
        return False  # most end here, without what would be shown of them
    judged = evidence.judge.judge(claim)
    return judged.verdict in (Verdict.EXACT, Verdict.CONVENTION)


def _left(evidence: Evidence, item: JudgedClaim) -> Partial | None:
    """The derivative that a claim is about, where it stands right beside it."""
    for step in evidence.steps:
        if step.span == item.claim.span and step.side == 1:
            written: Expression | None = step.left_written
            core = written.operand if isinstance(written, Negate) else written
            return core if isinstance(core, Partial) and isinstance(core.by, Name) else None
    return None


def _finding(evidence: Evidence, left: Partial, other: Partial, there: str) -> Finding:
    text, own = evidence.document.text, left.by.span
    before, after = text[left.span.start : own.start], text[own.end : left.span.end]
    suggestion = before + evidence.document.source(other.by.span) + after
    message = (
        f"the left side is another derivative than the right side: {to_text(other.by)} for "
        f"{to_text(left.by)}; the two are exchanged, here and in {there}"
    )
    return Finding(RULES["GC120"], left.span, message, suggestion)
