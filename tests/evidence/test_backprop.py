"""Backprop against a multi-precision reference, at its edges, and with mistakes planted in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gradcheck.evidence import backprop
from gradcheck.evidence.backprop import Network, Parameters
from gradcheck.evidence.numeric import gradient
from tests.reference.multiprecision import (
    LARGE,
    NAMES,
    SMALL,
    Case,
    Reference,
    batched_loss,
    draw,
    extended_gradient,
    relative_error,
)

HIDDEN = ["sigmoid", "tanh", "identity"]
LOSSES = ["mse", "logloss"]


def backward(case: Case) -> Parameters:
    return backprop.backward(case.network, case.parameters, case.x, case.y, case.scale)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_agrees_with_60_digits(hidden: str, loss: str, soft: bool) -> None:
    case = draw(hidden, loss, SMALL, seed=7, soft=soft)
    reference = Reference(case)
    actual = backward(case)
    for name in NAMES:
        assert relative_error(getattr(actual, name), reference.gradient(name)) < 1e-13, name
    value = backprop.loss(case.network, case.parameters, case.x, case.y, case.scale)
    assert value == pytest.approx(float(reference.loss()), rel=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_agrees_at_the_large_sizes(hidden: str, loss: str) -> None:
    case = draw(hidden, loss, LARGE, seed=11)
    expected = extended_gradient(case)
    reference = Reference(case)
    for name in NAMES:
        shape = expected[name].shape
        scale = np.abs(expected[name]).max()
        for number in range(0, expected[name].size, 311):  # 311 is prime: all rows and columns
            index = tuple(int(i) for i in np.unravel_index(number, shape))
            exact = float(reference.derivative(name, index))
            assert abs(expected[name][index] - exact) < 1e-14 * scale, (name, index)
        assert relative_error(getattr(backward(case), name), expected[name]) < 1e-13, name


@pytest.mark.parametrize("shift", [-40.0, 40.0])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
def test_saturated_units_keep_their_digits(hidden: str, loss: str, shift: float) -> None:
    case = draw(hidden, loss, SMALL, seed=3)
    bias = case.parameters.b_1.copy()
    bias[1] += shift
    case = replace(case, parameters=replace(case.parameters, b_1=bias))
    reference = Reference(case)
    actual = backward(case)
    for index in np.ndindex(actual.w_1.shape):
        exact = float(reference.derivative("w_1", index))
        assert actual.w_1[index] == pytest.approx(exact, rel=1e-11), index
    for unit in range(4):
        exact = float(reference.derivative("b_1", (unit,)))
        assert actual.b_1[unit] == pytest.approx(exact, rel=1e-11), unit


@pytest.mark.parametrize("label", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("z_2", [-800.0, -40.0, 0.0, 40.0, 800.0])
def test_a_prediction_that_rounds_to_0_or_1(z_2: float, label: float) -> None:
    case = draw("tanh", "logloss", SMALL, seed=5)
    parameters = replace(case.parameters, w_2=np.zeros(4), b_2=np.array(z_2))
    case = replace(case, parameters=parameters, y=np.full(5, label))
    actual = backward(case)
    exact = float(Reference(case).derivative("b_2", ()))
    assert actual.b_2 == pytest.approx(exact, rel=1e-13, abs=1e-300)
    assert np.isfinite(backprop.loss(case.network, parameters, case.x, case.y, 1.0))


def test_the_small_tail_of_log_loss_keeps_its_digits() -> None:
    case = draw("tanh", "logloss", (1, 1, 1), seed=0)
    parameters = replace(case.parameters, w_2=np.zeros(1), b_2=np.array(40.0))
    case = replace(case, parameters=parameters, y=np.ones(1), scale=1.0)
    assert backward(case).b_2 == pytest.approx(-np.exp(-40.0), rel=1e-15)


def test_zeros_and_ties() -> None:
    case = draw("sigmoid", "logloss", SMALL, seed=1)
    zeros = Parameters(np.zeros((4, 3)), np.zeros(4), np.zeros(4), np.array(0.0))
    x = np.repeat(case.x[:1], 5, axis=0)  # five times the same sample
    case = replace(case, parameters=zeros, x=x, y=np.full(5, 0.5))
    actual = backward(case)
    assert all(not getattr(actual, name).any() for name in NAMES)
    actual = backward(replace(case, y=np.array([1.0, 0.0, 1.0, 0.0, 1.0])))
    assert actual.b_2 == pytest.approx(-0.1, rel=1e-15)
    assert actual.w_2 == pytest.approx(np.full(4, -0.05), rel=1e-15)
    assert not actual.w_1.any()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradient_descent_reduces_the_loss(hidden: str, loss: str) -> None:
    case = draw(hidden, loss, SMALL, seed=2)
    trained, losses = backprop.train(
        case.network, case.parameters, case.x, case.y, scale=case.scale, rate=0.01, steps=50
    )
    assert len(losses) == 51
    assert all(later < earlier for earlier, later in pairwise(losses))
    assert backprop.loss(case.network, trained, case.x, case.y, case.scale) == losses[-1]


def test_the_scale_scales_loss_and_gradients() -> None:
    case = draw("tanh", "mse", SMALL, seed=4)
    whole, half = backward(replace(case, scale=1.0)), backward(replace(case, scale=0.5))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(whole, name), 2 * getattr(half, name))


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="relu"):
        Network("relu", "mse")
    with pytest.raises(ValueError, match="hinge"):
        Network("tanh", "hinge")
    case = draw("tanh", "mse", SMALL, seed=4)
    with pytest.raises(ValueError, match=r"\(5, 1\)"):
        backward(replace(case, y=case.y[:, None]))


# Mistakes, each planted in a copy of the backward pass. ------------------------------------------

MISTAKES = [
    "derivative missing",
    "derivative twice",
    "derivative at the output",
    "sign of one gradient",
    "factor 2",
    "factor 2 in w_1 only",
    "transposed",
    "sum for mean",
    "bias not summed",
    "one sample left out",
    "no output weight",
    "input for hidden",
    "output activation's derivative too many",
]


def faulty(case: Case, mistake: str | None) -> dict[str, np.ndarray]:
    """The backward pass written once more, with one mistake, or with none."""
    network, parameters, x = case.network, case.parameters, case.x
    values = backprop.forward(network, parameters, x)
    delta_2 = case.scale * (values.prediction - case.y) * (2 if network.loss == "mse" else 1)
    slope = backprop.activation_derivative(network.hidden, values.z_1)
    if mistake == "derivative at the output":
        slope = backprop.activation_derivative(network.hidden, values.a_1)
    if mistake == "factor 2":
        delta_2 = 2 * delta_2
    if mistake == "sum for mean":
        delta_2 = delta_2 / case.scale
    if mistake == "output activation's derivative too many":
        delta_2 = delta_2 * backprop.activation_derivative("sigmoid", values.z_2)
    if mistake == "one sample left out":
        delta_2 = np.concatenate([delta_2[:-1], [0.0]])
    power = {"derivative missing": 0, "derivative twice": 2}.get(mistake or "", 1)
    back = np.ones_like(parameters.w_2) if mistake == "no output weight" else parameters.w_2
    delta_1 = delta_2[:, None] * back * slope**power
    w_1 = delta_1.T @ x
    if mistake == "transposed":  # the right shape all the same
        w_1 = (x.T @ delta_1).reshape(w_1.shape)
    if mistake == "factor 2 in w_1 only":
        w_1 = 2 * w_1
    w_2 = delta_2 @ (values.z_1 if mistake == "input for hidden" else values.a_1)
    return {
        "w_1": w_1,
        "b_1": delta_1[0] if mistake == "bias not summed" else delta_1.sum(axis=0),
        "w_2": -w_2 if mistake == "sign of one gradient" else w_2,
        "b_2": delta_2.sum(),
    }


def refuted(case: Case, claimed: dict[str, np.ndarray]) -> set[str]:
    """The parameters with an entry further from the numeric gradient than its bound."""
    numeric = gradient(batched_loss(case), case.point)
    return {
        name
        for name in NAMES
        if (np.abs(claimed[name] - numeric.values[name]) > numeric.bounds[name]).any()
    }


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_planted_mistakes_are_refuted(mistake: str, hidden: str, loss: str) -> None:
    for seed in range(5):
        case = draw(hidden, loss, SMALL, seed)
        assert refuted(case, faulty(case, mistake)), f"{mistake} not seen at seed {seed}"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_right_gradient_is_not_refuted(hidden: str, loss: str) -> None:
    for seed in range(25):
        case = draw(hidden, loss, SMALL, seed, soft=seed % 2 == 1)
        assert not refuted(case, faulty(case, None)), seed
        actual = backward(case)
        assert not refuted(case, {name: getattr(actual, name) for name in NAMES}), seed


@pytest.mark.parametrize("size", [1e-1, 1e-4, 1e-7])
def test_a_single_wrong_entry_is_refuted(size: float) -> None:
    for seed in range(5):
        case = draw("tanh", "logloss", SMALL, seed)
        claimed = faulty(case, None)
        entry = np.unravel_index(np.abs(claimed["w_1"]).argmin(), claimed["w_1"].shape)
        claimed["w_1"][entry] *= 1 + size
        assert refuted(case, claimed) == {"w_1"}
