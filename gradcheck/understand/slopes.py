"""Slopes of functions at any number: ``\\frac{d\\sigma}{dz} = \\sigma(z)(1 - \\sigma(z))``.

Where the z is no value of the document, that is a statement about σ'(z); so is ``σ' = σ(1 - σ)``,
where the number is not even written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.language.expression import (
    Apply,
    Expression,
    FunctionName,
    Name,
    Partial,
    value_keys,
    walk,
    with_children,
)
from gradcheck.language.functions import BY_NAME
from gradcheck.language.statement import Statement
from gradcheck.understand.naming import expressions_of, is_loss_name

_ANY = ("z", "u", "t", "s", "v", "q")
"""Names for any number, the usual ones first."""


def with_slopes(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements with such derivatives as primes: σ'(z)."""
    values = _values(statements)
    heads = {node.function.key for e in expressions_of(statements) for node in _calls(e)}
    functions = (heads | set(BY_NAME)) - values
    free = next(name for name in (*_ANY, "any") if name not in values)
    return tuple(_with_slope(s, functions, values, free) for s in statements)


def _with_slope(
    statement: Statement, functions: set[str], values: set[str], free: str
) -> Statement:
    head = statement.sides[0].expression
    found = _slope(head, functions, values, free)
    if found is None:
        return statement
    function, by = found
    sides = []
    for side in statement.sides:
        expression = side.expression
        if expression is not None and not set(value_keys(expression)) - {function.key, by.key, "e"}:
            expression = _at(expression, function, by)
        sides.append(replace(side, expression=expression))
    return replace(statement, sides=tuple(sides))


def _slope(
    head: Expression | None, functions: set[str], values: set[str], free: str
) -> tuple[Name, Name] | None:
    """The function and the variable of a derivative at the head of a chain."""
    match head:
        case Partial(of=of, by=Name() as by, order=1) if by.key not in values:
            function = of.function if isinstance(of, (Apply, FunctionName)) else of
            inner = of.arguments if isinstance(of, Apply) else (by,)
            if isinstance(function, Name) and function.key in functions and inner == (by,):
                return function, by
        case FunctionName(function=function, order=1) if function.key in functions:
            return function, Name(free)
    return None


def _at(node: Expression, function: Name, by: Name) -> Expression:
    """``σ`` as ``σ(z)``, ``σ'`` and ``dσ/dz`` as ``σ'(z)``, wherever they stand."""
    argument = replace(by, span=node.span)
    match node:
        case Name(key=key):
            return Apply(function, (argument,), span=node.span) if key == function.key else node
        case FunctionName(function=own, order=order):
            return Apply(function, (argument,), order, span=node.span) if own == function else node
        case Partial(of=of) if of in (function, Apply(function, (by,))):
            return Apply(function, (argument,), 1, span=node.span)
        case Apply(function=own, arguments=arguments):
            inner: tuple[Expression, ...] = (own, *(_at(a, function, by) for a in arguments))
        case _:
            inner = tuple(_at(child, function, by) for child in node.children())
    return with_children(node, inner) if inner else node


def _calls(expression: Expression) -> Iterator[Apply]:
    return (node for node in walk(expression) if isinstance(node, Apply))


def _values(statements: Sequence[Statement]) -> set[str]:
    """The names that equations are about: on the left, and in what defines them; losses."""
    found: set[str] = set()
    for statement in statements:
        head = statement.sides[0].expression
        if len(statement.sides) < 2 or not isinstance(head, (Name, Apply)):
            continue
        formals = set(value_keys(head)) if isinstance(head, Apply) else {"e"}
        keys = {
            key
            for side in statement.sides[1:]
            if side.expression is not None
            for key in value_keys(side.expression)
        }
        found |= keys - formals
        if isinstance(head, Name):
            found.add(head.key)
        elif keys - formals - {"e"} or is_loss_name(head.function):
            found.add(head.function.key)  # f(x) = w x + b is a model, no function to apply
    return found
