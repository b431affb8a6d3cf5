"""Verdicts on steps: every adjacent pair of every chain, judged on its own.

A side that contains a partial of the loss stands for that partial's true value. With a sum on
either side the total loss is meant, without one the one-sample loss C·ℓ; a constant may be left
out only of a derivative of the loss (design.md, "Samples" and "Constants"). The algebra proposes,
the evaluation at random points confirms or refutes, as for claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate, groupby, pairwise
from operator import mul

from gradcheck.evidence.arrays.precise import Outcome as Check
from gradcheck.evidence.arrays.precise import Witness
from gradcheck.evidence.symbolic import Decision, Outcome
from gradcheck.judge.at_values import FOR_VALUES, AtValues
from gradcheck.judge.verdicts import ALL_ZERO, Judge
from gradcheck.language.expression import (
    Apply,
    Expression,
    Name,
    Partial,
    Sum,
    contains,
    names_in,
    substitute,
    transform,
    walk,
)
from gradcheck.language.model import Model, Setup, Step
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.run.budget import CLAIM
from gradcheck.run.parts import attempt

EQUAL_SIGNS = frozenset({"=", ":=", "<-"})


@dataclass(frozen=True)
class JudgedStep:
    """A step with its verdict (None: not judged) and the evidence for it.

    ``left`` and ``right`` are the sides as they were compared. ``of_loss`` tells whether the
    chain is about a derivative of the loss, so that a constant may be left out.
    """

    step: Step
    verdict: Verdict | None
    left_out: Constant | None = None
    sum_left_out: bool = False
    reason: str = ""
    decision: Decision | None = None
    witness: Witness | None = None
    contradiction: str = ""
    of_loss: bool = False
    model: Model | None = None
    left: Expression | None = None
    right: Expression | None = None


@dataclass
class StepJudge:
    """Judges the steps of one setup with its `Judge`."""

    setup: Setup
    judge: Judge

    def steps(self, steps: Sequence[Step]) -> list[JudgedStep]:
        """All steps of this setup in document order, chain by chain."""
        found: list[JudgedStep] = []
        of_loss = False
        for step in steps:
            judged, of_loss = attempt(
                "the verdict on a step",
                partial(self._in_chain, step, of_loss and step.side > 1),
                partial(_lost_step, step, of_loss),
                step.span,
                CLAIM,
            )
            found.append(judged)
        return self._without_slips(found)

    def _in_chain(self, step: Step, of_loss: bool) -> tuple[JudgedStep, bool]:
        """A step with its verdict, and whether the chain is about a derivative of the loss now."""
        of_loss = of_loss or self._is_of_loss(step.left_expression)
        of_loss = of_loss or self._is_of_loss(step.right_expression)
        return self._step(step, of_loss), of_loss

    def _without_slips(self, steps: Sequence[JudgedStep]) -> list[JudgedStep]:
        """What a chain leaves out only to put it back later is a slip, and no convention."""
        found: list[JudgedStep] = []
        for _, grouped in groupby(steps, key=lambda judged: judged.step.statement):
            chain = list(grouped)
            found += attempt(
                "what a chain leaves out",
                partial(self._slips, chain),
                partial(_lost_chain, chain),
                chain[0].step.span,
                CLAIM,
            )
        return found

    def _slips(self, chain: Sequence[JudgedStep]) -> list[JudgedStep]:
        back = _put_back(chain, self.setup.model.loss_has_sum)
        return [self._as_slip(s) if k in back else s for k, s in enumerate(chain)]

    def _as_slip(self, judged: JudgedStep) -> JudgedStep:
        if judged.model is None or judged.left is None or judged.right is None:
            return judged
        check = self.judge.compare(judged.model, judged.left, judged.right, Constant())
        if check.outcome is not Check.DIFFER:
            return judged
        return replace(judged, verdict=Verdict.WRONG, left_out=None, witness=check.witness)

    def _is_of_loss(self, side: Expression | None) -> bool:
        """Whether a side holds a derivative of the loss, or a name that stands for one."""
        if side is None:
            return False
        if any(isinstance(n, Partial) and self._holds_loss(n.of) for n in walk(side)):
            return True
        return isinstance(side, Name) and self._stands_for_gradient(side.key)

    def _holds_loss(self, of: Expression) -> bool:
        model = self.setup.model
        labels = set(model.labels)
        keys = names_in(of)
        if model.loss in keys or labels & keys:
            return True
        return any(labels & model.below(key) for key in keys)

    def _stands_for_gradient(self, key: str) -> bool:
        """A helper such as ``\\delta_2 = \\hat{y} - y``: built on the label, below no loss."""
        model = self.setup.model
        if key not in model.definitions or key in model.ancestors(model.loss):
            return False
        return bool(set(model.labels) & model.below(key))

    def _step(self, step: Step, of_loss: bool) -> JudgedStep:
        if step.unread is not None and step.relation != "in":  # y ∈ {0, 1} claims nothing
            return JudgedStep(step, Verdict.UNREAD, reason=step.unread)
        if step.kind in ("update", "mention") or step.relation not in EQUAL_SIGNS:
            return JudgedStep(step, None)
        if step.binds is not None:
            return self._as_bound(step)
        if step.kind == "definition" and step.elsewhere:
            return JudgedStep(step, None)
        if self.setup.model_problem is not None:
            return JudgedStep(step, Verdict.UNDECIDED, reason=self.setup.model_problem)
        left, right = step.left_expression, step.right_expression
        if left is None or right is None:
            return JudgedStep(step, Verdict.UNDECIDED, reason=step.unresolved or "not understood")
        judged = self._compare(step, left, right, of_loss)
        if judged.verdict is Verdict.WRONG and step.neutral is not None:
            again = self._compare(step, *step.neutral, of_loss)
            if again.verdict in (Verdict.EXACT, Verdict.CONVENTION):
                return again
        if judged.verdict is Verdict.WRONG:
            at, place = AtValues(self.setup, self.judge), step.span.start
            again = self._compare(
                step, at.restored(left, place), at.restored(right, place), of_loss
            )
            if again.verdict in (Verdict.EXACT, Verdict.CONVENTION):
                return again
        if judged.verdict is Verdict.WRONG and self._of_an_example(judged):
            if not names_in(right) and not isinstance(left, Partial):
                return JudgedStep(step, None)  # z_1 = w_1 x + b_1 = 1: a number worked out
            return replace(judged, verdict=Verdict.UNDECIDED, reason=FOR_VALUES, witness=None)
        return judged

    def _as_bound(self, step: Step) -> JudgedStep:
        """A definition holds, but for a helper that has to be a derivative and is not."""
        right = step.right_expression
        if step.stands_for is not None and right is not None and self.setup.model_problem is None:
            judged = self._compare(step, step.stands_for, right, True)
            if judged.verdict is Verdict.WRONG and not self._of_an_example(judged):
                return judged
        return JudgedStep(step, Verdict.EXACT)

    def _of_an_example(self, judged: JudgedStep) -> bool:
        """Whether a step that is wrong in general holds at numbers given before it."""
        if judged.model is None or judged.left is None or judged.right is None:
            return False
        at = AtValues(self.setup, self.judge)
        return at.hold(judged.model, judged.left, judged.right, judged.step.span.start)

    def _compare(
        self, step: Step, left: Expression, right: Expression, of_loss: bool
    ) -> JudgedStep:
        left, right = _same_variable(left, right, self.setup.model)
        model, left, right, sum_left_out = self._on_one_form(left, right)
        bare = JudgedStep(
            step, None, of_loss=of_loss, model=model, left=left, right=right,
            sum_left_out=sum_left_out,
        )  # fmt: skip
        decision = self.judge.decide(model, left, right)
        if decision.outcome is Outcome.UNDECIDED:
            return replace(
                bare, verdict=Verdict.UNDECIDED, reason=decision.reason, sum_left_out=False
            )
        constant = decision.outcome is Outcome.CONSTANT
        factor = decision.left_out if constant and decision.left_out is not None else Constant()
        check = self.judge.confirm(model, left, right, decision)
        if check.outcome is Check.UNKNOWN:
            reason = f"no number confirms it: {check.reason}"
            return replace(bare, verdict=Verdict.UNDECIDED, reason=reason, sum_left_out=False)
        equal = decision.outcome is not Outcome.DIFFERENT
        if not equal and check.vanishes:
            return replace(bare, verdict=Verdict.UNDECIDED, reason=ALL_ZERO, sum_left_out=False)
        if equal != (check.outcome is Check.AGREE):
            message = "the algebra and the evaluation of this step contradict each other"
            return replace(bare, verdict=Verdict.UNDECIDED, reason=message, contradiction=message)
        bare = replace(bare, decision=decision)
        reason = "" if equal else self.judge.open_reason(left, right, model, decision)
        if reason:
            return replace(bare, verdict=Verdict.UNDECIDED, reason=reason, sum_left_out=False)
        if not equal:
            return replace(bare, verdict=Verdict.WRONG, witness=check.witness, sum_left_out=False)
        if constant and not of_loss:
            witness = self.judge.compare(model, left, right, Constant()).witness
            return replace(bare, verdict=Verdict.WRONG, witness=witness, sum_left_out=False)
        if constant:
            return replace(bare, verdict=Verdict.CONVENTION, left_out=factor)
        return replace(bare, verdict=Verdict.CONVENTION if sum_left_out else Verdict.EXACT)

    def _on_one_form(
        self, left: Expression, right: Expression
    ) -> tuple[Model, Expression, Expression, bool]:
        """The form of the loss that both sides are meant on, and whether a sum is left out."""
        forms = self.judge.forms
        sums = (contains(left, Sum), contains(right, Sum))
        if not any(sums):
            dropped = self.setup.model.loss_has_sum and self._drops_sum(left, right)
            return forms.one, left, right, dropped
        if all(sums):
            return forms.total, left, right, False
        if sums[0] and not self._is_of_loss(right):
            return forms.one, _without_sum(left), _without_sum(right), True
        if sums[1] and self._is_by_sample(left):
            return forms.total, left, right, False
        if sums[1] and not self._is_of_loss(left):
            return forms.one, _without_sum(left), _without_sum(right), True
        return forms.total, self._summed(left), self._summed(right), False

    def _is_one_sample(self, side: Expression) -> bool:
        """A derivative of a one-sample loss, which the document totals elsewhere: ``∂ℓ/∂w``."""
        if not isinstance(side, Partial) or not isinstance(side.of, Name):
            return False
        model = self.setup.model
        if side.of.key == model.loss or side.of.key not in model.definitions:
            return False
        return not any(contains(model.definitions[k], Sum) for k in model.ancestors(side.of.key))

    def _drops_sum(self, left: Expression, right: Expression) -> bool:
        """``∂L/∂w = (\\hat{y} - y) a_1``: left a sum over the samples, right one sample's."""
        if self._is_one_sample(left):
            return False
        return self._is_total(left) and not self._names_loss(right) and bool(
            names_in(right) & self.setup.model.per_sample
        )  # fmt: skip

    def _names_loss(self, side: Expression) -> bool:
        """Whether it holds a derivative of the loss by its name, which stands for the whole sum."""
        return any(
            isinstance(node, Partial) and self.setup.model.loss in names_in(node.of)
            for node in walk(side)
        )

    def _is_total(self, side: Expression) -> bool:
        """A bare derivative of the loss by a parameter, as the chain's left side."""
        return (
            isinstance(side, Partial)
            and isinstance(side.by, Name)
            and side.by.key in {p.key for p in self.setup.model.parameters}
            and self._holds_loss(side.of)
        )

    def _is_by_sample(self, side: Expression) -> bool:
        """The loss's derivative by what each sample has of its own: it has no sum of its own."""
        model = self.setup.model
        return (
            isinstance(side, Partial)
            and isinstance(side.by, Name)
            and side.by.key in model.per_sample
            and isinstance(side.of, Name)
            and side.of.key == model.loss
        )

    def _summed(self, side: Expression) -> Expression:
        """Products of partials carry the sum implicitly: it is written where it is meant."""
        if contains(side, Sum) or self._is_total(side):
            return side
        return Sum(side)


def _lost_step(step: Step, of_loss: bool, reason: str) -> tuple[JudgedStep, bool]:
    """A step on which the verdict is lost; it is about what the chain before it was."""
    if step.unread is not None and step.relation != "in":
        return JudgedStep(step, Verdict.UNREAD, reason=step.unread), of_loss
    return JudgedStep(step, Verdict.UNDECIDED, reason=reason), of_loss


def _lost_chain(chain: Sequence[JudgedStep], reason: str) -> list[JudgedStep]:
    """Steps whose evidence is lost where they held; the others have none to lose."""
    holds = (Verdict.EXACT, Verdict.CONVENTION)
    return [
        JudgedStep(item.step, Verdict.UNDECIDED, reason=reason, of_loss=item.of_loss)
        if item.verdict in holds
        else item
        for item in chain
    ]


def _put_back(chain: Sequence[JudgedStep], summed: bool) -> set[int]:
    """The places of the steps that leave out a number, or a power of the count, which the chain has
    again later, and of those that put it back.

    With a loss that is a sum, a side without one may be that of one sample: ``1/N`` comes and goes.
    """
    back: set[int] = set()
    held = [s.verdict in (Verdict.EXACT, Verdict.CONVENTION) and not s.sum_left_out for s in chain]
    for carried, grouped in groupby(range(len(chain)), key=held.__getitem__):
        if not carried:
            continue
        run = list(grouped)
        factors = [chain[k].left_out or Constant() for k in run]
        whole = [not summed or _is_sum(chain[k].step.left_expression) for k in run]
        numbers = list(accumulate((f.rational for f in factors), mul, initial=Fraction(1)))
        powers = list(accumulate((f.power for f in factors), initial=0))
        parts = [0, *(k for k in range(1, len(run)) if not whole[k]), len(run)]
        for steps in _returning(numbers, (0, len(run))):
            back |= {run[k] for k in steps if factors[k].rational != 1}
        for steps in _returning(powers, parts):
            back |= {run[k] for k in steps if factors[k].power}
    return back


def _returning(totals: Sequence[Fraction | int], edges: Sequence[int]) -> Iterator[range]:
    """Between each two edges, the longest steps after which a running total is what it was."""
    for low, high in pairwise(edges):
        last = {totals[k]: k for k in range(low, high + 1)}
        first = {totals[k]: k for k in range(high, low - 1, -1)}
        yield from (range(first[total], end) for total, end in last.items())


def _is_sum(side: Expression | None) -> bool:
    return side is not None and contains(side, Sum)


def _without_sum(side: Expression) -> Expression:
    return transform(side, lambda node: node.body if isinstance(node, Sum) else node)


def _same_variable(
    left: Expression, right: Expression, model: Model
) -> tuple[Expression, Expression]:
    """In ``g'(x) = g(x)(1 - g(x))`` the variable is any number: a parameter stands in for it.

    Else an ``x`` that is the input, or a ``z`` that nothing defines, would be asked for its data.
    """
    if not (isinstance(left, Apply) and len(left.arguments) == 1):
        return left, right
    argument = left.arguments[0]
    known = {*model.definitions, *model.inputs, *model.labels, *model.constants}
    known |= {parameter.key for parameter in model.parameters}
    if not isinstance(argument, Name) or argument.key in known or not model.parameters:
        return left, right
    stand_in: Mapping[str, Expression] = {argument.key: Name(model.parameters[0].key)}
    return substitute(left, dict(stand_in)), substitute(right, dict(stand_in))
