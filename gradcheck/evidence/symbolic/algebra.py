"""The algebra of one model: its gradients, and the decision whether two sides are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from gradcheck.evidence.symbolic.decision import Decision, Outcome, Refinement, Undecided
from gradcheck.evidence.symbolic.graph import Graph, names_outside_heads
from gradcheck.language.expression import Expression, Name, Partial, Sum
from gradcheck.language.model import Model
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant
from gradcheck.run.budget import OverBudget

if TYPE_CHECKING:
    from gradcheck.evidence.symbolic.gradient import Chain
    from gradcheck.evidence.symbolic.normal_form import Evaluation, NormalForm
    from gradcheck.evidence.symbolic.presentation import Presentation
    from gradcheck.evidence.symbolic.rational import Rational

WORK = 200_000
"""Products of terms that one question may cost: about a second at worst."""

MAX_GRADIENT_TERMS = 500
"""Of a factor of a gradient that had to be written without the document's chain."""

T = TypeVar("T")


class Algebra:
    """Everything derived for a model is kept, so one Algebra should serve all its questions."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.graph = Graph(model)
        self._evaluations: dict[int, Evaluation] = {}
        self._presentations: dict[int, Presentation] = {}
        self._gradients: dict[str, Expression] = {}
        self._chain: Chain | None = None

    # -- questions ----------------------------------------------------------------------------

    def decide(self, left: Expression, right: Expression, *, shown: bool = True) -> Decision:
        """Whether left = right for all values, or up to a constant that may be left out.

        Unless it is to be ``shown``, a decision holds its outcome and what is left out only:
        quotient, difference and conditions take most of the time.
        """
        try:
            return self._with_enough(lambda found: self._decide(found, left, right, shown))
        except Undecided as undecided:
            return Decision(Outcome.UNDECIDED, reason=undecided.reason)

    def gradient(self, key: str) -> Expression:
        """∂loss/∂key from the document's own equations, in its own intermediate names.

        Derived by SymPy along the graph of definitions and confirmed by `decide`. Raises
        Undecided if the loss cannot be differentiated.
        """
        if key not in self._gradients:
            try:
                self._gradients[key] = self._derive(key)
            except OverBudget as over:
                raise Undecided(over.reason) from None
        return self._gradients[key]

    # -- deciding -----------------------------------------------------------------------------

    def _with_enough(self, question: Callable[[Evaluation], T]) -> T:
        """Ask with ever finer exponentials, as far as the question needs them."""
        divisor = 1
        while True:
            try:
                return question(self._evaluation(divisor))
            except Refinement as refinement:
                divisor = refinement.divisor
            except RecursionError:
                raise Undecided("too deeply nested") from None
            except OverBudget as over:
                raise Undecided(over.reason) from None

    def _evaluation(self, divisor: int) -> Evaluation:
        from gradcheck.evidence.symbolic.normal_form import Evaluation
        from gradcheck.evidence.symbolic.polynomial import MAX_GENERATORS, Budget
        from gradcheck.evidence.symbolic.tower import Tower

        found = self._evaluations.get(divisor)
        if found is None or len(found.tower.generators) > MAX_GENERATORS // 2:
            self._presentations.pop(divisor, None)
            found = Evaluation(self.graph, Tower(Budget(WORK), divisor))
            self._evaluations[divisor] = found
        found.tower.budget.left = WORK
        return found

    def _decide(
        self, evaluation: Evaluation, left: Expression, right: Expression, shown: bool
    ) -> Decision:
        one, other = evaluation.of(left), evaluation.of(right)
        conditions = self._conditions(evaluation, one.assuming(other)) if shown else ()
        left_out = self._left_out(evaluation, one, other)
        if left_out is None:
            left_out = self._left_out_in_all_cases(evaluation, one, other)
        if left_out is None:
            self._refuse_undefined(left, right)
            outcome = Outcome.DIFFERENT
        else:
            outcome = Outcome.EQUAL if left_out.is_one else Outcome.CONSTANT
        if outcome is Outcome.EQUAL or not shown:
            return Decision(outcome, left_out, conditions=conditions)
        return Decision(
            outcome,
            left_out,
            quotient=self._quotient(evaluation, one, other),
            difference=self._difference(evaluation, one, other) if left_out is None else None,
            conditions=conditions,
        )

    @property
    def _count(self) -> str:
        count = self.model.sample_count
        return to_text(self.graph.name(count)) if count else "N"

    def _left_out(
        self, evaluation: Evaluation, one: NormalForm, other: NormalForm
    ) -> Constant | None:
        """c with one = c · other, a positive rational times a power of the count, if there is."""
        one, other = evaluation.reduced(one), evaluation.reduced(other)
        if one.same_as(other) or self._same_once_counted(evaluation, one, other):
            return Constant(count=self._count)
        parts = [(one.plain, other.plain), (one.summed, other.summed)]
        found = {
            left.multiple_of(right, evaluation.count)
            for left, right in parts
            if not (left.is_zero and right.is_zero)
        }
        factor = found.pop()
        if found or factor is None or factor[0] <= 0:
            return None
        return Constant(*factor, self._count)

    def _same_once_counted(
        self, evaluation: Evaluation, one: NormalForm, other: NormalForm
    ) -> bool:
        """Whether they are equal because a sum of what is no sample's own is a count of it."""
        summed = other.summed - one.summed
        if summed.is_zero or evaluation.tower.is_per_sample(summed):
            return False
        plain = other.plain - one.plain
        return evaluation.tower.reduce(plain + evaluation.count * summed).is_zero

    def _left_out_in_all_cases(
        self, evaluation: Evaluation, one: NormalForm, other: NormalForm
    ) -> Constant | None:
        """What is left out whatever the signs of the arguments of relu and abs; None: no such."""
        from gradcheck.evidence.symbolic.sign_cases import cases

        found: dict[Constant, None] = {}
        for left, right in cases(evaluation.tower, one, other):
            if left.is_zero and right.is_zero:
                continue
            constant = self._left_out(evaluation, left, right)
            if constant is None:
                return None
            found[constant] = None
        return next(iter(found)) if len(found) == 1 else None

    def _refuse_undefined(self, left: Expression, right: Expression) -> None:
        """Raises Undecided where a name of one side only may stand for what makes them equal."""
        left_names = self._unknown_names(left)
        right_names = self._unknown_names(right)
        for key, name in (left_names | right_names).items():
            if (key in left_names) != (key in right_names):
                raise Undecided(f"{to_text(name)} is not defined")

    def _unknown_names(self, side: Expression) -> dict[str, Name]:
        """Names without a definition or a role."""
        names = names_outside_heads(side).items()
        return {key: name for key, name in names if not self.graph.is_known(key)}

    # -- showing ------------------------------------------------------------------------------

    def _presentation(self, evaluation: Evaluation) -> Presentation:
        from gradcheck.evidence.symbolic.presentation import Presentation

        found = self._presentations.get(evaluation.tower.divisor)
        if found is None:
            model = self.model
            named: dict[Rational, Name] = {}
            for key in [model.prediction, *model.definitions]:
                value = self._value(evaluation, key) if key in model.definitions else None
                if value is not None and not value.has_sum and value.plain.as_number is None:
                    named.setdefault(value.plain, self.graph.name(str(key)))
            found = Presentation(evaluation.tower, named, model.labels)
            self._presentations[evaluation.tower.divisor] = found
        return found

    def _value(self, evaluation: Evaluation, key: str | None) -> NormalForm | None:
        try:
            return evaluation.definition(str(key))
        except (Undecided, Refinement):
            return None

    def _quotient(
        self, evaluation: Evaluation, one: NormalForm, other: NormalForm
    ) -> Expression | None:
        """right ÷ left, where both have the same part only."""
        if one.has_sum != other.has_sum:
            return None
        if one.has_sum and not (one.plain.is_zero and other.plain.is_zero):
            return None
        ratio = _ratio(evaluation, other, one)
        if ratio is None or ratio.size > 12:
            return None
        try:
            return self._presentation(evaluation).write(ratio)
        except (Undecided, Refinement):
            return None

    def _difference(
        self, evaluation: Evaluation, one: NormalForm, other: NormalForm
    ) -> Expression | None:
        """right − left, where it has one part only and is short."""
        if one.plain.is_apart(other.plain) or one.summed.is_apart(other.summed):
            return None
        plain, summed = other.plain - one.plain, other.summed - one.summed
        if not plain.is_zero and not summed.is_zero:
            return None
        element = plain if summed.is_zero else summed
        if element.size > 24:
            return None
        try:
            shown = self._presentation(evaluation).write(element)
        except (Undecided, Refinement):
            return None
        return shown if summed.is_zero else Sum(shown)

    def _conditions(self, evaluation: Evaluation, assumed: tuple[Rational, ...]) -> tuple[str, ...]:
        if not assumed:
            return ()
        presentation = self._presentation(evaluation)
        shown: dict[str, None] = {}
        for element in assumed:
            try:
                shown[f"{to_text(presentation.write(element))} > 0"] = None
            except Undecided:
                shown["the arguments of log and of the root are positive"] = None
        return tuple(shown)

    # -- deriving -----------------------------------------------------------------------------

    def _derive(self, key: str) -> Expression:
        from gradcheck.evidence.symbolic.gradient import Chain

        loss = self.graph.name(self.model.loss)
        true = Partial(loss, self.graph.name(key))
        if self._chain is None:
            self._chain = self._with_enough(lambda evaluation: Chain(self.graph, evaluation))
        derived = self._chain.gradient(key)
        if derived is not None:
            outcome = self.decide(true, derived, shown=False).outcome
            if outcome in (Outcome.EQUAL, Outcome.UNDECIDED):
                return derived
        return self._with_enough(lambda evaluation: self._written_out(evaluation, true))

    def _written_out(self, evaluation: Evaluation, true: Partial) -> Expression:
        """The gradient as the field knows it, without the chain of the document."""
        from gradcheck.evidence.symbolic.product import sum_of

        form = evaluation.of(true)
        presentation = self._presentation(evaluation)
        limit, presentation.max_terms = presentation.max_terms, MAX_GRADIENT_TERMS
        try:
            summed = [Sum(presentation.write(form.summed))] if form.has_sum else []
            plain = [] if summed and form.plain.is_zero else [presentation.write(form.plain)]
            return sum_of([*plain, *summed])
        finally:
            presentation.max_terms = limit


def _ratio(evaluation: Evaluation, one: NormalForm, other: NormalForm) -> Rational | None:
    """one ÷ other by the parts that both have; None if there are none."""
    if one.has_sum and other.has_sum:
        return evaluation.tower.reduce(one.summed / other.summed)
    if one.has_sum or other.has_sum or one.plain.is_zero or other.plain.is_zero:
        return None
    return evaluation.tower.reduce(one.plain / other.plain)
