"""Forms of the loss: what a claim is judged against (design.md, "Samples")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.language.expression import (
    Apply,
    Expression,
    Name,
    Partial,
    Sum,
    contains,
    transform,
    value_keys,
)
from gradcheck.language.model import Claim, Model


@dataclass(frozen=True)
class Forms:
    """The loss of a setup in its two forms, each a `Model` of its own.

    ``total`` is the loss summed over the samples, as the document writes it; a loss without a
    sum is one sample's and is totalled. ``one`` is the one-sample loss C·ℓ.
    """

    model: Model

    @cached_property
    def total(self) -> Model:
        if self.model.loss_has_sum:
            return self.model
        definitions = dict(self.model.definitions)
        definitions[self.model.loss] = Sum(definitions[self.model.loss])
        return replace(self.model, definitions=definitions)

    @cached_property
    def one(self) -> Model:
        return self.model.one_sample()

    def _sums(self, key: str) -> bool:
        """Whether a defined quantity is a sum over the samples."""
        bodies = self.model.definitions
        return any(contains(bodies[name], Sum) for name in self.model.ancestors(key))

    def for_claim(self, claim: Claim) -> tuple[Model, bool]:
        """The model that a claim is judged against, and whether the claim leaves the sum out."""
        if claim.sums:
            return self.total, False
        if claim.loss and not self._sums(claim.loss):
            return self.one, False  # ∂ℓ/∂w of a one-sample loss leaves no sum out
        return self.one, self.model.loss_has_sum


def truth(model: Model, key: str, loss: str = "") -> Expression:
    """The true gradient of the loss by the parameter ``key``, not carried out: ``∂L/∂w``."""
    return Partial(Name(loss or model.loss), Name(key))


def replace_function(expression: Expression, abstract: str, known: str) -> Expression:
    """The expression with a known function for an abstract one."""

    def change(node: Expression) -> Expression:
        if isinstance(node, Apply) and node.function.key == abstract:
            return replace(node, function=Name(known))
        return node

    return transform(expression, change)


def with_function(model: Model, abstract: str, known: str) -> Model:
    """The model with a known function for an abstract one."""
    definitions = {
        key: replace_function(body, abstract, known) for key, body in model.definitions.items()
    }
    return replace(model, definitions=definitions)


def with_definition(model: Model, key: str, body: Expression) -> Model | None:
    """The model with another definition of one name; None if that runs in a circle."""
    waiting = {**model.definitions, key: body}
    ordered: dict[str, Expression] = {}
    while waiting:
        ready = [k for k, b in waiting.items() if not set(value_keys(b)) & waiting.keys()]
        if not ready:
            return None
        for name in ready:
            ordered[name] = waiting.pop(name)
    return replace(model, definitions=ordered)
