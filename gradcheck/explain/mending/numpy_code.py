"""A counterexample as a few lines of NumPy, ready to paste. Text only: nothing here is run."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from gradcheck.explain.mending.exact import Chosen
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
    contains,
    names_in,
)
from gradcheck.language.functions import BASIC, FUNCTIONS, NUMBERS
from gradcheck.language.model import Model

_CALL = re.compile(r"[\w.]+\(\{0\}\)")

FUNCTION = "value_at"
"""The snippet's one function: what is differentiated, at a value of the name it is derived by."""


def snippet(
    model: Model,
    free: Mapping[str, Fraction],
    chosen: Sequence[Chosen],
    left: Expression,
    right: Expression,
) -> str:
    """Lines that compute both sides at the point and print them."""
    return "\n".join(_Code(model, chosen).lines(free, left, right)) + "\n"


class _Code:
    def __init__(self, model: Model, chosen: Sequence[Chosen]) -> None:
        self.model = model
        self.chosen = chosen
        self.identifiers: dict[str, str] = {}
        self.emitted: dict[str, str] = {}

    def lines(self, free: Mapping[str, Fraction], left: Expression, right: Expression) -> list[str]:
        found = ["import numpy as np", ""]
        found += [f"{self.name(key)} = {value}" for key, value in free.items()]
        abstract = {c.application.function.key: c for c in self.chosen if c.abstract}
        for key, choice in abstract.items():
            function = self.name(key)
            found.append(f"{function} = lambda z: {choice.value} + {choice.slope} * z")
            found.append(f"{function}_prime = lambda z: {choice.slope} + 0 * z")
        found.append("")
        found += self._definitions()
        found.append("")
        shown = self.write(left)
        if isinstance(left, Partial) and isinstance(left.by, Name):
            found += self._function_of(left.of, left.by)
            variable = self.name(left.by.key)
            shown = f"({FUNCTION}({variable} + 1e-6) - {FUNCTION}({variable} - 1e-6)) / 2e-6"
        found.append(f'print("the left side:", {shown})')
        found.append(f'print("this side:", {self.write(right)})')
        return found

    def _definitions(self) -> list[str]:
        """The forward equations, and before they are needed the names that are solved for."""
        for key in self.model.definitions:
            self._emit(key)
        return [line for line in self.emitted.values() if line]

    def _emit(self, key: str) -> None:
        if key in self.emitted:
            return
        choice = next((c for c in self.chosen if c.solved == key), None)
        body = self.model.definitions.get(key) if choice is None else self._rest(choice)
        if body is None or _has_partial(body):
            return
        for name in sorted(names_in(body)):
            self._emit(name)
        text = f"{self.name(key)} = {self.write(body)}" if choice is None else self._solved(choice)
        self.emitted[key] = text

    def _rest(self, choice: Chosen) -> Expression:
        """The argument without the name that it is solved for."""
        return without(self.model, choice.argument, choice.solved)

    def _solved(self, choice: Chosen) -> str:
        rest = self._rest(choice)
        none = isinstance(rest, Number) and rest.value == 0
        log = "" if choice.logarithm_of == 1 else f"np.log({choice.logarithm_of})"
        text = (log or "0") if none else f"{log} - {self._factor(rest)}".strip()
        if choice.factor != 1:
            divisor = self.write(Number(choice.factor))
            text = f"({text}) / {divisor}"
        bodies = {body: key for key, body in self.model.definitions.items()}
        key = bodies.get(choice.application)
        what = self.name(key) if key is not None else self.write(choice.application)
        return f"{self.name(choice.solved)} = {text}  # so that {what} = {choice.value}"

    def name(self, key: str) -> str:
        """A name that Python can read, one for each key."""
        if key in NUMBERS and key in self.model.constants:
            return f"np.{key}"
        if key not in self.identifiers:
            reserved = ("np", "print", FUNCTION)
            text = re.sub(r"^hat\((\w+)\)", r"\1_hat", key)
            text = re.sub(r"\W+", "_", text).strip("_") or "v"
            text = f"v{text}" if text[0].isdigit() else text
            while text in self.identifiers.values() or keyword.iskeyword(text) or text in reserved:
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
        written = FUNCTIONS[function].numpy[order : order + 1] if function in BASIC else ()
        if written:
            return (written[0] if _CALL.fullmatch(written[0]) else f"({written[0]})").format(
                argument
            )
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
        found = ["", f"def {FUNCTION}({self.name(by.key)}):"]
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


def without(model: Model, node: Expression, key: str) -> Expression:
    """A sum that is linear in a name with that name put to 0, and nothing else changed."""
    match node:
        case Name(key=own) if own == key:
            return _ZERO
        case Name(key=own) if own in model.definitions and key in model.below(own):
            return without(model, model.definitions[own], key)
        case Negate(operand=operand):
            inner = without(model, operand, key)
            return inner if inner == _ZERO else Negate(inner)
        case Multiply(factors=factors):
            parts = tuple(without(model, factor, key) for factor in factors)
            return _ZERO if _ZERO in parts else Multiply(parts)
        case Add(terms=terms):
            left = [part for term in terms if (part := without(model, term, key)) != _ZERO]
            return Add(tuple(left)) if len(left) > 1 else left[0] if left else _ZERO
    return node


_ZERO = Number(Fraction(0))
