"""A finding for every parameter that fails, so that no format can pass over one."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.result import GradientReport
from gradcheck.language.finding import RULES
from gradcheck.language.verdict import Verdict


def with_unexplained(report: GradientReport) -> GradientReport:
    """The report with a plain finding for each failing parameter that no error names yet."""
    errors = [finding for finding in report.findings if finding.rule.severity == "error"]
    named = {finding.parameter for finding in errors}
    if None in named:  # one about the case as a whole
        return report
    failing = [row for row in report.rows if row.verdict is not Verdict.AGREES]
    added = [_finding(row) for row in failing if row.name not in named]
    return replace(report, findings=(*report.findings, *added))


def _finding(row: GradientRow) -> CodeFinding:
    if row.verdict is Verdict.UNDECIDED:
        reason = row.note.removeprefix("not decided: ") or "the numbers do not tell"
        return CodeFinding(RULES["GC502"], f"{row.name} is not decided: {reason}", row.name)
    place = f"[{', '.join(map(str, row.worst_entry))}]" if row.worst_entry else ""
    message = f"{row.name} is not the gradient of the loss"
    if row.claimed is not None and row.numeric is not None:
        values = f"the code gives {row.claimed:.6g}, the loss has the slope {row.numeric:.6g}"
        message += f": at {row.name}{place} {values}" if place else f": {values}"
    if row.wrong_entries > 1:
        message += f" ({row.wrong_entries:,} of {row.entries:,} entries are wrong)"
    return CodeFinding(RULES["GC501"], message, row.name, row.worst_entry)
