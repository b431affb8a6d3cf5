"""Tables of equations: a row ``| $\\partial L/\\partial w$ | $(\\hat{y} - y) x$ |`` is an equation.

A cell that is an entire left side goes with the cell to its right, one in the heading with the cell
below it. What a gradient's cell goes with must be told or the cell is not read: never silence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Apply, Expression, Name, Partial
from gradcheck.read import limits
from gradcheck.read.blocks import Block
from gradcheck.read.brackets import pair
from gradcheck.read.cursor import lines, lines_back
from gradcheck.read.drafting import split
from gradcheck.read.known_names import Known, is_code_gradient
from gradcheck.read.lexer import Token
from gradcheck.read.parser import parse_side
from gradcheck.read.table_markup import formulas_in, marked_tables
from gradcheck.read.tokens import tokens_of

_RULE = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\r?$")
_NO_EQUATION = re.compile(
    r"\b(?:shapes?|sizes?|dim(?:ension)?s?|meaning|descriptions?|types?|units?|values?|ranges?"
    r"|domains?|initial\w*|init|notation|interpretation|remarks?|comments?|why|python|code)\b",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\bvalues?\b", re.IGNORECASE)
_GRADIENT = re.compile(r"\b(?:gradients?|derivatives?|partials?)\b|∂|\\partial", re.IGNORECASE)
_FORMULA_LIKE = re.compile(r"`[^`]*[-+*/^=]|[∂σŷ·−²₁₂½]")
_ONLY = re.compile(
    r"(?:[\s*_:.,=]|</?\w+[^<>]*>"
    r"|\\(?:[hc]line|toprule|midrule|bottomrule|centering)(?:\{[^{}]*\})?)*"
)
"""What may stand in a cell beside the formula that it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """Two cells that are one equation; ``right`` is None if it cannot be told, then ``reason``.

    ``gradient`` says that the heading makes a parameter's name stand for the gradient by it.
    """

    left: Block
    right: Block | None
    reason: str = ""
    gradient: bool = False


@dataclass(frozen=True, slots=True)
class _Cell:
    span: Span
    formulas: tuple[Block, ...]
    text: str  # what stands beside the formulas

    @property
    def formula(self) -> Block | None:
        """The formula that the cell is, if it is nothing else."""
        one = len(self.formulas) == 1 and _ONLY.fullmatch(self.text)
        return self.formulas[0] if one else None


def equation_rows(document: Document, formulas: Sequence[Block]) -> Iterator[Row]:
    """The equations that the tables of a document are, in document order."""
    marked = (
        ([_filled(document, cell, formulas) for cell in row] for row in rows if row)
        for rows in marked_tables(document, formulas)
    )
    told: set[Block] = set()
    for row in _rows_of(document, (*_tables(document, formulas), *map(_headed, marked))):
        if row.left not in told and row.right not in told:  # a table within a table
            told |= {row.left} if row.right is None else {row.left, row.right}
            yield row


def _headed(rows: Iterator[list[_Cell]]) -> tuple[list[_Cell], list[list[_Cell]]]:
    """A table's first row and the others."""
    cells = [row for row in rows if any(cell.formulas or cell.text.strip() for cell in row)]
    return (cells[0], cells[1:]) if cells else ([], [])


def _filled(document: Document, cell: Span, formulas: Sequence[Block]) -> _Cell:
    return _cell(document.text, cell.start, cell.end, formulas_in(cell, formulas))


def _rows_of(
    document: Document, tables: Sequence[tuple[list[_Cell], list[list[_Cell]]]]
) -> Iterator[Row]:
    for heading, rows in tables:
        first = _across(heading, [], document) if not _gradients(heading, document)[1:] else None
        if first is not None and first.right is not None:
            yield first  # a table without a heading
        for row in rows:
            found = _across(row, heading, document)
            if found is not None:
                yield found
        if first is None:
            yield from _down(heading, rows, document)


# finding the cells


def _tables(
    document: Document, formulas: Sequence[Block]
) -> Iterator[tuple[list[_Cell], list[list[_Cell]]]]:
    """Heading and rows of every Markdown table that holds a formula."""
    text = document.text
    starts = [block.outer.start for block in formulas]
    seen = document.body_start
    for block in formulas:
        if block.outer.start < seen:
            continue
        start, end = _line(text, block.outer.start)
        above = _lines_above(text, start, seen)
        seen = end
        if "|" not in text[start:end]:
            continue
        rule = next((k for k, line in enumerate(above) if _is_rule(text, line)), None)
        if rule is None:
            below = _line(text, end + 1)
            if not _is_rule(text, below) and not _is_row(text, (start, end)):
                continue
            heading, at = (start, end), below[1] + 1 if _is_rule(text, below) else end + 1
        else:
            heading = above[rule + 1] if rule + 1 < len(above) else above[rule]
            at = above[rule][1] + 1
        rows = []
        for line in lines(text, at, len(text)):
            if "|" not in text[line[0] : line[1]]:
                break
            rows.append(line)
        seen = rows[-1][1] if rows else seen
        cells = [_cells(text, line, formulas, starts) for line in (heading, *rows)]
        yield cells[0], cells[1:]


def _line(text: str, at: int) -> tuple[int, int]:
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _lines_above(text: str, start: int, limit: int) -> list[tuple[int, int]]:
    """The lines of the table above a line, the nearest first."""
    found = []
    for line in lines_back(text, start, limit):
        if "|" not in text[line[0] : line[1]] and not _is_rule(text, line):
            break
        found.append(line)
    return found


def _is_rule(text: str, line: tuple[int, int]) -> bool:
    content = text[line[0] : min(line[1], line[0] + 2_000)]
    return "|" in content and bool(_RULE.match(content))


def _is_row(text: str, line: tuple[int, int]) -> bool:
    """Whether a line without a rule above or below is set as a row, and speaks of a gradient."""
    content = text[line[0] : min(line[1], line[0] + 2_000)].strip(" \t>\r")
    return content[:1] == "|" == content[-1:] and bool(_GRADIENT.search(content))


def _cells(
    text: str, line: tuple[int, int], blocks: Sequence[Block], starts: list[int]
) -> list[_Cell]:
    inside = []
    for block in blocks[bisect_left(starts, line[0]) :]:
        if block.outer.start >= line[1]:
            break
        inside.append(block)
    bars = []
    at = line[0]
    for held in (*(block.outer for block in inside), Span(line[1], line[1])):
        bars += [k for k in range(at, held.start) if text[k] == "|" and text[k - 1] != "\\"]
        at = held.end
    edges = [line[0] - 1, *bars, line[1]]
    cells = []
    for before, after in pairwise(edges):
        formulas = tuple(b for b in inside if before < b.outer.start < after)
        cells.append(_cell(text, before + 1, after, formulas))
    return cells[1:] if bars and not text[line[0] : bars[0]].strip(" \t>") else cells


def _cell(text: str, start: int, end: int, held: tuple[Block, ...]) -> _Cell:
    beside, at = "", start
    for block in held:
        beside += text[at : block.outer.start]
        at = block.outer.end
    return _Cell(Span(start, end), held, beside + text[at:end])


# what the cells say


def _across(row: list[_Cell], heading: list[_Cell], document: Document) -> Row | None:
    for at, cell in enumerate(row[:-1]):
        left = None if cell.formula is None else _left_side(document, cell.formula)
        if cell.formula is None or left is None:
            continue
        follows = row[at + 1]
        title = _title(heading, at + 1, document)
        gradient = isinstance(left, Partial)
        number = follows.formula is not None and not _names_something(document, follows.formula)
        if _NO_EQUATION.search(title) and not (gradient and _VALUE.search(title) and not number):
            return None
        if follows.formula is not None and _is_right_side(document, follows.formula):
            named = _stands_for_gradient(left, title) and not _gradients(heading, document)[1:]
            if gradient or named or _computes(document, follows.formula):
                return Row(cell.formula, follows.formula, gradient=named)
            return None
        rest = row[at + 1 :]
        told = any(c.formulas or _FORMULA_LIKE.search(c.text) for c in rest)
        if gradient and told:
            return Row(cell.formula, None, _UNTOLD)
        return None
    return None


_UNTOLD = "a gradient in a table, and no cell beside it that is one formula"


def _down(heading: list[_Cell], rows: list[list[_Cell]], document: Document) -> Iterator[Row]:
    """A gradient in the heading: what stands below it, if that is one formula."""
    for at, formula in _gradients(heading, document):
        below = [row[at] for row in rows if at < len(row) and row[at].formulas]
        if any(_gradients(below, document)):
            continue
        if len(below) == 1 and below[0].formula and _is_right_side(document, below[0].formula):
            yield Row(formula, below[0].formula)
        elif below:
            yield Row(formula, None, "a gradient heads a column that is not one formula")


def _gradients(cells: list[_Cell], document: Document) -> list[tuple[int, Block]]:
    """The cells that are nothing but a gradient, each with its column."""
    formulas = [(at, cell.formula) for at, cell in enumerate(cells)]
    return [
        (at, formula)
        for at, formula in formulas
        if formula is not None and isinstance(_left_side(document, formula), Partial)
    ]


def _title(heading: list[_Cell], at: int, document: Document) -> str:
    return document.source(heading[at].span).strip() if at < len(heading) else ""


def _tokens(document: Document, block: Block, left: bool) -> list[Token] | None:
    """The tokens of a cell that is one side, perhaps with the relation that joins it."""
    tokens = tokens_of(document.text, block)
    if pair(tokens) > limits.DEPTH:
        return None
    drafts = split(tokens)
    if len(drafts) != 1:
        return None
    draft = drafts[0]
    joined = draft.dangles and len(draft.relations) == 1 if left else draft.leads
    if draft.relations and not joined:
        return None
    return draft.sides[0] if left else draft.sides[-1]


def _left_side(document: Document, block: Block) -> Expression | None:
    """What a cell names, if it can be a left side: a name, a function of names, a partial."""
    tokens = _tokens(document, block, left=True)
    if not tokens or len(tokens) > 60:
        return None
    expression = parse_side(list(tokens), block.content, Known(), []).expression
    if isinstance(expression, Partial):
        return expression
    if isinstance(expression, Name):
        if is_code_gradient(expression.base):
            return Partial(Name("loss"), expression)
        return expression
    is_call = isinstance(expression, Apply) and all(
        isinstance(argument, Name) for argument in expression.arguments
    )
    return expression if is_call else None


def _is_right_side(document: Document, block: Block) -> bool:
    return bool(_tokens(document, block, left=False))


def _names_something(document: Document, block: Block) -> bool:
    """Whether a cell is more than a number: the value of a gradient may be a formula."""
    tokens = _tokens(document, block, left=False) or []
    return any(token.kind in ("word", "name", "command", "text") for token in tokens)


def _computes(document: Document, block: Block) -> bool:
    """Whether a cell beside a plain name computes something: ``n \\times d`` is a shape."""
    tokens = _tokens(document, block, left=False) or []
    called = any(
        after.value == "(" and token.kind in ("command", "word", "operator", "prime")
        for token, after in pairwise(tokens)
    )
    return called or any(t.kind == "add" or t.value in ("frac", "sum") for t in tokens)


def _stands_for_gradient(left: Expression, title: str) -> bool:
    """Whether a parameter's name in a column of gradients means the gradient by it."""
    plain = isinstance(left, Name) and len(left.base) == 1 and not left.accent
    return plain and bool(_GRADIENT.search(title))
