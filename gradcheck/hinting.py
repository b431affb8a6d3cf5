"""Hints: where to look, without the answer.

What gives the answer away is taken out of a report: the derived gradients, suggestions,
counterexamples, and the words that name the mistake. The place, the kind of the mistake and what
follows from what stay.
"""

from __future__ import annotations

from dataclasses import replace

from gradcheck.finding import RULES, Finding
from gradcheck.report import ClaimResult, DocumentResult, ParameterResult, Report, SetupResult

_HINTS = {
    "calculus": "this does not hold; derive it again from the line before",
    "transcription": "this does not hold; compare it letter by letter with what it comes from",
    "notation": "a name or an index here does not mean what it should",
    "update": "this update does not do what it should; compare it with the others",
}
"""By class of the rule, for errors and warnings; what was not read or decided is told in full."""


def hinted(report: Report) -> Report:
    """The report with places and kinds only."""
    return replace(report, documents=tuple(_document(result) for result in report.documents))


def _document(result: DocumentResult) -> DocumentResult:
    return replace(
        result,
        setups=tuple(_setup(setup) for setup in result.setups),
        findings=tuple(_finding(finding) for finding in result.findings),
    )


def _setup(setup: SetupResult) -> SetupResult:
    return replace(setup, parameters=tuple(_row(row) for row in setup.parameters))


def _row(row: ParameterResult) -> ParameterResult:
    claims = tuple(_claim(claim) for claim in row.claims)
    shown = _claim(row.claim) if row.claim else None
    return replace(row, claims=claims, claim=shown, derived="", derived_tex="")


def _claim(claim: ClaimResult) -> ClaimResult:
    return replace(claim, derived="", quotient="", witness="")


def _finding(finding: Finding) -> Finding:
    hint = _HINTS.get(finding.rule.kind)
    bare = replace(finding, suggestion=None, derived="", counterexample="", numpy="")
    if hint is None or finding.rule.severity == "note":
        return bare
    rule = replace(RULES["GC100"], kind=finding.rule.kind, severity=finding.rule.severity)
    return replace(bare, rule=rule, message=hint)
