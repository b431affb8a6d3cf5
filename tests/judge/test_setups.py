"""A setup's rows and findings: what is shown, what is said, and who is blamed."""

from __future__ import annotations

import pytest

from gradcheck.language.verdict import Verdict
from gradcheck.report.results import ParameterResult
from tests.understand.documents import CLAIMS, FORWARD, HALF, display, report

PAGE = FORWARD + HALF + CLAIMS
MEAN = r"""
$$L = \frac{1}{m} \sum_{i=1}^m (\hat{y}_i - y_i)^2$$
"""


def rows(text: str) -> dict[str, ParameterResult]:
    (setup,) = report(text).documents[0].setups
    return {row.role: row for row in setup.parameters}


def messages(text: str, code: str) -> list[str]:
    return [f.message for f in report(text).documents[0].findings if f.rule.code == code]


def test_rows_come_in_the_order_of_the_roles() -> None:
    assert list(rows(PAGE)) == ["w_1", "b_1", "w_2", "b_2"]


def test_a_row_shows_all_claims_and_the_worst_of_them() -> None:
    more = display(
        r"\frac{\partial L}{\partial b_2} = 2 x", r"\frac{\partial L}{\partial b_2} = \hat{y} - y"
    )
    row = rows(PAGE + more)["b_2"]
    assert [claim.verdict for claim in row.claims] == [Verdict.EXACT, Verdict.WRONG, Verdict.EXACT]
    assert row.claim is row.claims[1]
    assert row.verdict is Verdict.WRONG


def test_a_wrong_row_has_a_witness_and_what_was_derived() -> None:
    row = rows(PAGE.replace("a_1 (1 - a_1) x", "a_1 (1 - a_1) x^2"))["w_1"]
    assert row.claim is not None
    assert row.claim.quotient == "extra factor x"
    assert "the gradient is" in row.claim.witness
    assert "x" in row.claim.derived
    assert row.document_error is not None
    assert row.document_error > 1e-3


def test_the_derived_gradient_is_in_the_documents_own_names() -> None:
    text = PAGE.replace(r"\hat{y}", "p").replace("a_1", "h")
    row = rows(text)["w_1"]
    assert "p" in row.derived
    assert "h" in row.derived
    assert "a_1" not in row.derived


@pytest.mark.parametrize(
    ("loss", "claims", "note"),
    [
        (MEAN, CLAIMS, "2/m is left out of all gradients alike"),
        (MEAN.replace("{m}", "{2m}"), CLAIMS, "1/m is left out of all gradients alike"),
        (HALF.replace(r"\frac{1}{2} ", ""), CLAIMS, "2 is left out of all gradients alike"),
    ],
)
def test_a_constant_left_out_alike_is_a_note(loss: str, claims: str, note: str) -> None:
    (message,) = messages(FORWARD + loss + claims, "GC201")
    assert note in message
    assert "does not come from the loss" not in message


def test_a_constant_that_does_not_come_from_the_loss_is_a_warning() -> None:
    sevenfold = CLAIMS.replace(" = ", " = 7 ").replace(r"7 \hat{y} - y", r"7 (\hat{y} - y)")
    (message,) = messages(FORWARD + HALF + sevenfold, "GC203")
    assert "1/7" in message
    assert "the line has 7 where the loss gives 1" in message


def test_the_sum_left_out_is_a_note_once() -> None:
    assert len(messages(FORWARD + MEAN + CLAIMS, "GC202")) == 1
    assert messages(PAGE, "GC202") == []


def test_a_parameter_that_never_appears_forward() -> None:
    text = PAGE.replace("w_2 a_1 + b_2", "w_2 a_1")
    assert any("never appears" in message for message in messages(text, "GC301"))
    row = rows(text)["b_2"]
    assert row.verdict is Verdict.UNDECIDED  # a term may be missing: this is not 0 and wrong
    assert row.derived == ""
    right = text.replace(r"{\partial b_2} = \hat{y} - y", r"{\partial b_2} = 0")
    assert rows(right)["b_2"].verdict is Verdict.EXACT


def test_another_network_is_not_compared_with_the_code() -> None:
    text = PAGE.replace(r"\sigma(z_1)", r"\sigma(z_1) + x")
    document = report(text).documents[0]
    assert document.setups[0].backprop.startswith("another network")
    assert all(row.backprop_error is None for row in document.setups[0].parameters)


def test_a_loss_that_is_not_understood_judges_nobody() -> None:
    text = PAGE.replace(r"w_2 a_1 + b_2", r"w_2^T a_1 + b_2")
    document = report(text).documents[0]
    verdicts = {row.verdict for row in document.setups[0].parameters}
    assert Verdict.WRONG not in verdicts
    assert Verdict.EXACT not in verdicts
    assert report(text).exit_status == 1


def test_no_error_is_ever_nan() -> None:
    for text in (
        PAGE,
        PAGE.replace("x$$", r"\frac{x}{x - x}$$"),
        PAGE.replace("w_2 a_1 +", "0 a_1 +"),
    ):
        for row in rows(text).values():
            for value in (row.document_error, row.numeric_error, row.backprop_error):
                assert value is None or value == value


def test_a_division_by_zero_is_no_gradient() -> None:
    row = rows(PAGE.replace("(1 - a_1) x$$", r"(1 - a_1) \frac{x}{0}$$"))["w_1"]
    assert row.verdict in (Verdict.UNDECIDED, Verdict.UNREAD)


ABSOLUTE = PAGE.replace(r"\frac{1}{2} (\hat{y} - y)^2", r"|\hat{y} - y|")


@pytest.mark.parametrize(
    "sign",
    [
        r"\frac{\hat{y} - y}{|\hat{y} - y|}",
        r"\frac{|\hat{y} - y|}{\hat{y} - y}",
        r"\text{sign}(\hat{y} - y)",
        r"\operatorname{sgn}(\hat{y} - y)",
    ],
)
def test_the_gradient_of_an_absolute_error(sign: str) -> None:
    """The sign is no activation that stays abstract: a right page must not be called wrong."""
    row = rows(ABSOLUTE.replace(r"{\partial b_2} = \hat{y} - y", rf"{{\partial b_2}} = {sign}"))[
        "b_2"
    ]
    assert row.verdict is Verdict.EXACT


def test_the_derivative_of_an_absolute_value_is_not_shown_as_the_value() -> None:
    row = rows(ABSOLUTE)["b_2"]
    assert row.verdict is Verdict.WRONG
    assert row.derived != "|ŷ - y|"
    assert row.claim is not None
    assert row.claim.derived != "|ŷ - y|"
