"""The formulas of a document as they stand in it, and what every scan for them keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read import limits
from gradcheck.read.cursor import Scan
from gradcheck.read.macros import Macros


@dataclass(frozen=True, slots=True)
class Block:
    """A formula: the span of what stands between its delimiters, and the span with them."""

    content: Span
    outer: Span
    display: bool
    plain: frozenset[str] | None = None  # the names of plain text, if it is typed as that
    problem: str = ""  # why it is not to be tried
    quoted: bool = False  # in a block quote: a ``>`` that begins a line is not a relation
    unseen: tuple[Span, ...] = ()  # parts that are written in the colour of the paper
    macros: Macros | None = field(default=None, compare=False)  # that the document defines


@dataclass(frozen=True, slots=True)
class Blocks:
    formulas: tuple[Block, ...]
    prose: tuple[Span, ...]
    findings: tuple[Finding, ...]
    comments: tuple[Span, ...] = ()  # of HTML; one that nothing closes goes to the end
    rst: tuple[Span, ...] = ()  # what is reStructuredText in another format


def too_many_formulas(span: Span) -> Finding:
    message = f"more than {limits.FORMULAS:,} formulas: the rest was not read"
    return Finding(RULES["GC004"], span, message)


_ESCAPES = 50
"""Backslashes before a sign that are counted."""


def is_escaped(text: str, at: int) -> bool:
    """Whether an odd number of backslashes stands before ``at``."""
    before = text[max(0, at - _ESCAPES) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


class Scanner(Scan):
    """What every scan of a text for formulas keeps: what was found, and how far it came."""

    def __init__(self, document: Document, start: int, stop: int) -> None:
        super().__init__(document.text, start)
        self.document = document
        self.prose_from = start
        self.stop = stop
        self.formulas: list[Block] = []
        self.prose: list[Span] = []
        self.findings: list[Finding] = []
        self._found: dict[str, int] = {}
        self._full = False

    def _is_quoted(self, outer: Span) -> bool:
        """Whether a formula stands in a block quote, where the format has such."""
        return False

    def _find(self, needle: str, at: int) -> int:
        """Like ``text.find``, but all calls together take linear time: hits are remembered."""
        known = self._found.get(needle)
        if known is None or 0 <= known < at:
            known = self.text.find(needle, at)
            self._found[needle] = known
        return known

    def _formula(self, content: Span, outer: Span, display: bool) -> None:
        if self._too_many(outer):
            return
        if self.document.source(content).strip():
            quoted = self._is_quoted(outer)
            self.formulas.append(Block(content, outer, display, quoted=quoted))
        self._hide(outer.start, outer.end)

    def _hide(self, start: int, end: int) -> None:
        self._prose_until(start)
        self.prose_from = self.at = min(end, self.stop)

    def _prose_until(self, end: int) -> None:
        if end > self.prose_from:
            self.prose.append(Span(self.prose_from, end))

    def _unclosed(self, span: Span, what: str) -> None:
        if not self._too_many(span):
            message = f"{what} is opened here and never closed; what follows it was not read"
            self.findings.append(Finding(RULES["GC003"], span, message))

    def _too_many(self, span: Span) -> bool:
        if len(self.formulas) + len(self.findings) < limits.FORMULAS:
            return False
        if not self._full:
            self.findings.append(too_many_formulas(span))
            self._full = True
        return True
