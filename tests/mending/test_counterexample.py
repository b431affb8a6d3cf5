"""Counterexamples in small fractions, and their NumPy, which is run here and only here."""

from __future__ import annotations

import contextlib
import io

import pytest

from gradcheck.mending import Counterexample, counterexample
from gradcheck.verdict import Verdict
from tests.mending.planted import Judged, document_of, judged
from tests.mending.test_sides import FORWARD, MEAN, TANH, claimed


def of(text: str) -> tuple[Judged, Counterexample | None]:
    (case,) = judged(document_of(text))
    item = case.items[-1]
    assert item.verdict is Verdict.WRONG
    assert item.claim.expression is not None
    return case, counterexample(case.context(), case.left(item.claim), item.claim.expression)


def printed(code: str) -> list[float]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "snippet", "exec"), {})  # noqa: S102
    return [float(line.split(":")[1]) for line in out.getvalue().splitlines()]


LOGLOSS = r"""
$$h = \phi(w_1 x + b_1), \quad p = \sigma(w_2 h + b_2)$$
$$L = -\frac{1}{m} \sum_{i=1}^m [y_i \log p_i + (1 - y_i) \log(1 - p_i)]$$
"""


@pytest.mark.parametrize(
    "text",
    [
        claimed("w_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1)"),
        claimed("w_1", r"(\hat{y} - y) w_2 (1 - a_1) x", TANH),
        claimed("w_2", r"\frac{2}{N} \sum_{i=1}^N (\hat{y}_i - y_i)", MEAN),
        claimed("w_1", r"(p - y) w_2 x", LOGLOSS),
        claimed(
            "b_1",
            r"(\hat{y} - y) w_2 a_1 (1 - a_1)",
            FORWARD.replace("a_1 + b_2", "a_1 + b_1"),
        ),
        claimed("w_1", r"(\hat{y} - y) w_2 x", FORWARD.replace(r"\sigma", r"\text{ReLU}")),
    ],
)
def test_both_sides_are_what_numpy_prints(text: str) -> None:
    _, found = of(text)
    assert found is not None
    assert found.left != found.right
    left, right = printed(found.as_numpy())
    assert left == pytest.approx(float(found.left), abs=1e-5)
    assert right == pytest.approx(float(found.right), abs=1e-9)


def test_the_numbers_are_small() -> None:
    _, found = of(claimed("w_1", r"(\hat{y} - y) w_2 a_1 (1 - a_1)"))
    assert found is not None
    assert dict(found.values)["a_1"].denominator == 3
    assert all(value.denominator < 10 for _, value in found.values)
    assert found.chosen == ("b_1 so that a_1 = 2/3",)
    assert "the line gives" in found.as_text()


def test_none_where_no_fraction_will_do() -> None:
    _, found = of(claimed("w_1", r"(\hat{y} - y) w_2 \sigma'(z_2) x"))
    assert found is None
