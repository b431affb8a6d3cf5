"""Typed terms written down again in the names and letters of their page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gradcheck.explain.page_products import NoForm, Summand, negative
from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    walk,
)
from gradcheck.language.notation import to_tex
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Entry,
    Extent,
    Index,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Raised,
    Term,
    Times,
    Total,
    letters,
)
from gradcheck.understand.page.page_axes import Layout
from gradcheck.understand.page.symbols import Slot, marks
from gradcheck.understand.resolution import FunctionMeaning

_FAR = 1 << 40
"""Sums that stand nowhere in the page get places beyond its end, so that they differ."""


@dataclass
class Writer:
    """Writes the terms of one page. ``names`` are those of its world, as the page writes them."""

    layout: Layout
    names: Mapping[str, Name]
    functions: Mapping[str, FunctionMeaning]
    sums: int = 0
    counts: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        union = self.layout.sorts.union
        self.counts = {}
        for name, axis in self.layout.counts.items():
            self.counts.setdefault(union.find(axis), name)

    # ------------------------------------------------------------------ products

    def summand(self, found: Summand, given: Mapping[str, str]) -> Expression:
        """A product under its sums; what a sum's letter is not in stands before it."""
        if found.coefficient < 0:
            return Negate(self.summand(replace(found, coefficient=-found.coefficient), given))
        numbers = [f for f in found.factors if isinstance(f[0], Extent)]
        others = [f for f in found.factors if not isinstance(f[0], Extent)]
        front = self._number(found.coefficient, numbers, given)
        body = self._under(self._in_order(found.sums), others, given)
        return _product([*front, *([body] if body is not None else [])])

    def _in_order(self, sums: Iterable[Letter]) -> list[Letter]:
        """The samples' sum outermost, then the last that was bound."""
        samples = self.layout.samples
        outwards = tuple(sums)[::-1]
        return sorted(outwards, key=lambda s: s.axis not in samples)

    def _under(
        self,
        sums: list[Letter],
        factors: list[tuple[Term, int]],
        given: Mapping[str, str],
    ) -> Expression | None:
        if not sums:
            return self._fraction(factors, given) if factors else None
        (letter, *rest) = sums
        bound = {s.name for s in sums}
        outside = [f for f in factors if not bound & set(letters(f[0]))]
        inside = [f for f in factors if f not in outside]
        named = self._named(letter, [t for t, _ in inside], given)
        body = self._under(rest, inside, named)
        total = self._total(letter, body if body is not None else _ONE, named)
        if not outside:
            return total
        front = self._fraction(outside, given)
        return _product([front, total])

    def _number(
        self, coefficient: Fraction, extents: list[tuple[Term, int]], given: Mapping[str, str]
    ) -> list[Expression]:
        above: list[Expression] = []
        below: list[Expression] = []
        if coefficient.numerator != 1:
            above.append(Number(Fraction(coefficient.numerator)))
        if coefficient.denominator != 1:
            below.append(Number(Fraction(coefficient.denominator)))
        for term, power in extents:
            side = above if power > 0 else below
            side.append(_power(self.term(term, given), abs(power)))
        if not below:
            return above
        return [Divide(_product(above), _product(below))]

    def _fraction(self, factors: list[tuple[Term, int]], given: Mapping[str, str]) -> Expression:
        above = [_power(self.term(t, given), p) for t, p in factors if p > 0]
        below = [_power(self.term(t, given), -p) for t, p in factors if p < 0]
        if not below:
            return _product(above)
        return Divide(_product(above), _product(below))

    # ------------------------------------------------------------------ terms

    def term(self, node: Term, given: Mapping[str, str]) -> Expression:
        """A term; ``given`` are the letters that bound ones are written as. Raises `NoForm`."""
        match node:
            case Constant(value=value):
                return Negate(Number(-value)) if value < 0 else Number(value)
            case Extent(axis=axis):
                return self._count(axis)
            case Entry():
                return self._entry(node, given)
            case Plus(terms=terms):
                return Add(tuple(self.term(t, given) for t in terms))
            case Times():
                return self.summand(Summand().times(node), given)
            case Over(numerator=above, denominator=below):
                return Divide(self.term(above, given), self.term(below, given))
            case Raised(base=base, exponent=exponent):
                if negative(exponent):
                    return self.summand(Summand().times(node), given)
                return Power(self.term(base, given), self.term(exponent, given))
            case Total(guard=None):
                return self.summand(_of_total(node), given)
            case Call():
                return self._call(node, given)
            case Choice(branches=((test, one), (None, other))) if test is not None:
                both = test.left, test.right
                if one == Constant(Fraction(1)) and other == Constant(Fraction(0)):
                    return self._delta(both, given)
        raise NoForm

    def _count(self, axis: str) -> Expression:
        if axis in self.layout.lengths:
            return Number(Fraction(self.layout.lengths[axis]))
        if axis not in self.counts:
            raise NoForm
        return Name(self.counts[axis])

    def _call(self, node: Call, given: Mapping[str, str]) -> Expression:
        arguments = tuple(self.term(a, given) for a in node.arguments)
        if node.function == "exp" and not node.order and self._powers_of_e:
            return Power(Name("e"), arguments[0])
        known = [k for k, m in self.functions.items() if m.known == node.function]
        name = sorted(known)[0] if known else node.function
        return Apply(Name(name), arguments, node.order)

    @property
    def _powers_of_e(self) -> bool:
        return any(
            isinstance(n, Power) and n.base == Name("e")
            for side in self.layout.page.expressions
            for n in walk(side)
        )

    def _delta(self, both: tuple[Term, Term], given: Mapping[str, str]) -> Expression:
        shown = [self._index(p.index, given) for p in both if isinstance(p, Position)]
        if len(shown) != 2:
            raise NoForm
        return Name("delta", "".join(shown))

    def _entry(self, node: Entry, given: Mapping[str, str]) -> Name:
        name = self.names.get(node.name)
        if name is None:
            raise NoForm
        array = node.name.partition("#")[0]
        slots = self.layout.slots.get(array, ())
        at = {s: self._index(i, given) for s, i in zip(slots, node.at, strict=False)}
        return relettered(self.layout, name, at)

    @staticmethod
    def _index(index: Index, given: Mapping[str, str]) -> str:
        if isinstance(index, Place):
            return str(index.number)
        return given.get(index.name, index.name.partition("~")[0])

    # ------------------------------------------------------------------ sums

    def _total(self, letter: Letter, body: Expression, given: Mapping[str, str]) -> Expression:
        self.sums += 1
        text = given[letter.name]
        place = Span(_FAR + self.sums, _FAR + self.sums)
        index = None if text == "·" else Name(text)
        lower, upper = self._bounds(text) if index is not None else (None, None)
        return Sum(body, index, lower, upper, span=place)

    def _bounds(self, text: str) -> tuple[Expression | None, Expression | None]:
        """The bounds that the page's own sums over this letter have."""
        for side in self.layout.page.expressions:
            for node in walk(side):
                if isinstance(node, Sum) and node.index is not None and node.index.base == text:
                    return node.lower, node.upper
        return None, None

    def _named(
        self, letter: Letter, inside: list[Term], given: Mapping[str, str]
    ) -> dict[str, str]:
        """With a letter to write for a bound one: its own, unless that stands for another."""
        free = {name for term in inside for name in letters(term)} - {letter.name}
        taken = {given.get(name, name.partition("~")[0]) for name in free}
        union = self.layout.sorts.union
        axis = union.find(letter.axis)
        same = sorted(
            text
            for text, axes in self.layout.letters.items()
            if {union.find(a) for a in axes} == {axis} and text != "·"
        )
        known = [letter.name.partition("~")[0], *same]
        clear = [x for x in known if x not in taken and x not in given.values()]
        choice = next((x for x in (*clear, *known) if x not in taken), None)
        if choice is None:
            raise NoForm
        return {**given, letter.name: choice}


def relettered(layout: Layout, name: Name, at: Mapping[Slot, str]) -> Name:
    """A name as the page writes it, with other indices at its slots."""
    symbols = layout.symbols
    below, above = name.subscript, name.superscript
    cursor = {False: 0, True: 0}
    for slot, text in marks(name, symbols.letters, symbols.bound, symbols.alone):
        whole = above if slot.above else below
        found = whole.find(text, cursor[slot.above])
        if found < 0:
            raise NoForm
        new = at.get(slot, text)
        whole = whole[:found] + new + whole[found + len(text) :]
        cursor[slot.above] = found + len(new)
        if slot.above:
            above = whole
        else:
            below = whole
    return Name(name.base, below, above, name.accent, name.qualifier)


def with_letters(layout: Layout, name: Name, given: Mapping[str, str]) -> Name:
    """A name with other index letters."""

    def changed(found: re.Match[str]) -> str:
        group = found[0]
        if not set(group) <= layout.symbols.letters:
            return group
        return "".join(given.get(letter, letter) for letter in group)

    below, above = (re.sub(r"[A-Za-z]+", changed, x) for x in (name.subscript, name.superscript))
    return Name(name.base, below, above, name.accent, name.qualifier)


def to_tex_of(layout: Layout, expression: Expression) -> str:
    """LaTeX with the indices of a name as letters, not as a word."""

    def plain(found: re.Match[str]) -> str:
        return found[1] if set(found[1]) <= layout.symbols.letters else found[0]

    return re.sub(r"\\text\{([A-Za-z]+)\}", plain, to_tex(expression))


def _of_total(term: Term) -> Summand:
    """A sum as the product under it."""
    sums: list[Letter] = []
    while isinstance(term, Total) and term.guard is None:
        sums.append(term.letter)
        term = term.body
    return replace(Summand().times(term), sums=tuple(sums[::-1]))


_ONE = Number(Fraction(1))


def _product(factors: list[Expression]) -> Expression:
    flat: list[Expression] = []
    for factor in factors:
        flat += factor.factors if isinstance(factor, Multiply) else [factor]
    if not flat:
        return _ONE
    return flat[0] if len(flat) == 1 else Multiply(tuple(flat))


def _power(base: Expression, power: int) -> Expression:
    return base if power == 1 else Power(base, Number(Fraction(power)))
