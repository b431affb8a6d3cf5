"""The formulas of a document, whatever its format, with the macros that it defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import Finding
from gradcheck.read.blocks import Block, Blocks
from gradcheck.read.latex_blocks import latex_blocks
from gradcheck.read.macros import Macros, macros_of
from gradcheck.read.markdown_blocks import find_blocks
from gradcheck.read.rst_blocks import rst_blocks
from gradcheck.read.unseen import without_unseen


def find_formulas(document: Document) -> Blocks:
    """All formulas with the prose between them, in order; unclosed ones are findings."""
    macros = macros_in(document)
    if document.format == "latex":
        found = latex_blocks(document, macros)
    elif document.format == "rst":
        found = rst_blocks(document)
    else:
        found = _of_cells(document) if document.cells else find_blocks(document)
        found = _with_rst(document, found)
    found = without_unseen(document, found)
    if not macros:
        return found
    return replace(found, formulas=tuple(replace(b, macros=macros) for b in found.formulas))


def macros_in(document: Document) -> Macros:
    """The macros that hold in a document: its own and, in LaTeX or beside its own, of packages."""
    return macros_of(document.text, document.format == "latex", _given(document))


def _given(document: Document) -> str:
    """The macros of MyST's front matter, ``math: {'\\pd': '…'}``, as LaTeX defines them."""
    entries = document.front_matter.get("math")
    found = []
    for name, value in entries.items() if isinstance(entries, dict) else ():
        text = value.get("macro") if isinstance(value, dict) else value
        if isinstance(text, str):
            count = max((int(digit) for digit in re.findall(r"#([1-9])", text)), default=0)
            found.append(f"\\newcommand{{{name}}}[{count}]{{{text}}}")
    return "\n".join(found)


def _of_cells(document: Document) -> Blocks:
    """Cell by cell: what is left open in one does not swallow the next."""
    parts = []
    for cell, following in zip(document.cells, (*document.cells[1:], None), strict=True):
        end = len(document.text) if following is None else following.start
        start = max(cell.start, document.body_start)
        parts.append(find_blocks(Document(document.path, document.text[:end], body_start=start)))
    formulas: Iterable[Block] = (block for part in parts for block in part.formulas)
    prose: Iterable[Span] = (span for part in parts for span in part.prose)
    findings: Iterable[Finding] = (finding for part in parts for finding in part.findings)
    comments: Iterable[Span] = (span for part in parts for span in part.comments)
    rst: Iterable[Span] = (span for part in parts for span in part.rst)
    return Blocks(tuple(formulas), tuple(prose), tuple(findings), tuple(comments), tuple(rst))


def _with_rst(document: Document, found: Blocks) -> Blocks:
    """With the formulas of what is reStructuredText in Markdown."""
    for span in found.rst:
        part = Document(document.path, document.text[: span.end], body_start=span.start)
        more = rst_blocks(part)
        formulas = sorted([*found.formulas, *more.formulas], key=lambda block: block.outer)
        findings = (*found.findings, *more.findings)
        found = replace(found, formulas=tuple(formulas), findings=findings)
    return found
