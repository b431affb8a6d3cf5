"""What a derivation means: its model, its claims and its setups, ready to be differentiated.

Everything in a `Model` is *resolved*: every `Name` has its canonical key (case variants merged,
sample indices dropped), every function is a known one (`functions.BASIC`) or abstract, `Cancel` and
`Underbrace` are gone, Euler's ``e^u`` is ``exp(u)``, and `Sum` means the sum over the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Partial,
    Sum,
    Transpose,
    names_in,
    transform,
    walk,
)
from gradcheck.language.finding import Finding
from gradcheck.language.functions import BASIC

ROLES = ("w_1", "b_1", "w_2", "b_2")
"""The four parameters of the two-layer network, in the order of every table."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A trained name: its role in the network, and how the document writes it."""

    role: str  # one of ROLES
    key: str  # the canonical key in resolved expressions
    source_name: str  # as the document writes it, LaTeX


@dataclass(frozen=True)
class Model:
    """The loss of one setup as a graph of definitions.

    ``definitions`` maps a key to its resolved expression, in an order in which each one uses
    only free names and earlier keys; the loss and the helpers (``\\delta_2``) are among them.
    Free names are the parameters, ``inputs``, ``labels``, the sample count and ``constants``.
    """

    definitions: dict[str, Expression]
    loss: str
    prediction: str | None
    parameters: tuple[Parameter, ...]
    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    sample_count: str | None = None
    constants: tuple[str, ...] = ()
    names: dict[str, Name] = field(default_factory=dict)  # key → the Name, for printing

    @cached_property
    def per_sample(self) -> frozenset[str]:
        """The names that have one value a sample: inputs, labels and all computed from them."""
        names = set(self.inputs) | set(self.labels)
        for key, expression in self.definitions.items():
            if not isinstance(expression, Sum) and names & _free_of_sums(expression):
                names.add(key)
        return frozenset(names)

    @cached_property
    def loss_has_sum(self) -> bool:
        """Whether the loss, as the document defines it, sums over the samples."""
        return any(
            isinstance(node, Sum)
            for key in self.ancestors(self.loss)
            for node in walk(self.definitions[key])
        )

    def ancestors(self, key: str) -> tuple[str, ...]:
        """The defined names that ``key`` is computed from, itself last, in dependency order."""
        if key not in self._ancestors:
            needed = {key}
            for name in reversed(self.definitions):
                if name in needed:
                    needed |= self._names[name]
            found = tuple(name for name in self.definitions if name in needed)
            self._ancestors[key] = found
        return self._ancestors[key]

    def below(self, key: str) -> frozenset[str]:
        """Every name that ``key`` is computed from, defined or free, itself included."""
        found = self._below.get(key)
        if found is None:
            names = {key}
            for ancestor in self.ancestors(key) if key in self.definitions else ():
                names |= self._names[ancestor]
            found = self._below[key] = frozenset(names)
        return found

    def above(self, key: str) -> frozenset[str]:
        """Every definition that is computed from ``key``, its own included."""
        found = {key}
        for name, inner in self._names.items():
            if inner & found:
                found.add(name)
        return frozenset(found & self._names.keys())

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        return {key: names_in(body) for key, body in self.definitions.items()}

    @cached_property
    def _below(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {}

    def one_sample(self) -> Model:
        """The same model with the one-sample loss C·ℓ: the sum goes, the constant stays."""
        dropped = {
            key: transform(expression, lambda node: node.body if isinstance(node, Sum) else node)
            for key, expression in self.definitions.items()
        }
        return replace(self, definitions=dropped)

    @cached_property
    def abstract_functions(self) -> frozenset[str]:
        """Functions whose formula the document never gives (``g``): independent values."""
        return frozenset(
            node.function.key
            for expression in self.definitions.values()
            for node in walk(expression)
            if isinstance(node, Apply) and node.function.key not in BASIC
        )


def in_order(key: str, needs: Callable[[str], Iterable[str]], known: Container[str]) -> list[str]:
    """The names that one is computed from and that are not known, each after those it needs.

    A loop and no recursion: a chain of definitions may be as long as a document. Raises ValueError
    where a name needs itself.
    """
    found: list[str] = []
    done: set[str] = set()
    path = {key: iter(needs(key))}
    while path:
        name, rest = next(reversed(path.items()))
        for other in rest:
            if other in path:
                raise ValueError(f"{other} is computed from itself")
            if other not in done and other not in known:
                path[other] = iter(needs(other))
                break
        else:
            del path[name]
            done.add(name)
            found.append(name)
    return found


def _free_of_sums(expression: Expression) -> set[str]:
    """Names that occur outside every sum over the samples."""
    if isinstance(expression, Sum):
        return set()
    if not expression.children():
        return names_in(expression)
    return set().union(*(_free_of_sums(child) for child in expression.children()))


@dataclass(frozen=True, slots=True)
class Claim:
    """A side that a document asserts to be the gradient of the loss by one parameter.

    ``expression`` is resolved, or None with a ``reason`` where the side could not be read or
    resolved. A side that still holds a partial is a chain-rule form and never a claim. A gradient
    that only an update substitutes is claimed by that (``in_update``).
    """

    parameter: str  # role
    span: Span
    statement: int
    side: int
    expression: Expression | None
    reason: str = ""
    sums: bool = False  # the side writes a sum over the samples
    loss: str = ""  # the key of what is differentiated; empty: the setup's loss
    resolved: bool = True  # False: it was read, but a name in it has no meaning (undecided)
    slip: bool = False  # an index or a bound of its sum is not that of the samples: the reason
    written: Expression | None = None  # the gradient in an update, as written …
    factor: Fraction = Fraction(1)  # … and by what it is multiplied to be the one claimed
    in_update: bool = False
    neutral: Expression | None = None  # the same with what is struck out left out, if anything is


@dataclass(frozen=True, slots=True)
class Step:
    """One adjacent pair of a chain, for the list of steps. Its place is that of its right side."""

    statement: int
    side: int  # index of the right side
    span: Span
    kind: str  # definition | claim | update | mention
    relation: str
    left: str  # source
    right: str  # source
    setup: int | None = None  # index into Derivation.setups
    unread: str | None = None  # why, if one of its sides was not read
    left_expression: Expression | None = None  # resolved, where it could be
    right_expression: Expression | None = None
    left_written: Expression | None = None  # as written (canonical names), where it was read
    right_written: Expression | None = None
    binds: str | None = None  # the key that this definition step gives its meaning, if it counts
    elsewhere: bool = False  # a definition that counts in no setup
    unresolved: str = ""  # why a side that was read has no meaning
    neutral: tuple[Expression, Expression] | None = None  # with what is struck out left out
    stands_for: Partial | None = None  # what a helper that it binds must be: dz_1 is ∂L/∂z_1

    @property
    def is_idle(self) -> bool:
        """Whether it says of no gradient what it is: both sides alike, or made of partials only."""
        left, right = self.left_written, self.right_written
        if left is None or right is None:
            return False
        return left == right or (_is_of_partials(left) and _is_of_partials(right))


def _is_of_partials(side: Expression) -> bool:
    """Whether a side is a product or sum of partials, in which nothing is carried out."""
    if isinstance(side, Partial):
        return True
    if isinstance(side, Sum):
        return _is_of_partials(side.body)
    if not isinstance(side, Multiply | Add | Transpose | Negate):
        return False
    return all(_is_of_partials(part) for part in side.children())


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand an ambiguous document, always named in the output."""

    rule: str  # name of the charity, from the closed list in derivation/readings.py
    span: Span
    text: str
    others: tuple[str, ...] = ()  # what else the text admits, in words


@dataclass(frozen=True, slots=True)
class Value:
    """A number that the text gives to a name (``Let h = 3``), and where."""

    key: str
    span: Span
    number: Expression


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """A formula, as written, that the text works out to a number, and where."""

    formula: Expression
    number: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Source:
    """Where a definition in force stands: its key, the span of its body, the body as written."""

    key: str
    span: Span
    written: Expression


@dataclass(frozen=True, slots=True)
class Rival:
    """Another definition of a name than the one in force, and the stretch in which it is meant."""

    key: str
    start: int
    end: int
    reason: str
    body: Expression | None  # resolved, where it could be
    statement: int  # where it stands


@dataclass(frozen=True)
class Held:
    """What of a setup is not judged yet, because axes are not kept, and the reason.

    Where ``whole``, nothing of it is. ``model`` has a free number for every sum over an axis: what
    holds in it as well does not rest on such a sum.
    """

    reason: str
    parameters: frozenset[str] = frozenset()  # keys inside a sum over an axis, or with an index
    names: frozenset[str] = frozenset()  # keys that carry an axis
    letters: frozenset[str] = frozenset()  # indices that are not the samples'
    functions: frozenset[str] = frozenset()  # functions of all entries: softmax
    totals: frozenset[str] = frozenset()  # losses that are a sum of named losses
    open_sum: bool = False  # the loss may sum over outputs: what leaves the sum out is open
    whole: bool = False
    model: Model | None = None


class Sense(Enum):
    """Where the updates of an objective lead, as the page says it."""

    DOWN = "its objective is minimised"
    UP = "its objective is maximised"
    OPEN = "whether its objective is maximised is open"


@dataclass(frozen=True)
class Setup:
    """Loss, output activation and hidden activation, with all that is claimed for them."""

    name: str  # "mse/identity"
    hidden: str  # "sigmoid", "tanh", …, or the abstract function's name
    span: Span  # where the segment begins
    model: Model
    claims: tuple[Claim, ...]
    chain_only: tuple[str, ...] = ()  # roles that only chain-rule forms are written for
    forward: tuple[str, ...] = ()  # the forward equations as understood, for the read-back
    model_problem: str | None = None  # why the model cannot be differentiated, if so
    problem_span: Span | None = None  # where it enters, if that can be told
    sources: tuple[Source, ...] = ()  # the definitions in force, in document order
    resolve: Callable[[Expression], Expression] | None = None  # a written side → what it means
    values: tuple[Value, ...] = ()  # numbers that the text gives to names, in document order
    worked_out: tuple[WorkedOut, ...] = ()  # what formulas come to, in document order
    given: frozenset[str] = frozenset()  # keys that a reference defines, in its stead
    own: Setup | None = None  # as the document defines it, where that is another network
    held: Held | None = None  # what is not judged yet, if anything
    rivals: tuple[Rival, ...] = ()  # stretches in which a name means something else
    sense: Sense = Sense.DOWN


@dataclass(frozen=True)
class Derivation:
    """A document understood: its setups, the steps of all its chains, the readings chosen."""

    setups: tuple[Setup, ...]
    steps: tuple[Step, ...]
    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...] = ()
    sense: Sense = Sense.DOWN  # of updates that belong to no setup
