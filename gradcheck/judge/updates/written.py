"""Update rules as written: what is trained, from where it starts, its rate, what it follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

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
    Partial,
    Sum,
    names_in,
    walk,
)
from gradcheck.language.model import ROLES, Derivation, Model, Parameter, Step
from gradcheck.language.names import COUNT, RATE
from gradcheck.understand.descending import bare, increment_of, is_increment, stands_for_any
from gradcheck.understand.naming import is_general, is_loss_name

RATES = RATE.names()
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
    defined_apart: bool = False  # the direction stands in a definition of its own (v = …)
    sense: int = 0  # 0: the side is what the target becomes; ±1: what is added, or taken off
    increment: bool = False  # it is \\Delta w = …
    general: bool = False  # it is for any layer or unit (W^{[l]}, w_{ij})

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

    ``update`` is None where the side could not be taken apart. ``sense`` is 0 where the side is
    what the target becomes, 1 or -1 where it is what is added to it or taken off (``+=``, and
    ``\\Delta w = …``, an ``increment``).
    """

    step: Step
    line: Step
    head: Name
    update: Update | None
    sense: int = 0
    increment: bool = False

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
    """Every side of every update that was read, in document order.

    ``w := w + \\Delta w`` says nothing beyond ``\\Delta w = …``, so it is no side of its own.
    """
    known = _known(derivation)
    apart = _definitions(derivation.steps, known)
    chains = list(_chains(derivation.steps))
    uses = _uses(chains)
    found: list[UpdateSide] = []
    for chain in chains:
        line = chain[0]
        head, sense = line.left_written, _SENSES.get(line.relation, 0)
        if not isinstance(head, Name):
            continue
        increment = _is_increment(chain)
        if increment:
            used = uses.get(head.key, frozenset({1}))
            if not used & {1, -1}:
                continue  # scaled where it is used: judged there
            sense = 1 if 1 in used else -1
            head = increment_of(head) or head
        for step in chain:
            if step.right_written is None or _applies(step, line, uses):
                continue
            bare_side = UpdateSide(step, line, head, None, sense, increment)
            found.append(replace(bare_side, update=_parse(bare_side, known, apart)))
    return found


_SENSES = {"+=": 1, "-=": -1}


def _chains(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps of every update, chain by chain."""
    for _, chain in groupby((s for s in steps if s.kind == "update"), lambda s: s.statement):
        whole = list(chain)
        if whole[0].side == 1:
            yield whole


def _is_increment(chain: Sequence[Step]) -> bool:
    return is_increment(chain[0].left_written, [step.right_written for step in chain])


def _uses(chains: Sequence[Sequence[Step]]) -> dict[str, frozenset[int]]:
    """How the increments are used in other updates: added (1), taken off (-1), scaled (0)."""
    keys = {c[0].left_written.key for c in chains if _is_increment(c)}  # type: ignore[union-attr]
    found: dict[str, frozenset[int]] = {}
    for chain in chains:
        sense = _SENSES.get(chain[0].relation, 0)
        for step in chain if not _is_increment(chain) else ():
            right = step.right_written
            terms = right.terms if isinstance(right, Add) else (right,)
            for term in terms:
                for key in names_in(term) & keys if term is not None else ():
                    sign = _plainly(term, key) * (sense or 1)
                    found[key] = found.get(key, frozenset()) | {sign}
    return found


def _plainly(term: Expression | None, key: str) -> int:
    """1 if a term is just this name, -1 if it is the name taken off, else 0."""
    inner = term.operand if isinstance(term, Negate) else term
    if not isinstance(inner, Name) or inner.key != key:
        return 0
    return -1 if isinstance(term, Negate) else 1


def _applies(step: Step, line: Step, uses: Mapping[str, frozenset[int]]) -> bool:
    """Whether a side is just ``w + \\Delta w``, with the increment in its usual sense."""
    head, right = line.left_written, step.right_written
    if not isinstance(head, Name) or right is None:
        return False
    sense = _SENSES.get(line.relation, 0)
    terms = list(right.terms) if isinstance(right, Add) else [right]
    target = bare(head).key
    starts = [t for t in terms if isinstance(t, Name) and bare(t).key == target]
    rest = [term for term in terms if term not in starts]
    if len(rest) != 1 or len(starts) != (0 if sense else 1):
        return False
    inner = rest[0].operand if isinstance(rest[0], Negate) else rest[0]
    owner = increment_of(inner) if isinstance(inner, Name) else None
    if not isinstance(inner, Name) or owner is None or owner.key != target:
        return False
    used = uses.get(inner.key, frozenset())
    usual = 1 if 1 in used else -1
    return bool(used) and 0 not in used and _plainly(rest[0], inner.key) * (sense or 1) == usual


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
        named = step.kind == "definition" or (step.kind == "update" and step.side == 1)
        if named and isinstance(left, Name) and right is not None:
            if step.kind == "update" and not is_increment(left, [right]):
                continue
            follows = any(isinstance(node, Partial) for node in walk(right))
            marked = left.base == "Delta" or "Delta" in left.accent.split()
            if left.key not in known or follows or marked:
                found.setdefault(left.key, right)
    return found


def _parse(
    side: UpdateSide, known: frozenset[str], apart: Mapping[str, Expression]
) -> Update | None:
    step, head, right = side.step, side.head, side.step.right_written
    assert right is not None
    target = bare(head)
    if side.sense:
        sign, start, rest = side.sense, head, right
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
        line=side.line,
        numbers=parts.numbers,
        defined_apart=defined_apart,
        sense=side.sense,
        increment=side.increment,
        general=_for_any(target, direction, known),
    )


def _for_any(target: Name, direction: Expression, known: frozenset[str]) -> bool:
    """A rule for any layer, or one for a parameter that no equation has: ``\\theta``."""
    if is_general(target) and target.key not in known:
        return True
    by = direction.by if isinstance(direction, Partial) else None
    own = isinstance(by, Name) and bare(by).key == target.key
    return target.key not in known and own and stands_for_any(target)


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
            case Name() if up and node.key not in known and node.key not in COUNT.names():
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
