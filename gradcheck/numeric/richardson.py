"""Richardson's extrapolation as a table of weights, computed once.

With D_k the central difference at step h/2^k, T_{k,0} = D_k and
T_{k,j} = (4^j T_{k+1,j-1} - T_{k,j-1}) / (4^j - 1): every T is a sum of the D with fixed weights.
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

    ``lower`` is its best ingredient T_{k+1,j-1}, and ``lowest`` that one's own best ingredient
    T_{k+2,j-2}, or for j = 1 the other ingredient.
    """

    weights: Array
    lower: Array
    lowest: Array


def extrapolation(levels: int) -> Estimates:
    """The table for so many step sizes, each half the one before."""
    table: list[list[Array]] = [list(np.eye(levels))]
    for j in range(1, levels):
        last = table[-1]
        factor = 4.0**j
        table.append([(factor * last[k + 1] - last[k]) / (factor - 1.0) for k in range(levels - j)])
    places = [(k, j) for j in range(1, levels) for k in range(levels - j)]
    return Estimates(
        np.array([table[j][k] for k, j in places]),
        np.array([table[j - 1][k + 1] for k, j in places]),
        np.array([table[j - 2][k + 2] if j > 1 else table[0][k] for k, j in places]),
    )


ESTIMATES = extrapolation(LEVELS)
