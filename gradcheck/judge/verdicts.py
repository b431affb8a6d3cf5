"""Verdicts on claims: the algebra proposes, an independent evaluation confirms or refutes.

`exact` and `convention` need the evaluator at random points to agree to many digits; `wrong`
needs a witness, a point where the two sides differ. If the two routes contradict each other the
verdict is `undecided` and a finding says so: never a verdict on the author (design.md, "Evidence
together").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from gradcheck.evidence.arrays.precise import SEARCHED, Comparison, PreciseEvaluator, Witness
from gradcheck.evidence.arrays.precise import Outcome as Check
from gradcheck.evidence.symbolic import Algebra, Decision, Outcome
from gradcheck.judge.forms import Forms, replace_function, truth, with_function
from gradcheck.language.expression import Apply, Expression, walk
from gradcheck.language.functions import BY_OUTPUT, FUNCTIONS
from gradcheck.language.model import Claim, Model
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.read.words import FUNCTION_WORDS
from gradcheck.run.budget import CLAIM
from gradcheck.run.parts import attempt

_NAMED = FUNCTION_WORDS.union(FUNCTIONS) - {"act", "activation", "diag"}
"""What is one certain function by its name, even where gradcheck has no rule for it."""


ALL_ZERO = "both sides are 0 at every point that was found, so that no number tells them apart"
"""Why sides that the algebra finds different are not called wrong."""


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict and the evidence for it."""

    claim: Claim
    verdict: Verdict
    left_out: Constant | None = None  # None: no constant is left out
    sum_left_out: bool = False
    reason: str = ""
    decision: Decision | None = None
    witness: Witness | None = None
    contradiction: str = ""  # set where the sources of evidence contradict each other


@dataclass
class Judge:
    """Judges the claims of one setup; keeps one algebra and one evaluator a form."""

    forms: Forms
    keys: dict[str, str]  # role → key of the parameter
    seed: int = 0
    shows: bool = True  # whether decisions hold what is to be shown of them
    _algebras: dict[int, Algebra] = field(default_factory=dict)
    _evaluators: dict[int, PreciseEvaluator] = field(default_factory=dict)
    _concrete: dict[tuple[int, str], Model] = field(default_factory=dict)
    _decisions: dict[tuple[int, Expression, Expression], Decision] = field(default_factory=dict)
    _comparisons: dict[tuple[int, Expression, Expression, Constant], Comparison] = field(
        default_factory=dict
    )

    def algebra(self, model: Model) -> Algebra:
        """The algebra of one form, built once."""
        if id(model) not in self._algebras:
            self._algebras[id(model)] = Algebra(model)
        return self._algebras[id(model)]

    def evaluator(self, model: Model) -> PreciseEvaluator:
        """The evaluator of one form, built once."""
        if id(model) not in self._evaluators:
            self._evaluators[id(model)] = PreciseEvaluator(model, self.seed)
        return self._evaluators[id(model)]

    def decide(self, model: Model, left: Expression, right: Expression) -> Decision:
        """What the algebra says of two sides; a claim and the step that makes it ask the same."""
        asked = (id(model), left, right)
        if asked not in self._decisions:
            self._decisions[asked] = self.algebra(model).decide(left, right, shown=self.shows)
        return self._decisions[asked]

    def compare(
        self, model: Model, left: Expression, right: Expression, factor: Constant
    ) -> Comparison:
        """What the evaluation at points says of ``left = factor · right``."""
        asked = (id(model), left, right, factor)
        if asked not in self._comparisons:
            self._comparisons[asked] = self.evaluator(model).compare(left, right, factor)
        return self._comparisons[asked]

    def confirm(
        self, model: Model, left: Expression, right: Expression, decision: Decision
    ) -> Comparison:
        """What the evaluation says of what the algebra decided; a difference is searched for."""
        if decision.outcome is not Outcome.DIFFERENT:
            constant = decision.outcome is Outcome.CONSTANT and decision.left_out
            return self.compare(model, left, right, constant or Constant())
        check = self.compare(model, left, right, Constant())
        if check.outcome is Check.AGREE and not check.vanishes:
            check = self.evaluator(model).compare(left, right, points=SEARCHED)
        return check

    def open_reason(
        self, left: Expression, right: Expression, model: Model, decision: Decision
    ) -> str:
        """Why sides that differ for an abstract g may be equal after all; empty if they may not.

        They may be for one g only, or with the derivative of a function that has a name and no rule
        here (``erf``), which the document writes out.
        """
        if len(model.abstract_functions) != 1:
            return ""
        (abstract,) = model.abstract_functions
        shown = FUNCTIONS[abstract].called if abstract in FUNCTIONS else abstract
        if abstract in _NAMED and not any(_holds_slope(side, abstract) for side in (left, right)):
            found = (decision.quotient, decision.difference)
            if any(_holds_slope(form, abstract) for form in found) or found == (None, None):
                return f"gradcheck knows no formula for {shown}: define it in the document"
        for known in (row.name for row in BY_OUTPUT):
            concrete = self.with_known(model, abstract, known)
            sides = (replace_function(side, abstract, known) for side in (left, right))
            outcome = self.algebra(concrete).decide(*sides, shown=False).outcome
            if outcome in (Outcome.EQUAL, Outcome.CONSTANT):
                return (
                    f"it holds only if {abstract} is the {known}, which the document does not say"
                )
        return ""

    def with_known(self, model: Model, abstract: str, known: str) -> Model:
        """The model with a known function for its abstract one, built once."""
        key = (id(model), known)
        if key not in self._concrete:
            self._concrete[key] = with_function(model, abstract, known)
        return self._concrete[key]

    def judge(self, claim: Claim) -> JudgedClaim:
        """The verdict on one claim, before the constants of the gradients are compared."""
        return attempt(
            "the verdict on a gradient",
            partial(self._judge, claim),
            partial(given_up, claim),
            claim.span,
            CLAIM,
        )

    def _judge(self, claim: Claim) -> JudgedClaim:
        if claim.expression is None:
            verdict = Verdict.UNREAD if claim.resolved else Verdict.UNDECIDED
            return JudgedClaim(claim, verdict, reason=claim.reason)
        model, sum_left_out = self.forms.for_claim(claim)
        loss = claim.loss if claim.loss in model.definitions else model.loss
        left = truth(model, self.keys[claim.parameter], loss)
        decision = self.decide(model, left, claim.expression)
        if decision.outcome is Outcome.UNDECIDED:
            return JudgedClaim(claim, Verdict.UNDECIDED, reason=decision.reason, decision=decision)
        factor = decision.left_out or Constant()
        check = self.confirm(model, left, claim.expression, decision)
        equal = decision.outcome is not Outcome.DIFFERENT
        if check.outcome is Check.UNKNOWN:
            reason = f"the algebra says {decision.outcome.value}, but no number confirms it: "
            return JudgedClaim(
                claim, Verdict.UNDECIDED, reason=reason + check.reason, decision=decision
            )
        if not equal and check.vanishes:
            return JudgedClaim(claim, Verdict.UNDECIDED, reason=ALL_ZERO, decision=decision)
        if equal != (check.outcome is Check.AGREE):
            said = "equal" if equal else "different"
            return JudgedClaim(
                claim,
                Verdict.UNDECIDED,
                reason="the sources of evidence contradict each other",
                decision=decision,
                contradiction=f"the algebra finds the sides {said}, the evaluation does not",
            )
        if not equal and (reason := self.open_reason(left, claim.expression, model, decision)):
            return JudgedClaim(claim, Verdict.UNDECIDED, reason=reason, decision=decision)
        if not equal:
            return JudgedClaim(
                claim, Verdict.WRONG, decision=decision, witness=check.witness,
                sum_left_out=sum_left_out,
            )  # fmt: skip
        constant = None if factor.is_one else factor
        verdict = Verdict.EXACT if constant is None and not sum_left_out else Verdict.CONVENTION
        return JudgedClaim(claim, verdict, constant, sum_left_out, decision=decision)


def given_up(claim: Claim, reason: str) -> JudgedClaim:
    """A claim whose evidence is lost; what was not read stays that."""
    verdict = unjudged(claim)
    unread = verdict is Verdict.UNREAD and claim.reason
    return JudgedClaim(claim, verdict, reason=claim.reason if unread else reason)


def unjudged(claim: Claim) -> Verdict:
    """What a claim is without evidence."""
    read = claim.expression is not None or not claim.resolved
    return Verdict.UNDECIDED if read else Verdict.UNREAD


def _holds_slope(form: Expression | None, function: str) -> bool:
    """Whether a derivative of the function is named in it."""
    return form is not None and any(
        isinstance(node, Apply) and node.order > 0 and node.function.key == function
        for node in walk(form)
    )
