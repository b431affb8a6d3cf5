"""Gradients are derived by SymPy and shown in the document's own intermediate names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradcheck.evidence.symbolic import Algebra, Outcome, Undecided
from gradcheck.evidence.symbolic import gradient as symbolic_gradient
from gradcheck.language.expression import Name, Partial, to_key
from gradcheck.language.model import ROLES
from tests.evidence.symbolic.symbolic_models import (
    ABSTRACT,
    LOG_LOSS,
    MSE,
    SIGMOID,
    TANH,
    model,
    read,
    two_layers,
)

SHOWN = [
    (SIGMOID, MSE, "z_2", "2/N * S((yh - y)*w_2*a_1*(1 - a_1)*x)"),
    (TANH, MSE, "z_2", "2/N * S((yh - y)*w_2*(1 - a_1^2)*x)"),
    (ABSTRACT, MSE, "z_2", "2/N * S((yh - y)*w_2*g'(z_1)*x)"),
    ("relu(z_1)", MSE, "z_2", "2/N * S((yh - y)*w_2*relu'(z_1)*x)"),
    ("z_1", MSE, "z_2", "2/N * S((yh - y)*w_2*x)"),
    ("1/(1+exp(-z_1))", MSE, "z_2", "2/N * S((yh - y)*w_2*a_1*(1 - a_1)*x)"),
    (
        "(exp(z_1)-exp(-z_1))/(exp(z_1)+exp(-z_1))",
        MSE,
        "z_2",
        "2/N * S((yh - y)*w_2*(1 - a_1^2)*x)",
    ),
    (SIGMOID, "1/2*(y-yh)^2", "z_2", "(yh - y)*w_2*a_1*(1 - a_1)*x"),
    (SIGMOID, "1/(2*N)*S((y-yh)^2)", "z_2", "1/N * S((yh - y)*w_2*a_1*(1 - a_1)*x)"),
    (SIGMOID, "S((y-yh)^2)/2", "z_2", "S((yh - y)*w_2*a_1*(1 - a_1)*x)"),
    (SIGMOID, LOG_LOSS, "sigmoid(z_2)", "(yh - y)*w_2*a_1*(1 - a_1)*x"),
    (TANH, LOG_LOSS, "1/(1+exp(-z_2))", "(yh - y)*w_2*(1 - a_1^2)*x"),
    (SIGMOID, "(y-yh)^2/2", "sigmoid(z_2)", "(yh - y)*yh*(1 - yh)*w_2*a_1*(1 - a_1)*x"),
]


@pytest.mark.parametrize(("hidden", "loss", "output", "shown"), SHOWN)
def test_the_first_layers_gradient_is_shown_by_the_chain(
    hidden: str, loss: str, output: str, shown: str
) -> None:
    algebra = Algebra(two_layers(hidden, loss, output))
    assert to_key(algebra.gradient("w_1")) == to_key(read(shown))


@pytest.mark.parametrize(("hidden", "loss", "output", "shown"), SHOWN)
def test_every_gradient_is_the_partial_of_the_loss(
    hidden: str, loss: str, output: str, shown: str
) -> None:
    algebra = Algebra(two_layers(hidden, loss, output))
    for key in ROLES:
        decision = algebra.decide(Partial(Name("L"), Name(key)), algebra.gradient(key))
        assert decision.outcome is Outcome.EQUAL


def test_an_alias_is_shown_as_the_prediction() -> None:
    algebra = Algebra(
        model(
            "z_1 = w_1*x + b_1",
            "a_1 = sigmoid(z_1)",
            "z_2 = w_2*a_1 + b_2",
            "a_2 = z_2",
            "yh = a_2",
            "L = 1/2*(a_2 - y)^2",
        )
    )
    assert to_key(algebra.gradient("w_2")) == to_key(read("(yh - y)*a_1"))


def test_a_parameter_outside_the_graph_has_the_gradient_zero() -> None:
    algebra = Algebra(
        model("z_1 = w_1*x + b_1", "a_1 = tanh(z_1)", "yh = w_2*a_1 + b_1", "L = (yh - y)^2")
    )
    assert to_key(algebra.gradient("b_2")) == "0"
    both = Algebra(algebra.model).decide(read("d(L,b_1)"), read("2*(yh-y)*(w_2*(1-a_1^2) + 1)"))
    assert both.outcome is Outcome.EQUAL


def test_two_paths_are_added() -> None:
    algebra = Algebra(
        model("z_1 = w_1*x + b_1", "a_1 = tanh(z_1)", "yh = w_2*a_1 + b_1", "L = (yh - y)^2")
    )
    gradient = algebra.gradient("b_1")
    assert algebra.decide(read("d(L,b_1)"), gradient).outcome is Outcome.EQUAL
    assert to_key(gradient) == to_key(read("2*(yh - y)*(w_2*(1 - a_1^2) + 1)"))


@pytest.mark.parametrize("met_before", [(), ("other", "g"), ("z", "y", "x")])
def test_what_the_process_met_before_alters_nothing(
    met_before: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbolic_gradient, "_FUNCTIONS", {})
    monkeypatch.setattr(symbolic_gradient, "_HEADS", {})
    symbolic_gradient._derivative.cache_clear()
    for name in met_before:
        for order in (1, 0):
            symbolic_gradient._function(Name(name), order)
    algebra = Algebra(two_layers("g(z_1)*h(z_1)", MSE))
    shown = "2/N * S((yh - y)*w_2*(g(z_1)*h'(z_1) + h(z_1)*g'(z_1))*x)"
    assert to_key(algebra.gradient("w_1")) == to_key(read(shown))
    symbolic_gradient._derivative.cache_clear()  # it holds classes that are gone


def test_without_intermediate_names_the_gradient_is_right() -> None:
    algebra = Algebra(model("yh = w_2/(1+exp(-(w_1*x+b_1))) + b_2", "L = 1/N*S((yh-y)^2)"))
    for key in ROLES:
        gradient = algebra.gradient(key)
        assert algebra.decide(Partial(Name("L"), Name(key)), gradient).outcome is Outcome.EQUAL


def test_a_penalty_without_a_sum_stands_beside_the_sum() -> None:
    algebra = Algebra(model("yh = w_1*x + b_1", "L = 1/N*S((yh-y)^2) + k*w_1^2", constants=("k",)))
    decision = algebra.decide(algebra.gradient("w_1"), read("2/N*S((yh-y)*x) + 2*k*w_1"))
    assert decision.outcome is Outcome.EQUAL


def test_names_of_the_document_mean_nothing_to_sympy() -> None:
    """S, E, I, N, Q, beta, gamma are objects of SymPy, and here nothing but names."""
    algebra = Algebra(
        model("E = w_1*x + b_1", "I = w_2*tanh(E) + Q", "L = (I - y)^2", constants=("Q",))
    )
    decision = algebra.decide(algebra.gradient("w_2"), read("2*(I - y)*tanh(E)"))
    assert decision.outcome is Outcome.EQUAL


def test_a_loss_that_cannot_be_differentiated_says_so() -> None:
    with pytest.raises(Undecided, match="a sum times a sum"):
        Algebra(model("yh = w_1*x", "L = S(yh)*S(y)")).gradient("w_1")


_SCRIPT = """
from tests.evidence.symbolic.symbolic_models import *
from gradcheck.language.expression import to_key
from gradcheck.evidence.symbolic import Algebra
for hidden in (SIGMOID, TANH, ABSTRACT, "1/(1+exp(-z_1))"):
    algebra = Algebra(two_layers(hidden, LOG_LOSS, "sigmoid(z_2)"))
    for key in ROLES:
        print(to_key(algebra.gradient(key)))
    for claim in ("log(x*y)*sqrt(x+b_1)", "(yh-y)*x*(a_1-y)*w_2", "exp(x/2)+sin(y)*cos(x)"):
        decision = algebra.decide(read("d(L,w_1)"), read(claim))
        print(decision)
"""


def test_the_answers_do_not_depend_on_the_hash_seed() -> None:
    root = Path(__file__).parents[3]
    answers = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4242")
    }
    assert len(answers) == 1
    assert len(answers.pop().splitlines()) > 20
