r"""From reStructuredText to its formulas: the ``math`` directive, the ``:math:`` role.

A directive may hold several equations with blank lines between. Literal blocks, code, comments and
inline literals hide what looks like a formula.
"""

from __future__ import annotations

import re

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.read import limits
from gradcheck.read.blocks import Block, Blocks
from gradcheck.read.cursor import Forward

_DIRECTIVE = re.compile(
    r"(?P<indent>[ \t]*(?:(?:[-*+]|(?:\d+|#)\.)[ \t]+)?)\.\.(?=[ \t\r]|\Z)[ \t]*"
    r"(?:(?P<name>[\w:+.-]+)::[ \t]*)?(?P<rest>.*)"
)
_OPTION = re.compile(r"[ \t]*:[\w-]+:")
_CONTENT = r"(?:[^`\n]|\n(?![ \t\r]*(?:\n|\Z)))*"
_ROLE = re.compile(
    rf"``(?:[^`\n]|`(?!`))*``|:math:`(?P<before>{_CONTENT})`|`(?P<after>{_CONTENT})`:math:"
    r"|(?P<open>:math:`)"
    r"|\$\$(?P<display>(?:[^$\n]|\n(?![ \t\r]*\n))+)\$\$"
    r"|(?<![\\\w$])\$(?P<inline>(?![\s\d])(?=(?:[^$\n\\]|\\.)*?(?:\\[A-Za-z]|[=_^]))(?:[^$\n\\]|\\.)+)"
    r"(?<!\s)\$(?![\w$])"
)
_OWN_ROLE = re.compile(r"^\.\. role::[ \t]*(\w+)\(math\)", re.MULTILINE)
_IN_GRID = re.compile(r"^[ \t]*[|+].*\.\.[ ]math::", re.MULTILINE)
_DEFAULT_ROLE = re.compile(r"(?<![`:\w])`(?P<default>[^`\n]+)`(?![`_:\w])")
_ROLES = ("before", "after", "display", "inline")
_CODE = frozenset(
    "code code-block sourcecode highlight parsed-literal literalinclude raw doctest testcode "
    "ipython plot mermaid graphviz".split()
)


def rst_blocks(document: Document) -> Blocks:
    """All formulas of a reStructuredText file, in order, with the prose between them."""
    scanner = _Scanner(document)
    scanner.run()
    formulas = sorted(scanner.formulas, key=lambda block: block.outer.start)
    return Blocks(tuple(formulas), tuple(_between(document, formulas)), tuple(scanner.findings))


def _between(document: Document, formulas: list[Block]) -> list[Span]:
    """What stands between the formulas."""
    edges = [document.body_start]
    for block in formulas:
        edges += [block.outer.start, block.outer.end]
    edges.append(len(document.text))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Span(start, end) for start, end in pairs if end > start]


def _is_text(directive: re.Match[str]) -> bool:
    """Whether what belongs to it is text: a note or a theorem, a footnote, no comment or code."""
    name = directive["name"]
    if name is None:
        return directive["rest"][:1] in ("[", "|")
    return name not in _CODE and name not in ("math", "default-role")


class _Scanner:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text
        self.formulas: list[Block] = []
        self.findings: list[Finding] = []
        self.lines: list[tuple[int, int]] = []  # start and end, without the line's end
        at = document.body_start
        for line in self.text[at:].split("\n"):
            self.lines.append((at, at + len(line)))
            at += len(line) + 1
        self.default_role = False
        names = "|".join(_OWN_ROLE.findall(self.text)[:20])
        self.own_role = re.compile(rf":(?:{names}):`(?P<own>{_CONTENT})`") if names else None
        self.full = False

    def run(self) -> None:
        """Line by line: directives take what is indented below them, the rest is text."""
        text_from = 0
        for number in (places := Forward(self.lines)):
            directive = _DIRECTIVE.fullmatch(self._line(number))
            if self._line(number).lstrip().startswith(">>> "):
                self._prose(text_from, number)
                text_from = self._end_of_paragraph(number)
                places.go_on(text_from)
                continue
            literal = self._line(number).rstrip().endswith("::")
            if _is_text(directive) if directive else not literal:
                continue
            self._prose(text_from, number if directive else number + 1)
            indent = self._indent(number)
            if directive is not None:
                indent = len(directive["indent"].expandtabs(8))
            end = self._end_of_block(number + 1, indent)
            if directive is not None:
                self._directive(directive, number, end)
            text_from = max(end, number + 1)
            places.go_on(text_from)
        self._prose(text_from, len(self.lines))
        hidden = _IN_GRID.search(self.text, self.document.body_start)
        if hidden is not None:
            message = "a directive in a table is not read: write :math:`…` in the cell"
            self.findings.append(Finding(RULES["GC001"], Span(*hidden.span()), message))

    def _end_of_paragraph(self, number: int) -> int:
        """The line after an example in Python, which ends with a blank line."""
        rest = range(number, len(self.lines))
        return next((at for at in rest if not self._line(at).strip()), len(self.lines))

    def _directive(self, found: re.Match[str], number: int, end: int) -> None:
        if found["name"] == "default-role":
            self.default_role = found["rest"].strip() == "math"
        if found["name"] == "math":
            self._math(found, number, end)

    def _math(self, found: re.Match[str], number: int, end: int) -> None:
        start, stop = self.lines[number]
        first = start + found.start("rest")
        spans = [Span(first, stop)] if found["rest"].strip() else []
        rest = range(number + 1, end)
        line = next((at for at in rest if not _OPTION.match(self._line(at))), max(end, number + 1))
        opened: int | None = None
        for at in range(line, end + 1):
            blank = at == end or not self._line(at).strip()
            if not blank and opened is None:
                opened = at
            elif blank and opened is not None:
                spans.append(Span(self.lines[opened][0], self.lines[at - 1][1]))
                opened = None
        if len(spans) > 1 and spans[0].start == first and line < end and self._line(line).strip():
            spans[:2] = [Span(first, spans[1].end)]  # it began beside the directive's name
        for span in spans:
            begins = start + len(found["indent"]) if span is spans[0] else span.start
            self._formula(span, Span(begins, span.end), True)

    def _prose(self, first: int, last: int) -> None:
        if first >= last:
            return
        start, end = self.lines[first][0], self.lines[last - 1][1]
        for role in _ROLE.finditer(self.text, start, end):
            if role["open"]:
                self._unclosed(Span(*role.span()))
                continue
            group = next((g for g in _ROLES if role[g] is not None), None)
            if group is not None:
                self._formula(Span(*role.span(group)), Span(*role.span()), group == "display")
        for role in self.own_role.finditer(self.text, start, end) if self.own_role else ():
            self._formula(Span(*role.span("own")), Span(*role.span()), False)
        if self.default_role:
            for role in _DEFAULT_ROLE.finditer(self.text, start, end):
                self._formula(Span(*role.span("default")), Span(*role.span()), False)

    def _end_of_block(self, number: int, indent: int) -> int:
        """The line after the last that is indented more than ``indent``."""
        end = number
        for at in range(number, len(self.lines)):
            if not self._line(at).strip():
                continue
            if self._indent(at) <= indent:
                break
            end = at + 1
        return end

    def _line(self, number: int) -> str:
        start, end = self.lines[number]
        return self.text[start:end]

    def _indent(self, number: int) -> int:
        line = self._line(number).expandtabs(8)
        return len(line) - len(line.lstrip())

    def _formula(self, content: Span, outer: Span, display: bool) -> None:
        if not self._too_many(outer) and self.document.source(content).strip():
            self.formulas.append(Block(content, outer, display))

    def _unclosed(self, span: Span) -> None:
        if not self._too_many(span):
            message = ":math:` is opened here and never closed; what follows it was not read"
            self.findings.append(Finding(RULES["GC003"], span, message))

    def _too_many(self, span: Span) -> bool:
        if len(self.formulas) + len(self.findings) < limits.FORMULAS:
            return False
        if not self.full:
            message = f"more than {limits.FORMULAS:,} formulas: the rest was not read"
            self.findings.append(Finding(RULES["GC004"], span, message))
            self.full = True
        return True
