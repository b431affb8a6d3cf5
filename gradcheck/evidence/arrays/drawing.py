"""Rational points for witnesses: small fractions that a person could put in by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from zlib import crc32

from gradcheck.language.expression import Apply, Expression, Name, Power, names_in, walk
from gradcheck.language.functions import NUMBERS
from gradcheck.language.model import Model

Value = Fraction | tuple[Fraction, ...]
"""A number, or one for each sample."""

GENTLE_FROM = 3
_GENTLE = {"w_2": (Fraction(0), 12), "b_2": (Fraction(1, 2), 20)}
_DENOMINATORS = (2, 3, 4, 5, 7)


@dataclass(frozen=True)
class Draw:
    """A point: a value for every name, drawn from the name itself, so that no order matters."""

    seed: str
    samples: int
    given: dict[str, Value]

    def value(self, key: str) -> Value:
        """The value of a free name; one that the model does not know is a positive constant."""
        found = self.given.get(key)
        return _positive(_stream(self.seed, key)) if found is None else found

    def coefficients(self, function: str) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """Of ``c0 + c1 u + c2 sin(c3 u)``; near 1/2 for moderate u, so that logarithms of an
        abstract output activation mostly exist."""
        stream = _stream(self.seed, f"function {function}")
        return (
            Fraction(stream.randint(40, 60), 100),
            Fraction(stream.randint(5, 20), 1000),
            Fraction(stream.randint(15, 25), 100),
            Fraction(stream.randint(60, 140), 100),
        )

    def shown(self, model: Model, sides: Iterable[Expression]) -> dict[str, Value]:
        """The values of the free names that some expressions hang on, model's order first."""
        needed: dict[str, None] = {}
        waiting = list(sides)
        seen: set[str] = set()
        while waiting:
            for key in _quantities(waiting.pop()):
                if key in seen:
                    continue
                seen.add(key)
                if key in model.definitions:
                    waiting.append(model.definitions[key])
                else:
                    needed[key] = None
        ordered = [key for key in self.given if key in needed]
        ordered += sorted(key for key in needed if key not in self.given)
        return {key: self.value(key) for key in ordered if key not in NUMBERS}


def draw(model: Model, seed: int, attempt: int, samples: int) -> Draw:
    """The point number ``attempt``; the sample count is the number of samples.

    Labels of a loss with a logarithm lie strictly between 0 and 1; constants are positive. From
    the fourth attempt on the prediction stays near 1/2, where logarithms and roots of most
    output activations exist.
    """
    base = f"{seed} {attempt}"
    given: dict[str, Value] = {}
    exponents = _exponents(model)
    for parameter in model.parameters:
        one = _broken if parameter.key in exponents else _signed
        value = one(_stream(base, parameter.role))
        if attempt >= GENTLE_FROM and parameter.role in _GENTLE:
            shift, shrink = _GENTLE[parameter.role]
            value = shift + value / shrink
        given[parameter.key] = value
    for number, key in enumerate(model.inputs):
        given[key] = _distinct(_stream(base, f"input {number}"), samples, _signed)
    between = has_logarithm(model)
    for number, key in enumerate(model.labels):
        stream = _stream(base, f"label {number}")
        given[key] = _distinct(stream, samples, _between if between else _signed)
    for key in model.constants:
        given[key] = _positive(_stream(base, key))
    if model.sample_count is not None:
        given[model.sample_count] = Fraction(samples)
    return Draw(base, samples, given)


def _quantities(expression: Expression) -> Iterator[str]:
    heads = {id(node.function) for node in walk(expression) if isinstance(node, Apply)}
    for node in walk(expression):
        if isinstance(node, Name) and id(node) not in heads:
            yield node.key


def _exponents(model: Model) -> frozenset[str]:
    """Names in exponents: no whole numbers, for ``(h - y)^b`` with b = 2 is a square everywhere,
    and with any other b of its kind it has no value at half of the points."""
    return frozenset(
        name
        for body in model.definitions.values()
        for node in walk(body)
        if isinstance(node, Power)
        for name in names_in(node.exponent)
    )


def has_logarithm(model: Model) -> bool:
    """Whether the loss is of the logarithmic kind, so that labels are probabilities."""
    return any(
        isinstance(node, Apply) and node.function.key in ("log", "softplus")
        for key in model.ancestors(model.loss)
        for node in walk(model.definitions[key])
    )


def _stream(seed: str, name: str) -> Random:
    return Random(crc32(f"{seed} {name}".encode()))


def _signed(stream: Random) -> Fraction:
    """Between -2 and 2, never 0, 1 or -1, where too much is true."""
    while True:
        denominator = stream.choice(_DENOMINATORS)
        value = Fraction(stream.randint(1, 2 * denominator), denominator)
        if value != 1:
            return value if stream.random() < 0.5 else -value


def _broken(stream: Random) -> Fraction:
    """Of either sign, and no whole number."""
    value = _positive(stream)
    return value if stream.random() < 0.5 else -value


def _positive(stream: Random) -> Fraction:
    while True:
        denominator = stream.choice(_DENOMINATORS)
        value = Fraction(stream.randint(1, 2 * denominator), denominator)
        if value.denominator != 1:
            return value


def _between(stream: Random) -> Fraction:
    denominator = stream.choice((5, 7, 8, 9, 10, 11))
    return Fraction(stream.randint(1, denominator - 1), denominator)


def _distinct(stream: Random, samples: int, one: object) -> tuple[Fraction, ...]:
    """A value for each sample, no two the same."""
    assert callable(one)
    values: list[Fraction] = []
    while len(values) < samples:
        value = one(stream)
        if value not in values:
            values.append(value)
    return tuple(values)
