"""How many values of an index an equality can tell apart: sizes that stand for all sizes.

Written out, a term is a sum over choices of values for its bound letters. What a summand depends
on are the entries at the values chosen; if there are at most c of them on an axis, an equality
that holds at c or more values holds at any number. Products add their counts; a sum takes the
largest of its terms, and one more for its bound letter; denominators are cleared, the same one
once. A function's value is a generator of its own, and its argument a term of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gradcheck.evidence.field.terms import Chosen, Others, free_letters, parts
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Extreme,
    Over,
    Place,
    Plus,
    Position,
    Product,
    Raised,
    Term,
    Times,
    Total,
)

Counts = dict[str, int]


def _added(one: Counts, other: Counts, times: int = 1) -> Counts:
    found = dict(one)
    for key, count in other.items():
        found[key] = found.get(key, 0) + times * count
    return found


def _largest(one: Counts, other: Counts) -> Counts:
    return {key: max(one.get(key, 0), other.get(key, 0)) for key in one | other}


@dataclass
class Count:
    """By axis: bound letters in the numerator; by denominator: its power and its own letters.

    ``#axis`` counts how often the axis's own length is multiplied in.
    """

    above: Counts = field(default_factory=dict)
    below: dict[str, tuple[int, Counts]] = field(default_factory=dict)

    def cleared(self, denominators: dict[str, tuple[int, Counts]]) -> Counts:
        """The numerator over a common denominator that this one's divides."""
        found = self.above
        for key, (power, counts) in denominators.items():
            own = self.below.get(key, (0, counts))[0]
            found = _added(found, counts, power - own)
        return found

    def times(self, other: Count) -> Count:
        below = dict(self.below)
        for key, (power, counts) in other.below.items():
            below[key] = (below.get(key, (0, counts))[0] + power, counts)
        return Count(_added(self.above, other.above), below)

    def plus(self, other: Count) -> Count:
        below = common(self.below, other.below)
        return Count(_largest(self.cleared(below), other.cleared(below)), below)


def common(
    one: dict[str, tuple[int, Counts]], other: dict[str, tuple[int, Counts]]
) -> dict[str, tuple[int, Counts]]:
    """The least denominator that both divide."""
    found = dict(one)
    for key, (power, counts) in other.items():
        found[key] = (max(power, found.get(key, (0, counts))[0]), counts)
    return found


class Counter:
    """Counts terms over their definitions, written out. ``limits`` says what has no count."""

    def __init__(self, definition: Callable[[str], Definition | None]) -> None:
        self.definition = definition
        self.inner: Counts = {}
        """The largest count of any argument of a function."""
        self.limits: set[str] = set()
        self.places: Counts = {}
        self.axes: set[str] = set()
        self._known: dict[str, Count] = {}

    def count(self, term: Term) -> Count:
        """The count of a term."""
        match term:
            case Constant():
                return Count()
            case Extent(axis=axis):
                self.axes.add(axis)
                return Count({f"#{axis}": 1})
            case Position(index=index):
                self.limits.add("an index that is used as a number")
                self.axes.add(index.axis)
                return Count()
            case Entry():
                return self._entry(term)
            case Plus(terms=terms):
                found = self.count(terms[0])
                for part in terms[1:]:
                    found = found.plus(self.count(part))
                return found
            case Times(factors=factors):
                found = Count()
                for part in factors:
                    found = found.times(self.count(part))
                return found
            case Over(numerator=above, denominator=below):
                return self.count(above).times(self._inverse(below))
            case Raised():
                return self._raised(term)
            case Call(arguments=arguments):
                for argument in arguments:
                    self._argument(argument)
                return Count()
            case Total():
                return self._total(term)
            case Product() | Others():
                self.limits.add("a product over an axis")
            case Extreme() | Chosen():
                self.limits.add("an extreme value along an axis")
            case Choice():
                return self._choice(term)
        if isinstance(term, Product | Others | Extreme | Chosen):
            self.axes.add(term.letter.axis)
            self._argument(term.body)
        return Count()

    def _argument(self, term: Term) -> None:
        """A term that is compared with others of its kind, cleared against each."""
        count = self.count(term)
        total = count.above
        for power, counts in count.below.values():
            total = _added(total, counts, power)
        self.inner = _largest(self.inner, total)

    def _entry(self, term: Entry) -> Count:
        for index in term.at:
            self.axes.add(index.axis)
            if isinstance(index, Place):
                self.places[index.axis] = max(self.places.get(index.axis, 0), index.number)
        if term.name not in self._known:
            definition = self.definition(term.name)
            self._known[term.name] = Count()
            if definition is not None:
                self._known[term.name] = self.count(definition.body)
        return self._known[term.name]

    def _inverse(self, term: Term) -> Count:
        """1 over a term: its numerator is a denominator, by how it is written."""
        if isinstance(term, Times):
            found = Count()
            for factor in term.factors:
                found = found.times(self._inverse(factor))
            return found
        count = self.count(term)
        above: Counts = {}
        for power, counts in count.below.values():
            above = _added(above, counts, power)
        if not count.above:
            return Count(above)
        return Count(above, {_key(term): (1, count.above)})

    def _raised(self, term: Raised) -> Count:
        exponent = term.exponent
        if isinstance(exponent, Constant) and exponent.value.denominator == 1:
            base = self.count(term.base) if exponent.value > 0 else self._inverse(term.base)
            power = abs(exponent.value.numerator)
            below = {key: (k * power, counts) for key, (k, counts) in base.below.items()}
            return Count(_added({}, base.above, power), below)
        self._argument(term.base)
        self._argument(exponent)
        return Count()

    def _total(self, term: Total) -> Count:
        axis = term.letter.axis
        self.axes.add(axis)
        body = self.count(term.body)
        if term.guard is not None:
            self._test(term.guard)
        elif term.letter.name not in free_letters(term.body):
            return body.times(Count({f"#{axis}": 1}))
        return Count(_added(body.above, {axis: 1}), body.below)

    def _choice(self, term: Choice) -> Count:
        found = Count()
        for test, body in term.branches:
            if test is not None:
                self._test(test)
            found = found.plus(self.count(body))
        return found

    def _test(self, test: object) -> None:
        from gradcheck.language.typed import Test

        assert isinstance(test, Test)
        for side in (test.left, test.right):
            if isinstance(side, Position):
                self.axes.add(side.index.axis)
                if isinstance(side.index, Place):
                    at = side.index
                    self.places[at.axis] = max(self.places.get(at.axis, 0), at.number)
            else:
                self._argument(side)


def _key(term: Term) -> str:
    """How a denominator is written, whatever its letters are called."""
    if isinstance(term, Entry):
        return term.name
    own = repr(term.value) if isinstance(term, Constant) else type(term).__name__
    return f"{own}({','.join(_key(part) for part in parts(term))})"
