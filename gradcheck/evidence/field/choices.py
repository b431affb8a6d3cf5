"""Choices between terms, by indices or by the sign of a real number."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.evidence.field.named_arrays import Array, Arrays, Value, aligned, union
from gradcheck.language.typed import (
    Choice,
    Constant,
    Extent,
    Letter,
    Place,
    Plus,
    Position,
    Term,
    Test,
    Times,
)


class Choices(Arrays):
    """How choices and tests are evaluated."""

    def _choice(self, term: Choice) -> Value:
        terms: list[Value] = []
        rest: Value | None = None
        taken: list[Value] = []
        for test, body in term.branches:
            before = len(self.bad)
            nothing = isinstance(body, Constant) and not body.value
            value = None if nothing else self.evaluate(body)
            of_body = self.bad[before:]
            for mask in taken:
                only_where(of_body, Value(~mask.array, mask.letters))
            weight = rest
            if test is not None:
                holds, found = self._held(test)
                if found is not None:
                    only_where(of_body, found)
                    taken.append(found)
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

    def _held(self, test: Test) -> tuple[Value, Value | None]:
        """1 where a test holds, else 0; and where it does as truth values, if that is known."""
        mask = self._compared(test)
        if mask is not None:
            weight = self.numbers.integers(mask.array[0].astype(np.int64))
            return Value(weight, mask.letters), mask
        relation = test.relation
        one, other = self.evaluate(test.left), self.evaluate(test.right)
        if relation in ("<", ">="):  # of sides that are equal on a branch only these two tell
            one, other = other, one
        difference = self._sum([one, self._less(other)])
        compare = self.numbers.zero if relation in ("=", "!=") else self.numbers.positive
        found = self._marked(compare(difference.array), difference.letters)
        if relation in ("!=", ">=", "<="):
            one = Value(self.numbers.constant(Fraction(1)), ())
            found = self._sum([one, self._less(found)])
        if self.numbers.exact:
            return found, None
        return found, Value(found.array[: self.numbers.points] > 0.5, found.letters)

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


def only_where(marks: list[Value], mask: Value) -> None:
    """What lacks a value where a term is not taken is not used."""
    for mark in marks:
        letters = union(mark, mask)
        mark.array = aligned(mark, letters) & aligned(mask, letters)
        mark.letters = letters


_COMPARE: dict[str, Callable[[Array, Array], Array]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
