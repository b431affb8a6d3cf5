"""From the text of a document to its formulas and its prose, in one linear pass.

Formulas are ``$…$``, ``$`…`$``, ``$$…$$``, ``\\[…\\]``, ``\\(…\\)``, bare ``\\begin{align}`` and
its kin, code fences of the languages ``math`` and ``latex``, MyST's ``{math}`` directive (of
backticks or colons) and role, and what `plain` finds typed as plain text. Code and HTML comments
hide what looks like one, but not MyST's notes and theorems; what is struck through (``~~…~~``) is
set apart. A formula ends with its paragraph at the latest, unless its ``$$`` or ``\\[`` has a line
of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from gradcheck.document import Document, Span
from gradcheck.finding import RULES, Finding
from gradcheck.reading import limits
from gradcheck.reading.blocks import Block, Blocks, Scanner, is_escaped, too_many_formulas
from gradcheck.reading.cursor import found_from, openings, taken_off
from gradcheck.reading.display_lines import equations
from gradcheck.reading.plain import plain_formulas

_ENVIRONMENTS = (
    "align|equation|gather|eqnarray|multline|alignat|flalign|displaymath|math"
    "|aligned|gathered|split|cases|dmath|empheq|IEEEeqnarray|xalignat"
)
_OPENING = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,}|:{3,}(?=[ \t]*\{math\}))"
    rf"|\\{{1,2}}begin[ ]?\{{(?P<environment>(?:{_ENVIRONMENTS})\*?)\}}"
    r"|\\(?P<escaped>.)|(?P<code>`+)|(?P<comment><!--)|(?P<percent>%%|^%)|(?P<display>\$\$)|(?P<inline>\$)"
    r"|(?P<struck>(?<!~)~~(?=[^~\s])|<(?:del|s|strike)>)",
    re.MULTILINE | re.DOTALL,
)
_LATEX = ("latex", "tex")
_NO_LANGUAGE = ("", "text", "txt", "plain", "plaintext", "unicode", "none", *_LATEX)
_CLOSING = re.compile(r"\n[ \t>\r]*(?P<mark>`{3,}|~{3,}|:{3,})[ \t>\r]*(?=\n|\Z)")
"""The last line of a fence, with the line break before it; by its sign and how long it is."""
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
_MYST = re.compile(
    r"^(?:`{3,}|:{3,})\{[a-z]|^\([\w:.-]+\)=[ \t\r]*$|^\+\+\+ \{|\{(?:math|eq|ref|numref|doc)\}`",
    re.MULTILINE,
)
_MYST_KEYS = ("jupytext", "kernelspec", "mystnb", "myst", "exports")
_FORMULA = re.compile(r"\$|\\\(|\\\[|\\begin")
_BLANK_LINE = re.compile(r"\n[ \t>]*(?=\n)")
_LINE_QUOTE = re.compile(r"[ \t]*>")
_TICKS = re.compile(r"`+")
_MATH_LIKE = re.compile(r"[^\d\s$][^$\n]*(?:\\[A-Za-z]|[_^=])")


def find_blocks(document: Document) -> Blocks:
    """All formulas of a document with the prose between them; unclosed ones are findings."""
    scanner = _Scanner(document)
    scanner.run()
    formulas = sorted([*scanner.formulas, *_typed(scanner)], key=lambda block: block.outer)
    findings = list(scanner.findings)
    if len(formulas) > limits.FORMULAS:
        findings.append(too_many_formulas(formulas[limits.FORMULAS].outer))
    return Blocks(
        tuple(formulas[: limits.FORMULAS]),
        tuple(scanner.prose),
        tuple(findings),
        tuple(scanner.struck),
        tuple(scanner.rst),
    )


def _typed(scanner: _Scanner) -> list[Block]:
    """The formulas that are typed as plain text."""
    alone = not scanner.formulas
    found, names = plain_formulas(scanner.text, scanner.fences, scanner.prose, scanner.code, alone)
    return [Block(plain.span, plain.span, True, names, plain.problem) for plain in found]


def holds_text(info: str) -> bool:
    """Whether a fence with these words behind its mark is a note or a theorem of MyST's."""
    name = info.strip().partition("}")[0].removeprefix("{").removeprefix("prf:")
    return info.strip()[:1] == "{" and name in _DIRECTIVES_OF_TEXT


class _Scanner(Scanner):
    def __init__(self, document: Document) -> None:
        super().__init__(document, document.body_start, len(document.text))
        self.struck: list[Span] = []
        self.fences: list[Span] = []  # the content of those in no language
        self.code: list[Span] = []  # what stands between backticks
        self.closers: set[int] = set()  # line ends before the last lines of MyST's notes
        self.rst: list[Span] = []  # what is reStructuredText
        self.told: dict[str, Span] = {}  # directives whose content is not read
        self.myst = any(key in document.front_matter for key in _MYST_KEYS) or bool(
            _MYST.search(self.text)
        )
        self._paragraph_end = -1
        self._ticks: dict[int, list[int]] | None = None
        self._closing: dict[tuple[str, int], list[tuple[int, int]]] | None = None

    def run(self) -> None:
        end = len(self.text)
        for opening in openings(self, _OPENING, end):
            if self._full:
                break
            kind = opening.lastgroup
            if kind == "fence":
                self._fence(opening)
            elif kind == "environment":
                self._environment(opening)
            elif kind == "escaped":
                self._escaped(opening)
            elif kind == "code":
                self._code(opening.start(), opening.end())
            elif kind == "comment":
                self._comment(opening.start())
            elif kind == "percent":
                self._percent(opening)
            elif kind == "struck":
                self._struck(opening)
            elif kind == "display":
                self._display(opening.start(), "$$")
            else:
                self._inline(opening.start())
        self._prose_until(end)
        for name, span in self.told.items():
            message = (
                f"what the directive {{{name}}} holds is not read: move its equations out of it"
            )
            self.findings.append(Finding(RULES["GC001"], span, message))

    # each of these is called with `at` just after the opening

    def _fence(self, opening: re.Match[str]) -> None:
        mark = opening["fence"]
        start = opening.start("fence")
        if opening.start() - 1 in self.closers:
            return
        line_end = self._find("\n", opening.end())
        if line_end < 0:
            line_end = len(self.text)
        info = self.text[opening.end() : line_end].strip()
        language = info.strip("{}").split(" ")[0].rstrip("}")
        if holds_text(info) or (language.lower() in _LATEX and self._delimits(mark, line_end)):
            self._directive_of_text(mark, line_end)
            return
        if mark[0] == "`" and "`" in language:  # ```code``` on one line
            self._code(start, opening.end())
            return
        closing = self._closing_fence(mark, line_end)
        if closing is None:
            self._unclosed(Span(start, start + len(mark)), f"the code fence {mark[:8]}")
            self._hide(start, len(self.text))
            return
        if language.lower() in ("math", "latex-math", "katex"):
            inside = self._content(info, line_end, closing[0])
            if "\\" not in self.document.source(inside) and "∂" in self.document.source(inside):
                self.fences.append(inside)
                self._hide(start, closing[1])
            else:
                self._displayed(inside, Span(start, closing[1]))
        else:
            inside = Span(min(line_end + 1, closing[0]), closing[0])
            if language.lower() in _NO_LANGUAGE:
                self.fences.append(inside)
            self._unread_directive(info, Span(start, line_end), inside)
            self._hide(start, closing[1])

    def _delimits(self, mark: str, line_end: int) -> bool:
        """Whether a fence of LaTeX shows formulas with their delimiters, not bare ones."""
        closing = self._closing_fence(mark, line_end)
        return closing is not None and bool(_FORMULA.search(self.text, line_end, closing[0]))

    def _unread_directive(self, info: str, opening: Span, inside: Span) -> None:
        """Tell of a directive that nobody here knows and that holds equations."""
        name = _DIRECTIVE_NAME.match(info)
        if name is None:
            return
        if name[1] == "eval-rst":
            self.rst.append(inside)
        elif name[1] not in _CODE and self._holds_equation(inside):
            self.told.setdefault(name[1], opening)

    def _holds_equation(self, span: Span) -> bool:
        formula = _FORMULA.search(self.text, span.start, span.end)
        return formula is not None and bool(_DERIVATIVE.search(self.text, formula.end(), span.end))

    def _content(self, info: str, line_end: int, end: int) -> Span:
        """The formula of a fence: of MyST's without options, with what its first line holds."""
        if info[:1] != "{":
            return Span(line_end, end)
        rest = info.partition("}")[2].strip()
        if rest:
            return Span(self.text.rfind(rest, 0, line_end), end)
        options = _OPTIONS.match(self.text, line_end, end)
        return Span(options.end() if options else line_end, end)

    def _directive_of_text(self, mark: str, line_end: int) -> None:
        """Go on with what a note or a theorem holds; its closing line opens nothing."""
        closing = self._closing_fence(mark, line_end)
        if closing is not None:
            self.closers.add(closing[0])
        self._hide(self.at, line_end)

    def _closing_fence(self, mark: str, start: int) -> tuple[int, int] | None:
        """The line break before the first line that closes a fence, and the end of that line."""
        if self._closing is None:
            self._closing = {}
            for line in _CLOSING.finditer(self.text):
                known = self._closing.setdefault((line["mark"][0], len(line["mark"])), [])
                known.append((line.start(), line.end()))
        found = []
        for (sign, length), lines in self._closing.items():
            at = bisect_left(lines, (start, 0))
            if sign == mark[0] and length >= len(mark) and at < len(lines):
                found.append(lines[at])
        return min(found, default=None)

    def _environment(self, opening: re.Match[str]) -> None:
        closer = f"\\end{{{opening['environment']}}}"
        close = self._find(closer, self.at)
        span = Span(opening.start(), opening.end())
        if close < 0:
            self._unclosed(span, self.document.source(span))
            self.at = min(self._end_of_paragraph(), len(self.text))
            return
        whole = Span(span.start, close + len(closer))
        doubled = self.text.startswith("\\\\", span.start)  # in Markdown \\ may stand for \
        self._formula(Span(span.end, close - 1) if doubled else whole, whole, True)

    def _escaped(self, opening: re.Match[str]) -> None:
        if opening["escaped"] == "[":
            self._display(opening.start(), "\\]")
        elif opening["escaped"] == "(":
            start = opening.start()
            close = self._find("\\)", self.at)
            if 0 <= close <= self._end_of_paragraph():
                self._formula(Span(self.at, close), Span(start, close + 2), False)
            else:
                self._unclosed(Span(start, start + 2), "\\(")
        elif opening["escaped"] == "\\" and self.text[self.at : self.at + 1] in ("(", "["):
            self._doubled(opening.start())

    def _doubled(self, start: int) -> None:
        """``\\\\( … \\\\)``, where Markdown makes one backslash of two."""
        display = self.text[self.at] == "["
        close = self._find("\\\\]" if display else "\\\\)", self.at)
        line_end = self._find("\n", self.at)
        alone = display and not self.text[self.at + 1 : max(line_end, self.at + 1)].strip()
        limit = len(self.text) if alone else self._end_of_paragraph()
        if 0 <= close <= limit:
            content, outer = Span(self.at + 1, close), Span(start, close + 3)
            self._displayed(content, outer) if display else self._formula(content, outer, False)

    def _display(self, start: int, closer: str) -> None:
        after = start + 2
        close = self._find(closer, after)
        line_end = self._find("\n", after)
        alone = line_end >= 0 and not self.text[after : min(line_end, after + 80)].strip()
        limit = len(self.text) if alone else self._end_of_paragraph()
        if close < 0 or close > limit:
            self._unclosed(Span(start, after), self.text[start:after])
            self.at = max(after, min(self._end_of_paragraph(), len(self.text)))
            return
        self._displayed(Span(after, close), Span(start, close + len(closer)))

    def _displayed(self, content: Span, outer: Span) -> None:
        """A display, which may be several equations."""
        pieces = equations(self.text, content)
        for piece in pieces:
            start = outer.start if piece is pieces[0] else piece.start
            end = outer.end if piece is pieces[-1] else piece.end
            self._formula(piece, Span(start, end), True)

    def _inline(self, start: int) -> None:
        after = start + 1
        limit = self._end_of_paragraph()
        if self.text.startswith("`", after):  # $`…`$, as some forges write it
            close = self._find("`$", after + 1)
            if 0 <= close <= limit:
                self._formula(Span(after + 1, close), Span(start, close + 2), False)
                return
        dollar = self._closing_dollar(after, limit)
        if dollar is None:
            rest = _MATH_LIKE.match(self.text, after, min(limit, after + 200))
            if rest and not self._has_dollar(after, limit):
                self._unclosed(Span(start, after), "$")
            return
        self._formula(Span(after, dollar), Span(start, dollar + 1), False)

    def _closing_dollar(self, after: int, limit: int) -> int | None:
        """The dollar that closes an inline formula, by the rules that keep prices out."""
        close = self._next_dollar(after)
        if close < 0 or close > limit or close == after:
            return None
        content = self.text[after:close] if close - after < 400 else ""
        spaced = self.text[after].isspace(), self.text[close - 1].isspace()
        signs = r"\\" if content[:1].isdigit() else r"[\\=_^]"  # $5 is a price
        if any(spaced) and not re.search(signs, content):
            return None
        if self.text[close + 1 : close + 2].isdigit():
            return None
        return close

    def _next_dollar(self, at: int) -> int:
        dollars = found_from(lambda place: self._find("$", place), at)
        return next((close for close in dollars if not is_escaped(self.text, close)), -1)

    def _has_dollar(self, after: int, limit: int) -> bool:
        close = self._next_dollar(after)
        return 0 <= close <= limit

    def _code(self, start: int, end: int) -> None:
        """Skip a code span; backticks that nothing closes are plain text."""
        if self._ticks is None:
            self._ticks = {}
            for run in reversed(list(_TICKS.finditer(self.text))):
                self._ticks.setdefault(run.end() - run.start(), []).append(run.start())
        runs = self._ticks.get(end - start, [])
        for _ in taken_off(runs, lambda run: run < end):
            pass
        if runs and runs[-1] <= self._end_of_paragraph():
            if self.text.endswith("{math}", max(0, start - 6), start):
                whole = Span(start - 6, runs[-1] + end - start)
                self._formula(Span(end, runs[-1]), whole, False)
                return
            self.code.append(Span(end, runs[-1]))
            self._hide(start, runs[-1] + end - start)

    def _comment(self, start: int) -> None:
        close = self._find("-->", self.at)
        if close < 0:
            self._unclosed(Span(start, start + 4), "the comment <!--")
        self._hide(start, len(self.text) if close < 0 else close + 3)

    def _percent(self, opening: re.Match[str]) -> None:
        """Skip a comment: MyST's ``% …``, a line, and Obsidian's ``%% … %%``."""
        start, doubled = opening.start(), opening["percent"] == "%%"
        line_end = self._find("\n", self.at)
        line_end = len(self.text) if line_end < 0 else line_end
        begins = start == 0 or self.text[start - 1] == "\n"
        close = self._find("%%", self.at) if doubled else -1
        limit = self._end_of_paragraph() if begins else line_end
        if begins and not self.text[self.at : line_end].strip() and self.text[close - 1] == "\n":
            limit = len(self.text)  # a block: both marks have lines of their own
        if 0 <= close <= limit:
            self._hide(start, close + 2)
        elif begins and self.myst:
            self._hide(start, line_end)

    def _struck(self, opening: re.Match[str]) -> None:
        """Skip what is struck through; a mark that nothing closes in its paragraph is text."""
        mark = opening["struck"]
        closer = mark if mark == "~~" else mark.replace("<", "</")
        close = self._find(closer, self.at)
        if 0 <= close <= self._end_of_paragraph():
            span = Span(opening.start(), close + len(closer))
            if _FORMULA.search(self.text, self.at, close):
                self.struck.append(span)
            self._hide(span.start, span.end)

    # bookkeeping

    def _end_of_paragraph(self) -> int:
        if self._paragraph_end < self.at:
            blank = _BLANK_LINE.search(self.text, self.at)
            self._paragraph_end = blank.start() if blank else len(self.text)
        return self._paragraph_end

    def _is_quoted(self, outer: Span) -> bool:
        line_start = self.text.rfind("\n", max(0, outer.start - 80), outer.start) + 1
        return bool(_LINE_QUOTE.match(self.text, line_start, outer.start))
