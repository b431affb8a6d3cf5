"""Evaluation of terms without slopes at points, over any number system.

A value is an array whose first dimension is the point's and whose others have letters as names.
Letters that a value does not vary with are left out. What has no value (a division by 0) is kept
as a mark beside it, by letters too, and counts only where it is used: ``1/(x_i - x_j)`` under a
guard ``j != i`` has no value at i = j, and needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.evidence.field import function_values
from gradcheck.evidence.field.choices import Choices, only_where
from gradcheck.evidence.field.named_arrays import Array, Numbers, Value, aligned, union
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
    Plus,
    Position,
    Product,
    Raised,
    Term,
    Times,
    Total,
)
from gradcheck.run.budget import spend


class Evaluator(Choices):
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
        super().__init__(numbers, sizes, definition, draw, extents)
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

    # -- numbers -----------------------------------------------------------------------------

    def _constant(self, term: Constant) -> Value:
        return Value(self.numbers.constant(term.value), ())

    def _extent(self, term: Extent) -> Value:
        return Value(self._length(term.axis), ())

    def _position(self, term: Position) -> Value:
        whole = self._whole(term)
        return Value(self.numbers.integers(whole.array[0]), whole.letters)

    def _plus(self, term: Plus) -> Value:
        return self._sum([self.evaluate(part) for part in term.terms])

    def _times(self, term: Times) -> Value:
        return self._contracted([self.evaluate(factor) for factor in term.factors], [])

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
        of_body = self.bad[before:]
        holds, mask = self._held(term.guard)
        if mask is not None:
            only_where(of_body, mask)
        value = self._contracted([body, holds], [term.letter])
        self._over_all(before, [term.letter])
        return value

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
