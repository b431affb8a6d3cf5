"""How many values of an index an equality can tell apart: sizes that stand for all sizes.

Written out, a term is a sum over choices of values for its bound letters. What a summand depends
on are the entries at the values chosen; if there are at most c of them on an axis, an equality
that holds at c or more values holds at any number. Products add their counts; a sum takes the
largest of its terms, and one more for its bound letter; denominators are cleared, the same one
once. A function's value is a generator of its own, and its argument a term of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gradcheck.evidence.field.terms import Chosen, Others, free_letters, parts
from gradcheck.evidence.field.vanishing import Vanishing
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Extreme,
    Index,
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

Counts = dict[str, int]
Key = tuple[str, tuple[str, ...]]
"""A denominator: how it is written, and the indices that it varies with."""
Denominators = dict[Key, tuple[int, Counts]]
"""By denominator: its power, and its own count."""


def added(one: Counts, other: Counts, times: int = 1) -> Counts:
    """Counts of a product."""
    if not other or not times:
        return one
    found = dict(one)
    for key, count in other.items():
        found[key] = found.get(key, 0) + times * count
    return found


def largest(one: Counts, other: Counts) -> Counts:
    """Counts of a sum."""
    if not other or one is other:
        return one
    if not one:
        return other
    return {key: max(one.get(key, 0), other.get(key, 0)) for key in one | other}


@dataclass(frozen=True, slots=True)
class Notes:
    """What a term contains, wherever it stands in it."""

    features: frozenset[str] = frozenset()
    """Kinds of nodes that need a manner of their own: exp, log, root, kink, extreme, length."""
    limits: frozenset[str] = frozenset()
    """Why no sizes stand for all sizes."""
    axes: frozenset[str] = frozenset()
    places: tuple[tuple[str, int], ...] = ()
    """Fixed positions: by axis, the last of them."""
    inner: Counts = field(default_factory=dict)
    """The largest numerator of any argument of a function."""
    under: Counts = field(default_factory=dict)
    """The largest denominator of any argument of a function."""

    def with_(self, other: Notes) -> Notes:
        """The notes of both."""
        if other is self or other is NOTHING:
            return self
        if self is NOTHING:
            return other
        return Notes(
            self.features | other.features,
            self.limits | other.limits,
            self.axes | other.axes,
            tuple(largest(dict(self.places), dict(other.places)).items()),
            largest(self.inner, other.inner),
            largest(self.under, other.under),
        )


NOTHING = Notes()


@dataclass(frozen=True, slots=True)
class Count:
    """By axis: bound letters in the numerator; the denominators.

    ``#axis`` counts how often the axis's own length is multiplied in, ``~axis`` how often it may be
    without being written: by sums of what does not vanish (see `vanishing`).
    """

    above: Counts = field(default_factory=dict)
    below: Denominators = field(default_factory=dict)
    notes: Notes = NOTHING

    def cleared(self, denominators: Denominators) -> Counts:
        """The numerator over a common denominator that this one's divides."""
        found = self.above
        for key, (power, counts) in denominators.items():
            own = self.below.get(key, (0, counts))[0]
            found = added(found, counts, power - own)
        return found

    def times(self, other: Count) -> Count:
        below = self.below
        if other.below:
            below = dict(below)
            for key, (power, counts) in other.below.items():
                below[key] = (below.get(key, (0, counts))[0] + power, counts)
        return Count(added(self.above, other.above), below, self.notes.with_(other.notes))

    def plus(self, other: Count) -> Count:
        notes = self.notes.with_(other.notes)
        if not self.below and not other.below:
            return Count(largest(self.above, other.above), {}, notes)
        below = common(self.below, other.below)
        return Count(largest(self.cleared(below), other.cleared(below)), below, notes)

    def noting(self, notes: Notes) -> Count:
        """The same with more notes."""
        return Count(self.above, self.below, self.notes.with_(notes))

    def under(self) -> Counts:
        """The count of the whole denominator."""
        found: Counts = {}
        for power, counts in self.below.values():
            found = added(found, counts, power)
        return found


def common(one: Denominators, other: Denominators) -> Denominators:
    """The least denominator that both divide."""
    found = dict(one)
    for key, (power, counts) in other.items():
        found[key] = (max(power, found.get(key, (0, counts))[0]), counts)
    return found


def reindexed(below: Denominators, names: Mapping[str, str]) -> Denominators:
    """Denominators at other indices; those that become the same are multiplied."""
    if not any(index in names for _, at in below for index in at):
        return below
    found: Denominators = {}
    for (text, at), (power, counts) in below.items():
        key = text, tuple(sorted(names.get(index, index) for index in at))
        found[key] = (found.get(key, (0, counts))[0] + power, counts)
    return found


NUMBER = Count()
_FUNCTIONS = {
    "sigmoid": "exp",
    "tanh": "exp",
    "exp": "exp",
    "softplus": "exp log",
    "log": "log",
    "arctan": "log",
    "erf": "log",
    "Phi": "log",
    "sqrt": "root",
    "relu": "kink",
    "abs": "kink",
    "sign": "kink",
}


class Counter:
    """Counts the terms of one world over their definitions, written out."""

    def __init__(self, definition: Callable[[str], Definition | None]) -> None:
        self.definition = definition
        self.vanishing = Vanishing(definition)
        self._known: dict[str, Count] = {}
        self._rules: dict[type, Callable[[Term], Count]] = {
            Constant: lambda term: NUMBER,
            Extent: _extent,
            Position: _position,
            Entry: self._entry,
            Plus: self._plus,
            Times: self._times,
            Over: self._over,
            Raised: self._raised,
            Call: self._call,
            Total: self._total,
            Product: self._along,
            Others: self._along,
            Extreme: self._along,
            Chosen: self._along,
            Choice: self._choice,
        }

    def count(self, term: Term) -> Count:
        """The count of a term."""
        return self._rules[type(term)](term)

    def _plus(self, term: Term) -> Count:
        assert isinstance(term, Plus)
        found = self.count(term.terms[0])
        for part in term.terms[1:]:
            found = found.plus(self.count(part))
        return found

    def _times(self, term: Term) -> Count:
        assert isinstance(term, Times)
        found = NUMBER
        for part in term.factors:
            found = found.times(self.count(part))
        return found

    def _over(self, term: Term) -> Count:
        assert isinstance(term, Over)
        return self.count(term.numerator).times(self._inverse(term.denominator))

    def _call(self, term: Term) -> Count:
        assert isinstance(term, Call)
        features = frozenset(_FUNCTIONS.get(term.function, "abstract").split())
        notes = Notes(features)
        for argument in term.arguments:
            notes = notes.with_(self._argument(argument))
        return Count(notes=notes)

    def _argument(self, term: Term) -> Notes:
        """A term that is compared with others of its kind, at letters of its own."""
        count = self.count(term)
        above = count.above
        for letter in free_letters(term).values():
            above = added(above, {letter.axis: 2})
        return count.notes.with_(Notes(inner=above, under=count.under()))

    def _entry(self, term: Term) -> Count:
        assert isinstance(term, Entry)
        if term.name not in self._known:
            definition = self.definition(term.name)
            self._known[term.name] = NUMBER if definition is None else self.count(definition.body)
        found = self._known[term.name]
        definition = self.definition(term.name) if found.below else None
        if definition is not None:
            pairs = zip(definition.letters, term.at, strict=False)
            names = {a.name: _text(index) for a, index in pairs}
            found = replace(found, below=reindexed(found.below, names))
        return found.noting(_at(term.at)) if term.at else found

    def _inverse(self, term: Term) -> Count:
        """1 over a term: its numerator is a denominator, by how it is written."""
        if isinstance(term, Times):
            found = NUMBER
            for factor in term.factors:
                found = found.times(self._inverse(factor))
            return found
        count = self.count(term)
        key = _key(term), tuple(sorted(free_letters(term)))
        below: Denominators = {key: (1, count.above)} if count.above else {}
        return Count(count.under(), below, count.notes)

    def _raised(self, term: Term) -> Count:
        assert isinstance(term, Raised)
        exponent = term.exponent
        if isinstance(exponent, Constant) and exponent.value.denominator == 1:
            base = self.count(term.base) if exponent.value > 0 else self._inverse(term.base)
            power = abs(exponent.value.numerator)
            below = {key: (k * power, counts) for key, (k, counts) in base.below.items()}
            return Count(added({}, base.above, power), below, base.notes)
        notes = self._argument(term.base).with_(self._argument(exponent))
        half = isinstance(exponent, Constant) and exponent.value.denominator == 2
        features = frozenset({"root"}) if half else frozenset({"exp", "log"})
        return Count(notes=notes.with_(Notes(features)))

    def _total(self, term: Term) -> Count:
        assert isinstance(term, Total)
        axis = term.letter.axis
        body = self.count(term.body).noting(Notes(axes=frozenset({axis})))
        if term.guard is not None:
            body = body.noting(self._test(term.guard))
        elif term.letter.name not in free_letters(term.body):
            return body.times(Count({f"#{axis}": 1}, notes=Notes(frozenset({"length"}))))
        if not self.vanishing.does(term.body, term.letter.name):
            body = body.times(Count({f"~{axis}": 1}))
        below = reindexed(body.below, {term.letter.name: f"any {axis}"})
        return replace(body, above=added(body.above, {axis: 1}), below=below)

    def _along(self, term: Term) -> Count:
        assert isinstance(term, Product | Others | Extreme | Chosen)
        ends = isinstance(term, Extreme | Chosen)
        limit = "an extreme value along an axis" if ends else "a product over an axis"
        features = frozenset({"kink", "extreme"}) if ends else frozenset[str]()
        notes = Notes(features, frozenset({limit}), frozenset({term.letter.axis}))
        return Count(notes=notes.with_(self._argument(term.body)))

    def _choice(self, term: Term) -> Count:
        assert isinstance(term, Choice)
        found = NUMBER
        for test, body in term.branches:
            found = found.plus(self.count(body))
            if test is not None:
                found = found.noting(self._test(test))
        return found

    def _test(self, test: Test) -> Notes:
        notes = NOTHING
        for side in (test.left, test.right):
            if isinstance(side, Position):
                notes = notes.with_(_at((side.index,)))
            else:
                notes = notes.with_(self._argument(side))
        if not (isinstance(test.left, Position) and isinstance(test.right, Position)):
            notes = notes.with_(Notes(frozenset({"kink"})))
        return notes


def _extent(term: Term) -> Count:
    assert isinstance(term, Extent)
    notes = Notes(frozenset({"length"}), axes=frozenset({term.axis}))
    return Count({f"#{term.axis}": 1}, notes=notes)


def _position(term: Term) -> Count:
    assert isinstance(term, Position)
    limit = frozenset({"an index that is used as a number"})
    return Count(notes=_at((term.index,)).with_(Notes(limits=limit)))


def _at(at: tuple[object, ...]) -> Notes:
    axes, places = set(), dict[str, int]()
    for index in at:
        axes.add(index.axis)  # type: ignore[attr-defined]
        if isinstance(index, Place):
            places[index.axis] = max(places.get(index.axis, 0), index.number)
    return Notes(axes=frozenset(axes), places=tuple(places.items()))


def _text(index: Index) -> str:
    return index.name if isinstance(index, Letter) else f"{index.number} of {index.axis}"


def _key(term: Term) -> str:
    """How a denominator is written, whatever its letters are called."""
    if isinstance(term, Entry):
        return term.name
    own = repr(term.value) if isinstance(term, Constant) else type(term).__name__
    if isinstance(term, Call):
        own = f"{term.function}'{term.order}"
    if isinstance(term, Extent):
        own = f"#{term.axis}"
    return f"{own}({','.join(_key(part) for part in parts(term))})"
