"""A counterexample as a few lines of NumPy, ready to paste. Text only: nothing here is run."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from gradcheck.expression import (
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
    contains,
    names_in,
)
from gradcheck.model import Model

_FUNCTIONS = {
    "exp": "np.exp",
    "log": "np.log",
    "sqrt": "np.sqrt",
    "sin": "np.sin",
    "cos": "np.cos",
    "tanh": "np.tanh",
    "abs": "np.abs",
}
_WRITTEN_OUT = {
    ("sigmoid", 0): "1 / (1 + np.exp(-({0})))",
    ("sigmoid", 1): "1 / (2 + np.exp({0}) + np.exp(-({0})))",
    ("tanh", 1): "1 - np.tanh({0})**2",
    ("relu", 0): "np.maximum(0, {0})",
    ("relu", 1): "({0} > 0) * 1.0",
    ("softplus", 0): "np.log(1 + np.exp({0}))",
    ("softplus", 1): "1 / (1 + np.exp(-({0})))",
}


class Choice(Protocol):
    """What is known of an activation's value; see `counterexample.Chosen`."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> Fraction: ...
    @property
    def slope(self) -> Fraction: ...
    @property
    def logarithm_of(self) -> int: ...
    @property
    def bias(self) -> str | None: ...
    @property
    def abstract(self) -> bool: ...


def snippet(
    model: Model,
    free: Mapping[str, Fraction],
    chosen: Mapping[str, Choice],
    left: Expression,
    right: Expression,
) -> str:
    """Lines that compute both sides at the point and print them."""
    return "\n".join(_Code(model, chosen).lines(free, left, right)) + "\n"


class _Code:
    def __init__(self, model: Model, chosen: Mapping[str, Choice]) -> None:
        self.model = model
        self.chosen = chosen
        self.identifiers: dict[str, str] = {}

    def lines(self, free: Mapping[str, Fraction], left: Expression, right: Expression) -> list[str]:
        found = ["import numpy as np", ""]
        found += [f"{self.name(key)} = {value}" for key, value in free.items()]
        for choice in self.chosen.values():
            if choice.abstract:
                function = self._function(choice.key)
                found.append(f"{function} = lambda z: {choice.value} + {choice.slope} * z")
                found.append(f"{function}_prime = lambda z: {choice.slope} + 0 * z")
        found.append("")
        found += self._definitions()
        found.append("")
        shown = self.write(left)
        if isinstance(left, Partial) and isinstance(left.by, Name):
            found += self._function_of(left.of, left.by)
            variable = self.name(left.by.key)
            shown = f"(f({variable} + 1e-6) - f({variable} - 1e-6)) / 2e-6"
        found.append(f'print("the left side:", {shown})')
        found.append(f'print("this side:", {self.write(right)})')
        return found

    def _function(self, key: str) -> str:
        body = self.model.definitions[key]
        assert isinstance(body, Apply)
        return self.name(body.function.key)

    def _definitions(self) -> list[str]:
        """The forward equations; a bias that is solved for comes from its activation's argument."""
        found: list[str] = []
        waiting = {c.bias: c for c in self.chosen.values() if c.bias is not None}
        found += [f"{self.name(str(choice.bias))} = 0" for choice in waiting.values()]
        for key, body in self.model.definitions.items():
            chosen = self.chosen.get(key)
            if chosen is not None and chosen.bias is not None:
                assert isinstance(body, Apply)
                bias, argument = self.name(chosen.bias), body.arguments[0]
                shown = self.write(argument)
                start = "" if chosen.logarithm_of == 1 else f"np.log({chosen.logarithm_of}) "
                found.append(
                    f"{bias} = {start}- ({shown})  # so that {self.name(key)} = {chosen.value}"
                )
                found += [
                    f"{self.name(k)} = {self.write(self.model.definitions[k])}"
                    for k in self.model.ancestors(key)[:-1]
                    if chosen.bias in _below(self.model, k)
                ]
            if not _has_partial(body):
                found.append(f"{self.name(key)} = {self.write(body)}")
        return found

    def name(self, key: str) -> str:
        """A name that Python can read, one for each key."""
        if key not in self.identifiers:
            text = re.sub(r"^hat\((\w+)\)", r"\1_hat", key)
            text = re.sub(r"\W+", "_", text).strip("_") or "v"
            text = f"v{text}" if text[0].isdigit() else text
            while text in self.identifiers.values() or keyword.iskeyword(text) or text == "np":
                text += "_"
            self.identifiers[key] = text
        return self.identifiers[key]

    def write(self, node: Expression) -> str:
        """The expression in Python, in brackets wherever they could matter."""
        match node:
            case Number(value=value):
                return str(value) if value.denominator == 1 else f"({value})"
            case Name(key=key):
                return self.name(key)
            case Add(terms=terms):
                joined = " + ".join(self.write(term) for term in terms)
                return "(" + joined.replace("+ -", "- ") + ")"
            case Negate(operand=operand):
                return f"-{self.write(operand)}"
            case Multiply(factors=factors):
                return " * ".join(self._factor(factor) for factor in factors)
            case Divide(numerator=above, denominator=below):
                return f"{self._atom(above)} / {self._atom(below)}"
            case Power(base=base, exponent=exponent):
                return f"{self._atom(base)}**{self._atom(exponent)}"
            case Apply(function=function, arguments=(argument,), order=order):
                return self._apply(function.key, order, self.write(argument))
            case Sum(body=body):
                return self._factor(body)
            case Partial(of=of, by=Name() as by):
                return self._partial(of, by)
        return "float('nan')"

    def _factor(self, node: Expression) -> str:
        plain = isinstance(node, (Name, Number, Add))
        return self.write(node) if plain else f"({self.write(node)})"

    def _atom(self, node: Expression) -> str:
        text = self.write(node)
        closed = isinstance(node, (Name, Number, Add)) or text.isdigit()
        return text if closed else f"({text})"

    def _apply(self, function: str, order: int, argument: str) -> str:
        if (function, order) in _WRITTEN_OUT:
            return "(" + _WRITTEN_OUT[function, order].format(argument) + ")"
        if function in _FUNCTIONS and order == 0:
            return f"{_FUNCTIONS[function]}({argument})"
        return f"{self.name(function)}{'_prime' * order}({argument})"

    def _partial(self, of: Expression, by: Name) -> str:
        """A central difference: the forward equations above ``by`` as one function of it."""
        steps = self._between(of, by)
        inner = self.write(of)
        for key in reversed(steps):
            body = self.write(self.model.definitions[key])
            inner = f"(lambda {self.name(key)}: {inner})({body})"
        variable = self.name(by.key)
        function = f"(lambda {variable}: {inner})"
        return f"({function}({variable} + 1e-6) - {function}({variable} - 1e-6)) / 2e-6"

    def _function_of(self, of: Expression, by: Name) -> list[str]:
        """``of`` as a function of ``by``, through the forward equations between them."""
        found = ["", f"def f({self.name(by.key)}):"]
        found += [
            f"    {self.name(key)} = {self.write(self.model.definitions[key])}"
            for key in self._between(of, by)
        ]
        return [*found, f"    return {self.write(of)}", "", ""]

    def _between(self, of: Expression, by: Name) -> list[str]:
        definitions = self.model.definitions
        return [
            key
            for key in self._order(of)
            if by.key in _below(self.model, key) and not _has_partial(definitions[key])
        ]

    def _order(self, of: Expression) -> list[str]:
        below = names_in(of)
        for name in sorted(below):
            if name in self.model.definitions:
                below = below | set(self.model.ancestors(name))
        return [key for key in self.model.definitions if key in below]


def _below(model: Model, key: str) -> set[str]:
    """The names that a definition is computed from, its own excluded."""
    found: set[str] = set()
    for name in model.ancestors(key):
        found |= names_in(model.definitions[name])
    return found - {key}


def _has_partial(node: Expression) -> bool:
    return contains(node, Partial)
