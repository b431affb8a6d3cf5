"""Every finding of a report in one list, with its place: what the flat formats have in common.

Causes come before what follows from them, errors before warnings before notes, else in the order
of the inputs: readers that show only the first few show the right ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.code.target import file_of
from gradcheck.language.finding import Finding, Rule
from gradcheck.report.baseline import fingerprints
from gradcheck.report.results import DocumentResult, Report

_SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A finding at its place; lines and columns are None where it has none (gradient code).

    ``fingerprint`` names it by the equation's text, not by its line.
    """

    path: str
    rule: Rule
    message: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None  # of a notebook; its lines are not those of the file
    place: str = ""  # "line 11", "cell 3, line 5"
    offset: int = -1
    suggestion: str | None = None
    follows_from: str | None = None
    mark: str = ""  # "expected", "ignored", "known", or nothing
    source: str = ""  # what stands there
    fingerprint: str = ""
    target: str = ""  # of gradient code; ``path`` is then its file
    parameter: str | None = None  # of gradient code

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``note``; what was declared or is known is only a note."""
        return "note" if self.mark else self.rule.severity

    @property
    def text(self) -> str:
        """The message with its suggestion and its cause, in one line."""
        text = f"{self.target}: {self.message}" if self.target else self.message
        if self.suggestion:
            text += f"; try: {self.suggestion}"
        if self.follows_from:
            text += f" (follows from {self.follows_from})"
        return text + (f" ({self.mark})" if self.mark else "")


def annotated(report: Report) -> list[Annotation]:
    """All findings that are not ignored, first causes first."""
    found = [item for result in report.documents for item in _of_document(result)]
    found += [
        Annotation(
            file_of(result.target),
            finding.rule,
            finding.message,
            suggestion=finding.suggestion,
            source=finding.parameter or "",
            target=result.target,
            parameter=finding.parameter,
            fingerprint=f"{result.target}:{finding.rule.code}:{finding.parameter or ''}",
        )
        for result in report.code
        for finding in result.findings
    ]
    shown = [item for item in found if item.mark != "ignored"]
    return sorted(shown, key=lambda a: (a.follows_from is not None, _SEVERITIES.index(a.severity)))


def _of_document(result: DocumentResult) -> list[Annotation]:
    keys = fingerprints(result)
    return [_annotation(result, f, key) for f, key in zip(result.findings, keys, strict=True)]


def _annotation(result: DocumentResult, finding: Finding, fingerprint: str) -> Annotation:
    document = result.document
    start, column = document.position(max(finding.span.start, 0))
    end, end_column = document.position(max(finding.span.end, finding.span.start, 0))
    cell, line = document.within(start)
    return Annotation(
        path=document.file_of(start),
        rule=finding.rule,
        message=finding.message,
        line=line,
        column=column,
        end_line=max(line, document.within(end)[1]),
        end_column=end_column,
        cell=cell,
        place=document.place(start),
        offset=max(finding.span.start, 0),
        suggestion=finding.suggestion,
        follows_from=finding.follows_from,
        mark=finding.mark,
        source=document.source(finding.span),
        fingerprint=fingerprint,
    )
