"""The mistakes that documents share, the commonest first: what to say again in the next lecture."""

from __future__ import annotations

from gradcheck.grading import shared_mistakes
from gradcheck.rendering.terminal import wrapped
from gradcheck.rendering.wording import counted, unchecked
from gradcheck.report import Report

_SHOWN = 12


def render(report: Report) -> str:
    """Each mistake once, with how many documents hold it and where."""
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
    return "\n".join(lines) + "\n"
