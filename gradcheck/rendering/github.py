"""The report as GitHub workflow commands: ``::error file=…,line=…::message``, a line a finding.

GitHub shows only the first ten of a kind, so causes come before what follows from them.
"""

from __future__ import annotations

from gradcheck.document import Document
from gradcheck.finding import Finding
from gradcheck.rendering.wording import outcome
from gradcheck.report import Report

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_ORDER = ("error", "warning", "notice")


def render(report: Report) -> str:
    """Errors of inputs, then the findings of all documents, then a line with the outcome."""
    lines = [
        _command("error", error.path, error.line, error.column, None, None, "input", error.message)
        for error in report.errors
    ]
    findings = [
        (_level(finding), finding, result.document)
        for result in report.documents
        for finding in result.findings
        if not finding.ignored
    ]
    findings.sort(key=lambda item: (item[1].follows_from is not None, _ORDER.index(item[0])))
    lines += [_annotation(level, finding, document) for level, finding, document in findings]
    lines.append(_escape_message(outcome(report)).replace("::", ": :"))
    return "\n".join(lines) + "\n"


def _level(finding: Finding) -> str:
    return "notice" if finding.expected else _COMMANDS[finding.rule.severity]


def _annotation(level: str, finding: Finding, document: Document) -> str:
    line, column = document.position(max(finding.span.start, 0))
    end_line, end_column = document.position(max(finding.span.end, finding.span.start, 0))
    message = finding.message
    if finding.suggestion:
        message += f"; try: {finding.suggestion}"
    if finding.follows_from:
        message += f" (follows from {finding.follows_from})"
    if finding.expected:
        message += " (expected)"
    title = f"{finding.rule.code} {finding.rule.name}"
    return _command(level, document.path, line, column, end_line, end_column, title, message)


def _command(
    level: str,
    path: str,
    line: int | None,
    column: int | None,
    end_line: int | None,
    end_column: int | None,
    title: str,
    message: str,
) -> str:
    places = {"line": line, "col": column, "endLine": end_line, "endColumn": end_column}
    if end_line is not None and end_line != line:  # columns are only valid within one line
        places["col"] = places["endColumn"] = None
    properties = [f"file={_escape_property(path)}"]
    properties += [f"{name}={value}" for name, value in places.items() if value is not None]
    properties.append(f"title={_escape_property(title)}")
    return f"::{level} {','.join(properties)}::{_escape_message(message)}"


def _escape_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
