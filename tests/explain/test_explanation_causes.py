"""Where a mistake is told: at the definition, at the derivative on the left, or at the claim."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcheck
from gradcheck.language.finding import Finding

RIGHT = r"""
$$z_1 = w_1 x + b_1$$
$$a_1 = \tanh(z_1)$$
$$z_2 = w_2 a_1 + b_2$$
$$\hat{y} = z_2$$
$$L = \frac{1}{2} (\hat{y} - y)^2$$
$$\frac{\partial z_1}{\partial w_1} = x$$
$$\frac{\partial z_1}{\partial b_1} = 1$$
$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$
$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$
$$\frac{\partial L}{\partial w_1} = (\hat{y} - y) w_2 (1 - a_1^2) x$$
$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 (1 - a_1^2)$$
"""


def causes(text: str, folder: Path) -> list[tuple[int, Finding]]:
    path = folder / "derivation.md"
    path.write_text(text, encoding="utf-8")
    (result,) = gradcheck.verify([path]).documents
    told = [f for f in result.findings if f.rule.severity == "error" and f.follows_from is None]
    return [(result.document.line_of(finding.span), finding) for finding in told]


def test_the_document_is_right(tmp_path: Path) -> None:
    assert causes(RIGHT, tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "suggestion"),
    [
        # one edit of a definition rather than one of each step that fails
        (r"a_1 = \tanh", r"a_1 = -\tanh", 3, r"\tanh(z_1)"),
        ("= w_1 x + b_1", "= w_1 x^2 + b_1", 2, "w_1 x + b_1"),
        ("= w_1 x + b_1", "= w_1 x - b_1", 2, "w_1 x + b_1"),
        (r"(\hat{y} - y)^2", r"(\hat{y} + y)^2", 6, r"\frac{1}{2} (\hat{y} - y)^2"),
        (r"(\hat{y} - y)^2", r"\hat{y} - y^2", 6, r"\frac{1}{2} (\hat{y} - y)^2"),
        # a definition that holds itself, or gives the wrong name
        (r"\tanh(z_1)$", r"\tanh(z_1) a_1$", 3, r"\tanh(z_1)"),
        ("$z_1 = w_1", "$z_2 = w_1", 2, "z_1"),
        # a name that nothing leads to, a name of the loss itself, a label that is defined
        (r"\tanh(z_1)$", r"\tanh(x)$", 3, r"\tanh(z_1)"),
        (r"$$L = \frac", r"$$x = \frac", 6, "L"),
        (r"$$\hat{y} = z_2", r"$$y = z_2", 5, r"\hat{y}"),
        ("= w_2 a_1 + b_2", "= w_2 + b_2", 4, "w_2 a_1 + b_2"),
        (r"(\hat{y} - y)^2", r"(\hat{y} - b_1)^2", 6, r"\frac{1}{2} (\hat{y} - y)^2"),
        ("= w_1 x + b_1", "= w_1 + b_1", 2, "w_1 x + b_1"),
        (r"$$\hat{y} = z_2", r"$$\hat{y} = -z_2", 5, "z_2"),
        # a factor by which one gradient is a constant off, the others more
        (r"\tanh(z_1)$", r"\tanh(z_1) w_2$", 3, r"\tanh(z_1)"),
        (r"L = \frac", r"L = -\frac", 6, r"\frac{1}{2} (\hat{y} - y)^2"),
        # the derivative on the left is another
        (r"{\partial z_1}{\partial b_1} = 1", r"{\partial z_1}{\partial b_2} = 1", 8, None),
        (
            r"L}{\partial w_1} = ",
            r"L}{\partial w_2} = ",
            11,
            r"\frac{\partial L}{\partial w_1}",
        ),
    ],
)
def test_the_cause_is_told_where_it_is(
    right: str, wrong: str, line: int, suggestion: str | None, tmp_path: Path
) -> None:
    assert right in RIGHT
    found = causes(RIGHT.replace(right, wrong, 1), tmp_path)
    assert [at for at, _ in found] == [line]
    if suggestion is not None:
        assert found[0][1].suggestion == suggestion


def test_two_mistakes_of_claims_are_not_put_down_to_a_definition(tmp_path: Path) -> None:
    text = RIGHT.replace(r"(\hat{y} - y) a_1", r"(\hat{y} - y) x")
    text = text.replace(r"w_2 (1 - a_1^2)$", r"(1 - a_1^2)$")
    assert [line for line, _ in causes(text, tmp_path)] == [9, 12]


def test_a_sum_in_the_derivative_by_one_prediction(tmp_path: Path) -> None:
    text = RIGHT.replace(r"(\hat{y} - y)^2", r"\sum_i (\hat{y} - y)^2")
    text += r"$$\frac{\partial L}{\partial \hat{y}} = \sum_i (\hat{y} - y)$$" + "\n"
    assert [(line, f.rule.code) for line, f in causes(text, tmp_path)] == [(13, "GC131")]


@pytest.mark.parametrize(
    ("right", "wrong", "suggestion"),
    [
        # a constant that the others do not leave out
        (r"= (\hat{y} - y) a_1", r"= 3 (\hat{y} - y) a_1", r"(\hat{y} - y) a_1"),
        # an exponent of a function's argument, a quotient for a product
        ("w_2 (1 - a_1^2) x", r"w_2 (1 - \tanh z_1^2) x", r"(\hat{y} - y) w_2 (1 - \tanh^2 z_1) x"),
        (r"= (\hat{y} - y) a_1", r"= \frac{\hat{y} - y}{a_1}", r"(\hat{y} - y) a_1"),
        # a name that nothing defines
        ("w_2 (1 - a_1^2) x", r"\eta (1 - a_1^2) x", r"(\hat{y} - y) w_2 (1 - a_1^2) x"),
    ],
)
def test_a_claim_is_mended(right: str, wrong: str, suggestion: str, tmp_path: Path) -> None:
    assert right in RIGHT
    (found,) = causes(RIGHT.replace(right, wrong, 1), tmp_path)
    assert found[1].suggestion == suggestion


def test_a_product_of_partials_is_mended_so_that_it_telescopes(tmp_path: Path) -> None:
    chain = r"\frac{\partial L}{\partial \hat{y}} \frac{\partial \hat{y}}{\partial a_1}"
    chain += r" \frac{\partial a_1}{\partial z_1} \frac{\partial z_1}{\partial b_1}"
    text = RIGHT.replace(r"= (\hat{y} - y) w_2 (1 - a_1^2) x", "= " + chain)
    (found,) = causes(text, tmp_path)
    assert found[1].suggestion == chain.replace(r"{\partial b_1}", r"{\partial w_1}")


def test_a_mend_keeps_the_index_of_the_samples(tmp_path: Path) -> None:
    text = r"""
$$h_i = \tanh(w_1 x_i + b_1), \quad \hat y_i = \sigma(w_2 h_i + b_2)$$

$$L = \frac{1}{n} \sum_{i=1}^n (\hat y_i - y_i)^2$$

$$\frac{\partial L}{\partial w_2} = \frac{2}{n} \sum_{i=1}^n (\hat y_i - y_i) h_i$$
"""
    (found,) = causes(text, tmp_path)
    assert found[1].suggestion is not None
    assert found[1].suggestion.endswith(r"h_i \hat y_i (1 - \hat y_i)")


def test_two_helpers_wrong_at_once(tmp_path: Path) -> None:
    text = RIGHT.split(r"$$\frac{\partial z_1}{\partial w_1}")[0]
    text += r"""
$$\delta_2 = y - \hat{y}$$
$$\delta_1 = \delta_2 w_2 (1 - z_1^2)$$
$$\frac{\partial L}{\partial w_2} = \delta_2 a_1$$
$$\frac{\partial L}{\partial b_2} = \delta_2$$
$$\frac{\partial L}{\partial w_1} = \delta_1 x$$
$$\frac{\partial L}{\partial b_1} = \delta_1$$
"""
    found = causes(text, tmp_path)
    assert [(line, f.suggestion) for line, f in found] == [
        (8, r"\hat{y} - y"),
        (9, "\\delta_2 w_2 (1 - a_1^2)"),
    ]


def test_a_lost_loss_is_not_guessed_where_claims_would_still_fail(tmp_path: Path) -> None:
    text = RIGHT.replace("$$L = ", "$$x = ").replace(r"(\hat{y} - y) a_1", r"(\hat{y} - y) x")
    assert [f.rule.code for _, f in causes(text, tmp_path)] == ["GC006"]
