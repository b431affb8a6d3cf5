"""Sums of products of typed terms: what a gradient is written down from.

A product keeps its factors as the author wrote them; only what cancels is worked out. Letters that
sums bind have names that nothing else has, so that no letter is ever caught by another's sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Entry,
    Extent,
    Extreme,
    Index,
    Letter,
    Over,
    Plus,
    Position,
    Product,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    letters,
)

ONE = Constant(Fraction(1))
MINUS = Constant(Fraction(-1))


class NoForm(Exception):
    """There is no simple form of a gradient."""


@dataclass(frozen=True)
class Summand:
    """``coefficient · Σ factors^power`` over the letters ``sums``, the last bound outermost."""

    coefficient: Fraction = Fraction(1)
    factors: tuple[tuple[Term, int], ...] = ()
    sums: tuple[Letter, ...] = ()

    def times(self, term: Term, power: int = 1) -> Summand:
        """The summand times a power of a term."""
        match term:
            case Constant(value=value) if value or power > 0:
                return replace(self, coefficient=self.coefficient * value**power)
            case Times(factors=factors):
                found = self
                for factor in factors:
                    found = found.times(factor, power)
                return found
            case Over(numerator=above, denominator=below):
                return self.times(above, power).times(below, -power)
            case Raised(base=base, exponent=Constant(value=value)) if value.denominator == 1:
                return self.times(base, power * int(value))
        powers = dict(self.factors)
        powers[term] = powers.get(term, 0) + power
        return replace(self, factors=tuple((t, p) for t, p in powers.items() if p))

    def joined(self, other: Summand) -> Summand:
        """The product of two summands, whose sums bind different letters."""
        found = replace(
            self, coefficient=self.coefficient * other.coefficient, sums=self.sums + other.sums
        )
        for term, power in other.factors:
            found = found.times(term, power)
        return found

    def under(self, letter: Letter) -> Summand:
        """The sum of it over a letter."""
        return replace(self, sums=(*self.sums, letter))

    def put(self, given: Mapping[str, Index]) -> Summand:
        """With other indices for some of its letters; those are bound no more."""
        found = Summand(self.coefficient, (), tuple(s for s in self.sums if s.name not in given))
        for term, power in self.factors:
            found = found.times(put(term, given), power)
        return found

    @property
    def term(self) -> Term:
        """As a term of its own."""
        above = [t if p == 1 else Raised(t, Constant(Fraction(p))) for t, p in self.factors]
        if self.coefficient != 1 or not above:
            above.insert(0, Constant(self.coefficient))
        body = above[0] if len(above) == 1 else Times(tuple(above))
        for letter in self.sums:
            body = Total(letter, body)
        return body


def put(term: Term, given: Mapping[str, Index]) -> Term:
    """A term with other indices for some of its free letters. Raises `NoForm`."""

    def index(at: Index) -> Index:
        return given.get(at.name, at) if isinstance(at, Letter) else at

    def inner(node: Term) -> Term:
        return put(node, given)

    match term:
        case Entry(at=at):
            return replace(term, at=tuple(index(i) for i in at))
        case Position(index=at_index):
            return replace(term, index=index(at_index))
        case Constant() | Extent():
            return term
        case Plus(terms=terms):
            return replace(term, terms=tuple(inner(t) for t in terms))
        case Times(factors=factors):
            return replace(term, factors=tuple(inner(f) for f in factors))
        case Over(numerator=above, denominator=below):
            return replace(term, numerator=inner(above), denominator=inner(below))
        case Raised(base=base, exponent=exponent):
            return replace(term, base=inner(base), exponent=inner(exponent))
        case Call(arguments=arguments):
            return replace(term, arguments=tuple(inner(a) for a in arguments))
        case Choice(branches=branches):
            return replace(
                term,
                branches=tuple(
                    (
                        None if t is None else Test(inner(t.left), t.relation, inner(t.right)),
                        inner(b),
                    )
                    for t, b in branches
                ),
            )
        case Total(letter=letter, body=body, guard=None):
            kept = {k: v for k, v in given.items() if k != letter.name}
            bound = kept.pop("=" + letter.name, letter)
            assert isinstance(bound, Letter)
            return Total(bound, put(body, kept))
        case Total() | Product() | Extreme() | Slope():
            raise NoForm
    raise NoForm


class Fresh:
    """Names for letters that nothing else has: ``k~3`` for k."""

    def __init__(self) -> None:
        self.count = 0

    def letter(self, letter: Letter) -> Letter:
        """A new letter over the same axis."""
        self.count += 1
        return Letter(f"{letter.name.partition('~')[0]}~{self.count}", letter.axis)

    def bound(self, term: Term) -> Term:
        """The same term with new letters for all that it binds. Raises `NoForm`."""
        match term:
            case Total(letter=letter, body=body, guard=None):
                new = self.letter(letter)
                return Total(new, self.bound(put(body, {letter.name: new})))
            case Plus(terms=terms):
                return Plus(tuple(self.bound(t) for t in terms))
            case Times(factors=factors):
                return Times(tuple(self.bound(f) for f in factors))
            case Over(numerator=above, denominator=below):
                return Over(self.bound(above), self.bound(below))
            case Raised(base=base, exponent=exponent):
                return Raised(self.bound(base), self.bound(exponent))
            case Call(arguments=arguments):
                return replace(term, arguments=tuple(self.bound(a) for a in arguments))
            case Entry() | Constant() | Extent() | Position() | Choice():
                return term
        raise NoForm


def negative(term: Term) -> bool:
    """Whether a term has a minus in front."""
    return Summand().times(term).coefficient < 0


def turned(summand: Summand) -> Summand:
    """``(o - t)`` for ``-(t - o)``."""
    if summand.coefficient > 0:
        return summand
    for at, (term, power) in enumerate(summand.factors):
        if not isinstance(term, Plus) or power % 2 == 0 or len(term.terms) != 2:
            continue
        one, other = term.terms
        if negative(one) == negative(other):
            continue
        new = Plus(tuple(Summand().times(MINUS).times(t).term for t in reversed(term.terms)))
        factors = [*summand.factors]
        factors[at] = (new, power)
        return replace(summand, coefficient=-summand.coefficient, factors=tuple(factors))
    return summand


def counted(summand: Summand) -> Summand:
    """Sums over letters that nothing carries, as the lengths that they come to."""
    found = summand
    for letter in summand.sums:
        if not any(letter.name in letters(term) for term, _ in summand.factors):
            kept = tuple(s for s in found.sums if s != letter)
            found = replace(found, sums=kept).times(Extent(letter.axis))
    return found


def gathered(summands: Sequence[Summand]) -> list[Summand]:
    """Equal products taken together; those that come to 0 are left out."""
    found: dict[object, Summand] = {}
    for summand in summands:
        summand = counted(summand)
        key = _key(summand)
        known = found.get(key)
        if known is not None:
            summand = replace(known, coefficient=known.coefficient + summand.coefficient)
        found[key] = summand
    return [turned(s) for s in found.values() if s.coefficient]


def _key(summand: Summand) -> object:
    """What two products have alike that differ in their number alone."""
    order = [
        name
        for term, _ in summand.factors
        for name in letters(term)
        if name in {s.name for s in summand.sums}
    ]
    given = {
        name: Letter(f"~{at}", next(s.axis for s in summand.sums if s.name == name))
        for at, name in enumerate(dict.fromkeys(order))
    }
    axes = tuple(sorted(letter.axis for letter in given.values()))
    return frozenset((put(t, given), p) for t, p in summand.factors), axes


def as_one(summands: Sequence[Summand]) -> Summand:
    """A sum of products as one: what all of them have, before a bracket."""
    if len(summands) == 1:
        return summands[0]
    like = [_aligned(s, summands[0]) for s in summands]
    alike = all(l is not None for l in like)
    rest = [s for s in like if s is not None] if alike else list(summands)
    sums = rest[0].sums if alike else ()
    common = dict(rest[0].factors)
    for summand in rest[1:]:
        own = dict(summand.factors)
        common = {t: p for t, p in common.items() if own.get(t) == p}
    if not alike:
        bound = {letter.name for s in rest for letter in s.sums}
        common = {t: p for t, p in common.items() if not bound & set(letters(t))}
    size = {abs(s.coefficient) for s in rest}
    number = size.pop() if len(size) == 1 else Fraction(1)
    if all(s.coefficient < 0 for s in rest):
        number = -number
    inside = [
        Summand(
            s.coefficient / number,
            tuple((t, p) for t, p in s.factors if t not in common),
            () if alike else s.sums,
        )
        for s in rest
    ]
    inside.sort(key=lambda s: s.coefficient < 0)
    whole = Summand(number, (), sums).times(Plus(tuple(s.term for s in inside)))
    for term, power in common.items():
        whole = whole.times(term, power)
    return whole


def _aligned(summand: Summand, first: Summand) -> Summand | None:
    """With the letters of another's sums, if it sums over the same axes."""
    if [s.axis for s in summand.sums] != [s.axis for s in first.sums]:
        return None
    given = {own.name: other for own, other in zip(summand.sums, first.sums, strict=True)}
    return replace(summand.put(given), sums=first.sums)


def opened(summand: Summand) -> Iterator[Summand]:
    """The product with its brackets multiplied out."""
    for at, (term, power) in enumerate(summand.factors):
        if isinstance(term, Plus) and power == 1:
            rest = tuple(f for k, f in enumerate(summand.factors) if k != at)
            for inner in term.terms:
                yield from opened(replace(summand, factors=rest).times(inner))
            return
    yield summand
