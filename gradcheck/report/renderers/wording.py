"""The report in sentences: what was counted, and how it came out."""

from __future__ import annotations

from collections import Counter

from gradcheck.language.document import Span
from gradcheck.language.finding import Finding
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import (
    DocumentResult,
    ParameterResult,
    Report,
    code_fails,
    count_gradients,
    count_steps,
    missed,
)

WORDS = {
    "exact": "exact",
    "convention": "up to a convention",
    "wrong": "WRONG",
    "undecided": "not decided",
    "unread": "not read",
    "unclaimed": "not claimed",
    "unjudged": "not judged",
    "agrees": "agrees",
}
FAILING = (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED)


def counted(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(report: Report) -> str:
    """Documents, gradients and steps by verdict."""
    gradients: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    for result in report.documents:
        gradients.update(count_gradients(result))
        steps.update(count_steps(result))
    parts = [
        counted(len(report.documents), "document"),
        _by_verdict(counted(gradients["gradients"], "gradient"), gradients),
        _by_verdict(counted(steps["steps"], "step"), steps),
    ]
    if report.code:
        code = Counter(row.verdict.value for item in report.code for row in item.rows)
        named = f"{counted(len(report.code), 'target')} of gradient code"
        parts = parts if report.documents else []
        parts.append(f"{named}, {_by_verdict(counted(code.total(), 'parameter'), code)}")
    return "; ".join(parts) + "."


def quiet(report: Report) -> str | None:
    """How many files of folders hold no gradient, in a sentence; None if all do."""
    if not report.ordinary:
        return None
    number = len(report.ordinary)
    return f"{counted(number, 'document')} {'holds' if number == 1 else 'hold'} no gradient."


def outcome(report: Report) -> str:
    """In one or two sentences: did it pass, and if not, what has to be looked at."""
    status = report.exit_status
    if status == 0:
        return f"PASSED: {_passed(report)}{_without_gradient(report)}."
    problems = _problems(report)
    if report.interrupted:
        problems.append("interrupted")
    failed = f"FAILED: {', '.join(problems) or 'nothing was checked'}."
    return failed if status == 1 else failed.replace("FAILED", "NOT CHECKED", 1)


def _without_gradient(report: Report) -> str:
    """That only other derivatives were judged, where no document claims a gradient of a loss."""
    checked = [result for result in report.documents if result.checked]
    idle = sum(not any(row.claims for row in _rows_of(result)) for result in checked)
    if not idle:
        return ""
    if idle == len(checked):
        return "; no gradient of a loss judged"
    return f"; no gradient of a loss judged in {counted(idle, 'document')}"


def _passed(report: Report) -> str:
    """Why nothing failed: nothing is wrong, or what is was declared, ignored or not selected."""
    found = [finding for result in report.documents for finding in result.findings]
    declared = sum(f.expected and f.rule.severity == "error" for f in found)
    ignored = sum(f.ignored for f in found)
    excuses = []
    if declared:
        excuses.append(f"{counted(declared, 'mistake')} {_are(declared)} declared")
    if ignored:
        excuses.append(f"{counted(ignored, 'finding')} {_are(ignored)} ignored")
    reason = [f"{' and '.join(excuses)} in the documents"] if excuses else []
    known = sum(f.known and f.rule.severity == "error" for f in found)
    if known:
        reason.append(f"{counted(known, 'mistake')} {_are(known)} in the baseline")
    unselected = sum(
        row.verdict in FAILING and not mark_of(result, row)
        for result in report.documents
        for row in _rows_of(result)
    )
    if unselected:
        reason.append(f"{counted(unselected, 'gradient')} with findings that are not selected")
    warned = sum(
        f.rule.severity == "warning" and not (f.expected or f.known or f.ignored) for f in found
    )
    warnings = f"no errors, {counted(warned, 'warning')}" if warned else ""
    if reason:
        return f"{warnings or 'nothing unexpected'} ({'; '.join(reason)})"
    return warnings or "nothing wrong"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def example_code(report: Report) -> str | None:
    """The code of the first finding that made the run fail, to be explained."""
    failing = [f.rule for result in report.documents for f in result.findings if f.fails]
    failing += [f.rule for item in report.code for f in item.findings if f.rule.severity == "error"]
    return failing[0].code if failing else None


def mark_of(result: DocumentResult, row: ParameterResult) -> str:
    """What the author said of a row that fails: "expected", "known", "ignored", or nothing."""
    if row.verdict not in FAILING:
        return ""
    findings = [finding for claim in row.claims for finding in findings_on(result, claim.span)]
    if any(finding.fails for finding in findings):
        return ""
    marks = [finding.mark for finding in findings]
    return next((mark for mark in ("expected", "known", "ignored") if mark in marks), "")


def findings_on(result: DocumentResult, span: Span) -> list[Finding]:
    """The findings that stand within a claim."""
    return [finding for finding in result.findings if span.start <= finding.span.start < span.end]


def _problems(report: Report) -> list[str]:
    """What made the run fail, gradients first, then other findings, then inputs."""
    counts: Counter[str] = Counter()
    others = 0
    for result in report.documents:
        failing = [finding for finding in result.findings if finding.fails]
        explained: set[int] = set()
        for row in _rows_of(result):
            for claim in row.claims:
                explained.update(id(finding) for finding in findings_on(result, claim.span))
            if failing and row.verdict in FAILING and not mark_of(result, row):
                counts[WORDS[row.verdict.value]] += 1
        others += sum(f.follows_from is None and id(f) not in explained for f in failing)
    parts = [f"{counted(number, 'gradient')} {word}" for word, number in counts.items()]
    if others:
        parts.append(counted(others, "other error" if parts else "error"))
    parts += [
        f"{item.target} {WORDS[item.verdict.value] if item.verdict in FAILING else 'has an error'}"
        for item in report.code
        if code_fails(item)
    ]
    disagreeing = [
        comparison
        for result in report.documents
        for comparison in result.comparisons
        if any(row.disagrees for row in comparison.parameters)
    ]
    if disagreeing:
        parts.append(f"{counted(len(disagreeing), 'comparison')} with code at odds")
    if report.strict:
        parts += _strict_problems(report)
    if report.errors:
        parts.append(unchecked(report))
    if missed(report):
        why = "strict" if report.strict else "untrusted"
        missing = counted(len(report.not_found), "document")
        parts.append(f"gradient not found in {missing} ({why})")
    return parts


def unchecked(report: Report) -> str:
    """How many inputs failed."""
    return f"{counted(len(report.errors), 'input')} could not be checked"


def _strict_problems(report: Report) -> list[str]:
    rows = [row for result in report.documents for row in _rows_of(result)]
    conventions = sum(row.verdict is Verdict.CONVENTION for row in rows)
    unclaimed = sum(row.verdict is None for row in rows)
    parts = []
    if conventions:
        parts.append(f"{counted(conventions, 'gradient')} up to a convention (strict)")
    if unclaimed:
        parts.append(f"{counted(unclaimed, 'gradient')} not claimed (strict)")
    warnings = sum(
        finding.rule.severity == "warning" and not finding.excused
        for result in report.documents
        for finding in result.findings
    )
    if warnings:
        parts.append(f"{counted(warnings, 'warning')} (strict)")
    apart = sum(c.setup is None for result in report.documents for c in result.comparisons)
    if apart:
        parts.append(f"{counted(apart, 'document')} not compared with code (strict)")
    return parts


def _rows_of(result: DocumentResult) -> list[ParameterResult]:
    return [row for setup in result.setups for row in setup.parameters]


def _by_verdict(total: str, counts: Counter[str]) -> str:
    parts = [f"{counts[name]} {word}" for name, word in WORDS.items() if counts[name]]
    return f"{total}: {', '.join(parts)}" if parts else total
