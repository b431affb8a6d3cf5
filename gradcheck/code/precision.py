"""With how many digits the user's code computes: found out by trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.functions import Functions

Array = NDArray[Any]
Arrays = Mapping[str, Array]

FINE, COARSE = 2.0**-40, 2.0**-21
"""Relative displacements: lost in float32, and seen in it."""


@dataclass(frozen=True, slots=True)
class Precision:
    """``types`` are those in which the functions are to be called, ``grid`` the one whose numbers
    the loss tells apart, ``note`` what to tell about it."""

    types: Mapping[str, np.dtype[Any]]
    grid: np.dtype[Any]
    note: str = ""

    @property
    def double(self) -> bool:
        """Whether the loss is computed in float64."""
        return self.grid == np.float64


def precision_of(functions: Functions, point: Arrays) -> Precision:
    """Float64 if the code follows the type of its inputs, else the coarsest type it falls to."""
    own = {name: array.dtype for name, array in functions.point.arrays.items()}
    low = {t for t in own.values() if t.itemsize < 8}
    double = {name: np.dtype(np.float64) for name in own}
    functions.types = double
    functions.result = None
    coarse = _falls_to(functions, point)
    if coarse is None:
        names = ", ".join(sorted(str(t) for t in low))
        return Precision(double, np.dtype(np.float64), names and f"{names}: computed in float64")
    coarse = min([coarse, *low], key=lambda t: t.itemsize)
    functions.types = own if low else double
    digits = np.finfo(coarse).precision
    return Precision(
        functions.types,
        coarse,
        f"the loss is computed in {coarse}, to {digits} digits, whatever it is given: "
        "only errors above the column `visible` are seen",
    )


def _falls_to(functions: Functions, point: Arrays) -> np.dtype[Any] | None:
    """The type to which the loss rounds its input or its result; None if it is float64."""
    random = np.random.default_rng(0)
    single = np.dtype(np.float32)
    values = {}
    for step in (0.0, FINE, COARSE):
        moved = {
            name: array * (1.0 + step * random.choice([-1.0, 1.0], size=array.shape))
            for name, array in point.items()
        }
        values[step] = functions.nearby(moved)
    if not all(map(np.isfinite, values.values())):
        return None
    kind = functions.result
    if kind is not None and kind.kind == "f" and kind.itemsize < 8:
        return kind
    if values[0.0] == values[FINE] != values[COARSE] and all(
        float(single.type(value)) == value for value in values.values()
    ):
        return single
    return None
