"""What a scan of Markdown keeps of the page: its blocks, the HTML elements that are open, and what
a reader does not see, or sees struck out. Neither is read; a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from gradcheck.language.document import Document, Span
from gradcheck.read.blocks import Scanner
from gradcheck.read.concealment import concealed_finding
from gradcheck.read.cursor import taken_off
from gradcheck.read.html_elements import RAW, SILENT, Elements, tag_at
from gradcheck.read.markdown_layout import Layout, Leaf

T = TypeVar("T")

FORMULA = re.compile(r"\$|\\\(|\\\[|\\begin")
_ANSWER = re.compile(rf"{FORMULA.pattern}|[∂∇]")


class PageScanner(Scanner):
    """Goes through the leaves of a Markdown document."""

    def __init__(self, document: Document, layout: Layout) -> None:
        super().__init__(document, document.body_start, len(document.text))
        self.layout = layout
        self.leaf = Leaf("text", self.at, self.at)
        self.elements = Elements()
        self.comments: list[Span] = []
        self.code: list[Span] = []  # what stands between backticks
        self._concealed = ""
        self._concealed_from = Span(0, 0)
        self._silent = False

    def _enter(self, leaf: Leaf) -> None:
        """Begin a leaf: elements that ended before it are closed."""
        self.leaf = leaf
        self.elements.enter(leaf.containers, leaf.kind != "html")
        self._look(Span(leaf.start, leaf.start))
        self.at = max(self.at, leaf.start)

    def _tag(self, at: int, inline: bool) -> int:
        """Take in the tag that begins at a place, and say where it ends; there if there is none."""
        tag = tag_at(self.text, at, self.leaf.end)
        if tag is None:
            return at
        container = self.leaf.containers[-1] if self.leaf.containers else 0
        self.elements.feed(tag, container, inline)
        self._look(Span(*tag.span()))
        name = tag["name"].lower()
        if not tag["end"] and not inline and name in RAW:
            closing = re.compile(f"</{name}", re.IGNORECASE)
            found = closing.search(self.text, tag.end(), self.leaf.end)
            end = found.start() if found else self.leaf.end
            if name in SILENT:
                self._hide(tag.end(), end)
            return end
        return tag.end()

    def _look(self, tag: Span) -> None:
        """What is seen may be another from here on."""
        innermost = self.elements.innermost
        kind, before = innermost.concealed, self._concealed
        if kind == before:
            return
        if before:
            self._end_concealed(tag.end)
        else:
            self._prose_until(tag.start)
        self.prose_from = tag.start if kind else tag.end
        self._concealed, self._concealed_from = kind, tag
        self._silent = innermost.silent

    def _end_concealed(self, end: int) -> None:
        tag = self._concealed_from
        if not self._silent and _ANSWER.search(self.text, tag.end, end):
            self._conceal(self._concealed, Span(tag.start, end))
        self.prose_from = end

    def _conceal(self, kind: str, span: Span) -> None:
        """Tell of something that is not judged."""
        lines = self.text[span.start : span.end].rstrip()
        if not self._too_many(span):
            end = span.start + len(lines)
            self.findings.append(concealed_finding(kind, Span(span.start, end)))

    def _finish(self) -> None:
        """The page ends."""
        if self._concealed:
            self._end_concealed(len(self.text))
        else:
            self._prose_until(len(self.text))

    def _withdraw(self, start: int, end: int) -> None:
        """Take back what was found from a place on: it is no part of the page after all."""
        _drop(self.formulas, lambda block: block.outer.start >= start)
        _drop(self.code, lambda span: span.start >= start)
        for last in taken_off(self.prose, lambda span: span.end > start):
            if last.start < start:
                self.prose.append(Span(last.start, start))
        if self.prose_from < start:
            self._prose_until(start)
        self.prose_from = self.at = end

    def _formula(self, content: Span, outer: Span, display: bool) -> None:
        if self._concealed or self.elements.innermost.verbatim:
            self.at = min(outer.end, self.stop)
        else:
            super()._formula(content, outer, display)

    def _hide(self, start: int, end: int) -> None:
        if self._concealed:
            self.at = min(end, self.stop)
        else:
            super()._hide(start, end)

    def _unclosed(self, span: Span, what: str) -> None:
        if not self._concealed:
            super()._unclosed(span, what)


def _drop(items: list[T], holds: Callable[[T], bool]) -> None:
    """Take off the last items for as long as it holds of them."""
    for _ in taken_off(items, holds):
        pass
