"""Mistakes in the parts of real networks: embeddings, convolutions, normalisation, attention,
recurrence. What is told is what the numbers prove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(5, 4)) * 2 + 1
SERIES = RANDOM.normal(size=12)
KERNEL = RANDOM.normal(size=4)
IDS = np.array([2, 0, 2, 1, 2, 0, 4])
MASK = RANDOM.uniform(size=(5, 4)) > 0.4
SQUARE = RANDOM.normal(size=(4, 4))
Pass = Callable[..., Any]


def rows(x: Any) -> Any:
    return x.mean(-1, keepdims=True)


def scale(x: Any, axis: int) -> Any:
    return 1 / np.sqrt(x.var(axis, keepdims=True) + 1e-5)


def layer_norm(x: Any) -> Any:
    return (x - rows(x)) * scale(x, -1)


def batch_norm(x: Any) -> Any:
    return (x - x.mean(0)) * scale(x, 0)


def of_layer_norm(u: Any, x: Any, mean: float = 1.0, variance: float = 1.0) -> Any:
    h = layer_norm(x)
    return scale(x, -1) * (u - mean * rows(u) - variance * h * rows(u * h))


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def unit(x: Any) -> Any:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def correlate(x: Any, k: Any) -> Any:
    return np.array([np.sum(x[i : i + len(k)] * k) for i in range(len(x) - len(k) + 1)])


def of_series(u: Any, x: Any, k: Any) -> Any:
    g = np.zeros(len(x))
    for i, up in enumerate(u):
        g[i : i + len(k)] += up * k
    return g


def of_kernel(u: Any, x: Any, k: Any) -> Any:
    return np.array([np.sum(u * x[j : j + len(u)]) for j in range(len(k))])


def overwritten(u: Any, table: Any) -> Any:
    g = np.zeros_like(table)
    g[IDS] = u
    return g


PLANTED: dict[str, tuple[Pass, Pass, Any, str, str]] = {
    "embedding": (lambda table: table[IDS], overwritten, {"table": RANDOM.normal(size=(6, 3))}, "GC532", "table: where several samples come together, only the last is in it"),
    "kernel flipped": (correlate, lambda u, x, k: (of_series(u, x, k), of_kernel(u, x, k)[::-1]), (SERIES, KERNEL), "GC525", "k: the entries stand in reverse order"),
    "flipped kernel": (correlate, lambda u, x, k: (of_series(u, x, k[::-1]), of_kernel(u, x, k)), (SERIES, KERNEL), "GC543", "x: it is right where k is the same from both ends"),
    "padding": (lambda x, k: correlate(np.pad(x, 1), k), lambda u, x, k: (of_series(u, np.pad(x, 1), k)[:-2], of_kernel(u, np.pad(x, 1), k)), (SERIES, KERNEL), "GC525", "x: the entries stand 1 further on than they belong"),
    "no mean, no variance": (layer_norm, lambda u, x: of_layer_norm(u, x, 0, 0), {"x": X}, "GC539", "x: along axis 1 it is off by the terms through its mean and variance alone"),
    "no variance": (layer_norm, lambda u, x: of_layer_norm(u, x, 1, 0), {"x": X}, "GC539", "x: along axis 1 it is off by the terms through its variance alone"),
    "no mean": (layer_norm, lambda u, x: of_layer_norm(u, x, 0, 1), {"x": X}, "GC539", "x: the term through the mean is missing"),
    "sums for means": (layer_norm, lambda u, x: of_layer_norm(u, x, 4, 4), {"x": X}, "GC539", "x: along axis 1 it is off by the terms through its mean and variance alone"),
    "of the batch": (batch_norm, lambda u, x: u * scale(x, 0), {"x": X}, "GC539", "x: along axis 0 it is off by the terms through its mean and variance alone"),
    "norm": (unit, lambda u, x: u / np.linalg.norm(x, axis=-1, keepdims=True), {"x": X}, "GC539", "x: along axis 1 it is off by the terms through its norm alone"),
    "softmax's sum": (softmax, lambda u, z: u * softmax(z), {"z": X}, "GC539", "z: the term with the sum along axis 1 in the derivative of softmax"),
    "log-softmax's sum": (lambda z: np.log(softmax(z)), lambda u, z: u - softmax(z), {"z": X}, "GC539", "z: the term with the sum along axis 1 in the derivative of log-softmax"),
    "dropout": (lambda x: x * MASK, lambda u, x: u, {"x": X}, "GC542", "x: at 6 of 20 entries it is not 0, where the loss does not depend on them; the others are right"),
    "dropout and scale": (lambda x: x * MASK / 0.6, lambda u, x: u, {"x": X}, "GC542", "x: at 6 of 20 entries it is not 0, where the loss does not depend on them; the others are 0.6 times"),
    "maximum": (lambda x: x.reshape(-1, 2).max(1), lambda u, x: np.repeat(u, 2), {"x": SERIES}, "GC542", "x: at 6 of 12 entries"),
    "way past": (lambda x, w: x + np.tanh(x @ w), lambda u, x, w: ((u * (1 - np.tanh(x @ w) ** 2)) @ w.T, x.T @ (u * (1 - np.tanh(x @ w) ** 2))), (X, SQUARE), "GC539", "x: the upstream gradient is missing as a term"),
    "way through": (lambda x, w: x + np.tanh(x @ w), lambda u, x, w: (u, x.T @ (u * (1 - np.tanh(x @ w) ** 2))), (X, SQUARE), "GC539", "x: the upstream gradient is passed on as it is"),
    "square": (lambda x, w: x @ w, lambda u, x, w: (u @ w, x.T @ u), (X, SQUARE), "GC543", "x: it is right where w is symmetric: it enters transposed"),
}  # fmt: skip


def told(report: Any) -> list[tuple[str, str]]:
    return [(finding.rule.code, finding.message) for finding in report.findings]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_named(name: str) -> None:
    forward, backward, inputs, code, message = PLANTED[name]
    report = gradcheck.check_backward(forward, backward, inputs)
    assert report.verdict.value == "wrong"
    assert [found for found, _ in told(report)] == [code], str(report)
    assert told(report)[0][1].startswith(message)


NEAR_MISSES: dict[str, tuple[Pass, Pass, Any]] = {
    "normalised along the other axis": (layer_norm, lambda u, x: scale(x, -1) * (u - u.mean(0) - layer_norm(x) * (u * layer_norm(x)).mean(0)), {"x": X}),
    "off by another multiple of each": (unit, lambda u, x: u + x * np.linspace(1, 2, 20).reshape(5, 4), {"x": X}),
    "softmax along the other axis": (softmax, lambda u, z: softmax(z) * (u - (u * softmax(z)).sum(0)), {"z": X}),
    "a mask, and others wrong": (lambda x: x * MASK, lambda u, x: u * np.linspace(1, 2, 20).reshape(5, 4), {"x": X}),
    "half of the upstream is missing": (lambda x, w: x + np.tanh(x @ w), lambda u, x, w: ((u * (1 - np.tanh(x @ w) ** 2)) @ w.T + 0.9 * u**3, x.T @ (u * (1 - np.tanh(x @ w) ** 2))), (X, SQUARE)),
    "a kernel turned in part": (correlate, lambda u, x, k: (of_series(u, x, k[[1, 0, 2, 3]]), of_kernel(u, x, k)), (SERIES, KERNEL)),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_not_named(name: str) -> None:
    report = gradcheck.check_backward(*NEAR_MISSES[name])
    assert report.verdict.value == "wrong"
    assert told(report) == [], str(report)


STEPS = RANDOM.normal(size=(6, 3))
RECURRENT = {"w": RANDOM.normal(size=(3, 4)) / 2, "v": SQUARE / 2, "b": np.full(4, 0.1)}
TARGET = RANDOM.normal(size=4)


def states(p: Any) -> list[Any]:
    found = [np.zeros(4)]
    for x in STEPS:
        found.append(np.tanh(x @ p["w"] + found[-1] @ p["v"] + p["b"]))
    return found


def recurrent(p: Any) -> float:
    return float(np.sum((states(p)[-1] - TARGET) ** 2))


def through_time(p: Any, steps: int = 6, turned: bool = False) -> dict[str, Any]:
    h = states(p)
    d = 2 * (h[-1] - TARGET)
    g = {name: np.zeros_like(array) for name, array in p.items()}
    for t in range(5, 5 - steps, -1):
        d = d * (1 - h[t + 1] ** 2)
        g["w"] += np.outer(STEPS[t], d)
        g["v"] += np.outer(h[t], d)
        g["b"] += d
        d = d @ (p["v"] if turned else p["v"].T)
    return g


def test_recurrence() -> None:
    assert gradcheck.check_gradient(recurrent, through_time, RECURRENT)
    short = gradcheck.check_gradient(recurrent, lambda p: through_time(p, 3), RECURRENT)
    assert [code for code, _ in told(short)] == ["GC544"]
    assert told(short)[0][1].endswith(
        "it is right where v is 0: the part that depends on v is missing or wrong"
    )
    turned = gradcheck.check_gradient(recurrent, lambda p: through_time(p, 6, True), RECURRENT)
    assert [code for code, _ in told(turned)] == ["GC543"]
    assert "it is right where v is symmetric" in told(turned)[0][1]


def test_a_mask_of_another_layer_is_not_named_after_a_weight() -> None:
    """With few units masks can be alike by chance where a weight is 0."""
    data, labels = RANDOM.normal(size=(9, 4)), RANDOM.normal(size=(9, 3))
    point = {
        "w": RANDOM.normal(size=(4, 5)), "b": RANDOM.normal(size=5),
        "v": RANDOM.normal(size=(5, 5)), "c": RANDOM.normal(size=5),
        "u": RANDOM.normal(size=(5, 3)),
    }  # fmt: skip

    def passed(p: Any) -> Any:
        z = data @ p["w"] + p["b"]
        y = np.maximum(z, 0) @ p["v"] + p["c"]
        return z, y, np.maximum(y, 0) @ p["u"]

    def loss(p: Any) -> float:
        return float(np.mean((passed(p)[2] - labels) ** 2))

    def gradient(p: Any, mask: int) -> Any:
        z, y, out = passed(p)
        d = 2 * (out - labels) / out.size
        e = d @ p["u"].T * (y > 0)
        f = e @ p["v"].T * ((z, y)[mask] > 0)
        return {
            "w": data.T @ f, "b": f.sum(0), "v": np.maximum(z, 0).T @ e, "c": e.sum(0),
            "u": np.maximum(y, 0).T @ d,
        }  # fmt: skip

    assert gradcheck.check_gradient(loss, lambda p: gradient(p, 0), point)
    assert told(gradcheck.check_gradient(loss, lambda p: gradient(p, 1), point)) == []


def test_shapes_that_broadcast() -> None:
    data, labels = RANDOM.normal(size=(9, 4)), RANDOM.normal(size=9)
    column = labels[:, None]
    w = RANDOM.normal(size=4)

    def slopes(w: Any) -> Any:
        return 2 * data.T @ (data @ w - labels) / 9

    in_loss = gradcheck.check_gradient(
        lambda w: float(np.mean((data @ w - column) ** 2)), slopes, w
    )
    assert [code for code, _ in told(in_loss)] == ["GC545"]
    assert "stays the same if all of column are set to their mean" in told(in_loss)[0][1]
    in_gradient = gradcheck.check_gradient(
        lambda w: float(np.mean((data @ w - labels) ** 2)),
        lambda w: 2 * data.T @ np.mean(data @ w - column, axis=0) / 9,
        w,
    )
    assert [code for code, _ in told(in_gradient)] == ["GC545"]
    assert "it is the gradient of the loss with all of labels set" in told(in_gradient)[0][1]


def test_a_gradient_that_is_not_set_to_zero_between_calls() -> None:
    total = np.zeros(4)

    def collected(w: Any) -> Any:
        total[:] += 2 * w
        return total.copy()

    report = gradcheck.check_gradient(lambda w: float(np.sum(w**2)), collected, X[0])
    assert report.verdict.value == "undecided"
    assert told(report)[0][1].startswith("every call of the gradient adds the same")


@pytest.mark.parametrize(
    ("slope", "hint"),
    [
        (lambda u: u, "has shape (5, 4): expected (4,); sum over axis 0"),
        (lambda u: u.sum(1), "has shape (5,): expected (4,); it is summed over another axis"),
        (lambda u: u.sum(), "has shape (): expected (4,); it is summed over another axis"),
        (lambda u: np.ones((2, 5, 4)), "expected (4,); sum over axes 0, 1"),
        (lambda u: np.ones((5, 3)), "has shape (5, 3): expected (4,)"),
    ],
)
def test_a_bias_of_another_shape(slope: Pass, hint: str) -> None:
    with pytest.raises(ValueError, match=r"the gradient of b has shape") as raised:
        gradcheck.check_backward(lambda x, b: x + b, lambda u, x, b: (u, slope(u)), (X, np.ones(4)))
    assert hint in str(raised.value)
