"""Counterexamples in small fractions, and their NumPy, which is run here and only here."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.explain.mending import Counterexample, counterexample
from gradcheck.language.finding import Finding
from gradcheck.language.verdict import Verdict
from tests.explain.mending.planted import Judged, document_of, judged
from tests.explain.mending.test_side_search import FORWARD, MEAN, TANH, claimed


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


NESTED = r"""
$$p = \sigma(w_2 \tanh(w_1 x + b_1) + b_2)$$
$$L = -[y \log p + (1 - y) \log(1 - p)]$$
"""
NO_BIAS = r"$$a_1 = \sigma(w_1 x), \quad \hat{y} = w_2 a_1, \quad L = \frac{1}{2} (\hat{y} - y)^2$$"
CALLED_F = r"""
$$h = \tanh(v x + c), \quad f = u h, \quad L = \frac{1}{m} \sum_{i=1}^m (f_i - t_i)^2$$
"""
SQUARED = r"$$r = y - (w_2 \tanh(w_1 x + b_1) + b_2), \quad L = r^2$$"
OUT = r"\hat{y} = w_2 \frac{1}{1 + e^{-(w_1 x + b_1)}} + b_2"
WRITTEN_OUT = rf"$${OUT}, \quad L = \frac{{1}}{{2}} (\hat{{y}} - y)^2$$"
TWO_G = r"""
$$a_1 = g(w_1 x + b_1), \quad \hat{y} = g(w_2 a_1 + b_2), \quad L = (\hat{y} - y)^2$$
"""
LOCKED = r"$$a_1 = \sigma(w_1^2), \quad \hat{y} = w_2 a_1 + b_2, \quad L = (\hat{y} - y)^2$$"


@pytest.mark.parametrize(
    ("forward", "parameter", "claim", "digits"),
    [
        (NESTED, "w_2", "(p - y) x", 20),
        (NESTED, "w_1", "(p - y) w_2 x", 25),
        (NESTED, "b_2", "y - p", 4),
        (NO_BIAS, "w_1", r"(\hat{y} - y) w_2 (1 - a_1) x", 125),
        (NO_BIAS, "w_2", r"(\hat{y} - y) a_1 x", 25),
        (CALLED_F, "v", r"\frac{2}{m} \sum_{i=1}^m (f_i - t_i) u (1 - h_i) x_i", 25),
        (SQUARED, "w_1", "-2 r w_2 x", 125),
        (WRITTEN_OUT, "b_2", r"(\hat{y} - y) w_2", 3),
        (TWO_G, "w_2", r"2 (\hat{y} - y) a_1", 16),
        (FORWARD, "w_1", r"(\hat{y} - y) w_2 \sigma'(z_2) x", 4),
    ],
)
def test_a_fraction_is_found_for_any_network(
    tmp_path: Path, forward: str, parameter: str, claim: str, digits: int
) -> None:
    """``digits``: the largest denominator that both sides may have."""
    text = f"{forward}\n\n$$\\frac{{\\partial L}}{{\\partial {parameter}}} = {claim}$$\n"
    finding = finding_of(text, tmp_path)
    told = re.search(r"it is (\S+), the line gives (\S+)$", finding.counterexample)
    assert told is not None, finding.counterexample
    values = [Fraction(value) for value in told.groups()]
    assert values[0] != values[1]
    assert max(value.denominator for value in values) <= digits
    left, right = pasted(finding.numpy)
    assert left == pytest.approx(float(values[0]), abs=1e-5)
    assert right == pytest.approx(float(values[1]), abs=1e-9)


def test_no_fraction_is_made_up_where_none_will_do(tmp_path: Path) -> None:
    claim = r"$$\frac{\partial L}{\partial b_2} = 2 (\hat{y} - y) w_2 + w_1$$"
    finding = finding_of(f"{LOCKED}\n\n{claim}\n", tmp_path)
    assert (finding.counterexample, finding.numpy) == ("", "")


def finding_of(text: str, folder: Path) -> Finding:
    document = folder / "document.md"
    document.write_text(text, encoding="utf-8")
    (result,) = verify(document).documents
    (finding,) = [f for f in result.findings if f.rule.severity == "error"]
    return finding


def pasted(code: str) -> list[float]:
    """What the snippet prints when it is pasted into a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return [float(line.split(":")[1]) for line in done.stdout.splitlines()]
