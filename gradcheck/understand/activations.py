"""Activations: which function a name means, by definition first, then by name, then by prose."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    transform,
    walk,
)
from gradcheck.language.functions import (
    BY_NAME,
    BY_OUTPUT,
    FUNCTIONS,
    NUMBERS,
    PROSE,
    UNITS,
    value_at,
)
from gradcheck.language.notation import to_text

_WITHIN = frozenset({"exp", "sigmoid", "normal_cdf", "abs"})
"""Functions that others are written with."""

_BESIDE = 24
"""Characters between a letter and the words that say what it is."""

_POINTS = (-1.7, -0.6, 0.35, 0.9, 2.3)


def recognise(formals: tuple[str, ...], body: Expression) -> str | None:
    """Which activation a definition ``g(x) = body`` is, by its values at five points, or None."""
    if len(formals) != 1:
        return None
    try:
        values = [_value(body, {formals[0]: u}) for u in _POINTS]
    except (ValueError, ZeroDivisionError, OverflowError, KeyError):
        return None
    for name in UNITS:
        pairs = zip(values, _POINTS, strict=True)
        if all(abs(v - value_at(name, u)) <= 1e-13 * (1 + abs(v)) for v, u in pairs):
            return name
    return None


def recognise_derivative(formals: tuple[str, ...], body: Expression, key: str) -> str | None:
    """Which activation has a stated derivative: ``g' = g(1-g)``: the sigmoid, ``1-g^2``: tanh.

    ``body`` may hold ``key`` applied to the formal argument.
    """
    if len(formals) != 1:
        return None
    for row in BY_OUTPUT:
        assert row.value is not None
        try:
            stated = [_value(body, {formals[0]: u}, {key: row.value}) for u in _POINTS]
        except (ValueError, ZeroDivisionError, OverflowError, KeyError):
            return None
        true = [value_at(row.name, u, 1) for u in _POINTS]
        if all(abs(a - b) < 1e-8 for a, b in zip(stated, true, strict=True)):
            return row.name
    return None


def _value(
    node: Expression,
    names: Mapping[str, float],
    functions: Mapping[str, Callable[[float], float]] | None = None,
) -> float:
    """The value of a formula of one variable; KeyError for what it does not know."""

    def value(inner: Expression) -> float:
        return _value(inner, names, functions)

    match node:
        case Number(value=number):
            return float(number)
        case Name():
            return {"e": math.e, **NUMBERS, **names}[node.key]
        case Add(terms=terms):
            return math.fsum(value(term) for term in terms)
        case Negate(operand=operand):
            return -value(operand)
        case Multiply(factors=factors):
            return math.prod(value(factor) for factor in factors)
        case Divide(numerator=numerator, denominator=denominator):
            return value(numerator) / value(denominator)
        case Power(base=base, exponent=exponent):
            return math.pow(value(base), value(exponent))
        case Apply(function=Name(base=base), arguments=(argument,)) if base == INDICATOR:
            return float(value(argument) > 0)
        case Apply(function=function, arguments=(argument,), order=0):
            if functions is not None and function.key in functions:
                return functions[function.key](value(argument))
            return value_at(BY_NAME[function.key], value(argument))
        case Apply(function=Name(base="max"), arguments=arguments, order=0):
            return max(value(argument) for argument in arguments)
    raise KeyError(type(node).__name__)


def from_prose(
    document: Document, prose: tuple[Span, ...], letter: str, near: int
) -> tuple[str, Span] | None:
    """An activation that the text names for an abstract function ``g`` applied at offset ``near``.

    Only a sentence that names the function's letter or says "activation" together with exactly
    one activation counts, or words within two lines of the equation. Returns it with its place.
    """
    line_near = document.position(near)[0]
    candidates: list[tuple[int, str, Span]] = []
    for span in _with_inline_formulas(document, prose):
        text = document.source(span)
        offset = 0
        for sentence in re.split(r"(?<=[.!?\n])", text):
            start = span.start + offset
            offset += len(sentence)
            says = _letter(letter).search(sentence)
            named = _named(sentence, letter)
            if len(named) != 1:
                continue
            distance = abs(document.position(start)[0] - line_near)
            about = re.search(r"activation|hidden", sentence, re.IGNORECASE)
            output = re.search(r"output|classif", sentence, re.IGNORECASE)
            hidden = re.search(r"hidden|first|layer 1", sentence, re.IGNORECASE)
            if (says or about or distance <= 3) and not (output and not hidden):
                found = Span(start, start + len(sentence))
                candidates.append((distance, named[0], found))
    kinds = {kind for _, kind, _ in candidates}
    if len(kinds) != 1:
        return None
    _, kind, span = min(candidates, key=lambda c: c[0])
    return kind, span


def _letter(letter: str) -> re.Pattern[str]:
    shown = {re.escape(letter), re.escape(to_text(Name(letter)))}
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(sorted(shown))})(?![A-Za-z])")


def _named(sentence: str, letter: str) -> list[str]:
    """The functions that a sentence names: a "leaky ReLU" is no ReLU.

    What is no activation by itself (the normal distribution's Φ) must stand beside its letter.
    """
    found = {k: m for k, p in PROSE.items() if (m := re.search(p, sentence, re.IGNORECASE))}
    whole = [
        kind
        for kind, one in found.items()
        if not any(
            other.start() <= one.start() and one.end() <= other.end()
            for name, other in found.items()
            if name != kind
        )
    ]
    letters = [match.span() for match in _letter(letter).finditer(sentence)]
    beside = [
        kind
        for kind in whole
        if any(max(found[kind].start() - e, s - found[kind].end()) <= _BESIDE for s, e in letters)
    ]
    others = [kind for kind in beside if not FUNCTIONS[kind].unit]
    return others or [kind for kind in whole if FUNCTIONS[kind].unit]


def _with_inline_formulas(document: Document, prose: tuple[Span, ...]) -> list[Span]:
    """Prose with the short formulas inside its lines: ``where $g$ is the hyperbolic tangent``."""
    merged: list[Span] = []
    for span in prose:
        gap = document.text[merged[-1].end : span.start] if merged else "\n"
        if len(gap) <= 40 and "\n" not in gap:
            merged[-1] = merged[-1].cover(span)
        else:
            merged.append(span)
    return merged


def shape_of(expression: Expression) -> tuple[str, Expression] | None:
    """``1/(1+e^{-u})`` is (sigmoid, u), ``log(1+e^u)`` (softplus, u); ``g(u)`` is (g, u)."""
    applied = None
    if isinstance(expression, Apply) and len(expression.arguments) == 1 and not expression.order:
        applied = expression.function.key, expression.arguments[0]
    inner = _inside(expression) if applied is None or applied[0] == "log" else None
    if inner is None:
        return applied
    for argument, stand_in in ((inner, Name("x")), (Negate(inner), Negate(Name("x")))):
        name = recognise(("x",), _replace(expression, inner, stand_in))
        if name is not None:
            return name, argument
    return applied


def _inside(expression: Expression) -> Expression | None:
    """What a formula may be a function of: u in ``1/(1 + e^{-u})``, ``u σ(u)``, ``u/(1 + |u|)``."""
    for node in walk(expression):
        if isinstance(node, Apply) and not node.order and node.function.key in _WITHIN:
            argument = node.arguments[0]
            return argument.operand if isinstance(argument, Negate) else argument
    return None


def _replace(expression: Expression, old: Expression, new: Expression) -> Expression:
    return transform(expression, lambda node: new if node == old else node)
