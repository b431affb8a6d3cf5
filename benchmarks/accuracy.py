"""Accuracy of the numeric gradient and of the backprop code, against a reference.

    python benchmarks/accuracy.py [--seeds 10] [--large-seeds 3]

For both setups, sigmoid and tanh, at (features, hidden, samples) = (3, 4, 5) and (64, 32, 64).
Errors and bounds are parts of the parameter's largest entry. The reference is mpmath with 60
digits at the small sizes; at the large ones extended precision, which the tests check against
mpmath. ``coverage`` is the share of entries whose error is within their own bound.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gradcheck.evidence import backprop
from gradcheck.evidence.numeric import gradient
from tests.reference.multiprecision import (
    LARGE,
    NAMES,
    SMALL,
    Case,
    Reference,
    batched_loss,
    draw,
    extended_gradient,
)

HEADERS = [
    "setup", "hidden", "sizes", "entries", "numeric error", "coverage", "bound median",
    "bound 99%", "backprop error", "evaluations", "ms",
]  # fmt: skip


def expected(case: Case, sizes: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """The reference gradients of a case."""
    if sizes == LARGE:
        return extended_gradient(case)
    reference = Reference(case)
    return {name: reference.gradient(name) for name in NAMES}


def row(loss: str, hidden: str, sizes: tuple[int, int, int], seeds: int) -> list[object]:
    """One line of the table, over all seeds."""
    off, bound, analytic, times, evaluations = [], [], [], [], []
    for seed in range(seeds):
        case = draw(hidden, loss, sizes, seed)
        start = time.perf_counter()
        numeric = gradient(batched_loss(case), case.point)
        times.append(1e3 * (time.perf_counter() - start))
        evaluations.append(numeric.evaluations)
        exact = expected(case, sizes)
        back = backprop.backward(case.network, case.parameters, case.x, case.y, case.scale)
        for name in NAMES:
            largest = np.abs(exact[name]).max()
            off.append(np.abs(numeric.values[name] - exact[name]).ravel() / largest)
            bound.append(numeric.bounds[name].ravel() / largest)
            analytic.append(np.abs(getattr(back, name) - exact[name]).max() / largest)
    error, limit = np.concatenate(off), np.concatenate(bound)
    setup = {"mse": "mse/identity", "logloss": "logloss/sigmoid"}[loss]
    return [
        setup, hidden, str(sizes), error.size, f"{error.max():.1e}",
        f"{100 * np.mean(error <= limit):.2f}%", f"{np.median(limit):.1e}",
        f"{np.quantile(limit, 0.99):.1e}", f"{max(analytic):.1e}",
        round(float(np.mean(evaluations))), f"{np.median(times):.1f}",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="networks a line, small sizes")
    parser.add_argument("--large-seeds", type=int, default=3, help="networks a line, large sizes")
    options = parser.parse_args()
    rows = [
        row(loss, hidden, sizes, options.seeds if sizes == SMALL else options.large_seeds)
        for sizes in (SMALL, LARGE)
        for loss in ("mse", "logloss")
        for hidden in ("sigmoid", "tanh")
    ]
    print(tabulate(rows, HEADERS, disable_numparse=True))


if __name__ == "__main__":
    main()
