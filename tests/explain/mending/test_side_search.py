"""The smallest edit of a side: what is suggested, in whose letters, and when nothing is."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction

import pytest

from gradcheck.explain.mending import Mend, MendContext, mend_side
from gradcheck.language.expression import to_key
from gradcheck.language.verdict import Constant, Verdict
from tests.explain.mending.planted import ROOT, Judged, document_of, judged

FORWARD = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1)$$

$$z_2 = w_2 a_1 + b_2, \quad \hat{y} = z_2$$

$$L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

"""
TANH = FORWARD.replace(r"\sigma", r"\tanh")
MEAN = FORWARD.replace(r"L = \frac{1}{2} (", r"L = \frac{1}{N} \sum_{i=1}^N (").replace(
    r"= \hat{y} - y$$", r"= \frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i)$$"
)


def claimed(parameter: str, side: str, forward: str = FORWARD) -> str:
    return forward + rf"$$\frac{{\partial L}}{{\partial {parameter}}} = {side}$$"


def wrong(text: str) -> tuple[Judged, Mend | None]:
    """What is suggested for the last claim of a text, which is wrong."""
    (case,) = judged(document_of(text))
    item = case.items[-1]
    assert item.verdict is Verdict.WRONG
    context = case.context()
    return case, mend_side(context, case.left(item.claim), case.written(item.claim))


@pytest.mark.parametrize(
    ("parameter", "side", "mended", "rule"),
    [
        ("b_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1) x", r"(\hat{y} - y) w_2 a_1 (1 - a_1)", "extra-factor"),
        ("b_1", r"x (\hat{y} - y) w_2 a_1 (1 - a_1)", r"(\hat{y} - y) w_2 a_1 (1 - a_1)", "extra-factor"),
        ("w_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1)", r"(\hat{y} - y) w_2 a_1 (1 - a_1) x", "missing-factor"),
        ("w_2", r"(\hat{y} - y) \cdot z_1", r"(\hat{y} - y) \cdot a_1", "wrong-symbol"),
        ("w_2", r"(y - \hat{y}) a_1", r"(\hat{y} - y) a_1", "wrong-sign"),
        ("w_2", r"-(\hat{y} - y) a_1", r"(\hat{y} - y) a_1", "wrong-sign"),
        ("w_2", r"(\hat{y} + y) a_1", r"(\hat{y} - y) a_1", "wrong-sign"),
        ("w_1", r"(\hat{y} - y) w_2 \sigma(z_1) x", r"(\hat{y} - y) w_2 \sigma'(z_1) x", "activation-prime"),
        ("w_1", r"(\hat{y} - y) w_2 \sigma'(z_2) x", r"(\hat{y} - y) w_2 \sigma'(z_1) x", "wrong-symbol"),
        ("w_2", r"\hat{y} - y a_1", r"(\hat{y} - y) a_1", "bracket"),
        ("w_1", r"(\hat{y} - y) w_2 a_1 \cdot 1 - a_1 x", r"(\hat{y} - y) w_2 a_1 \cdot (1 - a_1) x", "bracket"),
        ("w_2", r"(\hat{y} - y)^2 a_1", r"(\hat{y} - y) a_1", "exponent"),
        ("w_1", r"(\hat{y} - y) w_2 (1 - a_1^2) x", r"(\hat{y} - y) w_2 a_1 (1 - a_1) x", "other-activation-derivative"),
        ("b_1", r"(\hat{y} - y) w_2", r"(\hat{y} - y) w_2 a_1 (1 - a_1)", "missing-activation-derivative"),
        ("b_1", r"(\hat{y} - y) w_2 (1 - a_1)", r"(\hat{y} - y) w_2 (1 - a_1) a_1", "missing-factor"),
        ("b_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1) a_1", r"(\hat{y} - y) w_2 (1 - a_1) a_1", "doubled-activation-derivative"),
    ],
)  # fmt: skip
def test_one_token(parameter: str, side: str, mended: str, rule: str) -> None:
    case, mend = wrong(claimed(parameter, side))
    assert mend is not None
    assert (mend.replacement, mend.rule.name, mend.edits) == (mended, rule, 1)
    assert case.document.source(mend.span) == side


@pytest.mark.parametrize(
    ("parameter", "side", "mended"),
    [
        ("w_1", r"(\hat{y} - y) w_2 (1 - a_1) x", r"(\hat{y} - y) w_2 (1 - a_1^2) x"),
        ("w_1", r"(\hat{y} - y) w_2 (1 - y^2) x", r"(\hat{y} - y) w_2 (1 - a_1^2) x"),
        ("w_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1) x", r"(\hat{y} - y) w_2 (1 - a_1^2) x"),
    ],
)
def test_the_hyperbolic_tangent(parameter: str, side: str, mended: str) -> None:
    _, mend = wrong(claimed(parameter, side, TANH))
    assert mend is not None
    assert (mend.replacement, mend.edits) == (mended, 1)


def test_two_edits_where_one_is_not_enough() -> None:
    _, mend = wrong(claimed("w_1", r"(y - \hat{y}) w_2 a_1 (1 - a_1)"))
    assert mend is not None
    assert mend.edits == 2
    assert mend.replacement == r"(\hat{y} - y) w_2 a_1 (1 - a_1) x"


def test_two_edits_within_one_factor() -> None:
    _, mend = wrong(claimed("w_1", r"(\hat{y} - y) w_2 (1 - y) x", TANH))
    assert mend is not None
    assert mend.edits == 2
    assert mend.replacement == r"(\hat{y} - y) w_2 (1 - a_1^2) x"


def test_a_claim_with_a_sum_keeps_it() -> None:
    side = r"\frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) w_2"
    _, mend = wrong(claimed("w_2", side, MEAN))
    assert mend is not None
    assert mend.replacement == r"\frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i) a_1"
    assert mend.left_out.is_one


def test_what_the_others_leave_out_may_stay_out() -> None:
    forward = MEAN.replace(r"\frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i)$$", r"\hat{y} - y$$")
    _, mend = wrong(claimed("w_2", r"(\hat{y} - y) w_2", forward))
    assert mend is not None
    assert mend.replacement == r"(\hat{y} - y) a_1"
    assert (mend.left_out.rational, mend.left_out.power) == (Fraction(2), -1)


def test_where_nothing_is_left_out_the_constant_is_mended_too() -> None:
    (case,) = judged(document_of(claimed("w_2", r"2 (\hat{y} - y) a_1")))
    item = case.items[-1]
    context = MendContext.of(case.setup, case.document, case.judge, Constant())
    mend = mend_side(context, case.left(item.claim), case.written(item.claim))
    assert mend is not None
    assert mend.replacement == r"(\hat{y} - y) a_1"
    assert mend.rule.name == "constant-factor"


@pytest.mark.parametrize("side", ["x + w_1 y - 7", r"\frac{b_1}{y^3 + 5}", "w_1^4 x^3 - 3 y"])
def test_nothing_is_suggested_for_what_is_hopeless(side: str) -> None:
    _, mend = wrong(claimed("w_1", side))
    assert mend is None


@pytest.mark.parametrize(
    ("forward", "side", "mended"),
    [
        (
            r"$h = \tanh(v*s + c)$, $o = u*h + d$, $E = \frac12 (o - t)^2$, $\frac{dE}{dd} = o - t$ ",
            "(o - t)*h*s",
            "(o - t)*h",
        ),
        (
            r"$$H = \sigma(W^{[1]} X + b^{[1]})$$ $$\hat Y = W^{[2]} H + b^{[2]}$$"
            r"$$J = \frac12 (\hat Y - Y)^2$$ $$\frac{\partial J}{\partial b^{[2]}} = \hat Y - Y$$",
            r"(\hat Y - Y) X",
            r"(\hat Y - Y) H",
        ),
    ],
)
def test_the_author_s_own_letters(forward: str, side: str, mended: str) -> None:
    head = r"\frac{dE}{du}" if "tanh" in forward else r"\frac{\partial J}{\partial W^{[2]}}"
    _, mend = wrong(f"{forward}\n\n$${head} = {side}$$")
    assert mend is not None
    assert mend.replacement == mended


def test_the_suggestion_is_the_same_for_every_hash_seed() -> None:
    code = (
        "from tests.explain.mending.test_side_search import claimed, wrong\n"
        "print([wrong(claimed('w_1', s))[1].replacement for s in "
        r"(r'(y - \hat{y}) w_2 a_1 (1 - a_1)', r'(\hat{y} - y) z_2 a_1 (1 - a_1) y')])"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(found) == 1


def test_the_mended_side_is_resolved() -> None:
    _, mend = wrong(claimed("w_2", r"(\hat{y} - y) x"))
    assert mend is not None
    assert to_key(mend.expression) == "(* (+ hat(y) (- y)) a_1)"
