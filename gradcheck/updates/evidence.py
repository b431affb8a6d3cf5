"""What the gradient in an update is: the claimed one, the true one, another parameter's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gradcheck.comparison.forms import Forms, truth
from gradcheck.derivation.resolution import Unresolved
from gradcheck.expression import Expression, Negate
from gradcheck.model import Claim, Derivation, Parameter, Setup
from gradcheck.updates.rules import Update, total_direction, writes_sum
from gradcheck.verdict import Constant

if TYPE_CHECKING:
    from gradcheck.symbolic import Algebra


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides are equal up to ``left_out`` (None: they are different, or it is not decided)."""

    left_out: Constant | None
    decided: bool = True

    @property
    def same(self) -> bool:
        return self.left_out is not None


class SetupEvidence:
    """The questions about one setup's gradients, its algebras kept."""

    def __init__(self, index: int, setup: Setup) -> None:
        self.index = index
        self.setup = setup
        self.forms = Forms(setup.model)
        self._algebras: dict[bool, Algebra] = {}

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        return {parameter.key: parameter for parameter in self.setup.model.parameters}

    def claimed(self, key: str, before: int) -> Claim | None:
        """The last closed form claimed for a parameter before a place in the document."""
        role = self.parameters[key].role
        claims = [c for c in self.setup.claims if c.parameter == role and c.expression is not None]
        early = [claim for claim in claims if claim.span.start < before]
        found = early or claims
        return found[-1] if found else None

    def resolved(self, expression: Expression) -> Expression | None:
        """What a side as written means in this setup; None where it has no meaning."""
        if self.setup.resolve is None:
            return None
        try:
            return self.setup.resolve(expression)
        except Unresolved:
            return None

    def compare(self, left: Expression, right: Expression, summed: bool) -> Comparison:
        """left = left_out · right? On the totalled loss if ``summed``, else for one sample."""
        from gradcheck.symbolic import Algebra, Outcome

        if self.setup.model_problem is not None:
            return Comparison(None, decided=False)
        if summed not in self._algebras:
            self._algebras[summed] = Algebra(self.forms.total if summed else self.forms.one)
        decision = self._algebras[summed].decide(left, right)
        if decision.outcome is Outcome.UNDECIDED:
            return Comparison(None, decided=False)
        return Comparison(decision.left_out)

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


def _one_sample(expression: Expression) -> Expression:
    from gradcheck.expression import Sum, transform

    return transform(expression, lambda node: node.body if isinstance(node, Sum) else node)


def evidence_of(derivation: Derivation) -> list[SetupEvidence]:
    """The evidence of every setup, in order."""
    return [SetupEvidence(k, setup) for k, setup in enumerate(derivation.setups)]


def setup_of(update: Update, evidence: list[SetupEvidence]) -> SetupEvidence | None:
    """The setup whose gradients an update follows: the one claimed last before it."""
    at = update.step.span.start
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
    own = update.step.setup
    return evidence[own] if own is not None and own < len(evidence) else None


def followed(update: Update, setup: SetupEvidence) -> Expression | None:
    """What an update descends along, ``-sign · number · direction``, resolved; None: no meaning."""
    body = setup.resolved(total_direction(update))
    if body is None:
        return None
    return Negate(body) if update.sign > 0 else body
