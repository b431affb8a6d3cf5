"""Check what JAX returns as the gradient of a function: custom_vjp, custom_jvp, any other.

The vector-Jacobian product is compared with differences of the function, under a random upstream
gradient. Both are computed in float64 where JAX can be told so for a while; where it cannot, or
the function falls back to float32, the report says what could be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradcheck.code.case import BackwardCase
from gradcheck.code.peers import peer
from gradcheck.code.result import GradientReport

__all__ = ["check_function", "function_case"]


def check_function(function: Callable[..., Any], *arguments: Any, **options: Any) -> GradientReport:
    """Check the gradient of a function by every floating-point array in its arguments.

    The arguments and the result may be nested as JAX allows (pytrees); a row's name is the path.
    ``options`` are those of `gradcheck.check_backward`.
    """
    name = str(getattr(function, "__name__", type(function).__name__))
    return function_case(function, *arguments).check(**{"target": name, **options})


def function_case(function: Callable[..., Any], *arguments: Any) -> BackwardCase:
    """The same as a case, for ``gradcheck verify FILE.py:NAME``."""
    jax = peer("jax", "jax")
    if not callable(function):
        raise TypeError(f"expected a function of arrays, got a {type(function).__name__}")
    leaves, tree = jax.tree_util.tree_flatten_with_path(arguments)
    names = [_path(path) for path, _ in leaves]
    values = [leaf for _, leaf in leaves]
    point = {
        name: np.array(value, dtype=np.float64)
        for name, value in zip(names, values, strict=True)
        if _floats(jax, value)
    }
    if not point:
        raise TypeError("there is nothing to differentiate: expected a floating-point array")

    def run(arrays: Mapping[str, Any]) -> tuple[Any, ...]:
        filled = [arrays.get(name, value) for name, value in zip(names, values, strict=True)]
        found = function(*jax.tree_util.tree_unflatten(tree, filled))
        return tuple(jax.tree_util.tree_leaves(found))

    def forward(**arrays: Any) -> Any:
        with _in_float64(jax):
            found = run({name: jax.numpy.asarray(array) for name, array in arrays.items()})
            return tuple(np.asarray(one) for one in found)

    def backward(upstream: Any, **arrays: Any) -> dict[str, Any]:
        with _in_float64(jax):
            inputs = {name: jax.numpy.asarray(array) for name, array in arrays.items()}
            outputs, pull = jax.vjp(run, inputs)
            above = tuple(
                jax.numpy.asarray(u, dtype=o.dtype) for u, o in zip(upstream, outputs, strict=True)
            )
            (slopes,) = pull(above)
            return {name: np.asarray(slope) for name, slope in slopes.items()}

    return BackwardCase(forward, backward, point, {"cache": False})


@contextmanager
def _in_float64(jax: Any) -> Iterator[None]:
    """64 bits within the block: by the name that this JAX has for it, if it has any."""
    home = jax if hasattr(jax, "enable_x64") else peer("jax.experimental", "jax")
    if not hasattr(home, "enable_x64"):
        yield
        return
    with home.enable_x64(True):
        yield


def _floats(jax: Any, leaf: Any) -> bool:
    return bool(jax.numpy.issubdtype(jax.numpy.result_type(leaf), jax.numpy.floating))


def _path(path: Any) -> str:
    """``[0]['w']`` of the arguments as ``argument 0.w``."""
    first, *rest = path
    return f"argument {first.idx}" + "".join(map(_step, rest))


def _step(part: Any) -> str:
    for attribute in ("key", "name"):
        if hasattr(part, attribute):
            return f".{getattr(part, attribute)}"
    return f"[{part.idx}]"
