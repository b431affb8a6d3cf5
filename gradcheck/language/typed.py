"""The typed tree: an expression in which every quantity has its axes.

Everything is entrywise. A node stands for one number a choice of its free *letters*; each letter
runs over an *axis*. ``w_{ji} x_i`` is the product of two entries with the free letters j and i;
``Total`` binds a letter. There is no transpose and no broadcasting: which letter stands where says
it all, so notation with matrices ends in the same nodes (``W X`` is ``Total(k, W[i,k] X[k,j])``).

A `World` says what the names mean where an assertion stands: definitions by other names, free
arrays with their axes, and facts. Derivatives are nodes (`Slope`), never carried out in the tree.
Two axes are the same if their names are; a letter's name is its identity inside one node, and
``Total`` and `Definition` bind it as a lambda binds its variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction

from gradcheck.language.document import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Letter:
    """An index: its letter, and the axis that it runs over."""

    name: str
    axis: str


@dataclass(frozen=True, slots=True)
class Place:
    """A fixed position on an axis, counted from 1: the 2 of ``p_2`` where p is ``p_k``."""

    number: int
    axis: str


Index = Letter | Place


@dataclass(frozen=True, slots=True)
class Term:
    """A node; ``span`` is its place in the document and no part of it."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Constant(Term):
    """A number."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Extent(Term):
    """How long an axis is: the N of ``\\sum_{i=1}^N``."""

    axis: str


@dataclass(frozen=True, slots=True)
class Position(Term):
    """The number that an index itself stands for: the i of ``i x_i``, from 1."""

    index: Index


@dataclass(frozen=True, slots=True)
class Entry(Term):
    """An entry of an array, defined or free, by its name in the `World`; a number has no index."""

    name: str
    at: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Plus(Term):
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Times(Term):
    factors: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Over(Term):
    numerator: Term
    denominator: Term


@dataclass(frozen=True, slots=True)
class Raised(Term):
    """A power: whole exponents are exact, ``1/2`` is the root, all others ``exp(n log u)``."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Call(Term):
    """A function of numbers, or its slope: ``order`` 1 is σ'. Unknown names are abstract functions.

    Known: those of `gradcheck.language.functions.BASIC`; ``abs``, ``sign`` and ``relu`` have a kink
    at 0. A name that is not known is an abstract function: its values and slopes are free, the same
    for the same arguments. ``by`` is the argument of which an abstract function's slope is taken.
    """

    function: str
    arguments: tuple[Term, ...]
    order: int = 0
    by: int = 0


@dataclass(frozen=True, slots=True)
class Total(Term):
    """A sum over an axis. ``guard`` restricts it: ``j != i``, ``j < i``."""

    letter: Letter
    body: Term
    guard: Test | None = None


@dataclass(frozen=True, slots=True)
class Product(Term):
    """A product over an axis."""

    letter: Letter
    body: Term


@dataclass(frozen=True, slots=True)
class Extreme(Term):
    """The greatest (``sense`` 1) or least (-1) value along an axis."""

    letter: Letter
    body: Term
    sense: int = 1


@dataclass(frozen=True, slots=True)
class Test:
    """What a choice asks: ``left relation right``; relation is ``=``, ``!=``, ``<``, ``<=``, ``>``
    or ``>=``. Two `Position` nodes compare indices; everything else compares real numbers."""

    left: Term
    relation: str
    right: Term


@dataclass(frozen=True, slots=True)
class Choice(Term):
    """The first branch whose test holds (None: otherwise). Kronecker's δ_{ij} is one of them."""

    branches: tuple[tuple[Test | None, Term], ...]


@dataclass(frozen=True, slots=True)
class Slope(Term):
    """The derivative of a node by one entry: ``\\partial L/\\partial w_{ji}``.

    ``by`` may carry letters of its own: they are free in the node. All that is computed from ``by``
    varies with it; what ``by`` itself is computed from does not. ``fixed`` names arrays that do not
    vary even so (a partial with other arguments held).
    """

    of: Term
    by: Entry
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a name is short for: ``h[j] := body``, with the letters of its head."""

    name: str
    letters: tuple[Letter, ...]
    body: Term


@dataclass(frozen=True, slots=True)
class Free:
    """An array that nothing defines: its axes; numbers have none.

    ``sign`` 1 for names that are positive; ``labels`` are the values that its entries may take
    ({0, 1}, {-1, 1}; empty: any); ``one_hot`` is the position of the axis along which its entries
    sum to 1, if the page says so.
    """

    name: str
    axes: tuple[str, ...]
    sign: int = 0
    labels: tuple[Fraction, ...] = ()
    one_hot: int | None = None
    opaque: tuple[str, ...] | None = None
    """For a loss of which nothing is known: the arrays that it depends on directly."""


@dataclass(frozen=True)
class World:
    """What names mean at one place of the page.

    ``definitions`` may be in any order but hold no circle; every other name is in ``free``.
    ``lengths`` are the axes whose length the page fixes (two classes).
    """

    definitions: Mapping[str, Definition]
    free: Mapping[str, Free]
    lengths: Mapping[str, int] = field(default_factory=dict)
    facts: tuple[tuple[Term, Term], ...] = ()


def parts(node: Term) -> tuple[Term, ...]:
    """The direct sub-terms, those inside tests included."""
    match node:
        case Plus(terms=terms):
            return terms
        case Times(factors=factors):
            return factors
        case Over(numerator=numerator, denominator=denominator):
            return (numerator, denominator)
        case Raised(base=base, exponent=exponent):
            return (base, exponent)
        case Call(arguments=arguments):
            return arguments
        case Total(body=body, guard=guard):
            return (body,) if guard is None else (guard.left, guard.right, body)
        case Product(body=body) | Extreme(body=body):
            return (body,)
        case Choice(branches=branches):
            tests = [(t.left, t.right) for t, _ in branches if t is not None]
            return (*(side for pair in tests for side in pair), *(body for _, body in branches))
        case Slope(of=of, by=by):
            return (of, by)
    return ()


def nodes(node: Term) -> Iterator[Term]:
    """Every node, the term itself first."""
    stack = [node]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(parts(found)))


def letters(node: Term) -> dict[str, Letter]:
    """The free letters of a term, by name, in the order in which they occur."""
    match node:
        case Entry(at=at):
            return {i.name: i for i in at if isinstance(i, Letter)}
        case Position(index=Letter() as letter):
            return {letter.name: letter}
        case Total(letter=bound) | Product(letter=bound) | Extreme(letter=bound):
            inner = _of_all(parts(node))
            inner.pop(bound.name, None)
            return inner
    return _of_all(parts(node))


def _of_all(terms: tuple[Term, ...]) -> dict[str, Letter]:
    found: dict[str, Letter] = {}
    for term in terms:
        found |= {name: letter for name, letter in letters(term).items() if name not in found}
    return found


def with_function(node: Term, function: str, other: str) -> Term:
    """The term with another function in the place of one."""
    if isinstance(node, Call):
        name = other if node.function == function else node.function
        inner = tuple(with_function(a, function, other) for a in node.arguments)
        return replace(node, function=name, arguments=inner)
    changed: dict[str, object] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Term):
            changed[part.name] = with_function(value, function, other)
        elif part.name in ("terms", "factors"):
            changed[part.name] = tuple(with_function(v, function, other) for v in value)
        elif part.name == "guard" and value is not None:
            changed[part.name] = _tested(value, function, other)
        elif part.name == "branches":
            changed[part.name] = tuple(
                (
                    None if t is None else _tested(t, function, other),
                    with_function(b, function, other),
                )
                for t, b in value
            )
    return replace(node, **changed) if changed else node  # type: ignore[arg-type]


def _tested(test: Test, function: str, other: str) -> Test:
    left, right = (with_function(side, function, other) for side in (test.left, test.right))
    return Test(left, test.relation, right)
