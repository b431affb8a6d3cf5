"""What the generated derivations are made of: terms, and the meaning that the oracle gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction

PARAMETERS = ("w1", "b1", "w2", "b2")
PER_SAMPLE = ("x", "y", "z1", "a1", "z2", "p", "d1", "d2")
"""Names with a value a sample: input, label, layers, prediction, the two error terms."""


@dataclass(frozen=True, slots=True)
class Num:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Var:
    key: str


@dataclass(frozen=True, slots=True)
class Plus:
    """A sum of terms; a term to be subtracted is a `Minus`."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    body: Term


@dataclass(frozen=True, slots=True)
class Times:
    factors: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Over:
    top: Term
    bottom: Term


@dataclass(frozen=True, slots=True)
class Power:
    base: Term
    exponent: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one argument, or with ``primed`` its derivative there."""

    function: str  # sigmoid | tanh | log | exp
    argument: Term
    primed: bool = False


@dataclass(frozen=True, slots=True)
class Partial:
    """The partial of a term by a name, which stands as a node of its own."""

    of: Term
    by: Var
    operator: bool = False  # written ∂/∂v [ … ]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over the samples; ``written`` is False where a chain rule carries it silently."""

    body: Term
    written: bool = True


Term = Num | Var | Plus | Minus | Times | Over | Power | Call | Partial | Total
Path = tuple[tuple[str, int], ...]


def num(value: int | Fraction) -> Num:
    return Num(Fraction(value))


def times(*factors: Term | None) -> Term:
    """A product without the factors that are None, and without brackets inside it."""
    flat: list[Term] = []
    for factor in factors:
        if isinstance(factor, Times):
            flat += factor.factors
        elif factor is not None:
            flat.append(factor)
    if not flat:
        return num(1)
    return flat[0] if len(flat) == 1 else Times(tuple(flat))


def children(term: Term) -> Iterator[tuple[tuple[str, int], Term]]:
    """The parts of a term with the step that leads to each."""
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                yield (field.name, index), item
        elif isinstance(value, Term):
            yield (field.name, -1), value


def walk(term: Term, path: Path = ()) -> Iterator[tuple[Path, Term]]:
    """Every node with its path from the root, the root first."""
    yield path, term
    for step, child in children(term):
        yield from walk(child, (*path, step))


def put(term: Term, path: Path, new: Term | None) -> Term | None:
    """The term with another node at a path; None takes a factor or summand out."""
    if not path:
        return new
    (name, index), rest = path[0], path[1:]
    value = getattr(term, name)
    if index < 0:
        changed = put(value, rest, new)
        return None if changed is None else replace(term, **{name: changed})
    inner = put(value[index], rest, new)
    items = [*value[:index], *([] if inner is None else [inner]), *value[index + 1 :]]
    if not items:
        return None
    return items[0] if len(items) == 1 else replace(term, **{name: tuple(items)})


def rewrite(term: Term, change: Callable[[Term], Term]) -> Term:
    """The term with ``change`` applied to every node, the parts first."""
    parts = {field.name: _rewritten(getattr(term, field.name), change) for field in fields(term)}
    return change(replace(term, **parts))


def _rewritten(value: object, change: Callable[[Term], Term]) -> object:
    if isinstance(value, tuple):
        return tuple(rewrite(item, change) for item in value)
    return rewrite(value, change) if isinstance(value, Term) else value


@dataclass(frozen=True, slots=True)
class Statement:
    """A chain of sides. Its kind says how the oracle judges it."""

    kind: str  # definition | claim | update
    sides: tuple[Term, ...]
    relation: str = "="
    prose: str = ""  # the paragraph before it
    layout: str = "display"  # display | aligned | joined (to the statement before, by a comma)


@dataclass(frozen=True, slots=True)
class Derivation:
    """A document: its statements, and the one thing about its meaning they do not say."""

    statements: tuple[Statement, ...]
    total: bool  # claims sum over the samples; otherwise they are one sample's
    hidden: str  # sigmoid | tanh | identity
    prediction: str  # identity | sigmoid

    def replaced(self, index: int, statement: Statement) -> Derivation:
        changed = (*self.statements[:index], statement, *self.statements[index + 1 :])
        return replace(self, statements=changed)
