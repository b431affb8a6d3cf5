"""One setup: its four parameters, each compared over all sources of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gradcheck import backprop
from gradcheck.comparison import numbers as arrays
from gradcheck.comparison.constants import compare_constants
from gradcheck.comparison.forms import Forms
from gradcheck.comparison.numbers import Array, Backward, Numbers
from gradcheck.comparison.verdicts import Judge, JudgedClaim
from gradcheck.comparison.words import claim_result, status_of
from gradcheck.diagnosis import Diagnosis, diagnose
from gradcheck.document import Document, Span
from gradcheck.evaluation.lifting import LiftingAmbiguous, NotEvaluated
from gradcheck.evaluation.point import Sizes
from gradcheck.expression import Expression, Number
from gradcheck.finding import RULES, Finding
from gradcheck.model import Claim, Parameter, Setup
from gradcheck.notation import to_tex, to_text
from gradcheck.report import ClaimResult, ParameterResult, SetupResult
from gradcheck.symbolic import NetworkMatch, Undecided, network_scale
from gradcheck.verdict import SEVERITY_ORDER, Constant, Verdict


@dataclass(frozen=True)
class Options:
    """How the numbers are made. ``backward`` is the backprop code that is compared."""

    seed: int = 0
    sizes: Sizes = field(default_factory=Sizes)
    backward: Backward = backprop.backward


def compare_setup(
    setup: Setup, document: Document, options: Options
) -> tuple[SetupResult, tuple[Finding, ...]]:
    """Judge all claims of a setup, compute its numbers, and say what was found."""
    work = _Work(setup, document, options)
    rows = tuple(work.row(parameter) for parameter in setup.model.parameters)
    result = SetupResult(
        name=setup.name,
        hidden=setup.hidden,
        line=document.line_of(setup.span),
        forward=setup.forward,
        loss=setup.forward[-1] if setup.forward else "",
        parameters=rows,
        backprop=work.backprop_note,
        notes=work.notes,
    )
    return result, tuple(work.findings())


class _Work:
    """The evidence of one setup, each piece computed once."""

    def __init__(self, setup: Setup, document: Document, options: Options) -> None:
        self.setup = setup
        self.document = document
        self.options = options
        self.forms = Forms(setup.model)
        self.keys = {parameter.role: parameter.key for parameter in setup.model.parameters}
        self.judge = Judge(self.forms, self.keys, options.seed)
        self.contradictions: list[tuple[Span, str]] = []

    @cached_property
    def judged(self) -> tuple[JudgedClaim, ...]:
        """Every claim with its verdict: algebra, witness, then the numbers, then the constants."""
        if self.setup.model_problem is not None:
            reason = self.setup.model_problem
            return tuple(
                JudgedClaim(claim, _unjudged(claim), reason=claim.reason or reason)
                for claim in self.setup.claims
            )
        judged = [self._with_numbers(self.judge.judge(claim)) for claim in self.setup.claims]
        return tuple(compare_constants(judged))

    @cached_property
    def derived(self) -> dict[str, Expression]:
        """The true gradients of the totalled loss, by parameter key; none if it is not decided."""
        if self.setup.model_problem is not None:
            return {}
        algebra = self.judge.algebra(self.forms.total)
        found = {}
        for parameter in self.setup.model.parameters:
            try:
                found[parameter.key] = algebra.gradient(parameter.key)
            except Undecided:
                continue
        return found

    @cached_property
    def numbers(self) -> Numbers:
        return self._compute(flat=False)

    @cached_property
    def flat(self) -> Numbers:
        """The same with one feature and one hidden unit, where no index can be mistaken."""
        return self._compute(flat=True)

    def _compute(self, flat: bool) -> Numbers:
        if self.setup.model_problem is not None:
            return Numbers(problem=self.setup.model_problem)
        return arrays.compute(
            self.forms.total, self.derived, self.options.sizes, self.options.seed, flat
        )

    def _with_numbers(self, item: JudgedClaim) -> JudgedClaim:
        """What the algebra found equal must also lie within the bound of the finite differences."""
        if item.verdict not in (Verdict.EXACT, Verdict.CONVENTION):
            return item
        key = self.keys[item.claim.parameter]
        if self._confirmed(item, self.numbers, key) or self._confirmed(item, self.flat, key):
            return item
        if self.flat.numeric is None:
            reason = f"no numbers confirm it: {self.flat.problem}"
            return replace(item, verdict=Verdict.UNDECIDED, reason=reason)
        return replace(
            item,
            verdict=Verdict.UNDECIDED,
            reason="the sources of evidence contradict each other",
            contradiction="the algebra finds the sides equal, the finite differences do not",
        )

    def _confirmed(self, item: JudgedClaim, numbers: Numbers, key: str) -> bool:
        if numbers.numeric is None or item.claim.expression is None:
            return False
        try:
            array = arrays.completed(
                self.forms.total, numbers, item.claim.expression, key, self._factor(item)
            )
        except NotEvaluated:
            return False
        return arrays.agrees(array, numbers, key)

    def _factor(self, item: JudgedClaim) -> Constant | None:
        """What completes a claim to the setup's loss: more than it left out of its own."""
        if not item.claim.loss or item.claim.loss == self.setup.model.loss:
            return item.left_out
        own = replace(item.claim, loss="")
        judged = self.judge.judge(own)
        return judged.left_out

    @cached_property
    def match(self) -> NetworkMatch | str:
        """The built-in network, if the document's prediction and loss are it; else why not."""
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
        if isinstance(self.match, str) or self.numbers.numeric is None:
            return {}
        return dict(
            arrays.run_backprop(self.forms.total, self.numbers, self.match, self.options.backward)
        )

    @property
    def backprop_note(self) -> str:
        if isinstance(self.match, str):
            return f"another network: {self.match}"
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

    def row(self, parameter: Parameter) -> ParameterResult:
        """One row of the table."""
        shown = self.shown(parameter)
        truth = self.derived.get(parameter.key)
        results = tuple(self._result(item, parameter) for item in self.of(parameter))
        shown_result = None
        if shown is not None:
            shown_result = results[self.of(parameter).index(shown)]
        row = ParameterResult(
            role=parameter.role,
            source_name=parameter.source_name,
            verdict=shown.verdict if shown is not None else None,
            status=status_of(shown, parameter.role in self.setup.chain_only),
            claim=shown_result,
            claims=results,
            derived_tex=to_tex(truth, self._display) if truth is not None else "",
            derived=to_text(truth, self._display) if truth is not None else "",
        )
        return self._with_errors(row, parameter, shown)

    @cached_property
    def _display(self) -> None:
        return None

    def _result(self, item: JudgedClaim, parameter: Parameter) -> ClaimResult:
        derived = ""
        shown = item.verdict not in (Verdict.EXACT, Verdict.CONVENTION)  # else nobody asks
        if shown and self.setup.model_problem is None:
            model, _ = self.forms.for_claim(item.claim)
            try:
                derived = to_text(self.judge.algebra(model).gradient(parameter.key))
            except Undecided:
                derived = ""
        return claim_result(item, self.document, derived, self._words(item))

    def _words(self, item: JudgedClaim) -> str:
        if item.verdict is not Verdict.WRONG:
            return ""
        return self._diagnosis(item).words

    def _diagnosis(self, item: JudgedClaim) -> Diagnosis:
        constant = item.witness is None
        quotient = item.decision.quotient if item.decision is not None else None
        return diagnose(quotient, self.setup.model.sample_count, constant)

    def _with_errors(
        self, row: ParameterResult, parameter: Parameter, shown: JudgedClaim | None
    ) -> ParameterResult:
        numbers, key = self.numbers, parameter.key
        if numbers.numeric is None:
            return replace(row, note=numbers.problem)
        if key not in numbers.symbolic:
            return replace(row, note=numbers.notes.get(key, "the gradient was not derived"))
        symbolic = numbers.symbolic[key]
        if not arrays.agrees(symbolic, numbers, key):
            return self._unlifted(row, parameter)
        numeric = arrays.difference(numbers.numeric.values[key], symbolic)
        scale = float(abs(symbolic).max()) or 1.0
        row = replace(
            row,
            numeric_error=numeric.error,
            numeric_bound=float(numbers.numeric.bounds[key].max()) / scale,
            worst_entry=numeric.entry,
        )
        if key in self.backprop:
            gap = arrays.difference(self.backprop[key], symbolic)
            row = replace(row, backprop_error=gap.error)
            if not arrays.agrees(self.backprop[key], numbers, key):
                self.contradictions.append(
                    (self.setup.span, f"backprop differs from the derived gradient of {key}")
                )
        if shown is None or shown.claim.expression is None:
            return row
        return self._with_document(row, shown, key)

    def _with_document(self, row: ParameterResult, shown: JudgedClaim, key: str) -> ParameterResult:
        assert shown.claim.expression is not None
        try:
            array = arrays.completed(
                self.forms.total, self.numbers, shown.claim.expression, key, self._factor(shown)
            )
        except LiftingAmbiguous as trouble:
            return replace(row, note=f"lifting ambiguous: {trouble}")
        except NotEvaluated as trouble:
            return replace(row, note=str(trouble))
        holds = shown.verdict in (Verdict.EXACT, Verdict.CONVENTION)
        if holds and not arrays.agrees(array, self.numbers, key):
            return replace(row, note="lifting ambiguous: it holds for one unit and one feature")
        if shown.witness is None and shown.verdict is Verdict.WRONG:  # a wrong constant
            factor = self._factor(shown) or Constant()
            array = array / factor.value(self.options.sizes.samples)
        gap = arrays.difference(array, self.numbers.symbolic[key])
        return replace(row, document_error=gap.error, worst_entry=gap.entry)

    def _unlifted(self, row: ParameterResult, parameter: Parameter) -> ParameterResult:
        """The derived gradient does not agree with the numeric one: by its indices, or really?"""
        flat, key = self.flat, parameter.key
        if key in flat.symbolic and arrays.agrees(flat.symbolic[key], flat, key):
            return replace(row, note="lifting ambiguous: the indices would be a guess")
        message = f"the symbolic and the numeric gradient of {parameter.source_name} differ"
        self.contradictions.append((self.setup.span, message))
        undecided = Verdict.UNDECIDED if row.verdict is not None else None
        status = undecided.words if undecided is not None else row.status
        return replace(row, verdict=undecided, status=status, note=message)

    def findings(self) -> list[Finding]:
        """What is to be told about this setup, in document order."""
        found = [*self._claim_findings(), *self._convention_findings()]
        found += [Finding(RULES["GC190"], span, message) for span, message in self.contradictions]
        for item in self.judged:
            if item.contradiction:
                found.append(Finding(RULES["GC190"], item.claim.span, item.contradiction))
        return found

    def _claim_findings(self) -> list[Finding]:
        found = []
        if self.setup.model_problem is not None:
            message = f"nothing can be judged here: {self.setup.model_problem}"
            return [Finding(RULES["GC005"], self.setup.span, message)]
        for parameter in self.setup.model.parameters:
            items, shown = self.of(parameter), self.shown(parameter)
            reported: set[int] = set()
            for item in items:
                if item.verdict is Verdict.WRONG and item.claim.statement not in reported:
                    reported.add(item.claim.statement)
                    found.append(self._wrong(item, parameter))
                elif item.verdict is Verdict.UNDECIDED and item.claim.statement not in reported:
                    reported.add(item.claim.statement)
                    message = f"∂loss/∂{_plain(parameter)} is not decided: {item.reason}"
                    found.append(Finding(RULES["GC005"], item.claim.span, message))
            if shown is not None and shown.verdict is Verdict.UNREAD:
                message = f"the gradient by {_plain(parameter)} is not read: {shown.reason}"
                found.append(Finding(RULES["GC002"], shown.claim.span, message))
            found.extend(self._not_in_forward(parameter, items))
        return found

    def _not_in_forward(self, parameter: Parameter, items: Sequence[JudgedClaim]) -> list[Finding]:
        truth = self.derived.get(parameter.key)
        if not items or not (isinstance(truth, Number) and truth.value == 0):
            return []
        name = _plain(parameter)
        message = f"{name} never appears in the forward equations, so its gradient is 0"
        return [Finding(RULES["GC301"], items[0].claim.span, message)]

    def _wrong(self, item: JudgedClaim, parameter: Parameter) -> Finding:
        diagnosis = self._diagnosis(item)
        result = self._result(item, parameter)
        words = f": {diagnosis.words}" if diagnosis.words else ""
        message = f"this is not the gradient by {_plain(parameter)}{words}"
        if item.witness is None:
            message = item.reason
        elif result.derived:
            message += f"; derived instead: {result.derived}"
        return Finding(diagnosis.rule, item.claim.span, message)

    def _convention_findings(self) -> list[Finding]:
        held = [item for item in self.judged if item.verdict is Verdict.CONVENTION]
        found = []
        constants = [item for item in held if item.left_out is not None]
        if constants:
            first = constants[0]
            message = f"{first.left_out} is left out of all gradients alike"
            message += ": it only rescales the learning rate"
            message += self._foreign(first)
            found.append(Finding(RULES["GC201"], first.claim.span, message))
        sums = [item for item in held if item.sum_left_out]
        if sums:
            message = "the sum over the samples is left out: the line is one sample's gradient"
            found.append(Finding(RULES["GC202"], sums[0].claim.span, message))
        return found

    def _foreign(self, item: JudgedClaim) -> str:
        """A constant that does not come from the loss is worth a word."""
        if isinstance(self.match, str) or item.left_out is None:
            return ""
        own = {self.match.scale.rational * factor for factor in (1, 2)} | {1, 2}
        if item.left_out.rational in own and item.left_out.power in (0, self.match.scale.power):
            return ""
        return ", though this constant does not come from the loss"


def _unjudged(claim: Claim) -> Verdict:
    read = claim.expression is not None or not claim.resolved
    return Verdict.UNDECIDED if read else Verdict.UNREAD


def _plain(parameter: Parameter) -> str:
    return parameter.key
