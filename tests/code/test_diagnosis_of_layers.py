"""Planted mistakes in backward passes: the upstream gradient, axes, special values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

RANDOM = np.random.default_rng(3)
SQUARE = {"x": RANDOM.normal(size=(4, 3)), "w": RANDOM.normal(size=(3, 4)), "b": RANDOM.normal(size=4)}  # fmt: skip
INPUT = {"x": RANDOM.normal(size=(4, 3))}


def affine(x: Any, w: Any, b: Any) -> Any:
    return x @ w + b


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def slope(x: Any) -> Any:
    return sigmoid(x) * sigmoid(-x)


Pass = Callable[..., Any]
PLANTED: dict[str, tuple[Pass, Pass, dict[str, Any], str, str]] = {
    "bias along the wrong axis": (affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u.sum(1)), SQUARE, "GC524", "b: the upstream gradient is summed along axis 1 where it should be along axis 0"),
    "bias averaged": (affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u.mean(0)), SQUARE, "GC523", "b: every entry is 1/4 of the gradient"),
    "bias of one sample": (affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u[0]), SQUARE, "GC532", "b: only the first sample is in it"),
    "upstream dropped": (affine, lambda u, x, w, b: (np.ones_like(u) @ w.T, x.T @ np.ones_like(u), np.full(4, 4.0)), SQUARE, "GC526", "x, w, b: the upstream gradient is dropped"),
    "upstream dropped in one": (affine, lambda u, x, w, b: (u @ w.T, x.T @ u, np.full(4, 4.0)), SQUARE, "GC526", "b: the upstream gradient is dropped"),
    "upstream transposed": (affine, lambda u, x, w, b: (u @ w.T, x.T @ u.T, u.sum(0)), SQUARE, "GC526", "w: the upstream gradient is transposed"),
    "upstream averaged": (sigmoid, lambda u, x: u.mean() * slope(x), INPUT, "GC526", "x: the mean of the upstream gradient is used"),
    "a sample missing": (affine, lambda u, x, w, b: (u @ w.T, x[:-1].T @ u[:-1], u.sum(0)), SQUARE, "GC531", "w: the last sample is missing from the sum"),
    "derivative missing": (sigmoid, lambda u, x: u, INPUT, "GC527", "x: the derivative of the sigmoid is missing"),
    "derivative twice": (sigmoid, lambda u, x: u * slope(x) ** 2, INPUT, "GC528", "x: the derivative of the sigmoid stands twice"),
    "at the output": (lambda x: np.tanh(x), lambda u, x: u * (1 - np.tanh(np.tanh(x)) ** 2), INPUT, "GC529", "x: the derivative of tanh is taken at its output"),
    "ReLU lets all pass": (lambda x: np.maximum(x, 0), lambda u, x: u, INPUT, "GC527", "x: the derivative of ReLU is missing"),
    "softmax's diagonal": (softmax, lambda u, x: u * softmax(x) * (1 - softmax(x)), INPUT, "GC539", "x: only the diagonal of the softmax's derivative"),
    "not centred": (lambda x: x - x.mean(0), lambda u, x: u, INPUT, "GC539", "x: the term through the mean is missing"),
    "transposed": (lambda w: w @ np.arange(1.0, 4.0), lambda u, w: np.outer(np.arange(1.0, 4.0), u), {"w": RANDOM.normal(size=(3, 3))}, "GC520", "w: the right numbers stand there transposed"),
    "saturated": (lambda x: np.logaddexp(0, x), lambda u, x: u * np.where(np.abs(x) > 30, 0, sigmoid(x)), {"x": np.array([1.0, 3, 40, 2, -1, 35])}, "GC537", "x: wrong only where it is 35 or larger"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_named(name: str) -> None:
    forward, backward, inputs, code, message = PLANTED[name]
    report = gradcheck.check_backward(forward, backward, inputs)
    assert report.verdict.value == "wrong"
    assert [finding.rule.code for finding in report.findings] == [code]
    assert report.findings[0].message.startswith(message)


def test_right_layers_get_no_diagnosis() -> None:
    report = gradcheck.check_backward(
        affine, lambda u, x, w, b: (u @ w.T, x.T @ u, u.sum(0)), SQUARE
    )
    assert report.verdict.value == "agrees"
    assert report.findings == ()


def test_a_mistake_without_a_name_is_not_given_one() -> None:
    report = gradcheck.check_backward(
        affine, lambda u, x, w, b: (u @ w.T + 0.1 * x**2, x.T @ u, u.sum(0)), SQUARE
    )
    assert report.verdict.value == "wrong"
    assert report.findings == ()
