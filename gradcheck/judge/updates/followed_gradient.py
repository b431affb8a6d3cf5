"""What the gradient in an update is: the claimed one, the true one, another parameter's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from gradcheck.judge.forms import Forms, truth
from gradcheck.judge.updates.written import (
    Update,
    UpdateSide,
    network_parameters,
    total_direction,
    writes_sum,
)
from gradcheck.language.expression import (
    Expression,
    Name,
    Negate,
    Number,
    Sum,
    substitute,
    transform,
)
from gradcheck.language.model import Claim, Derivation, Parameter, Sense, Setup, Step
from gradcheck.language.verdict import Constant
from gradcheck.understand.resolution import Unresolved

if TYPE_CHECKING:
    from gradcheck.evidence.symbolic import Algebra


@dataclass(frozen=True, slots=True)
class Symbols:
    """Keys that a side has beyond its setup's names: the rate, the sample count."""

    rate: str | None = None
    count: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides are equal up to ``left_out`` (None: they are different, or it is not decided)."""

    left_out: Constant | None
    decided: bool = True
    reason: str = ""

    @property
    def exact(self) -> bool:
        return self.left_out is not None and self.left_out.is_one

    @property
    def same(self) -> bool:
        return self.left_out is not None


class SetupEvidence:
    """The questions about one setup's gradients, its algebras kept."""

    def __init__(self, index: int, setup: Setup) -> None:
        self.index = index
        self.setup = setup
        self.forms = Forms(setup.model)
        self._algebras: dict[tuple[bool, Symbols], Algebra] = {}

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        return {parameter.key: parameter for parameter in self.setup.model.parameters}

    @cached_property
    def known(self) -> frozenset[str]:
        """Every name with a meaning here."""
        model = self.setup.model
        names = {*model.definitions, *model.inputs, *model.labels, *model.constants}
        names |= {parameter.key for parameter in network_parameters(model)}
        return frozenset(names | ({model.sample_count} if model.sample_count else set()))

    def claims_before(self, key: str, before: int) -> list[Claim]:
        """The closed forms claimed for a parameter before a place in the document, else all."""
        role = self.parameters[key].role
        own = [c for c in self.setup.claims if c.parameter == role and not c.in_update]
        claims = [claim for claim in own if claim.expression is not None]
        return [claim for claim in claims if claim.span.start < before] or claims

    def claimed(self, key: str, before: int) -> Claim | None:
        """The last closed form claimed for a parameter before a place in the document."""
        found = self.claims_before(key, before)
        return found[-1] if found else None

    def resolved(self, expression: Expression) -> Expression | None:
        """What a side as written means in this setup; None where it has no meaning."""
        found = self.meaning(expression)
        return None if isinstance(found, str) else found

    def meaning(self, expression: Expression, free: Sequence[Name] = ()) -> Expression | str:
        """What a side means here, the names in ``free`` standing for themselves; else why not."""
        if self.setup.resolve is None:
            return "nothing is defined here"
        marks = {name.key: _mark(k) for k, name in enumerate(free)}
        names = {mark.value: name for mark, name in zip(marks.values(), free, strict=True)}

        def unmarked(node: Expression) -> Expression:
            return names.get(node.value, node) if isinstance(node, Number) else node

        try:
            found = self.setup.resolve(substitute(expression, dict(marks)))
        except Unresolved as trouble:
            return trouble.reason
        return transform(found, unmarked) if marks else found

    def true(self, key: str, summed: bool) -> Expression:
        """∂loss/∂key, not carried out, in one of the two forms of the loss."""
        return truth(self.forms.total if summed else self.forms.one, key)

    def compare(self, left: Expression, right: Expression, summed: bool) -> Comparison:
        """left = left_out · right? On the totalled loss if ``summed``, else for one sample."""
        return self.decide(left, right, Symbols(), summed)

    def decide(
        self, left: Expression, right: Expression, symbols: Symbols, summed: bool
    ) -> Comparison:
        """The same with free names for the rate and the sample count."""
        from gradcheck.evidence.symbolic import Outcome

        if self.setup.model_problem is not None:
            return Comparison(None, decided=False, reason=self.setup.model_problem)
        decision = self._algebra(symbols, summed).decide(left, right, shown=False)
        if decision.outcome is Outcome.UNDECIDED:
            return Comparison(None, decided=False, reason=decision.reason)
        return Comparison(decision.left_out)

    def _algebra(self, symbols: Symbols, summed: bool) -> Algebra:
        from gradcheck.evidence.symbolic import Algebra

        if (summed, symbols) not in self._algebras:
            model = self.forms.total if summed else self.forms.one
            if symbols.rate is not None:
                model = replace(model, constants=(*model.constants, symbols.rate))
            if symbols.count is not None:
                model = replace(model, sample_count=symbols.count)
            self._algebras[summed, symbols] = Algebra(model)
        return self._algebras[summed, symbols]

    def with_truth(self, key: str, gradient: Expression) -> Comparison:
        """∂loss/∂key compared with a gradient in the sum convention that it is written in."""
        summed = writes_sum(gradient)
        model = self.forms.total if summed else self.forms.one
        return self.compare(truth(model, key), gradient, summed)

    def with_claim(self, key: str, gradient: Expression, before: int) -> Comparison | None:
        """The claim compared with a gradient; None if nothing is claimed."""
        claim = self.claimed(key, before)
        if claim is None or claim.expression is None:
            return None
        left, right = claim.expression, gradient
        summed = writes_sum(left) and writes_sum(right)
        if not summed:
            left, right = _one_sample(left), _one_sample(right)
        return self.compare(left, right, summed)


def _mark(index: int) -> Number:
    """A number that no document writes, for a name that the setup does not know."""
    return Number(Fraction(10**40 + 121 + index, 10**39 + 7))


def _one_sample(expression: Expression) -> Expression:
    return transform(expression, lambda node: node.body if isinstance(node, Sum) else node)


def evidence_of(derivation: Derivation) -> list[SetupEvidence]:
    """The evidence of every setup, in order."""
    return [SetupEvidence(k, setup) for k, setup in enumerate(derivation.setups)]


def setup_for(side: UpdateSide, key: str, evidence: list[SetupEvidence]) -> SetupEvidence | None:
    """The setup whose gradients a side follows, of those that have the parameter."""
    having = [item for item in evidence if key in item.parameters]
    return _setup_at(side.step, having)


def setup_of(update: Update, evidence: list[SetupEvidence]) -> SetupEvidence | None:
    """The setup whose gradients an update follows: the one claimed last before it."""
    return _setup_at(update.step, evidence)


def _setup_at(step: Step, evidence: list[SetupEvidence]) -> SetupEvidence | None:
    at = step.span.start
    with_claims = [e for e in evidence if e.setup.claims or e.setup.chain_only]
    before = [
        (max(c.span.start for c in e.setup.claims if c.span.start < at), e)
        for e in with_claims
        if any(c.span.start < at for c in e.setup.claims)
    ]
    if before:
        return max(before, key=lambda pair: pair[0])[1]
    if with_claims:
        return with_claims[0]
    return next((item for item in evidence if item.index == step.setup), None)


def followed(update: Update, setup: SetupEvidence) -> Expression | None:
    """The gradient that an update follows: direction and number, resolved; None: no meaning.

    Its sign is that of the update, turned round where the objective is minimised.
    """
    body = setup.resolved(total_direction(update))
    if body is None:
        return None
    upwards = setup.setup.sense is Sense.UP
    return body if (update.sign > 0) == upwards else Negate(body)
