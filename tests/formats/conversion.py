r"""One derivation in other formats: a Markdown document rewritten, with the place of every part.

Every formula is copied to the letter, its prose too; delimiters, headings and the comments in
which findings are declared are those of the new format.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from gradcheck.language.document import Document, Span
from gradcheck.read.blocks import Block
from gradcheck.read.markdown_blocks import find_blocks

DIRECTIVE = re.compile(r"<!-- gradcheck: (.*?) -->")
HEADING = re.compile(r"(?m)^(#+) (.*)$")
ALIGNED = re.compile(r"\s*\\begin\{aligned\}(.*)\\end\{aligned\}\s*", re.DOTALL)
CODE = "%matplotlib inline\nprint('$\\\\frac{x}{0}$')"


@dataclass
class Written:
    """A text in the making, and where each of its copied parts came from."""

    source: str
    text: str = ""
    parts: list[tuple[int, int, int]] = field(default_factory=list)  # start, end, new start

    def add(self, text: str) -> None:
        """Something that the new format brings."""
        self.text += text

    def copy(self, start: int, end: int) -> None:
        """A part of the source, to the letter."""
        if end > start:
            self.parts.append((start, end, len(self.text)))
            self.text += self.source[start:end]

    def place(self, offset: int) -> int:
        """Where the source's code point stands in the new text."""
        at = bisect_right(self.parts, (offset, len(self.source) + 1, 0)) - 1
        start, end, new = self.parts[at]
        assert start <= offset <= end, self.source[offset : offset + 40]
        return new + offset - start


def formulas_of(markdown: Document) -> tuple[Block, ...]:
    return find_blocks(markdown).formulas


def to_latex(markdown: Document) -> Written:
    r"""An article: ``\[…\]``, ``equation*`` or ``align*`` about displays, ``\section`` headings."""
    written = Written(markdown.text)
    written.add("\\documentclass{article}\n\\usepackage{amsmath} % $not a formula$\n")
    written.add("\\begin{document}\n")
    for number, (part, block) in enumerate(_parts(markdown)):
        if block is None:
            _latex_prose(written, part)
        elif not block.display:
            written.add("$" if number % 2 else "\\(")
            written.copy(block.content.start, block.content.end)
            written.add("$" if number % 2 else "\\)")
        elif aligned := ALIGNED.fullmatch(markdown.text, block.content.start, block.content.end):
            written.add("\\begin{align*}")
            written.copy(*aligned.span(1))
            written.add("\\end{align*}")
        else:
            opening, closing = (("\\begin{equation}\n  ", "\n\\end{equation}"), ("\\[", "\\]"))[
                number % 2
            ]
            written.add(opening)
            written.copy(block.content.start, block.content.end)
            written.add(closing)
    written.add("\n\\end{document}\n$$\\frac{\\partial L}{\\partial w_2} = 7$$\n")
    return written


def _latex_prose(written: Written, part: Span) -> None:
    for line in _lines(written.source, part):
        text = written.source[line.start : line.end]
        if directive := DIRECTIVE.fullmatch(text.strip()):
            written.add(f"% gradcheck: {directive[1]}\n")
        elif heading := HEADING.match(text):
            written.add(f"\\{'sub' * (len(heading[1]) - 1)}section{{{heading[2]}}}\n")
        else:
            written.copy(line.start, line.end)


def to_rst(markdown: Document) -> Written:
    """Directives for displays, roles for the rest, underlined headings."""
    written = Written(markdown.text)
    for number, (part, block) in enumerate(_parts(markdown)):
        if block is None:
            _rst_prose(written, part)
        elif not block.display:
            written.add(":math:`")
            written.copy(block.content.start, block.content.end)
            written.add("`")
        elif number % 3:
            written.add("\n.. math::\n   :nowrap:\n\n   ")
            _indented(written, block.content, "   ")
        else:
            written.add("\n.. math:: ")
            _indented(written, block.content, "   ")
    return written


def _indented(written: Written, span: Span, indent: str) -> None:
    lines = list(_lines(written.source, span))
    for line in lines:
        if line is not lines[0]:
            written.add(indent)
        written.copy(line.start, line.end)


def _rst_prose(written: Written, part: Span) -> None:
    for line in _lines(written.source, part):
        text = written.source[line.start : line.end]
        if directive := DIRECTIVE.fullmatch(text.strip()):
            written.add(f".. gradcheck: {directive[1]}\n")
        elif heading := HEADING.match(text):
            mark = "==-~"[len(heading[1])]
            written.add(f"{heading[2]}\n{mark * len(heading[2])}\n")
        else:
            written.copy(line.start, line.end)


def to_myst(markdown: Document) -> Written:
    """Markdown with MyST's directive and role about formulas, or labels behind the dollars."""
    written = Written(markdown.text)
    for number, (part, block) in enumerate(_parts(markdown)):
        if block is None:
            written.copy(part.start, part.end)
        elif not block.display:
            written.add("{math}`")
            written.copy(block.content.start, block.content.end)
            written.add("`")
        else:
            opening, closing = (
                (f"```{{math}}\n:label: eq-{number}\n", "\n```"),
                (":::{math}\n", "\n:::"),
                ("$$\n", f"\n$$ (eq-{number})"),
                ("$$", f"$$ {{#eq-{number}}}"),
            )[number // 2 % 4]
            written.add(opening)
            written.copy(block.content.start, block.content.end)
            written.add(closing)
    return written


def _parts(markdown: Document) -> Iterator[tuple[Span, Block | None]]:
    """Prose and formulas, in turn; the body of a document only."""
    at = markdown.body_start
    for block in formulas_of(markdown):
        yield Span(at, block.outer.start), None
        yield block.outer, block
        at = block.outer.end
    yield Span(at, len(markdown.text)), None


def _lines(text: str, span: Span) -> Iterator[Span]:
    at = span.start
    for line in text[span.start : span.end].splitlines(keepends=True):
        yield Span(at, at + len(line))
        at += len(line)


def to_notebook(markdown: Document) -> tuple[str, list[tuple[int, int]]]:
    """A notebook with a cell a section and code between them.

    Also the first line (from 1) of the source that each Markdown cell holds, with its number.
    """
    text = markdown.text
    starts = [markdown.body_start]
    starts += [found.start() for found in HEADING.finditer(text, markdown.body_start + 2)]
    cells: list[dict[str, object]] = []
    lines: list[tuple[int, int]] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        lines.append((text.count("\n", 0, start) + 1, len(cells) + 1))
        part = text[start:end].rstrip("\n")
        cells.append(_cell("markdown", part.splitlines(keepends=True), len(cells)))
        code = _cell("code", CODE, len(cells))
        cells.append({**code, "execution_count": None, "outputs": [_output()]})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook), lines


def _cell(kind: str, source: object, number: int) -> dict[str, object]:
    return {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": source}


def _output() -> dict[str, object]:
    return {"name": "stdout", "output_type": "stream", "text": ["$$\\frac{\\partial L}{0}$$"]}
