"""With how many digits the user's code computes: found out by trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import CodeFinding
from gradcheck.code.measured import Evidence
from gradcheck.code.steadiness import noise_of
from gradcheck.code.user_functions import Functions
from gradcheck.evidence.numeric import TRUST
from gradcheck.language.finding import RULES

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
        "only errors above `visible` (in tables: seen from) are seen",
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


def imprecise(evidence: Evidence, functions: Functions, seed: int) -> tuple[CodeFinding, ...]:
    """Where the gradient, right in float64, is lost in the type that the parameters really have:
    overflow, or a cancellation worse than its rounding explains."""
    own = {name: array.dtype for name, array in functions.point.arrays.items()}
    low = min(own.values(), key=lambda t: t.itemsize)
    if low.itemsize >= 8:
        return ()
    taken, functions.types = functions.types, own
    try:
        claimed = functions.gradient(evidence.point)
        noise = noise_of(functions, evidence.point, low, seed)
    finally:
        functions.types = taken
    findings = []
    for name, array in claimed.items():
        right = evidence.claimed[name]
        # A sum loses digits beside its largest terms, not beside itself.
        digits = float(np.finfo(low).eps) * np.abs(right).max(initial=0.0)
        off = np.abs(array.astype(np.float64) - right)
        lost = ~(off <= TRUST * (noise[name] + digits))
        if lost.any():
            entry = tuple(int(i) for i in np.argwhere(lost)[0])
            findings.append(
                CodeFinding(
                    RULES["GC517"],
                    f"in {low} the gradient of {name} is {array[entry]:.4g} where in float64 it is "
                    f"{right[entry]:.4g}, which agrees with the loss",
                    parameter=name,
                    entry=entry,
                    suggestion="rearrange what overflows or cancels, or compute it in float64",
                )
            )
    return tuple(findings)
