"""Rows that solve for something: ``p = 0.5``, ``1 = e^{-z}``, ``z = 0``.

A number put in for what the page computes holds somewhere only, as on the boundary between two
classes; what is concluded from it holds there, too, and asserts nothing of all values.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from gradcheck.language.expression import Apply, Expression, Name, Partial, value_keys, walk
from gradcheck.understand.bindings import EQUALITIES, CanonicalStatement

_FOLLOWS = re.compile(r"(?:=>|⇒|⟹|⟺|\\(?:Rightarrow|Longrightarrow|implies|iff))[\s&]*$")


def solving(
    statements: Sequence[CanonicalStatement], computed: Container[str], text: str
) -> frozenset[int]:
    """Numbers of the statements that solve; ``computed`` are keys of what the page computes."""
    found: set[int] = set()
    goes_on = False
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        if not _has_number(statement):
            goes_on = False
            continue
        head = statement.sides[0]
        begins = isinstance(head, Name) and head.key in computed and len(statement.sides) == 2
        arrow = _is_led(statement, text)
        if following is not None and _has_number(following):
            arrow = arrow or _is_led(following, text)
        if goes_on or (arrow and not isinstance(head, Name)):
            found.add(statement.number)
        goes_on = goes_on or begins or arrow
    return frozenset(found)


def _is_led(statement: CanonicalStatement, text: str) -> bool:
    """Whether an arrow stands before a statement's first side."""
    start = statement.statement.sides[0].span.start
    return bool(_FOLLOWS.search(text[max(0, start - 20) : start]))


def _has_number(statement: CanonicalStatement) -> bool:
    """Whether one side of an equation without derivatives is a number."""
    sides = [side for side in statement.sides if side is not None]
    symbols = {relation.symbol for relation in statement.statement.relations}
    if len(sides) < 2 or statement.is_update or not symbols <= EQUALITIES:
        return False
    return any(not value_keys(s) for s in sides) and not any(map(_has_slope, sides))


def _has_slope(side: Expression) -> bool:
    return any(isinstance(n, Partial) or (isinstance(n, Apply) and n.order) for n in walk(side))
