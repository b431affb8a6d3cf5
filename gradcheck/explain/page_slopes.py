"""A gradient in the page's own names, backwards through its definitions.

At every quantity the derivative of the loss by it is written down once, from those of what is
computed from it; values that have a name (``h_j``, ``o_k``) keep it. What comes out is a proposal:
`page_derived` shows none that is not the derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gradcheck.explain.page_products import (
    MINUS,
    ONE,
    Fresh,
    NoForm,
    Summand,
    as_one,
    gathered,
    opened,
    put,
)
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Index,
    Letter,
    Over,
    Plus,
    Position,
    Raised,
    Term,
    Test,
    Times,
    Total,
    World,
    letters,
    nodes,
)
from gradcheck.run.budget import spend

MOST = 24
"""Products in one derivative: of more, none is shown."""


@dataclass
class Backwards:
    """The way back from a loss to one array."""

    world: World
    by: Entry
    one_hot: Mapping[str, int] = field(default_factory=dict)  # array → position of the axis
    fresh: Fresh = field(default_factory=Fresh)
    used_fact: bool = False
    found: dict[str, list[Summand]] = field(default_factory=dict)  # name → derivative by it
    heads: dict[str, tuple[Letter, ...]] = field(default_factory=dict)

    def gradient(self, loss: str) -> Summand | None:
        """The derivative of the loss by the array; None where it is 0. Raises `NoForm`."""
        order = self._order(loss)
        self.found[loss] = [Summand()]
        for name in order:
            derivative = gathered(self.found.get(name, []))
            if derivative and name in self.world.definitions:
                self._pass_on(name, [self._by_fact(s) for s in derivative])
        own = gathered([self._by_fact(s) for s in self.found.get(self.by.name, [])])
        return as_one(own) if own else None

    # ------------------------------------------------------------------ the order

    def _order(self, loss: str) -> list[str]:
        """The definitions between the loss and the array, each after all that use it."""
        seen: dict[str, bool] = {}
        order: list[str] = []

        def visit(name: str) -> bool:
            if name == self.by.name:
                return True
            if name in seen:
                return seen[name]
            definition = self.world.definitions.get(name)
            inside = [] if definition is None else _names(definition.body)
            seen[name] = sum(map(visit, reversed(inside))) > 0  # each is visited
            if seen[name]:
                order.append(name)
            return seen[name]

        visit(loss)
        self.wanted = {*order, self.by.name}
        return order[::-1]

    def _head(self, name: str) -> tuple[Letter, ...]:
        if name not in self.heads:
            if name == self.by.name:
                at = self.by.at
                if not all(isinstance(i, Letter) for i in at) or len(set(at)) != len(at):
                    raise NoForm
                self.heads[name] = tuple(i for i in at if isinstance(i, Letter))
            else:
                own = self.world.definitions[name].letters
                self.heads[name] = tuple(self.fresh.letter(x) for x in own)
        return self.heads[name]

    # ------------------------------------------------------------------ one definition

    def _pass_on(self, name: str, derivative: Sequence[Summand]) -> None:
        head = self._head(name)
        definition = self.world.definitions[name]
        given = {a.name: b for a, b in zip(definition.letters, head, strict=True)}
        body = self.fresh.bound(put(definition.body, given))
        for entry, slope in self._slopes(definition, body, Entry(name, head)):
            spend(20)
            for product in _multiplied(derivative, slope):
                if len(self.found.setdefault(entry.name, [])) >= MOST:
                    raise NoForm
                self.found[entry.name].append(self._contracted(product, head, entry))

    def _slopes(
        self, definition: Definition, body: Term, value: Entry
    ) -> Iterator[tuple[Entry, Summand]]:
        """What the body changes by with every entry in it."""
        if isinstance(body, Call) and not body.order and body.function in _BY_VALUE:
            slope = Summand()
            for factor in _BY_VALUE[body.function](value):
                slope = slope.times(factor)
            yield from self._local(body.arguments[0], slope)
            return
        if isinstance(body, Call) and body.function == "exp" and not body.order:
            yield from self._local(body.arguments[0], Summand().times(value))
            return
        parts = _softmax(body)
        if parts is None:
            yield from self._local(body, Summand())
            return
        above, letter, below, own = parts
        yield from self._local(above, Summand().times(value))
        other = put(value, {own.name: letter})
        yield from self._local(below, Summand(Fraction(-1)).times(value).times(other).under(letter))

    def _local(self, node: Term, before: Summand) -> Iterator[tuple[Entry, Summand]]:
        """Every entry below a node, with what it is multiplied by."""
        if not self._depends(node):
            return
        match node:
            case Entry():
                yield node, before
            case Plus(terms=terms):
                for term in terms:
                    yield from self._local(term, before)
            case Times(factors=factors):
                for at, factor in enumerate(factors):
                    product = before
                    for k, other in enumerate(factors):
                        product = product if k == at else product.times(other)
                    yield from self._local(factor, product)
            case Over(numerator=above, denominator=below):
                yield from self._local(above, before.times(below, -1))
                falling = before.times(MINUS).times(above).times(below, -2)
                yield from self._local(below, falling)
            case Raised(base=base, exponent=Constant(value=value)) if value.denominator == 1:
                slope = before.times(Constant(value)).times(base, int(value) - 1)
                yield from self._local(base, slope)
            case Total(letter=letter, body=body, guard=None):
                yield from self._local(body, before.under(letter))
            case Call(function=function, arguments=(argument,), order=0):
                yield from self._local(argument, _through(before, node, function, argument))
            case _:
                raise NoForm

    def _depends(self, node: Term) -> bool:
        return any(isinstance(n, Entry) and n.name in self.wanted for n in nodes(node))

    # ------------------------------------------------------------------ indices

    def _contracted(self, product: Summand, head: tuple[Letter, ...], entry: Entry) -> Summand:
        """The sum over the head's letters, that over an entry's indices done by Kronecker's δ."""
        target = self._head(entry.name)
        for letter in head:
            product = product.under(letter)
        given: dict[str, Index] = {}
        deltas: list[Term] = []
        for at, wanted in zip(entry.at, target, strict=True):
            at = given.get(at.name, at) if isinstance(at, Letter) else at
            if isinstance(at, Letter) and at in product.sums and at.name not in given:
                given[at.name] = wanted
            elif at != wanted:
                deltas.append(_same(at, wanted))
        product = product.put(given)
        for delta in deltas:
            product = product.times(delta)
        return product

    def _by_fact(self, summand: Summand) -> Summand:
        """``Σ_k t_k`` is 1 for one-hot labels."""
        for letter in summand.sums:
            carrying = [(t, p) for t, p in summand.factors if letter.name in letters(t)]
            if len(carrying) != 1 or carrying[0][1] != 1:
                continue
            term = carrying[0][0]
            if not isinstance(term, Entry) or term.name not in self.one_hot:
                continue
            if term.at[self.one_hot[term.name]] == letter and term.at.count(letter) == 1:
                self.used_fact = True
                factors = tuple(f for f in summand.factors if f[0] != term)
                sums = tuple(s for s in summand.sums if s != letter)
                return self._by_fact(replace(summand, factors=factors, sums=sums))
        return summand


_BY_VALUE: dict[str, Callable[[Term], tuple[Term, ...]]] = {
    "sigmoid": lambda v: (v, Plus((ONE, Times((MINUS, v))))),
    "tanh": lambda v: (Plus((ONE, Times((MINUS, Raised(v, Constant(Fraction(2))))))),),
}
"""Slopes by the value, as authors write them, a factor each."""


def _names(term: Term) -> list[str]:
    return [n.name for n in nodes(term) if isinstance(n, Entry)]


def _through(before: Summand, node: Call, function: str, argument: Term) -> Summand:
    if function == "exp":
        return before.times(node)
    if function == "log":
        return before.times(argument, -1)
    return before.times(replace(node, order=1))


def _same(one: Index, other: Index) -> Term:
    test = Test(Position(one), "=", Position(other))
    return Choice(((test, ONE), (None, Constant(Fraction(0)))))


def _softmax(body: Term) -> tuple[Term, Letter, Term, Letter] | None:
    """``e^{s_k} / Σ_r e^{s_r}``: s_k, r, s_r and k."""
    match body:
        case Over(
            numerator=Call(function="exp", arguments=(above,), order=0),
            denominator=Total(
                letter=letter, body=Call(function="exp", arguments=(below,), order=0), guard=None
            ),
        ):
            for own in letters(above).values():
                if own.axis == letter.axis and put(above, {own.name: letter}) == below:
                    return above, letter, below, own
    return None


def _multiplied(derivative: Sequence[Summand], slope: Summand) -> list[Summand]:
    """A derivative times a slope; what is divided and multiplied by the same is worked out."""
    below = {t for s in derivative for t, p in s.factors if p < 0}
    if len(derivative) == 1:
        return [derivative[0].joined(slope)]
    if not below & {t for t, _ in slope.factors}:
        return [as_one(derivative).joined(slope)]
    products = [s.joined(slope) for s in derivative]
    plain = gathered([inner for product in products for inner in opened(product)])
    return plain if plain and len(plain) <= len(products) else products
