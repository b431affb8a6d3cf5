"""The claims of the documents in index notation and of the written-out networks, as Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import exp, log, sqrt, tanh

from tests.meaning.truths import LINE, SCALARS, D, Family, H, K, N, S, Values, line, softmax, σ


def _outputs(v: Values) -> tuple[Any, Any]:
    h = σ(v.w @ v.x + v.b)
    return h, v.v @ h + v.c - v.t


def _batch(v: Values) -> tuple[Any, Any]:
    h = σ(v.x @ v.w.T)
    return h, h @ v.v.T - v.t


def _same(v: Values) -> tuple[Any, Any]:
    h = σ(v.w @ v.x)
    y = σ(v.v @ h)
    return h, (y - v.t) * y * (1 - y)


def _two_hidden(v: Values) -> tuple[Any, Any, Any]:
    h = tanh(v.u @ v.x)
    g = tanh(v.v @ h)
    return h, g, v.w @ g - v.t


def _worked(v: Values) -> tuple[Any, Any, Any]:
    h = σ(np.array([v.w1 * v.i1 + v.w2 * v.i2, v.w3 * v.i1 + v.w4 * v.i2]) + v.b1)
    o = σ(np.array([v.w5 * h[0] + v.w6 * h[1], v.w7 * h[0] + v.w8 * h[1]]) + v.b2)
    return h, o, -(v.t - o) * o * (1 - o)


def _written(v: Values) -> tuple[Any, Any]:
    h = σ(v.a @ v.x)
    return h, v.c @ h - v.t


def _chained(v: Values) -> Any:
    a = tanh(v.w @ v.x)
    y = σ(v.v @ a)
    return (2 * (y - v.t) * y * (1 - y)) @ v.v * (1 - a**2)


def _labels(v: Values) -> Any:
    return σ(v.w @ v.x + v.b)


def _hidden(v: Values) -> Any:
    h = _worked(v)[0][1]
    return h * (1 - h) * v.i2


def _top(v: Values) -> Any:
    return σ(tanh(v.x @ v.w.T + v.b) @ v.v + v.c)


def _slopes(v: Values) -> Any:
    return (_top(v) - v.y) * _top(v) * (1 - _top(v))


def _sloping(v: Values) -> Any:
    return _slopes(v)[:, None] * (1 - tanh(v.x @ v.w.T + v.b) ** 2)


FAMILIES = (
    *SCALARS,
    Family(
        "index-outputs", lambda v: (_outputs(v)[1] ** 2).sum() / 2,
        {"w": (H, D), "b": (H,), "v": (K, H), "c": (K,), "x": (D,), "t": (K,)},
        {
            "v": lambda v: np.outer(_outputs(v)[1], _outputs(v)[0]),
            "c": lambda v: _outputs(v)[1],
            "b": lambda v: _outputs(v)[0] * (1 - _outputs(v)[0]) * (_outputs(v)[1] @ v.v),
            "w": lambda v: np.outer(
                _outputs(v)[0] * (1 - _outputs(v)[0]) * (_outputs(v)[1] @ v.v), v.x
            ),
        },
        {"c": lambda v: _outputs(v)[1].sum() + 0 * v.c},
    ),
    Family(
        "index-chain", lambda v: ((σ(v.v @ tanh(v.w @ v.x)) - v.t) ** 2).sum(),
        {"w": (H, D), "v": (K, H), "x": (D,), "t": (K,)},
        {"w": lambda v: np.outer(_chained(v), v.x)},
    ),
    Family(
        "index-two-hidden", lambda v: _two_hidden(v)[2] ** 2 / 2,
        {"u": (H, D), "v": (K, H), "w": (K,), "x": (D,), "t": ()},
        {
            "w": lambda v: _two_hidden(v)[2] * _two_hidden(v)[1],
            "v": lambda v: _two_hidden(v)[2]
            * np.outer(v.w * (1 - _two_hidden(v)[1] ** 2), _two_hidden(v)[0]),
            "u": lambda v: _two_hidden(v)[2] * np.outer(
                ((v.w * (1 - _two_hidden(v)[1] ** 2)) @ v.v) * (1 - _two_hidden(v)[0] ** 2), v.x
            ),
        },
        {
            "u": lambda v: _two_hidden(v)[2] * np.outer(
                (v.w * (1 - _two_hidden(v)[1] ** 2) ** 2) @ v.v, v.x
            )
        },
    ),
    Family(
        "index-batch", lambda v: (_batch(v)[1] ** 2).sum() / (2 * N),
        {"w": (H, D), "v": (K, H), "x": (N, D), "t": (N, K)},
        {
            "v": lambda v: _batch(v)[1].T @ _batch(v)[0] / N,
            "w": lambda v: ((_batch(v)[1] @ v.v) * _batch(v)[0] * (1 - _batch(v)[0])).T @ v.x / N,
        },
    ),
    Family(
        "index-batch-layers", lambda v: ((_top(v) - v.y) ** 2).mean(),
        {"w": (D, D), "b": (D,), "v": (D,), "c": (), "x": (N, D), "y": (N,)},
        {
            "v": lambda v: 2 * _slopes(v) @ tanh(v.x @ v.w.T + v.b) / N,
            "w": lambda v: 2 / N * (_sloping(v) * v.v).T @ v.x,
        },
        {"w": lambda v: 2 / N * (_sloping(v).T @ v.x) * v.v},
    ),
    Family(
        "index-same-letter", lambda v: ((σ(v.v @ σ(v.w @ v.x)) - v.t) ** 2).sum() / 2,
        {"w": (H, H), "v": (K, H), "x": (H,), "t": (K,)},
        {
            "v": lambda v: np.outer(_same(v)[1], _same(v)[0]),
            "w": lambda v: np.outer(
                _same(v)[0] * (1 - _same(v)[0]) * (_same(v)[1] @ v.v), v.x
            ),
        },
        {
            "w": lambda v: np.outer(
                _same(v)[0] * (1 - _same(v)[0]) * (_same(v)[1] @ v.v), np.ones(H)
            ) * _same(v)[0][:, None]
        },
    ),
    Family(
        "index-jacobian", lambda v: -(v.y * log(softmax(v.a))).sum(), {"a": (H,), "y": (H,)},
        {"a": lambda v: softmax(v.a) - v.y}, {}, "one-hot",
    ),
    Family(
        "index-log-sum-exp", lambda v: log(exp(v.w @ v.x).sum()) - (v.w @ v.x)[0],
        {"w": (H, D), "x": (D,)},
        {"w": lambda v: np.outer(softmax(v.w @ v.x) - np.eye(H)[0], v.x)},
        {"w": lambda v: np.outer(softmax(v.w @ v.x) - 1, v.x)},
    ),
    Family(
        "index-multilabel",
        lambda v: -(v.y * log(_labels(v)) + (1 - v.y) * log(1 - _labels(v))).sum(),
        {"w": (H, D), "b": (H,), "x": (D,), "y": (H,)},
        {"w": lambda v: np.outer(_labels(v) - v.y, v.x), "b": lambda v: _labels(v) - v.y},
        {"w": lambda v: np.outer((_labels(v) - v.y) * _labels(v) * (1 - _labels(v)), v.x)},
    ),
    Family(
        "index-ridge", lambda v: ((v.x @ v.w - v.y) ** 2).mean() / 2 + v.m / 2 * (v.w**2).sum(),
        {"w": (D,), "x": (N, D), "y": (N,), "m": ()},
        {"w": lambda v: (v.x @ v.w - v.y) @ v.x / N + v.m * v.w},
        {"w": lambda v: (v.x @ v.w - v.y) @ v.x / N + v.m * v.w.sum()},
    ),
    Family(
        "index-second", lambda v: ((v.f @ v.a - v.y) ** 2).sum() / 2,
        {"a": (D,), "f": (N, D), "y": (N,)}, {"a": lambda v: (v.f @ v.a - v.y) @ v.f},
    ),
    Family(
        "index-instance", lambda v: (σ(v.w @ v.x) - v.t) ** 2, {"w": (D,), "x": (D,), "t": ()},
        {
            "w": lambda v: 2 * (σ(v.w @ v.x) - v.t) * σ(v.w @ v.x) * (1 - σ(v.w @ v.x)) * v.x
        },
    ),
    Family(
        "index-mean", lambda v: (line(v) ** 2).mean() / 2, LINE,
        {"a": lambda v: v.b * v.x.mean() + v.a - v.y.mean()},
        {"a": lambda v: v.b + v.a - v.y.mean()},
    ),
    Family(
        "local-norm", lambda v: sqrt((v.v**2).sum()), {"v": (D,)},
        {"v": lambda v: v.v / sqrt((v.v**2).sum())},
        {"v": lambda v: v.v / (v.v**2).sum()},
    ),
    Family(
        "local-batch-norm", lambda v: v.x[0] - v.x.mean(), {"x": (N,)},
        {"x": lambda v: np.eye(N)[0] - 1 / N}, {"x": lambda v: np.eye(N)[0]},
    ),
    Family(
        "local-layer", lambda v: tanh(v.w @ v.a)[0], {"w": (D, D), "a": (D,)},
        {"a": lambda v: (1 - tanh(v.w @ v.a)[0] ** 2) * v.w[0]},
        {"a": lambda v: (1 - tanh(v.w @ v.a)[0] ** 2) * v.w[:, 0]},
    ),
    Family(
        "written-out", lambda v: (_written(v)[1] ** 2).sum() / 2,
        {"a": (2, 2), "c": (2, 2), "x": (2,), "t": (2,)},
        {
            "c": lambda v: np.outer(_written(v)[1], _written(v)[0]),
            "a": lambda v: np.outer(
                (_written(v)[1] @ v.c) * _written(v)[0] * (1 - _written(v)[0]), v.x
            ),
        },
        {
            "a": lambda v: np.outer(
                _written(v)[1][0] * v.c[0] * _written(v)[0] * (1 - _written(v)[0]), v.x
            )
        },
    ),
    Family(
        "worked-symbols", lambda v: ((v.t - _worked(v)[1]) ** 2).sum() / 2,
        S("w1 w2 w3 w4 w5 w6 w7 w8 b1 b2 i1 i2") | {"t": (2,)},
        {
            "w6": lambda v: _worked(v)[2][0] * _worked(v)[0][1],
            "w7": lambda v: _worked(v)[2][1] * _worked(v)[0][0],
            "b2": lambda v: _worked(v)[2].sum(),
            "w4": lambda v: (_worked(v)[2][0] * v.w6 + _worked(v)[2][1] * v.w8) * _hidden(v),
        },
        {"w4": lambda v: (_worked(v)[2][0] * v.w6 + _worked(v)[2][1] * v.w7) * _hidden(v)},
    ),
)  # fmt: skip
