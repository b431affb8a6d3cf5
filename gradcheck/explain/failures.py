"""Parts of the verification that failed, or were given up: told once each, at their first place."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language.document import NOWHERE, Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.run.parts import Failure

MAX_LINES = 8
"""Further lines that are named."""


def failed_parts(document: Document, failures: Sequence[Failure]) -> list[Finding]:
    """A finding for every part and reason, with the lines at which it came up again."""
    places: dict[tuple[str, str, bool], dict[Span, None]] = {}
    for failure in failures:
        key = failure.part, failure.reason, failure.internal
        places.setdefault(key, {})[failure.span] = None
    found = []
    for (part, reason, internal), spans in places.items():
        known = [span for span in spans if span != NOWHERE]
        first = known[0] if known else Span(document.body_start, document.body_start)
        words = f"{part}: {reason}" + _elsewhere(document, first, known[1:])
        rule = RULES["GC191"] if internal else RULES["GC009"]
        found.append(Finding(rule, first, words if internal else f"left out: {words}"))
    return found


def _elsewhere(document: Document, first: Span, others: Sequence[Span]) -> str:
    lines = sorted({document.line_of(span) for span in others} - {document.line_of(first)})
    if not lines:
        return ""
    more = f" and {len(lines) - MAX_LINES} more" if len(lines) > MAX_LINES else ""
    return f"; also {document.places(lines[:MAX_LINES])}{more}"
