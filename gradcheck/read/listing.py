"""What ``gradcheck read`` prints: every statement as understood, with places, notes, findings."""

from __future__ import annotations

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import to_key
from gradcheck.language.notation import to_text
from gradcheck.language.statement import ReadDocument, Side, Statement

_RELATIONS = {"<-": "←", "!=": "≠", "~": "≈", "<=": "≤", ">=": "≥", "in": "∈"}


def listing(read: ReadDocument, tree: bool = False) -> str:
    """All that was read, as text; with ``tree``, sides as S-expressions (`expression.to_key`)."""
    document = read.document
    lines: list[str] = []
    for statement in read.statements:
        lines += _statement(statement, document, tree)
    for finding in read.findings:
        place = _place(document, finding.span)
        lines.append(f"{place}  {finding.rule.code} {finding.rule.name}: {finding.message}")
    sides = [side for statement in read.statements for side in statement.sides]
    unread = sum(side.unread is not None for side in sides)
    lines.append(
        f"{len(read.statements)} statements, {len(sides)} sides: "
        f"{len(sides) - unread} read, {unread} not read"
    )
    return "\n".join(lines) + "\n"


def _place(document: Document, span: Span) -> str:
    line, column = document.position(span.start)
    return f"{line}:{column}"


def _statement(statement: Statement, document: Document, tree: bool) -> list[str]:
    origin = "" if statement.origin == "display" else f" ({statement.origin})"
    lines = [f"{_place(document, statement.span)}  statement {statement.number}{origin}"]
    symbols = [""] + [relation.symbol for relation in statement.relations]
    for symbol, side in zip(symbols, statement.sides, strict=True):
        shown = _RELATIONS.get(symbol, symbol)
        lines.append(f"    {shown:>2} {_side(side, document, tree)}".rstrip())
    lines += [f"    note: {note}" for note in statement.notes]
    return lines


def _side(side: Side, document: Document, tree: bool) -> str:
    if side.expression is not None:
        return to_key(side.expression) if tree else to_text(side.expression)
    assert side.unread is not None
    source = " ".join(document.source(side.span).split())
    shown = source if len(source) <= 60 else source[:57] + "..."
    hint = f" ({side.unread.hint})" if side.unread.hint else ""
    place = _place(document, side.unread.span)
    return f"NOT READ at {place}: {side.unread.reason}{hint}: {shown}".rstrip(": ")
