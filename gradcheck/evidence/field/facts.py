"""Facts of the page about free arrays, made true at a point: one entry is solved for.

``\\sum_k y_{ik} = 1`` (any combination of one array's entries, given by what is free of it),
``y_i = …``, and ``A_{ij} = A_{ji}``. What is of another kind is left alone.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.evaluation import Evaluator
from gradcheck.evidence.field.named_arrays import Value, aligned
from gradcheck.evidence.field.reverse_mode import names_in
from gradcheck.language.typed import Constant, Entry, Letter, Term, Times, Total, World

Array = NDArray[Any]


class Facts:
    """The facts of a world, by the free array that each is solved for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.of: dict[str, tuple[Term, Entry, Letter | None, Term]] = {}
        self.ignored = 0
        for left, right in world.facts:
            found = self._solvable(left, right) or self._solvable(right, left)
            if found is None or found[1].name in self.of:
                self.ignored += 1
            else:
                self.of[found[1].name] = found

    def _solvable(self, left: Term, right: Term) -> tuple[Term, Entry, Letter | None, Term] | None:
        """The side with the entry, the entry, the letter it is summed over, the other side."""
        bound = left.letter if isinstance(left, Total) and left.guard is None else None
        body = left.body if isinstance(left, Total) else left
        entry = body
        if isinstance(body, Times):
            entries = [
                f for f in body.factors if isinstance(f, Entry) and f.name in self.world.free
            ]
            others = [f for f in body.factors if not isinstance(f, Constant)]
            if len(others) != 1 or not entries:
                return None
            entry = entries[0]
        if not isinstance(entry, Entry) or entry.name not in self.world.free:
            return None
        names = [index.name for index in entry.at if isinstance(index, Letter)]
        if len(set(names)) != len(entry.at) or (bound is not None and bound.name not in names):
            return None
        if entry.name in names_in((right,), self.world.definitions) and not _mirrored(entry, right):
            return None
        return left, entry, bound, right

    def impose(self, name: str, array: Array, evaluator: Evaluator) -> Array:
        """The array, changed so that its fact holds."""
        if name not in self.of:
            return array
        left, entry, bound, right = self.of[name]
        if bound is None and isinstance(left, Entry):
            if _mirrored(entry, right):
                return self._mirror(array, right, evaluator)
            return self._solved(array, entry, evaluator.evaluate(right))
        if bound is None:
            return array
        return self._last(array, left, entry, bound, evaluator.evaluate(right), evaluator)

    @staticmethod
    def _solved(array: Array, entry: Entry, value: Value) -> Array:
        letters = tuple(index.name for index in entry.at if isinstance(index, Letter))
        if not set(value.letters) <= set(letters):
            return array
        return np.broadcast_to(aligned(value, letters), array.shape).copy()

    @staticmethod
    def _mirror(array: Array, right: Term, evaluator: Evaluator) -> Array:
        """Symmetric, or with a sign the opposite: the upper half gives the lower one."""
        other = array.swapaxes(1, 2)
        if not isinstance(right, Entry):
            other = evaluator.numbers.negative(other)
        rows = np.arange(array.shape[1])
        upper = rows[:, None] < rows[None, :]
        found = np.where(upper[None], array, other)
        if not isinstance(right, Entry):
            found = np.where((rows[:, None] == rows[None, :])[None], 0, found)
        return found

    @staticmethod
    def _last(
        array: Array, left: Term, entry: Entry, bound: Letter, value: Value, evaluator: Evaluator
    ) -> Array:
        """The last entry along the letter is what is lacking, over its coefficient."""
        numbers = evaluator.numbers
        letters = tuple(index.name for index in entry.at if isinstance(index, Letter))
        axis = letters.index(bound.name) + 1
        rest = tuple(name for name in letters if name != bound.name)
        assert isinstance(left, Total)
        factors = left.body.factors if isinstance(left.body, Times) else (left.body,)
        scale = evaluator.evaluate(Times(tuple(f for f in factors if f != entry) or (_ONE,)))
        if not set(value.letters) <= set(rest) or scale.letters:
            return array
        inverse, _ = numbers.inverse(aligned(scale, rest))
        wanted = numbers.multiply(aligned(value, rest), inverse)
        last = [slice(None)] * array.ndim
        last[axis] = slice(0, -1)
        others = numbers.total(array[tuple(last)], axis)
        found = np.asarray(numbers.add(wanted, numbers.negative(others)))
        last[axis] = slice(-1, None)
        array = array.copy()
        array[tuple(last)] = np.expand_dims(found, axis)
        return array


def _mirrored(entry: Entry, right: Term) -> bool:
    """Whether the other side is the same entry with its two indices exchanged."""
    if isinstance(right, Times) and len(right.factors) == 2:
        sign, right = right.factors
        if sign != _MINUS:
            return False
    same = isinstance(right, Entry) and right.name == entry.name
    return same and len(entry.at) == 2 and entry.at == right.at[::-1]  # type: ignore[attr-defined]


_ONE = Constant(Fraction(1))
_MINUS = Constant(Fraction(-1))
