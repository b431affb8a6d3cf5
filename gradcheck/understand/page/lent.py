"""A page below which the definitions of a reference stand: what it is judged against.

The reference is set after the page's own text, so that the page's places stay what they are. Its
claims are left out: it lends definitions only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from gradcheck.language.document import NOWHERE, Document, Part, Span
from gradcheck.language.expression import Expression, Name, Partial, contains, value_names
from gradcheck.language.statement import ReadDocument, Statement
from gradcheck.understand.page.order import InOrder, in_order
from gradcheck.understand.page.renaming import Renaming

T = TypeVar("T")


def lent(read: ReadDocument, reference: ReadDocument) -> tuple[ReadDocument, int]:
    """A page with the definitions of a reference below it, and where those begin.

    What the page calls otherwise goes by the page's name.
    """
    document = _joined(read.document, reference.document)
    start = len(document.text) - len(reference.document.text)
    number = 1 + max((s.number for s in read.statements), default=-1)
    order = in_order(reference)
    forward = _forward(order)
    definitions = [s for s in reference.statements if _is_lent(s, order, forward)]
    change = Renaming(order, in_order(read)).change()
    below = [
        replace(_moved(_changed(statement, change), start), number=number + k)
        for k, statement in enumerate(definitions)
    ]
    prose = (*read.prose, *(_moved(span, start) for span in reference.prose))
    whole = replace(read, document=document, statements=(*read.statements, *below), prose=prose)
    return whole, start


def _joined(document: Document, reference: Document) -> Document:
    """One text with both, in which every line knows its file."""
    text = document.text + "\n\n" * (not document.text.endswith("\n\n"))
    line = text.count("\n") + 1
    parts = (*document.parts, Part(reference.path, line, 1))
    return replace(document, text=text + reference.text, parts=parts)


def _forward(order: InOrder) -> frozenset[str]:
    """The symbols of the losses, and of what they are computed from."""
    bodies = {order.symbol(b.name): b.body for b in order.bindings}
    waiting = [order.symbol(b.name) for b in order.losses]
    seen: set[str] = set()
    while waiting:
        symbol = waiting.pop()
        if symbol not in seen:
            seen.add(symbol)
            body = bodies.get(symbol)
            waiting += [order.symbol(n) for n in value_names(body)] if body is not None else []
    return frozenset(seen)


def _is_lent(statement: Statement, order: InOrder, forward: frozenset[str]) -> bool:
    """Whether it says something of the network: no gradient, and no helper of one."""
    head = statement.sides[0].expression
    if isinstance(head, Name) and len(statement.sides) > 1 and order.symbol(head) not in forward:
        return False
    return not _derives(statement)


def _derives(statement: Statement) -> bool:
    return any(s.expression is not None and contains(s.expression, Partial)
               for s in statement.sides)  # fmt: skip


def _moved(value: T, by: int) -> T:
    """The same with every place in it moved."""
    if isinstance(value, Span):
        return value if value == NOWHERE else type(value)(value.start + by, value.end + by)
    if isinstance(value, tuple):
        return type(value)(_moved(item, by) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        new = {name: _moved(item, by) for name, item in held.items()}
        changed = {name: item for name, item in new.items() if item is not held[name]}
        return replace(value, **changed)
    return value


def _changed(statement: Statement, change: Callable[[Expression], Expression]) -> Statement:
    sides = tuple(
        side if side.expression is None else replace(side, expression=change(side.expression))
        for side in statement.sides
    )
    return replace(statement, sides=sides)
