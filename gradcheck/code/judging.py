"""The verdict on every parameter: claimed entries against numeric ones within their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.result import GradientRow
from gradcheck.numeric import NumericGradient
from gradcheck.verdict import Verdict

TRUST = 8.0
"""How many measured bounds the two may lie apart; numerics.md, "The tolerance-free verdict"."""


def judged(
    claimed: Mapping[str, NDArray[Any]], numeric: NumericGradient
) -> tuple[GradientRow, ...]:
    """One row a parameter, in the order of ``claimed``."""
    return tuple(
        _row(name, array, numeric.values[name], numeric.bounds[name])
        for name, array in claimed.items()
    )


def _row(
    name: str, claimed: NDArray[Any], numeric: NDArray[Any], bounds: NDArray[Any]
) -> GradientRow:
    if not claimed.size:
        return GradientRow(name, claimed.shape, Verdict.AGREES, 0, 0)
    errors = np.abs(claimed - numeric)
    wrong = errors > TRUST * bounds
    worst = np.unravel_index(int(np.argmax(errors / bounds)), claimed.shape)
    return GradientRow(
        name=name,
        shape=claimed.shape,
        verdict=Verdict.WRONG if wrong.any() else Verdict.AGREES,
        entries=claimed.size,
        checked=claimed.size,
        largest_error=float(errors.max()),
        bound=float(bounds[worst]),
        worst_entry=tuple(int(i) for i in worst),
        claimed=float(claimed[worst]),
        numeric=float(numeric[worst]),
        visible=float(TRUST * bounds.max()),
        wrong_entries=int(np.count_nonzero(wrong)),
    )
