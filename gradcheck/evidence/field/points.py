"""Points of one world: what was evaluated at them is kept for the next question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.branches import KINKS, Enumerated, Rooted, Signed
from gradcheck.evidence.field.evaluation import Evaluator
from gradcheck.evidence.field.facts import Facts
from gradcheck.evidence.field.named_arrays import aligned
from gradcheck.evidence.field.random_arrays import SPREADS, RealDrawing, ResidueDrawing
from gradcheck.evidence.field.reals import Reals
from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.related import MorePoints, Related
from gradcheck.evidence.field.residues import Residues
from gradcheck.evidence.field.reverse_mode import Derivatives
from gradcheck.language.typed import Term

Array = NDArray[Any]
Sizes = tuple[tuple[str, int], ...]

POINTS = 2
"""Points at each set of sizes, each over a prime of its own; there are two sets or more."""
REDRAWN = 4
"""How often points are drawn again because something has no value there."""
LABELLED = 48
"""Points where entries are labels: each value, and each pair of values, is met."""
MET = 96
"""Points where kinks are taken as at real points."""
ROOTS = 3
"""Points with all roots, at each set of sizes."""
ROOTED = 256
"""Points drawn together where all radicands have to be squares."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How points are drawn and functions taken.

    ``lengths`` takes the lengths of axes as they are (else each is a symbol of its own);
    ``facts`` and ``labels`` use what the page says of free names; ``relations`` finds exponents
    that are combinations of others; ``kinks`` is "" (free indicators), "all" (both sides of each),
    "met" (as at real points) or "roots" (with roots that multiply).
    """

    lengths: bool = False
    facts: bool = False
    labels: bool = False
    relations: bool = False
    kinks: str = ""


@dataclass(slots=True)
class Sides:
    """Both sides at points, in the same shape; the first dimension is the point's."""

    left: Array
    right: Array
    letters: tuple[str, ...]
    evaluator: Evaluator
    rows: list[int]
    """Which points of the evaluator they are."""

    def only(self, keep: list[int]) -> Sides:
        """At some of the points only."""
        rows = [
            row + k for k in range(0, len(self.left), self.evaluator.numbers.points) for row in keep
        ]
        left, right = self.left[rows], self.right[rows]
        return Sides(left, right, self.letters, self.evaluator, keep)


class RelatedSigned(Signed, Related):
    """Sides met at real points, and related exponents."""

    def __init__(self, signs: list[Array], points: int, seed: int, which: int) -> None:
        Related.__init__(self, points, seed, which)
        self.signs = signs
        self.taken = 0


class Points:
    """Residue points of one world."""

    def __init__(self, derivatives: Derivatives, seed: int) -> None:
        self.derivatives = derivatives
        self.facts = Facts(derivatives.world)
        self.seed = seed
        self._real: dict[tuple[Sizes, int], Evaluator] = {}
        self._evaluators: dict[tuple[Manner, Sizes, int], Evaluator] = {}

    def sides(self, left: Term, right: Term, manner: Manner, sizes: Sizes, which: int) -> Sides:
        """Both sides, at points where both have a value; ``which`` tells sets of sizes apart."""
        if manner.kinks == "met":
            return self._as_met(left, right, manner, sizes, which)
        if manner.kinks == "roots":
            return self._rooted(left, right, manner, sizes, which)
        if manner.kinks == "all":
            numbers = Enumerated(2**KINKS, self._seed(sizes, which))
            return self._needed(self._evaluator(manner, sizes, numbers), left, right)
        if manner.relations:
            return self._related(left, right, manner, sizes, which)
        for again in range(REDRAWN):
            found = both_sides(self._kept(manner, sizes, which + 100 * again), left, right)
            if found is not None and len(found.rows) >= (
                LABELLED // 2 if manner.labels else POINTS
            ):
                return found
        raise Refused("no value", "at every point something has no value")

    def _seed(self, sizes: Sizes, which: int) -> int:
        return self.seed * 3000 + 2 * which + 21 * sum(n for _, n in sizes)

    def _kept(self, manner: Manner, sizes: Sizes, which: int) -> Evaluator:
        key = (manner, sizes, which)
        if key not in self._evaluators:
            points = LABELLED if manner.labels else POINTS
            numbers = Residues(points, self._seed(sizes, which))
            numbers.decides_zero = manner.labels
            self._evaluators[key] = self._evaluator(manner, sizes, numbers)
        return self._evaluators[key]

    def _evaluator(self, manner: Manner, sizes: Sizes, numbers: Residues) -> Evaluator:
        """An evaluator at points of a number system, with free arrays as the manner says."""
        lengths = dict(sizes)
        drawing = ResidueDrawing(
            numbers,
            lengths,
            facts=manner.facts,
            labels=manner.labels,
            squares=manner.kinks == "roots",
        )
        extents = {}
        if not manner.lengths:
            fixed = self.derivatives.world.lengths
            extents = {axis: numbers.draw(()) for axis in lengths if axis not in fixed}

        def draw(name: str) -> Array:
            array = drawing(self.derivatives.free[name])
            return self.facts.impose(name, array, evaluator) if manner.facts else array

        evaluator = Evaluator(numbers, lengths, self.derivatives.definition, draw, extents)
        return evaluator

    @staticmethod
    def _needed(evaluator: Evaluator, left: Term, right: Term) -> Sides:
        found = both_sides(evaluator, left, right)
        if found is None or len(found.rows) < evaluator.numbers.points:
            raise Refused("no value", "at every point something has no value")
        return found

    def _related(self, left: Term, right: Term, manner: Manner, sizes: Sizes, which: int) -> Sides:
        """With as many points as there are exponents, and four more."""
        return self._growing(
            lambda points: Related(points, self._seed(sizes, which), which),
            lambda numbers: self._evaluator(manner, sizes, numbers),
            left,
            right,
        )

    def _growing(
        self,
        make: Callable[[int], Residues],
        evaluator: Callable[[Residues], Evaluator],
        left: Term,
        right: Term,
    ) -> Sides:
        points = 24
        while True:
            try:
                return self._needed(evaluator(make(points)), left, right)
            except MorePoints:
                points *= 2

    def _as_met(self, left: Term, right: Term, manner: Manner, sizes: Sizes, which: int) -> Sides:
        """With the sides that kinks have at real points, each of them a point here."""

        def met(points: int) -> list[Array]:
            return self._signs(left, right, sizes, points, which)

        if not manner.relations:
            numbers = Signed(met(MET), MET, self._seed(sizes, which))
            return self._needed(self._evaluator(manner, sizes, numbers), left, right)
        return self._growing(
            lambda points: RelatedSigned(met(points), points, self._seed(sizes, which), which),
            lambda numbers: self._evaluator(manner, sizes, numbers),
            left,
            right,
        )

    def _signs(self, left: Term, right: Term, sizes: Sizes, points: int, which: int) -> list[Array]:
        """The sides of all kinks at real points that have a margin at each."""
        found: list[list[Array]] = []
        for spread in range(len(SPREADS)):
            numbers = Reals(points)
            real = self.real(dict(sizes), numbers, len(SPREADS) * (10 + which) + spread)
            real.bad = []
            with np.errstate(all="ignore"):
                real.evaluate(left)
                real.evaluate(right)
            bad = np.zeros(points, dtype=bool)
            for mark in real.bad:
                bad |= mark.array.reshape(mark.array.shape[0], -1).any(1)
            good = np.flatnonzero(~bad)
            if good.size:
                rows = good[np.arange(points) % good.size]
                found.append([signs[rows] for signs in numbers.signs])
        return _mixed_signs(found, points)

    def _rooted(self, left: Term, right: Term, manner: Manner, sizes: Sizes, which: int) -> Sides:
        """At points where all radicands are squares, many drawn for the few that are."""
        for again in range(12):
            numbers = Rooted(ROOTED, self._seed(sizes, which + 100 * again))
            sides = self._needed(self._evaluator(manner, sizes, numbers), left, right)
            keep = np.flatnonzero(~numbers.dropped).tolist()
            if len(keep) >= ROOTS:
                if numbers.kinks and len(keep) < 16 * 2 ** min(len(numbers.kinks), 20):
                    raise Refused("kinks", "roots beside too many kinks")
                return sides.only(keep)
        raise Refused("roots", "no point at which all radicands are squares")

    def one_real(self, sizes: Sizes, spread: int) -> Evaluator:
        """An evaluator at one real point, kept for the next question."""
        key = sizes, spread
        if key not in self._real:
            self._real[key] = self.real(dict(sizes), Reals(1), spread)
        return self._real[key]

    def real(self, sizes: dict[str, int], numbers: Any, spread: int) -> Evaluator:
        """An evaluator at real points; the facts of the page hold there."""
        drawing = RealDrawing(numbers, sizes, self.seed, spread)

        def draw(name: str) -> Array:
            return self.facts.impose(name, drawing(self.derivatives.free[name]), evaluator)

        evaluator = Evaluator(numbers, sizes, self.derivatives.definition, draw)
        return evaluator


def _mixed_signs(found: list[list[Array]], points: int) -> list[Array]:
    """Sides from real points of all spreads in turn; each kink has to be met on both."""
    if not found:
        raise Refused("kinks", "no real point with a margin at each of them")
    mixed = []
    for signs in zip(*found, strict=True):
        turn = np.arange(points) % len(signs)
        rows = np.stack(signs)[turn, np.arange(points)]
        if (rows.all(0) | ~rows.any(0)).any():
            raise Refused("kinks", "one that was met on one side only")
        mixed.append(rows)
    return mixed


def both_sides(evaluator: Evaluator, left: Term, right: Term) -> Sides | None:
    """Both sides over the grid of their letters, at the points where all has a value.

    None where there are none.
    """
    evaluator.bad = []
    with np.errstate(all="ignore"):
        one, other = evaluator.evaluate(left), evaluator.evaluate(right)
    points = evaluator.numbers.points
    bad = np.zeros(points, dtype=bool)
    for mark in evaluator.bad:
        bad |= mark.array.reshape(mark.array.shape[0], -1).any(1)
    if bad.all():
        return None
    letters = (*one.letters, *(letter for letter in other.letters if letter not in one.letters))
    a, b = aligned(one, letters), aligned(other, letters)
    try:
        lead = (evaluator.numbers.lead, *np.broadcast_shapes(a.shape, b.shape)[1:])
    except ValueError:
        raise Refused("axes", "one letter over axes of different lengths") from None
    sides = Sides(
        a if a.shape == lead else np.broadcast_to(a, lead),
        b if b.shape == lead else np.broadcast_to(b, lead),
        letters,
        evaluator,
        list(range(points)),
    )
    return sides.only(np.flatnonzero(~bad).tolist()) if bad.any() else sides
