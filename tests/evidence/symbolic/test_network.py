"""Whether a model is the network that the backprop code implements."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.evidence.symbolic import NetworkMatch, network_scale
from gradcheck.language.verdict import Constant
from tests.evidence.symbolic.symbolic_models import LOG_LOSS, MSE, SIGMOID, TANH, model, two_layers

MATCHES = [
    (SIGMOID, MSE, "z_2", ("sigmoid", "mse", "identity", 1, -1, True)),
    (TANH, "1/2*(yh-y)^2", "z_2", ("tanh", "mse", "identity", Fraction(1, 2), 0, False)),
    ("g(z_1)", "S((y-yh)^2)/(2*N)", "z_2", ("tanh", "mse", "identity", Fraction(1, 2), -1, True)),
    (SIGMOID, LOG_LOSS, "sigmoid(z_2)", ("sigmoid", "logloss", "sigmoid", 1, 0, False)),
    (
        "2/(1+exp(-2*z_1))-1",
        "-1/N*S((1-y)*log(1-yh)+y*log(yh))",
        "1/(1+exp(-z_2))",
        ("tanh", "logloss", "sigmoid", 1, -1, True),
    ),
    ("z_1", "3*(yh-y)^2", "sigmoid(z_2)", ("identity", "mse", "sigmoid", 3, 0, False)),
]


@pytest.mark.parametrize(("hidden", "loss", "output", "expected"), MATCHES)
def test_the_network_is_recognised(hidden: str, loss: str, output: str, expected: tuple) -> None:
    activation, kind, squash, rational, power, summed = expected
    scale = Constant(Fraction(rational), power)
    match = network_scale(two_layers(hidden, loss, output), activation)
    assert match == NetworkMatch(activation, kind, squash, scale, summed)


OTHERS = [
    (two_layers(SIGMOID, MSE), "tanh"),
    (two_layers(SIGMOID, MSE), "relu"),
    (two_layers("relu(z_1)", MSE), "sigmoid"),
    (two_layers(SIGMOID, "-(yh-y)^2"), "sigmoid"),
    (two_layers(SIGMOID, "w_1*(yh-y)^2"), "sigmoid"),
    (two_layers(SIGMOID, "(yh-y)^4"), "sigmoid"),
    (two_layers(SIGMOID, LOG_LOSS, "tanh(z_2)"), "sigmoid"),
    (two_layers(SIGMOID, LOG_LOSS, "z_2"), "sigmoid"),
    (
        model("z_1 = w_1*x+b_1", "a_1 = sigmoid(z_1)", "yh = w_2*a_1+b_1", "L = (yh-y)^2"),
        "sigmoid",
    ),
    (model("yh = w_1*x + b_1", "L = (yh-y)^2"), "identity"),
    (model("yh = w_1*x + b_1", "L = (yh-y)^2", prediction="nothing"), "identity"),
]


@pytest.mark.parametrize(("other", "activation"), OTHERS)
def test_another_network_is_refused_with_a_reason(other, activation: str) -> None:
    reason = network_scale(other, activation)
    assert isinstance(reason, str)
    assert reason
