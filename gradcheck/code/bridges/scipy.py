"""Check the gradients given to SciPy's optimisers: ``fun``, ``x0``, ``jac`` and ``args`` as there.

Nothing here needs SciPy itself: these are its calling conventions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.code.case import BackwardCase, GradientCase
from gradcheck.code.result import GradientReport

__all__ = ["check_gradient", "check_jacobian", "gradient_case", "jacobian_case"]


def check_gradient(
    fun: Callable[..., Any], x0: Any, jac: Any = True, args: Any = (), **options: Any
) -> GradientReport:
    """`gradcheck.check_gradient` for what is given to ``scipy.optimize.minimize``.

    ``fun(x, *args)`` returns a number and ``jac(x, *args)`` its gradient, of the shape of ``x0``
    [n]; with ``jac=True`` fun returns both. Raises TypeError where jac is another thing: a finite
    difference of SciPy's own is nobody's gradient.
    """
    return gradient_case(fun, x0, jac, args).check(**{"target": "jac", **options})


def gradient_case(
    fun: Callable[..., Any], x0: Any, jac: Any = True, args: Any = ()
) -> GradientCase:
    """The same as a case, for ``gradcheck verify FILE.py:NAME``."""
    start, args = np.atleast_1d(np.asarray(x0)), _arguments(args)
    parameters = {"x": start}
    if jac is True:
        return GradientCase(
            parameters=parameters, value_and_gradient=lambda p: _both(fun(p["x"], *args))
        )
    slope = _function(jac)
    return GradientCase(
        loss=lambda p: fun(p["x"], *args),
        gradient=lambda p: {"x": slope(p["x"], *args)},
        parameters=parameters,
    )


def check_jacobian(
    fun: Callable[..., Any], x0: Any, jac: Callable[..., Any], args: Any = (), **options: Any
) -> GradientReport:
    """For ``least_squares`` and ``root``, or a Hessian as the Jacobian of the gradient.

    ``fun(x, *args)`` returns m numbers and ``jac(x, *args)`` an array or sparse matrix [m, n]; it
    is checked in one random combination of its rows.
    """
    return jacobian_case(fun, x0, jac, args).check(**{"target": "jac", **options})


def jacobian_case(
    fun: Callable[..., Any], x0: Any, jac: Callable[..., Any], args: Any = ()
) -> BackwardCase:
    """The same as a case, for ``gradcheck verify FILE.py:NAME``."""
    slopes, args = _function(jac), _arguments(args)
    start = np.atleast_1d(np.asarray(x0))

    def backward(upstream: Any, x: Any) -> Any:
        rows = slopes(x, *args)
        matrix = rows if hasattr(rows, "tocsr") else np.atleast_2d(np.asarray(rows))
        expected = (np.size(upstream), start.size)
        if matrix.shape != expected:
            raise ValueError(f"jac returned an array of shape {matrix.shape}: expected {expected}")
        return np.asarray(matrix.T @ np.ravel(upstream)).reshape(start.shape)

    return BackwardCase(lambda x: np.asarray(fun(x, *args)), backward, {"x": start})


def _arguments(args: Any) -> tuple[Any, ...]:
    return tuple(args) if isinstance(args, tuple) else (args,)


def _function(jac: Any) -> Callable[..., Any]:
    if not callable(jac):
        raise TypeError(f"jac is {jac!r}: expected a function, or True if fun returns both")
    found: Callable[..., Any] = jac
    return found


def _both(found: Any) -> Any:
    if not isinstance(found, (tuple, list)) or len(found) != 2:
        raise TypeError(f"fun returned a {type(found).__name__}: expected (value, gradient)")
    return found[0], {"x": found[1]}
