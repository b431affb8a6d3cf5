"""Whether two terms are equal for all values and sizes: the questions, in their order."""

from __future__ import annotations

import threading
from collections import OrderedDict
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.evidence.field.comparison import Multiple, are_equal, multiple
from gradcheck.evidence.field.counting import Counter, Counts, common
from gradcheck.evidence.field.decision import Decision, Witness
from gradcheck.evidence.field.derivative import Derivatives
from gradcheck.evidence.field.points import Manner, Points, both_sides, real_evaluator
from gradcheck.evidence.field.refusal import Refused
from gradcheck.evidence.field.terms import free_letters
from gradcheck.language.typed import Letter, Term, World

SHAPES = "at the shapes tried"
BRANCHES = "on the branches tried"
LEAST = 4
"""Values that every axis has at least."""
MOST = 12
"""The largest count that sizes are chosen by."""
REAL_POINTS = 6
KEPT = 8
"""Worlds whose points are kept for the next question."""


def decide(
    left: Term,
    right: Term,
    world: World,
    *,
    seed: int = 0,
    constants: bool = True,
    counts: frozenset[str] = frozenset(),
) -> Decision:
    """Whether ``left = right`` in this world, for all values and all sizes; see `Decision`."""
    try:
        return _decider(world, seed).decide(left, right, constants, tuple(sorted(counts)))
    except Refused as refused:
        return Decision("undecided", reason=str(refused))
    except RecursionError:
        return Decision("undecided", reason="depth: nested too deeply")


_deciders = threading.local()


def _decider(world: World, seed: int) -> Decider:
    kept: OrderedDict[tuple[int, int], Decider] = _deciders.__dict__.setdefault(
        "kept", OrderedDict()
    )
    found = kept.pop((id(world), seed), None)
    if found is None:
        found = Decider(world, seed)
    kept[id(world), seed] = found
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return found


class Decider:
    """Decides equalities of one world; what it evaluated for one serves the next."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world = world
        self.seed = seed
        self.derivatives = Derivatives(world)
        self.points = Points(self.derivatives, seed)

    def decide(self, left: Term, right: Term, constants: bool, counts: tuple[str, ...]) -> Decision:
        """See `decide`."""
        return Question(self, left, right, constants, counts).answer()


class Question:
    """One equality."""

    def __init__(
        self, decider: Decider, left: Term, right: Term, constants: bool, counts: tuple[str, ...]
    ) -> None:
        self.decider = decider
        self.left = decider.derivatives.expanded(left)
        self.right = decider.derivatives.expanded(right)
        self.constants = constants
        self.counts = counts
        self.letters = free_letters(left) | free_letters(right)
        self.counter = Counter(decider.derivatives.definition)
        self.needed = self._needed()
        self.limit = "; ".join(sorted(self.counter.limits))

    def _needed(self) -> Counts:
        """By axis, how many values of an index the equality can tell apart."""
        one, other = self.counter.count(self.left), self.counter.count(self.right)
        below = common(one.below, other.below)
        a, b = one.cleared(below), other.cleared(below)
        inner = self.counter.inner
        found = {k: max(a.get(k, 0), b.get(k, 0), inner.get(k, 0)) for k in a | b | inner}
        for letter in self.letters.values():
            assert isinstance(letter, Letter)
            self.counter.axes.add(letter.axis)
            found[letter.axis] = found.get(letter.axis, 0) + 1
        for axis, number in self.counter.places.items():
            found[axis] = found.get(axis, 0) + number
        return found

    def answer(self) -> Decision:
        found = self._settled(Manner())
        if found is not None:
            return found
        witness = self._witness()
        if isinstance(witness, Witness):
            return Decision("unequal", witness=witness)
        for manner in self._manners():
            found = self._settled(manner)
            if found is not None:
                return found
        return Decision("undecided", reason=witness)

    def _manners(self) -> list[Manner]:
        return [
            Manner(lengths=True),
            Manner(lengths=True, facts=True),
            Manner(lengths=True, facts=True, labels=True),
        ]

    def _settled(self, manner: Manner) -> Decision | None:
        """Equal or a multiple at all points and sizes of one manner, or None."""
        equal, factors = True, set[Multiple | None]()
        sets, reach = self.sizes(manner)
        for sizes in sets:
            sides = self.decider.points.sides(self.left, self.right, manner, sizes)
            equal = equal and are_equal(sides)
            if not equal:
                factors.add(multiple(sides, self.counts) if self.constants else None)
                if None in factors or len(factors) > 1:
                    return None
        reason = self.limit if reach else ""
        if equal:
            return Decision("equal", reach=reach, reason=reason)
        factor = factors.pop()
        assert factor is not None
        powers = {k: n for k, n in zip(self.counts, factor[1], strict=True) if n}
        return Decision("multiple", factor[0], powers, reach, reason)

    def sizes(self, manner: Manner) -> tuple[list[tuple[tuple[str, int], ...]], str]:
        """Sets of lengths of the axes: all different, then all the same."""
        world = self.decider.world
        axes = sorted(
            {axis for free in world.free.values() for axis in free.axes}
            | {a.axis for d in world.definitions.values() for a in d.letters}
            | self.counter.axes
        )
        own = {a: n for a, n in self.needed.items() if not a.startswith("#")}
        most = max([n for a, n in own.items() if a not in world.lengths], default=0)
        reach = SHAPES if most > MOST or self.counter.limits else ""
        least = max(LEAST, min(most, MOST))
        rows = [[least + k for k in range(len(axes))], [least + 1] * len(axes)]
        if manner.lengths:
            degree = max([n for a, n in self.needed.items() if a.startswith("#")], default=0)
            rows += [[least + 2 + k + r for k in range(len(axes))] for r in range(degree + 1)]
        fixed = world.lengths
        return [
            tuple((a, fixed.get(a, n)) for a, n in zip(axes, row, strict=True)) for row in rows
        ], reach

    def _witness(self) -> Witness | str:
        """A real point where the sides differ by more than their errors, or why there is none."""
        sizes = dict(self.sizes(Manner())[0][0])
        valid = 0
        for spread in range(REAL_POINTS):
            evaluator = real_evaluator(self.decider.derivatives, sizes, self.decider.seed, spread)
            sides = both_sides(evaluator, self.left, self.right)
            if sides is None:
                continue
            valid += 1
            found = certain_difference(sides, sizes)
            if found is not None:
                return found
        if not valid:
            return "no value: at no real point tried both sides have a value"
        return "no witness: the field tells the sides apart, real numbers do not"


def certain_difference(sides: Any, sizes: dict[str, int]) -> Witness | None:
    """The entry with the largest relative difference that is no rounding."""
    left, right = sides.left[0], sides.right[0]
    errors = sides.left[1] + sides.right[1]
    difference = np.abs(left - right)
    scale = np.maximum(np.abs(left), np.abs(right))
    with np.errstate(all="ignore"):
        relative = np.where(difference > 32 * errors, difference / scale, 0.0)
    relative = np.nan_to_num(relative)
    if not relative.size or relative.max() <= 1e-9:
        return None
    at = np.unravel_index(int(relative.argmax()), relative.shape)
    position = {letter: int(k) + 1 for letter, k in zip(sides.letters, at, strict=True)}
    return Witness(position, float(left[at]), float(right[at]), float(relative[at]), dict(sizes))


__all__ = ["Decider", "Fraction", "decide"]
