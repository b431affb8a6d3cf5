"""The fences of Markdown: code, which hides what looks like a formula, and formulas of their own:
``math`` and ``latex`` fences and MyST's ``{math}``, of backticks or colons. MyST's notes and
theorems are fences too, but hold text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcheck.language.document import Document, Span
from gradcheck.read.markdown_layout import Layout, Leaf
from gradcheck.read.markdown_page import FORMULA, PageScanner

LATEX = ("latex", "tex")
_NO_LANGUAGE = ("", "text", "txt", "plain", "plaintext", "unicode", "none", *LATEX)
_OPTIONS = re.compile(
    r"\n---[ \t\r]*\n(?:[^\n]*\n){1,9}?---[ \t\r]*(?=\n)|(?:\n[ \t]*:[\w-]+:[^\n]*)+"
)
"""Of a MyST directive, from the end of its first line."""
_DIRECTIVES_OF_TEXT = frozenset(
    "note tip hint important warning caution attention danger error seealso admonition topic "
    "sidebar margin aside dropdown details card example exercise solution proof theorem lemma "
    "definition corollary proposition remark algorithm observation conjecture assumption "
    "property criterion axiom tab-set tab-item grid grid-item grid-item-card card-carousel toggle "
    "figure table list-table div container epigraph pull-quote highlights compound rubric only "
    "margin-note sidenote exercise-start solution-start versionadded versionchanged".split()
)
"""Directives of MyST whose content is Markdown."""
_DIRECTIVE_NAME = re.compile(r"\{([a-z][a-z:-]+)\}")
_CODE = frozenset(
    "code code-block code-cell sourcecode literalinclude parsed-literal raw eval-rst mermaid "
    "graphviz plot csv-table image python julia bash sh ojs sql stan dot r verbatim mystnb "
    "include toctree bibliography glossary exec_code prompt doctest console".split()
)
_DERIVATIVE = re.compile(r"\\[dt]?frac|\\partial")
_SET_OFF = "four spaces make this a code block, so its formulas are not read: indent it less"


def holds_text(info: str) -> bool:
    """Whether a fence with these words behind its mark is a note or a theorem of MyST's."""
    name = info.strip().partition("}")[0].removeprefix("{").removeprefix("prf:")
    return info.strip()[:1] == "{" and name in _DIRECTIVES_OF_TEXT


class FenceScanner(PageScanner):
    """Reads the leaves that are fences or code."""

    def __init__(self, document: Document, layout: Layout) -> None:
        super().__init__(document, layout)
        self.fences: list[Span] = []  # the content of those in no language
        self.rst: list[Span] = []  # what is reStructuredText
        self.told: dict[str, Span] = {}  # what is not read, with its first place

    def _fence(self, leaf: Leaf, scan: Callable[[int, int], None]) -> None:
        """Read a fence; ``scan`` goes through one that shows formulas with their delimiters."""
        info = leaf.info
        language = info.strip("{}").split(" ")[0].rstrip("}").lower()
        inside = leaf.content
        if not leaf.closed:
            mark = Span(leaf.start, leaf.start + len(leaf.mark))
            self._unclosed(mark, f"the code fence {leaf.mark[:8]}")
        elif language in LATEX and FORMULA.search(self.text, inside.start, inside.end):
            self._hide(leaf.start, inside.start)
            scan(inside.start, inside.end)
            self._hide(max(self.at, inside.end), max(self.at, leaf.end))
        elif language in ("math", "latex-math", "katex"):
            self._of_mathematics(leaf)
        else:
            inside = Span(min(inside.start + 1, inside.end), inside.end)
            if language in _NO_LANGUAGE and not self._concealed:
                self.fences.append(inside)
            self._unread_directive(info, Span(leaf.start, leaf.content.start), inside)
        self._hide(max(self.at, leaf.start), max(self.at, leaf.end))

    def _of_mathematics(self, leaf: Leaf) -> None:
        inside = self._content(leaf.info, leaf.content.start, leaf.content.end)
        source = self.document.source(inside)
        if "\\" in source or "∂" not in source:
            self._displayed(inside, Span(leaf.start, leaf.end))
        elif not self._concealed:
            self.fences.append(inside)

    def _displayed(self, content: Span, outer: Span) -> None:
        raise NotImplementedError

    def _content(self, info: str, line_end: int, end: int) -> Span:
        """The formula of a fence: of MyST's without options, with what its first line holds."""
        if info[:1] != "{":
            return Span(line_end, end)
        rest = info.partition("}")[2].strip()
        if rest:
            return Span(self.text.rfind(rest, 0, line_end), end)
        options = _OPTIONS.match(self.text, line_end, end)
        return Span(options.end() if options else line_end, end)

    def _unread_directive(self, info: str, opening: Span, inside: Span) -> None:
        """Tell of a directive that nobody here knows and that holds equations."""
        name = _DIRECTIVE_NAME.match(info)
        if name is None or self._concealed:
            return
        if name[1] == "eval-rst":
            self.rst.append(inside)
        elif name[1] not in _CODE and self._holds_equation(inside):
            message = (
                f"what the directive {{{name[1]}}} holds is not read: move its equations out of it"
            )
            self.told.setdefault(message, opening)

    def _set_off(self, leaf: Leaf) -> None:
        """Pass over code that is set off by spaces; `plain` reads it as it reads prose."""
        span = Span(leaf.start, leaf.end)
        self.at = max(self.at, leaf.end)
        if not self._concealed and self._holds_equation(span):
            self.told.setdefault(_SET_OFF, span)

    def _holds_equation(self, span: Span) -> bool:
        formula = FORMULA.search(self.text, span.start, span.end)
        return formula is not None and bool(_DERIVATIVE.search(self.text, formula.end(), span.end))
