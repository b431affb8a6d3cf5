"""gradcheck and other checkers, each at its defaults, as functions of a problem and a gradient.

A checker returns "agrees", "wrong" or "undecided". Peers that are not installed are left out. They
get the parameters as one flat float64 vector, which every one of them takes.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.verdicts.problems import Array, Gradient, Point, Problem
from gradcheck.code import GradientReport, check_gradient

Checker = Callable[[Problem, Gradient], str]
Flat = tuple[Callable[[Array], float], Callable[[Array], Array], Array]


def report(problem: Problem, gradient: Gradient) -> GradientReport:
    """gradcheck's own, whole."""
    return check_gradient(problem.loss, gradient, problem.point)


def flat(problem: Problem, gradient: Gradient) -> Flat:
    """Loss, gradient and point of one vector, in the parameters' own types inside."""
    point = problem.point
    ends = np.cumsum([array.size for array in point.values()])

    def structure(vector: Array) -> Point:
        parts = np.split(np.asarray(vector, dtype=np.float64), ends[:-1])
        return {
            name: part.reshape(array.shape).astype(array.dtype)
            for (name, array), part in zip(point.items(), parts, strict=True)
        }

    def value(vector: Array) -> float:
        return float(problem.loss(structure(vector)))

    def slope(vector: Array) -> Array:
        found = gradient(structure(vector))
        return np.concatenate([np.float64(found[name]).ravel() for name in point])

    return value, slope, np.concatenate([np.float64(array).ravel() for array in point.values()])


def _yes(right: bool) -> str:
    return "agrees" if right else "wrong"


def scipy(problem: Problem, gradient: Gradient) -> str:
    """`check_grad` below 1e-6, the threshold that its users take."""
    value, slope, point = flat(problem, gradient)
    optimize = importlib.import_module("scipy.optimize")
    return _yes(optimize.check_grad(value, slope, point) < 1e-6)


def course(problem: Problem, gradient: Gradient) -> str:
    """Central differences with h = 1e-5, relative difference of the whole below 1e-7."""
    value, slope, point = flat(problem, gradient)
    steps = 1e-5 * np.eye(point.size)
    numeric = np.array([(value(point + h) - value(point - h)) / 2e-5 for h in steps])
    claimed = slope(point)
    size = np.linalg.norm(numeric) + np.linalg.norm(claimed)
    return _yes(size == 0 or np.linalg.norm(numeric - claimed) / size < 1e-7)


def numdifftools(problem: Problem, gradient: Gradient) -> str:
    """Its gradient, within ten of its own error estimates."""
    value, slope, point = flat(problem, gradient)
    module = importlib.import_module("numdifftools")
    found = module.Gradient(value, full_output=True)(point)
    allowed = 10 * np.abs(found.error_estimate)
    return _yes(bool(np.all(np.abs(found.estimate - slope(point)) <= allowed)))


def autograd(problem: Problem, gradient: Gradient) -> str:
    value, slope, point = flat(problem, gradient)
    extend = importlib.import_module("autograd.extend")
    loss = extend.primitive(value)
    extend.defvjp(loss, lambda _, x: lambda g: g * slope(x))
    check = importlib.import_module("autograd.test_util").check_grads
    return _raises(lambda: check(loss, modes=["rev"], order=1)(point))


def jax(problem: Problem, gradient: Gradient) -> str:
    module = importlib.import_module("jax")
    module.config.update("jax_enable_x64", True)
    value, slope, point = flat(problem, gradient)
    scalar = module.ShapeDtypeStruct((), np.float64)
    vector = module.ShapeDtypeStruct(point.shape, np.float64)
    call = partial(module.pure_callback, vmap_method="sequential")

    @module.custom_vjp  # type: ignore[untyped-decorator]
    def loss(x: Any) -> Any:
        return call(lambda v: np.float64(value(np.asarray(v))), scalar, x)

    def back(x: Any, g: Any) -> tuple[Any]:
        return (g * call(lambda v: slope(np.asarray(v)), vector, x),)

    loss.defvjp(lambda x: (loss(x), x), back)
    check = importlib.import_module("jax.test_util").check_grads
    return _raises(lambda: check(loss, (point,), order=1, modes=["rev"]))


def torch(problem: Problem, gradient: Gradient, fast: bool = False) -> str:
    module = importlib.import_module("torch")
    value, slope, point = flat(problem, gradient)

    class Loss(module.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return module.tensor(value(x.detach().numpy()), dtype=module.float64)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * module.from_numpy(slope(x.detach().numpy()))

    x = module.tensor(point, requires_grad=True)
    check = module.autograd.gradcheck
    return _raises(lambda: check(Loss.apply, (x,), fast_mode=fast))


def _raises(check: Callable[[], object]) -> str:
    try:
        check()
    except Exception:  # an assertion of autograd's or JAX's, an error of torch's own class
        return "wrong"
    return "agrees"


PEERS: dict[str, tuple[str, Checker]] = {
    "torch gradcheck, slow": ("torch", torch),
    "torch gradcheck, fast": ("torch", partial(torch, fast=True)),
    "jax check_grads": ("jax", jax),
    "autograd check_grads": ("autograd", autograd),
    "scipy check_grad < 1e-6": ("scipy", scipy),
    "numdifftools, 10 x its own error": ("numdifftools", numdifftools),
    "relative difference < 1e-7": ("numpy", course),
}


def installed() -> dict[str, Checker]:
    """The peers that are there, by name."""
    found: dict[str, Checker] = {}
    for name, (module, checker) in PEERS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(module)
        except ImportError:
            continue
        found[name] = checker
    return found
