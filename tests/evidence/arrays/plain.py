"""The two-layer network in plain loops over numbers: what the arrays are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Number = Callable[[float], float]


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


SLOPES: dict[str, tuple[Number, Number]] = {
    "sigmoid": (logistic, lambda z: logistic(z) * logistic(-z)),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "identity": (lambda z: z, lambda z: 1.0),
}


def forward(values: Mapping[str, Any], hidden: str) -> tuple[Any, Any]:
    """``z1[i,j]`` and ``z2[i]``."""
    w, b, v, c, x = (values[key] for key in ("w1", "b1", "w2", "b2", "x"))
    z1 = np.zeros((len(x), len(v)))
    z2 = np.zeros(len(x))
    for i in range(len(x)):
        for j in range(len(v)):
            z1[i, j] = b[j] + sum(w[j, k] * x[i, k] for k in range(x.shape[1]))
        z2[i] = c + sum(v[j] * SLOPES[hidden][0](z1[i, j]) for j in range(len(v)))
    return z1, z2


def loss(values: Mapping[str, Any], hidden: str, kind: str) -> float:
    """Total loss: ``squares`` is 1/N Σ (ŷ-y)², ``logarithms`` the sum of the log losses."""
    _, z2 = forward(values, hidden)
    y = values["y"]
    if kind == "squares":
        return math.fsum((z2[i] - y[i]) ** 2 for i in range(len(y))) / len(y)
    return math.fsum(
        y[i] * float(np.logaddexp(0, -z2[i])) + (1 - y[i]) * float(np.logaddexp(0, z2[i]))
        for i in range(len(y))
    )


def gradients(values: Mapping[str, Any], hidden: str, kind: str) -> dict[str, Any]:
    """The four gradients of `loss`, entry by entry."""
    z1, z2 = forward(values, hidden)
    w, v, x, y = (values[key] for key in ("w1", "w2", "x", "y"))
    act, slope = SLOPES[hidden]
    result = {key: np.zeros_like(values[key]) for key in ("w1", "b1", "w2")}
    c = 0.0
    for i in range(len(y)):
        delta = 2 * (z2[i] - y[i]) / len(y) if kind == "squares" else logistic(z2[i]) - y[i]
        c += delta
        for j in range(len(v)):
            result["w2"][j] += delta * act(z1[i, j])
            inner = delta * v[j] * slope(z1[i, j])
            result["b1"][j] += inner
            for k in range(w.shape[1]):
                result["w1"][j, k] += inner * x[i, k]
    return {**result, "b2": np.asarray(c)}
