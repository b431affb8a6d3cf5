"""Arrays with named dimensions, kept by name: what an evaluator works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.refused import Refused
from gradcheck.language.typed import (
    Definition,
    Entry,
    Letter,
    Place,
    Term,
)
from gradcheck.run.budget import spend

Array = NDArray[Any]
Numbers = Any
Letters = tuple[str, ...]

_SLOTS = tuple(map(str, range(32)))

LARGEST = 200_000
"""Elements that one array may have."""


@dataclass(slots=True)
class Value:
    """An array, the names of its dimensions after the first."""

    array: Array
    letters: Letters


def aligned(value: Value, letters: Letters) -> Array:
    """The array with its dimensions in this order, those that it lacks of length 1."""
    own = value.letters
    if own == letters:
        return value.array
    order = [own.index(letter) for letter in letters if letter in own]
    array = value.array
    if order != sorted(order):
        array = array.transpose(0, *(k + 1 for k in order))
    if len(own) == len(letters):
        return array
    places = [slice(None)] + [slice(None) if letter in own else None for letter in letters]
    return array[tuple(places)]


def union(*values: Value) -> Letters:
    """The letters of all, in the order in which they occur."""
    return tuple(dict.fromkeys(letter for value in values for letter in value.letters))


def together(marks: list[Value]) -> list[Value]:
    """The same marks, one for each set of letters: as often as an entry is used, it adds its own,
    so that without this they would double with every definition."""
    found: dict[frozenset[str], Value] = {}
    for mark in marks:
        spend(1)
        if not mark.array.any():
            continue
        known = found.get(frozenset(mark.letters))
        array = mark.array if known is None else known.array | aligned(mark, known.letters)
        letters = mark.letters if known is None else known.letters
        found[frozenset(letters)] = Value(array, letters)
    return list(found.values())


class Arrays:
    """The arrays of one evaluator, and arithmetic with them.

    ``draw`` gives the array of a free name; ``extents`` are numbers to take for lengths of axes
    instead of the lengths themselves (a free symbol N). ``bad`` are the marks of what has no value.
    """

    def __init__(
        self,
        numbers: Numbers,
        sizes: Mapping[str, int],
        definition: Callable[[str], Definition | None],
        draw: Callable[[str], Array],
        extents: Mapping[str, Array] | None = None,
    ) -> None:
        self.numbers = numbers
        self.sizes = sizes
        self.definition = definition
        self.draw = draw
        self.extents = extents or {}
        self.bad: list[Value] = []
        self._arrays: dict[str, tuple[Value, list[Value]]] = {}
        self._open: set[str] = set()

    def evaluate(self, term: Term) -> Value:
        """The value of a term."""
        raise NotImplementedError

    def override(self, name: str, array: Array) -> None:
        """Take these values for an array, whatever defines it."""
        axes = tuple(f"{k}" for k in range(array.ndim - 1))
        self._arrays[name] = Value(array, axes), []

    def array(self, name: str) -> Value:
        """An array, its letters the numbers of its axes, those only that it varies with."""
        if name not in self._arrays:
            definition = self.definition(name)
            if definition is None:
                array = self.draw(name)
                value = Value(array, tuple(map(str, range(array.ndim - 1))))
                self._arrays[name] = value, []
            else:
                self._arrays[name] = self._defined(definition)
        return self._arrays[name][0]

    def _defined(self, definition: Definition) -> tuple[Value, list[Value]]:
        if definition.name in self._open:
            raise Refused("circle", f"{definition.name} is defined by itself")
        self._open.add(definition.name)
        outer, self.bad = self.bad, []
        try:
            value = self.evaluate(definition.body)
        finally:
            bad, self.bad = self.bad, outer
            self._open.discard(definition.name)
        names = {letter.name: str(k) for k, letter in enumerate(definition.letters)}
        for letter in value.letters:
            if letter not in names:
                raise Refused("index", f"{letter} is free in {definition.name} but not in its head")
        marks = [self._relabelled(mark, names) for mark in together(bad)]
        return self._relabelled(value, names), marks

    @staticmethod
    def _relabelled(value: Value, names: Mapping[str, str]) -> Value:
        return Value(value.array, tuple(names[letter] for letter in value.letters))

    @staticmethod
    def without(value: Value, mark: Value) -> Value:
        """The value, NaN where it is marked to be none."""
        letters = union(value, mark)
        return Value(np.where(aligned(mark, letters), np.nan, aligned(value, letters)), letters)

    def _entry(self, term: Entry) -> Value:
        value = self.array(term.name)
        marks = self._arrays[term.name][1]
        if marks:
            self.bad.extend(self.picked(mark, term) for mark in marks)
        return self.picked(value, term) if value.letters else value

    def picked(self, value: Value, term: Entry) -> Value:
        """The entry of an array: letters for its dimensions, fixed places, diagonals."""
        array = value.array
        if value.letters == _SLOTS[: len(term.at)]:
            names = self._names(term, array.shape)
            if names is not None:
                return Value(array, names)
        letters: list[str] = []
        for number in reversed(range(len(value.letters))):
            slot = int(value.letters[number])
            if slot >= len(term.at):
                raise Refused("axes", f"{term.name} has too few indices")
            index = term.at[slot]
            if isinstance(index, Place):
                if not 1 <= index.number <= array.shape[number + 1]:
                    raise Refused("place", f"{term.name} has no entry {index.number}")
                array = array.take(index.number - 1, number + 1)
                continue
            if array.shape[number + 1] != self.sizes[index.axis]:
                raise Refused("axes", f"{index.name} does not run over that axis of {term.name}")
            if index.name in letters:
                array = np.diagonal(array, 0, number + 1, number + 2 + letters.index(index.name))
                array = np.moveaxis(array, -1, number + 1)
                # the diagonal's dimension comes last; both letters are one now
                letters.remove(index.name)
            letters.insert(0, index.name)
        return Value(array, tuple(letters))

    def _names(self, term: Entry, shape: tuple[int, ...]) -> Letters | None:
        """The letters of an entry that has only letters, all different; else None."""
        names = []
        for index, length in zip(term.at, shape[1:], strict=True):
            if isinstance(index, Place) or self.sizes[index.axis] != length:
                return None
            names.append(index.name)
        return tuple(names) if len(set(names)) == len(names) else None

    def _length(self, axis: str) -> Array:
        if axis in self.extents:
            return self.extents[axis]
        found: Array = self.numbers.constant(Fraction(self.sizes[axis]))
        return found

    def _sum(self, values: list[Value]) -> Value:
        found = values[0]
        for value in values[1:]:
            letters = union(found, value)
            one, other = aligned(found, letters), aligned(value, letters)
            found = Value(self._sized(self.numbers.add, one, other), letters)
        return found

    def _sized(self, operation: Callable[[Array, Array], Array], one: Array, other: Array) -> Array:
        size = one.size * other.size
        if size > 2 * LARGEST:
            shape = zip(one.shape[1:], other.shape[1:], strict=True)
            size = self.numbers.lead * prod(max(pair) for pair in shape)
            if size > LARGEST:
                raise Refused("size", "an array that is too large")
        spend(2 + min(size, max(one.size, other.size) * 16) // 128)
        try:
            return operation(one, other)
        except ValueError:
            raise Refused("axes", "one letter over axes of different lengths") from None

    def _multiplied(self, one: Value, other: Value) -> Value:
        letters = union(one, other)
        array = self._sized(self.numbers.multiply, aligned(one, letters), aligned(other, letters))
        return Value(array, letters)

    def _contracted(self, factors: list[Value], letters: list[Letter]) -> Value:
        """The product, summed over letters: each as soon as the factors with it are joined."""
        for letter in letters:
            group = [value for value in factors if letter.name in value.letters]
            if not group:
                factors.append(Value(self._length(letter.axis), ()))
                continue
            factors = [value for value in factors if letter.name not in value.letters]
            factors.append(self._summed(self._joined(group), letter))
        return self._joined(factors)

    def _joined(self, factors: list[Value]) -> Value:
        factors.sort(key=lambda value: value.array.ndim)
        found = factors[0]
        for value in factors[1:]:
            found = self._multiplied(found, value)
        return found

    def _summed(self, value: Value, letter: Letter) -> Value:
        axis = value.letters.index(letter.name)
        letters = value.letters[:axis] + value.letters[axis + 1 :]
        return Value(self.numbers.total(value.array, axis + 1), letters)

    def _marked(self, found: tuple[Array, Array | None], letters: Letters) -> Value:
        array, bad = found
        if bad is not None and bad.any():
            self.bad.append(Value(bad, letters))
        return Value(array, letters)

    def _inverse(self, value: Value) -> Value:
        spend(2 + value.array.size // 16)
        return self._marked(self.numbers.inverse(value.array), value.letters)
