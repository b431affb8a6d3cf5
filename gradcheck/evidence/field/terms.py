"""Terms taken apart and put together: what differentiation adds to the typed tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.evidence.field.refused import Refused
from gradcheck.language import typed
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Entry,
    Extreme,
    Index,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Product,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
)

ONE = Constant(Fraction(1))
ZERO = Constant(Fraction(0))
MINUS = Constant(Fraction(-1))

Renaming = Mapping[str, Index]
"""What a free letter becomes, by its name."""


@dataclass(frozen=True, slots=True)
class Others(Term):
    """The product over all values of a letter but its own: how a `Product` varies with one."""

    letter: Letter
    body: Term


@dataclass(frozen=True, slots=True)
class Chosen(Term):
    """1 where the letter stands at the extreme value along its axis, else 0."""

    letter: Letter
    body: Term
    sense: int = 1


def parts(node: Term) -> tuple[Term, ...]:
    """The direct sub-terms, of the nodes of derivatives too."""
    if isinstance(node, Others | Chosen):
        return (node.body,)
    return typed.parts(node)


def free_letters(node: Term) -> dict[str, Letter]:
    """The free letters of a term, by name, in the order in which they occur."""
    if isinstance(node, Entry):
        return {i.name: i for i in node.at if isinstance(i, Letter)}
    if isinstance(node, Position):
        return {node.index.name: node.index} if isinstance(node.index, Letter) else {}
    found: dict[str, Letter] = {}
    for part in parts(node):
        for name, letter in free_letters(part).items():
            found.setdefault(name, letter)
    if isinstance(node, Total | Product | Extreme):
        found.pop(node.letter.name, None)
    elif isinstance(node, Others | Chosen):
        found.setdefault(node.letter.name, node.letter)
    return found


def times(*factors: Term) -> Term:
    """A product without ones and without products in it."""
    flat: list[Term] = []
    for factor in factors:
        if isinstance(factor, Times):
            flat.extend(factor.factors)
        elif factor != ONE:
            flat.append(factor)
    if not flat:
        return ONE
    return flat[0] if len(flat) == 1 else Times(tuple(flat))


def same(left: Index, right: Index) -> Term:
    """1 where two indices are one, else 0: Kronecker's delta."""
    if left == right:
        return ONE
    return indicator(Test(Position(left), "=", Position(right)))


def indicator(test: Test) -> Term:
    """1 where a test holds, else 0."""
    return Choice(((test, ONE), (None, ZERO)))


class Fresh:
    """Names of letters that no document has."""

    def __init__(self) -> None:
        self._count = 0

    def like(self, letter: Letter) -> Letter:
        """A new letter on the same axis."""
        self._count += 1
        return Letter(f"{letter.axis}'{self._count}", letter.axis)

    def on(self, axis: str) -> Letter:
        """A new letter on an axis."""
        return self.like(Letter("", axis))


def renamed(term: Term, renaming: Renaming, fresh: Fresh) -> Term:
    """The term with other indices for free letters; bound ones get new names, never caught."""
    if not renaming:
        return term
    return _Renamer(fresh).apply(term, renaming)


class _Renamer:
    def __init__(self, fresh: Fresh) -> None:
        self.fresh = fresh

    def apply(self, term: Term, names: Renaming) -> Term:
        match term:
            case Entry(at=at):
                return replace(term, at=tuple(_index(i, names) for i in at)) if at else term
            case Position(index=index):
                return Position(_index(index, names))
            case Total(letter=letter, body=body, guard=guard):
                inner, names = self.bound(letter, names)
                return Total(inner, self.apply(body, names), self.test(guard, names))
            case Product(letter=letter, body=body) | Extreme(letter=letter, body=body):
                inner, names = self.bound(letter, names)
                return replace(term, letter=inner, body=self.apply(body, names))
            case Others(letter=letter) | Chosen(letter=letter):
                return self.own(term, names)
            case Choice(branches=branches):
                return Choice(
                    tuple((self.test(t, names), self.apply(b, names)) for t, b in branches)
                )
            case Slope(of=of, by=by, fixed=fixed):
                at = tuple(_index(i, names) for i in by.at)
                return Slope(self.apply(of, names), replace(by, at=at), fixed)
        return with_parts(term, lambda part: self.apply(part, names))

    def own(self, term: Others | Chosen, names: Renaming) -> Term:
        """The letter of these is bound in the body and free outside: both are renamed alike."""
        index = names.get(term.letter.name, term.letter)
        if isinstance(index, Letter):
            return replace(term, letter=index, body=self.apply(term.body, names))
        raise Refused("place", "fixed, in the slope of a product or of an extreme value")

    def bound(self, letter: Letter, names: Renaming) -> tuple[Letter, Renaming]:
        inner = self.fresh.like(letter)
        return inner, {**names, letter.name: inner}

    def test(self, test: Test | None, names: Renaming) -> Test | None:
        if test is None:
            return None
        return Test(self.apply(test.left, names), test.relation, self.apply(test.right, names))


def _index(index: Index, names: Renaming) -> Index:
    return index if isinstance(index, Place) else names.get(index.name, index)


def with_parts(term: Term, change: Callable[[Term], Term]) -> Term:
    """The term with its direct sub-terms changed; binders keep their letters."""
    match term:
        case Plus(terms=terms):
            return Plus(tuple(change(part) for part in terms))
        case Times(factors=factors):
            return Times(tuple(change(part) for part in factors))
        case Over(numerator=numerator, denominator=denominator):
            return Over(change(numerator), change(denominator))
        case Raised(base=base, exponent=exponent):
            return Raised(change(base), change(exponent))
        case Call(arguments=arguments):
            return replace(term, arguments=tuple(change(part) for part in arguments))
        case Total(letter=letter, body=body, guard=guard):
            return Total(letter, change(body), _with_sides(guard, change))
        case Product(body=body) | Extreme(body=body) | Others(body=body) | Chosen(body=body):
            return replace(term, body=change(body))
        case Choice(branches=branches):
            return Choice(tuple((_with_sides(t, change), change(b)) for t, b in branches))
    return term


def _with_sides(test: Test | None, change: Callable[[Term], Term]) -> Test | None:
    return test and Test(change(test.left), test.relation, change(test.right))
