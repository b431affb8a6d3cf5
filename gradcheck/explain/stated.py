"""A derivative of an activation, stated wrong: ``\\sigma'(z) = 1 - \\sigma(z)^2``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gradcheck.judge.step_verdicts import JudgedStep
from gradcheck.language.document import Document
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Negate,
    Number,
    Power,
    to_key,
    walk,
)
from gradcheck.language.finding import RULES, Rule
from gradcheck.language.functions import BY_OUTPUT

_POINTS = tuple(Fraction(n, 7) for n in (1, 2, 3, 5))


@dataclass(frozen=True, slots=True)
class Stated:
    """What is wrong with a stated derivative, and how it reads in the author's own letters."""

    rule: Rule | None
    words: str
    suggestion: str


def stated(step: JudgedStep, document: Document) -> Stated | None:
    """The mistake in a derivative of sigmoid or tanh that is given by the function itself."""
    left, right, written = (
        step.step.left_expression, step.step.right_expression, step.step.right_written
    )  # fmt: skip
    if not isinstance(left, Apply) or left.order != 1 or right is None or written is None:
        return None
    row = next((row for row in BY_OUTPUT if row.name == left.function.key), None)
    if row is None:
        return None
    value = next((node for node in walk(written) if _is_value(node)), None)
    if value is None:
        return None
    try:
        values = [_at(right, to_key(Apply(left.function, left.arguments)), v) for v in _POINTS]
    except (KeyError, ZeroDivisionError):
        return None
    source = document.source(value.span)
    suggestion = row.written.format(source, f"{source}^2")
    for other in BY_OUTPUT:
        if other is not row and values == [other.derivative(v, None, None) for v in _POINTS]:
            words = f"the derivative of {other.name}, but this is the {row.name}"
            return Stated(RULES["GC124"], words, suggestion)
    if values == [-row.derivative(v, None, None) for v in _POINTS]:
        return Stated(RULES["GC103"], "wrong sign", suggestion)
    return Stated(None, "", suggestion)


def _is_value(node: Expression) -> bool:
    """The function itself, as the author writes it, with its argument or without."""
    return isinstance(node, Apply | FunctionName) and not node.order


def _at(node: Expression, key: str, value: Fraction) -> Fraction:
    """The side at one value of the function; KeyError for anything else in it."""
    if isinstance(node, Apply) and to_key(node) == key:
        return value
    match node:
        case Number(value=number):
            return Fraction(number)
        case Add(terms=terms):
            return sum((_at(term, key, value) for term in terms), Fraction(0))
        case Negate(operand=operand):
            return -_at(operand, key, value)
        case Multiply(factors=factors):
            product = Fraction(1)
            for factor in factors:
                product *= _at(factor, key, value)
            return product
        case Divide(numerator=above, denominator=below):
            return _at(above, key, value) / _at(below, key, value)
        case Power(base=base, exponent=Number(value=power)) if 0 <= power <= 4 and power == int(
            power
        ):
            return _at(base, key, value) ** int(power)
    raise KeyError(type(node).__name__)
