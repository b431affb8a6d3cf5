"""Claims: the closed forms that a document asserts for a gradient."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.language.expression import (
    Cancel,
    Expression,
    Name,
    Number,
    Partial,
    Sum,
    contains,
    value_keys,
    walk,
)
from gradcheck.language.model import Claim, Model
from gradcheck.language.notation import to_text
from gradcheck.understand.bindings import EQUALITIES, CanonicalStatement
from gradcheck.understand.modelling import SegmentModel
from gradcheck.understand.resolution import Unresolved
from gradcheck.understand.segments import GradientSide, Segment, gradient_of


def claims_of(
    segment: Segment, model: SegmentModel, losses: set[str], numbers: int
) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The claims of a segment in document order, and the roles that have chain-rule forms only.

    ``numbers`` is where the text first gives a number to a name: from there on a gradient that is
    a number belongs to an example.
    """
    roles = {parameter.key: parameter.role for parameter in model.model.parameters}
    claims: list[Claim] = []
    mentioned: list[str] = []
    for gradient in segment.claims:
        role = roles.get(gradient.parameter)
        if role is None:
            continue
        if gradient.unread is not None:
            mentioned.append(role)
            claims.append(_unread_claim(gradient.statement, gradient.unread, role))
            continue
        found = _claims_in(gradient.statement, gradient.parameter, role, model, losses)
        if found is None:
            continue
        mentioned.append(role)
        known = gradient.loss in model.model.definitions and gradient.loss != model.model.loss
        found = [c for c in found if c.span.start < numbers or not _is_number(gradient, c)]
        claims.extend(replace(c, loss=gradient.loss if known else "") for c in found)
    claimed = {claim.parameter for claim in claims}
    for gradient in segment.claims:
        role = roles.get(gradient.parameter)
        if role is not None and role not in claimed:
            claims.extend(_claimed_nearly(gradient.statement, role))
    claims.sort(key=lambda claim: claim.span.start)
    claimed = {claim.parameter for claim in claims}
    chain = tuple(role for role in dict.fromkeys(mentioned) if role not in claimed)
    return tuple(claims), chain


def _is_number(gradient: GradientSide, claim: Claim) -> bool:
    side = gradient.statement.sides[claim.side]
    return side is not None and is_number(side)


def is_number(side: Expression) -> bool:
    """Whether a side is made of numbers alone."""
    return not set(value_keys(side)) - {"e"} and not contains(side, Partial)


def _unread_claim(statement: CanonicalStatement, at: int, role: str) -> Claim:
    side = statement.statement.sides[at]
    reason = side.unread.reason if side.unread is not None else "not read"
    return Claim(role, side.span, statement.number, at, None, reason)


def _claimed_nearly(statement: CanonicalStatement, role: str) -> list[Claim]:
    """The formula that a gradient is said to be nearly, or in proportion to: no equality to judge.

    ``≈`` before a number is a worked example, which claims nothing in general.
    """
    whole = statement.statement
    for at, relation in enumerate(whole.relations):
        side = statement.sides[at + 1]
        if relation.symbol == "~" and side is not None and value_keys(side):
            if contains(side, Partial):
                continue
            reason = "≈ and ∝ claim no equality: write =, or what is left out"
            span = whole.sides[at + 1].span
            return [Claim(role, span, statement.number, at + 1, None, reason, resolved=False)]
    return []


def _claims_in(
    statement: CanonicalStatement,
    parameter: str,
    role: str,
    model: SegmentModel,
    losses: set[str],
) -> list[Claim] | None:
    """The closed forms that a chain equates with a gradient; None if it equates it with nothing."""
    roles = {p.key for p in model.model.parameters}
    whole = statement.statement
    if len(whole.sides) < 2:
        return None
    claims: list[Claim] | None = None
    for run in _runs(statement):
        gradients = [gradient_of(statement.sides[k], roles, losses) for k in run]
        own = [gradient is not None and gradient[1] == parameter for gradient in gradients]
        if not any(own) or all(own):  # ∂L/∂w = ∂L/∂w
            continue
        claims = [] if claims is None else claims
        for k in run:
            claim = _claim(statement, k, role, model)
            if claim is not None:
                claims.append(claim)
    return claims


def _runs(statement: CanonicalStatement) -> list[list[int]]:
    """Stretches of sides joined by equalities; ``≠`` and ``≈`` part them.

    So does a side that was not read and ends with a derivative: ``= x ∧ ∂L/∂w = …`` may be two
    equations.
    """
    runs = [[0]]
    for k, relation in enumerate(statement.statement.relations):
        if relation.symbol in EQUALITIES:
            runs[-1].append(k + 1)
        else:
            runs.append([k + 1])
        seen = statement.seen[k + 1] if k + 1 < len(statement.seen) else ()
        if any(one.ends and not one.leads for one in seen):
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _claim(
    statement: CanonicalStatement,
    at: int,
    role: str,
    model: SegmentModel,
) -> Claim | None:
    side = statement.statement.sides[at]
    expression = statement.sides[at]
    if expression is None:
        return _unread_claim(statement, at, role)
    if contains(expression, Partial) or is_worked_number(expression):
        return None
    if is_reckoned(statement.sides[at - 1] if at else None, expression):
        return None
    slip = statement.slips[at] if statement.slips else ""
    if slip:
        sums = contains(expression, Sum)
        place = role, side.span, statement.number, at
        return Claim(*place, None, slip, sums=sums, resolved=False, slip=True)
    try:
        resolved = model.resolver.resolve(expression)
    except Unresolved as trouble:
        return Claim(role, side.span, statement.number, at, None, trouble.reason, resolved=False)
    if holds_partial(resolved, model.model):
        return None
    sums = contains(resolved, Sum)
    neutral = None
    if contains(expression, Cancel):
        neutral = replace(model.resolver, neutral=True).resolve(expression)
    return Claim(role, side.span, statement.number, at, resolved, "", sums, neutral=neutral)


def holds_partial(expression: Expression, model: Model) -> bool:
    """Whether a helper in it stands for a partial that is nowhere carried out."""
    seen = set(value_keys(expression))
    waiting = [model.definitions[key] for key in seen if key in model.definitions]
    while waiting:
        body = waiting.pop()
        if contains(body, Partial):
            return True
        new = [key for key in value_keys(body) if key not in seen and key in model.definitions]
        seen.update(new)
        waiting.extend(model.definitions[key] for key in new)
    return False


def is_worked_number(expression: Expression) -> bool:
    """A number of a worked example (``0.245 - 1``), which claims nothing in general.

    Plain integers are mathematics: ``∂z_2/∂b_2 = 1``.
    """
    if not is_number(expression):
        return False
    numbers = [node for node in walk(expression) if isinstance(node, Number)]
    return len(numbers) > 2 or any(number.value.denominator > 1 for number in numbers)


def is_reckoned(left: Expression | None, right: Expression) -> bool:
    """Whether a number follows from numbers: ``(2 - 1) \\cdot 3 = 3``."""
    return all(
        side is not None
        and is_number(side)
        and any(isinstance(node, Number) for node in walk(side))
        for side in (left, right)
    )


def forward_equations(model: Model) -> tuple[str, ...]:
    """The definitions below the loss, in order, as understood: ``z_1 = w_1·x + b_1``."""
    return tuple(
        f"{to_text(_named(key, model))} = {to_text(model.definitions[key])}"
        for key in model.ancestors(model.loss)
    )


def _named(key: str, model: Model) -> Name:
    return model.names.get(key, Name(key))
