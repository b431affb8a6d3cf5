"""The report in sentences: what was counted, and how it came out."""

from __future__ import annotations

from collections import Counter

from gradcheck.document import Span
from gradcheck.finding import Finding
from gradcheck.report import DocumentResult, ParameterResult, Report
from gradcheck.verdict import Verdict

VERDICT_WORDS = {
    Verdict.EXACT: "exact",
    Verdict.CONVENTION: "up to a convention",
    Verdict.WRONG: "WRONG",
    Verdict.UNDECIDED: "not decided",
    Verdict.UNREAD: "not read",
}


def counted(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(report: Report) -> str:
    """Documents, gradients and steps by verdict."""
    rows = _rows(report)
    gradients = Counter(VERDICT_WORDS[row.verdict] if row.verdict else row.status for row in rows)
    steps = Counter(
        VERDICT_WORDS[step.verdict] if step.verdict else "not judged"
        for result in report.documents
        for step in result.steps
    )
    parts = [counted(len(report.documents), "document")]
    parts.append(_by_verdict(counted(len(rows), "gradient"), gradients))
    parts.append(_by_verdict(counted(steps.total(), "step"), steps))
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
    """Whether the document declares what is the matter with this row."""
    return row.claim is not None and any(
        finding.expected for finding in findings_on(result, row.claim.span)
    )


def findings_on(result: DocumentResult, span: Span) -> list[Finding]:
    """The findings that stand within a claim."""
    return [finding for finding in result.findings if span.start <= finding.span.start < span.end]


def _problems(report: Report) -> list[str]:
    """What made the run fail, gradients first, then other findings, then inputs."""
    counts: Counter[str] = Counter()
    explained: set[int] = set()
    for result in report.documents:
        for setup in result.setups:
            for row in setup.parameters:
                if row.claim is not None:
                    on_row = findings_on(result, row.claim.span)
                    explained.update(id(finding) for finding in on_row)
                if _fails(row) and not is_expected(result, row):
                    assert row.verdict is not None
                    counts[VERDICT_WORDS[row.verdict]] += 1
    parts = [f"{counted(counts[word], 'gradient')} {word}" for word in _FAILING if counts[word]]
    others = sum(
        finding.fails and id(finding) not in explained
        for result in report.documents
        for finding in result.findings
    )
    if others:
        parts.append(counted(others, "other error" if parts else "error"))
    if report.strict:
        parts += _strict_problems(report)
    if report.errors:
        parts.append(f"{counted(len(report.errors), 'input')} could not be checked")
    return parts


_FAILING = ("WRONG", "not read", "not decided")


def _strict_problems(report: Report) -> list[str]:
    rows = _rows(report)
    conventions = sum(row.verdict is Verdict.CONVENTION for row in rows)
    unclaimed = sum(row.verdict is None for row in rows)
    parts = []
    if conventions:
        parts.append(f"{counted(conventions, 'gradient')} up to a convention (strict)")
    if unclaimed:
        parts.append(f"{counted(unclaimed, 'gradient')} not claimed (strict)")
    return parts


def _fails(row: ParameterResult) -> bool:
    return row.verdict in (Verdict.WRONG, Verdict.UNREAD, Verdict.UNDECIDED)


def _rows(report: Report) -> list[ParameterResult]:
    return [
        row for result in report.documents for setup in result.setups for row in setup.parameters
    ]


def _by_verdict(total: str, counts: Counter[str]) -> str:
    order = list(VERDICT_WORDS.values())
    others = sorted(word for word in counts if word not in order)
    parts = [f"{counts[word]} {word}" for word in (*order, *others) if counts[word]]
    return f"{total}: {', '.join(parts)}" if parts else total
