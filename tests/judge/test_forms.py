"""Which form of the loss a claim is judged against."""

from __future__ import annotations

import pytest

from gradcheck.judge.forms import Forms, truth
from gradcheck.language.expression import Sum, contains, to_key
from gradcheck.language.model import Claim, Model
from tests.understand.documents import CLAIMS, FORWARD, HALF, only_setup

MEAN = r"$$L = \frac{1}{m} \sum_{i=1}^m (\hat{y}_i - y_i)^2$$"


def model(loss: str) -> Model:
    return only_setup(FORWARD + "\n" + loss + "\n" + CLAIMS).model


def has_sum(model: Model) -> bool:
    return any(contains(body, Sum) for body in model.definitions.values())


def claim(sums: bool) -> Claim:
    from gradcheck.language.document import Span

    return Claim("w_1", Span(0, 1), 0, 1, None, sums=sums)


@pytest.mark.parametrize(
    ("loss", "sums", "form_sums", "left_out"),
    [
        (MEAN, True, True, False),
        (MEAN, False, False, True),
        (HALF, True, True, False),
        (HALF, False, False, False),
    ],
)
def test_the_form_for_a_claim(loss: str, sums: bool, form_sums: bool, left_out: bool) -> None:
    form, sum_left_out = Forms(model(loss)).for_claim(claim(sums))
    assert has_sum(form) is form_sums
    assert sum_left_out is left_out


def test_the_one_sample_form_keeps_the_constant() -> None:
    forms = Forms(model(MEAN))
    loss = forms.one.definitions["L"]
    assert to_key(loss) == "(* (/ 1 m) (^ (+ hat(y) (- y)) 2))"
    assert forms.one.per_sample >= {"L", "hat(y)", "x", "y"}
    assert forms.total is forms.model


def test_a_loss_of_one_sample_is_totalled() -> None:
    forms = Forms(model(HALF))
    assert isinstance(forms.total.definitions["L"], Sum)
    assert "L" not in forms.total.per_sample
    assert forms.total is forms.total, "one object, so that its algebra is built once"
    assert forms.one.definitions == forms.model.definitions


def test_the_truth_is_not_carried_out() -> None:
    assert to_key(truth(model(HALF), "w_1")) == "(d L w_1)"
    assert to_key(truth(model(HALF), "w_1", "ell")) == "(d ell w_1)"
