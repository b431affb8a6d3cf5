"""Checks of gradient code with a declared network: right ones agree, wrong ones are found, and a
declaration that is not the loss is told and set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import Layer, LayeredNetwork, check_gradient
from gradcheck.evidence import backprop
from gradcheck.language.verdict import Verdict

Arrays = dict[str, Any]
NAMES = ("w_1", "b_1", "w_2", "b_2")


class Model:
    """The built-in network with its own loss and gradient, and how it would be declared."""

    def __init__(self, *, hidden: str = "sigmoid", loss: str = "logloss", seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.x, self.y = rng.standard_normal((9, 4)), rng.random(9)
        self.parameters = {
            "w_1": rng.standard_normal((5, 4)),
            "b_1": rng.standard_normal(5),
            "w_2": rng.standard_normal(5),
            "b_2": np.array(0.3),
        }
        self.own = backprop.Network(hidden, loss)
        self.network = LayeredNetwork.two_layers(self.x, self.y, hidden=hidden, loss=loss)

    def loss(self, p: Arrays) -> float:
        return backprop.loss(self.own, backprop.Parameters(**p), self.x, self.y, 1 / len(self.x))

    def gradient(self, p: Arrays) -> Arrays:
        found = backprop.backward(
            self.own, backprop.Parameters(**p), self.x, self.y, 1 / len(self.x)
        )
        return {name: np.array(getattr(found, name)) for name in NAMES}

    def changed(self, change: Callable[[Arrays, Arrays], None]) -> Callable[[Arrays], Arrays]:
        """The gradient with a mistake."""

        def wrong(p: Arrays) -> Arrays:
            found = self.gradient(p)
            change(found, p)
            return found

        return wrong


def entry(g: Arrays, p: Arrays) -> None:
    g["w_1"][2, 3] *= 1 + 1e-7


def column(g: Arrays, p: Arrays) -> None:
    g["w_1"][:, [0, 1]] = g["w_1"][:, [1, 0]]


def doubled(g: Arrays, p: Arrays) -> None:
    g["b_1"] *= 2


def sign(g: Arrays, p: Arrays) -> None:
    g["b_2"] *= -1


def zero(g: Arrays, p: Arrays) -> None:
    g["w_2"][4] = 0


@pytest.mark.parametrize("loss", ["mse", "logloss"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "identity"])
def test_a_right_gradient_agrees(hidden: str, loss: str) -> None:
    model = Model(hidden=hidden, loss=loss)
    report = check_gradient(model.loss, model.gradient, model.parameters, network=model.network)
    assert report.verdict is Verdict.AGREES
    assert report.method == "incremental differences"
    assert not report.findings
    assert [row.checked for row in report.rows] == [20, 5, 5, 1]
    assert report.evaluations < 40


@pytest.mark.parametrize("change", [entry, column, doubled, sign, zero])
@pytest.mark.parametrize("as_loss", [False, True])
def test_mistakes_are_found_where_they_are(
    change: Callable[[Arrays, Arrays], None], as_loss: bool
) -> None:
    model = Model()
    loss = model.network if as_loss else model.loss
    network = None if as_loss else model.network
    report = check_gradient(loss, model.changed(change), model.parameters, network=network)
    right, wrong = model.gradient(model.parameters), model.changed(change)(model.parameters)
    assert report.verdict is Verdict.WRONG
    assert report.method == "incremental differences"
    for row in report.rows:
        assert (row.verdict is Verdict.WRONG) == bool(np.any(right[row.name] != wrong[row.name]))
        assert row.wrong_entries == np.count_nonzero(right[row.name] != wrong[row.name])


@pytest.mark.parametrize(
    "network",
    [
        lambda m: LayeredNetwork.two_layers(m.x, m.y, hidden="tanh"),
        lambda m: LayeredNetwork.two_layers(m.x, m.y, scale="sum"),
        lambda m: LayeredNetwork.two_layers(m.x, 1 - m.y),
        lambda m: LayeredNetwork.two_layers(m.x[:, ::-1], m.y),
        lambda m: LayeredNetwork.two_layers(m.x, m.y, loss="mse"),
    ],
)
def test_a_declaration_that_is_not_the_loss_is_told_and_set_aside(
    network: Callable[[Model], LayeredNetwork],
) -> None:
    model = Model()
    report = check_gradient(model.loss, model.gradient, model.parameters, network=network(model))
    assert report.verdict is Verdict.AGREES
    assert [finding.rule.code for finding in report.findings] == ["GC518"]
    assert report.method == "central differences"


def test_a_regulariser_that_is_not_declared_is_noticed() -> None:
    model = Model()
    for weight in (1e-2, 1e-6, 1e-10):

        def loss(p: Arrays, weight: float = weight) -> float:
            return model.loss(p) + weight * float(np.sum(p["w_1"] ** 2))

        def gradient(p: Arrays, weight: float = weight) -> Arrays:
            found = model.gradient(p)
            return {**found, "w_1": found["w_1"] + 2 * weight * p["w_1"]}

        report = check_gradient(loss, gradient, model.parameters, network=model.network)
        assert report.verdict is Verdict.AGREES
        report = check_gradient(loss, model.gradient, model.parameters, network=model.network)
        assert report.verdict is Verdict.WRONG


PENALTIES = {
    "squares": (lambda w: 0.05 * w**2, lambda w: 0.1 * w),
    "values": (lambda w: 0.3 * np.abs(w), lambda w: 0.3 * np.sign(w)),
    "logarithm": (lambda w: 1e-6 * np.log1p(w * w), lambda w: 2e-6 * w / (1 + w * w)),
}


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("off", [0.0, 1e-2])
def test_a_penalty_is_declared(kind: str, off: float) -> None:
    model = Model()
    model.parameters["w_1"][0, 0] = 0.0  # where that of absolute values has a kink
    term, slope = PENALTIES[kind]
    penalties = {"w_1": term, "b_2": term}
    network = LayeredNetwork.two_layers(model.x, model.y, penalties=penalties)

    def gradient(p: Arrays) -> Arrays:
        found = model.gradient(p)
        extra = {name: found[name] + slope(p[name]) * (1 + off) for name in penalties}
        return {**found, **extra}

    def loss(p: Arrays) -> float:
        return model.loss(p) + float(sum(np.sum(term(p[name])) for name in penalties))

    report = check_gradient(loss, gradient, model.parameters, network=network)
    assert "GC518" not in [finding.rule.code for finding in report.findings]
    assert report.verdict is (Verdict.WRONG if off else Verdict.AGREES)


def test_a_penalty_of_nothing_is_an_error_that_names_it() -> None:
    model = Model()
    unknown = LayeredNetwork.two_layers(model.x, model.y, penalties={"w_3": np.abs})
    with pytest.raises(ValueError, match="a penalty on w_3: expected w_1"):
        unknown(model.parameters)
    total = LayeredNetwork.two_layers(model.x, model.y, penalties={"w_1": np.sum})
    with pytest.raises(ValueError, match="expected an elementwise function"):
        total.slopes(model.parameters)


def test_an_offset_is_no_other_loss() -> None:
    model = Model()
    report = check_gradient(
        lambda p: model.loss(p) + 1e6, model.gradient, model.parameters, network=model.network
    )
    assert report.verdict is Verdict.AGREES
    assert report.method == "incremental differences"


def test_a_loss_too_noisy_to_confirm_a_mistake_is_no_other_loss() -> None:
    model = Model()
    report = check_gradient(
        lambda p: model.loss(p) + 1e9, model.changed(entry), model.parameters, network=model.network
    )
    assert not [finding for finding in report.findings if finding.rule.code == "GC518"]
    assert report.method == "central differences"
    assert report.verdict is not Verdict.WRONG


def test_a_deep_network_by_paths() -> None:
    rng = np.random.default_rng(3)
    sizes = [(4, 3), (6, 4), (2, 6)]
    parameters = {"layers": [{"w": rng.standard_normal(s), "b": rng.random(s[0])} for s in sizes]}
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    layers = [
        Layer(f"layers[{k}].w", f"layers[{k}].b", "relu" if k < 2 else "identity") for k in range(3)
    ]

    def forward(p: Arrays) -> list[Any]:
        a = [x]
        for k, layer in enumerate(p["layers"]):
            z = a[-1] @ layer["w"].T + layer["b"]
            a.append(np.maximum(z, 0) if k < 2 else z)
        return a

    def gradient(p: Arrays, drop: bool = False) -> Arrays:
        a = forward(p)
        delta = 2 * (a[-1] - y) / len(x)
        found = []
        for k in (2, 1, 0):
            found.append({"w": delta.T @ a[k], "b": delta.sum(axis=0)})
            delta = delta @ p["layers"][k]["w"] * (1.0 if drop and k == 1 else a[k] > 0)
        return {"layers": found[::-1]}

    def loss(p: Arrays) -> float:
        return float(np.sum((forward(p)[-1] - y) ** 2) / len(x))

    network = LayeredNetwork(x, y, layers, "mse")
    assert check_gradient(loss, gradient, parameters, network=network)
    report = check_gradient(loss, lambda p: gradient(p, drop=True), parameters, network=network)
    wrong = [row.name for row in report.rows if row.verdict is Verdict.WRONG]
    assert wrong == ["layers[0].w", "layers[0].b"]
    assert report.method == "incremental differences"


def test_what_is_declared_wrongly_is_an_error_that_names_it() -> None:
    model = Model()
    network = LayeredNetwork(model.x, model.y, [Layer("w_1", "c", "sigmoid")])
    with pytest.raises(ValueError, match="a layer of c: expected w_1, b_1, w_2, b_2"):
        check_gradient(model.loss, model.gradient, model.parameters, network=network)
