"""The claims of the documents as Python, next to the losses they are about.

Written by hand from the documents, so that their truths rest on numbers: ``right`` and ``wrong``
are what the documents claim of each parameter. Names are those of the documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import exp, log, tanh

Values = Any
"""A namespace of complex arrays: v.w, v.x, …"""
Function = Callable[[Values], Any]


def σ(z: Any) -> Any:
    return 1 / (1 + exp(-z))


def softmax(z: Any) -> Any:
    return exp(z) / exp(z).sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Family:
    """Documents about one loss: what is claimed rightly, and wrongly, of which parameter."""

    name: str
    loss: Function
    sizes: dict[str, tuple[int, ...]]
    right: dict[str, Function]
    wrong: dict[str, Function] = field(default_factory=dict)
    labels: str = ""  # how y or t is drawn: one-hot, signs, bits


def scalars(names: str) -> dict[str, tuple[int, ...]]:
    return dict.fromkeys(names.split(), ())


S = scalars
N, D, H, K = 5, 3, 4, 2
"""Samples, inputs, hidden units, outputs."""
LINE = {"a": (), "b": (), "x": (N,), "y": (N,)}


def line(v: Values) -> Any:
    return v.a + v.b * v.x - v.y


def _neuron(v: Values) -> Any:
    return σ(v.w * v.x + v.b)


def _deep(v: Values) -> tuple[Any, Any, Any]:
    h = σ(v.p * v.x + v.q)
    g = σ(v.r * h + v.s)
    return h, g, v.v * g - v.t


def _tanh_net(v: Values) -> tuple[Any, Any]:
    a = tanh(v.w_1 * v.x + v.b_1)
    return a, v.w_2 * a + v.b_2 - v.y


def _scene(v: Values) -> tuple[Any, Any]:
    h = σ(v.u * v.x + v.a)
    return h, v.v * h + v.c - v.t


SCALARS = (
    Family(
        "condition-stationary", lambda v: (line(v) ** 2).sum(), LINE,
        {"a": lambda v: 2 * line(v).sum(), "b": lambda v: 2 * (v.x * line(v)).sum()},
        {"b": lambda v: -2 * (v.x * line(v)).sum()},
    ),
    Family(
        "condition-exclamation", lambda v: (line(v) ** 2).sum() / 2, LINE,
        {"a": lambda v: line(v).sum()}, {"b": lambda v: (line(v) * v.b).sum()},
    ),
    Family(
        "condition-every-row", lambda v: (line(v) ** 2).mean() / 2 + v.m / 2 * v.b**2,
        LINE | S("m"),
        {"a": lambda v: line(v).mean(), "b": lambda v: (line(v) * v.x).mean() + v.m * v.b},
        {"b": lambda v: (line(v) * v.x).mean() + 2 * v.m * v.b},
    ),
    Family(
        "solved-intercept", lambda v: (line(v) ** 2).mean(), LINE,
        {"b": lambda v: 2 * (line(v) * v.x).mean(), "a": lambda v: 2 * line(v).mean()},
        {"b": lambda v: 2 * line(v).mean()},
    ),
    Family(
        "solved-first", lambda v: ((v.t - v.m) ** 2).sum(), {"t": (N,), "m": ()},
        {"m": lambda v: -2 * (v.t - v.m).sum()}, {"m": lambda v: 2 * (v.t - v.m).sum()},
    ),
    Family(
        "scene-activation", lambda v: _scene(v)[1] ** 2 / 2, S("u a v c x t"),
        {
            "u": lambda v: _scene(v)[1] * v.v * _scene(v)[0] * (1 - _scene(v)[0]) * v.x,
            "a": lambda v: _scene(v)[1] * v.v * _scene(v)[0] * (1 - _scene(v)[0]),
        },
        {"u": lambda v: _scene(v)[1] * v.v * (1 - _scene(v)[0] ** 2) * v.x},
    ),
    Family(
        "scene-loss", lambda v: -v.y * log(_neuron(v)) - (1 - v.y) * log(1 - _neuron(v)),
        S("w b x y"),
        {"w": lambda v: (_neuron(v) - v.y) * v.x, "b": lambda v: _neuron(v) - v.y},
        {"w": lambda v: (_neuron(v) - v.y) * _neuron(v) * (1 - _neuron(v)) * v.x},
    ),
    Family(
        "scene-second-network", lambda v: (v.w * v.x**2 - v.t) ** 2 / 2, S("w x t"),
        {"w": lambda v: (v.w * v.x**2 - v.t) * v.x**2},
        {"w": lambda v: (v.w * v.x**2 - v.t) * 2 * v.x},
    ),
    Family(
        "anew-delta", lambda v: _deep(v)[2] ** 2 / 2, S("p q r s v x t"),
        {
            "v": lambda v: _deep(v)[2] * _deep(v)[1],
            "r": lambda v: _deep(v)[2] * v.v * _deep(v)[1] * (1 - _deep(v)[1]) * _deep(v)[0],
            "s": lambda v: _deep(v)[2] * v.v * _deep(v)[1] * (1 - _deep(v)[1]),
            "p": lambda v: _deep(v)[2] * v.v * _deep(v)[1] * (1 - _deep(v)[1]) * v.r
            * _deep(v)[0] * (1 - _deep(v)[0]) * v.x,
        },
        {"s": lambda v: _deep(v)[2] * v.v * _deep(v)[1] * (1 - _deep(v)[1]) * _deep(v)[0]},
    ),
    Family(
        "anew-z", lambda v: _tanh_net(v)[1] ** 2 / 2, S("w_1 b_1 w_2 b_2 x y"),
        {"w_2": lambda v: _tanh_net(v)[1] * _tanh_net(v)[0], "b_2": lambda v: _tanh_net(v)[1]},
        {"w_2": lambda v: _tanh_net(v)[1] * v.x},
    ),
    Family(
        "increment", lambda v: _tanh_net(v)[1] ** 2 / 2, S("w_1 b_1 w_2 b_2 x y"),
        {
            "w_1": lambda v: _tanh_net(v)[1] * v.w_2 * (1 - _tanh_net(v)[0] ** 2) * v.x,
            "b_1": lambda v: _tanh_net(v)[1] * v.w_2 * (1 - _tanh_net(v)[0] ** 2),
        },
        {
            "w_1": lambda v: _tanh_net(v)[1] * v.w_2 * (1 - _tanh_net(v)[0]) * v.x,
            "b_1": lambda v: _tanh_net(v)[1] * v.w_2 * (1 - _tanh_net(v)[0]),
        },
    ),
    Family(
        "constraint", lambda v: v.u**2 + 3 * v.v**2, S("u v"),
        {"u": lambda v: 2 * v.u, "v": lambda v: 6 * v.v}, {"v": lambda v: 3 * v.v**2},
    ),
    Family(
        "range", lambda v: (tanh(v.w * v.x) - v.t) ** 2 / 2, S("w x t"),
        {"w": lambda v: (tanh(v.w * v.x) - v.t) * (1 - tanh(v.w * v.x) ** 2) * v.x},
        {"w": lambda v: (tanh(v.w * v.x) - v.t) * (1 - tanh(v.w * v.x)) * v.x},
    ),
    Family(
        "let-local", lambda v: (line(v) ** 2).mean(), LINE,
        {"b": lambda v: 2 * (line(v) * v.x).mean(), "a": lambda v: 2 * line(v).mean()},
        {"a": lambda v: 2 * (line(v) * v.x).mean()},
    ),
    Family(
        "increment-arrow", lambda v: (σ(v.b * σ(v.a * v.x)) - v.t) ** 2, S("a b x t"),
        {
            "b": lambda v: _arrow(v) * σ(v.a * v.x),
            "a": lambda v: _arrow(v) * v.b * σ(v.a * v.x) * (1 - σ(v.a * v.x)) * v.x,
        },
    ),
    Family(
        "where-backwards", lambda v: (_neuron(v) - v.t) ** 2 / 2, S("w b x t"),
        {"w": lambda v: (_neuron(v) - v.t) * _neuron(v) * (1 - _neuron(v)) * v.x},
        {"w": lambda v: (_neuron(v) - v.t) * v.x, "b": lambda v: _neuron(v) - v.t},
    ),
    Family(
        "where-twice", lambda v: (v.v * tanh(v.u * v.x) - v.t) ** 2, S("u v x t"),
        {
            "v": lambda v: 2 * (v.v * tanh(v.u * v.x) - v.t) * tanh(v.u * v.x),
            "u": lambda v: 2 * v.x * (v.v * tanh(v.u * v.x) - v.t) * v.v
            * (1 - tanh(v.u * v.x) ** 2),
        },
    ),
    Family(
        "fact-one-hot", lambda v: -(v.y * log(softmax(v.w @ v.x + v.b))).sum(),
        {"w": (K + 1, D), "b": (K + 1,), "x": (D,), "y": (K + 1,)},
        {
            "w": lambda v: np.outer(softmax(v.w @ v.x + v.b) - v.y, v.x),
            "b": lambda v: softmax(v.w @ v.x + v.b) - v.y,
        },
        {"b": lambda v: -v.y * (1 - softmax(v.w @ v.x + v.b))}, "one-hot",
    ),
    Family(
        "fact-plus-minus", lambda v: log(1 + exp(-v.y * (v.w * v.x + v.b))), S("w b x y"),
        {"w": lambda v: (_neuron(v) - (1 + v.y) / 2) * v.x},
        {"w": lambda v: (_neuron(v) - v.y) * v.x}, "signs",
    ),
    Family(
        "fact-zero-one",
        lambda v: v.y**2 * (1 - σ(v.w * v.x)) ** 2 + (1 - v.y) ** 2 * σ(v.w * v.x) ** 2,
        S("w x y"),
        {"w": lambda v: 2 * (σ(v.w * v.x) - v.y) * σ(v.w * v.x) * (1 - σ(v.w * v.x)) * v.x},
        {"w": lambda v: 2 * (σ(v.w * v.x) - v.y) * v.x}, "bits",
    ),
    Family(
        "ascent-likelihood",
        lambda v: (v.y * log(σ(v.w * v.x)) + (1 - v.y) * log(1 - σ(v.w * v.x))).sum(),
        {"w": (), "x": (N,), "y": (N,)},
        {"w": lambda v: ((v.y - σ(v.w * v.x)) * v.x).sum()},
        {"w": lambda v: ((σ(v.w * v.x) - v.y) * v.x).sum()},
    ),
    Family(
        "ascent-update", lambda v: -((v.a * v.s - v.g) ** 2) / 2, S("a s g"),
        {"a": lambda v: -(v.a * v.s - v.g) * v.s},
    ),
    Family(
        "upstream-linear", lambda v: (v.g * (v.w @ v.x + v.b)).sum(),
        {"w": (H, D), "b": (H,), "x": (D,), "g": (H,)},
        {"w": lambda v: np.outer(v.g, v.x), "b": lambda v: v.g, "x": lambda v: v.g @ v.w},
    ),
    Family(
        "upstream-unit", lambda v: v.f * tanh(v.w * v.x + v.b), S("w b x f"),
        {
            "w": lambda v: v.f * (1 - tanh(v.w * v.x + v.b) ** 2) * v.x,
            "b": lambda v: v.f * (1 - tanh(v.w * v.x + v.b) ** 2),
        },
        {
            "w": lambda v: v.f * (1 - tanh(v.w * v.x + v.b) ** 2),
            "b": lambda v: v.f * (1 - tanh(v.w * v.x + v.b) ** 2) * v.x,
        },
    ),
    Family(
        "upstream-norm", lambda v: (v.f * (v.c * v.u + v.b)).sum(),
        {"c": (), "b": (), "u": (N,), "f": (N,)},
        {
            "c": lambda v: (v.f * v.u).sum(), "b": lambda v: v.f.sum(),
            "u": lambda v: v.f * v.c,
        },
        {"u": lambda v: v.f * v.u},
    ),
    Family(
        "given-closed", lambda v: (v.w * v.h + v.b - v.y) ** 2 / 2, S("w h b y"),
        {"w": lambda v: (v.w * v.h + v.b - v.y) * v.h, "b": lambda v: v.w * v.h + v.b - v.y},
        {"w": lambda v: (v.w * v.h + v.b - v.y) * v.w},
    ),
    Family(
        "counterfactual", lambda v: (tanh(v.w * v.x) - v.t) ** 2 / 2, S("w x t"),
        {"w": lambda v: (tanh(v.w * v.x) - v.t) * (1 - tanh(v.w * v.x) ** 2) * v.x},
        {"w": lambda v: 2 * (tanh(v.w * v.x) - v.t) * (1 - tanh(v.w * v.x)) * v.x},
    ),
    Family(
        "value", lambda v: (v.w * v.h - v.t) ** 2 / 2, S("w h t"),
        {"w": lambda v: (v.w * v.h - v.t) * v.h}, {"w": lambda v: (v.w * v.h - v.t) * v.w},
    ),
    Family(
        "loss-terms", lambda v: (v.w * v.x + v.b - v.y) ** 2 / 2 + v.m / 2 * v.w**2,
        S("w b x y m"),
        {
            "w": lambda v: (v.w * v.x + v.b - v.y) * v.x + v.m * v.w,
            "b": lambda v: v.w * v.x + v.b - v.y,
        },
        {"b": lambda v: v.w * v.x + v.b - v.y + v.m * v.b},
    ),
    Family(
        "loss-letter", lambda v: (_cell(v) - v.t) ** 2 / 2, S("f r i g t"),
        {
            "f": lambda v: (_cell(v) - v.t) * (1 - _cell(v) ** 2) * v.r,
            "g": lambda v: (_cell(v) - v.t) * (1 - _cell(v) ** 2) * v.i,
        },
        {
            "f": lambda v: (_cell(v) - v.t) * (1 - _cell(v) ** 2) * v.i,
            "g": lambda v: (_cell(v) - v.t) * (1 - _cell(v) ** 2) * v.r,
        },
    ),
    Family(
        "constant-temperature", lambda v: -v.y * log(_cooled(v)) - (1 - v.y) * log(1 - _cooled(v)),
        S("w b x y T"),
        {"w": lambda v: (_cooled(v) - v.y) * v.x / v.T, "b": lambda v: (_cooled(v) - v.y) / v.T},
        {"w": lambda v: (_cooled(v) - v.y) * v.x, "b": lambda v: _cooled(v) - v.y},
    ),
    Family(
        "constant-square", lambda v: (line(v) ** 2).mean(), LINE,
        {"a": lambda v: 2 * line(v).mean()}, {"b": lambda v: 2 * (line(v) * v.x).mean() / N},
    ),
)  # fmt: skip


def _arrow(v: Values) -> Any:
    r = σ(v.b * σ(v.a * v.x))
    return 2 * (r - v.t) * r * (1 - r)


def _cell(v: Values) -> Any:
    return tanh(v.f * v.r + v.i * v.g)


def _cooled(v: Values) -> Any:
    return σ((v.w * v.x + v.b) / v.T)
