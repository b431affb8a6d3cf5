"""The evidence about one setup: claims and steps judged, gradients computed from every source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from gradcheck.evidence import backprop
from gradcheck.evidence.arrays.lifting import NotEvaluated
from gradcheck.evidence.arrays.point import Sizes
from gradcheck.evidence.symbolic import NetworkMatch, Undecided, network_scale
from gradcheck.judge import numbers as arrays
from gradcheck.judge.absent import is_misnamed
from gradcheck.judge.at_values import FOR_VALUES, AtValues
from gradcheck.judge.constants import accepted_constant, compare_constants
from gradcheck.judge.forms import Forms
from gradcheck.judge.held import Holding
from gradcheck.judge.numbers import Array, Backward, Numbers
from gradcheck.judge.step_verdicts import JudgedStep, StepJudge
from gradcheck.judge.verdicts import Judge, JudgedClaim, given_up, unjudged
from gradcheck.language.document import Document
from gradcheck.language.expression import Expression, Name, Partial, walk
from gradcheck.language.model import ROLES, Claim, Parameter, Setup, Step
from gradcheck.language.verdict import SEVERITY_ORDER, Constant, Verdict
from gradcheck.run.budget import CLAIM
from gradcheck.run.parts import attempt, omitted


@dataclass(frozen=True)
class Options:
    """How the numbers are made. ``backward`` is the backprop code that is compared."""

    seed: int = 0
    sizes: Sizes = field(default_factory=Sizes)
    backward: Backward = backprop.backward


class Evidence:
    """The evidence about one setup, each piece computed once, when it is first asked for."""

    def __init__(
        self, setup: Setup, steps: Sequence[Step], document: Document, options: Options
    ) -> None:
        self.setup = setup
        self.steps = tuple(steps)
        self.document = document
        self.options = options
        self.forms = Forms(setup.model)
        self.keys = {parameter.role: parameter.key for parameter in setup.model.parameters}
        self.judge = Judge(self.forms, self.keys, options.seed)

    @cached_property
    def judged(self) -> tuple[JudgedClaim, ...]:
        """Every claim with its verdict: algebra, witness, then the numbers, then the constants."""
        if self.setup.model_problem is not None:
            reason = self.setup.model_problem
            return tuple(
                JudgedClaim(claim, unjudged(claim), reason=claim.reason or reason)
                for claim in self.setup.claims
            )
        judged = [
            attempt(
                "the verdict on a gradient",
                partial(self._judged, claim),
                partial(given_up, claim),
                claim.span,
                CLAIM,
            )
            for claim in self.setup.claims
        ]
        return attempt(
            "the comparison of the gradients' constants",
            lambda: tuple(self._together(judged)),
            lambda reason: tuple(given_up(claim, reason) for claim in self.setup.claims),
            self.setup.span,
        )

    def _judged(self, claim: Claim) -> JudgedClaim:
        return self._in_general(self._plainly(claim))

    def _together(self, judged: Sequence[JudgedClaim]) -> list[JudgedClaim]:
        """The claims without examples, their constants compared."""
        holding = [i.claim for i in judged if i.verdict in (Verdict.EXACT, Verdict.CONVENTION)]
        held = self.holding.claims([self._if_present(item, holding) for item in judged])
        return compare_constants([i for i in held if not self._is_example(i, held)])

    def _plainly(self, claim: Claim) -> JudgedClaim:
        """A claim by the algebra and the numbers; what is struck out in it may stand for nothing,
        as in the step that makes it."""
        item = self._with_numbers(self.judge.judge(claim))
        if item.verdict is Verdict.WRONG and claim.neutral is not None:
            bare = replace(claim, expression=claim.neutral, neutral=None)
            again = self._with_numbers(self.judge.judge(bare))
            if again.verdict in (Verdict.EXACT, Verdict.CONVENTION):
                return again
        return item

    def _in_general(self, item: JudgedClaim) -> JudgedClaim:
        """A claim that is wrong in general, and holds at numbers given before it, is undecided."""
        claim = item.claim
        if item.verdict is not Verdict.WRONG or claim.expression is None:
            return item
        at = AtValues(self.setup, self.judge)
        return at.of_example(item, self.keys[claim.parameter], self._plainly)

    def _if_present(self, item: JudgedClaim, holding: Sequence[Claim]) -> JudgedClaim:
        """A claim that is wrong because the forward equations lack its parameter is undecided."""
        key = self.keys[item.claim.parameter]
        if item.verdict is not Verdict.WRONG or key not in self.absent:
            return item
        if is_misnamed(self.setup, item.claim, holding, self.keys, self.options.seed):
            return item
        reason = f"{key} is not in the forward equations"
        return replace(item, verdict=Verdict.UNDECIDED, reason=reason, witness=None)

    @cached_property
    def absent(self) -> frozenset[str]:
        """Parameters that the loss is not computed from."""
        below = self.setup.model.below(self.setup.model.loss)
        return frozenset(key for key in self.keys.values() if key not in below)

    @cached_property
    def open(self) -> frozenset[str]:
        """Parameters by which a gradient is undecided because the forward equations lack them."""
        return frozenset(
            self.keys[item.claim.parameter]
            for item in self.judged
            if item.verdict is Verdict.UNDECIDED and self.keys[item.claim.parameter] in self.absent
        )

    def _is_example(self, item: JudgedClaim, judged: Sequence[JudgedClaim]) -> bool:
        """Whether it puts numbers into a gradient that was right in general before."""
        holds = (Verdict.EXACT, Verdict.CONVENTION)
        return item.reason == FOR_VALUES and any(
            other.claim.parameter == item.claim.parameter
            and other.verdict in holds
            and other.claim.span.start < item.claim.span.start
            for other in judged
        )

    @cached_property
    def judged_steps(self) -> tuple[JudgedStep, ...]:
        """Every step of this setup with its verdict, in document order."""
        steps = StepJudge(self.setup, self.judge).steps(self.steps)
        judged = {item.claim.span for item in self.judged}
        examples = {claim.span for claim in self.setup.claims} - judged
        found = [JudgedStep(i.step, None) if i.step.span in examples else i for i in steps]
        return tuple(map(self._step_if_present, self.holding.judged_steps(found)))

    def _step_if_present(self, item: JudgedStep) -> JudgedStep:
        """A step about the gradient by a parameter that the forward equations lack."""
        sides = (item.step.left_expression, item.step.right_expression)
        nodes = (node for side in sides if side is not None for node in walk(side))
        by = (n.by.key for n in nodes if isinstance(n, Partial) and isinstance(n.by, Name))
        key = next((key for key in by if key in self.open), None)
        if item.verdict is not Verdict.WRONG or key is None:
            return item
        reason = f"{key} is not in the forward equations"
        return JudgedStep(item.step, Verdict.UNDECIDED, reason=reason, of_loss=item.of_loss)

    @cached_property
    def holding(self) -> Holding:
        """What is held back until axes are kept."""
        return Holding(self.setup, self.steps, self.judge)

    @cached_property
    def accepted(self) -> Constant:
        """The constant that all gradients leave out alike; 1 if they leave out none."""
        return attempt(
            "the constant that is left out",
            lambda: accepted_constant(self.judged),
            lambda _: Constant(),
            self.setup.span,
        )

    @cached_property
    def derived(self) -> dict[str, Expression]:
        """The true gradients of the totalled loss, by parameter key; none if it is not decided."""
        if self.setup.model_problem is not None:
            return {}
        found = {}
        held = self.setup.held
        for parameter in self.setup.model.parameters:
            if held is not None and (held.whole or parameter.key in held.parameters):
                continue
            gradient = self._derived(parameter.key)
            if gradient is not None:
                found[parameter.key] = gradient
        return found

    @omitted("a derived gradient", CLAIM)
    def _derived(self, key: str) -> Expression | None:
        try:
            return self.judge.algebra(self.forms.total).gradient(key)
        except Undecided:
            return None

    @cached_property
    def numbers(self) -> Numbers:
        return self._attempted(flat=False)

    @cached_property
    def flat(self) -> Numbers:
        """The same with one feature and one hidden unit, where no index can be mistaken."""
        return self._attempted(flat=True)

    def _attempted(self, flat: bool) -> Numbers:
        return attempt(
            "the numbers",
            lambda: self._compute(flat),
            lambda reason: Numbers(problem=reason),
            self.setup.span,
            CLAIM,
        )

    def _compute(self, flat: bool) -> Numbers:
        if self.setup.model_problem is not None:
            return Numbers(problem=self.setup.model_problem)
        model = self.forms.total
        placed = tuple(p for p in model.parameters if p.key not in self.outside)
        derived = {key: body for key, body in self.derived.items() if key not in self.outside}
        model = model if placed == model.parameters else replace(model, parameters=placed)
        options = self.options
        return arrays.compute(model, derived, options.sizes, options.seed, flat)

    @cached_property
    def outside(self) -> frozenset[str]:
        """Parameters that the loss does not depend on and that have no role in the network.

        ``\\nabla_\\theta L`` names such a one: it has no shape, and the others have their numbers.
        """
        model = self.setup.model
        below = model.below(model.loss)
        return frozenset(
            p.key for p in model.parameters if p.key not in below and p.role not in ROLES
        )

    def _with_numbers(self, item: JudgedClaim) -> JudgedClaim:
        """What the algebra found equal must also lie within the bound of the finite differences."""
        key = self.keys[item.claim.parameter]
        if key in self.disputed and item.verdict is not Verdict.UNREAD:
            return replace(item, verdict=Verdict.UNDECIDED, reason=self.disputed[key])
        if item.verdict not in (Verdict.EXACT, Verdict.CONVENTION):
            return item
        missing = ""
        for at in (self.numbers, self.flat):
            value = self._value(item, at, key)
            missing = value if isinstance(value, str) else ""
            if not isinstance(value, str) and arrays.agrees(value, at, key):
                return item
        if missing:
            reason = f"no numbers confirm it: {missing}"
            return replace(item, verdict=Verdict.UNDECIDED, reason=reason)
        return replace(
            item,
            verdict=Verdict.UNDECIDED,
            reason="the sources of evidence contradict each other",
            contradiction="the algebra finds the sides equal, the finite differences do not",
        )

    @cached_property
    def disputed(self) -> dict[str, str]:
        """Parameters whose symbolic and numeric gradients differ, whatever the indices."""
        return {
            key: f"the symbolic and the numeric gradient of {key} differ"
            for key in self._doubtful
            if self.flat.numeric is not None
            and key in self.flat.symbolic
            and not arrays.agrees(self.flat.symbolic[key], self.flat, key)
        }

    @cached_property
    def unlifted(self) -> dict[str, str]:
        """Parameters whose gradient could not be lifted to arrays, with the reason."""
        reasons = {
            key: self.numbers.notes.get(key, "lifting ambiguous: the indices would be a guess")
            for key in self._doubtful
            if key not in self.disputed
        }
        missing = (p.key for p in self.setup.model.parameters if p.key not in self.derived)
        reasons |= dict.fromkeys(missing, "the gradient was not derived")
        return reasons | dict.fromkeys(self.outside, "it is not in the forward equations")

    @cached_property
    def _doubtful(self) -> tuple[str, ...]:
        """Parameters whose symbolic gradient has no array, or one outside the numeric bounds."""
        numbers = self.numbers
        return tuple(
            key
            for key in self.derived
            if key not in self.outside
            if numbers.numeric is None
            or key not in numbers.symbolic
            or not arrays.agrees(numbers.symbolic[key], numbers, key)
        )

    @cached_property
    def backprop_disputed(self) -> tuple[str, ...]:
        """Parameters for which the backprop code differs from the numeric gradient."""
        return tuple(
            key
            for key, array in self.backprop.items()
            if key not in self.unlifted and not arrays.agrees(array, self.numbers, key)
        )

    def _value(self, item: JudgedClaim, numbers: Numbers, key: str) -> Array | str:
        """A claim as an array, or why it has none: a number that is missing contradicts nothing."""
        if numbers.numeric is None or item.claim.expression is None:
            return numbers.problem
        try:
            return arrays.completed(numbers, item.claim.expression, key, self.factor(item))
        except NotEvaluated as missing:
            return str(missing)

    def claimed(self, item: JudgedClaim, numbers: Numbers) -> Array:
        """A claim as an array at the point of ``numbers``, completed by what it left out.

        One with a wrong constant stays as it is. Raises `NotEvaluated` with the reason.
        """
        if item.claim.expression is None:
            raise NotEvaluated(item.reason or "it was not read")
        key, factor = self.keys[item.claim.parameter], self.factor(item)
        array = arrays.completed(numbers, item.claim.expression, key, factor)
        if item.witness is None and item.verdict is Verdict.WRONG:
            assert numbers.point is not None
            array = array / (factor or Constant()).value(numbers.point.sizes.samples)
        return array

    def factor(self, item: JudgedClaim) -> Constant | None:
        """What completes a claim to the setup's loss: more than it left out of its own."""
        if not item.claim.loss or item.claim.loss == self.setup.model.loss:
            return item.left_out
        own = replace(item.claim, loss="")
        judged = self.judge.judge(own)
        if judged.verdict is Verdict.UNDECIDED:
            raise NotEvaluated(judged.reason)
        return judged.left_out

    @cached_property
    def match(self) -> NetworkMatch | str:
        """The built-in network, if the document's prediction and loss are it; else why not."""
        return attempt("the built-in network", self._match, str, self.setup.span)

    def _match(self) -> NetworkMatch | str:
        if self.setup.model_problem is not None:
            return self.setup.model_problem
        hidden = self.setup.hidden
        abstract = hidden in self.setup.model.abstract_functions
        match = network_scale(self.setup.model, "sigmoid" if abstract else hidden)
        if isinstance(match, str) or match.output == backprop.OUTPUTS[match.loss]:
            return match
        return f"the backprop code has no {match.loss} with a {match.output} output"

    @cached_property
    def backprop(self) -> dict[str, Array]:
        return self._backprop or {}

    @cached_property
    def _backprop(self) -> dict[str, Array] | None:
        """None where the backprop code, or what runs it, failed."""
        match = self.match
        if isinstance(match, str) or self.numbers.numeric is None:
            return {}
        total, backward = self.forms.total, self.options.backward
        return attempt(
            "the backprop code",
            lambda: dict(arrays.run_backprop(total, self.numbers, match, backward)),
            lambda _: None,
            self.setup.span,
        )

    @property
    def backprop_note(self) -> str:
        if isinstance(self.match, str):
            return f"another network: {self.match}"
        if self._backprop is None:
            return "not run: it failed"
        return "compared" if self.backprop else f"not run: {self.numbers.problem}"

    @property
    def notes(self) -> tuple[str, ...]:
        found = []
        abstract = sorted(self.setup.model.abstract_functions)
        if abstract:
            found.append(f"{', '.join(abstract)} is abstract: for the numbers it is the sigmoid")
        if self.numbers.problem:
            found.append(f"no numbers: {self.numbers.problem}")
        return tuple(found)

    def of(self, parameter: Parameter) -> tuple[JudgedClaim, ...]:
        """The judged claims for one parameter, in document order."""
        return tuple(item for item in self.judged if item.claim.parameter == parameter.role)

    def shown(self, parameter: Parameter) -> JudgedClaim | None:
        """The claim that the row shows: the last if that was not read, else the worst."""
        items = self.of(parameter)
        if not items:
            return None
        if items[-1].verdict is Verdict.UNREAD:
            return items[-1]
        read = [item for item in items if item.verdict is not Verdict.UNREAD]
        worst = min(read, key=lambda item: SEVERITY_ORDER.index(item.verdict)).verdict
        same = [item for item in read if item.verdict is worst]
        return same[0] if worst in (Verdict.WRONG, Verdict.UNDECIDED) else same[-1]
