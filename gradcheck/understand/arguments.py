"""Arguments that a document names only where it uses them: ``g'(z_1)`` beside ``a_1 = g(w x + b)``.

The name is taken to be what the function is applied to in the forward equations, if there is one
such place, or one whose own name carries the same layer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gradcheck.language.expression import Apply, Expression, Name, to_key, transform, value_keys
from gradcheck.language.notation import to_text
from gradcheck.understand.bindings import Binding, CanonicalStatement, heads_applied
from gradcheck.understand.readings import ReadingLog


def with_named_arguments(
    bindings: Sequence[Binding],
    statements: Sequence[CanonicalStatement],
    trained: Sequence[str],
    log: ReadingLog,
) -> tuple[Binding, ...]:
    """The bindings, with one more for every argument that only derivatives name."""
    known = {b.key for b in bindings} | set(trained)
    known |= {key for binding in bindings for key in value_keys(binding.body)}
    found = list(bindings)
    for use in _uses(statements, known):
        name = use.arguments[0]
        assert isinstance(name, Name)
        place = _place(use.function.key, name, found)
        if name.key in known or place is None:
            continue
        known.add(name.key)
        binding, argument = place
        log.note("unnamed-argument", use.span, to_text(name), to_text(argument))
        found = [_written_with(b, name, argument) if b is binding else b for b in found]
        at = replace(binding, key=name.key, name=name, formals=(), body=argument, sides=(argument,))
        found.insert(0, replace(at, span=argument.span))
    return tuple(found)


def _uses(statements: Sequence[CanonicalStatement], known: set[str]) -> list[Apply]:
    """Derivatives of functions at a name that nothing gives a value; formal arguments left out."""
    found = []
    for statement in statements:
        head = statement.sides[0]
        formal = set(value_keys(head)) if isinstance(head, Apply) else set()
        for side in statement.sides:
            for node in heads_applied(side) if side is not None else ():
                argument = node.arguments[0]
                named = isinstance(argument, Name) and len(node.arguments) == 1
                if node.order and named and not set(value_keys(argument)) & (known | formal):
                    found.append(node)
    return found


def _place(
    function: str, name: Name, bindings: Sequence[Binding]
) -> tuple[Binding, Expression] | None:
    """Where a function is applied to a formula: the only place, or the one of the same layer."""
    places = [
        (binding, node.arguments[0])
        for binding in bindings
        if not binding.formals
        for node in heads_applied(binding.body)
        if node.function.key == function
        and not node.order
        and len(node.arguments) == 1
        and not isinstance(node.arguments[0], Name)
    ]
    if len({to_key(argument) for _, argument in places}) == 1:
        return places[0]
    alike = [place for place in places if _layer(place[0].name) == _layer(name) != ""]
    return alike[0] if len(alike) == 1 else None


def _layer(name: Name) -> str:
    return "".join(re.findall(r"\d", name.subscript or name.superscript))


def _written_with(binding: Binding, name: Name, argument: Expression) -> Binding:
    """The definition with the name where the formula stands that it is taken for."""
    key = to_key(argument)

    def change(node: Expression) -> Expression:
        return replace(name, span=node.span) if to_key(node) == key else node

    sides = tuple(transform(side, change) for side in binding.sides)
    return replace(binding, body=transform(binding.body, change), sides=sides)
