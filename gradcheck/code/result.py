"""What a check of gradient code found: one row a parameter, findings, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.language.verdict import Verdict


@dataclass(frozen=True, slots=True)
class GradientReport:
    """The result of one check.

    ``verdict`` is WRONG if a row is, else UNDECIDED if a row is, else AGREES. ``notes`` tell how
    it was found out (precision, method, what was sampled and what would have been missed).
    """

    target: str
    verdict: Verdict
    rows: tuple[GradientRow, ...]
    findings: tuple[CodeFinding, ...] = ()
    evaluations: int = 0
    method: str = ""  # "central differences", "complex step", "incremental", "directions"
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return table(self)

    def __bool__(self) -> bool:
        """Whether the gradient agrees: an undecided one does not."""
        return self.verdict is Verdict.AGREES


def table(report: GradientReport) -> str:
    """The verdict, one row a parameter, then the findings and notes."""
    from gradcheck.code.grid import grid

    lines = [f"{report.target}: {report.verdict.words}", "", grid(report.rows)]
    lines += [f"{row.name}: {row.note}" for row in report.rows if row.note]
    for finding in report.findings:
        lines.append(f"{finding.rule.severity}: {finding.message} [{finding.rule.code}]")
        lines += [f"    try: {finding.suggestion}"] if finding.suggestion else []
    return "\n".join([*lines, *report.notes])
