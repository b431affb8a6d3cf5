"""Diagnosis: what a wrong claim got wrong, from the factored quotient of claim and truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    contains,
    to_key,
)
from gradcheck.language.finding import RULES, Rule
from gradcheck.language.functions import BY_OUTPUT
from gradcheck.language.model import Model
from gradcheck.language.notation import to_text

if TYPE_CHECKING:
    from gradcheck.explain.mending.mend import Mend


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The rule that a wrong claim breaks, and the quotient in words ("extra factor x")."""

    rule: Rule
    words: str


def diagnose(
    quotient: Expression | None,
    count: str | None,
    constant: bool = False,
    *,
    difference: Expression | None = None,
    mend: Mend | None = None,
    model: Model | None = None,
) -> Diagnosis:
    """Name the mistake from ``quotient`` = claim ÷ truth, where it is a simple product.

    ``count`` is the sample count's key. ``constant``: the claim holds up to a constant that the
    other gradients do not leave out. ``mend`` is the smallest edit under which the claim holds: it
    names the mistake best, but for the derivative of an activation, which the quotient shows
    whole. ``model`` tells which names are activations, ``difference`` = claim - truth whether the
    sides differ by a term only.
    """
    if constant:
        return Diagnosis(RULES["GC104"], "wrong constant")
    slope = _of_activation(quotient, count, model)
    if slope is not None and (mend is None or mend.rule.code in _FACTORS):
        return slope
    if mend is not None:
        return Diagnosis(mend.rule, mend.words)
    found = _from_quotient(quotient, count)
    if found.words or difference is None or not _is_term(difference):
        return found
    return _from_difference(difference)


_FACTORS = frozenset({"GC101", "GC102", "GC106", "GC122", "GC123", "GC124", "GC129"})
"""Rules of mends that the derivative of an activation explains better."""


def _from_quotient(quotient: Expression | None, count: str | None) -> Diagnosis:
    if quotient is None:
        return Diagnosis(RULES["GC105"], "")
    parts = _Parts()
    _collect(quotient, 1, parts, count)
    over = "·".join(_shown(f, p) for f, p in parts.factors if p > 0)
    under = "·".join(_shown(f, -p) for f, p in parts.factors if p < 0)
    sign = "wrong sign" if parts.number < 0 else ""
    if not over and not under:
        if isinstance(quotient, Sum) or contains(quotient, Sum):
            return Diagnosis(RULES["GC105"], "")
        rule = RULES["GC103"] if sign else RULES["GC130"]
        return Diagnosis(rule, sign or f"the claim is {parts.number} times the gradient")
    if any(" " in to_text(f) for f, _ in parts.factors) and (over and under):
        return Diagnosis(RULES["GC105"], "")
    if over and under:
        return Diagnosis(RULES["GC106"], _and(f"{over} stands where {under} belongs", sign))
    if over:
        return Diagnosis(RULES["GC101"], _and(f"extra factor {over}", sign))
    return Diagnosis(RULES["GC102"], _and(f"missing factor {under}", sign))


def _is_term(node: Expression) -> bool:
    """Whether a difference is one term, short enough to be named."""
    core = node.operand if isinstance(node, Negate) else node
    return not contains(core, Add) and len(to_text(core)) <= 30


def _from_difference(difference: Expression) -> Diagnosis:
    if isinstance(difference, Negate):
        words = f"the term {to_text(difference.operand)} is missing"
        return Diagnosis(RULES["GC134"], words)
    return Diagnosis(RULES["GC133"], f"the term {to_text(difference)} is too much")


def _of_activation(
    quotient: Expression | None, count: str | None, model: Model | None
) -> Diagnosis | None:
    """The derivative of an activation missing, standing twice, or that of another activation."""
    if quotient is None or model is None:
        return None
    parts = _Parts()
    _collect(quotient, 1, parts, count)
    if parts.number < 0:
        return None
    powers = {to_key(factor): power for factor, power in parts.factors}
    for key, body in model.definitions.items():
        if not isinstance(body, Apply) or body.order or len(body.arguments) != 1:
            continue
        shown = to_text(model.names.get(key, Name(key)))
        for rule, words, shape in _slopes(key, body.function.key):
            if _matches(powers, shape):
                return Diagnosis(RULES[rule], words.format(shown))
    return None


def _slopes(key: str, function: str) -> list[tuple[str, str, dict[str, int]]]:
    """What the quotient is when an activation's derivative is missing, doubled or another's.

    Each shape is a product of powers of a, 1 - a and 1 + a, for a = sigmoid or a = tanh.
    """
    shapes = {row.name: Counter(f.format(key) for f in row.factors) for row in BY_OUTPUT}
    if function not in shapes:
        return []
    slope = shapes.pop(function)
    found = [
        ("GC122", "the derivative of {0} is missing", {k: -p for k, p in slope.items()}),
        ("GC123", "the derivative of {0} stands twice", dict(slope)),
    ]
    for foreign, other in shapes.items():
        wrong = {k: other[k] - slope[k] for k in (*other, *slope) if other[k] != slope[k]}
        found.append(("GC124", f"the derivative of {foreign}, but {{0}} is a {function}", wrong))
    return found


def _matches(powers: dict[str, int], shape: dict[str, int]) -> bool:
    """Whether a quotient's factors are this shape, each factor in whatever form it is written."""
    found: dict[str, int] = {}
    for text, power in powers.items():
        for base, exponent in _standard(text, shape):
            found[base] = found.get(base, 0) + power * exponent
    return {k: p for k, p in found.items() if p} == shape


def _standard(text: str, shape: dict[str, int]) -> list[tuple[str, int]]:
    """A factor's key as powers of a, 1 - a and 1 + a; signs are taken care of elsewhere."""
    keys = {base.removeprefix("1-").removeprefix("1+") for base in shape}
    for key in sorted(keys):
        if text in (f"(+ 1 (- {key}))", f"(+ (- {key}) 1)", f"(+ {key} (- 1))"):
            return [(f"1-{key}", 1)]
        if text in (f"(+ 1 {key})", f"(+ {key} 1)"):
            return [(f"1+{key}", 1)]
        if text in (f"(+ 1 (- (^ {key} 2)))", f"(+ (- (^ {key} 2)) 1)"):
            return [(f"1-{key}", 1), (f"1+{key}", 1)]
    return [(text, 1)]


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
