"""Richardson's extrapolation as a table of weights, computed once.

With D_k what was measured at step h/2^k, T_{k,0} = D_k and
T_{k,j} = (2^p T_{k+1,j-1} - T_{k,j-1}) / (2^p - 1), where p is the j-th power of h in the error
of D: every T is a sum of the D with fixed weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVELS = 4


@dataclass(frozen=True, slots=True)
class Estimates:
    """Weights [estimates, levels]; a row a T_{k,j} with j ≥ 1, the highest order last.

    ``step`` is T less its best ingredient T_{k+1,j-1}; ``step_before`` is that one less its own
    best ingredient T_{k+2,j-2} (for j = 1: the whole range of the D, from first to last).
    ``high`` are the rows with j ≥ 2, whose steps cannot vanish unnoticed.
    """

    weights: Array
    step: Array
    step_before: Array
    high: slice


def extrapolation(levels: int, power: int, by: int = 2) -> Estimates:
    """The table for so many step sizes, each half the one before, and an error whose expansion
    has the powers ``power``, ``power`` + ``by``, ``power`` + 2 ``by``, … of the step."""
    table: list[list[Array]] = [list(np.eye(levels))]
    for j in range(1, levels):
        last = table[-1]
        factor = 2.0 ** (power + by * (j - 1))
        table.append([(factor * last[k + 1] - last[k]) / (factor - 1.0) for k in range(levels - j)])
    places = [(k, j) for j in range(1, levels) for k in range(levels - j)]
    weights = np.array([table[j][k] for k, j in places])
    lower = np.array([table[j - 1][k + 1] for k, j in places])
    whole = table[0][-1] - table[0][0]
    before = [table[j - 1][k + 1] - table[j - 2][k + 2] if j > 1 else whole for k, j in places]
    return Estimates(weights, weights - lower, np.array(before), slice(levels - 1, None))


SLOPES = extrapolation(LEVELS, power=2)
"""For central differences, whose error is even in h."""

JUMPS = extrapolation(LEVELS, power=1)
"""For the right slope minus the left one, which is odd in h where the loss is smooth."""

ONE_SIDED = extrapolation(LEVELS, power=1, by=1)
"""For differences to one side, whose error has every power of h."""
