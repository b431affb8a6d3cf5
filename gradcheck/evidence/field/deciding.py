"""Whether two terms are equal for all values and sizes: the questions, in their order."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice, product
from math import prod
from typing import Any

import numpy as np

from gradcheck.evidence.field.answer import Decision, Witness
from gradcheck.evidence.field.constant_multiple import (
    Quotient,
    are_equal,
    may_be_powers,
    multiple,
    quotients,
    real_quotient,
)
from gradcheck.evidence.field.counting import Counter, Counts, added, common, largest
from gradcheck.evidence.field.plain_numbers import Precise
from gradcheck.evidence.field.points import Manner, Points, Sides, Sizes, both_sides
from gradcheck.evidence.field.random_arrays import SPREADS
from gradcheck.evidence.field.real_difference import certain_difference, finite
from gradcheck.evidence.field.reals import Reals
from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.reverse_mode import PI, Derivatives, leaves
from gradcheck.evidence.field.terms import free_letters
from gradcheck.language.typed import Entry, Slope, Term, World

SHAPES = "at the shapes tried"
BRANCHES = "on the branches tried"
LEAST = 4
"""Values that every axis has at least."""
_UNLIKE = (0, 2, 3, 4, 5, 6)
"""By how much axes are longer than they have to be: none by one, as where all are alike."""
MOST = 12
"""The largest count that sizes are chosen by."""
REAL_POINTS = len(SPREADS)
LONGER = (0, 3, 1, 2, 5, 0)
"""By how much axes are longer at real points."""
MANY = 16
"""Real points of each spread where equal slopes have to mean equal values."""
LABELS = 4
"""Labels that all values of are tried together."""
KEPT = 8
"""Worlds whose points are kept for the next question."""
GRID = 24
"""Combinations of lengths that are tried where two sides depend on several lengths."""


def decide(
    left: Term,
    right: Term,
    world: World,
    *,
    seed: int = 0,
    constants: bool = True,
    counts: frozenset[str] = frozenset(),
) -> Decision:
    """Whether ``left = right`` in this world, for all values and all sizes; see `Decision`.

    ``constants`` also asks whether one side is a constant times the other, with powers of the
    lengths of axes and the free numbers named in ``counts``.
    """
    try:
        return Question(decider(world, seed), left, right, constants, sorted(counts)).answer()
    except Refused as refused:
        return Decision("undecided", reason=str(refused))
    except RecursionError:
        return Decision("undecided", reason="depth: nested too deeply")


_WHOLE = Manner(lengths=True)
_SLOPES = "by their slopes, and their values to 50 digits"


class Decider:
    """One world: what was evaluated for one question serves the next."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world = world
        self.seed = seed
        self.derivatives = Derivatives(world)
        self.points = Points(self.derivatives, seed)
        self.counter = Counter(self.derivatives.definition)
        told = [
            free
            for name, free in world.free.items()
            if free.labels or free.one_hot is not None or name in self.points.facts.of
        ]
        self.told = {axis for free in told for axis in free.axes}
        """The axes of arrays that the page says something of."""
        self.axes = {axis for free in world.free.values() for axis in free.axes}
        one_hot = any(free.one_hot is not None for free in world.free.values())
        self.facts = bool(world.facts) or one_hot
        """Whether the page says anything of its free arrays."""
        self.axes |= {a.axis for d in world.definitions.values() for a in d.letters}


_kept = threading.local()


def decider(world: World, seed: int = 0) -> Decider:
    """The decider of a world, the one of the last question if it was about the same."""
    known: OrderedDict[tuple[int, int], Decider] = _kept.__dict__.setdefault("of", OrderedDict())
    found = known.pop((id(world), seed), None) or Decider(world, seed)
    known[id(world), seed] = found
    while len(known) > KEPT:
        known.popitem(last=False)
    return found


class Question:
    """One equality."""

    def __init__(
        self, asked: Decider, left: Term, right: Term, constants: bool, counts: list[str]
    ) -> None:
        self.asked = asked
        self.given = left, right
        self.left = asked.derivatives.expanded(left)
        self.right = asked.derivatives.expanded(right)
        self.constants = constants
        one, other = asked.counter.count(self.left), asked.counter.count(self.right)
        self.notes = one.notes.with_(other.notes)
        below = common(one.below, other.below)
        self.needed = largest(one.cleared(below), other.cleared(below))
        axes = set(self.notes.axes)
        for letter in (free_letters(self.left) | free_letters(self.right)).values():
            self.needed = added(self.needed, {letter.axis: 1})
            axes.add(letter.axis)
        inner = added(self.notes.inner, self.notes.under)
        self.needed = added(largest(self.needed, inner), dict(self.notes.places))
        self.axes = sorted(asked.axes | axes)
        free = asked.world.free
        self.counts = tuple(
            name for name in counts if name in self.axes or (name in free and not free[name].axes)
        )

    def answer(self) -> Decision:
        """By the freest points first; then real ones; then by what else the page and functions
        say."""
        refusals: list[str] = []
        for manner in (Manner(), Manner(facts=True))[: 2 if self.asked.facts else 1]:
            found = self._tried(manner, refusals)
            if found is not None:
                return found
        witness = self._witness()
        if isinstance(witness, Witness) and not self._may_be_multiple():
            return Decision("unequal", witness=witness)
        for manner in self._manners():
            found = self._tried(manner, refusals)
            if found is not None:
                return found
        if isinstance(witness, Witness):
            return Decision("unequal", witness=witness)
        if self._same_slopes():
            return Decision(
                "equal", reach=self._reach(_WHOLE), reason="by their slopes and a value"
            )
        return Decision("undecided", reason="; ".join(dict.fromkeys((witness, *refusals))))

    def _tried(self, manner: Manner, refusals: list[str]) -> Decision | None:
        try:
            return self._settled(manner)
        except Refused as refused:
            refusals.append(str(refused))
            return None

    # -- residues ----------------------------------------------------------------------------

    def _manners(self) -> Iterator[Manner]:
        """What is tried after free points, the cheapest first."""
        world, features = self.asked.world, self.notes.features
        facts = self.asked.facts
        labels = any(free.labels for free in world.free.values())
        for used in (False, True) if facts else (False,):
            if "length" in features:
                yield Manner(True, facts=used)
            yield from self._of_functions(used)
        if labels:
            yield Manner(True, facts=facts, labels=True)

    def _of_functions(self, facts: bool) -> Iterator[Manner]:
        """What helps with the functions that occur."""
        features = self.notes.features
        relations = "exp" in features
        if relations:
            yield Manner(True, facts=facts, relations=True)
        if "kink" in features:
            for kinks in ("all", "met"):
                yield Manner(True, facts=facts, kinks=kinks)
            if relations:
                yield Manner(True, facts=facts, relations=True, kinks="met")
        if "root" in features:
            yield Manner(True, facts=facts, kinks="roots")

    def _settled(self, manner: Manner) -> Decision | None:
        """Equal or a multiple at all points and sizes of one manner, or None."""
        equal = 0
        points: list[Quotient] = []
        sets = self._sizes(manner)
        for which, sizes in enumerate(sets):
            sides = self.asked.points.sides(self.left, self.right, manner, sizes, which)
            if are_equal(sides):
                equal += 1
            if equal <= which:
                found = quotients(sides, self.counts) if self.constants and not equal else None
                if found is None:
                    return None
                points += found
        factor = multiple(points, len(self.counts)) if points else None
        if points and factor is None:
            return None
        reach = self._reach(manner) or (BRANCHES if manner.kinks == "met" else "")
        reason = "; ".join(filter(None, (self._limits(manner), self._used(manner))))
        if factor is None:
            return Decision("equal", reach=reach, reason=reason)
        powers = {k: n for k, n in zip(self.counts, factor[1], strict=True) if n}
        return Decision("multiple", factor[0], powers, reach, reason)

    def _used(self, manner: Manner) -> str:
        if manner.labels:
            return "for the labels that the page names"
        return "by the facts of the page" if manner.facts else ""

    def _limits(self, manner: Manner) -> str:
        most = max(self._counted().values(), default=0)
        many = ["too many sums to tell all sizes by some"] if most > MOST else []
        if manner.labels and most > LABELS:
            many.append("many labels together")
        if prod(self._degrees(manner).values()) > GRID:
            many.append("powers of many lengths")
        return "; ".join([*sorted(self.notes.limits), *many])

    def _reach(self, manner: Manner) -> str:
        return SHAPES if self._limits(manner) else ""

    def _degrees(self, manner: Manner) -> Counts:
        """By axis, how many lengths it needs: those are no symbols that sums multiply, nor, if
        they are taken as they are, those that are written."""
        fixed = self.asked.world.lengths
        found: Counts = {}
        for key, degree in self.needed.items():
            if key[0] == "~" or (key[0] == "#" and manner.lengths):
                found[key[1:]] = found.get(key[1:], 1 if key[0] == "~" else 2) + degree
        if manner.facts or manner.labels:  # they may turn any sum into a length (y² = 1)
            for axis, degree in self._counted().items():
                if axis in self.asked.told:
                    found[axis] = max(found.get(axis, 0), 1 + degree)
        if not manner.lengths and len(found) == 1 and max(found.values()) <= 2:
            return {}  # two sets of lengths there are in any case
        return {axis: n for axis, n in found.items() if axis not in fixed}

    def _counted(self) -> Counts:
        fixed = self.asked.world.lengths
        return {a: n for a, n in self.needed.items() if a[0] not in "#~" and a not in fixed}

    def _sizes(self, manner: Manner) -> list[Sizes]:
        """Sets of lengths of the axes: all different, all the same, and more for each length that
        the sides depend on."""
        fixed = self.asked.world.lengths
        least = max([LEAST, *(min(n, MOST) for n in self._counted().values())])
        rows = [
            {axis: least + _UNLIKE[k % len(_UNLIKE)] for k, axis in enumerate(self.axes)},
            dict.fromkeys(self.axes, least + 1),
        ]
        degrees = self._degrees(manner)
        grid = product(*(range(number) for number in degrees.values()))
        for steps in islice(grid, 1, GRID):
            row = dict(rows[0])
            for axis, step in zip(degrees, steps, strict=True):
                row[axis] += step
            rows.append(row)
        return [tuple((a, fixed.get(a, n)) for a, n in row.items()) for row in rows]

    # -- real numbers ------------------------------------------------------------------------

    def _one_real(self, spread: int) -> Sides | None:
        """Both sides at one real point, if all is finite there."""
        evaluator = self.asked.points.one_real(self._real_sizes(spread), spread)
        return finite(both_sides(evaluator, self.left, self.right))

    def _real_sides(self, numbers: Any, spread: int) -> Sides | None:
        evaluator = self.asked.points.real(dict(self._real_sizes(spread)), numbers, spread)
        return both_sides(evaluator, self.left, self.right)

    def _real_sizes(self, spread: int) -> Sizes:
        """Other lengths at every other point: 1/4 is (9 - N)/20 where N is 4 or 5."""
        fixed = self.asked.world.lengths
        first = self._sizes(Manner())[0]
        return tuple((a, fixed.get(a, n + LONGER[spread % len(LONGER)])) for a, n in first)

    def _witness(self) -> Witness | str:
        """A real point where the sides differ by more than their errors, or why there is none."""
        valid = 0
        for spread in range(REAL_POINTS):
            sides = self._one_real(spread)
            if sides is None:
                continue
            valid += 1
            found = certain_difference(sides)
            if found is not None:
                return found
        if not valid:
            return "no value: at no real point tried both sides have a value"
        return "no witness: the field tells the sides apart, real numbers do not"

    def _may_be_multiple(self) -> bool:
        """Whether the sides' quotient at real points is a constant times powers of counts."""
        if not self.constants:
            return False
        found: list[list[float]] = []
        for spread in range(REAL_POINTS):
            sides = self._one_real(spread)
            if sides is not None:
                ratio = real_quotient(sides)
                if ratio is None:
                    return False
                found.append([ratio, *(self._real_count(sides, name) for name in self.counts)])
        return len(found) > 1 and may_be_powers(np.array(found))

    def _real_count(self, sides: Sides, name: str) -> float:
        evaluator = sides.evaluator
        if name in evaluator.sizes:
            return float(evaluator.sizes[name])
        return float(evaluator.array(name).array.ravel()[0])

    # -- slopes ------------------------------------------------------------------------------

    def _same_slopes(self) -> bool:
        """Whether all slopes are the same, and the values to 50 digits at real points.

        Functions whose slopes are simpler (logarithms, inverse tangents, powers) are compared
        so.
        """
        if "log" not in self.notes.features:
            return False
        derivatives = self.asked.derivatives
        left, right = self.given
        names = sorted(leaves(derivatives, self.left) | leaves(derivatives, self.right))
        for name in names:
            at = tuple(derivatives.fresh.on(axis) for axis in derivatives.axes(name))
            by = Entry(name, at)
            if name not in PI and not self._same(Slope(left, by), Slope(right, by)):
                return False
        return self._same_digits() and self._same_all_over()

    def _same_all_over(self) -> bool:
        """No difference at many real points, so that all parts of the domain are met."""
        for spread in range(REAL_POINTS):
            sides = finite(self._real_sides(Reals(MANY), spread + 2 * REAL_POINTS))
            if sides is not None and certain_difference(sides) is not None:
                return False
        return True

    def _same(self, left: Term, right: Term) -> bool:
        question = Question(self.asked, left, right, False, [])
        manners = [
            manner
            for manner in question._manners()
            if not (manner.facts or manner.labels or manner.kinks == "met")
        ]
        return any(question._tried(manner, []) is not None for manner in (Manner(), *manners))

    def _same_digits(self) -> bool:
        valid = 0
        for spread in range(REAL_POINTS):
            sides = self._real_sides(Precise(1), spread)
            if sides is None:
                continue
            valid += 1
            scale = np.maximum(abs(sides.left), abs(sides.right)) + 1
            if not (abs(sides.left - sides.right) < 1e-35 * scale).all():
                return False
        return valid > 1
