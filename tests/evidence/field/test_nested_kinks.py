"""Kinks in kinks: what is 0 on a branch is no kink there, and no branch is left out."""

from __future__ import annotations

from time import thread_time

import pytest

from gradcheck.evidence.field import decide
from gradcheck.run.budget import budget
from tests.evidence.typed_notation import claim, world

NUMBERS = world("a[i] w m")


@pytest.mark.parametrize(
    "text",
    [
        "relu(relu(w)) == relu(w)",
        "max(0, max(0, w)) == relu(w)",
        "max(w, max(w, m)) == max(m, w)",
        "max(0.1*w, max(0.1*w, w)) == max(0.1*w, w)",
        "abs(abs(w)) == abs(w)",
        "relu(abs(w)) == abs(w)",
        "abs(relu(w)) == relu(w)",
        "relu(relu(w) - relu(-w)) == relu(w)",
        "relu(w - relu(w)) == 0",
        "relu(a[i])*relu(-a[i]) == 0",
        "max(relu(w), relu(-w)) == abs(w)",
        "max(relu(w), relu(-w)/2) == when(w > 0, w, -w/2)",
        "relu(when(w > 0, m, -m)) + relu(when(w > 0, -m, m)) == abs(m)",
        "d(relu(relu(a[i])), a[i]) == when(a[i] > 0, 1, 0)",
        "d(abs(abs(w)), w) == sign(w)",
        "d(min(max(w, 0), 6), w) == when(w < 0, 0, when(w < 6, 1, 0))",
        # sides that are equal on a branch
        "when(relu(w) > 0, 1, 0) == when(w > 0, 1, 0)",
        "when(relu(w) >= 0, 1, 0) == 1",
        "when(relu(w) < 0, 1, 0) == 0",
        "when(relu(w) = 0, 1, 0) == when(w > 0, 0, 1)",
        "sign(relu(w)) == when(w > 0, 1, 0)",
    ],
)
def test_equal_on_every_branch(text: str) -> None:
    decision = decide(*claim(NUMBERS, text), NUMBERS)
    assert (decision.outcome, decision.reach) == ("equal", "")


@pytest.mark.parametrize(
    "text",
    [
        "relu(relu(w)) == w",
        "abs(relu(w)) == abs(w)",
        "max(0, max(0, max(0, w))) == w",
        "max(w, max(w, m)) == w",
        "relu(relu(w) - 1) == relu(w - 2)",
        "relu(relu(w) + m) == relu(w) + relu(m)",
        "relu(w - relu(w)) == -relu(-w)",
        "relu(when(w > 0, m, -m)) == relu(m)",
        "relu(1 - relu(w)) == 1 - relu(w)",
        "d(relu(relu(w)), w) == 1",
        "d(abs(abs(w)), w) == 1",
        # sides that are equal on a branch
        "when(relu(w) >= 0, 1, 0) == when(w > 0, 1, 0)",
        "when(relu(w) < 0, 1, 0) == when(w < 0, 1, 0)",
        "when(relu(w) <= 0, 1, 0) == 0",
        "when(relu(w) = 0, 1, 0) == 0",
        "when(relu(w) = 0, 1, 0) == 1",
        "sign(relu(w)) == sign(w)",
        "sign(relu(w)) == 1",
    ],
)
def test_unequal_on_one_branch(text: str) -> None:
    assert decide(*claim(NUMBERS, text), NUMBERS).outcome == "unequal"


def test_what_has_no_value_is_kept_once_for_each_definition() -> None:
    lines = [f"z{k}[i,n] = z{k - 1}[i,n] + relu(z{k - 1}[i,n])" for k in range(1, 24)]
    where = world("a[i]", "z0[i,n] = 1/(a[i]-a[n])", *lines)
    began = thread_time()
    with budget(10):
        decision = decide(
            *claim(where, "total(i, z23[i,n], i != n) == total(n, z23[i,n], i != n)"), where
        )
    assert decision.outcome == "unequal"
    assert thread_time() - began < 5


def test_many_layers_of_kinks_are_few_branches() -> None:
    lines = [f"z{k}[i] = relu(z{k - 1}[i])" for k in range(1, 16)]
    where = world("a[i]", "z0[i] = a[i]", *lines)
    with budget(3):
        decision = decide(*claim(where, "d(z15[i], a[i]) == when(a[i] > 0, 1, 0)"), where)
    assert (decision.outcome, decision.reach) == ("equal", "")
