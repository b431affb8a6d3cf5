"""The warning about what a reader of the page does not see, or sees struck out."""

from __future__ import annotations

from gradcheck.language.document import Span
from gradcheck.language.finding import RULES, Finding

_TOLD = {
    "hidden": (
        "GC020",
        "a reader of the page does not see this, so it is not judged",
        "show it, or take it out",
    ),
    "struck": (
        "GC021",
        "this is struck out, so it is not judged",
        "take it out, or the stroke away",
    ),
}


def concealed_finding(kind: str, span: Span) -> Finding:
    """The warning about a formula that is ``hidden`` or ``struck``."""
    code, message, suggestion = _TOLD[kind]
    return Finding(RULES[code], span, message, suggestion)
