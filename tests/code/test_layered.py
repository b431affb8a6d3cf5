"""Declared networks: incremental differences against the full forward pass and right gradients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.code.layered import Layer, LayeredNetwork
from gradcheck.evidence import backprop
from gradcheck.evidence.numeric import TRUST, Batches, differentiate

Arrays = dict[str, Any]


def draw(
    sizes: tuple[int, ...], seed: int, activation: str, *, samples: int = 6
) -> tuple[list[Layer], Arrays, np.ndarray]:
    """Layers, parameters and inputs of a network of these widths."""
    rng = np.random.default_rng(seed)
    layers, arrays = [], {}
    for k, (inputs, units) in enumerate(pairwise(sizes)):
        arrays[f"w_{k}"] = rng.standard_normal((units, inputs)) / np.sqrt(inputs)
        arrays[f"b_{k}"] = 0.1 * rng.standard_normal(units)
        layers.append(Layer(f"w_{k}", f"b_{k}", activation, inputs_first=False))
    return layers, arrays, rng.standard_normal((samples, sizes[0]))


def full(network: LayeredNetwork, arrays: Arrays) -> Any:
    """The same gradient by differences of whole forward passes, entry by entry."""

    def losses(batch: Any) -> Any:
        size = max(len(array) for array in batch.values())
        return np.array(
            [
                network.value({name: a[min(k, len(a) - 1)] for name, a in batch.items()})
                for k in range(size)
            ]
        )

    return differentiate(Batches(losses, arrays, None))


def assert_same(network: LayeredNetwork, arrays: Arrays) -> None:
    quick, slow = network.slopes(arrays), full(network, arrays)
    for name in arrays:
        allowed = TRUST * (quick.bounds[name] + slow.bounds[name])
        assert quick.values[name].shape == np.shape(arrays[name])
        assert np.all(np.abs(quick.values[name] - slow.values[name]) <= allowed), name
        assert quick.bounds[name].max() <= 1e-7 * np.abs(slow.values[name]).max() + 1e-12, name


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus", "identity"])
@pytest.mark.parametrize("sizes", [(3, 1), (3, 4, 1), (4, 3, 5, 2), (2, 3, 3, 4, 1)])
def test_incremental_equals_full(sizes: tuple[int, ...], activation: str) -> None:
    layers, arrays, x = draw(sizes, 1, activation)
    layers[-1] = Layer(layers[-1].weights, layers[-1].bias, "identity", inputs_first=False)
    y = np.random.default_rng(2).standard_normal((len(x), sizes[-1]))
    assert_same(LayeredNetwork(x, y, layers, "mse"), arrays)


@pytest.mark.parametrize(
    ("loss", "last"),
    [("logloss", "sigmoid"), ("cross-entropy", "softmax"), ("mse", "tanh"), ("mse", "softmax")],
)
def test_losses(loss: str, last: str) -> None:
    layers, arrays, x = draw((3, 4, 3), 3, "tanh")
    layers[-1] = Layer("w_1", "b_1", last, inputs_first=False)
    y = np.eye(3)[np.arange(len(x)) % 3]
    assert_same(LayeredNetwork(x, y, layers, loss, "sum"), arrays)


def test_a_loss_of_the_user_s_own() -> None:
    layers, arrays, x = draw((3, 4, 1), 4, "sigmoid")
    y = np.linspace(-1, 1, len(x))
    assert_same(LayeredNetwork(x, y, layers, lambda a, y: np.cosh(a - y), 0.3), arrays)


def test_stable_losses_are_the_plain_ones() -> None:
    layers, arrays, x = draw((3, 4, 2), 5, "sigmoid")
    y = np.random.default_rng(6).random((len(x), 2))
    plain = LayeredNetwork(
        x, y, layers, lambda a, y: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(axis=1)
    )
    assert LayeredNetwork(x, y, layers, "logloss").value(arrays) == pytest.approx(
        plain.value(arrays), rel=1e-14
    )
    classes = np.arange(len(x)) % 2
    softmax = [layers[0], Layer("w_1", "b_1", "softmax", inputs_first=False)]
    of_classes = LayeredNetwork(x, classes, softmax, "cross-entropy")
    one_hot = LayeredNetwork(x, np.eye(2)[classes], softmax, "cross-entropy")
    assert of_classes.value(arrays) == one_hot.value(arrays)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from(["sigmoid", "tanh", "identity"]),
    st.sampled_from(["mse", "logloss"]),
    st.floats(-3, 3),
)
def test_the_built_in_network(seed: int, hidden: str, loss: str, magnitude: float) -> None:
    rng = np.random.default_rng(seed)
    parameters = backprop.Parameters(
        rng.standard_normal((4, 3)), rng.standard_normal(4), rng.standard_normal(4), rng.random()
    )
    x, y = 10.0**magnitude * rng.standard_normal((7, 3)), rng.random(7)
    network = LayeredNetwork.two_layers(x, y, hidden=hidden, loss=loss, scale=0.5)
    arrays = {name: np.asarray(getattr(parameters, name)) for name in ("w_1", "b_1", "w_2", "b_2")}
    theirs = backprop.Network(hidden, loss)
    assert network(arrays) == pytest.approx(backprop.loss(theirs, parameters, x, y, 0.5), rel=1e-12)
    right = backprop.backward(theirs, parameters, x, y, 0.5)
    found = network.slopes(arrays)
    for name in arrays:
        assert found.agrees(name, getattr(right, name)), name


def test_the_other_layout_and_columns() -> None:
    layers, arrays, x = draw((3, 4, 2), 7, "tanh")
    y = np.ones((len(x), 2))
    turned = {
        name: a.T if a.ndim == 2 else a.reshape(-1, 1) for name, a in arrays.items()
    }  # weights [inputs, units], biases in a column
    free = [Layer("w_0", "b_0", "tanh"), Layer("w_1", "b_1", "tanh")]
    found = LayeredNetwork(x, y, layers).slopes(arrays)
    other = LayeredNetwork(x, y, free).slopes(turned)
    for name in arrays:
        assert other.values[name].shape == turned[name].shape
        assert np.array_equal(other.values[name].ravel(), (found.values[name].T).ravel())


def test_a_weight_that_two_layers_share_gets_both_slopes() -> None:
    rng = np.random.default_rng(8)
    arrays = {"w": rng.standard_normal((3, 3)), "v": rng.standard_normal(3)}
    layers = [
        Layer("w", None, "tanh", inputs_first=True),
        Layer("w", None, "tanh", inputs_first=False),
        Layer("v"),
    ]
    assert_same(LayeredNetwork(rng.standard_normal((5, 3)), np.ones(5), layers), arrays)


def test_at_a_kink_the_bound_reaches_both_slopes_and_no_further() -> None:
    x, y = np.array([[1.0], [-2.0]]), np.array([0.5, 0.25])
    arrays = {"w": np.array([[0.0], [1.0]]), "v": np.array([2.0, 1.0])}
    network = LayeredNetwork(x, y, [Layer("w", None, "relu"), Layer("v")], "mse", "sum")
    found = network.slopes(arrays)
    # The unit of weight 0 stands at its kink for both samples: predictions are 1 and 0.
    one_sided = 2 * np.array([0.5, -0.25]) * 2.0 * x[:, 0]
    for slope in (0.0, one_sided.sum(), one_sided[0], one_sided[1]):
        assert found.agrees("w", np.array([[slope], [2 * 0.5 * 1.0]]))
    beyond = np.maximum(one_sided, 0).sum() + 0.01
    assert not found.agrees("w", np.array([[beyond], [1.0]]))
    assert not found.agrees("w", np.array([[0.0], [1.0 + 1e-8]]))


def test_near_a_kink_the_slope_is_the_near_one_s() -> None:
    layers = [Layer("w", "b", "relu"), Layer("v")]
    arrays = {"w": np.array([[1.0]]), "b": np.array([1e-6]), "v": np.array([1.0])}
    network = LayeredNetwork(np.array([[0.0]]), np.array([1.0]), layers, "mse", "sum")
    found = network.slopes(arrays)
    assert found.agrees("b", np.array([2 * (1e-6 - 1.0)]))
    assert not found.agrees("b", np.array([0.0]))
    assert not found.agrees("b", np.array([1e-6 - 1.0]))


@pytest.mark.parametrize("error", [1e-1, 1e-4, 1e-7])
def test_one_wrong_entry_is_seen(error: float) -> None:
    layers, arrays, x = draw((5, 7, 3, 1), 9, "tanh")
    network = LayeredNetwork(x, np.ones(len(x)), layers, "mse")
    found = network.slopes(arrays)
    for name in arrays:
        claimed = found.values[name].copy()
        worst = np.unravel_index(np.argmax(np.abs(claimed)), claimed.shape)
        claimed[worst] *= 1.0 + error
        apart = found.apart(name, claimed)
        assert apart[worst] > 1.0
        apart[worst] = 0.0
        assert not apart.any()


def test_many_samples_are_taken_in_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    layers, arrays, x = draw((3, 4, 1), 10, "sigmoid", samples=20)
    network = LayeredNetwork(x, np.zeros(len(x)), layers)
    whole = network.slopes(arrays)
    monkeypatch.setattr("gradcheck.evidence.numeric.incremental.TOGETHER", 12)
    told: list[tuple[int, int]] = []
    slabs = network.slopes(arrays, lambda done, total: told.append((done, total)))
    assert len(told) > 5 and told[-1] == (20, 20)
    for name in arrays:
        assert slabs.agrees(name, whole.values[name])


@pytest.mark.parametrize(
    ("layers", "change", "message"),
    [
        ([Layer("w", "c")], {}, "a layer of c"),
        ([Layer("w")], {}, "b is in no layer"),
        ([Layer("w", "b", "sigmid")], {}, "sigmid.*layer of w"),
        ([Layer("w", "b", "softmax"), Layer("w", "b")], {}, "last layer only"),
        ([Layer("w", "b")], {"w": np.ones((4, 5))}, r"w has shape \(4, 5\): expected \[units, 3\]"),
        ([Layer("w", "b", inputs_first=True)], {"w": np.ones((2, 3))}, "w has shape"),
        ([Layer("w", "b")], {"w": np.ones((3, 3)), "b": np.ones(3)}, "w is square"),
        ([Layer("w", "b")], {"b": np.ones(3)}, r"b has shape \(3,\): expected one number a unit"),
        ([], {}, "without layers"),
    ],
)
def test_what_does_not_fit_is_named(layers: list[Layer], change: Arrays, message: str) -> None:
    arrays = {"w": np.ones((2, 3)), "b": np.ones(2), **change}
    network = LayeredNetwork(np.ones((4, 3)), np.ones((4, 2)), layers)
    with pytest.raises(ValueError, match=message):
        network(arrays)


def test_unknown_losses_and_wrong_shapes_are_named() -> None:
    arrays = {"w": np.ones((1, 3))}
    with pytest.raises(ValueError, match="'huber': expected mse, logloss"):
        LayeredNetwork(np.ones((4, 3)), np.ones(4), [Layer("w")], "huber")(arrays)
    with pytest.raises(ValueError, match="one a sample"):
        LayeredNetwork(np.ones((4, 3)), np.ones(4), [Layer("w")], lambda a, y: np.ones(1))(arrays)
    with pytest.raises(ValueError, match="samples, features"):
        LayeredNetwork(np.ones((4, 3)), np.ones(3), [Layer("w")])(arrays)
    with pytest.raises(ValueError, match="labels of shape"):
        LayeredNetwork(np.ones((4, 3)), np.ones((4, 2)), [Layer("w")])(arrays)
