"""How the numeric gradient is come by: from a declared network, entry by entry, or sampled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.batching import batched
from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.question import Question
from gradcheck.code.sampled import sampled_gradient
from gradcheck.evidence.numeric import (
    TRUST,
    ComplexStep,
    Evaluations,
    NotAnalytic,
    NumericGradient,
    Singles,
    differentiate,
    differentiate_again,
)
from gradcheck.evidence.numeric.measurement import Noise, measure
from gradcheck.evidence.numeric.search import spread
from gradcheck.language.finding import RULES

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
TOGETHER = 512
"""Entries by complex steps between which the user may stop the check."""
COMPARED = 3
"""Entries of each parameter at which a complex step is compared with differences."""
LAST_DIGITS = 256.0
"""Of the loss: two programs that add up in different orders may differ by so many."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The numeric gradient, how it was come by, and what there is to tell about that.

    ``again(entries)`` measures some entries, numbered through, a second time, by the user's loss
    itself; of each parameter ``escalated`` are worth it. ``rows`` are those of a sampled gradient,
    which says more than its entries do.
    """

    numeric: NumericGradient
    evaluations: Evaluations
    method: str
    escalated: int = ESCALATED
    findings: tuple[CodeFinding, ...] = ()
    exact: ComplexStep | None = None
    rows: tuple[GradientRow, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether the user stopped it: not all was measured."""
        return self.evaluations.interrupted

    def contradicts(self, second: NumericGradient, entries: Indices) -> bool:
        """Whether a second measurement of some entries excludes what was measured first."""
        return not _within(second, entries, _flat(self.numeric.values)[entries])

    def again(self, entries: Indices) -> NumericGradient:
        """The gradient with these entries measured once more."""
        second = differentiate_again(self.evaluations, self.numeric, entries)
        if self.interrupted:
            return self.numeric
        if self.exact is None:
            return second
        values, bounds = self.exact.slopes(entries, RESAMPLED, seed=1)
        if _within(second, entries, values):
            return _replaced(self.numeric, entries, values, bounds)
        # The imaginary part is lost on the way to some entry: differences for all.
        return differentiate_again(self.evaluations, differentiate(self.evaluations), entries)


def measured(question: Question) -> Measured:
    """The gradient of the user's loss: from the declared network, if that is this loss."""
    if question.network is None:
        return by_the_loss(question)
    evaluations = _singles(question)
    try:
        found = question.network.slopes(question.point)
        why = another_loss(question.network, found, evaluations, question.seed)
    except KeyboardInterrupt:
        evaluations.interrupted = True
        return Measured(_nothing(evaluations), evaluations, "incremental differences")
    if why is not None:
        return by_the_loss(question, why)
    return Measured(found, evaluations, "incremental differences", CONFIRMED)


def by_the_loss(question: Question, why: str | None = None) -> Measured:
    """The gradient by evaluations of the loss itself: every entry, or sampled. ``why`` the declared
    network, if there was one, is not this loss."""
    findings: tuple[CodeFinding, ...] = ()
    if why is not None:
        finding = CodeFinding(
            RULES["GC518"],
            f"the declared network is not the loss: {why}; it was left out of account",
            suggestion="declare its layers, activations, loss, scale and penalties as the loss has "
            "them",
        )
        findings = (finding,)
    evaluations = _singles(question)
    if question.is_sampled:
        return replace(_sampled(question, evaluations), findings=findings)
    return replace(_every_way(question, evaluations), findings=findings)


def _every_way(question: Question, evaluations: Singles) -> Measured:
    """By complex steps where the loss takes them, else by differences, of many points at once
    where it takes a batch of them."""
    many = None
    if question.precision.double:
        exact = ComplexStep(question.functions.other, evaluations)
        found = _complex_step(exact, question, evaluations)
        if found is not None:
            return found
        many = batched(question.functions, evaluations.arrays, question.seed)
    taken: Evaluations = evaluations if many is None else many
    return Measured(differentiate(taken), taken, "central differences")


def _singles(question: Question) -> Singles:
    return Singles(question.functions.nearby, question.point, question.precision.grid)


def _sampled(question: Question, evaluations: Singles) -> Measured:
    found = sampled_gradient(question)
    evaluations.evaluations = found.evaluations
    evaluations.interrupted = found.interrupted
    return Measured(found.numeric, evaluations, found.method, 0, rows=found.rows, notes=found.notes)


def _complex_step(exact: ComplexStep, question: Question, evaluations: Singles) -> Measured | None:
    """The gradient by complex steps, if the loss takes them and differences say the same: at some
    entries of each parameter, and along a random direction through all."""
    groups = [np.arange(a, b) for a, b in pairwise(evaluations.starts.tolist())]
    pilots = np.concatenate([spread(group, COMPARED) for group in groups])
    try:
        exact.slopes(pilots[:1], 0)
        differences = differentiate_again(evaluations, _nothing(evaluations), pilots)
        if evaluations.interrupted:
            return Measured(differences, evaluations, "complex step")
        values, _ = exact.slopes(pilots, 0)
        kinked = any(span.any() for span in differences.spans.values())
        edges = not np.isfinite(_flat(differences.bounds)[pilots]).all()
        if kinked or edges or not _within(differences, pilots, values):
            return None
        found = _every_entry(exact, question, evaluations, differences)
    except NotAnalytic:
        return None
    if evaluations.interrupted:
        return Measured(found, evaluations, "complex step")
    if _another_slope(found, evaluations, evaluations.here(), np.random.default_rng(question.seed)):
        return None
    return Measured(found, evaluations, "complex step", exact=exact)


def _every_entry(
    exact: ComplexStep, question: Question, evaluations: Singles, known: NumericGradient
) -> NumericGradient:
    """All entries by complex steps; those that the user did not wait for as they are known.
    Raises NotAnalytic."""
    claimed, noise = _flat(question.claimed), _flat(question.noise)
    entries = np.arange(evaluations.flat.size)
    values, bounds = np.zeros(entries.size), np.full(entries.size, np.inf)
    done = 0
    try:
        for start in range(0, entries.size, TOGETHER):
            part = entries[start : start + TOGETHER]
            values[part], bounds[part] = exact.slopes(part, SAMPLED, few=True)
            apart = np.abs(claimed[part] - values[part])
            doubtful = part[apart > TRUST * (bounds[part] + noise[part])]
            values[doubtful], bounds[doubtful] = exact.slopes(doubtful, SAMPLED)
            done = start + part.size
    except KeyboardInterrupt:
        evaluations.interrupted = True
    return _replaced(known, entries[:done], values[:done], bounds[:done])


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
    if seen.kinked[0] and not any(span.any() for span in found.spans.values()):
        return "along a random direction the loss has a kink"
    if abs(slope - seen.values[0]) <= TRUST * (off + seen.bounds[0]) or not np.isfinite(off):
        return None
    return f"along a random direction its slope is {slope:.10g}, the loss's {seen.values[0]:.10g}"


def _displaced(array: Array, size: float, rng: np.random.Generator) -> Array:
    return np.asarray(array + size * _size(array) * rng.standard_normal(array.shape))


def _size(array: Array) -> float:
    """Of a typical entry."""
    return float(np.sqrt(np.mean(array**2))) or 1.0 if array.size else 1.0
