"""One line a finding, ``path:line:column: GC101 error: message``: for editors and for grep."""

from __future__ import annotations

from gradcheck.rendering.annotation import Annotation, annotated
from gradcheck.rendering.terminal import printable
from gradcheck.rendering.wording import outcome
from gradcheck.report import Report


def render(report: Report) -> str:
    """Findings in the order of their causes, then the outcome."""
    lines = [
        f"{item.path}{_place(item)}: {item.rule.code} {item.severity}: {item.text}"
        for item in annotated(report)
    ]
    return "\n".join(printable(line) for line in [*lines, outcome(report)]) + "\n"


def _place(item: Annotation) -> str:
    if item.line is None:
        return ""
    cell = "" if item.cell is None else f":cell {item.cell}"
    return f"{cell}:{item.line}:{item.column}"
