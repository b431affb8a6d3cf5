"""Models and expressions for the tests of the algebra, written as text and read by a small parser.

``S(u)`` is the sum over the samples, ``d(u, v)`` the partial of u by v, ``g'(u)`` a derivative.
"""

from __future__ import annotations

import re
from fractions import Fraction

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
    Sum,
)
from gradcheck.language.model import ROLES, Model, Parameter

_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z][A-Za-z_0-9]*|[-+*/^(),']|$)")


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            assert match is not None, text[position:]
            self.tokens.append(match[1])
            position = match.end()
        self.tokens.append("")

    def take(self, *expected: str) -> str:
        if expected and self.tokens[0] not in expected:
            return ""
        return self.tokens.pop(0)

    def sum(self) -> Expression:
        terms = [self.product()]
        while sign := self.take("+", "-"):
            term = self.product()
            terms.append(Negate(term) if sign == "-" else term)
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def product(self) -> Expression:
        value = self.signed()
        while sign := self.take("*", "/"):
            other = self.signed()
            if sign == "/":
                value = Divide(value, other)
            elif isinstance(value, Multiply):
                value = Multiply((*value.factors, other))
            else:
                value = Multiply((value, other))
        return value

    def signed(self) -> Expression:
        return Negate(self.signed()) if self.take("-") else self.power()

    def power(self) -> Expression:
        base = self.atom()
        return Power(base, self.signed()) if self.take("^") else base

    def atom(self) -> Expression:
        if self.take("("):
            inner = self.sum()
            assert self.take(")")
            return inner
        token = self.take()
        if token[0].isdigit():
            return Number(Fraction(token))
        order = 0
        while self.take("'"):
            order += 1
        if not self.take("("):
            return Name(token)
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        assert self.take(")")
        if token == "S":
            return Sum(arguments[0])
        if token == "d":
            return Partial(arguments[0], arguments[1])
        return Apply(Name(token), tuple(arguments), order)


def read(text: str) -> Expression:
    """The expression that a line of test text stands for."""
    parser = _Parser(text)
    value = parser.sum()
    assert parser.tokens == [""], parser.tokens
    return value


def model(*definitions: str, prediction: str = "yh", count: str | None = "N", **more) -> Model:
    """A model from lines ``name = expression``; the loss is L, x the input and y the label."""
    table = {}
    for line in definitions:
        key, text = line.split(" = ")
        table[key] = read(text)
    return Model(
        definitions=table,
        loss="L",
        prediction=prediction,
        parameters=tuple(Parameter(role, role, role) for role in ROLES),
        inputs=("x",),
        labels=("y",),
        sample_count=count,
        **more,
    )


def two_layers(hidden: str, loss: str, output: str = "z_2") -> Model:
    """The two-layer network with z_1, a_1, z_2 and yh."""
    return model(
        "z_1 = w_1*x + b_1",
        f"a_1 = {hidden}",
        "z_2 = w_2*a_1 + b_2",
        f"yh = {output}",
        f"L = {loss}",
    )


MSE = "1/N * S((y - yh)^2)"
LOG_LOSS = "-(y*log(yh) + (1-y)*log(1-yh))"
SIGMOID = "sigmoid(z_1)"
TANH = "tanh(z_1)"
ABSTRACT = "g(z_1)"
