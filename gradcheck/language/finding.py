"""Findings: something to tell the author, at a place, of a rule."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.language.document import Span
from gradcheck.rules import RULES as RULES
from gradcheck.rules import Rule as Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell the author, at a place in the document.

    ``follows_from`` names the place of its cause ("line 11"). ``expected`` and ``ignored`` are
    the author's own words about it, in a directive; ``known`` is one of the baseline. ``derived``
    is what should stand there, ``counterexample`` a point at which it fails, in words, and
    ``numpy`` the same as code to paste; a renderer shows them on lines of their own, so the message
    need not repeat them.
    """

    rule: Rule
    span: Span
    message: str
    suggestion: str | None = None
    follows_from: str | None = None
    expected: bool = False
    ignored: bool = False
    derived: str = ""
    counterexample: str = ""
    numpy: str = ""
    known: bool = False

    @property
    def fails(self) -> bool:
        """Whether it alone makes the run fail."""
        return self.rule.severity == "error" and not self.excused

    @property
    def excused(self) -> bool:
        """Whether it was declared, ignored, or is in the baseline."""
        return bool(self.mark)

    @property
    def mark(self) -> str:
        """What was said about it beforehand: "ignored", "expected", "known", or nothing."""
        if self.ignored:
            return "ignored"
        return "expected" if self.expected else "known" if self.known else ""
