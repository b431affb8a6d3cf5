"""One line a finding, ``path:line:column: GC101 error: message``: for editors and for grep."""

from __future__ import annotations

from gradcheck.rendering.annotation import annotated
from gradcheck.rendering.terminal import printable
from gradcheck.rendering.wording import outcome
from gradcheck.report import Report


def render(report: Report) -> str:
    """Findings in the order of their causes, then the outcome."""
    lines = [
        f"{item.path}{'' if item.line is None else f':{item.line}:{item.column}'}: "
        f"{item.rule.code} {item.severity}: {item.text}"
        for item in annotated(report)
    ]
    return "\n".join(printable(line) for line in [*lines, outcome(report)]) + "\n"
