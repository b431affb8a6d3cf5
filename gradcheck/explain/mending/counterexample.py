"""Counterexamples that a person can follow: small fractions, both sides exact.

An activation's value is chosen and its bias follows: with a_1 = 2/3 for a sigmoid, b_1 is
ln 2 - w_1 x, and everything else that a gradient needs is a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gradcheck.explain.mending.choosing import chosen_points
from gradcheck.explain.mending.context import MendContext
from gradcheck.explain.mending.exact import Exact, Irrational
from gradcheck.explain.mending.numpy_code import snippet
from gradcheck.language.expression import Apply, Expression, Name, names_in, walk
from gradcheck.language.model import Model
from gradcheck.language.notation import to_text


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which two sides differ: one sample, everything a fraction.

    ``values`` are shown names with their values, parameters and data first; ``chosen`` says how a
    bias follows from the activation ("b_1 = ln 2 - z_1 without b_1"). ``left`` and ``right`` are
    both sides, exact. A sum over the samples is this one sample's part.
    """

    values: tuple[tuple[str, Fraction], ...]
    chosen: tuple[str, ...]
    left: Fraction
    right: Fraction
    code: str

    def as_numpy(self) -> str:
        """A snippet ready to paste that prints both sides."""
        return self.code

    def as_text(self) -> str:
        """In words: ``x = 3, a_1 = 2/3, …: the gradient is 4/9, the line gives 2/3``."""
        shown = ", ".join(f"{name} = {value}" for name, value in self.values)
        return f"at {shown}: it is {self.left}, the line gives {self.right}"


def counterexample(
    context: MendContext, left: Expression, right: Expression
) -> Counterexample | None:
    """A point of small fractions at which ``left`` and ``right`` (both resolved) differ.

    None where no such point was found among the few that are tried; a witness of many digits still
    may.
    """
    model = context.judge.forms.one
    for point in chosen_points(model, (left, right)):
        try:
            values = point.value(left), point.value(right)
        except (Irrational, ZeroDivisionError, ValueError):
            continue
        if values[0] != values[1] and _in_domain(model, point):
            return _shown(context, model, point, left, right, values)
    return None


def _in_domain(model: Model, point: Exact) -> bool:
    """Whether the loss has a value there, as far as fractions can tell."""
    for key in model.ancestors(model.loss):
        for node in walk(model.definitions[key]):
            if isinstance(node, Apply) and node.function.key in ("log", "sqrt"):
                try:
                    if point.value(node.arguments[0]) <= 0:
                        return False
                except (Irrational, ZeroDivisionError, ValueError):
                    continue
    return True


def _shown(
    context: MendContext,
    model: Model,
    point: Exact,
    left: Expression,
    right: Expression,
    values: tuple[Fraction, Fraction],
) -> Counterexample:
    """The point with the names that the two sides need, and the snippet."""
    needed = _needed(model, (left, right))
    shown: list[tuple[str, Fraction]] = []
    for key in [*point.free, *point.solved, *model.definitions]:
        if key not in needed:
            continue
        try:
            value = point.value(Name(key))
        except (Irrational, ZeroDivisionError):
            continue
        shown.append((to_text(context.named(key)), value))
    bodies = {body: key for key, body in reversed(model.definitions.items())}
    chosen = []
    for choice in point.chosen:
        own = bodies.get(choice.application)
        name = to_text(choice.application if own is None else context.named(own))
        if choice.solved in needed:
            solved = to_text(context.named(choice.solved))
            chosen.append(f"{solved} so that {name} = {choice.value}")
        if choice.solved in needed and own is None:
            shown.append((name, choice.value))
    code = snippet(model, point.free, point.chosen, left, right)
    return Counterexample(tuple(shown), tuple(chosen), *values, code)


def _needed(model: Model, sides: tuple[Expression, ...]) -> set[str]:
    """The names that occur on the sides, and what they are computed from, the loss left out."""
    found: set[str] = set()
    waiting = [key for side in sides for key in sorted(names_in(side))]
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        found.add(key)
        if key in model.definitions:
            waiting += sorted(names_in(model.definitions[key]))
    return found - {model.loss}
