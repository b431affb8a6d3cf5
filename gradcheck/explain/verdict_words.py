"""Words for what was found: verdicts in a table, a claim's result, a witness."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.evidence.arrays.precise import Witness
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import CHAIN_RULE_ONLY, ClaimResult


def status_of(item: JudgedClaim | None, chain_only: bool) -> str:
    """What a row says: ``exact``, ``up to 2/N, Σ``, ``WRONG``, ``not claimed`` …"""
    if item is None:
        return CHAIN_RULE_ONLY if chain_only else "not claimed"
    if item.verdict is Verdict.CONVENTION:
        parts = [] if item.left_out is None else [str(item.left_out)]
        return "up to " + ", ".join([*parts, "Σ"] if item.sum_left_out else parts)
    return item.verdict.words


def claim_result(item: JudgedClaim, document: Document, derived: str, words: str) -> ClaimResult:
    """The result of one claim, for the report."""
    return ClaimResult(
        span=item.claim.span,
        line=document.line_of(item.claim.span),
        source=" ".join(document.source(item.claim.span).split()),
        verdict=item.verdict,
        left_out=item.left_out,
        sum_left_out=item.sum_left_out,
        reason=item.reason,
        derived=derived,
        quotient=words,
        witness=witness_words(item.witness) if item.witness is not None else "",
    )


def witness_words(witness: Witness) -> str:
    """A point and both values: ``at w_1 = 1/2: the gradient is 0.25, the line gives 0.5``."""
    at = witness.sample or 0
    values = ", ".join(f"{key} = {_number(value, at)}" for key, value in witness.values.items())
    return f"at {values}: the gradient is {witness.left:.6g}, the line gives {witness.right:.6g}"


def _number(value: object, sample: int) -> str:
    if isinstance(value, tuple):
        value = value[sample]
    return str(value) if isinstance(value, Fraction | int) else f"{value:.6g}"
