"""The table of one setup: a row a parameter, with its errors against the symbolic gradient."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.evidence.arrays.lifting import LiftingAmbiguous, NotEvaluated
from gradcheck.evidence.arrays.precise import Outcome as Check
from gradcheck.evidence.symbolic import Undecided
from gradcheck.explain.quotient import Diagnosis, diagnose
from gradcheck.explain.verdict_words import claim_result, status_of
from gradcheck.judge import Evidence
from gradcheck.judge import numbers as arrays
from gradcheck.judge.forms import truth
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.expression import Apply, Number, Power, walk
from gradcheck.language.finding import RULES
from gradcheck.language.model import Parameter
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.report.results import ClaimResult, ParameterResult, SetupResult
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import attempt, omitted


def setup_result(evidence: Evidence) -> SetupResult:
    """The result of one setup, for every renderer."""
    setup = evidence.setup
    return SetupResult(
        name=setup.name,
        hidden=setup.hidden,
        line=evidence.document.line_of(setup.span),
        forward=setup.forward,
        loss=setup.forward[-1] if setup.forward else "",
        parameters=tuple(_row(evidence, parameter) for parameter in setup.model.parameters),
        backprop=evidence.backprop_note,
        notes=evidence.notes,
    )


def _row(evidence: Evidence, parameter: Parameter) -> ParameterResult:
    shown = evidence.shown(parameter)
    truth = evidence.derived.get(parameter.key)
    if parameter.key in evidence.open or _is_held(evidence, shown):
        truth = None  # the 0, or what was derived without axes, says nothing
    items = evidence.of(parameter)
    results = tuple(claim_of(evidence, item, parameter) for item in items)
    row = ParameterResult(
        role=parameter.role,
        source_name=parameter.source_name,
        verdict=shown.verdict if shown is not None else None,
        status=status_of(shown, parameter.role in evidence.setup.chain_only),
        claim=results[items.index(shown)] if shown is not None else None,
        claims=results,
        derived_tex=to_tex(truth) if truth is not None else "",
        derived=to_text(truth) if truth is not None else "",
    )
    return attempt(
        "the numbers of a row",
        lambda: _with_errors(evidence, row, parameter.key, shown),
        lambda reason: replace(row, note=reason),
        shown.claim.span if shown is not None else evidence.setup.span,
    )


def _is_held(evidence: Evidence, shown: JudgedClaim | None) -> bool:
    held = evidence.setup.held
    return held is not None and shown is not None and shown.reason == held.reason


def claim_of(evidence: Evidence, item: JudgedClaim, parameter: Parameter) -> ClaimResult:
    """The result of one claim; what was derived instead only where somebody will ask."""
    derived, words = attempt(
        "what a row says of a claim",
        lambda: _instead(evidence, item, parameter),
        lambda _: ("", ""),
        item.claim.span,
    )
    return claim_result(item, evidence.document, derived, words)


def _instead(evidence: Evidence, item: JudgedClaim, parameter: Parameter) -> tuple[str, str]:
    """What was derived instead, and what the claim got wrong."""
    derived = ""
    open_ = parameter.key in evidence.open or _is_held(evidence, item)
    if item.verdict not in (Verdict.EXACT, Verdict.CONVENTION) and not open_:
        derived = derived_instead(evidence, item, parameter)
    return derived, diagnosis_of(evidence, item).words if item.verdict is Verdict.WRONG else ""


def derived_instead(evidence: Evidence, item: JudgedClaim, parameter: Parameter) -> str:
    """The true gradient on the form that the claim was judged against, in plain text."""
    if evidence.setup.model_problem is not None:
        return ""
    model, _ = evidence.forms.for_claim(item.claim)
    try:
        return to_text(evidence.judge.algebra(model).gradient(parameter.key))
    except Undecided:
        return ""


def diagnosis_of(evidence: Evidence, item: JudgedClaim) -> Diagnosis:
    """What a wrong claim got wrong; without a witness it is the constant."""
    quotient = item.decision.quotient if item.decision is not None else None
    count = evidence.setup.model.sample_count
    found = diagnose(quotient, count, constant=item.witness is None)
    if found.rule.code in ("GC103", "GC105") and _is_modulus(evidence, item):
        return Diagnosis(RULES["GC105"], "the root of a square is never negative")
    return found


@omitted("the sign of a gradient", SEARCH)
def _is_modulus(evidence: Evidence, item: JudgedClaim) -> bool | None:
    """Whether a claim with a root is the modulus of the gradient, ``sqrt(u^2)`` for u."""
    side = item.claim.expression
    roots = (node for node in walk(side) if isinstance(node, Apply)) if side is not None else ()
    if side is None or all(node.function.key != "sqrt" for node in roots):
        return False
    model, _ = evidence.forms.for_claim(item.claim)
    left = truth(model, evidence.keys[item.claim.parameter], item.claim.loss)
    one, other = (Power(u, Number(Fraction(2))) for u in (left, side))
    return evidence.judge.compare(model, one, other, Constant()).outcome is Check.AGREE


def _with_errors(
    evidence: Evidence, row: ParameterResult, key: str, shown: JudgedClaim | None
) -> ParameterResult:
    """The row with its numbers, or with the reason why it has none."""
    numbers = evidence.numbers
    if numbers.numeric is None:
        return replace(row, note=numbers.problem)
    if key in evidence.disputed:
        return replace(row, note=evidence.disputed[key])
    if key in evidence.unlifted:
        return replace(row, note=evidence.unlifted[key])
    symbolic = numbers.symbolic[key]
    numeric = arrays.difference(numbers.numeric.values[key], symbolic)
    scale = float(abs(symbolic).max()) or 1.0
    row = replace(
        row,
        numeric_error=numeric.error,
        numeric_bound=float(numbers.numeric.bounds[key].max()) / scale,
        worst_entry=numeric.entry,
    )
    if key in evidence.backprop:
        gap = arrays.difference(evidence.backprop[key], symbolic)
        row = replace(row, backprop_error=gap.error)
    if shown is None or shown.claim.expression is None:
        return row
    return _with_document(evidence, row, shown, key)


def _with_document(
    evidence: Evidence, row: ParameterResult, shown: JudgedClaim, key: str
) -> ParameterResult:
    """The row with the error of the document's own claim."""
    numbers = evidence.numbers
    try:
        array = evidence.claimed(shown, numbers)
    except LiftingAmbiguous as trouble:
        return replace(row, note=f"lifting ambiguous: {trouble}")
    except NotEvaluated as trouble:
        return replace(row, note=str(trouble))
    holds = shown.verdict in (Verdict.EXACT, Verdict.CONVENTION)
    if holds and not arrays.agrees(array, numbers, key):
        return replace(row, note="lifting ambiguous: it holds for one unit and one feature")
    gap = arrays.difference(array, numbers.symbolic[key])
    return replace(row, document_error=gap.error, worst_entry=gap.entry)
