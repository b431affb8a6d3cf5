"""Update rules as written: what is trained, from where it starts, its rate, what it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.derivation.bindings import bare
from gradcheck.derivation.naming import COUNTS, is_general, is_loss_name
from gradcheck.document import Span
from gradcheck.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Sum,
    names_in,
    walk,
)
from gradcheck.model import ROLES, Derivation, Model, Parameter, Step

RATES = frozenset(
    "alpha eta lr LR rate gamma epsilon mu rho kappa lambda learningrate learning_rate "
    "learning stepsize step h nu".split()
)
"""Names that learning rates usually have; any other name that nothing defines may be one too."""

ONE = Number(Fraction(1))


@dataclass(frozen=True, slots=True)
class Update:
    """``target = source + sign · number · rate · direction``, taken apart but not changed.

    ``target`` and ``source`` are names without what says old or new; ``rate`` is the name of the
    learning rate, None if there is none; ``number`` is a bare number among the factors (1: none
    is written). ``direction`` is what is left: a gradient, as written.
    """

    step: Step
    head: Name  # the left side as written
    target: Name
    start: Name  # the name it starts from, as written
    source: Name
    sign: int
    rate: Name | None
    number: Fraction
    direction: Expression
    line: Step | None = None  # the first step of its chain, for the target's spelling
    numbers: tuple[Span, ...] = ()  # where the bare numbers stand
    defined_apart: bool = False  # the direction stands in a definition of its own (Δw = …)

    @property
    def general(self) -> bool:
        """Whether the rule is for any layer (``W^{[l]}``)."""
        return is_general(self.target)

    @property
    def gradient_of(self) -> Name | None:
        """The parameter whose gradient ``∂L/∂w`` the direction is, if it is just that."""
        node = self.direction
        if not isinstance(node, Partial) or node.order != 1 or not isinstance(node.by, Name):
            return None
        of = node.of.function if isinstance(node.of, Apply) else node.of
        return node.by if isinstance(of, Name) and is_loss_name(of) else None


@dataclass(frozen=True)
class _Parts:
    """The factors of what is added to the source."""

    sign: int
    number: Fraction
    numbers: tuple[Span, ...]
    names: tuple[Name, ...]  # that the model does not know
    above: tuple[Expression, ...]
    below: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class UpdateSide:
    """One side of an update: its step, the first of its chain, what it trains, and its parts.

    ``update`` is None where the side could not be taken apart.
    """

    step: Step
    line: Step
    head: Name
    update: Update | None

    @property
    def target(self) -> Name:
        return bare(self.head)


def rules_of(derivation: Derivation) -> list[Update]:
    """Every update of the document that could be taken apart, in document order."""
    return [side.update for side in sides_of(derivation) if side.update is not None]


def steps_apart(derivation: Derivation) -> dict[str, Expression]:
    """Names that are defined apart as a step of descent, with what they are, as written."""
    return _definitions(derivation.steps, _known(derivation))


def sides_of(derivation: Derivation) -> list[UpdateSide]:
    """Every side of every update that was read, in document order."""
    known = _known(derivation)
    apart = _definitions(derivation.steps, known)
    found: list[UpdateSide] = []
    first: Step | None = None
    for step in derivation.steps:
        if step.kind != "update":
            continue
        if step.side == 1:
            first = step
        if first is None or first.statement != step.statement or step.right_written is None:
            continue
        head = first.left_written
        if isinstance(head, Name):
            update = _parse(step, head, step.right_written, known, apart)
            if update is not None:
                update = replace(update, line=first)
            found.append(UpdateSide(step, first, head, update))
    return found


def network_parameters(model: Model) -> list[Parameter]:
    """The parameters of the network; what descent only carries along (a velocity) is none."""
    used: set[str] = set()
    for key in model.ancestors(model.loss):
        used |= names_in(model.definitions[key])
    return [p for p in model.parameters if p.role in ROLES or p.key in used]


def _known(derivation: Derivation) -> frozenset[str]:
    """Every name that some setup gives a meaning."""
    found: set[str] = set()
    for setup in derivation.setups:
        model = setup.model
        found |= {*model.definitions, *model.inputs, *model.labels, *model.constants}
        found |= {parameter.key for parameter in network_parameters(model)}
        found |= {model.sample_count} if model.sample_count else set()
    return frozenset(found)


def _definitions(steps: Sequence[Step], known: frozenset[str]) -> dict[str, Expression]:
    """Names defined apart as a step of descent: ``Δw = -η ∂L/∂w``."""
    found: dict[str, Expression] = {}
    for step in steps:
        left, right = step.left_written, step.right_written
        if step.kind == "definition" and isinstance(left, Name) and right is not None:
            follows = any(isinstance(node, Partial) for node in walk(right))
            marked = left.base == "Delta" or "Delta" in left.accent.split()
            if left.key not in known or follows or marked:
                found.setdefault(left.key, right)
    return found


def _parse(
    step: Step,
    head: Name,
    right: Expression,
    known: frozenset[str],
    apart: Mapping[str, Expression],
) -> Update | None:
    target = bare(head)
    if step.relation in ("-=", "+=") and step.side == 1:
        sign, start, rest = (-1 if step.relation == "-=" else 1), head, right
    else:
        split = _split(right, target, known)
        if split is None:
            return None
        start, rest = split
        sign = 1
    defined_apart = False
    inner = rest.operand if isinstance(rest, Negate) else rest
    if isinstance(inner, Name) and inner.key in apart:
        sign = -sign if isinstance(rest, Negate) else sign
        rest, defined_apart = apart[inner.key], True
        if isinstance(rest, Add):
            return None  # a velocity: an average over the steps
    parts = _factors(rest, sign, known)
    rates, others = _rates(parts.names)
    above = (*parts.above, *others)
    if not above or len(rates) > 1:
        return None  # momentum and the like: not one gradient with one rate
    direction = _product(above)
    if parts.below:
        direction = Divide(direction, _product(parts.below), span=rest.span)
    return Update(
        step=step,
        head=head,
        target=target,
        start=start,
        source=bare(start),
        sign=parts.sign,
        rate=rates[0] if rates else None,
        number=parts.number,
        direction=direction,
        numbers=parts.numbers,
        defined_apart=defined_apart,
    )


def _split(
    right: Expression, target: Name, known: frozenset[str]
) -> tuple[Name, Expression] | None:
    """What an update starts from, and what it adds; None if that cannot be told."""
    if not isinstance(right, Add):
        return None
    names = [term for term in right.terms if isinstance(term, Name)]
    own = [name for name in names if bare(name).key == target.key]
    like = [name for name in names if bare(name).key in known or is_general(name)]
    starts = own or like
    if len(starts) != 1:
        return None
    rest = [term for term in right.terms if term is not starts[0]]
    return (starts[0], rest[0]) if len(rest) == 1 else None


def _factors(expression: Expression, sign: int, known: frozenset[str]) -> _Parts:
    number = Fraction(1)
    numbers: list[Span] = []
    names: list[Name] = []
    above: list[Expression] = []
    below: list[Expression] = []

    def take(node: Expression, up: bool) -> None:
        nonlocal number, sign
        match node:
            case Negate(operand=operand):
                sign = -sign
                take(operand, up)
            case Multiply(factors=factors):
                for factor in factors:
                    take(factor, up)
            case Divide(numerator=numerator, denominator=denominator):
                take(numerator, up)
                take(denominator, not up)
            case Number(value=value) if value:
                number = number * value if up else number / value
                numbers.append(node.span)
            case Name() if up and node.key not in known and node.key not in COUNTS:
                names.append(node)
            case _:
                (above if up else below).append(node)

    take(expression, True)
    return _Parts(sign, number, tuple(numbers), tuple(names), tuple(above), tuple(below))


def _rates(names: Sequence[Name]) -> tuple[list[Name], list[Name]]:
    """The learning rate among names that nothing defines, and the others."""
    usual = [name for name in names if name.base in RATES]
    if len(names) == 1 or not usual:
        return list(names), []
    return usual, [name for name in names if name.base not in RATES]


def _product(factors: Sequence[Expression]) -> Expression:
    if not factors:
        return ONE
    if len(factors) == 1:
        return factors[0]
    return Multiply(tuple(factors), span=factors[0].span.cover(factors[-1].span))


def total_direction(update: Update, with_number: bool = True) -> Expression:
    """The direction with its bare number: the gradient that an update substitutes."""
    if not with_number or update.number == 1:
        return update.direction
    return Multiply((Number(update.number), update.direction))


def writes_sum(expression: Expression) -> bool:
    """Whether a sum over the samples is written in it."""
    return any(isinstance(node, Sum) for node in walk(expression))
