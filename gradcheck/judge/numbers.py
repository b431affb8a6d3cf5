"""The numbers: document, symbolic, numeric and backprop gradients as arrays at one seeded point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence import backprop
from gradcheck.evidence.arrays.arrays import Gradients, loss_function
from gradcheck.evidence.arrays.lifting import (
    Lifting,
    LiftingAmbiguous,
    NotEvaluated,
    degenerate,
    infer,
)
from gradcheck.evidence.arrays.point import Point, Sizes, draw_point
from gradcheck.evidence.numeric import NotDifferentiable, NumericGradient
from gradcheck.evidence.numeric import gradient as numeric_gradient
from gradcheck.evidence.symbolic import NetworkMatch
from gradcheck.language.expression import Expression
from gradcheck.language.model import Model
from gradcheck.language.verdict import Constant

Array = NDArray[np.float64]
Backward = Callable[..., backprop.Parameters]

ROUNDING = 1e-12
"""What closed forms in float64 may differ by, relative to the largest entry, at moderate points."""

LIKE = 1e-6
"""What an array may be off, relative to the symbolic one, to be the same gradient in rounding."""

UNSEEN = 64.0
"""Times its noise, what a loss must change by to be seen to change at all."""


@dataclass(frozen=True)
class Numbers:
    """The gradients of one setup at one point, by parameter key.

    ``problem`` says why there are none. ``symbolic`` lacks a parameter whose derived gradient
    could not be lifted; ``notes`` then says why.
    """

    point: Point | None = None
    lifting: Lifting | None = None
    numeric: NumericGradient | None = None
    symbolic: Mapping[str, Array] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    gradients: Gradients | None = None


def compute(
    model: Model, derived: Mapping[str, Expression], sizes: Sizes, seed: int, flat: bool = False
) -> Numbers:
    """Lift the model, draw a point, differentiate the loss numerically, evaluate what was derived.

    ``model`` is the loss as totalled over the samples; ``flat`` takes one feature and one hidden
    unit, where no index can be mistaken.
    """
    try:
        lifting = degenerate(model) if flat else infer(model)
        point = draw_point(model, lifting, sizes, seed)
    except (LiftingAmbiguous, NotEvaluated) as trouble:
        return Numbers(problem=str(trouble))
    return compute_at(model, derived, lifting, point)


def compute_at(
    model: Model, derived: Mapping[str, Expression], lifting: Lifting, point: Point
) -> Numbers:
    """The same at a given point: a value of its lifted shape for every free name."""
    try:
        numeric = numeric_gradient(loss_function(model, lifting, point), point.parameters(model))
    except (LiftingAmbiguous, NotEvaluated, NotDifferentiable) as trouble:
        return Numbers(problem=str(trouble))
    gradients = Gradients(lifting, point)
    symbolic: dict[str, Array] = {}
    notes: dict[str, str] = {}
    for key, expression in derived.items():
        try:
            symbolic[key] = gradients.evaluate(expression, key)
        except NotEvaluated as trouble:
            notes[key] = str(trouble)
    return Numbers(point, lifting, numeric, symbolic, notes, gradients=gradients)


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an array is from a reference: the largest difference ÷ the reference's largest entry
    (the absolute difference where the reference is 0), and where it is largest."""

    error: float
    entry: tuple[int, ...]


def difference(array: Array, reference: Array) -> Difference:
    """The largest difference of two arrays of one shape, relative to the reference."""
    gap = np.abs(array - reference)
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape) if gap.ndim else ()
    scale = float(np.max(np.abs(reference)))
    largest = float(np.max(gap))
    return Difference(largest / scale if scale > 0 else largest, tuple(int(i) for i in worst))


def completed(numbers: Numbers, claim: Expression, key: str, left_out: Constant | None) -> Array:
    """A claim as an array, completed by what it left out.

    Raises `NotEvaluated` (`LiftingAmbiguous`) with the reason where it has no value in arrays.
    """
    if numbers.gradients is None or numbers.point is None:
        raise NotEvaluated(numbers.problem)
    array = numbers.gradients.evaluate(claim, key)
    factor = 1.0 if left_out is None else left_out.value(numbers.point.sizes.samples)
    return factor * array


def agrees(array: Array, numbers: Numbers, key: str) -> bool:
    """Whether an array lies within the measured bound of the numeric gradient, in every entry.

    Or within the noise of the loss, if it is the symbolic gradient: those of the first layers of a
    deep network are so small that a parameter's own size moves the loss in its last digits, if at
    all. Another array that small is not what differences can confirm.
    """
    assert numbers.numeric is not None
    slack = ROUNDING * float(np.max(np.abs(numbers.numeric.values[key]), initial=0.0))
    if numbers.numeric.agrees(key, array, slack):
        return True
    if numbers.point is None:
        return False
    size = float(np.max(np.abs(numbers.point.values[key]), initial=1.0))
    slack += UNSEEN * numbers.numeric.noise / size
    symbolic = numbers.symbolic.get(key)
    known = symbolic is None or difference(array, symbolic).error <= LIKE
    return known and numbers.numeric.agrees(key, array, slack)


def run_backprop(
    model: Model, numbers: Numbers, match: NetworkMatch, backward: Backward = backprop.backward
) -> dict[str, Array]:
    """The gradients by the analytic backprop code, by parameter key, at the same point."""
    assert numbers.point is not None
    keys = {parameter.role: parameter.key for parameter in model.parameters}
    values = numbers.point.values
    network = backprop.Network(match.hidden, match.loss)
    parameters = backprop.Parameters(
        **{role: values[keys[role]] for role in ("w_1", "b_1", "w_2", "b_2")}
    )
    x, y = values[model.inputs[0]], values[model.labels[0]]
    scale = match.scale.value(numbers.point.sizes.samples)
    gradients = backward(network, parameters, x, y, scale)
    return {keys[role]: np.asarray(getattr(gradients, role)) for role in keys if role in ROLE_SET}


ROLE_SET = frozenset(("w_1", "b_1", "w_2", "b_2"))
