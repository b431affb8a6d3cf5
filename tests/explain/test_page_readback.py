"""What is said of a page with axes before its verdicts, and of a run without a loss after them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import Report, verify
from gradcheck.report.renderers.text import render
from gradcheck.report.results import DocumentResult

LAYER = r"With $z_j = \sum_i w_{ji} x_i$ and $h_j = g(z_j)$:" + "\n\n"
LOSS = r"$$E = \frac12 \sum_j (h_j - t_j)^2$$" + "\n\n"
SLOPE = r"$$\frac{\partial h_j}{\partial z_j} = g'(z_j)$$" + "\n\n"
RIGHT = r"$$\frac{\partial E}{\partial w_{ji}} = (h_j - t_j) g'(z_j) x_i$$"
CHAIN = r"""$$\frac{\partial E}{\partial w_{ji}} = \frac{\partial E}{\partial h_j}
\frac{\partial h_j}{\partial w_{ji}}$$"""


def verified(text: str, folder: Path) -> tuple[Report, DocumentResult]:
    path = folder / "page.md"
    path.write_text(text, encoding="utf-8")
    report = verify(path)
    return report, report.documents[0]


def test_equations_axes_and_what_is_given_are_shown(tmp_path: Path) -> None:
    report, result = verified(LAYER + LOSS + RIGHT, tmp_path)
    (setup,) = result.setups
    assert setup.forward == (
        "z[j] = Σ_i w[j,i]·x[i]", "h[j] = g(z[j])", "E = 1/2·Σ_j (h[j] - t[j])^2"
    )  # fmt: skip
    assert setup.axes == ("i: of w, x", "j: of h, t, w, z", "no index is the samples'")
    assert (setup.given, setup.abstract) == (("x[i]", "t[j]"), ("g",))
    assert report.exit_status == 0 and "PASSED: nothing wrong." in render(report)


def test_no_sum_over_units_is_said_to_be_carried_out_by_shapes(tmp_path: Path) -> None:
    _, result = verified(LAYER + LOSS + RIGHT, tmp_path)
    assert not [words for words in result.readings if "shapes" in words]


def test_a_page_without_a_derivative_is_shown_with_its_axes_and_no_pass(tmp_path: Path) -> None:
    report, result = verified(LAYER + LOSS, tmp_path)
    assert result.setups[0].loss == "E = 1/2·Σ_j (h[j] - t[j])^2"
    assert report.exit_status == 2


def test_a_chain_alone_is_not_judged_and_no_pass(tmp_path: Path) -> None:
    report, result = verified(LAYER + LOSS + CHAIN, tmp_path)
    assert result.unjudged == (
        "the gradient by w_ji: chain rule only, no closed form is given",
    )  # fmt: skip
    assert report.exit_status == 2


def test_local_derivatives_pass_and_the_last_line_says_that_no_gradient_was(tmp_path: Path) -> None:
    report, result = verified(LAYER + SLOPE, tmp_path)
    assert report.exit_status == 0 and not result.setups
    assert result.forward == ("z[j] = Σ_i w[j,i]·x[i]", "h[j] = g(z[j])")
    assert render(report).rstrip().endswith("nothing wrong; no gradient of a loss judged.")


def test_wrong_local_derivatives_fail(tmp_path: Path) -> None:
    report, _ = verified(LAYER + SLOPE.replace("g'(z_j)", "g'(z_j) x_j"), tmp_path)
    assert report.exit_status == 1


@pytest.mark.parametrize(
    ("side", "code"),
    [
        ("(h_j - y_j) g'(z_j) x_i", "GC005"),
        (r"\begin{pmatrix} h_j \\ 2 \end{pmatrix}", "GC002"),
    ],
)
def test_no_gradient_of_an_unknown_loss_goes_unnoticed(
    side: str, code: str, tmp_path: Path
) -> None:
    claim = rf"$$\frac{{\partial L}}{{\partial w_{{ji}}}} = {side}$$"
    report, result = verified(LAYER + SLOPE + claim, tmp_path)
    assert [f.rule.code for f in result.findings] == [code]
    assert report.exit_status == 1


def test_what_is_exempt_is_listed_by_its_mood(tmp_path: Path) -> None:
    text = (
        r"With $h_n = \sum_i w_i x_{ni}$ and $L = \sum_n (h_n - y_n)^2$ we set, for the optimum,"
        "\n\n" + r"$$\frac{\partial L}{\partial w_i} = 2 \sum_n (h_n - y_n) x_{ni} = 0$$"
    )
    report, result = verified(text, tmp_path)
    assert result.unjudged == (
        "= 0 is a condition, it says where the optimum is: "
        "2·Σ_n (h[n] - y[n])·x[n,i] = 0 (line 3)",
    )  # fmt: skip
    assert "not judged" in render(report) and report.exit_status == 0
