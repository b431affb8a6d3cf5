"""Diagnosis: what a wrong claim got wrong, from the factored quotient of claim and truth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gradcheck.expression import (
    Divide,
    Expression,
    Multiply,
    Negate,
    Number,
    Power,
)
from gradcheck.finding import RULES, Rule
from gradcheck.notation import to_text


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The rule that a wrong claim breaks, and the quotient in words ("extra factor x")."""

    rule: Rule
    words: str


def diagnose(quotient: Expression | None, count: str | None, constant: bool = False) -> Diagnosis:
    """Name the mistake from ``quotient`` = claim ÷ truth, where it is a simple product.

    ``count`` is the sample count's key. ``constant``: the claim holds up to a constant that the
    other gradients do not leave out.
    """
    if constant:
        return Diagnosis(RULES["GC104"], "wrong constant")
    if quotient is None:
        return Diagnosis(RULES["GC105"], "")
    parts = _Parts()
    _collect(quotient, 1, parts, count)
    over = "·".join(_shown(f, p) for f, p in parts.factors if p > 0)
    under = "·".join(_shown(f, -p) for f, p in parts.factors if p < 0)
    sign = "wrong sign" if parts.number < 0 else ""
    if not over and not under:
        rule = RULES["GC103"] if sign else RULES["GC105"]
        return Diagnosis(rule, sign or f"the claim is {parts.number} times the gradient")
    if any(" " in to_text(f) for f, _ in parts.factors) and (over and under):
        return Diagnosis(RULES["GC105"], "")
    if over and under:
        return Diagnosis(RULES["GC106"], _and(f"{over} stands where {under} belongs", sign))
    if over:
        return Diagnosis(RULES["GC101"], _and(f"extra factor {over}", sign))
    return Diagnosis(RULES["GC102"], _and(f"missing factor {under}", sign))


def _and(words: str, more: str) -> str:
    return f"{words}, {more}" if more else words


class _Parts:
    def __init__(self) -> None:
        self.number = Fraction(1)
        self.factors: list[tuple[Expression, int]] = []


def _collect(node: Expression, power: int, parts: _Parts, count: str | None) -> None:
    """Gather the number and the other factors, each with its power; powers of N are constants."""
    match node:
        case Negate(operand=operand):
            if power % 2:
                parts.number = -parts.number
            _collect(operand, power, parts, count)
        case Multiply(factors=factors):
            for factor in factors:
                _collect(factor, power, parts, count)
        case Divide(numerator=numerator, denominator=denominator):
            _collect(numerator, power, parts, count)
            _collect(denominator, -power, parts, count)
        case Power(base=base, exponent=Number(value=value)) if value.denominator == 1:
            _collect(base, power * int(value), parts, count)
        case Number(value=value):
            if value != 0:
                parts.number *= value**power
        case _:
            if to_text(node) != count:
                parts.factors.append((node, power))


def _shown(factor: Expression, power: int) -> str:
    text = to_text(factor)
    if " " in text:
        text = f"({text})"
    return text if power == 1 else f"{text}^{power}"
