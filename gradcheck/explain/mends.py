"""Mends: the root cause at a definition, and the smallest edit of each wrong or unread side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from gradcheck.explain.mending import (
    Counterexample,
    DefinitionMend,
    GradientClaim,
    Mend,
    MendContext,
    StepClaim,
    counterexample,
    mend_definition,
    mend_indices,
    mend_left,
    mend_side,
    mend_unread,
)
from gradcheck.explain.stray_minus import is_stray_minus
from gradcheck.judge import Evidence
from gradcheck.judge.forms import Forms, truth, with_definition
from gradcheck.judge.step_verdicts import JudgedStep, StepJudge
from gradcheck.judge.verdicts import Judge, JudgedClaim
from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Sum,
    contains,
    to_key,
)
from gradcheck.language.model import Claim, Setup, Step
from gradcheck.language.statement import Side
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import attempt, omitted

T = TypeVar("T")
HOLDS = (Verdict.EXACT, Verdict.CONVENTION)


@dataclass(frozen=True)
class Mends:
    """What would mend the mistakes of one setup; ``sides`` are the document's, by their span."""

    evidence: Evidence
    sides: Mapping[Span, Side]

    @cached_property
    def context(self) -> MendContext:
        evidence = self.evidence
        known = any(item.verdict in HOLDS for item in evidence.judged)
        accepted = evidence.accepted if known else None
        return MendContext.of(evidence.setup, evidence.document, evidence.judge, accepted)

    @cached_property
    def strict(self) -> MendContext:
        """The same for steps that are about no derivative of the loss: nothing is left out."""
        return self.context.leaving_out(Constant())

    @cached_property
    def _written(self) -> dict[Span, Expression]:
        steps = self.evidence.steps
        return {s.span: s.right_written for s in steps if s.right_written is not None}

    @cached_property
    def _failing(self) -> list[JudgedClaim | JudgedStep]:
        """Gradients that are wrong, then the other steps that are: what a definition explains."""
        claims = self._claims(wrong=True)
        own = {item.claim.span for item in claims}
        steps = [
            item
            for item in self.evidence.judged_steps
            if item.verdict is Verdict.WRONG and item.witness and item.step.span not in own
        ]
        return [*claims, *steps]

    @property
    def many(self) -> int:
        """How many claims and steps are wrong."""
        return len(self._failing)

    @cached_property
    def _holding(self) -> list[JudgedClaim | JudgedStep]:
        """What holds and is no definition, so that a mend must not break it."""
        claims = self._claims(wrong=False)
        own = {item.claim.span for item in (*claims, *self._claims(wrong=True))}
        steps = [
            item
            for item in self.evidence.judged_steps
            if item.verdict in HOLDS
            and (_is_no_definition(item.step) or item.step.stands_for is not None)
            and item.step.span not in own
        ]
        return [*claims, *steps]

    @cached_property
    def _definition(self) -> DefinitionMend | None:
        return self._of_definition()

    @omitted("the edit of a definition", SEARCH)
    def _of_definition(self) -> DefinitionMend | None:
        if not self._failing or self.evidence.setup.model_problem is not None:
            return None
        failing = [asked for item in self._failing if (asked := self._asked(item)) is not None]
        if len(failing) < len(self._failing):
            return None
        holding = [asked for item in self._holding if (asked := self._asked(item)) is not None]
        found = mend_definition(self.context, failing, holding)
        if found is None and self._two_by_two:
            found = mend_definition(self.context, failing, holding, halves=True)
            return found if found is not None and self._after(found) is not None else None
        return found

    @property
    def _two_by_two(self) -> bool:
        """Whether two mistakes may account for what fails, half by half."""
        return len(self._failing) >= 4 and len(self._failing) % 2 == 0

    @cached_property
    def definition(self) -> DefinitionMend | None:
        """The one edit of a definition that makes what fails hold, if there is one."""
        found = self._definition
        if found is None or not found.alternative:
            return found
        stray = is_stray_minus(self.evidence.setup.model, found.key, found.expression)
        return replace(found, alternative=False) if stray else None

    @property
    def open(self) -> bool:
        """Whether anything is wrong, undecided, or a gradient of 0."""
        evidence = self.evidence
        if evidence.setup.model_problem is not None:
            return bool(evidence.setup.claims)
        bad = (Verdict.WRONG, Verdict.UNDECIDED)
        return any(item.verdict in bad for item in evidence.judged) or any(
            item.verdict in bad for item in evidence.judged_steps
        )

    @property
    def nowhere(self) -> bool:
        """Whether no gradient could be decided, because nothing has a value at any point."""
        judged = self.evidence.judged
        return bool(judged) and all("no point was found" in item.reason for item in judged)

    @property
    def settled(self) -> bool:
        """Whether the edit of a definition explains all that is wrong with the gradients."""
        if self.evidence.setup.model_problem is not None:
            return False
        open_ = any(item.verdict is Verdict.UNDECIDED for item in self.evidence.judged)
        cause = self.definition
        return not open_ and cause is not None and len(cause.mended) == len(self._failing)

    @property
    def alternative(self) -> DefinitionMend | None:
        """The same where an edit of the only statement that fails would do as well."""
        return self._definition if self.definition is None else None

    @cached_property
    def second(self) -> DefinitionMend | None:
        """Another definition's edit that, with the first, makes what still fails hold."""
        return None if self.definition is None else self._after(self.definition)

    @omitted("the edit of a second definition", SEARCH)
    def _after(self, first: DefinitionMend) -> DefinitionMend | None:
        setup = self._edited(first)
        if setup is None or len(first.mended) == len(self._failing):
            return None
        judge = Judge(
            Forms(setup.model), self.evidence.keys, self.evidence.options.seed, shows=False
        )
        context = MendContext.of(setup, self.evidence.document, judge, self.context.accepted)
        numbers = range(len(self._failing))
        still = [self._failing[n] for n in numbers if n not in first.mended]
        holding = [*self._holding, *(self._failing[n] for n in first.mended)]
        failing = [asked for item in still if (asked := self._asked(item)) is not None]
        passing = [asked for item in holding if (asked := self._asked(item)) is not None]
        found = mend_definition(context, failing, passing)
        if found is None or found.alternative or len(found.mended) < len(still):
            return None
        places = [n for n in numbers if n not in first.mended]
        return replace(found, mended=tuple(places[n] for n in found.mended))

    def _edited(self, cause: DefinitionMend) -> Setup | None:
        """The setup with a definition mended."""
        model = with_definition(self.evidence.setup.model, cause.key, cause.expression)
        return None if model is None else replace(self.evidence.setup, model=model)

    def mended(self, cause: DefinitionMend) -> tuple[Span, ...]:
        """The failing sides that hold once a definition is mended."""
        items = [self._failing[index] for index in cause.mended]
        return tuple(i.claim.span if isinstance(i, JudgedClaim) else i.step.span for i in items)

    @cached_property
    def after(self) -> dict[tuple[int, int], Verdict | None]:
        """The verdicts of all steps once the definition is mended, by statement and side."""
        return attempt("what a definition explains", self._once_mended, lambda _: {}, share=SEARCH)

    def _once_mended(self) -> dict[tuple[int, int], Verdict | None]:
        setup = None if self.definition is None else self._edited(self.definition)
        if setup is None:
            return {}
        judge = Judge(
            Forms(setup.model), self.evidence.keys, self.evidence.options.seed, shows=False
        )
        failing = [
            item.step
            for item in self.evidence.judged_steps
            if item.verdict in (Verdict.WRONG, Verdict.UNDECIDED)
        ]
        judged = StepJudge(setup, judge).steps(self.evidence.steps)
        wanted = {(step.statement, step.side) for step in failing}
        return {
            (item.step.statement, item.step.side): item.verdict
            for item in judged
            if (item.step.statement, item.step.side) in wanted
        }

    def follows(self, step: JudgedStep) -> bool:
        """Whether a failing step holds once the definition is mended."""
        return self.after.get((step.step.statement, step.step.side)) in HOLDS

    def _claims(self, wrong: bool) -> list[JudgedClaim]:
        judged = [i for i in self.evidence.judged if i.claim.expression is not None]
        if wrong:
            return [i for i in judged if i.verdict is Verdict.WRONG]
        return [i for i in judged if i.verdict in HOLDS]

    def _asked(self, item: JudgedClaim | JudgedStep) -> GradientClaim | StepClaim | None:
        if isinstance(item, JudgedStep):
            left, right = _sides(item)
            if left is None or right is None:
                return None
            return StepClaim(
                left=left,
                expression=right,
                left_out=(item.left_out or Constant()) if item.verdict in HOLDS else None,
                written=item.step.right_written,
                statement=item.step.statement,
                of_loss=item.of_loss,
            )
        assert item.claim.expression is not None
        return GradientClaim(
            parameter=self.evidence.keys[item.claim.parameter],
            loss=item.claim.loss or self.evidence.setup.model.loss,
            expression=item.claim.expression,
            left_out=(item.left_out or Constant()) if item.verdict in HOLDS else None,
            written=self._written.get(item.claim.span),
            statement=item.claim.statement,
        )

    @omitted("a suggestion", SEARCH)
    def of_step(self, step: JudgedStep) -> Mend | None:
        """The smallest edit under which a wrong step holds."""
        if step.left is None or step.step.right_written is None:
            return None
        context = self.context if step.of_loss else self.strict
        left = step.step.stands_for or step.step.left_expression or step.left
        if contains(step.left, Sum):  # the sum that a product of partials carries
            left = step.left
        return mend_side(context, left, step.step.right_written)

    @cached_property
    def _lefts(self) -> dict[str, list[int]]:
        """The derivatives that statements are about, with their numbers."""
        found: dict[str, list[int]] = {}
        for step in self.evidence.steps:
            if isinstance(step.left_expression, Partial):
                found.setdefault(to_key(step.left_expression), []).append(step.statement)
        return found

    @omitted("a suggestion", SEARCH)
    def of_left(self, step: JudgedStep, own: Mend | None) -> Mend | None:
        """Another name in the derivative that a chain is about, where that is likelier.

        It is if the right side has no edit of its own that is as small, if that edit would break
        what holds after it, or if the derivative was claimed elsewhere and the other one was not.
        """
        left, right = step.step.left_written, step.step.right_expression
        core = left.operand if isinstance(left, Negate) else left
        if (
            left is None
            or not isinstance(core, Partial | Apply)
            or right is None
            or not self._opens(step.step)
        ):
            return None
        context = self.context if step.of_loss else self.strict
        mends = mend_left(context, right, left)
        if isinstance(left, Apply):
            return mends[0] if mends else None
        open_ = [m for m in mends if not self._claimed(m.expression, step.step.statement)]
        mends = open_ or mends
        missing = [m for m in open_ if self._is_gradient(m.expression)]
        if len(missing) == 1 and not self._is_gradient(step.step.left_expression, once=True):
            return missing[0]
        if not mends or len({to_key(mend.expression) for mend in mends}) > 2:
            return None
        copied = self._claimed(step.step.left_expression, step.step.statement) and bool(open_)
        if own is not None and own.edits == 1 and not copied and not self._carried(step.step):
            return None
        return mends[0]

    def _is_gradient(self, left: Expression | None, once: bool = False) -> bool:
        """Whether it is the loss's derivative by a parameter; ``once``: and claimed once only."""
        model = self.evidence.setup.model
        parameters = {parameter.key for parameter in model.parameters}
        if not isinstance(left, Partial) or not isinstance(left.by, Name):
            return False
        named = isinstance(left.of, Name) and left.of.key == model.loss
        own = named and left.by.key in parameters
        return own and (not once or len(self._lefts.get(to_key(left), [])) == 1)

    def _opens(self, step: Step) -> bool:
        """Whether a step is the first of its chain, but for a name that is given to it."""
        before = [s for s in self.evidence.steps if s.statement == step.statement]
        return all(s.binds is not None for s in before if s.side < step.side)

    def _claimed(self, left: Expression | None, statement: int) -> bool:
        found = self._lefts.get(to_key(left), []) if left is not None else []
        return any(number != statement for number in found)

    def _carried(self, step: Step) -> bool:
        """Whether the next side follows from this one."""
        return any(
            item.step.statement == step.statement
            and item.step.side == step.side + 1
            and item.verdict in HOLDS
            for item in self.evidence.judged_steps
        )

    @omitted("a suggestion", SEARCH)
    def of_claim(self, item: JudgedClaim) -> Mend | None:
        """The smallest edit under which a wrong gradient holds.

        One that leaves out another constant than the others is mended by a constant alone.
        """
        claim, true = item.claim, self._truth(item)
        written = claim.written or self._written.get(claim.span)
        if written is None or claim.expression is None:
            return None
        if item.witness is None and self.context.accepted is None:
            return None
        mend = mend_side(self.context, _without_factor(true, claim), written)
        alone = mend is not None and mend.edits == 1 and mend.rule.name == "constant-factor"
        return mend if item.witness is not None or alone else None

    @omitted("a suggestion", SEARCH)
    def of_undefined(self, item: JudgedClaim) -> Mend | None:
        """One other name in a gradient that holds one which nothing defines."""
        written = item.claim.written or self._written.get(item.claim.span)
        if written is None or item.claim.expression is not None or self.context.accepted is None:
            return None
        mend = mend_side(self.context, self._truth(item), written)
        alone = mend is not None and mend.edits == 1 and mend.rule.kind == "transcription"
        return mend if alone else None

    @omitted("a suggestion", SEARCH)
    def of_unread(self, item: JudgedClaim) -> Mend | None:
        """What a gradient lacks that could not be read."""
        side = self.sides.get(item.claim.span)
        return None if side is None else mend_unread(self.context, self._truth(item), side)

    @omitted("a suggestion", SEARCH)
    def of_slip(self, item: JudgedClaim) -> Mend | None:
        """The index or the bounds that a sum should have."""
        written = self._written.get(item.claim.span)
        return None if written is None else mend_indices(self.context, self._truth(item), written)

    @omitted("a counterexample", SEARCH)
    def example(self, step: JudgedStep | None, item: JudgedClaim | None) -> Counterexample | None:
        """A point of small fractions at which a wrong side fails, for a person to follow."""
        if step is not None and step.left is not None and step.right is not None:
            return counterexample(self.context, step.left, step.right)
        if item is not None and item.witness is not None and item.claim.expression is not None:
            true = _without_factor(self._truth(item), item.claim)
            said = _without_factor(item.claim.expression, item.claim)
            return counterexample(self.context, true, said)
        return None

    def _truth(self, item: JudgedClaim) -> Expression:
        key = self.evidence.keys[item.claim.parameter]
        return truth(self.evidence.setup.model, key, item.claim.loss)


def _sides(item: JudgedStep) -> tuple[Expression | None, Expression | None]:
    """What a step claims to be equal; of ``dz_1 = …`` that it is the loss's derivative."""
    step = item.step
    if step.stands_for is not None:
        return step.stands_for, step.right_expression
    return item.left and (step.left_expression or item.left), item.right


def _is_no_definition(step: Step) -> bool:
    return step.kind != "definition" and step.binds is None


def _without_factor(gradient: Expression, claim: Claim) -> Expression:
    """A gradient as an update writes it, whose own sign and number stay as they are."""
    return gradient if claim.factor == 1 else Multiply((Number(1 / claim.factor), gradient))
