"""Layers: forward and backward passes in the forms that people write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import check_backward

Array = Any
RANDOM = np.random.default_rng(0)
INPUTS = {
    "x": RANDOM.normal(size=(4, 3)), "w": RANDOM.normal(size=(3, 2)), "b": RANDOM.normal(size=2),
}  # fmt: skip


def forward(x: Array, w: Array, b: Array) -> Array:
    return x @ w + b


def backward(up: Array, x: Array, w: Array, b: Array) -> Any:
    return up @ w.T, x.T @ up, up.sum(axis=0)


def verdicts(report: Any) -> dict[str, str]:
    return {row.name: row.verdict.value for row in report.rows}


def test_by_the_inputs() -> None:
    right = {"x": "agrees", "w": "agrees", "b": "agrees"}
    assert verdicts(check_backward(forward, backward, tuple(INPUTS.values()))) == right
    assert verdicts(check_backward(forward, backward, INPUTS)) == right
    by_name = lambda up, x, w, b: dict(zip("xwb", backward(up, x, w, b), strict=True))  # noqa: E731
    assert verdicts(check_backward(forward, by_name, INPUTS)) == right


def test_by_a_cache_wrong_in_one_input() -> None:
    def cached(x: Array, w: Array, b: Array) -> Any:
        return forward(x, w, b), (x, w, b)

    def back(up: Array, cache: Any) -> Any:
        by_x, by_w, _ = backward(up, *cache)
        return by_x, by_w, up[0]

    report = check_backward(cached, back, INPUTS)
    assert verdicts(report) == {"x": "agrees", "w": "agrees", "b": "wrong"}
    with pytest.raises(AssertionError, match="WRONG"):
        gradcheck.assert_gradient(cached, back, inputs=INPUTS)


def test_a_cache_that_is_an_array() -> None:
    def relu(x: Array) -> Any:
        return np.maximum(x, 0), x

    report = check_backward(relu, lambda up, x: up * (x > 0), INPUTS["x"], cache=True)
    assert verdicts(report) == {"x": "agrees"}


class Tanh:
    def forward(self, x: Array) -> Array:
        self.out = np.tanh(x)
        return self.out

    def backward(self, up: Array) -> Array:
        return up * (1 - self.out**2)


def test_a_layer_object_that_keeps_what_it_needs() -> None:
    layer = Tanh()
    assert verdicts(check_backward(layer.forward, layer.backward, (INPUTS["x"],))) == {
        "x": "agrees"
    }


def test_an_upstream_gradient_that_is_dropped() -> None:
    report = check_backward(np.tanh, lambda up, x: 1 - np.tanh(x) ** 2, (INPUTS["x"],))
    assert report.verdict.value == "wrong"


def test_more_than_one_output() -> None:
    def both(x: Array) -> Any:
        return np.sin(x), x**2

    def back(up: Any, x: Array) -> Array:
        return up[0] * np.cos(x) + up[1] * 2 * x

    assert check_backward(both, back, (INPUTS["x"],), cache=False)
    wrong = check_backward(both, lambda up, x: up[0] * np.cos(x), (INPUTS["x"],), cache=False)
    assert wrong.verdict.value == "wrong"


def test_whole_numbers_are_not_differentiated() -> None:
    def take(table: Array, index: Array) -> Array:
        return table[index]

    def back(up: Array, table: Array, index: Array) -> Any:
        found = np.zeros_like(table)
        np.add.at(found, index, up)
        return found, None

    report = check_backward(take, back, (INPUTS["w"], np.array([0, 2, 2])))
    assert verdicts(report) == {"table": "agrees"}
    assert report.notes == ("not differentiated: index",)

    def stale(up: Array, table: Array, index: Array) -> Any:
        found = np.zeros_like(table)
        found[index] = up  # an index that occurs twice is written twice, not added
        return (found,)

    assert check_backward(take, stale, (INPUTS["w"], np.array([0, 2, 2]))).verdict.value == "wrong"


def test_an_input_without_a_gradient_is_told() -> None:
    def back(up: Array, x: Array, w: Array, b: Array) -> Any:
        by_x, by_w, _ = backward(up, x, w, b)
        return by_x, by_w, None

    report = check_backward(forward, back, INPUTS)
    assert verdicts(report) == {"x": "agrees", "w": "agrees"}
    assert report.notes == ("no gradient is claimed by b",)


@pytest.mark.parametrize(
    ("back", "message"),
    [
        (lambda up, x, w, b: (x, w), "backward returned 2 gradients: expected 3, by x, w, b"),
        (lambda up, x, w, b: (x, w, up), r"gradient of b has shape \(4, 2\): expected \(2,\)"),
        (lambda up, x, w, b: (x, w, "b"), "the gradient of b is a str"),
    ],
)
def test_a_backward_pass_of_another_form(back: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        check_backward(forward, back, INPUTS)


def test_a_forward_pass_of_another_form() -> None:
    with pytest.raises(TypeError, match="forward returned a str"):
        check_backward(lambda x: "x", lambda up, x: up, (INPUTS["x"],))
    with pytest.raises(ValueError, match="no inputs"):
        check_backward(forward, backward, ())


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_layer_of_few_digits(kind: Any) -> None:
    inputs = {name: array.astype(kind) for name, array in INPUTS.items()}
    assert check_backward(forward, backward, inputs).verdict.value == "agrees"


def test_a_large_layer_is_sampled_and_tells_how_far_it_is() -> None:
    seen: list[tuple[int, int]] = []
    point = (RANDOM.normal(size=(40, 40)),)
    for slope, verdict in ((np.cos, "agrees"), (np.sin, "wrong")):
        report = check_backward(
            np.sin,
            lambda up, x, slope=slope: up * slope(x),
            point,
            every_entry_up_to=100,
            progress=lambda done, expected: seen.append((done, expected)),
        )
        assert report.verdict.value == verdict
        assert report.method.startswith("random directions")
    assert seen


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (np.ones(3), "backward returned None for x"),
        (np.arange(3), r"no input holds floating-point numbers \(x\)"),
    ],
)
def test_nothing_to_compare_is_told(point: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_backward(lambda x: x**2, lambda up, x: None, (point,))
