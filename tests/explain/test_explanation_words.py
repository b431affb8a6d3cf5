"""What a row says, and a witness in words."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.evidence.arrays.precise import Witness
from gradcheck.explain.verdict_words import claim_result, status_of, witness_words
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.document import Document, Span
from gradcheck.language.model import Claim
from gradcheck.language.verdict import Constant, Verdict

CLAIM = Claim("w_1", Span(4, 12), 0, 1, None)
TWO_N = Constant(Fraction(2), -1)


@pytest.mark.parametrize(
    ("item", "chain_only", "words"),
    [
        (None, False, "not claimed"),
        (None, True, "chain rule only"),
        (JudgedClaim(CLAIM, Verdict.EXACT), False, "exact"),
        (JudgedClaim(CLAIM, Verdict.EXACT), True, "exact"),
        (JudgedClaim(CLAIM, Verdict.WRONG), False, "WRONG"),
        (JudgedClaim(CLAIM, Verdict.WRONG, TWO_N, True), False, "WRONG"),
        (JudgedClaim(CLAIM, Verdict.UNREAD), False, "not read"),
        (JudgedClaim(CLAIM, Verdict.UNDECIDED), False, "not decided"),
        (JudgedClaim(CLAIM, Verdict.CONVENTION, TWO_N), False, "up to 2/N"),
        (JudgedClaim(CLAIM, Verdict.CONVENTION, TWO_N, True), False, "up to 2/N, Σ"),
        (JudgedClaim(CLAIM, Verdict.CONVENTION, None, True), False, "up to Σ"),
    ],
)
def test_statuses(item: JudgedClaim | None, chain_only: bool, words: str) -> None:
    assert status_of(item, chain_only) == words


def test_a_claims_result_has_its_source_on_one_line() -> None:
    document = Document("t.md", "one\na\n  b\n c\n")
    result = claim_result(JudgedClaim(CLAIM, Verdict.EXACT), document, "d", "q")
    assert (result.line, result.source) == (2, "a b c")
    assert (result.derived, result.quotient, result.witness) == ("d", "q", "")


def test_a_witness_shows_the_values_of_its_own_sample() -> None:
    values = {"w": Fraction(1, 2), "x": (Fraction(1), Fraction(-3, 4)), "N": 2}
    witness = Witness(values, 2, 0.25, -1.5, sample=1)  # type: ignore[arg-type]
    words = witness_words(witness)
    assert words == "at w = 1/2, x = -3/4, N = 2: the gradient is 0.25, the line gives -1.5"
