"""Figures: what a side of a worked example comes to, and how far rounding may have moved it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gradcheck.language.document import Document
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    walk,
)
from gradcheck.language.functions import BASIC, value_at

ROUNDED_FROM = 2
"""A number with this many decimals may be rounded; one with fewer was meant as it is written."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with what rounding may have moved it by; ``unit`` is one in its last place written.

    ``unit`` is None for what is no single written number.
    """

    value: float
    slack: float = 0.0
    unit: float | None = None


Named = Callable[[Name], Figure | None]
"""What a name comes to."""
Slope = Callable[[Partial], Figure | None]
"""What a derivative comes to."""


@dataclass(frozen=True)
class Reckoner:
    """Reckons sides; ``function`` says which known function a head is, or None."""

    document: Document
    given: frozenset[Fraction]
    named: Named
    slope: Slope
    function: Callable[[Apply], str | None]

    def figure(self, side: Expression) -> Figure | None:
        """What a side comes to; None where it holds anything without a value."""
        inputs: dict[int, Figure] = {}
        for node in self._leaves(side):
            found = self._leaf(node)
            if found is None:
                return None
            inputs[id(node)] = found
        values = {key: figure.value for key, figure in inputs.items()}
        try:
            value = self._value(side, values)
            slack = 0.0
            for key, figure in inputs.items():
                if figure.slack:
                    moved = self._value(side, {**values, key: figure.value + figure.slack})
                    slack += abs(moved - value)
        except (ValueError, OverflowError, ZeroDivisionError, _Unknown):
            return None
        if not math.isfinite(value) or not math.isfinite(slack):
            return None
        unit = self._unit(side)
        return Figure(value, 0.0 if unit is not None else slack, unit)

    def _leaves(self, node: Expression) -> Iterator[Expression]:
        if isinstance(node, Number | Name | Partial):
            yield node
        elif isinstance(node, Apply):
            for argument in node.arguments:
                yield from self._leaves(argument)
        else:
            for child in node.children():
                yield from self._leaves(child)

    def _leaf(self, node: Expression) -> Figure | None:
        if isinstance(node, Number):
            return self._written(node)
        if isinstance(node, Partial):
            return self.slope(node)
        assert isinstance(node, Name)
        return Figure(math.e) if node.key == "e" else self.named(node)

    def _written(self, node: Number) -> Figure:
        places = self._places(node)
        rounded = places >= ROUNDED_FROM and node.value not in self.given
        return Figure(float(node.value), 10.0**-places if rounded else 0.0)

    def _places(self, node: Number) -> int:
        """Decimals that a number is written with."""
        found = re.search(r"[.,](\d+)", self.document.source(node.span))
        return len(found[1]) if found is not None else 0

    def _unit(self, side: Expression) -> float | None:
        """One in the last place, if a side is one number: ``-0.15``, ``2 \\cdot 10^{-3}``."""
        match side:
            case Negate(operand=operand):
                return self._unit(operand)
            case Number():
                return 10.0 ** -self._places(side)
            case Multiply(factors=(Number() as number, Power() as power)):
                scale = _ten(power)
                return None if scale is None else 10.0 ** -self._places(number) * scale
        return None

    def _value(self, node: Expression, values: Mapping[int, float]) -> float:
        if id(node) in values:
            return values[id(node)]
        match node:
            case Add(terms=terms):
                return math.fsum(self._value(term, values) for term in terms)
            case Negate(operand=operand):
                return -self._value(operand, values)
            case Multiply(factors=factors):
                return math.prod(self._value(factor, values) for factor in factors)
            case Divide(numerator=numerator, denominator=denominator):
                return self._value(numerator, values) / self._value(denominator, values)
            case Power(base=base, exponent=exponent):
                return math.pow(self._value(base, values), self._value(exponent, values))
            case Apply(arguments=(argument,), order=order) if order < 2:
                kind = self.function(node)
                if kind not in BASIC:
                    raise _Unknown
                return value_at(kind, self._value(argument, values), order)
        raise _Unknown


class _Unknown(Exception):
    """Something in a side has no value."""


def _ten(power: Power) -> float | None:
    """10^n."""
    if not isinstance(power.base, Number) or power.base.value != 10:
        return None
    exponent = power.exponent
    minus = isinstance(exponent, Negate)
    inner = exponent.operand if isinstance(exponent, Negate) else exponent
    if not isinstance(inner, Number) or inner.value.denominator != 1 or inner.value > 300:
        return None
    return 10.0 ** (-int(inner.value) if minus else int(inner.value))


def come_to_the_same(left: Figure, right: Figure) -> bool:
    """Whether two figures are equal to the digits written.

    A number that the digits written can hold exactly must be that number; any other may be rounded
    or cut off in the last place.
    """
    gap = abs(left.value - right.value)
    small = 1e-9 * max(1.0, abs(left.value), abs(right.value))
    slack = left.slack + right.slack
    units = [figure.unit for figure in (left, right) if figure.unit is not None]
    if len(units) == 1 and not slack:
        unit = units[0]
        whole = left.value if right.unit is not None else right.value
        held = abs(whole / unit - round(whole / unit)) < 1e-6
        return gap <= small + (1e-6 if held else 1) * unit
    return gap <= slack + sum(units) + small


def is_figure(side: Expression) -> bool:
    """Whether a side holds numbers and no name with a value."""
    nodes = list(walk(side))
    heads = [node.function for node in nodes if isinstance(node, Apply)]
    names = [n for n in nodes if isinstance(n, Name) and n.key != "e" and n not in heads]
    return not names and any(isinstance(node, Number) for node in nodes)
