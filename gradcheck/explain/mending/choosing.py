"""Points of small fractions: what an activation gives is chosen, and a free name follows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.explain.mending.exact import Chosen, Exact, Irrational
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    names_in,
    walk,
)
from gradcheck.language.functions import FUNCTIONS, NUMBERS
from gradcheck.language.model import Model

F = Fraction
_CHOICES = {
    "sigmoid": ((F(2, 3), F(2)), (F(3, 4), F(3)), (F(4, 5), F(4)), (F(5, 6), F(5))),
    "tanh": ((F(3, 5), F(2)), (F(4, 5), F(3)), (F(15, 17), F(4)), (F(12, 13), F(5))),
    "exp": ((F(1, 2), F(1, 2)), (F(1, 3), F(1, 3)), (F(2), F(2)), (F(3), F(3))),
}
"""Value of the function, and the number whose logarithm its argument is."""

_AT_ZERO = {"sigmoid": F(1, 2), "tanh": F(0), "exp": F(1)}
_ABSTRACT = ((F(2, 3), F(1, 4)), (F(3, 4), F(1, 5)), (F(4, 5), F(2, 7)))
_FREE = (
    (F(3), F(1), F(2), F(1)),
    (F(2), F(1), F(3), F(-1)),
    (F(3), F(2), F(-1), F(1, 2)),
    (F(5), F(-2), F(3), F(2)),
)
"""Of the input, w_1, w_2 and b_2, in the order in which they are tried."""

_LABELS = (F(1), F(0), F(4), F(1, 3))
_COUNTS = (F(1), F(2), F(5))


FARTHEST = 60
"""Nodes down to a name that an argument is solved for: what is written out grows with them."""


def chosen_points(model: Model, sides: tuple[Expression, ...]) -> Iterator[Exact]:
    """The points in the order in which they are tried.

    First every application gets a value of its own; then, where that leaves logarithms, the last
    one and then all get the argument 0. Where a name that was solved for is needed itself,
    another one is solved for.
    """
    applications = _applications(model, sides)
    for zeros in (0, 1, len(applications)):
        for other in range(2):
            for number in range(len(_FREE)):
                for count in _COUNTS if model.sample_count else _COUNTS[:1]:
                    free = _free(model, number, count)
                    point = _chosen(Exact(model, free), applications, number, zeros, other)
                    if point is not None:
                        yield point


def _free(model: Model, number: int, count: Fraction) -> dict[str, Fraction]:
    """Small values of all free names."""
    x, first, second, bias = _FREE[number]
    free = {key: x + 2 * at for at, key in enumerate(model.inputs)}
    free |= dict.fromkeys(model.labels, _LABELS[number])
    free |= {key: F(1, 2 + at) for at, key in enumerate(model.constants) if key not in NUMBERS}
    given = {"w_1": first, "w_2": second, "b_2": bias, "b_1": F(number + 1, 2)}
    for parameter in model.parameters:
        free[parameter.key] = given.get(parameter.role, F(2))
    if model.sample_count:
        free[model.sample_count] = count
    return free


def _applications(model: Model, sides: tuple[Expression, ...]) -> list[Apply]:
    """The applications whose values have to be chosen, inner ones first, each once."""
    found: dict[tuple[str, Expression], Apply] = {}
    root = Exact(model, {}).root
    for body in (*model.definitions.values(), *sides):
        inner_first = [node for node in walk(body) if isinstance(node, Apply)][::-1]
        for node in inner_first:
            known = node.function.key in _CHOICES
            abstract = node.function.key in model.abstract_functions
            if (known or abstract) and len(node.arguments) == 1:
                place = node.function.key, root(node.arguments[0])
                found.setdefault(place, Apply(node.function, node.arguments))
    return list(found.values())


def _chosen(
    point: Exact, applications: list[Apply], number: int, zeros: int, other: int
) -> Exact | None:
    """The point with a value for every application; None if an argument cannot be solved."""
    for at, application in enumerate(applications):
        solvable = _solvable(point, application.arguments[0])
        if not solvable:
            return None
        solved, factor = solvable[min(other, len(solvable) - 1)]
        at_zero = at >= len(applications) - zeros
        value, slope, log, abstract = _values(application.function.key, number, at, at_zero)
        choice = Chosen(application, value, slope, log, solved, factor, abstract)
        point = point.with_choice(choice)
    return point


def _values(
    function: str, number: int, at: int, at_zero: bool
) -> tuple[Fraction, Fraction, Fraction, bool]:
    """Value, slope, the number whose logarithm the argument is, and whether they are free."""
    if function not in _CHOICES:
        value, slope = _ABSTRACT[number % len(_ABSTRACT)]
        return value, slope, F(1), True
    choices = _CHOICES[function]
    value, log = choices[(number + at) % len(choices)]
    if at_zero:
        value, log = _AT_ZERO[function], F(1)
    return value, FUNCTIONS[function].derivative(value, None, None), log, False


def _solvable(point: Exact, argument: Expression) -> list[tuple[str, Fraction]]:
    """The free names that an argument is linear in, with its slope by each; slope 1 first.

    None that another application hangs on: its value is chosen already.
    """
    model = point.model
    taken: set[str] = set(point.solved)
    for choice in point.chosen:
        taken |= _below(model, choice.argument)
    within = _below(model, argument) - taken - {model.sample_count}
    found = []
    for key in point.free:
        if key not in within or not _linear(model, argument, key):
            continue
        try:
            slope = point.slope(argument, key)
        except (Irrational, ZeroDivisionError):
            continue
        if slope:
            found.append((key, slope))
    return sorted(found, key=lambda item: (abs(item[1]) != 1, item[0] in model.inputs))


def _below(model: Model, node: Expression) -> set[str]:
    """Every name that an expression is computed from."""
    found: set[str] = set()
    for name in sorted(names_in(node)):
        found |= model.below(name)
    return found


def _linear(model: Model, node: Expression, key: str) -> bool:
    """Whether a name occurs at most once, as a factor or a term, and not too far below."""
    if key not in _below(model, node):
        return True
    for _ in range(FARTHEST):
        match node:
            case Name(key=own) if own == key:
                return True
            case Name(key=own):
                node = model.definitions[own]
            case Negate(operand=operand):
                node = operand
            case Add(terms=parts) | Multiply(factors=parts):
                holding = [part for part in parts if key in _below(model, part)]
                if len(holding) != 1:
                    return False
                node = holding[0]
            case _:
                return False
    return False
