"""What is said of the lines of a page: the worst verdict of its steps and rows on each."""

from __future__ import annotations

from gradcheck.language.document import Document
from gradcheck.report.results import DocumentResult

_WORST = ("contradiction", "wrong", "unread", "undecided", "convention", "exact")


def result_of(text: str) -> DocumentResult:
    """The result of a page."""
    from gradcheck.judge import Options
    from gradcheck.verification import Choices, verify_document

    return verify_document(Document("page.md", text, {}), Choices(Options()))


def verdicts(text: str) -> dict[int, str]:
    """By line: the worst verdict there, or that sources contradict each other; lines on which nothing is judged are left out."""
    result = result_of(text)
    found: dict[int, set[str]] = {}
    for step in result.steps:
        if step.verdict is not None:
            found.setdefault(step.line, set()).add(step.verdict.value)
    for setup in result.setups:
        for claim in (c for row in setup.parameters for c in row.claims):
            if claim.verdict is not None:
                found.setdefault(claim.line, set()).add(claim.verdict.value)
    for finding in result.findings:
        if finding.rule.code == "GC190":
            found.setdefault(finding.line, set()).add("contradiction")
    return {line: min(said, key=_WORST.index) for line, said in sorted(found.items())}
