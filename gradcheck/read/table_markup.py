r"""Where the cells of a table stand, in each format: Markdown's bars, LaTeX's ``&`` and ``\\``,
HTML's tags, reStructuredText's columns.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gradcheck.language.document import Document, Span
from gradcheck.read.blocks import Block
from gradcheck.read.cursor import lines

Cells = list[list[Span]]
"""The rows of a table, each a list of cells."""

_LATEX = re.compile(
    r"\\(?P<mark>begin|end)\s*\{(?P<name>tabular[xy]?\*?|tabulary|longtable|longtblr|tblr|xltabular"
    r"|supertabular)\}"
)
_LATEX_CUT = re.compile(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline|\\.|(?P<cell>&)|%[^\n]*", re.DOTALL)
_HTML = re.compile(r"<(?P<mark>/?)(?P<name>table)\b", re.IGNORECASE)
_HTML_TAG = re.compile(r"<(?P<end>/?)(?P<tag>table|tr|td|th)\b[^<>]*>", re.IGNORECASE)
_SIMPLE_RULE = re.compile(r"^[ ]*=+(?:[ ]+=+)+[ ]*\r?$", re.MULTILINE)
_LIST_TABLE = re.compile(r"^[ \t]*(?:\.\.[ ]+|`{3,}\{|:{3,}\{)list-table\b", re.MULTILINE)
_LIST_CELL = re.compile(r"[ \t]*(?P<row>[*-][ \t]+)?[*-](?=[ \t\r]|$)")


def marked_tables(document: Document, formulas: Sequence[Block]) -> Iterator[Cells]:
    """The tables of a document that are marked by more than bars, in document order."""
    text, body = document.text, document.body_start
    if document.format == "latex":
        for span in _stretches(_LATEX, text, body):
            if _holds(formulas, span.start, span.end):
                yield _latex(text, span, formulas)
    elif document.format == "rst":
        yield from _simple(text, body, formulas)
        yield from _lists(text, body, formulas)
    else:
        for span in _stretches(_HTML, text, body):
            if _holds(formulas, span.start, span.end):
                yield _html(text, span, formulas)
        yield from _lists(text, body, formulas)


def _stretches(mark: re.Pattern[str], text: str, start: int) -> Iterator[Span]:
    """What stands between an opening mark and the next, which closes it; innermost tables only."""
    opened: re.Match[str] | None = None
    for found in mark.finditer(text, start):
        closes = found["mark"] in ("/", "end")
        if closes and opened is not None and opened["name"] == found["name"]:
            yield Span(opened.end(), found.start())
        opened = None if closes else found


def _holds(formulas: Sequence[Block], start: int, end: int) -> bool:
    at = bisect_left(formulas, start, key=lambda block: block.outer.start)
    return at < len(formulas) and formulas[at].outer.start < end


def _gaps(span: Span, formulas: Sequence[Block]) -> Iterator[Span]:
    """What stands between the formulas of a stretch."""
    at = span.start
    first = bisect_left(formulas, span.start, key=lambda block: block.outer.start)
    last = bisect_left(formulas, span.end, key=lambda block: block.outer.start)
    for block in formulas[first:last]:
        yield Span(at, block.outer.start)
        at = block.outer.end
    yield Span(at, max(at, span.end))


def _latex(text: str, span: Span, formulas: Sequence[Block]) -> Cells:
    rows: Cells = [[]]
    start = span.start
    for gap in _gaps(span, formulas):
        for cut in _LATEX_CUT.finditer(text, gap.start, gap.end):
            if cut["cell"] or cut.group().startswith(("\\\\", "\\tabularnewline")):
                rows[-1].append(Span(start, cut.start()))
                start = cut.end()
                if not cut["cell"]:
                    rows.append([])
            elif cut.group()[0] == "%" and not rows[-1]:
                start = cut.end() if not text[start : cut.start()].strip() else start
    rows[-1].append(Span(start, span.end))
    return rows


def _html(text: str, span: Span, formulas: Sequence[Block]) -> Cells:
    rows: Cells = []
    start: int | None = None
    for gap in _gaps(span, formulas):
        for tag in _HTML_TAG.finditer(text, gap.start, gap.end):
            if start is not None:
                rows[-1].append(Span(start, tag.start()))
                start = None
            if tag["end"]:
                continue
            if tag["tag"].lower() == "tr":
                rows.append([])
            elif tag["tag"].lower() in ("td", "th") and rows:
                start = tag.end()
    return rows


def _simple(text: str, start: int, formulas: Sequence[Block]) -> Iterator[Cells]:
    """Tables between rules of ``=``, whose gaps part the columns."""
    rules = list(_SIMPLE_RULE.finditer(text, start))
    for above, below in pairwise(rules):
        if not _holds(formulas, above.end(), below.start()):
            continue
        columns = [found.start() for found in re.finditer(r"=+", above.group())]
        rows: Cells = []
        for start, end in lines(text, above.end() + 1, below.start()):
            rows.append(_columns(Span(start, end), columns))
        yield rows


def _columns(line: Span, columns: Sequence[int]) -> list[Span]:
    edges = [min(line.start + column, line.end) for column in columns] + [line.end]
    return [Span(first, second) for first, second in pairwise(edges)]


def _lists(text: str, start: int, formulas: Sequence[Block]) -> Iterator[Cells]:
    """Tables written as a list of lists: ``* - first cell``, ``  - second cell``."""
    for found in _LIST_TABLE.finditer(text, start):
        rows: Cells = []
        stop = len(text)
        for at, end in lines(text, text.find("\n", found.end()) + 1 or stop, stop):
            line = text[at:end]
            cell = _LIST_CELL.match(line)
            if cell is None and (line[:1].strip() or _LIST_TABLE.match(line)):
                stop = at
                break
            if cell is not None and (cell["row"] or not rows):
                rows.append([])
            if cell is not None:
                rows[-1].append(Span(at + cell.end(), end))
            elif rows and rows[-1] and line.strip():
                rows[-1][-1] = Span(rows[-1][-1].start, end)
        if rows and _holds(formulas, found.end(), stop):
            yield rows


def formulas_in(cell: Span, formulas: Sequence[Block]) -> tuple[Block, ...]:
    """The formulas that stand in a cell."""
    first = bisect_left(formulas, cell.start, key=lambda block: block.outer.start)
    last = bisect_right(formulas, cell.end - 1, key=lambda block: block.outer.start)
    return tuple(formulas[first:last])
