"""Hints: where to look, without the answer.

What gives the answer away is taken out of a report: the derived gradients, suggestions,
counterexamples, the size of an error (twice the gradient: a sign), the network that another was
expected to be, and the words that name the mistake. The place, the kind of the mistake and what
follows from what stay.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gradcheck.language.finding import RULES, Finding
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import (
    ClaimResult,
    CodeComparison,
    DocumentResult,
    ParameterResult,
    Report,
    SetupResult,
)
from gradcheck.run.shelf import changed

if TYPE_CHECKING:
    from gradcheck.code.gradient_rows import CodeFinding, GradientRow
    from gradcheck.code.result import GradientReport

_HINTS = {
    "calculus": "this does not hold; derive it again from the line before",
    "transcription": "this does not hold; compare it letter by letter with what it comes from",
    "notation": "a name or an index here does not mean what it should",
    "update": "this update does not do what it should; compare it with the others",
    "convention": "a constant or a sum is not what was asked for here",
}
"""By class of the rule, for errors and warnings; what was not read or decided is told in full."""
_IN_CODE = "this is not the gradient of the loss; derive it again, then compare it with the code"
_RIGHT = (Verdict.EXACT, Verdict.CONVENTION)


def hinted(report: Report) -> Report:
    """The report with places and kinds only."""
    return replace(
        report,
        documents=changed(report.documents, _document),
        code=tuple(_code(result) for result in report.code),
    )


def _document(result: DocumentResult) -> DocumentResult:
    return replace(
        result,
        setups=tuple(_setup(setup) for setup in result.setups),
        findings=tuple(_finding(finding) for finding in result.findings),
        comparisons=tuple(_comparison(item) for item in result.comparisons),
    )


def _comparison(comparison: CodeComparison) -> CodeComparison:
    rows = (replace(row, document_error=None, code_error=None) for row in comparison.parameters)
    return replace(comparison, parameters=tuple(rows))


def _setup(setup: SetupResult) -> SetupResult:
    rows = tuple(_row(row) for row in setup.parameters)
    return replace(setup, parameters=rows, backprop=setup.backprop.partition(":")[0])


def _row(row: ParameterResult) -> ParameterResult:
    claims = tuple(_claim(claim) for claim in row.claims)
    shown = _claim(row.claim) if row.claim else None
    bare = replace(row, claims=claims, claim=shown, derived="", derived_tex="")
    return bare if row.verdict in _RIGHT else replace(bare, document_error=None)


def _claim(claim: ClaimResult) -> ClaimResult:
    reason = "" if claim.verdict is Verdict.WRONG else claim.reason
    return replace(claim, derived="", quotient="", witness="", reason=reason)


def _finding(finding: Finding) -> Finding:
    hint = _HINTS.get(finding.rule.kind)
    bare = replace(finding, suggestion=None, derived="", counterexample="", numpy="")
    if hint is None or finding.rule.severity == "note":
        return bare
    rule = replace(RULES["GC100"], kind=finding.rule.kind, severity=finding.rule.severity)
    return replace(bare, rule=rule, message=hint)


def _code(report: GradientReport) -> GradientReport:
    """Of gradient code: which parameters are wrong and at which entry, not what belongs there."""
    return replace(
        report,
        rows=tuple(_row_of_code(row) for row in report.rows),
        findings=tuple(_finding_of_code(finding) for finding in report.findings),
    )


def _row_of_code(row: GradientRow) -> GradientRow:
    if row.verdict is Verdict.AGREES:
        return row
    return replace(row, numeric=None, largest_error=None, bound=None)


def _finding_of_code(finding: CodeFinding) -> CodeFinding:
    bare = replace(finding, suggestion=None)
    if finding.rule.kind not in _HINTS or finding.rule.severity == "note":
        return bare
    about = f"{finding.parameter}: " if finding.parameter else ""
    rule = replace(RULES["GC100"], kind=finding.rule.kind, severity=finding.rule.severity)
    return replace(bare, rule=rule, message=f"{about}{_IN_CODE}")
