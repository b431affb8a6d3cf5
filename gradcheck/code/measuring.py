"""How the numeric gradient is come by: from a declared network, or entry by entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.functions import Functions
from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.precision import Precision
from gradcheck.code.result import CodeFinding
from gradcheck.finding import RULES
from gradcheck.numeric import (
    TRUST,
    ComplexStep,
    Evaluations,
    NotAnalytic,
    NumericGradient,
    Singles,
    differentiate,
    differentiate_again,
)
from gradcheck.numeric.measurement import Noise, measure
from gradcheck.numeric.search import spread

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Indices = NDArray[np.intp]

ESCALATED = 24
"""Entries of each parameter, the worst first, that are measured a second time on an alarm."""
CONFIRMED = 1
"""Entries of each parameter at which an alarm of a declared network is looked at in its loss."""
DISPLACED = (0.03, 0.3)
"""Displacements, relative to a parameter's size, at which network and loss must be one."""
ALONG = 2.0**-6
"""First step along the random direction in which their slopes must be one."""
SAMPLED, RESAMPLED = 2, 8
"""Points in the last digits at which the rounding of a complex step is heard; on an alarm."""
COMPARED = 3
"""Entries of each parameter at which a complex step is compared with differences."""
LAST_DIGITS = 256.0
"""Of the loss: two programs that add up in different orders may differ by so many."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The numeric gradient, how it was come by, and what there is to tell about that.

    ``again(numeric, entries)`` measures some entries, numbered through, a second time, by the
    user's loss itself; of each parameter ``escalated`` are worth it.
    """

    numeric: NumericGradient
    evaluations: Evaluations
    method: str
    escalated: int = ESCALATED
    findings: tuple[CodeFinding, ...] = ()
    exact: ComplexStep | None = None

    def again(self, entries: Indices) -> NumericGradient:
        """The gradient with these entries measured once more."""
        second = differentiate_again(self.evaluations, self.numeric, entries)
        if self.exact is None:
            return second
        values, bounds = self.exact.slopes(entries, RESAMPLED, seed=1)
        if _within(second, entries, values):
            return _replaced(self.numeric, entries, values, bounds)
        # The imaginary part is lost on the way to some entry: differences for all.
        return differentiate_again(self.evaluations, differentiate(self.evaluations), entries)


def measured(
    functions: Functions,
    point: Arrays,
    precision: Precision,
    network: LayeredNetwork | None,
    seed: int,
) -> Measured:
    """The gradient of the user's loss at ``point``."""
    evaluations = Singles(functions.nearby, point, precision.grid)
    if network is None:
        exact = ComplexStep(functions.analytic, evaluations)
        by_complex_step = _complex_step(exact, evaluations, seed) if precision.double else None
        return by_complex_step or Measured(
            differentiate(evaluations), evaluations, "central differences"
        )
    found = network.slopes(point)
    why = another_loss(network, found, evaluations, seed)
    if why is None:
        return Measured(found, evaluations, "incremental differences", CONFIRMED)
    return entry_by_entry(evaluations, why)


def _complex_step(exact: ComplexStep, evaluations: Singles, seed: int) -> Measured | None:
    """The gradient by complex steps, if the loss takes them and differences say the same: at some
    entries of each parameter, and along a random direction through all."""
    groups = [np.arange(a, b) for a, b in pairwise(evaluations.starts.tolist())]
    pilots = np.concatenate([spread(group, COMPARED) for group in groups])
    everything = np.arange(evaluations.flat.size)
    try:
        exact.slopes(pilots[:1], 0)
        differences = differentiate_again(evaluations, _nothing(evaluations), pilots)
        values, _ = exact.slopes(pilots, 0)
        kinked = any(span.any() for span in differences.spans.values())
        if kinked or not _within(differences, pilots, values):
            return None
        values, bounds = exact.slopes(everything, SAMPLED)
    except NotAnalytic:
        return None
    found = _replaced(differences, everything, values, bounds)
    if _another_slope(found, evaluations, evaluations.here(), np.random.default_rng(seed)):
        return None
    return Measured(found, evaluations, "complex step", exact=exact)


def _nothing(evaluations: Evaluations) -> NumericGradient:
    """Nothing known of any entry."""
    zeros = np.zeros(evaluations.flat.size)
    shaped = evaluations.shaped
    return NumericGradient(
        shaped(zeros), shaped(zeros + np.inf), shaped(zeros), shaped(zeros > 0), 0, 0.0
    )


def _flat(by_name: Mapping[str, Array]) -> Array:
    return np.concatenate([array.ravel() for array in by_name.values()])


def _within(numeric: NumericGradient, entries: Indices, values: Array) -> bool:
    """Whether other slopes of these entries are those measured."""
    off = np.abs(_flat(numeric.values)[entries] - values)
    return bool(np.all(off <= TRUST * _flat(numeric.bounds)[entries]))


def _replaced(
    numeric: NumericGradient, entries: Indices, values: Array, bounds: Array
) -> NumericGradient:
    """With other values and bounds at these entries, and no kinks there."""

    def merged(old: Mapping[str, Array], new: Array) -> dict[str, Array]:
        whole = _flat(old).copy()
        whole[entries] = new
        cuts = np.split(whole, np.cumsum([array.size for array in old.values()])[:-1])
        parts = zip(old.items(), cuts, strict=True)
        return {name: part.reshape(array.shape) for (name, array), part in parts}

    return replace(
        numeric,
        values=merged(numeric.values, values),
        bounds=merged(numeric.bounds, bounds),
        spans=merged(numeric.spans, 0.0 * values),
        flat=merged(numeric.flat, values == 0.0),
    )


def entry_by_entry(evaluations: Evaluations, why: str) -> Measured:
    """The gradient without the declared network, which is not this loss."""
    finding = CodeFinding(
        RULES["GC518"],
        f"the declared network is not the loss: {why}; every entry was measured by the loss itself",
        suggestion="declare its layers, activations, loss and scale as the loss has them "
        "(a regulariser cannot be declared)",
    )
    numeric = differentiate(evaluations)
    return Measured(numeric, evaluations, "central differences", findings=(finding,))


def another_loss(
    network: LayeredNetwork, found: NumericGradient, evaluations: Singles, seed: int
) -> str | None:
    """In what a declared network differs from the loss it stands for; None if in nothing.

    Values are compared at displaced points, up to a constant: all parameters together, and each
    alone. Then the slope along a random direction is compared with a difference of the loss.
    """
    rng = np.random.default_rng(seed)
    point = evaluations.arrays
    here = evaluations.here()
    own = network.value(point)
    moves = [(size, tuple(point)) for size in DISPLACED] + [(DISPLACED[0], (k,)) for k in point]
    for size, names in moves:
        moved = {**point, **{name: _displaced(point[name], size, rng) for name in names}}
        evaluations.evaluations += 1
        theirs, ours = evaluations.loss(moved), network.value(moved)
        digits = LAST_DIGITS * evaluations.resolution
        allowed = digits * max(map(abs, (here, own, theirs, ours)))
        apart = abs((theirs - here) - (ours - own))
        if not apart <= allowed and (np.isfinite(theirs) or np.isfinite(ours)):
            which = names[0] if len(names) == 1 else "all parameters"
            return f"with {which} displaced it is {ours:.10g} more where the loss is {theirs:.10g}"
    return _another_slope(found, evaluations, here, rng)


def _another_slope(
    found: NumericGradient, evaluations: Singles, here: float, rng: np.random.Generator
) -> str | None:
    point = evaluations.arrays
    direction = {
        name: rng.standard_normal(array.shape) * _size(array) / max(1, array.size) ** 0.5
        for name, array in point.items()
    }

    def along(line: Mapping[str, Array]) -> float:
        return evaluations.loss({k: point[k] + line["t"] * direction[k] for k in point})

    noise = Noise(np.full(1, evaluations.resolution * 16.0 * abs(here)), evaluations.resolution)
    line = Singles(along, {"t": np.zeros(())}, np.float64)
    seen = measure(line, here, np.zeros(1, dtype=np.intp), np.full(1, ALONG), noise)
    evaluations.evaluations += line.evaluations
    slope = sum(float(np.sum(found.values[k] * direction[k])) for k in point)
    off = sum(float(np.sum(found.bounds[k] * np.abs(direction[k]))) for k in point)
    if seen.kinked[0]:
        return "along a random direction the loss has a kink"
    if abs(slope - seen.values[0]) <= TRUST * (off + seen.bounds[0]) or not np.isfinite(off):
        return None
    return f"along a random direction its slope is {slope:.10g}, the loss's {seen.values[0]:.10g}"


def _displaced(array: Array, size: float, rng: np.random.Generator) -> Array:
    return np.asarray(array + size * _size(array) * rng.standard_normal(array.shape))


def _size(array: Array) -> float:
    """Of a typical entry."""
    return float(np.sqrt(np.mean(array**2))) or 1.0 if array.size else 1.0
