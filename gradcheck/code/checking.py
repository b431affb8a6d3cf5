"""Check gradient code: the three calls that users write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.code.judging import judged
from gradcheck.code.parameters import arrays_like, parameters_of
from gradcheck.code.result import GradientReport
from gradcheck.numeric import gradient as numeric_gradient
from gradcheck.verdict import Verdict


def check_gradient(
    loss: Callable[[Any], Any] | None = None,
    gradient: Callable[[Any], Any] | None = None,
    parameters: Any = None,
    *,
    value_and_gradient: Callable[[Any], Any] | None = None,
    seed: int = 0,
    target: str = "gradient",
) -> GradientReport:
    """Compare a gradient with finite differences of its loss, entry by entry, at ``parameters``.

    ``loss(parameters)`` returns a number, ``gradient(parameters)`` a structure of the parameters'
    own shape; ``value_and_gradient(parameters)`` both, in place of the two.

    Raises TypeError or ValueError where a function returns something else.
    """
    if value_and_gradient is not None:
        both = value_and_gradient
        loss = loss or (lambda point: both(point)[0])
        gradient = gradient or (lambda point: both(point)[1])
    if loss is None or gradient is None:
        raise TypeError("expected loss and gradient, or value_and_gradient")
    point = parameters_of(parameters)
    claimed = arrays_like(gradient(point.rebuild(point.arrays)), point)
    value = loss

    def losses(batch: Mapping[str, Any]) -> Any:
        size = max(array.shape[0] for array in batch.values())
        rows = ({name: a[min(k, len(a) - 1)] for name, a in batch.items()} for k in range(size))
        return np.array([float(value(point.rebuild(row))) for row in rows])

    numeric = numeric_gradient(losses, point.arrays)
    rows = judged(claimed, numeric)
    order = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.AGREES)
    verdict = next(v for v in order if any(row.verdict is v for row in rows))
    return GradientReport(target, verdict, rows, evaluations=numeric.evaluations)


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    *,
    seed: int = 0,
    target: str = "backward",
) -> GradientReport:
    """Compare a layer's backward pass with differences of its forward pass."""
    raise NotImplementedError


def assert_gradient(*arguments: Any, **options: Any) -> GradientReport:
    """`check_gradient` for tests: raises AssertionError with the table unless it agrees."""
    report = check_gradient(*arguments, **options)
    if report.verdict is not Verdict.AGREES:
        raise AssertionError(f"\n{report}")
    return report
