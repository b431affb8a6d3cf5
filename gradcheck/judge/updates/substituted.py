"""Gradients that stand in updates only: there they are what the document claims.

``w := w + \\eta (y - o) h`` claims ``∂L/∂w = -(y - o) h`` where nothing else says what the
gradient by w is. A sign between the target and its step is the update's own, not the gradient's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from gradcheck.judge.updates.followed_gradient import SetupEvidence, evidence_of, setup_for
from gradcheck.judge.updates.sides import Says, SideJudge
from gradcheck.judge.updates.written import UpdateSide, sides_of, steps_apart
from gradcheck.language.expression import (
    Expression,
    Multiply,
    Negate,
    Number,
    Partial,
    Sum,
    contains,
)
from gradcheck.language.model import Claim, Derivation, Sense, Setup
from gradcheck.understand.claims import holds_partial
from gradcheck.understand.resolution import Unresolved


def with_substituted(derivation: Derivation) -> Derivation:
    """The derivation, each parameter without a claim claimed by what its updates substitute."""
    bare = [setup for setup in derivation.setups if _unclaimed(setup)]
    sides = sides_of(derivation) if bare else []
    if not sides:
        return derivation
    evidence = evidence_of(derivation)
    apart = steps_apart(derivation)
    setups = []
    for item in evidence:
        judge = SideJudge(item, None, apart)
        own = [s for s in sides if setup_for(s, s.target.key, evidence) is item]
        claims = [claim for side in own for claim in _claims(side, item, judge)]
        setups.append(_joined(item.setup, claims))
    return replace(derivation, setups=tuple(setups))


def _unclaimed(setup: Setup) -> set[str]:
    """The roles of the parameters that nothing is claimed for."""
    claimed = {claim.parameter for claim in setup.claims}
    return {p.role for p in setup.model.parameters if p.role not in claimed}


def _joined(setup: Setup, claims: list[Claim]) -> Setup:
    if not claims:
        return setup
    roles = {claim.parameter for claim in claims}
    together = sorted((*setup.claims, *claims), key=lambda claim: claim.span.start)
    chain = tuple(role for role in setup.chain_only if role not in roles)
    return replace(setup, claims=tuple(together), chain_only=chain)


def _claims(side: UpdateSide, item: SetupEvidence, judge: SideJudge) -> Iterator[Claim]:
    update = side.update
    if update is None or update.defined_apart or update.general or item.setup.resolve is None:
        return
    parameter = item.parameters.get(side.target.key)
    if parameter is None or parameter.role not in _unclaimed(item.setup):
        return
    if update.source.key != update.target.key or contains(update.direction, Partial):
        return
    result = judge.judge(side, side.target)
    if result is None or result.owner is not None:
        return
    if result.says not in (Says.FOLLOWS, Says.TURNED, Says.ANOTHER):
        return
    if result.says is Says.ANOTHER and item.setup.sense is Sense.OPEN:
        return  # which gradient it claims is open
    whole = update.rate is not None or (result.constant is not None and result.constant.is_one)
    sign = update.sign if result.upwards else -update.sign
    factor = Fraction(sign) * (update.number if whole else 1)
    try:
        meant = item.setup.resolve(update.direction)
    except Unresolved:
        return
    if result.says is not Says.ANOTHER and holds_partial(meant, item.setup.model):
        return
    yield Claim(
        parameter.role,
        update.direction.span,
        side.step.statement,
        side.step.side,
        _times(factor, meant),
        sums=contains(meant, Sum),
        written=update.direction,
        factor=factor,
        in_update=True,
    )


def _times(factor: Fraction, gradient: Expression) -> Expression:
    scaled = gradient if abs(factor) == 1 else Multiply((Number(abs(factor)), gradient))
    return Negate(scaled) if factor < 0 else scaled
