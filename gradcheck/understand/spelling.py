"""Other ways to write an equation, brought into the usual one before anybody asks what it means.

``w x + b = z`` is written right to left; ``L_{w_1}`` is a partial of the loss. Each one that is
found is a reading, so the output names it with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gradcheck.language.expression import (
    Apply,
    Expression,
    Name,
    Partial,
    contains,
    transform,
    value_keys,
    value_names,
    walk,
)
from gradcheck.language.names import BIAS, DATA, WEIGHT
from gradcheck.language.notation import to_text
from gradcheck.language.statement import Side, Statement
from gradcheck.understand.naming import derived_for_keys, expressions_of, is_general, is_loss_name
from gradcheck.understand.readings import ReadingLog
from gradcheck.understand.slopes import with_slopes


def usual_spelling(statements: Sequence[Statement], log: ReadingLog) -> tuple[Statement, ...]:
    """The statements with partials by subscript as partials, and names on the left."""
    for statement in statements:
        first = statement.sides[0].expression
        told = any(side.expression is not None for side in statement.sides[1:])
        if statement.origin == "table" and told and first is not None:
            log.note("table", statement.span, to_text(first))
    statements = with_slopes(_partials_by_subscript(statements, log))
    lefts = set(_lefts(statements)) | derived_for_keys(tuple(statements))
    return tuple(_left_to_right(statement, lefts, log) for statement in statements)


# right to left


def _lefts(statements: Sequence[Statement]) -> Iterator[str]:
    """The names that some statement has for its first side."""
    for statement in statements:
        first = statement.sides[0].expression
        if isinstance(first, Name) and len(statement.sides) > 1:
            yield first.key


def _left_to_right(statement: Statement, lefts: set[str], log: ReadingLog) -> Statement:
    first, last = statement.sides[0].expression, statement.sides[-1].expression
    if len(statement.sides) < 2 or any(r.symbol != "=" for r in statement.relations):
        return statement
    if first is None or last is None or contains(first, Partial) or isinstance(first, Name):
        return statement
    if isinstance(last, Partial):
        turned = isinstance(last.of, Name) and is_loss_name(last.of) and isinstance(last.by, Name)
    else:
        turned = isinstance(last, Name) and _is_defined_by(last, first, lefts)
    if not turned:
        return statement
    log.note("right-to-left", statement.span, to_text(last))
    return replace(statement, sides=statement.sides[::-1], relations=statement.relations[::-1])


def _is_defined_by(name: Name, body: Expression, lefts: set[str]) -> bool:
    """Whether ``body = name`` may define the name: nothing else does, and it is no data."""
    data = name.base.lower() in DATA and not name.accent
    if name.key in lefts or is_general(name) or data:
        return False
    primed = any(isinstance(node, Apply) and node.order for node in walk(body))
    keys = set(value_keys(body)) - {"e"}
    return bool(keys) and name.key not in keys and not primed


# partials by subscript


def _partials_by_subscript(
    statements: Sequence[Statement], log: ReadingLog
) -> tuple[Statement, ...]:
    """``L_{w_1} = …`` is ∂L/∂w_1, where w_1 is a name and no loss adds L_{w_1} up."""
    meant = _subscript_partials(statements)
    if not meant:
        return tuple(statements)

    def change(node: Expression) -> Expression:
        if not isinstance(node, Name) or node.key not in meant:
            return node
        by = replace(meant[node.key], span=node.span)
        partial = Partial(replace(node, subscript=""), by, span=node.span)
        log.note("partial-by-subscript", node.span, to_text(node), to_text(partial))
        return partial

    def changed(side: Side) -> Side:
        if side.expression is None:
            return side
        return replace(side, expression=transform(side.expression, change))

    return tuple(replace(s, sides=tuple(changed(side) for side in s.sides)) for s in statements)


def _subscript_partials(statements: Sequence[Statement]) -> Mapping[str, Name]:
    """Which names are partials, by their keys, with what each one is differentiated by."""
    names = {
        _plain(node.key): node
        for expression in expressions_of(statements)
        for node in value_names(expression)
        if not is_loss_name(node)
    }
    derived = derived_for_keys(tuple(statements))
    found: dict[str, Name] = {}
    added_up: set[str] = set()
    for statement in statements:
        first = statement.sides[0].expression
        if isinstance(first, Name) and is_loss_name(first):
            if len(statement.sides) > 1 and (by := names.get(_plain(first.subscript))) is not None:
                typical = by.base in WEIGHT.names() or by.base in BIAS.names() or by.key in derived
                if typical and first.subscript:
                    found[first.key] = by
            for side in statement.sides[1:]:
                added_up |= set(value_keys(side.expression)) if side.expression else set()
    return {key: by for key, by in found.items() if key not in added_up}


def _plain(key: str) -> str:
    """A key without what sets a subscript apart: ``w_1`` and ``w1`` are written alike in one."""
    return re.sub(r"[_{}]", "", key)
