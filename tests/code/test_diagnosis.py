"""Planted mistakes are named, and near-misses are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.code.diagnosis import Clues, diagnose

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(5, 3))
Y = (RANDOM.uniform(size=5) > 0.5) * 1.0
LAMBDA = 0.07
POINT = {
    "w_1": RANDOM.normal(size=(3, 4)),
    "b_1": RANDOM.normal(size=4),
    "w_2": RANDOM.normal(size=4),
    "b_2": np.float64(0.3),
}
Gradient = dict[str, Any]
Change = Callable[..., Any]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def forward(p: Gradient, data: Any = None) -> tuple[Any, ...]:
    z_1 = X @ p["w_1"] + p["b_1"]
    a_1 = sigmoid(z_1)
    z_2 = a_1 @ p["w_2"] + p["b_2"]
    return z_1, a_1, z_2, sigmoid(z_2)


def loss(p: Gradient) -> float:
    return float(np.mean((forward(p)[3] - Y) ** 2))


def ridge(p: Gradient) -> float:
    return loss(p) + LAMBDA / 2 * float(np.sum(p["w_1"] ** 2) + np.sum(p["w_2"] ** 2))


def lasso(p: Gradient) -> float:
    return loss(p) + LAMBDA * float(np.sum(np.abs(p["w_1"])))


def right(z: Any, a: Any) -> Any:
    return a * (1 - a)


def backprop(hidden: Change = right, output: Change = right, **changes: Change) -> Change:
    """The network's gradient with other derivatives of its activations, or other entries."""

    def gradient(p: Gradient) -> Gradient:
        z_1, a_1, z_2, a_2 = forward(p)
        d_2 = 2 / len(X) * (a_2 - Y) * output(z_2, a_2)
        d_1 = np.outer(d_2, p["w_2"]) * hidden(z_1, a_1)
        found = {"w_1": X.T @ d_1, "b_1": d_1.sum(0), "w_2": a_1.T @ d_2, "b_2": d_2.sum()}
        context = {"d_1": d_1, "d_2": d_2, "a_1": a_1, **p}
        return {**found, **{n: change(found[n], context) for n, change in changes.items()}}

    return gradient


def times(factor: Any, *names: str) -> dict[str, Change]:
    return {name: lambda g, c: factor * g for name in names}


PLANTED = {
    "twice": (times(2, "w_1"), "GC521", "w_1: every entry is 2 times the gradient"),
    "half": (times(0.5, "w_1", "b_1"), "GC521", "w_1, b_1: every entry is half the gradient"),
    "sign": (times(-1, "b_2"), "GC522", "b_2: the value is of the wrong sign"),
    "sum for mean": (times(5, "b_1"), "GC523", "b_1: every entry is 5 times the gradient (5 is the length of axis 0 of X)"),
    "mean twice": (times(1 / 5, "w_2"), "GC523", "w_2: every entry is 1/5 of the gradient"),
    "n - 1 for n": (times(5 / 4, "w_2"), "GC523", "w_2: every entry is 5/4 times"),
    "some constant": (times(1.37, "b_2"), "GC521", "b_2: the value is 1.37 times"),
    "a multiple of the loss": (times(5, *POINT), "GC514", "all parameters: every entry is 5 times the gradient (5 is the length of axis 0 of X); it is the gradient of 5 times this loss"),
    "of minus the loss": (times(-1, *POINT), "GC522", "all parameters: every entry is of the wrong sign"),
    "one column": ({"w_1": lambda g, c: g * np.array([1, 1, -1, 1])}, "GC522", "w_1: the slice [:, 2] is of the wrong sign"),
    "one entry": ({"w_1": lambda g, c: g * np.array([[1, 1, 1, 1], [1, 2, 1, 1], [1, 1, 1, 1]])}, "GC521", "w_1: entry [1, 1] is 2 times"),
    "zero": (times(0, "b_1"), "GC534", "b_1: every entry is left at 0"),
    "zero row": ({"w_1": lambda g, c: g * np.array([[1.0], [1.0], [0.0]])}, "GC534", "w_1: the slice [2, :] is left at 0"),
    "reshaped": ({"w_1": lambda g, c: g.T.reshape(3, 4)}, "GC520", "w_1: the right numbers stand there in another memory order"),
    "rows swapped": ({"w_1": lambda g, c: g[[1, 0, 2]]}, "GC525", "w_1: rows are swapped: 0 and 1"),
    "entries swapped": ({"w_2": lambda g, c: g[[0, 2, 1, 3]]}, "GC525", "w_2: entries are swapped: 1 and 2"),
    "two cells swapped": ({"w_1": lambda g, c: _swapped(g)}, "GC525", "w_1: entries are swapped: [0, 1] and [2, 2]"),
    "blocks swapped": ({"w_1": lambda g, c: g[:, [2, 3, 0, 1]]}, "GC525", "two blocks are swapped: columns 0 to 1 stand where 2 to 3"),
    "reversed": ({"w_2": lambda g, c: g[::-1]}, "GC525", "the entries stand in reverse order"),
    "shifted": ({"w_2": lambda g, c: np.roll(g, 1)}, "GC525", "the entries are shifted by +1"),
    "stale row": ({"w_1": lambda g, c: g[[0, 1, 1]]}, "GC533", "w_1: row 2 holds the gradient of row 1"),
    "parameters swapped": ({"b_1": lambda g, c: c["a_1"].T @ c["d_2"], "w_2": lambda g, c: c["d_1"].sum(0)}, "GC525", "b_1, w_2: the two gradients are swapped"),
    "another parameter's": ({"w_2": lambda g, c: c["d_1"].sum(0)}, "GC533", "w_2: the gradient of b_1 stands here"),
    "spread by broadcasting": ({"w_1": lambda g, c: np.broadcast_to(g.mean(0), g.shape)}, "GC524", "w_1: every entry holds the mean along axis 0"),
    "clipped": ({"w_1": lambda g, c: np.clip(g, -0.01, 0.01)}, "GC538", "w_1: the gradient is clipped to ±0.01"),
    "absolute": ({"w_1": lambda g, c: np.abs(g)}, "GC538", "w_1: its absolute value"),
    "offset": ({"w_1": lambda g, c: g + 0.25}, "GC539", "w_1: every entry is off by the same 0.25"),
    "last sample": ({"b_1": lambda g, c: c["d_1"][:-1].sum(0)}, "GC531", "b_1: the last sample is missing from the mean"),
    "first sample": ({"w_2": lambda g, c: c["a_1"][1:].T @ c["d_2"][1:]}, "GC531", "w_2: the first sample is missing"),
    "sample twice": ({"b_2": lambda g, c: g + c["d_2"][-1]}, "GC531", "b_2: the last sample is counted twice"),
    "not summed": ({"b_1": lambda g, c: c["d_1"][-1]}, "GC532", "b_1: only the last sample is in it"),
    "a factor missing": ({"w_1": lambda g, c: g / c["w_2"], "b_1": lambda g, c: g / c["w_2"]}, "GC540", "w_1, b_1: the factor w_2 is missing"),
    "a factor twice": ({"b_1": lambda g, c: g * c["w_2"]}, "GC541", "b_1: the factor w_2 is one too many"),
}  # fmt: skip


def _swapped(g: Any) -> Any:
    g = g.copy()
    g[0, 1], g[2, 2] = g[2, 2], g[0, 1]
    return g


def told(report: Any) -> list[tuple[str, str]]:
    return [(finding.rule.code, finding.message) for finding in report.findings]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_named(name: str) -> None:
    changes, code, message = PLANTED[name]
    report = gradcheck.check_gradient(loss, backprop(**changes), POINT)
    assert report.verdict.value == "wrong"
    assert [found for found, _ in told(report)] == [code]
    assert message in told(report)[0][1]
    assert all(finding.suggestion for finding in report.findings)


def test_a_right_gradient_gets_no_diagnosis() -> None:
    report = gradcheck.check_gradient(loss, backprop(), POINT)
    assert report.verdict.value == "agrees"
    assert told(report) == []


ACTIVATIONS = {
    "missing": (lambda z, a: 1.0, "GC527", "the derivative of the sigmoid is missing"),
    "double": (lambda z, a: (a * (1 - a)) ** 2, "GC528", "the derivative of the sigmoid stands twice"),
    "at the output": (lambda z, a: sigmoid(a) * (1 - sigmoid(a)), "GC529", "taken at its output, not at its input"),
    "of the input": (lambda z, a: z * (1 - z), "GC529", "a * (1 - a) is taken of the input"),
    "of tanh": (lambda z, a: 1 - a**2, "GC529", "the derivative of tanh is taken of the output of the sigmoid"),
    "itself": (lambda z, a: a, "GC529", "the sigmoid itself stands where its derivative belongs"),
    "of ReLU": (lambda z, a: (z > 0) * 1.0, "GC529", "the derivative of ReLU stands where that of the sigmoid belongs"),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("layer", ["hidden", "output"])
def test_a_mistake_in_the_derivative_of_an_activation(layer: str, name: str) -> None:
    slope, code, message = ACTIVATIONS[name]
    report = gradcheck.check_gradient(loss, backprop(**{layer: slope}), POINT)
    names = "w_1, b_1" if layer == "hidden" else "w_2, b_2"
    bias = "b_1" if layer == "hidden" else "b_2"
    assert len(told(report)) == 1
    found, text = told(report)[0]
    assert found == code
    assert text.startswith(f"{names}: ")
    assert message in text
    assert f"of the layer with {bias}" in text


def test_at_zero_a_missing_derivative_is_not_taken_for_a_constant() -> None:
    """σ'(0) = ¼ for every sample: there the claim is 4 times the gradient."""
    start = {name: 0.0 * np.asarray(value) for name, value in POINT.items()}
    start["w_2"] = POINT["w_2"]
    report = gradcheck.check_gradient(loss, backprop(hidden=lambda z, a: 1.0), start)
    assert [code for code, _ in told(report)] == ["GC527"]


def test_a_penalty_is_named_with_its_constant() -> None:
    report = gradcheck.check_gradient(ridge, backprop(), POINT)
    assert [code for code, _ in told(report)] == ["GC530"]
    assert told(report)[0][1].startswith("w_1, w_2: the term 0.07·θ is missing (θ is the parameter; 0.07 is LAMBDA)")  # fmt: skip
    penalised = {n: lambda g, c, n=n: g + LAMBDA * c[n] for n in ("w_1", "b_1", "w_2")}
    report = gradcheck.check_gradient(ridge, backprop(**penalised), POINT)
    assert told(report)[0][1].startswith("b_1: the term 0.07·θ is too much")
    report = gradcheck.check_gradient(lasso, backprop(), POINT)
    assert told(report)[0][1].startswith("w_1: the term 0.07·sign(θ) is missing")


def test_gradients_by_the_logarithm_are_told_once() -> None:
    positive = {name: np.abs(value) + 0.1 for name, value in POINT.items()}
    by_log = {n: lambda g, c, n=n: g * c[n] for n in POINT}
    report = gradcheck.check_gradient(loss, backprop(**by_log), positive)
    assert [code for code, _ in told(report)] == ["GC515"]
    assert told(report)[0][1].startswith("w_1, b_1, w_2, b_2: ")


NEAR_MISSES = {
    "two factors": {"w_1": lambda g, c: g * np.linspace(1.1, 2.3, 12).reshape(3, 4)},
    "a factor that moves": {"b_2": lambda g, c: g * (2 + c["b_2"] ** 2)},
    "almost swapped": {"w_1": lambda g, c: g[[1, 0, 2]] * (1 + 1e-4)},
    "almost a penalty": {"w_1": lambda g, c: g + LAMBDA * c["w_1"] ** 2},
    "almost a missing sample": {"b_1": lambda g, c: g - 0.9 * c["d_1"][-1]},
    "another number each": {"w_1": lambda g, c: g + np.cos(np.arange(12.0)).reshape(3, 4) / 9},
    "one entry by another": {"w_1": lambda g, c: g + 0.01 * (1 + c["b_1"][0] ** 2) * np.eye(3, 4)[:, [1, 2, 0, 3]] * [[1], [0], [0]]},
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_not_named(name: str) -> None:
    report = gradcheck.check_gradient(loss, backprop(**NEAR_MISSES[name]), POINT)
    assert report.verdict.value == "wrong"
    assert told(report) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(1,), (2,), (4,), (2, 2), (3, 4), (2, 2, 2)]))
def test_random_errors_have_no_name(seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    true = {"w": random.normal(size=shape), "v": random.normal(size=shape)}
    claimed = {name: array + random.normal(size=shape) for name, array in true.items()}
    point = {name: random.normal(size=shape) for name in true}
    bounds = {name: np.full(shape, 1e-9) for name in true}
    assert diagnose(Clues(claimed, true, bounds, point)) == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 0.3))
def test_what_is_hardly_seen_is_not_named(seed: int, coarse: float) -> None:
    """With bounds of a thousandth and more one entry is never enough to tell a constant."""
    random = np.random.default_rng(seed)
    true = {"w": random.normal(size=())}
    claimed = {"w": true["w"] * random.uniform(-3, 3)}
    bounds = {"w": np.abs(true["w"]) * coarse}
    assert diagnose(Clues(claimed, true, bounds, {"w": np.array(0.7)})) == ()


class Partly:
    """Experiments that measure every second entry only, at any point."""

    def __init__(self, claim: Callable[[Any], Any]) -> None:
        self.claim = claim

    def at(self, point: Any) -> Clues:
        true = 2.0 * point["w"] + 1.0
        measured = np.arange(true.size).reshape(true.shape) % 2 == 0
        return Clues(
            {"w": self.claim(true)},
            {"w": np.where(measured, true, np.nan)},
            {"w": np.where(measured, 1e-9, np.inf)},
            point,
        )

    def under(self, upstream: Any) -> None:
        return None

    def samples(self, axis: int) -> None:
        return None


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (lambda g: np.where(np.arange(5)[:, None] == 1, 7.0, 1.0) * g, "GC521"),
        (lambda g: g[[1, 0, 2, 3, 4]], "GC525"),
        (lambda g: g + 0.5 * (g[0, 0] > 2) + np.cos(np.arange(15)).reshape(5, 3), None),
    ],
)
def test_experiments_may_measure_a_part_of_the_entries(claim: Any, code: str | None) -> None:
    point = {"w": np.arange(15.0).reshape(5, 3) ** 1.5 / 7}
    true = 2.0 * point["w"] + 1.0
    bounds = {"w": np.full((5, 3), 1e-9)}
    found = diagnose(
        Clues({"w": claim(true)}, {"w": true}, bounds, point, experiments=Partly(claim))
    )
    assert [finding.rule.code for finding in found] == ([code] if code else [])


def test_a_factor_next_to_1_is_told_apart_from_it() -> None:
    point = RANDOM.normal(size=50)
    one = 1.0 + 1e-6 * (np.arange(50) == 7)
    report = gradcheck.check_gradient(lambda w: np.sum(np.sin(w)), lambda w: np.cos(w) * one, point)
    (finding,) = report.findings
    assert "entry [7] is (1 + 1e-06) times" in finding.message


def test_one_number_is_no_sign_of_an_activation() -> None:
    report = gradcheck.check_gradient(lambda x: x**3, lambda x: 3 * x, 2.5)
    assert report.verdict.value == "wrong"
    assert report.findings == ()
