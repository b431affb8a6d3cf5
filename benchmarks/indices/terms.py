"""Expressions in index notation: entries of arrays, sums over axes, partials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction


@dataclass(frozen=True)
class Index:
    """A letter that ranges over an axis; two letters may range over one."""

    letter: str
    axis: str


@dataclass(frozen=True)
class Term:
    """What all expressions share: their parts, and themselves with other parts."""

    @property
    def parts(self) -> tuple[Term, ...]:
        return ()

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return self


@dataclass(frozen=True)
class Number(Term):
    value: Fraction


@dataclass(frozen=True)
class Size(Term):
    """How long an axis is: N, H, K."""

    axis: str


@dataclass(frozen=True)
class Entry(Term):
    """An entry of an array, or a number by name; an index is a letter or a numeral."""

    name: str
    indices: tuple[Index | int, ...] = ()


@dataclass(frozen=True)
class Sum(Term):
    """A sum over an axis; the last three are for wrong bounds."""

    index: Index
    body: Term
    low: int = 1
    fewer: int = 0
    upto: str = ""  # the axis whose size bounds it, if not its own

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.body,)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return replace(self, body=parts[0])


@dataclass(frozen=True)
class Add(Term):
    """Terms; ``paths`` if each is a way from the parameter to the loss."""

    terms: tuple[Term, ...]
    paths: bool = False

    @property
    def parts(self) -> tuple[Term, ...]:
        return self.terms

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return replace(self, terms=parts)


@dataclass(frozen=True)
class Mul(Term):
    factors: tuple[Term, ...]

    @property
    def parts(self) -> tuple[Term, ...]:
        return self.factors

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return Mul(parts)


@dataclass(frozen=True)
class Quotient(Term):
    above: Term
    below: Term

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.above, self.below)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return Quotient(*parts)


@dataclass(frozen=True)
class Square(Term):
    base: Term

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.base,)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return Square(parts[0])


@dataclass(frozen=True)
class Call(Term):
    """A function of a number: sigmoid, tanh, exp, log, identity."""

    function: str
    argument: Term

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.argument,)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return Call(self.function, parts[0])


@dataclass(frozen=True)
class Slope(Term):
    """The slope of an activation by its value ``h`` (or, as f'(z), by its argument)."""

    function: str
    value: Entry
    argument: Entry | None = None  # written f'(argument) if there is one

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.value,)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        (value,) = parts
        assert isinstance(value, Entry)
        argument = self.argument and replace(self.argument, indices=value.indices)
        return replace(self, value=value, argument=argument)


@dataclass(frozen=True)
class Kronecker(Term):
    one: Index
    other: Index


@dataclass(frozen=True)
class Cases(Term):
    """One value where two indices are the same, another where they differ."""

    one: Index
    other: Index
    same: Term
    apart: Term

    @property
    def parts(self) -> tuple[Term, ...]:
        return (self.same, self.apart)

    def with_parts(self, parts: tuple[Term, ...]) -> Term:
        return replace(self, same=parts[0], apart=parts[1])


@dataclass(frozen=True)
class Partial(Term):
    """The partial of one quantity by another, which is a node of its own."""

    of: Entry
    by: Entry


@dataclass(frozen=True)
class Statement:
    """``head = side = side``: a definition, the loss, a helper or a claim."""

    kind: str
    head: Entry | Partial
    sides: tuple[Term, ...]


def number(value: int | Fraction) -> Number:
    return Number(Fraction(value))


def minus(term: Term) -> Term:
    return times(number(-1), term)


def times(*terms: Term) -> Term:
    """The product, without ones and without products inside."""
    flat = [factor for term in terms for factor in _factors(term)]
    signs = sum(factor == number(-1) for factor in flat)
    flat = [factor for factor in flat if factor not in (number(1), number(-1))]
    flat = [number(-1)] * (signs % 2) + flat
    if not flat:
        return number(1)
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def _factors(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Mul) else (term,)


def walk(term: Term, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    """Every node of an expression with its path."""
    yield path, term
    for place, part in enumerate(term.parts):
        yield from walk(part, (*path, place))


def changed(term: Term, path: tuple[int, ...], new: Term) -> Term:
    """The expression with another node at a path."""
    if not path:
        return new
    parts = list(term.parts)
    parts[path[0]] = changed(parts[path[0]], path[1:], new)
    return term.with_parts(tuple(parts))


def substituted(term: Term, letters: dict[str, Index | int]) -> Term:
    """The expression with other indices for some letters; those that a sum binds stay."""
    if isinstance(term, Entry):
        return Entry(term.name, tuple(_at(index, letters) for index in term.indices))
    if isinstance(term, Partial):
        of, by = substituted(term.of, letters), substituted(term.by, letters)
        assert isinstance(of, Entry) and isinstance(by, Entry)
        return Partial(of, by)
    if isinstance(term, Sum):
        letters = {key: value for key, value in letters.items() if key != term.index.letter}
    return term.with_parts(tuple(substituted(part, letters) for part in term.parts))


def _at(index: Index | int, letters: dict[str, Index | int]) -> Index | int:
    return letters.get(index.letter, index) if isinstance(index, Index) else index
