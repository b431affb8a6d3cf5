"""Evaluation of terms without slopes at points, over any number system.

A value is an array whose first dimension is the point's and whose others have letters as names.
Letters that a value does not vary with are left out. What has no value (a division by 0) is kept
as a mark beside it, by letters too, and counts only where it is used: ``1/(x_i - x_j)`` under a
guard ``j != i`` has no value at i = j, and needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field import function_values
from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.terms import Chosen, Others
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Extreme,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Product,
    Raised,
    Term,
    Test,
    Times,
    Total,
)
from gradcheck.run.budget import spend

Array = NDArray[Any]
Numbers = Any
Letters = tuple[str, ...]

_SLOTS = tuple(map(str, range(32)))

LARGEST = 2_000_000
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


class Evaluator:
    """Evaluates at the points of one number system, with the lengths of the axes fixed.

    ``draw`` gives the array of a free name; ``extents`` are numbers to take for lengths of axes
    instead of the lengths themselves (a free symbol N).
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
        self._rules: dict[type, Callable[[Any], Value]] = {
            Constant: self._constant,
            Extent: self._extent,
            Position: self._position,
            Entry: self._entry,
            Plus: self._plus,
            Times: self._times,
            Over: self._over,
            Raised: self._raised,
            Call: self._call,
            Total: self._total,
            Product: self._product,
            Others: self._others,
            Extreme: self._extreme,
            Chosen: self._chosen,
            Choice: self._choice,
        }

    def evaluate(self, term: Term) -> Value:
        """The value of a term; what it lacks is added to ``bad``."""
        return self._rules[type(term)](term)

    # -- arrays ------------------------------------------------------------------------------

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
        marks = [self._relabelled(mark, names) for mark in bad]
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

    # -- numbers -----------------------------------------------------------------------------

    def _constant(self, term: Constant) -> Value:
        return Value(self.numbers.constant(term.value), ())

    def _extent(self, term: Extent) -> Value:
        return Value(self._length(term.axis), ())

    def _length(self, axis: str) -> Array:
        if axis in self.extents:
            return self.extents[axis]
        found: Array = self.numbers.constant(Fraction(self.sizes[axis]))
        return found

    def _position(self, term: Position) -> Value:
        whole = self._whole(term)
        return Value(self.numbers.integers(whole.array[0]), whole.letters)

    def _plus(self, term: Plus) -> Value:
        return self._sum([self.evaluate(part) for part in term.terms])

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

    def _times(self, term: Times) -> Value:
        return self._contracted([self.evaluate(factor) for factor in term.factors], [])

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
        if bad is not None:
            self.bad.append(Value(bad, letters))
        return Value(array, letters)

    def _inverse(self, value: Value) -> Value:
        spend(2 + value.array.size // 16)
        return self._marked(self.numbers.inverse(value.array), value.letters)

    def _over(self, term: Over) -> Value:
        above, below = self.evaluate(term.numerator), self.evaluate(term.denominator)
        return self._multiplied(above, self._inverse(below))

    def _raised(self, term: Raised) -> Value:
        base = self.evaluate(term.base)
        if isinstance(term.exponent, Constant):
            exponent = term.exponent.value
            if exponent.denominator == 1 and abs(exponent.numerator) <= 64:
                return self._whole_power(base, exponent.numerator)
            if exponent.denominator == 2 and abs(exponent.numerator) <= 64:
                root = self._called("sqrt", 0, 0, [base])
                return self._whole_power(root, exponent.numerator)
        power = self.evaluate(term.exponent)
        product = self._multiplied(power, self._called("log", 0, 0, [base]))
        return self._called("exp", 0, 0, [product])

    def _whole_power(self, base: Value, exponent: int) -> Value:
        if exponent < 0:
            base, exponent = self._inverse(base), -exponent
        if not exponent:
            return Value(self.numbers.constant(Fraction(1)), ())
        spend(2 + base.array.size // 64)
        return Value(self.numbers.power(base.array, exponent), base.letters)

    def _call(self, term: Call) -> Value:
        arguments = [self.evaluate(argument) for argument in term.arguments]
        return self._called(term.function, term.order, term.by, arguments)

    def _called(self, function: str, order: int, by: int, arguments: list[Value]) -> Value:
        letters = union(*arguments)
        arrays = [aligned(value, letters) for value in arguments]
        spend(10 + sum(array.size for array in arrays) // 8)
        return self._marked(
            function_values.call(self.numbers, function, order, by, arrays), letters
        )

    # -- axes --------------------------------------------------------------------------------

    def _total(self, term: Total) -> Value:
        letters: list[Letter] = []
        body: Term = term
        while isinstance(body, Total) and body.guard is None:
            if body.letter.name in {letter.name for letter in letters}:
                break
            letters.append(body.letter)
            body = body.body
        if not letters:
            return self._guarded(term)
        before = len(self.bad)
        factors = body.factors if isinstance(body, Times) else (body,)
        values = [self.evaluate(factor) for factor in factors]
        value = self._contracted(values, letters[::-1])
        self._over_all(before, letters)
        return value

    def _over_all(self, before: int, letters: list[Letter]) -> None:
        """What lacks a value at one place of an axis lacks it in all that runs over the axis."""
        for mark in self.bad[before:]:
            for letter in letters:
                if letter.name in mark.letters:
                    axis = mark.letters.index(letter.name)
                    mark.array = np.asarray(mark.array.any(axis + 1))
                    mark.letters = mark.letters[:axis] + mark.letters[axis + 1 :]

    def _guarded(self, term: Total) -> Value:
        assert term.guard is not None
        before = len(self.bad)
        body = self.evaluate(term.body)
        holds = self._holds(term.guard)
        self._only_where(before, term.guard)
        value = self._contracted([body, holds], [term.letter])
        self._over_all(before, [term.letter])
        return value

    def _only_where(self, before: int, test: Test) -> None:
        """What lacks a value where an index test fails is not used."""
        mask = self._compared(test)
        if mask is not None:
            for mark in self.bad[before:]:
                letters = union(mark, mask)
                mark.array = aligned(mark, letters) & aligned(mask, letters)
                mark.letters = letters

    def _along(self, term: Product | Extreme | Others | Chosen) -> tuple[Value, int]:
        """The body with the letter as a dimension, and which one."""
        value = self.evaluate(term.body)
        name = term.letter.name
        if name not in value.letters:
            ones = self.numbers.integers(np.ones(self.sizes[term.letter.axis], dtype=np.int64))
            value = self._multiplied(value, Value(ones, (name,)))
        return value, value.letters.index(name) + 1

    def _product(self, term: Product) -> Value:
        before = len(self.bad)
        value, axis = self._along(term)
        found = self._folded(np.moveaxis(value.array, axis, 0))
        self._over_all(before, [term.letter])
        return Value(found, value.letters[: axis - 1] + value.letters[axis:])

    def _folded(self, rows: Any) -> Array:
        found: Array = rows[0]
        for row in rows[1:]:
            found = self.numbers.multiply(found, row)
        return found

    def _others(self, term: Others) -> Value:
        value, axis = self._along(term)
        rows = list(np.moveaxis(value.array, axis, 0))
        if len(rows) == 1:
            return Value(self.numbers.constant(Fraction(1)), ())
        found = [self._folded(rows[:k] + rows[k + 1 :]) for k in range(len(rows))]
        return Value(np.moveaxis(np.stack(found), 0, axis), value.letters)

    def _extreme(self, term: Extreme) -> Value:
        before = len(self.bad)
        value, axis = self._along(term)
        chosen = self._marked(self.numbers.chosen(value.array, axis, term.sense), value.letters)
        found = self._contracted([value, chosen], [term.letter])
        self._over_all(before, [term.letter])
        return found

    def _chosen(self, term: Chosen) -> Value:
        value, axis = self._along(term)
        return self._marked(self.numbers.chosen(value.array, axis, term.sense), value.letters)

    # -- choices -----------------------------------------------------------------------------

    def _choice(self, term: Choice) -> Value:
        terms: list[Value] = []
        rest: Value | None = None
        for test, body in term.branches:
            before = len(self.bad)
            nothing = isinstance(body, Constant) and not body.value
            value = None if nothing else self.evaluate(body)
            weight = rest
            if test is not None:
                holds = self._holds(test)
                self._only_where(before, test)
                weight = holds if rest is None else self._multiplied(rest, holds)
                less = self._sum([Value(self.numbers.constant(Fraction(1)), ()), self._less(holds)])
                rest = less if rest is None else self._multiplied(rest, less)
            if value is not None:
                terms.append(value if weight is None else self._multiplied(weight, value))
            if test is None:
                break
        return self._sum(terms) if terms else Value(self.numbers.constant(Fraction(0)), ())

    def _less(self, value: Value) -> Value:
        return Value(self.numbers.negative(value.array), value.letters)

    def _holds(self, test: Test) -> Value:
        """1 where a test holds, else 0; between real numbers that is an indicator."""
        mask = self._compared(test)
        if mask is not None:
            return Value(self.numbers.integers(mask.array[0].astype(np.int64)), mask.letters)
        relation = test.relation
        difference = self._sum([self.evaluate(test.left), self._less(self.evaluate(test.right))])
        compare = self.numbers.zero if relation in ("=", "!=") else self.numbers.positive
        found = self._marked(compare(difference.array), difference.letters)
        if relation in ("!=", "<", "<="):
            one = Value(self.numbers.constant(Fraction(1)), ())
            return self._sum([one, self._less(found)])
        return found

    def _compared(self, test: Test) -> Value | None:
        """Where a test between indices holds, as truth values; None for real numbers."""
        left, right = self._whole(test.left), self._whole(test.right)
        if left is None or right is None:
            return None
        letters = union(left, right)
        return Value(
            _COMPARE[test.relation](aligned(left, letters), aligned(right, letters)), letters
        )

    def _whole(self, term: Term) -> Any:
        """The whole number that indices and constants come to, or None."""
        match term:
            case Position(index=Place(number=number)):
                return Value(np.array([number]), ())
            case Position(index=Letter(name=name, axis=axis)):
                return Value(np.arange(1, self.sizes[axis] + 1)[None], (name,))
            case Constant(value=value) if value.denominator == 1:
                return Value(np.array([int(value)]), ())
            case Extent(axis=axis):
                return Value(np.array([self.sizes[axis]]), ())
            case Plus(terms=terms):
                return self._whole_of(terms, np.add)
            case Times(factors=factors):
                return self._whole_of(factors, np.multiply)
        return None

    def _whole_of(self, terms: tuple[Term, ...], operation: Any) -> Value | None:
        found: Value | None = None
        for term in terms:
            value = self._whole(term)
            if value is None:
                return None
            if found is not None:
                letters = union(found, value)
                array = operation(aligned(found, letters), aligned(value, letters))
                value = Value(array, letters)
            found = value
        return found


_COMPARE: dict[str, Callable[[Array, Array], Array]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
