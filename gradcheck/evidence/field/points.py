"""Points of one world: what was evaluated at them is kept for the next question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.derivative import Derivatives
from gradcheck.evidence.field.drawing import RealDrawing, ResidueDrawing
from gradcheck.evidence.field.evaluation import Evaluator, Value, aligned
from gradcheck.evidence.field.reals import Reals
from gradcheck.evidence.field.refusal import Refused
from gradcheck.evidence.field.residues import Residues
from gradcheck.language.typed import Term

Array = NDArray[Any]
Sizes = tuple[tuple[str, int], ...]

POINTS = 3
"""Points at each set of sizes, each over a prime of its own."""
REDRAWN = 4
"""How often points are drawn again because something has no value there."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How points are drawn and functions taken.

    ``lengths`` takes the lengths of axes as they are (else each is a symbol of its own);
    ``facts`` and ``labels`` use what the page says of free names.
    """

    lengths: bool = False
    facts: bool = False
    labels: bool = False
    relations: bool = False
    """Finds which exponents are combinations of others."""
    roots: bool = False
    """Takes points at which all radicands are squares."""
    signs: tuple[int, ...] = ()
    """At kinks: the signs met at real points drawn with these seeds."""


@dataclass(slots=True)
class Sides:
    """Both sides at points, in the same shape; the first dimension is the point's."""

    left: Array
    right: Array
    letters: tuple[str, ...]
    evaluator: Evaluator
    points: list[int]


class Points:
    """Residue points of one manner and one set of sizes."""

    def __init__(self, derivatives: Derivatives, seed: int) -> None:
        self.derivatives = derivatives
        self.seed = seed
        self._evaluators: dict[tuple[Manner, Sizes, int], Evaluator] = {}

    def evaluator(self, manner: Manner, sizes: Sizes, again: int) -> Evaluator:
        """The evaluator at points drawn for the ``again``-th time."""
        key = (manner, sizes, again)
        if key not in self._evaluators:
            lengths = dict(sizes)
            numbers = Residues(POINTS, self.seed * 1000 + again * 100 + len(sizes))
            drawing = ResidueDrawing(numbers, lengths, facts=manner.facts, labels=manner.labels)
            extents = {}
            if not manner.lengths:
                fixed = self.derivatives.world.lengths
                extents = {axis: numbers.draw(()) for axis in lengths if axis not in fixed}
            self._evaluators[key] = Evaluator(
                numbers,
                lengths,
                self.derivatives.definition,
                lambda name: drawing(self.derivatives.free[name]),
                extents,
            )
        return self._evaluators[key]

    def sides(self, left: Term, right: Term, manner: Manner, sizes: Sizes) -> Sides:
        """Both sides, at the points where both have a value."""
        for again in range(REDRAWN):
            evaluator = self.evaluator(manner, sizes, again)
            found = both_sides(evaluator, left, right)
            if found is not None:
                return found
        raise Refused("no value", "at every point something has no value")


def both_sides(evaluator: Evaluator, left: Term, right: Term) -> Sides | None:
    """Both sides over the grid of their letters; None where a point lacks a value."""
    evaluator.bad = []
    one, other = evaluator.evaluate(left), evaluator.evaluate(right)
    if any(mark.array.any() for mark in evaluator.bad):
        return None
    letters = (*one.letters, *(letter for letter in other.letters if letter not in one.letters))
    a, b = aligned(one, letters), aligned(other, letters)
    shape = np.broadcast_shapes(a.shape, b.shape)
    lead = (evaluator.numbers.lead, *shape[1:])
    a, b = np.broadcast_to(a, lead), np.broadcast_to(b, lead)
    return Sides(a, b, letters, evaluator, list(range(evaluator.numbers.points)))


def real_evaluator(
    derivatives: Derivatives, sizes: dict[str, int], seed: int, spread: int
) -> Evaluator:
    """An evaluator at one real point."""
    numbers = Reals(1)
    drawing = RealDrawing(numbers, sizes, seed, spread)
    return Evaluator(
        numbers, sizes, derivatives.definition, lambda name: drawing(derivatives.free[name])
    )


__all__ = ["Manner", "Points", "Sides", "Sizes", "Value", "both_sides", "real_evaluator", "replace"]
