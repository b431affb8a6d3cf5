"""The outcome of a run: its exit status, and the counts that every renderer shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gradcheck.report import DocumentResult, ParameterResult, Report
from gradcheck.verdict import Verdict

if TYPE_CHECKING:
    from gradcheck.code.result import GradientReport


def exit_status(report: Report) -> int:
    """0, 1 or 2 (design.md, "Exit status").

    1: an unexpected `wrong`, error-level finding, or gradient `unread` or `undecided`; else 2: a
    named input could not be read or held nothing to check, a folder's file speaks of gradients and
    yields none (``strict``, or not ``trusted``), or nothing at all was checked; else 0.
    Each of the failing verdicts has an error-level finding, so the findings decide; gradient code
    fails by its verdict too, whatever findings were selected. With
    ``strict``, conventions, unread side remarks and gradients not claimed fail too.
    """
    if any(_fails(document) for document in report.documents) or any(map(code_fails, report.code)):
        return 1
    if report.strict and any(_lax(document) for document in report.documents):
        return 1
    failed = report.errors or missed(report) or not is_anything_checked(report)
    return 2 if failed else 0


def is_anything_checked(report: Report) -> bool:
    """Whether any gradient or other claim was judged: a run without one is no pass."""
    return bool(report.code) or any(document.checked for document in report.documents)


def missed(report: Report) -> bool:
    """Whether gradients that were not found fail the run."""
    return bool(report.not_found) and (report.strict or not report.trusted)


UNREADABLE = ("GC003", "GC004")
"""A document that is broken or too large: where nothing could be checked, status 2 says so."""


def _fails(document: DocumentResult) -> bool:
    """Whether an unexpected error was found; of a document with nothing to check only real ones."""
    if any(row.disagrees for item in document.comparisons for row in item.parameters):
        return True
    return any(
        finding.fails and (document.checked > 0 or finding.rule.code not in UNREADABLE)
        for finding in document.findings
    )


def _lax(document: DocumentResult) -> bool:
    """Whether a document holds what only ``--strict`` objects to."""
    rows = [row for setup in document.setups for row in setup.parameters]
    unexpected = [f for f in document.findings if not f.excused]
    return (
        any(finding.rule.severity == "warning" for finding in unexpected)
        or any(claim.verdict is Verdict.CONVENTION for row in rows for claim in row.claims)
        or any(row.verdict is None for row in rows)
        or any(comparison.setup is None for comparison in document.comparisons)
    )


def code_fails(code: GradientReport) -> bool:
    """Whether gradient code is wrong or not decided, or has another error to be told."""
    error = any(finding.rule.severity == "error" for finding in code.findings)
    return error or code.verdict is not Verdict.AGREES


def count_steps(document: DocumentResult) -> dict[str, int]:
    """Steps by verdict; ``steps`` is the sum of the other counts."""
    counts = Counter(
        step.verdict.value if step.verdict is not None else "unjudged" for step in document.steps
    )
    names = ("exact", "convention", "wrong", "undecided", "unread", "unjudged")
    return {"steps": len(document.steps), **{name: counts[name] for name in names}}


def count_gradients(document: DocumentResult) -> dict[str, int]:
    """Parameters by verdict; ``unclaimed`` are those never claimed or in chain-rule form only."""
    rows: list[ParameterResult] = [row for s in document.setups for row in s.parameters]
    counts = Counter(row.verdict.value if row.verdict is not None else "unclaimed" for row in rows)
    names = ("exact", "convention", "wrong", "undecided", "unread", "unclaimed")
    return {"gradients": len(rows), **{name: counts[name] for name in names}}
