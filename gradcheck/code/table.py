"""A check of gradient code as a table for people."""

from __future__ import annotations

from tabulate import tabulate

from gradcheck.code.result import GradientReport, GradientRow

HEADERS = ("parameter", "verdict", "largest error", "bound", "worst entry", "checked", "visible")


def table(report: GradientReport) -> str:
    """The verdict, one row a parameter, then the findings and notes."""
    lines = [f"{report.target}: {report.verdict.words}", ""]
    lines.append(tabulate([_row(row) for row in report.rows], HEADERS, disable_numparse=True))
    lines += [f"{finding.rule.code} {finding.message}" for finding in report.findings]
    return "\n".join([*lines, *report.notes])


def _row(row: GradientRow) -> tuple[str, ...]:
    entry = ", ".join(map(str, row.worst_entry)) if row.worst_entry is not None else ""
    return (
        row.name,
        row.verdict.words,
        _number(row.largest_error),
        _number(row.bound),
        f"[{entry}]" if row.worst_entry else "",
        f"{row.checked} of {row.entries}",
        _number(row.visible),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"
