"""Grades as Gradescope's ``results.json``: a test a gradient, with its points and its findings.

Its documentation: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
from typing import Any

from gradcheck.report.grading import Grade, GradientGrade, grades
from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.terminal import printable
from gradcheck.report.renderers.wording import outcome
from gradcheck.report.results import Report


def render(report: Report) -> str:
    """The format of Gradescope's autograder documentation; points of several documents add up."""
    found = annotated(report)
    graded = grades(report, report.points)
    several = len(graded) > 1
    tests = [
        _test(grade, gradient, found, several) for grade in graded for gradient in grade.gradients
    ]
    tests += [
        {
            "name": f"{grade.path}: not graded",
            "score": 0.0,
            "max_score": grade.total,
            "status": "failed",
            "output": printable(grade.problem),
        }
        for grade in graded
        if grade.problem
    ]
    made = {
        "score": _rounded(sum(grade.points for grade in graded)),
        "output": printable(outcome(report)),
        "output_format": "text",
        "visibility": "visible",
        "tests": tests,
        "extra_data": {"look": [grade.path for grade in graded if grade.unsure]},
    }
    return json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _test(
    grade: Grade, gradient: GradientGrade, found: list[Annotation], several: bool
) -> dict[str, Any]:
    own = [
        f"{item.place}: {item.text}" if item.place else item.text
        for item in found
        if _about(item, grade, gradient)
    ]
    place = f"{grade.path}: " if several else ""
    unsure = ["A person has to look at this one."] if gradient.unsure else []
    return {
        "name": f"{place}gradient by {gradient.source_name} ({gradient.setup})",
        "score": _rounded(gradient.points),
        "max_score": _rounded(gradient.worth),
        "status": "passed" if gradient.share == 1.0 and not gradient.wrong else "failed",
        "output": "\n".join(map(printable, [gradient.status, *own, *unsure])),
    }


def _about(item: Annotation, grade: Grade, gradient: GradientGrade) -> bool:
    """Whether a finding is shown with a gradient: it stands on the line of its claim."""
    if item.target:
        return item.target == grade.path and item.parameter in (gradient.role, None)
    return item.path == grade.path and item.place == gradient.place != ""


def _rounded(points: float) -> float:
    return round(points, 4)
