"""Verdicts of single claims: the algebra proposes, the evaluation confirms or refutes."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from gradcheck.evidence.arrays.precise import Comparison
from gradcheck.evidence.arrays.precise import Outcome as Check
from gradcheck.evidence.symbolic import Decision, Outcome
from gradcheck.judge.forms import Forms
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.verdict import Constant, Verdict
from tests.understand.documents import FORWARD, HALF, display, only_setup

MEAN = r"$$L = \frac{1}{m} \sum_{i=1}^m (\hat{y}_i - y_i)^2$$" + "\n"


def judged(claim: str, loss: str = HALF, parameter: str = "b_2") -> JudgedClaim:
    text = (
        FORWARD + loss + "\n" + display(rf"\frac{{\partial L}}{{\partial {parameter}}} = {claim}")
    )
    # The other parameters must be known as such: they are trained.
    text += display(
        *(
            rf"{p} = {p} - \alpha \frac{{\partial L}}{{\partial {p}}}"
            for p in ("w_1", "b_1", "w_2", "b_2")
        )
    )
    setup = only_setup(text)
    (claimed,) = setup.claims
    keys = {p.role: p.key for p in setup.model.parameters}
    return Judge(Forms(setup.model), keys).judge(claimed)


@pytest.mark.parametrize(
    ("claim", "loss", "verdict", "left_out", "sum_left_out"),
    [
        (r"\hat{y} - y", HALF, Verdict.EXACT, None, False),
        (r"-(y - \hat{y})", HALF, Verdict.EXACT, None, False),
        (r"\sum_i (\hat{y}_i - y_i)", HALF, Verdict.EXACT, None, False),
        (r"2 (\hat{y} - y)", HALF, Verdict.CONVENTION, "1/2", False),
        (r"\hat{y} - y", MEAN, Verdict.CONVENTION, "2/m", True),
        (r"\frac{2}{m} (\hat{y} - y)", MEAN, Verdict.CONVENTION, None, True),
        (r"\frac{2}{m} \sum_{i=1}^m (\hat{y}_i - y_i)", MEAN, Verdict.EXACT, None, False),
        (r"\sum_{i=1}^m (\hat{y}_i - y_i)", MEAN, Verdict.CONVENTION, "2/m", False),
        (r"y - \hat{y}", HALF, Verdict.WRONG, None, False),
        (r"\hat{y}", HALF, Verdict.WRONG, None, False),
        ("0", HALF, Verdict.WRONG, None, False),
        (r"(\hat{y} - y) x", HALF, Verdict.WRONG, None, False),
        (r"-2 (\hat{y} - y)", MEAN, Verdict.WRONG, None, True),
        (r"\frac{2}{m} \sum_{i=1}^m (\hat{y}_i + y_i)", MEAN, Verdict.WRONG, None, False),
        (r"\sqrt{2} (\hat{y} - y)", HALF, Verdict.WRONG, None, False),  # not rational
        (r"q (\hat{y} - y)", HALF, Verdict.UNDECIDED, None, False),
        (r"(\hat{y} - y) \times", HALF, Verdict.UNREAD, None, False),
    ],
)  # fmt: skip
def test_verdicts(
    claim: str, loss: str, verdict: Verdict, left_out: str | None, sum_left_out: bool
) -> None:
    item = judged(claim, loss)
    assert item.verdict is verdict, item.reason
    assert (None if item.left_out is None else str(item.left_out)) == left_out
    assert item.sum_left_out is sum_left_out
    assert (item.witness is not None) == (verdict is Verdict.WRONG)
    assert item.contradiction == ""
    assert bool(item.reason) == (verdict in (Verdict.UNREAD, Verdict.UNDECIDED))


def test_a_witness_really_shows_the_difference() -> None:
    item = judged(r"y - \hat{y}")
    assert item.witness is not None
    assert item.witness.left == pytest.approx(-item.witness.right)
    assert item.witness.left != 0


class Liar:
    """A source of evidence that answers what it is told."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def decide(self, left: object, right: object, shown: bool = True) -> object:
        return self.answer

    def compare(
        self, left: object, right: object, factor: object = None, points: int = 2
    ) -> object:
        return self.answer


EQUAL, DIFFERENT = Decision(Outcome.EQUAL, Constant()), Decision(Outcome.DIFFERENT)


@pytest.mark.parametrize(
    ("decision", "comparison", "verdict", "contradiction"),
    [
        (EQUAL, Comparison(Check.DIFFER), Verdict.UNDECIDED, True),
        (DIFFERENT, Comparison(Check.AGREE), Verdict.UNDECIDED, True),
        (EQUAL, Comparison(Check.UNKNOWN, reason="a pole"), Verdict.UNDECIDED, False),
        (DIFFERENT, Comparison(Check.UNKNOWN, reason="a pole"), Verdict.UNDECIDED, False),
        (EQUAL, Comparison(Check.AGREE), Verdict.EXACT, False),
        (DIFFERENT, Comparison(Check.DIFFER), Verdict.WRONG, False),
        (
            Decision(Outcome.CONSTANT, Constant(Fraction(2))),
            Comparison(Check.DIFFER),
            Verdict.UNDECIDED,
            True,
        ),
        (Decision(Outcome.UNDECIDED, reason="too hard"), None, Verdict.UNDECIDED, False),
    ],
)
def test_if_the_sources_contradict_each_other_the_author_is_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
    decision: Decision,
    comparison: Comparison | None,
    verdict: Verdict,
    contradiction: bool,
) -> None:
    monkeypatch.setattr(Judge, "algebra", lambda self, model: Liar(decision))
    monkeypatch.setattr(Judge, "evaluator", lambda self, model: Liar(comparison))
    item = judged(r"\hat{y} - y")
    assert item.verdict is verdict
    assert bool(item.contradiction) is contradiction
    assert bool(item.reason) == (verdict is Verdict.UNDECIDED)
    if comparison is not None and comparison.reason:
        assert re.search("no number confirms it: a pole", item.reason)


def test_the_algebra_is_built_once_a_form() -> None:
    setup = only_setup(FORWARD + HALF + display(r"\frac{\partial L}{\partial b_2} = \hat{y} - y"))
    forms = Forms(setup.model)
    judge = Judge(forms, {"b_2": "b_2"})
    assert judge.algebra(forms.one) is judge.algebra(forms.one)
    assert judge.algebra(forms.one) is not judge.algebra(forms.total)
