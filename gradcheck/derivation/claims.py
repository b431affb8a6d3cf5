"""Claims: the closed forms that a document asserts for a gradient; and the list of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.derivation.bindings import EQUALITIES, CanonicalStatement, is_update
from gradcheck.derivation.modelling import SegmentModel
from gradcheck.derivation.resolution import Resolver, Unresolved
from gradcheck.derivation.segments import Segment, gradient_of
from gradcheck.document import Document, Span
from gradcheck.expression import Apply, Expression, Name, Partial, Sum, contains
from gradcheck.model import Claim, Model, Step
from gradcheck.notation import to_text


def claims_of(
    segment: Segment, model: SegmentModel, document: Document, losses: set[str]
) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """The claims of a segment in document order, and the roles that have chain-rule forms only."""
    roles = {parameter.key: parameter.role for parameter in model.model.parameters}
    claims: list[Claim] = []
    mentioned: list[str] = []
    for gradient in segment.claims:
        role = roles.get(gradient.parameter)
        if role is None:
            continue
        found = _claims_in(gradient.statement, gradient.parameter, role, model, losses)
        if found is None:
            continue
        mentioned.append(role)
        claims.extend(found)
    claims.sort(key=lambda claim: claim.span.start)
    claimed = {claim.parameter for claim in claims}
    chain = tuple(role for role in dict.fromkeys(mentioned) if role not in claimed)
    return tuple(claims), chain


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
    claims = []
    for run in _runs(statement):
        if not any(
            gradient_of(statement.sides[k], roles, losses) is not None
            and gradient_of(statement.sides[k], roles, losses)[1] == parameter  # type: ignore[index]
            for k in run
        ):
            continue
        for k in run:
            claim = _claim(statement, k, role, model, roles, losses)
            if claim is not None:
                claims.append(claim)
    return claims


def _runs(statement: CanonicalStatement) -> list[list[int]]:
    """Stretches of sides joined by equalities; ``≠`` and ``≈`` part them."""
    runs = [[0]]
    for k, relation in enumerate(statement.statement.relations):
        if relation.symbol in EQUALITIES:
            runs[-1].append(k + 1)
        else:
            runs.append([k + 1])
    return [run for run in runs if len(run) > 1]


def _claim(
    statement: CanonicalStatement,
    at: int,
    role: str,
    model: SegmentModel,
    roles: set[str],
    losses: set[str],
) -> Claim | None:
    side = statement.statement.sides[at]
    expression = statement.sides[at]
    if expression is None:
        reason = side.unread.reason if side.unread is not None else "not read"
        return Claim(role, side.span, statement.number, at, None, reason)
    if contains(expression, Partial):
        return None
    try:
        resolved = model.resolver.resolve(expression)
    except Unresolved as trouble:
        return Claim(role, side.span, statement.number, at, None, trouble.reason, resolved=False)
    if _holds_partial(resolved, model.model):
        return None
    sums = contains(resolved, Sum)
    return Claim(role, side.span, statement.number, at, resolved, "", sums)


def _holds_partial(expression: Expression, model: Model) -> bool:
    """Whether a helper in it stands for a partial that is nowhere carried out."""
    from gradcheck.derivation.roles import reachable, value_keys

    keys = [k for key in value_keys(expression) for k in reachable(key, model.definitions)]
    bodies = [model.definitions[key] for key in keys if key in model.definitions]
    return any(contains(body, Partial) for body in bodies)


def steps_of(
    statements: Sequence[CanonicalStatement],
    document: Document,
    segments: Sequence[Segment],
    models: Sequence[SegmentModel],
) -> tuple[Step, ...]:
    """Every adjacent pair of every chain, with its kind, its setup, and both sides resolved."""
    found: list[Step] = []
    for statement in statements:
        owner = _owner(statement, segments)
        resolver = models[owner].resolver if owner is not None else None
        sources = frozenset(s.span for m in models for s in m.sources)
        found += [
            _step(statement, k, document, owner, resolver, sources)
            for k in range(len(statement.statement.relations))
        ]
    return tuple(found)


def _owner(statement: CanonicalStatement, segments: Sequence[Segment]) -> int | None:
    for k, segment in enumerate(segments):
        if any(claim.statement.number == statement.number for claim in segment.claims):
            return k
    for k, segment in enumerate(segments):
        low = segment.start if segment.hidden is not None else segment.zone[0] + 1
        high = segment.end if segment.hidden is not None else segment.zone[1]
        if low <= statement.position <= high:
            return k
    return len(segments) - 1 if segments else None


def _step(
    statement: CanonicalStatement,
    at: int,
    document: Document,
    owner: int | None,
    resolver: Resolver | None,
    sources: frozenset[Span],
) -> Step:
    whole = statement.statement
    left, right = whole.sides[at], whole.sides[at + 1]
    kind = _kind(statement, at)
    if kind == "update" and resolver is not None:  # a learning rate is no name of the model
        known = resolver.values or frozenset()
        resolver = replace(resolver, defined=known, values=None)
    unread = next((side.unread.reason for side in (left, right) if side.unread is not None), None)
    return Step(
        statement=whole.number,
        side=at + 1,
        span=right.span,
        kind=kind,
        relation=whole.relations[at].symbol,
        left=document.source(left.span),
        right=document.source(right.span),
        setup=owner,
        unread=unread,
        left_written=statement.sides[at],
        right_written=statement.sides[at + 1],
        binds=_bound_here(statement, at, sources),
        left_expression=_try(resolver, statement.sides[at]),
        right_expression=_try(resolver, statement.sides[at + 1]),
    )


def _bound_here(statement: CanonicalStatement, at: int, sources: frozenset[Span]) -> str | None:
    """The name that this step binds, where a setup takes its meaning from here."""
    head = statement.sides[at]
    if isinstance(head, Name) and statement.statement.sides[at + 1].span in sources:
        return head.key
    return None


def _kind(statement: CanonicalStatement, at: int) -> str:
    if is_update(statement):
        return "update"
    if statement.statement.relations[at].symbol not in EQUALITIES:
        return "mention"
    head = statement.sides[at]
    named = isinstance(head, Name) or (isinstance(head, Apply) and head.order == 0 and at == 0)
    return "definition" if at == 0 and named else "claim"


def _try(resolver: Resolver | None, expression: Expression | None) -> Expression | None:
    if resolver is None or expression is None:
        return None
    try:
        return resolver.resolve(expression)
    except Unresolved:
        return None


def forward_equations(model: Model) -> tuple[str, ...]:
    """The definitions below the loss, in order, as understood: ``z_1 = w_1·x + b_1``."""
    return tuple(
        f"{to_text(_named(key, model))} = {to_text(model.definitions[key])}"
        for key in model.ancestors(model.loss)
    )


def _named(key: str, model: Model) -> Name:
    return model.names.get(key, Name(key))
