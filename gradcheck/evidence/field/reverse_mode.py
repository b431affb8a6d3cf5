"""Derivatives, carried out: every `Slope` becomes an entry of a definition without slopes.

Reverse mode on the tree of definitions. For what is differentiated, the *root*, each array ``q``
between it and the array asked for gets a definition of its own, "root by q": the sum, over the
definitions that use q, of their own slope times how they vary with an entry of q. A sum over a
letter that stands in that entry picks one term, so ``\\partial/\\partial w[p,q]`` of
``\\sum_k w[j,k] x[i,k]`` is ``[p=j] x[i,q]``. Slopes of slopes are slopes of these definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.evidence.field.refused import Refused
from gradcheck.evidence.field.terms import (
    MINUS,
    ONE,
    ZERO,
    Chosen,
    Fresh,
    Others,
    free_letters,
    indicator,
    parts,
    renamed,
    same,
    times,
    with_parts,
)
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extreme,
    Free,
    Index,
    Letter,
    Over,
    Plus,
    Product,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
)

PI = ("pi", "π")
"""Names of the one number that needs no definition."""


@dataclass(frozen=True, slots=True)
class _Use:
    """How a definition varies with one entry of an array: the sum over ``bound`` of ``factors``."""

    at: tuple[Index, ...]
    factors: tuple[Term, ...]
    bound: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class _Root:
    """What is differentiated: a definition, and the arrays that do not vary."""

    name: str
    fixed: frozenset[str]


class Derivatives:
    """The world's definitions with all slopes carried out, and those of what is asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fresh = Fresh()
        self.definitions: dict[str, Definition] = {}
        self.free: dict[str, Free] = {name: Free(name, (), sign=1) for name in PI}
        self.free |= world.free
        self._uses: dict[str, dict[str, list[_Use]]] = {}
        self._below: dict[str, frozenset[str]] = {}
        self._roots: dict[tuple[Term, frozenset[str]], tuple[_Root, tuple[Letter, ...]]] = {}
        self._open: set[str] = set()

    def definition(self, name: str) -> Definition | None:
        """A definition without slopes, or None where the name is free."""
        if name not in self.definitions and name in self.world.definitions:
            if name in self._open:
                raise Refused("circle", f"{name} is defined by itself")
            self._open.add(name)
            given = self.world.definitions[name]
            try:
                self.definitions[name] = replace(given, body=self.expanded(given.body))
            finally:
                self._open.discard(name)
        found = self.definitions.get(name)
        if found is None and name not in self.free:
            raise Refused("unknown name", f"nothing says what {name} is")
        return found

    def expanded(self, term: Term) -> Term:
        """The term with every slope carried out."""
        if not _unfinished(term):
            return term
        if isinstance(term, Slope):
            return self._slope(self.expanded(term.of), term.by, term.fixed)
        if isinstance(term, Call) and term.function in ("max", "min") and not term.order:
            return self.expanded(_of_several(term))
        if isinstance(term, Call) and term.function in _SLOPES and term.order == 1:
            return _SLOPES[term.function](self.expanded(term.arguments[0]))
        return with_parts(term, self.expanded)

    def axes(self, name: str) -> tuple[str, ...]:
        """The axes of an array."""
        definition = self.definition(name)
        if definition is not None:
            return tuple(letter.axis for letter in definition.letters)
        return self.free[name].axes

    def below(self, name: str) -> frozenset[str]:
        """All names that a name is computed from, itself among them."""
        if name not in self._below:
            self._below[name] = frozenset((name,))
            names = {name}
            for used in self.uses(name):
                names |= self.below(used)
            self._below[name] = frozenset(names)
        return self._below[name]

    def uses(self, name: str) -> dict[str, list[_Use]]:
        """By array: how the definition of a name varies with its entries."""
        if name not in self._uses:
            definition = self.definition(name)
            found: dict[str, list[_Use]] = {}
            if definition is not None:
                _Walk(self, found).visit(definition.body, (), ())
            elif self.free[name].opaque is not None:
                self._of_opaque(name, found)
            self._uses[name] = found
        return self._uses[name]

    def _of_opaque(self, name: str, found: dict[str, list[_Use]]) -> None:
        """A loss of which nothing is known: its slopes by its arrays are free arrays."""
        free = self.free[name]
        if free.axes:
            raise Refused("opaque", f"{name} is not known and has axes")
        for array in free.opaque or ():
            partial = f"∂{name}/∂{array}"
            self.free[partial] = Free(partial, self.axes(array), opaque=())
            at = tuple(self.fresh.on(axis) for axis in self.axes(array))
            found.setdefault(array, []).append(_Use(at, (Entry(partial, at),), at))

    def _slope(self, of: Term, by: Entry, fixed: frozenset[str]) -> Term:
        if len(by.at) != len(self.axes(by.name)):
            raise Refused("axes", f"{by.name} has {len(self.axes(by.name))} axes")
        root, letters = self._root(of, fixed)
        if by.name not in self.below(root.name) or by.name in fixed:
            return ZERO
        bar = self._bar(root, by.name)
        return ZERO if bar is None else Entry(bar, (*letters, *by.at))

    def _root(self, of: Term, fixed: frozenset[str]) -> tuple[_Root, tuple[Letter, ...]]:
        """The definition that stands for what is differentiated, and its free letters."""
        if isinstance(of, Entry) and not of.at:
            return _Root(of.name, fixed), ()
        known = self._roots.get((of, fixed))
        if known is None:
            letters = tuple(free_letters(of).values())
            name = f"root {len(self._roots)}"
            own = tuple(self.fresh.like(letter) for letter in letters)
            body = renamed(of, {a.name: b for a, b in zip(letters, own, strict=True)}, self.fresh)
            self.definitions[name] = Definition(name, own, body)
            known = self._roots[of, fixed] = _Root(name, fixed), letters
        return known

    def _bar(self, root: _Root, name: str) -> str | None:
        """The name of the definition "root by name"; None where the root does not vary with it."""
        bar = f"∂{root.name}/∂{name}" + "".join(f"|{fixed}" for fixed in sorted(root.fixed))
        bar = f"{bar} "  # no name of a document ends like that
        if bar in self.definitions:
            return bar
        outer = self._letters(root.name)
        own = tuple(self.fresh.on(axis) for axis in self.axes(name))
        terms: list[Term] = []
        if name == root.name:
            terms.append(times(*(same(a, b) for a, b in zip(outer, own, strict=True))))
        else:
            for user in sorted(self.below(root.name) - root.fixed):
                if name in self.uses(user):
                    terms.extend(self._paths(root, user, name, own))
        if not terms:
            return None
        body = terms[0] if len(terms) == 1 else Plus(tuple(terms))
        self.definitions[bar] = Definition(bar, (*outer, *own), body)
        return bar

    def _letters(self, name: str) -> tuple[Letter, ...]:
        definition = self.definition(name)
        return definition.letters if definition is not None else ()

    def _paths(self, root: _Root, user: str, name: str, own: tuple[Letter, ...]) -> list[Term]:
        """The terms of "root by name" that go through one definition."""
        head = self._letters(user)
        bound: tuple[Letter, ...] = ()
        seed: tuple[Term, ...] = ()
        if user != root.name:
            bar = self._bar(root, user)
            if bar is None:
                return []
            seed = (Entry(bar, (*self._letters(root.name), *head)),)
            bound = head
        return [
            self._picked(replace(use, factors=seed + use.factors, bound=bound + use.bound), own)
            for use in self.uses(user)[name]
        ]

    def _picked(self, use: _Use, own: tuple[Letter, ...]) -> Term:
        """The use at one entry: sums over letters of that entry become picks."""
        names: dict[str, Index] = {}
        bound = {letter.name: letter for letter in use.bound}
        deltas: list[Term] = []
        for index, letter in zip(use.at, own, strict=True):
            if isinstance(index, Letter) and bound.pop(index.name, None) is not None:
                names[index.name] = letter
            elif isinstance(index, Letter) and index.name in names:
                deltas.append(same(names[index.name], letter))
            else:
                deltas.append(same(index, letter))
        for letter in bound.values():
            names[letter.name] = self.fresh.like(letter)
        body = renamed(times(*deltas, *use.factors), names, self.fresh)
        for letter in bound.values():
            inner = names[letter.name]
            assert isinstance(inner, Letter)
            body = Total(inner, body)
        return body


class _Walk:
    """Collects how a term varies with each entry in it."""

    def __init__(self, derivatives: Derivatives, found: dict[str, list[_Use]]) -> None:
        self.derivatives = derivatives
        self.found = found

    def visit(self, term: Term, factors: tuple[Term, ...], bound: tuple[Letter, ...]) -> None:
        match term:
            case Entry(name=name, at=at):
                self.found.setdefault(name, []).append(_Use(at, factors, bound))
            case Plus(terms=terms):
                for part in terms:
                    self.visit(part, factors, bound)
            case Times(factors=of):
                for index, part in enumerate(of):
                    self.visit(part, (*factors, *of[:index], *of[index + 1 :]), bound)
            case Over(numerator=above, denominator=below):
                self.visit(above, (*factors, Over(ONE, below)), bound)
                slope = Over(times(MINUS, above), Raised(below, Constant(Fraction(2))))
                self.visit(below, (*factors, slope), bound)
            case Raised():
                self.raised(term, factors, bound)
            case Call():
                for index, part in enumerate(term.arguments):
                    if _varies(part):
                        self.visit(part, (*factors, slope_of_call(term, index)), bound)
            case Total() | Product() | Extreme():
                self.over_axis(term, factors, bound)
            case Choice(branches=branches):
                for index, (_, body) in enumerate(branches):
                    if _varies(body):
                        self.visit(body, (*factors, _branch(branches, index)), bound)
            case Others() | Chosen():
                self.of_derivative(term)

    def raised(self, term: Raised, factors: tuple[Term, ...], bound: tuple[Letter, ...]) -> None:
        exponent = term.exponent
        if isinstance(exponent, Constant):
            less = Constant(exponent.value - 1)
            power = ONE if not less.value else Raised(term.base, less)
            self.visit(term.base, (*factors, exponent, power), bound)
            return
        self.visit(term.base, (*factors, exponent, Over(term, term.base)), bound)
        if _varies(exponent):
            self.visit(exponent, (*factors, term, Call("log", (term.base,))), bound)

    def over_axis(
        self,
        term: Total | Product | Extreme,
        factors: tuple[Term, ...],
        bound: tuple[Letter, ...],
    ) -> None:
        if not _varies(term.body):
            return
        inner = self.derivatives.fresh.like(term.letter)
        names = {term.letter.name: inner}
        body = renamed(term.body, names, self.derivatives.fresh)
        if isinstance(term, Total):
            if term.guard is not None:
                guard = renamed(indicator(term.guard), names, self.derivatives.fresh)
                factors = (*factors, guard)
        elif isinstance(term, Product):
            factors = (*factors, Others(inner, body))
        else:
            factors = (*factors, Chosen(inner, body, term.sense))
        self.visit(body, factors, (*bound, inner))

    def of_derivative(self, term: Others | Chosen) -> None:
        if isinstance(term, Others) and _varies(term.body):
            raise Refused("second derivative", "of a product over an axis")


def _unfinished(term: Term) -> bool:
    """Whether anything in a term is to be carried out or put another way."""
    if isinstance(term, Slope) or (isinstance(term, Call) and term.function in _REWRITTEN):
        return True
    return any(_unfinished(part) for part in parts(term))


def _varies(term: Term) -> bool:
    return isinstance(term, Entry) or any(_varies(part) for part in parts(term))


def _branch(branches: tuple[tuple[Test | None, Term], ...], index: int) -> Term:
    tests = [test for test, _ in branches]
    return Choice(tuple((t, ONE if k == index else ZERO) for k, t in enumerate(tests)))


def slope_of_call(call: Call, index: int) -> Term:
    """How a function varies with one of its arguments."""
    argument = call.arguments[index]
    if call.function in _SLOPES and call.order == 0:
        return _SLOPES[call.function](argument)
    if len(call.arguments) > 1 and call.order and call.by != index:
        raise Refused("second derivative", f"of {call.function} by two arguments")
    return replace(call, order=call.order + 1, by=index)


def _half_power(value: Term) -> Term:
    return Raised(value, Constant(Fraction(1, 2)))


def _bell(value: Term, width: int, above: Term, area: Term) -> Term:
    """``above e^{-value²/width} / area``."""
    square = Raised(value, Constant(Fraction(2)))
    exponent = Over(times(MINUS, square), Constant(Fraction(width)))
    return Over(times(above, Call("exp", (exponent,))), area)


_PI = Entry("pi")
_SLOPES = {
    "erf": lambda u: _bell(u, 1, Constant(Fraction(2)), _half_power(_PI)),
    "Phi": lambda u: _bell(u, 2, ONE, _half_power(times(Constant(Fraction(2)), _PI))),
}

_REWRITTEN = {"max", "min", *_SLOPES}


def _of_several(call: Call) -> Term:
    """``max(a, b, …)`` as a choice."""
    relation = ">" if call.function == "max" else "<"
    found = call.arguments[0]
    for other in call.arguments[1:]:
        found = Choice(((Test(found, relation, other), found), (None, other)))
    return found


def leaves(derivatives: Derivatives, term: Term) -> set[str]:
    """The free arrays that a term is computed from."""
    found: set[str] = set()
    stack = [term]
    while stack:
        node = stack.pop()
        if isinstance(node, Entry):
            found |= {name for name in derivatives.below(node.name) if name in derivatives.free}
        stack.extend(parts(node))
    return found


def names_in(terms: tuple[Term, ...], definitions: Mapping[str, Definition]) -> set[str]:
    """All names that terms mention, through definitions."""
    found: set[str] = set()
    stack = list(terms)
    while stack:
        term = stack.pop()
        if isinstance(term, Entry) and term.name not in found:
            found.add(term.name)
            if term.name in definitions:
                stack.append(definitions[term.name].body)
        stack.extend(parts(term))
    return found
