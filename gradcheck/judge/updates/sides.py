"""What one side of an update says: target − side = rate · gradient, decided by the algebra.

Nothing depends on how the side is written: a rate multiplied out, a factor outside a sum or a lost
bracket come out as what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from gradcheck.judge.updates.followed_gradient import Comparison, SetupEvidence, Symbols
from gradcheck.judge.updates.written import RATES, UpdateSide
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    contains,
    substitute,
    transform,
    value_keys,
    walk,
)
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Claim, Sense, Step
from gradcheck.language.names import COUNT
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant
from gradcheck.understand.descending import bare
from gradcheck.understand.naming import is_loss_name

ONE = Constant()

_MEANT = re.compile(
    r"lambda$|beta$|mu$|rho$|(var)?epsilon$|kappa$|tau$|Delta|[vmsgruVMSGR]$|d[A-Za-z]$"
    r"|grad|step|velocity|momentum|decay|wd$"
)
"""Names by which momentum, Adam and weight decay go, and gradients in words."""


class Says(Enum):
    """How a side compares with the target minus rate times gradient."""

    FOLLOWS = "it follows the gradient in the sense of its objective, up to a constant"
    TURNED = "it goes the other way"
    ELSEWHERE = "its step is right, but it starts from something else"
    OUTSIDE = "a part of its step stands outside the learning rate"
    ANOTHER = "it follows something else than the gradient"
    UNDECIDED = "it could not be decided"
    NOT_PLAIN = "it is no plain gradient descent"


@dataclass(frozen=True, slots=True)
class SideResult:
    """``constant`` is true gradient ÷ the one followed, for FOLLOWS; ``rate`` as the side has it.

    ``closed``: no partial stands in it. ``owner`` is the key of the parameter whose gradient it
    follows instead, if that is known; ``exact``: it is the true one, whatever is claimed.
    ``upwards`` is where it leads, for FOLLOWS and TURNED.
    """

    says: Says
    target: Name
    setup: SetupEvidence
    constant: Constant | None = None
    rate: Name | None = None
    closed: bool = True
    owner: str | None = None
    exact: bool = False
    reason: str = ""
    upwards: bool = False


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A side resolved, ``rate`` the name (or 1) that its step must be proportional to."""

    side: Expression
    rate: Expression
    symbols: Symbols
    summed: bool

    def without_rate(self) -> Expression | None:
        """The side where the rate is 0: what it starts from."""
        if not isinstance(self.rate, Name):
            return None
        return substitute(self.side, {self.rate.key: Number(Fraction(0))})


class SideJudge:
    """Judges sides of updates of one setup; ``conventions`` is the constant that claims leave out.

    ``apart`` are names that stand for a step of descent (``Δw = -η ∂L/∂w``), as written.
    """

    def __init__(
        self,
        setup: SetupEvidence,
        convention: Constant | None = None,
        apart: Mapping[str, Expression] | None = None,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self.setup = setup
        self.convention = convention or ONE
        self.apart = apart or {}
        self.elsewhere = elsewhere

    def judge(self, side: UpdateSide, target: Name) -> SideResult | None:
        """What a side says about the target; None where its step was not read."""
        step, written = side.step, _side_of(side, target)
        if written is None:
            return None
        written = self._plain(written, target)
        if _is_worked_number(written, target):
            return None
        names = unknown_names(written, self.setup)
        rates, counts, others = self._sorted(names)
        rate = rates[0] if rates else None
        base = SideResult(
            Says.UNDECIDED, target, self.setup, rate=rate, closed=not contains(written, Partial)
        )
        if not others and not _holds_gradient(written, target, {n.key for n in names}):
            others = names
        if others:
            return self._beyond(base, others)
        symbols = Symbols(rate.key if rate else None, counts[0].key if counts else None)
        meant = self.setup.meaning(written, [*rates, *counts])
        if isinstance(meant, str):
            return replace(base, reason=meant)
        factor = rate if rate is not None else Number(Fraction(1))
        meaning = _Meaning(meant, factor, symbols, contains(meant, Sum))
        return self._decide(base, meaning, step)

    def _plain(self, written: Expression, target: Name) -> Expression:
        """Names without what says old or new, steps put in, a rate before a bracket a factor."""
        known = self.setup.known

        def change(node: Expression) -> Expression:
            if isinstance(node, Name):
                plain = bare(node)
                return plain if plain.key == target.key or plain.key in known else node
            if isinstance(node, Apply) and not node.order and len(node.arguments) == 1:
                head = node.function
                if head.base in RATES and head.key not in known | BASIC:
                    return Multiply((head, node.arguments[0]), span=node.span)
            return node

        steps = {key: body for key, body in self.apart.items() if key not in known}
        return transform(substitute(transform(written, change), steps), change)

    def _sorted(self, names: list[Name]) -> tuple[list[Name], list[Name], list[Name]]:
        """The rate, the sample count and the rest among names that the setup does not know."""
        counts = [
            n
            for n in names
            if n.key in COUNT.names() and self.setup.setup.model.sample_count is None
        ]
        names = [name for name in names if name not in counts]
        rates = [name for name in names if name.base in RATES] if len(names) > 1 else names
        if len(rates) > 1:
            return [], counts[:1], names
        others = [name for name in names if name not in rates]
        return rates, counts[:1], [*others, *counts[1:]]

    def _beyond(self, base: SideResult, others: list[Name]) -> SideResult:
        """A side with names that nothing defines: those of momentum and the like, or lost ones."""
        lost = [
            name
            for name in others
            if name.base not in RATES
            and "Delta" not in name.accent.split()
            and (name.key in self.elsewhere or not _MEANT.match(name.base))
        ]
        if lost:
            return replace(base, reason=f"{to_text(lost[0])} is not defined in the document")
        return replace(base, says=Says.NOT_PLAIN)

    # -- deciding -----------------------------------------------------------------------------

    def _decide(self, base: SideResult, meaning: _Meaning, step: Step) -> SideResult:
        target, sense = base.target, self.setup.setup.sense
        down: Expression = Add((target, Negate(meaning.side)))
        base = replace(base, upwards=sense is Sense.UP)
        if base.upwards:
            down = Negate(down)
        found = self._constant(target.key, down, meaning, step, base.closed)
        if found.same:
            exact = self._truth(target.key, down, meaning).exact
            return replace(base, says=Says.FOLLOWS, constant=found.left_out, exact=exact)
        turned = self._constant(target.key, Negate(down), meaning, step, base.closed)
        if turned.same:
            says = Says.FOLLOWS if sense is Sense.OPEN else Says.TURNED
            return replace(base, says=says, constant=turned.left_out, upwards=not base.upwards)
        owner = self._owner(down, meaning, step, base.closed, target.key)
        if owner is not None:
            return replace(base, says=Says.ANOTHER, owner=owner)
        start = meaning.without_rate()
        if start is not None:
            other = self._start(base, start, meaning, step)
            if other is not None:
                return other
        if not found.decided and "sum times a per-sample" not in found.reason:
            return replace(base, reason=found.reason)
        return replace(base, says=Says.ANOTHER)

    def _start(
        self, base: SideResult, start: Expression, meaning: _Meaning, step: Step
    ) -> SideResult | None:
        """Where a side without its rate's part is not the target; None if it is."""
        target = base.target
        decision = self.setup.decide(target, start, meaning.symbols, meaning.summed)
        if decision.exact or not decision.decided:
            return None
        rest = Add((start, Negate(meaning.side)))
        for part in (rest, Negate(rest)):
            if self._constant(target.key, part, meaning, step, base.closed).same:
                return replace(base, says=Says.ELSEWHERE)
        side = meaning.side
        plainly = isinstance(side, Add) and any(
            isinstance(term, Name) and term.key == target.key for term in side.terms
        )
        return replace(base, says=Says.OUTSIDE if plainly else Says.ELSEWHERE)

    def _owner(
        self, down: Expression, meaning: _Meaning, step: Step, closed: bool, own: str
    ) -> str | None:
        for key in self.setup.parameters:
            if key != own and self._constant(key, down, meaning, step, closed).same:
                return key
        return None

    def _constant(
        self, key: str, down: Expression, meaning: _Meaning, step: Step, closed: bool
    ) -> Comparison:
        """The gradient by ``key`` (as claimed, else the true one) ÷ what ``down`` follows."""
        claimed = [
            self._with_claim(claim, down, meaning)
            for claim in self.setup.claims_before(key, step.span.start)
        ]
        if any(item.exact for item in claimed):
            return Comparison(ONE)
        true = self._truth(key, down, meaning)
        if true.left_out is not None and closed:
            true = replace(true, left_out=_divided(true.left_out, self.convention))
        if true.same:
            return true
        return next((item for item in reversed(claimed) if item.same), true)

    def _truth(self, key: str, down: Expression, meaning: _Meaning) -> Comparison:
        true = _scaled(meaning.rate, self.setup.true(key, meaning.summed))
        return self.setup.decide(true, down, meaning.symbols, meaning.summed)

    def _with_claim(self, claim: Claim, down: Expression, meaning: _Meaning) -> Comparison:
        assert claim.expression is not None
        left = _scaled(meaning.rate, claim.expression)
        summed = meaning.summed and claim.sums
        if not summed:
            left, down = one_sample(left), one_sample(down)
        return self.setup.decide(left, down, meaning.symbols, summed)


def _divided(one: Constant, other: Constant) -> Constant:
    if other.is_one:
        return one
    return Constant(one.rational / other.rational, one.power - other.power, one.count)


def _scaled(rate: Expression, gradient: Expression) -> Expression:
    """rate · gradient, the rate inside a sum's front."""
    return Multiply((rate, gradient)) if isinstance(rate, Name) else gradient


def one_sample(expression: Expression) -> Expression:
    """Every sum replaced by its body."""
    return transform(expression, lambda node: node.body if isinstance(node, Sum) else node)


def _side_of(side: UpdateSide, target: Name) -> Expression | None:
    """What the target becomes by a side, as written."""
    right = side.step.right_written
    if right is None or not side.sense:
        return right
    return Add((target, Negate(right) if side.sense < 0 else right), span=right.span)


def _is_worked_number(written: Expression, target: Name) -> bool:
    """``b - 0.1 \\cdot 0.4`` and what it comes to: a step of an example."""
    numbers = any(isinstance(node, Number) for node in walk(written))
    return (
        numbers
        and not contains(written, Partial)
        and {n.key for n in _values(written)} <= {target.key}
        and not any(isinstance(node, Power) for node in walk(written))
    )


def unknown_names(written: Expression, setup: SetupEvidence) -> list[Name]:
    """Names with a value that the setup does not know, each once, in order: a rate is one."""
    found: dict[str, Name] = {}
    for node in _values(written):
        known = node.key in setup.known or is_loss_name(node) or node.key == "e"
        if not known:
            found.setdefault(node.key, node)
    return list(found.values())


def _values(node: Expression) -> Iterator[Name]:
    """The names that stand for values: no heads, no indices, nothing that is derived by."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Apply):
        for argument in node.arguments:
            yield from _values(argument)
    elif isinstance(node, Sum):
        yield from _values(node.body)
    elif isinstance(node, Partial):
        yield from _values(node.of)
    else:
        for child in node.children():
            yield from _values(child)


def _holds_gradient(written: Expression, target: Name, unknown: set[str]) -> bool:
    """Whether anything is taken off that could be a gradient: not only names unknown."""
    if not unknown or any(isinstance(node, Partial) for node in walk(written)):
        return True
    if len(set(value_keys(written)) & unknown) != 1:
        return True
    rest = [key for key in value_keys(written) if key not in unknown and key != target.key]
    rates = [n for n in walk(written) if isinstance(n, Name) and n.key in unknown]
    return bool(rest) or all(name.base in RATES for name in rates)
