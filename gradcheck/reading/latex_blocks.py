r"""From a LaTeX file to its formulas: every math environment, and what TeX itself would not read.

Comments, ``verbatim`` and listings, the preamble and what stands between ``\iffalse`` and ``\fi``
hide what looks like a formula. Macros that stand for ``\begin{equation}`` open one.
"""

from __future__ import annotations

import re

from gradcheck.document import Document, Span
from gradcheck.finding import RULES, Finding
from gradcheck.reading import limits
from gradcheck.reading.blocks import Block, Blocks
from gradcheck.reading.macros import Macros

_OPENING = re.compile(
    r"(?P<comment>%[^\n]*)"
    r"|\\begin\s*\{(?P<environment>[A-Za-z]+\*?)\}"
    r"|\\verb\*?(?P<verb>[^A-Za-z\s*])"
    r"|\\(?P<escaped>[^A-Za-z])"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|(?P<display>\$\$)|(?P<inline>\$)",
    re.DOTALL,
)
_MATH = frozenset(
    "equation align gather multline eqnarray flalign alignat xalignat xxalignat displaymath math "
    "dmath dgroup darray empheq IEEEeqnarray".split()
)
_HIDDEN = frozenset(
    "verbatim Verbatim lstlisting minted comment tikzpicture filecontents algorithmic code "
    "pycode tcblisting pgfpicture".split()
)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_BEGIN = re.compile(r"\\begin\s*\{([A-Za-z]+\*?)\}")
_END = re.compile(r"\\end\s*\{([A-Za-z]+\*?)\}")


def latex_blocks(document: Document, macros: Macros) -> Blocks:
    """All formulas of a LaTeX file with the prose between them; unclosed ones are findings."""
    scanner = _Scanner(document, macros)
    scanner.run()
    return Blocks(tuple(scanner.formulas), tuple(scanner.prose), tuple(scanner.findings))


class _Scanner:
    def __init__(self, document: Document, macros: Macros) -> None:
        self.document = document
        self.text = document.text
        body = re.compile(r"(?m)^[^%\n]*\\begin\s*\{document\}").search(self.text)
        self.at = body.end() if body else document.body_start
        ending = re.compile(r"(?m)^[^%\n]*?(\\end\s*\{document\})").search(self.text, self.at)
        self.stop = ending.start(1) if ending else len(self.text)
        self.prose_from = self.at
        self.formulas: list[Block] = []
        self.prose: list[Span] = []
        self.findings: list[Finding] = []
        self.definitions = {place.start: place.end for place in macros.places}
        self.opens = _environments(macros, _BEGIN)
        self.closes = _environments(macros, _END)
        self._found: dict[str, int] = {}
        self._full = False

    def run(self) -> None:
        """Scan the body once, from its first formula to its last."""
        while not self._full and (opening := _OPENING.search(self.text, self.at, self.stop)):
            self.at = opening.end()
            kind = opening.lastgroup
            if kind == "comment":
                self._hide(opening.start(), opening.end())
            elif kind == "environment":
                self._environment(opening.start(), opening["environment"])
            elif kind == "verb":
                close = self._find(opening["verb"], self.at)
                self._hide(opening.start(), close + 1 if close >= 0 else self.at)
            elif kind == "escaped":
                closer = {"[": "\\]", "(": "\\)"}.get(opening["escaped"])
                if closer:
                    self._delimited(opening.start(), closer, closer == "\\]")
            elif kind == "command":
                self._command(opening)
            else:
                self._delimited(opening.start(), opening.group(), kind == "display")
        self._prose_until(self.stop)

    def _environment(self, start: int, name: str) -> None:
        closers = [f"\\end{{{name}}}", *(f"\\{m}" for m, e in self.closes.items() if e == name)]
        bare = name.rstrip("*")
        if bare not in _MATH and bare not in _HIDDEN:
            return
        places = [(self._find(closer, self.at), closer) for closer in closers]
        found = [(place, closer) for place, closer in places if 0 <= place < self.stop]
        if not found:
            self._unclosed(Span(start, self.at), self.text[start : self.at])
            return
        close, closer = min(found)
        whole = Span(start, close + len(closer))
        if bare in _HIDDEN:
            self._hide(whole.start, whole.end)
        elif self.text.startswith("\\begin", start) and closer.startswith("\\end"):
            self._formula(whole, whole, bare != "math")
        else:
            self._formula(Span(self.at, close), whole, True)

    def _command(self, opening: re.Match[str]) -> None:
        name, start = opening["command"], opening.start()
        if start in self.definitions:
            self._hide(start, self.definitions[start])
        elif name == "iffalse":
            close = self._find("\\fi", self.at)
            self._hide(start, close + 3 if close >= 0 else self.stop)
        elif name in self.opens:
            self._environment(start, self.opens[name])

    def _delimited(self, start: int, closer: str, display: bool) -> None:
        after = self.at
        close = self._close(closer, after)
        blank = _BLANK_LINE.search(self.text, after, self.stop)  # TeX, too, ends a formula here
        limit = blank.start() if blank else self.stop
        if close < 0 or close > limit:
            self._unclosed(Span(start, after), self.text[start:after])
            return
        self._formula(Span(after, close), Span(start, close + len(closer)), display)

    def _close(self, closer: str, at: int) -> int:
        """Where a delimiter stands next that no backslash takes away, before the end."""
        close = self._find(closer, at)
        while 0 <= close < self.stop and closer[0] == "$" and self._escaped(close):
            close = self._find(closer, close + 1)
        return close if close < self.stop else -1

    def _escaped(self, at: int) -> bool:
        backslashes = 0
        while backslashes < 50 and self.text[at - 1 - backslashes] == "\\":
            backslashes += 1
        return backslashes % 2 == 1

    def _find(self, needle: str, at: int) -> int:
        """Like ``text.find``; hits are remembered, so that all calls together are linear."""
        known = self._found.get(needle)
        if known is None or 0 <= known < at:
            known = self.text.find(needle, at)
            self._found[needle] = known
        return known

    def _formula(self, content: Span, outer: Span, display: bool) -> None:
        if self._too_many(outer):
            return
        if self.document.source(content).strip():
            self.formulas.append(Block(content, outer, display))
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
            message = f"more than {limits.FORMULAS:,} formulas: the rest was not read"
            self.findings.append(Finding(RULES["GC004"], span, message))
            self._full = True
        return True


def _environments(macros: Macros, pattern: re.Pattern[str]) -> dict[str, str]:
    r"""Macros that stand for nothing but a ``\begin{…}`` or ``\end{…}``, with the environment."""
    found = ((name, pattern.fullmatch(macro.text)) for name, macro in macros.table.items())
    return {name: match[1] for name, match in found if match}
