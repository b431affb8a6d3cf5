"""The mistakes that documents share, the commonest first: what to say again in the next lecture."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.report.grading import Grade, grades, shared_mistakes
from gradcheck.report.renderers.terminal import wrapped
from gradcheck.report.renderers.wording import counted, unchecked
from gradcheck.report.results import Report

_SHOWN = 12


def render(report: Report) -> str:
    """Each mistake once, with how many documents hold it and where; then everybody else."""
    found = shared_mistakes(report)
    lines = [f"{counted(len(report.documents), 'document')}, {counted(len(found), 'mistake')}"]
    if report.errors:
        lines[0] += f"; {unchecked(report)}"
    for mistake in found:
        head = (
            f"{counted(mistake.documents, 'document')}: {mistake.rule.code} {mistake.rule.name}, "
            f"{mistake.about}"
        )
        places = [f"{path}:{line}" for path, line in mistake.places[:_SHOWN]]
        rest = len(mistake.places) - _SHOWN
        lines += ["", *wrapped(head, "", "  "), *wrapped(f"first: {mistake.message}", "  ")]
        lines += wrapped(", ".join(places) + (f" and {rest} more" if rest > 0 else ""), "  ")
    held = {path for mistake in found for path, _ in mistake.places}
    lines += _others([grade for grade in grades(report, report.points) if grade.path not in held])
    return "\n".join(lines) + "\n"


def _others(graded: Sequence[Grade]) -> list[str]:
    """Who made none of these mistakes, and what a person has to look at."""
    lines: list[str] = []
    fine = [grade.path for grade in graded if not grade.unsure]
    if fine:
        lines += ["", f"{counted(len(fine), 'document')} without any of them"]
        lines += wrapped(", ".join(fine), "  ")
    unsure = [grade for grade in graded if grade.unsure]
    if unsure:
        lines += ["", f"{counted(len(unsure), 'file')} to look at"]
        for grade in unsure:
            why = grade.problem or "not all of it could be read or decided"
            lines += wrapped(f"{grade.path}: {why}", "  ", "  ")
    return lines
