"""Update rules: what each one trains, from which name it starts, which gradient it uses.

They give findings, not verdicts. Rules for a general index (``w_i``, ``W^{[l]}``) are fine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradcheck.expression import (
    Add,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    contains,
    walk,
)
from gradcheck.finding import RULES, Finding
from gradcheck.model import Derivation, Parameter, Step


@dataclass(frozen=True, slots=True)
class Update:
    """``target = source - rate·gradient``; ``gradient`` holds the rate still, signs opened."""

    step: Step
    target: str
    source: str | None
    gradient: Expression
    sign: int


def updates_of(steps: Sequence[Step], parameters: Mapping[str, str]) -> list[Update]:
    """The updates of known parameters (key → source name) among the steps."""
    found = []
    target: Name | None = None
    for step in steps:
        if step.kind != "update":
            continue
        if step.side == 1:
            target = step.left_expression if isinstance(step.left_expression, Name) else None
        if target is None or target.key not in parameters or step.right_expression is None:
            continue
        update = _parse(step, target.key, step.right_expression, parameters)
        if update is not None:
            found.append(update)
    return found


def _parse(
    step: Step, target: str, right: Expression, parameters: Mapping[str, str]
) -> Update | None:
    if step.relation in ("-=", "+="):
        return Update(step, target, target, right, -1 if step.relation == "-=" else 1)
    if not isinstance(right, Add):
        return None
    starts = [t for t in right.terms if isinstance(t, Name) and t.key in parameters]
    rest = [t for t in right.terms if not any(t is start for start in starts)]
    if len(starts) != 1 or not rest:
        return None
    gradient = rest[0] if len(rest) == 1 else Add(tuple(rest))
    sign = 1
    if isinstance(gradient, Negate):
        gradient, sign = gradient.operand, -1
    return Update(step, target, starts[0].key, gradient, sign)


def target_findings(updates: Sequence[Update], parameters: Mapping[str, str]) -> list[Finding]:
    """Updates that start from another parameter than the one they train, or follow its gradient."""
    found = []
    for update in updates:
        shown = _name(update.target, parameters)
        if update.source is not None and update.source != update.target:
            source = _name(update.source, parameters)
            message = f"the update of {shown} starts from {source}"
            suggestion = f"start from {shown}, or update {source}"
            found.append(Finding(RULES["GC401"], update.step.span, message, suggestion))
            continue
        others = _gradients_in(update.gradient, parameters) - {update.target}
        if others:
            other = _name(sorted(others)[0], parameters)
            message = f"the update of {shown} uses the gradient by {other}"
            suggestion = f"use the gradient by {shown}"
            found.append(Finding(RULES["GC402"], update.step.span, message, suggestion))
    return found


def _gradients_in(expression: Expression, parameters: Mapping[str, str]) -> set[str]:
    return {
        node.by.key
        for node in walk(expression)
        if isinstance(node, Partial) and isinstance(node.by, Name) and node.by.key in parameters
    }


def _name(key: str, parameters: Mapping[str, str]) -> str:
    return parameters.get(key, key)


def substituted(update: Update, known: frozenset[str]) -> Expression | None:
    """The closed-form gradient of an update, its learning rate taken off; None if there is none.

    The rate is the one factor that is no name of the model (``known``).
    """
    if contains(update.gradient, Partial):
        return None
    factors = _factors(update.gradient)
    rates = [f for f in factors if isinstance(f, Name) and f.key not in known]
    if len(rates) != 1:
        return None
    rest = [f for f in factors if f is not rates[0]]
    body: Expression = Multiply(tuple(rest)) if len(rest) > 1 else rest[0] if rest else ONE
    return Negate(body) if update.sign > 0 else body


def _factors(expression: Expression) -> list[Expression]:
    if isinstance(expression, Multiply):
        return [inner for factor in expression.factors for inner in _factors(factor)]
    return [expression]


ONE = Number(Fraction(1))


def update_findings(derivation: Derivation) -> list[Finding]:
    """What is wrong with the update rules of a document."""
    parameters: dict[str, str] = {}
    for setup in derivation.setups:
        for parameter in setup.model.parameters:
            parameters.setdefault(parameter.key, parameter.source_name)
    updates = updates_of(derivation.steps, parameters)
    return [*target_findings(updates, parameters), *_other_gradients(derivation, updates)]


def _other_gradients(derivation: Derivation, updates: Sequence[Update]) -> list[Finding]:
    """Updates whose substituted gradient is not the one that the document claimed last."""
    from gradcheck.symbolic import Algebra, Outcome

    found = []
    for update in updates:
        if update.step.setup is None or update.step.setup >= len(derivation.setups):
            continue
        setup = derivation.setups[update.step.setup]
        model = setup.model
        roles = {parameter.role: parameter for parameter in model.parameters}
        claimed = [
            claim.expression
            for claim in setup.claims
            if claim.expression is not None and roles[claim.parameter].key == update.target
        ]
        known = frozenset((*model.definitions, *model.inputs, *model.labels, *model.constants))
        gradient = substituted(update, known | {parameter.key for parameter in model.parameters})
        if gradient is None or not claimed or setup.model_problem is not None:
            continue
        decision = Algebra(model.one_sample()).decide(claimed[-1], gradient)
        if decision.outcome is Outcome.DIFFERENT:
            name = roles[claim_role(roles, update.target)].source_name
            message = f"the gradient in the update of {name} is not the one claimed for it"
            found.append(Finding(RULES["GC402"], update.step.span, message))
    return found


def claim_role(roles: Mapping[str, Parameter], key: str) -> str:
    """The role of the parameter with this key."""
    return next(role for role, parameter in roles.items() if parameter.key == key)
