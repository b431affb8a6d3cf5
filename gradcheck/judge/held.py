"""What is held back until axes are kept: not decided, whatever the scalar algebra says of it.

Names without their indices can make a wrong gradient hold and a right one fail. What depends on a
sum over an axis is not judged (`gradcheck.understand.axes` tells what does); what does not must
hold, or fail, with a free number in place of every such sum as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.evidence.symbolic import Outcome
from gradcheck.judge.forms import Forms
from gradcheck.judge.step_verdicts import JudgedStep, StepJudge
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.expression import Apply, Expression, Name, Partial, Sum, value_keys, walk
from gradcheck.language.model import Held, Rival, Setup, Step
from gradcheck.language.verdict import Verdict

DECIDED = (Verdict.EXACT, Verdict.CONVENTION, Verdict.WRONG)


@dataclass(frozen=True)
class Holding:
    """Holds back the verdicts of one setup that depend on an axis."""

    setup: Setup
    steps: Sequence[Step]
    judge: Judge

    @property
    def keys(self) -> dict[str, str]:
        """role → key of the parameter"""
        return self.judge.keys

    def claims(self, judged: Sequence[JudgedClaim]) -> list[JudgedClaim]:
        """The same claims; undecided if they depend on an axis or on another definition."""
        held = self.setup.held
        found = [self._claim_anew(item) for item in judged]
        return found if held is None else [self._claim(held, item) for item in found]

    def judged_steps(self, judged: Sequence[JudgedStep]) -> list[JudgedStep]:
        """The same steps; those that depend on an axis are undecided."""
        held = self.setup.held
        judged = [self._step_anew(item) for item in judged]
        if held is None:
            return judged
        again: Sequence[JudgedStep] = judged
        if self._judge is not None and held.model is not None:
            other = replace(self.setup, model=held.model)
            again = StepJudge(other, self._judge).steps([item.step for item in judged])
        return [self._step(held, *pair) for pair in zip(judged, again, strict=True)]

    def _claim_anew(self, item: JudgedClaim) -> JudgedClaim:
        claim = item.claim
        if item.verdict not in DECIDED or claim.expression is None:
            return item
        model = self.setup.model
        used = set(model.below(model.loss)).union(*map(model.below, value_keys(claim.expression)))
        reason = self._meant_otherwise(claim.span.start, used)
        return _undecided(item, reason) if reason else item

    def _step_anew(self, item: JudgedStep) -> JudgedStep:
        step = item.step
        if item.verdict not in DECIDED or step.binds is not None:
            return item
        for rival in self._rivals:
            if rival.statement == step.statement and item.verdict is Verdict.WRONG:
                return JudgedStep(step, None)  # a definition, and no claim about the other
        sides = [s for s in (step.left_expression, step.right_expression) if s is not None]
        keys = {key for side in sides for key in value_keys(side)}
        used = set().union(*map(self.setup.model.below, keys)) if keys else set()
        reason = self._meant_otherwise(step.span.start, used)
        return JudgedStep(step, Verdict.UNDECIDED, reason=reason) if reason else item

    def _meant_otherwise(self, place: int, used: set[str]) -> str:
        """Which name means something else there, in words; empty if none does."""
        for rival in self._rivals:
            if rival.key in used and rival.start <= place < rival.end:
                return rival.reason
        return ""

    @cached_property
    def _rivals(self) -> tuple[Rival, ...]:
        """The definitions that differ from the one in force, not in their writing only."""
        return tuple(rival for rival in self.setup.rivals if not self._is_restated(rival))

    def _is_restated(self, rival: Rival) -> bool:
        if rival.body is None or self.setup.model_problem is not None:
            return False
        model = self.judge.forms.total
        decided = self.judge.decide(model, Name(rival.key), rival.body)
        return decided.outcome is Outcome.EQUAL

    @cached_property
    def _judge(self) -> Judge | None:
        held = self.setup.held
        if held is None or held.model is None:
            return None
        return Judge(Forms(held.model), self.keys, self.judge.seed, shows=False)

    @cached_property
    def _written(self) -> dict[int, list[Expression]]:
        """What every chain is written with, by its statement."""
        found: dict[int, list[Expression]] = {}
        for step in self.steps:
            sides = (step.left_written, step.right_written)
            found.setdefault(step.statement, []).extend(s for s in sides if s is not None)
        return found

    def _claim(self, held: Held, item: JudgedClaim) -> JudgedClaim:
        claim = item.claim
        if item.verdict is Verdict.UNREAD:
            return item
        own = [s.right_written for s in self.steps if s.span == claim.span]
        sides = [s for s in (claim.expression, claim.written, *own) if s is not None]
        stops = (
            self.keys[claim.parameter] in held.parameters
            or self._of_total(held, claim.statement)
            or (claim.in_update and bool(held.totals))
            or any(depends(side, held) for side in sides)
            or (held.open_sum and item.sum_left_out)
        )
        if not stops and not held.whole and self._judge is not None and item.verdict in DECIDED:
            stops = self._judge.judge(claim).verdict is not item.verdict
        return _undecided(item, held.reason) if stops or held.whole else item

    def _step(self, held: Held, item: JudgedStep, again: JudgedStep) -> JudgedStep:
        step = item.step
        open_ = item.verdict in DECIDED or item.verdict is Verdict.UNDECIDED
        if not open_ or (step.binds is not None and item.verdict is Verdict.EXACT):
            return item
        sides = (
            step.left_expression,
            step.right_expression,
            step.left_written,
            step.right_written,
        )
        stops = (
            any(depends(side, held) for side in sides if side is not None)
            or self._of_total(held, step.statement)
            or (held.whole and self._of_loss(sides))
            or (held.open_sum and item.sum_left_out)
            or (item.verdict in DECIDED and again.verdict is not item.verdict)
        )
        if not stops:
            return item
        return JudgedStep(step, Verdict.UNDECIDED, reason=held.reason, of_loss=item.of_loss)

    def _of_loss(self, sides: Iterable[Expression | None]) -> bool:
        loss = self.setup.model.loss
        nodes = (node for side in sides if side is not None for node in walk(side))
        return any(isinstance(node, Name) and node.key in (loss, "loss") for node in nodes)

    def _of_total(self, held: Held, statement: int) -> bool:
        """Whether a chain is about a loss that adds up others."""
        return any(
            isinstance(node, Partial)
            and isinstance(node.of, Name)
            and node.of.key in held.totals | ({"loss"} if held.totals else set())
            for side in self._written.get(statement, ())
            for node in walk(side)
        )


def depends(side: Expression, held: Held) -> bool:
    """Whether a side is written with an axis."""
    return any(_is_held(node, held) for node in walk(side))


def _is_held(node: Expression, held: Held) -> bool:
    match node:
        case Name():
            return node.key in held.names
        case Sum(index=index) if index is not None:
            return index.base in held.letters
        case Apply(function=function):
            return function.base.lower() in held.functions
        case Partial(by=Name() as by):
            return by.key in held.parameters
    return False


def _undecided(item: JudgedClaim, reason: str) -> JudgedClaim:
    claim = replace(item.claim, slip=False)
    return JudgedClaim(claim, Verdict.UNDECIDED, reason=reason)
