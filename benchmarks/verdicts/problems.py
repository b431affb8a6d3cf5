"""Losses with analytic gradients, at points of many kinds: easy ones, and hard conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Array = np.ndarray
Point = dict[str, Array]
Gradient = Callable[[Point], Point]


@dataclass(frozen=True)
class Problem:
    """``gradient(point, bug)`` is right without a bug; ``bugs`` are those it knows. Floats in it
    follow the point's type unless ``single``, which rounds everything to float32."""

    name: str
    condition: str
    loss: Callable[[Point], float]
    gradient: Callable[..., Point]
    point: Point
    bugs: tuple[str, ...] = ()
    data: Mapping[str, Array] = field(default_factory=dict)

    @property
    def well_scaled(self) -> bool:
        return self.condition == "well scaled"


def sigmoid(z: Array) -> Array:
    return np.where(z >= 0, 1.0, np.exp(-np.abs(z))) / (1.0 + np.exp(-np.abs(z)))


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 1.0 / np.cosh(np.clip(z, -300, 300)) ** 2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0),
    "softplus": (lambda z: np.logaddexp(0.0, z), sigmoid),
    "abs": (np.abs, np.sign),
    # Right, and off by the last digit of 1 where they saturate.
    "tanh by its output": (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
    "sigmoid by its output": (
        lambda z: 1.0 / (1.0 + np.exp(-z)),
        lambda z: 1.0 / (1.0 + np.exp(-z)) * (1.0 - 1.0 / (1.0 + np.exp(-z))),
    ),
}
NETWORK_BUGS = (
    "activation derivative missing", "activation derivative double",
    "activation derivative of the output", "upstream dropped", "one sample missing",
    "regulariser missing", "regulariser doubled", "bias not summed", "mean for sum",
    "residual sign", "stale row", "wrong axis",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """x [n, k] → hidden [n, h] → outputs [n, o], with MSE, log loss or softmax cross-entropy, and
    λ/2 ‖w‖² on both weights; ``offset`` is added to the loss, ``scale`` multiplies it."""

    hidden: str
    output: str
    x: Array
    y: Array
    decay: float = 0.01
    offset: float = 0.0
    scale: float = 1.0

    def parts(self, p: Point) -> tuple[Array, Array, Array]:
        z_1 = self.x @ p["w_1"] + p["b_1"]
        a_1 = ACTIVATIONS[self.hidden][0](z_1)
        return z_1, a_1, a_1 @ p["w_2"] + p["b_2"]

    def loss(self, p: Point) -> Any:
        z_2, y = self.parts(p)[2], self.y
        if self.output == "mse":
            value = 0.5 * np.sum((z_2 - y) ** 2)
        elif self.output == "logloss":
            value = np.sum(y * np.logaddexp(0, -z_2) + (1 - y) * np.logaddexp(0, z_2))
        else:
            top = z_2.max(axis=1, keepdims=True)
            total = np.log(np.exp(z_2 - top).sum(axis=1)) + top[:, 0]
            value = np.sum(total - (y * z_2).sum(axis=1))
        weights = sum(np.sum(p[name] ** 2) for name in ("w_1", "w_2"))
        return self.scale * (value + 0.5 * self.decay * weights) + self.offset

    def residual(self, z_2: Array) -> Array:
        y = self.y
        if self.output == "mse":
            return z_2 - y
        if self.output == "logloss":
            return (1 - y) * sigmoid(z_2) - y * sigmoid(-z_2)
        e = np.exp(z_2 - z_2.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True) - y

    def gradient(self, p: Point, bug: str = "") -> Point:
        z_1, a_1, z_2 = self.parts(p)
        d_2 = self.residual(z_2)
        if bug == "residual sign":
            d_2 = -d_2
        if bug == "one sample missing":
            d_2 = np.concatenate([d_2[:-1], 0.0 * d_2[-1:]])
        if bug == "mean for sum":
            d_2 = d_2 / len(d_2)
        slope = ACTIVATIONS[self.hidden][1]
        inner = np.ones_like(d_2) if bug == "upstream dropped" else d_2
        d_1 = inner @ p["w_2"].T
        if bug != "activation derivative missing":
            d_1 = d_1 * slope(a_1 if bug == "activation derivative of the output" else z_1)
        if bug == "activation derivative double":
            d_1 = d_1 * slope(z_1)
        decay = {"regulariser missing": 0.0, "regulariser doubled": 2.0}.get(bug, 1.0) * self.decay
        w_1 = self.x.T @ d_1
        if bug == "stale row":
            w_1[-1] = w_1[0]
        found = {
            "w_1": w_1 + decay * p["w_1"],
            "b_1": d_1[0] if bug == "bias not summed" else d_1.sum(axis=0),
            "w_2": a_1.T @ d_2 + decay * p["w_2"],
            "b_2": d_2.sum(axis=0),
        }
        if bug == "wrong axis":
            found["b_2"] = np.full_like(found["b_2"], d_2.sum(axis=1)[0])
        return {name: self.scale * value for name, value in found.items()}


def labels(random: np.random.Generator, output: str, n: int, o: int) -> Array:
    if output == "mse":
        return random.normal(size=(n, o))
    if output == "logloss":
        return (random.uniform(size=(n, o)) < 0.5) * 1.0
    return np.eye(o)[random.integers(0, o, size=n)]


def network(random: np.random.Generator, hidden: str, output: str, **options: Any) -> Problem:
    n, k, h = (int(random.integers(low, high)) for low, high in ((4, 9), (2, 6), (2, 6)))
    o = int(random.integers(2, 4))
    x = random.normal(size=(n, k))
    net = Network(hidden, output, x, labels(random, output, n, o), **options)
    point = {
        "w_1": random.normal(size=(k, h)), "b_1": random.normal(size=h),
        "w_2": random.normal(size=(h, o)), "b_2": random.normal(size=o),
    }  # fmt: skip
    return of(net, point, "well scaled")


def of(net: Network, point: Point, condition: str) -> Problem:
    return Problem(
        f"{net.hidden}/{net.output}",
        condition,
        net.loss,
        net.gradient,
        point,
        NETWORK_BUGS,
        {"network": net},
    )


def gaussian(random: np.random.Generator) -> Problem:
    """Negative log-likelihood of a Gaussian by its mean and standard deviation."""
    x = random.normal(size=(int(random.integers(5, 12)), 3))

    def loss(p: Point) -> Any:
        return np.sum(np.log(p["s"]) + 0.5 * ((x - p["m"]) / p["s"]) ** 2)

    def gradient(p: Point, bug: str = "") -> Point:
        r = (x - p["m"]) / p["s"]
        s = np.sum((1.0 - r**2) / p["s"], axis=0)
        if bug == "log parameter":
            s = s * p["s"]
        return {"m": -np.sum(r / p["s"], axis=0), "s": s}

    point = {"m": random.normal(size=3), "s": random.uniform(0.5, 2.0, size=3)}
    return Problem("gaussian", "well scaled", loss, gradient, point)


def factorisation(random: np.random.Generator) -> Problem:
    """‖u v - a‖² with square factors."""
    n = int(random.integers(3, 5))
    a = random.normal(size=(n, n))

    def loss(p: Point) -> Any:
        return np.sum((p["u"] @ p["v"] - a) ** 2)

    def gradient(p: Point, bug: str = "") -> Point:
        r = 2.0 * (p["u"] @ p["v"] - a)
        u, v = r @ p["v"].T, p["u"].T @ r
        if bug == "transposed":
            u = u.T
        if bug == "operand not transposed":
            v = p["u"] @ r
        if bug == "swapped blocks":
            u, v = v, u
        return {"u": u, "v": v}

    point = {"u": random.normal(size=(n, n)), "v": random.normal(size=(n, n))}
    bugs = ("transposed", "operand not transposed", "swapped blocks")
    return Problem("factorisation", "well scaled", loss, gradient, point, bugs)


def rosenbrock(random: np.random.Generator) -> Problem:
    def loss(p: Point) -> Any:
        x = p["x"]
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def gradient(p: Point, bug: str = "") -> Point:
        x = p["x"]
        g, r = np.zeros_like(x), x[1:] - x[:-1] ** 2
        g[1:] += 200.0 * r
        g[:-1] += -400.0 * x[:-1] * r * (0.5 if bug == "inner derivative" else 1.0)
        g[:-1] += (2.0 if bug == "wrong sign of a term" else -2.0) * (1.0 - x[:-1])
        return {"x": g}

    bugs = ("inner derivative", "wrong sign of a term")
    point = {"x": random.normal(size=int(random.integers(3, 9)))}
    return Problem("rosenbrock", "well scaled", loss, gradient, point, bugs)


OUTPUTS = ("mse", "logloss", "softmax")
SETUPS = [(h, o) for h in ("sigmoid", "tanh", "relu", "softplus") for o in OUTPUTS]


def easy(seed: int) -> list[Problem]:
    """Well-scaled problems in float64."""
    random = np.random.default_rng(seed)
    networks = [network(random, *setup) for setup in SETUPS]
    return [*networks, gaussian(random), factorisation(random), rosenbrock(random)]


def hard(seed: int) -> Iterator[Problem]:
    """Right gradients under conditions at which checkers with fixed steps and tolerances err."""
    random = np.random.default_rng([seed, 1])
    for hidden, output in SETUPS:
        base = network(random, hidden, output)
        net, p = base.data["network"], base.point
        for power in (-8, -4, 4, 8):
            factor = 10.0**power
            moved = replace(net, x=net.x * factor, decay=0.0)
            weights = {**p, "w_1": p["w_1"] / factor}
            yield of(moved, weights, f"inputs 1e{power}, weights to match")
        yield of(replace(net, x=net.x * 1e-8), p, "inputs 1e-8")
        yield of(replace(net, x=net.x * 1e-4), p, "inputs 1e-4")
        yield of(replace(net, offset=1e6), p, "offset 1e6")
        yield of(replace(net, scale=1e-12), p, "tiny gradients")
        yield of(replace(net, scale=1e12), p, "huge gradients")
        big = {**p, "w_1": p["w_1"] * 20.0, "b_1": p["b_1"] * 20.0}
        yield of(net, big, "saturated hidden layer")
        yield of(net, {**p, "w_2": p["w_2"] * 30.0, "b_2": p["b_2"] * 30.0}, "saturated output")
        sizes = {"w_1": 1e-5, "b_1": 1e-5, "w_2": 1e4, "b_2": 1.0}
        yield of(net, {k: v * sizes[k] for k, v in p.items()}, "mixed scales")
        columns = np.logspace(-4, 4, net.x.shape[1])
        mixed = replace(net, x=net.x * columns, decay=0.0)
        yield of(mixed, {**p, "w_1": p["w_1"] / columns[:, None]}, "features of mixed scales")
        yield from _near_optimum(net, p)
        yield from _at_zero(net, p, random)
        yield from _single(net, p)
    yield from _by_output(random)


def _by_output(random: np.random.Generator) -> Iterator[Problem]:
    """Derivatives written by the output of the activation, where that is near its limits."""
    for hidden in ("tanh by its output", "sigmoid by its output"):
        for output in OUTPUTS:
            base = network(random, hidden, output, decay=0.0)
            for factor in (3.0, 10.0, 30.0, 100.0):
                p = base.point
                big = {**p, "w_1": p["w_1"] * factor, "b_1": p["b_1"] * factor}
                yield of(base.data["network"], big, f"saturated {factor:g} times")


def _near_optimum(net: Network, p: Point) -> Iterator[Problem]:
    if net.output != "mse":
        return
    target = net.parts(p)[2]
    for power in (-4, -8):
        near = replace(net, y=target * (1.0 + 10.0**power), decay=0.0)
        yield of(near, p, f"within 1e{power} of the optimum")


def _at_zero(net: Network, p: Point, random: np.random.Generator) -> Iterator[Problem]:
    if net.hidden != "relu":
        return
    whole = np.round(net.x * 2.0)
    ties = {**p, "w_1": np.round(p["w_1"] * 2.0), "b_1": np.round(p["b_1"])}
    yield of(replace(net, x=whole), ties, "ReLU at ties of whole numbers")
    dead = {**p, "w_1": p["w_1"].copy(), "b_1": p["b_1"].copy()}
    dead["w_1"][:, 0], dead["b_1"][0] = 0.0, 0.0
    yield of(net, dead, "one hidden unit at exactly 0")
    yield of(net, {**p, "w_1": 0.0 * p["w_1"], "b_1": 0.0 * p["b_1"]}, "all hidden units at 0")
    for power in (-3, -6, -9, -12):
        z = net.x @ p["w_1"]
        # One sample of every unit is that near to the kink.
        rows = random.integers(0, len(z), size=z.shape[1])
        bias = -z[rows, np.arange(z.shape[1])] + 10.0**power
        yield of(net, {**p, "b_1": bias}, f"ReLU within 1e{power} of its kink")


def _single(net: Network, p: Point) -> Iterator[Problem]:
    small = {k: v.astype(np.float32) for k, v in p.items()}
    yield of(net, small, "float32 parameters")
    rounded = replace(net, x=net.x.astype(np.float32), y=net.y.astype(np.float32))

    def cast(q: Point) -> Point:
        return {k: v.astype(np.float32) for k, v in q.items()}

    problem = of(rounded, small, "float32 inside")
    yield replace(
        problem,
        loss=lambda q: np.float32(rounded.loss(cast(q))),
        gradient=lambda q, bug="": cast(rounded.gradient(cast(q), bug)),
    )
