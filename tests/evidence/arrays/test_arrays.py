"""Losses and claims in arrays, against loops over plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.evidence.arrays.arrays import NotEvaluated, evaluate_gradient, loss_function
from gradcheck.evidence.arrays.lifting import degenerate, infer
from gradcheck.evidence.arrays.point import Point, Sizes, draw_point
from gradcheck.language.model import Model
from tests.evidence.arrays import plain
from tests.evidence.arrays.trees import (
    N,
    T,
    a1,
    a2,
    b1,
    b2,
    call,
    d,
    delta1,
    delta2,
    exp,
    log,
    logarithms,
    model,
    name,
    network,
    sigma,
    squares,
    total,
    tree,
    w1,
    w2,
    x,
    y,
    yhat,
    z1,
    z2,
)

KEYS = ("w1", "b1", "w2", "b2")
SETUPS = [
    ("squares", "sigmoid"),
    ("squares", "tanh"),
    ("squares", "identity"),
    ("logarithms", "sigmoid"),
    ("logarithms", "tanh"),
]
SIZES = Sizes()
HELPERS = {"delta2": 2 / N * (yhat - y), "delta1": delta2 * w2 * a1 * (1 - a1)}


def build(kind: str, hidden: str, **more: Any) -> Model:
    return {"squares": squares, "logarithms": logarithms}[kind](hidden, **more)


def at(subject: Model, seed: int = 0, sizes: Sizes = SIZES) -> Point:
    return draw_point(subject, infer(subject), sizes, seed)


def evaluate(subject: Model, claim: T, key: str, point: Point | None = None) -> Any:
    point = point or at(subject)
    return evaluate_gradient(subject, infer(subject), claim.tree, point, key)


def replaced(point: Point, **values: Any) -> Point:
    arrays = {key: np.asarray(value, dtype=float) for key, value in values.items()}
    return Point({**point.values, **arrays}, point.sizes, point.seed)


@pytest.mark.parametrize(("kind", "hidden"), SETUPS)
@given(seed=st.integers(0, 2**32), shape=st.tuples(*[st.integers(1, 4)] * 3))
def test_the_loss_is_the_plain_loss(
    kind: str, hidden: str, seed: int, shape: tuple[int, int, int]
) -> None:
    subject = build(kind, hidden)
    point = at(subject, seed, Sizes(*shape))
    found = loss_function(subject, infer(subject), point)({})
    assert found == pytest.approx(plain.loss(point.values, hidden, kind), rel=1e-13)


@pytest.mark.parametrize(("kind", "hidden"), SETUPS)
@given(seed=st.integers(0, 2**32))
def test_right_claims_are_the_plain_gradients(kind: str, hidden: str, seed: int) -> None:
    subject = build(kind, hidden)
    point = at(subject, seed)
    error = 2 / N * (yhat - y) if kind == "squares" else a2 - y
    slope = T(tree(1)) if hidden == "identity" else call(hidden, z1, 1)
    claims = {"w1": error * w2 * slope * x, "b1": error * w2 * slope, "w2": error * a1, "b2": error}
    expected = plain.gradients(point.values, hidden, kind)
    for key in KEYS:
        found = evaluate(subject, claims[key], key, point)
        assert found.shape == expected[key].shape
        np.testing.assert_allclose(found, expected[key], rtol=1e-12, atol=1e-14)


EQUAL_FORMS = {
    "w1": [
        2 / N * (yhat - y) * w2 * sigma(z1, 1) * x,
        delta1 * x,
        -(2 / N) * (y - yhat) * x * w2 * a1 * (1 - a1),
        2 / N * total((w2 * a1 + b2 - y) * w2 * a1 * (1 - a1) * x),
        2 / N * (w2 * sigma(w1 * x + b1) + b2 - y) * (w2 - w2 * a1) * a1 * x,
        total(yhat * w2 * a1 * (1 - a1) * x - y * w2 * (a1 - a1**2) * x) * 2 / N,
        2 * (z2 - y) * w2 * exp(-z1) / (N * (1 + exp(-z1)) ** 2) * x,
    ],
    "b1": [
        delta1,
        2 / N * (a2 - y) * w2 * sigma(z1) * (1 - sigma(z1)),
        2 / N * total((yhat - y) * w2 * a1 * (1 - a1)),
        2 / N * (a2 * w2 * a1 * (1 - a1) - y * w2 * a1 * (1 - a1)),
        2 / N * w2 * total((yhat - y) * (1 / (1 + exp(-z1))) * (1 - a1)),
    ],
    "w2": [
        delta2 * a1,
        -(2 * (y - (w2 * a1 + b2)) * a1) / N,
        2 / N * total((w2 * sigma(w1 * x + b1) + b2 - y) * sigma(w1 * x + b1)),
        (2 * yhat * a1 - 2 * y * a1) / N,
    ],
    "b2": [delta2, 2 / N * total(b2 + w2 * a1 - y), 2 * (total(yhat) - total(y)) / N],
}


@pytest.mark.parametrize("key", KEYS)
def test_equal_forms_are_the_same_array(key: str) -> None:
    subject = squares(helpers=HELPERS)
    expected = plain.gradients(at(subject).values, "sigmoid", "squares")[key]
    for claim in EQUAL_FORMS[key]:
        found = evaluate(subject, claim, key)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("key", "claim"),
    [
        ("w1", delta1 * a1),  # the other layer's input
        ("w1", delta1),
        ("w1", delta2 * w2 * a1 * x),
        ("w1", delta2 * a1 * (1 - a1) * x),
        ("b1", delta1 * x),
        ("b1", -delta1),
        ("b1", delta2 * a1 * (1 - a1)),
        ("b1", 2 * delta1),
        ("w2", delta2),
        ("w2", delta2 * x),
        ("w2", delta2 * z1),
        ("w2", (yhat - y) * a1),
        ("b2", delta2 * a1),
        ("b2", 2 / N * (y - yhat)),
    ],
)
def test_wrong_claims_differ(key: str, claim: T) -> None:
    subject = squares(helpers=HELPERS)
    expected = plain.gradients(at(subject).values, "sigmoid", "squares")[key]
    found = evaluate(subject, claim, key)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() > 1e-2 * np.abs(expected).max()


@pytest.mark.parametrize("key", KEYS)
def test_log_loss_before_and_after_cancelling(key: str) -> None:
    subject = logarithms()
    tails = {"w1": w2 * a1 * (1 - a1) * x, "b1": w2 * a1 * (1 - a1), "w2": a1, "b2": T(tree(1))}
    uncancelled = (a2 - y) / (a2 * (1 - a2)) * a2 * (1 - a2) * tails[key]
    twofold = ((1 - y) / (1 - a2) - y / a2) * a2 * (1 - a2) * tails[key]
    expected = plain.gradients(at(subject).values, "sigmoid", "logarithms")[key]
    for claim in (uncancelled, twofold, (a2 - y) * tails[key]):
        np.testing.assert_allclose(evaluate(subject, claim, key), expected, rtol=1e-12, atol=1e-14)


def test_without_a_sum_every_sample_counts_once() -> None:
    subject = squares()
    assert evaluate(subject, T(tree(1)), "b2") == 5.0
    assert evaluate(subject, total(T(tree(1))), "b2") == 5.0
    assert evaluate(subject, 1 / N * total(T(tree(1))), "b2") == 1.0
    assert evaluate(subject, T(tree(0)), "w1").tolist() == np.zeros((4, 3)).tolist()


def test_a_bias_in_the_wrong_layer() -> None:
    """Source 002: every unit's bias is added in the output layer, once per unit."""
    subject = model(
        {"z1": w1 * x + b1, "a1": sigma(z1), "yhat": w2 * a1 + b1, "L": (yhat - y) ** 2 / 2}
    )
    point = at(subject)
    values = point.values
    hidden = plain.logistic
    z = values["x"] @ values["w1"].T + values["b1"]
    active = np.vectorize(hidden)(z)
    prediction = active @ values["w2"] + values["b1"].sum()
    error = prediction - values["y"]
    assert loss_function(subject, infer(subject), point)({}) == pytest.approx((error**2).sum() / 2)
    np.testing.assert_allclose(evaluate(subject, (yhat - y) * a1, "w2"), error @ active)
    right = (yhat - y) * (w2 * sigma(z1, 1) + 1)
    slopes = active * (1 - active) * values["w2"] + 1
    np.testing.assert_allclose(evaluate(subject, right, "b1"), error @ slopes)


def test_penalties_add_up_over_the_weights() -> None:
    loss = (1 / N) * total((yhat - y) ** 2) + name("lam") / 2 * (w1**2 + w2**2)
    subject = network(loss, constants=("lam",))
    point = at(subject)
    values = point.values
    penalty = values["lam"] / 2 * ((values["w1"] ** 2).sum() + (values["w2"] ** 2).sum())
    expected = plain.loss(values, "sigmoid", "squares") + penalty
    assert loss_function(subject, infer(subject), point)({}) == pytest.approx(expected, rel=1e-13)
    claim = 2 / N * total((yhat - y) * a1) + name("lam") * w2
    gradient = plain.gradients(values, "sigmoid", "squares")["w2"] + values["lam"] * values["w2"]
    np.testing.assert_allclose(evaluate(subject, claim, "w2"), gradient, rtol=1e-13)


@pytest.mark.parametrize(("kind", "hidden"), SETUPS)
@pytest.mark.parametrize("varied", [(key,) for key in KEYS] + [KEYS, ("w1", "b2")])
def test_a_batch_is_the_loop(kind: str, hidden: str, varied: tuple[str, ...]) -> None:
    subject = build(kind, hidden)
    point = at(subject)
    loss = loss_function(subject, infer(subject), point)
    noise = np.random.default_rng(1)
    batch = {
        key: point.values[key] + noise.standard_normal((7, *point.values[key].shape))
        for key in varied
    }
    fixed = {key: point.values[key][np.newaxis] for key in KEYS if key not in varied}
    found = loss({**batch, **fixed})
    assert found.shape == (7,)
    for n in range(7):
        one = replaced(point, **{key: batch[key][n] for key in varied})
        assert found[n] == pytest.approx(plain.loss(one.values, hidden, kind), rel=1e-12)


@pytest.mark.parametrize("z", [-800.0, -40.0, -37.0, 0.0, 37.0, 40.0, 800.0])
@pytest.mark.parametrize("label", [0.0, 1.0, 0.25])
def test_a_saturated_log_loss_keeps_its_digits(z: float, label: float) -> None:
    for complement in (1 - a2, name("q")):
        definitions = {
            "z1": w1 * x + b1,
            "a1": sigma(z1),
            "z2": w2 * a1 + b2,
            "a2": 1 / (1 + exp(-z2)),
            "q": 1 - a2,
            "yhat": a2,
            "L": -(y * log(yhat) + (1 - y) * log(complement)),
        }
        subject = model(definitions)
        point = replaced(at(subject), w2=np.zeros(4), b2=z, y=np.full(5, label))
        found = loss_function(subject, infer(subject), point)({})[0]
        expected = 5 * float(label * np.logaddexp(0, -z) + (1 - label) * np.logaddexp(0, z))
        assert found == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_slopes_keep_their_digits_where_the_hidden_layer_is_saturated(sign: float) -> None:
    subject = squares()
    point = replaced(at(subject), w1=np.zeros((4, 3)), b1=np.full(4, sign * 40.0))
    tail = np.exp(-40.0) / (1 + np.exp(-40.0)) ** 2
    error = 2 / 5 * (plain.forward(point.values, "sigmoid")[1] - point.values["y"]).sum()
    for slope in (sigma(z1, 1), a1 * (1 - a1), sigma(z1) * (1 - sigma(z1))):
        found = evaluate(subject, 2 / N * (yhat - y) * w2 * slope, "b1", point)
        np.testing.assert_allclose(found, error * point.values["w2"] * tail, rtol=1e-12)


def test_an_abstract_activation_is_the_sigmoid() -> None:
    known, abstract = squares("sigmoid"), squares("g")
    point = at(known)
    losses = [loss_function(m, infer(m), point)({})[0] for m in (known, abstract)]
    assert losses[0] == losses[1]
    claim = (yhat - y) * w2 * call("g", z1, 1)
    expected = evaluate(known, (yhat - y) * w2 * sigma(z1, 1), "b1")
    assert evaluate(abstract, claim, "b1").tolist() == expected.tolist()


def test_large_sizes_in_a_batch() -> None:
    subject = squares()
    sizes = Sizes(64, 32, 64)
    point = at(subject, sizes=sizes)
    loss = loss_function(subject, infer(subject), point)
    batch = np.repeat(point.values["w1"][np.newaxis], 50, axis=0)
    batch[np.arange(50), 3, np.arange(50)] += 1e-3
    found = loss({"w1": batch})
    one = replaced(point, w1=batch[17])
    assert found[17] == pytest.approx(loss_function(subject, infer(subject), one)({})[0], rel=1e-13)
    claim = 2 / N * (yhat - y) * w2 * a1 * (1 - a1) * x
    assert evaluate(subject, claim, "w1", point).shape == (32, 64)


def test_the_degenerate_network_has_scalars() -> None:
    subject = squares()
    lifting = degenerate(subject)
    point = draw_point(subject, lifting)
    loss = loss_function(subject, lifting, point)
    w = point.values["w2"]
    step = 1e-6
    slope = np.diff(loss({"w2": np.array([w - step, w + step])}))[0] / (2 * step)
    claim = 2 / N * (w2 * a1 * a1 + b2 * a1 - y * a1)
    found = evaluate_gradient(subject, lifting, claim.tree, point, "w2")
    assert found.shape == ()
    assert found == pytest.approx(slope, rel=1e-7)


def test_complex_parameters_pass_through() -> None:
    """The imaginary part of a complex step is the derivative."""
    for subject, kind in ((squares("tanh"), "squares"), (logarithms("tanh"), "logarithms")):
        point = at(subject)
        loss = loss_function(subject, infer(subject), point)
        step = point.values["w1"][np.newaxis].astype(complex)
        step[0, 2, 1] += 1e-100j
        slope = loss({"w1": step})[0].imag / 1e-100
        expected = plain.gradients(point.values, "tanh", kind)["w1"][2, 1]
        assert slope == pytest.approx(expected, rel=1e-12)


def test_what_has_no_number_says_why() -> None:
    subject = squares()
    for claim, reason in [
        (d(yhat, w2) * (yhat - y), "derivative"),
        (log(T(tree(0))), "finite"),
        ((yhat - y) / (y - y), "finite"),
        (call("sigmoid", z1, 5), "sigmoid"),
        (name("nobody"), "nobody"),
        (T(tree(9)) ** (T(tree(9)) ** T(tree(9)) ** 9), "finite"),
        (T(tree(10**400)), "too large"),
    ]:
        with pytest.raises(NotEvaluated, match=reason):
            evaluate(subject, claim, "w1")


def test_a_wrong_shape_is_an_error() -> None:
    subject = squares()
    loss = loss_function(subject, infer(subject), at(subject))
    with pytest.raises(ValueError, match="w1"):
        loss({"w1": np.zeros((4, 3))})
