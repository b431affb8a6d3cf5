"""Gradient code for people: its table and findings, and how it compares with a document."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.code.gradient_rows import CodeFinding
from gradcheck.code.result import GradientReport
from gradcheck.report.renderers.table import COLOURS, ERROR_FLOOR, magnitude
from gradcheck.report.renderers.terminal import Palette, cell, labelled, wrapped
from gradcheck.report.results import CodeComparison

_SEVERITIES = {"error": "red", "warning": "yellow", "note": "dim"}
_WORDS = 58
_NAME = 24


def code_section(report: GradientReport, palette: Palette) -> list[str]:
    """One target: how it was checked, a row a parameter, what there is to tell."""
    from gradcheck.code.grid import grid

    lines = [palette.paint(line, "bold") for line in wrapped(report.target, "", "    ")]
    if report.method:
        lines += labelled("checked by", _method(report), palette)
    rows = [replace(row, name=cell(row.name, _NAME)) for row in report.rows]
    words = [palette.paint(r.verdict.words, COLOURS.get(r.verdict, "green")) for r in rows]
    lines += ["", *(f"  {line}".rstrip() for line in grid(rows, words).split("\n"))]
    for row in report.rows:
        if row.note:
            lines += _dim(f"{row.name}: {row.note}", palette)
    for finding in report.findings:
        lines += ["", *_finding(finding, palette)]
    for note in report.notes:
        lines += _dim(note, palette)
    return lines


def _method(report: GradientReport) -> str:
    if not report.evaluations:
        return report.method
    return f"{report.method}, {report.evaluations:,} evaluations of the loss"


def _dim(text: str, palette: Palette) -> list[str]:
    return [palette.paint(line, "dim") for line in wrapped(text, "  ")]


def _finding(finding: CodeFinding, palette: Palette) -> list[str]:
    rule = finding.rule
    head = f"{rule.severity}: {finding.message} [{rule.code} {rule.name}]"
    colour = _SEVERITIES[rule.severity]
    lines = [palette.paint(line, colour) for line in wrapped(head, "  ", "    ")]
    if finding.suggestion:
        lines += labelled("try", finding.suggestion, palette, 4)
    return lines


def comparison_section(comparison: CodeComparison, palette: Palette) -> list[str]:
    """Document, SymPy and code: a line if they were not compared, else a row a parameter."""
    if comparison.setup is None:
        return labelled("code", f"{comparison.target}, {comparison.words}", palette)
    from tabulate import tabulate

    heading = f"{comparison.target} and {comparison.setup}: {comparison.words}"
    lines = [palette.paint(line, "bold") for line in wrapped(heading, "  ", "    ")]
    rows = [
        [
            cell(row.source_name, 12),
            cell(row.code_name, 20),
            magnitude(row.document_error, ERROR_FLOOR),
            magnitude(row.code_error, ERROR_FLOOR),
            cell(row.words, _WORDS),
        ]
        for row in comparison.parameters
    ]
    headers = ("gradient", "in the code", "document", "code", "which is wrong")
    alignment = ("left", "left", "right", "right", "left")
    text = tabulate(rows, headers, disable_numparse=True, colalign=alignment if rows else None)
    return lines + [f"  {line}".rstrip() for line in text.split("\n")]
