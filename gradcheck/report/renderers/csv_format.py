"""Grades as CSV: a row a document, a column a gradient and a class of mistakes."""

from __future__ import annotations

import csv
import io

from gradcheck.report.grading import CLASSES, Grade, grades
from gradcheck.report.renderers.terminal import printable
from gradcheck.report.results import Report

_FORMULA = ("=", "+", "-", "@")


def render(report: Report) -> str:
    """Points, the gradients' verdicts by setup and parameter, mistakes by class, what failed."""
    graded = grades(report, report.points)
    columns = list(dict.fromkeys((g.setup, g.role) for grade in graded for g in grade.gradients))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f"{setup} {role}" for setup, role in columns]
    headers = ["document", "points", "total", "look", *names, *CLASSES, "problem"]
    for row in (headers, *(_row(grade, columns) for grade in graded)):
        writer.writerow(map(_cell, row))
    return text.getvalue()


def _row(grade: Grade, columns: list[tuple[str, str]]) -> list[str]:
    by_column = {(g.setup, g.role): g for g in grade.gradients}
    found = [by_column.get(column) for column in columns]
    return [
        grade.path,
        f"{grade.points:g}",
        f"{grade.total:g}",
        "yes" if grade.unsure else "",
        *(_status(g.status, g.follows_from) if g else "" for g in found),
        *(str(grade.mistakes[name]) for name in CLASSES),
        grade.problem,
    ]


def _status(status: str, follows_from: str | None) -> str:
    return f"{status}, follows from {follows_from}" if follows_from else status


def _cell(text: str) -> str:
    """One line that no spreadsheet takes for a formula."""
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
