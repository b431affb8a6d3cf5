"""The report in sentences: what was counted, and how it came out."""

from __future__ import annotations

from collections import Counter

from gradcheck.document import Span
from gradcheck.finding import Finding
from gradcheck.judgement import count_gradients, count_steps
from gradcheck.report import DocumentResult, ParameterResult, Report
from gradcheck.verdict import Verdict

WORDS = {
    "exact": "exact",
    "convention": "up to a convention",
    "wrong": "WRONG",
    "undecided": "not decided",
    "unread": "not read",
    "unclaimed": "not claimed",
    "unjudged": "not judged",
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
    return "; ".join(parts) + "."


def outcome(report: Report) -> str:
    """In one or two sentences: did it pass, and if not, what has to be looked at."""
    problems = _problems(report)
    status = report.exit_status
    if status == 0:
        declared = sum(
            finding.expected and finding.rule.severity == "error"
            for result in report.documents
            for finding in result.findings
        )
        if declared:
            is_are = "is" if declared == 1 else "are"
            return (
                f"PASSED: nothing unexpected ({counted(declared, 'mistake')} "
                f"{is_are} declared in the documents)."
            )
        return "PASSED: nothing wrong."
    failed = f"FAILED: {', '.join(problems)}." if problems else "FAILED."
    return failed if status == 1 else failed.replace("FAILED", "NOT CHECKED", 1)


def is_expected(result: DocumentResult, row: ParameterResult) -> bool:
    """Whether the row fails and the document declares all that is the matter with it."""
    if row.verdict not in FAILING:
        return False
    findings = [finding for claim in row.claims for finding in findings_on(result, claim.span)]
    declared = any(finding.expected for finding in findings)
    return declared and not any(finding.fails for finding in findings)


def findings_on(result: DocumentResult, span: Span) -> list[Finding]:
    """The findings that stand within a claim."""
    return [finding for finding in result.findings if span.start <= finding.span.start < span.end]


def _problems(report: Report) -> list[str]:
    """What made the run fail, gradients first, then other findings, then inputs."""
    counts: Counter[str] = Counter()
    others = 0
    for result in report.documents:
        explained: set[int] = set()
        for row in (row for setup in result.setups for row in setup.parameters):
            for claim in row.claims:
                explained.update(id(finding) for finding in findings_on(result, claim.span))
            if row.verdict in FAILING and not is_expected(result, row):
                counts[WORDS[row.verdict.value]] += 1
        others += sum(f.fails and id(f) not in explained for f in result.findings)
    parts = [f"{counted(number, 'gradient')} {word}" for word, number in counts.items()]
    if others:
        parts.append(counted(others, "other error" if parts else "error"))
    if report.strict:
        parts += _strict_problems(report)
    if report.errors:
        parts.append(f"{counted(len(report.errors), 'input')} could not be checked")
    return parts


def _strict_problems(report: Report) -> list[str]:
    rows = _rows(report)
    conventions = sum(row.verdict is Verdict.CONVENTION for row in rows)
    unclaimed = sum(row.verdict is None for row in rows)
    parts = []
    if conventions:
        parts.append(f"{counted(conventions, 'gradient')} up to a convention (strict)")
    if unclaimed:
        parts.append(f"{counted(unclaimed, 'gradient')} not claimed (strict)")
    warnings = sum(
        finding.rule.severity == "warning" and not finding.expected
        for result in report.documents
        for finding in result.findings
    )
    if warnings:
        parts.append(f"{counted(warnings, 'warning')} (strict)")
    return parts


def _rows(report: Report) -> list[ParameterResult]:
    return [
        row for result in report.documents for setup in result.setups for row in setup.parameters
    ]


def _by_verdict(total: str, counts: Counter[str]) -> str:
    parts = [f"{counts[name]} {word}" for name, word in WORDS.items() if counts[name]]
    return f"{total}: {', '.join(parts)}" if parts else total
