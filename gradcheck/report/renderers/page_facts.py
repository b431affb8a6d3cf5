"""What ``gradcheck read --facts`` prints: what every statement is, and what its names refer to."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Expression
from gradcheck.language.statement import ReadDocument
from gradcheck.report.renderers.terminal import cell, wrapped
from gradcheck.understand.bindings import EQUALITIES, CanonicalStatement, names_factor
from gradcheck.understand.page import page_of
from gradcheck.understand.page.assertions import Page
from gradcheck.understand.references import Reference, References

HEADERS = ("line", "is", "by", "statement", "its names", "by")
_BY = {
    "definition": "order", "update": "descending", "names a factor": "bindings",
    "not read": "parser", "mention": "parser", "no equality": "parser",
}  # fmt: skip
_ELSEWHERE = "assertions"
_LEGEND = "by: the file in gradcheck/ that decides it."


def facts(read: ReadDocument) -> str:
    """The table of a page: a row for every pair of sides that a relation joins."""
    from tabulate import tabulate

    page = page_of(read)
    references = References(page)
    rows = [
        row for statement in page.order.statements for row in _rows(statement, page, references)
    ]
    text = tabulate(
        rows,
        headers=HEADERS,
        tablefmt="simple",
        colalign=("right", *["left"] * 5),
        disable_numparse=True,
        preserve_whitespace=True,
    )
    axes = [line for axis in references.axes for line in wrapped(axis.words, "  ")]
    shown = "\n".join(line.rstrip() for line in text.split("\n"))
    return (
        "\n".join(
            [shown, "", _LEGEND, "", "axes" if axes else "no axes", *axes, *_data(page, read)]
        )
        + "\n"
    )


def _data(page: Page, read: ReadDocument) -> Iterator[str]:
    """What the page says of its data, and its loss."""
    for fact in page.facts.values():
        how = "" if fact.stated else " (read from the loss)"
        yield from wrapped(f"fact, {_place(read.document, fact.span)}: {fact.words}{how}", "")
    for loss in page.order.losses:
        part = ", a part of another" if page.order.is_part(loss) else ""
        words = f"loss, {_place(read.document, loss.span)}: {References(page).shown(loss.name)}"
        yield from wrapped(words + part, "")


def _rows(
    statement: CanonicalStatement, page: Page, references: References
) -> Iterator[tuple[str, ...]]:
    document = page.order.read.document
    names = [(cell(_reference(r, document), 28), r.decided) for r in references.of(statement)]
    relations = statement.statement.relations
    kinds = [_kind(statement, k, page) for k in range(len(relations))] or ["mention"]
    for k, kind in enumerate(kinds):
        sides = statement.sides[k : k + 2]
        shown = [_side(side, references) for side in sides]
        symbol = f" {relations[k].symbol} " if relations else ""
        span = statement.statement.sides[min(k + 1, len(statement.sides) - 1)].span
        told = names if not k else []
        yield (
            str(document.within(document.line_of(span))[1]), kind, _BY.get(kind, _ELSEWHERE),
            cell(symbol.join(shown), 28), "\n".join(name for name, _ in told),
            "\n".join(by + "\n" * name.count("\n") for name, by in told),
        )  # fmt: skip


def _side(side: Expression | None, references: References) -> str:
    return "(not read)" if side is None else references.text(side)


def _reference(found: Reference, document: Document) -> str:
    words = found.kind
    if found.place is not None:
        line = document.place(document.line_of(Span(found.place, found.place)))
        words = f"{line}" if found.kind == "defined" else f"{found.kind}, {line}"
    return f"{found.shown}: {words}" + (f", {found.words}" if found.words else "")


def _place(document: Document, span: Span) -> str:
    return document.place_of(span)


def _kind(statement: CanonicalStatement, k: int, page: Page) -> str:
    """What the pair of sides k and k + 1 is."""
    if statement.is_update:
        return "update"
    if statement.sides[k] is None or statement.sides[k + 1] is None:
        return "not read"
    if names_factor(statement):
        return "names a factor"
    if statement.statement.relations[k].symbol not in EQUALITIES:
        return "no equality"
    asserted = _exempt(page, statement.number, k + 1)
    if asserted:
        return asserted
    claimed = any(c.statement == statement.number and c.side == k + 1 for c in page.claims)
    return "claim" if claimed else "step"


def _exempt(page: Page, statement: int, side: int) -> str:
    """Why an assertion of a page is not judged; empty if it is."""
    found = (a.exempt for a in page.assertions if (a.statement, a.side) == (statement, side))
    return next(found, "")
