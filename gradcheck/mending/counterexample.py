"""Counterexamples that a person can follow: small fractions, both sides exact.

An activation's value is chosen and its bias follows: with a_1 = 2/3 for a sigmoid, b_1 is
ln 2 - w_1 x, and everything else that a gradient needs is a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

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
    names_in,
)
from gradcheck.mending.context import MendContext
from gradcheck.mending.numpy_code import snippet
from gradcheck.model import Model
from gradcheck.notation import to_text

F = Fraction
# value of the activation, and the number whose logarithm its argument is
_CHOICES = {
    "sigmoid": ((F(2, 3), 2), (F(3, 4), 3), (F(4, 5), 4), (F(5, 6), 5)),
    "tanh": ((F(3, 5), 2), (F(4, 5), 3), (F(15, 17), 4), (F(12, 13), 5)),
}
_ABSTRACT = ((F(2, 3), F(1, 4)), (F(3, 4), F(1, 5)), (F(4, 5), F(2, 7)))
_HALF = {"sigmoid": (F(1, 2), F(1, 4))}
_FREE = (
    (F(3), F(1), F(2), F(1)),
    (F(2), F(1), F(3), F(-1)),
    (F(3), F(2), F(-1), F(1, 2)),
    (F(5), F(-2), F(3), F(2)),
)
"""Of the input, w_1, w_2 and b_2, in the order in which they are tried."""

_LABELS = (F(1), F(0), F(4), F(1, 3))
_COUNTS = (F(1), F(2), F(5))


class Irrational(ArithmeticError):
    """A value is no fraction, or its point is outside the domain."""


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
    for point in _points(context, model):
        try:
            if not point.is_solvable:
                return None
            values = point.value(left), point.value(right)
        except (Irrational, ZeroDivisionError, ValueError):
            continue
        if values[0] == values[1]:
            continue
        return _shown(context, model, point, left, right, values)
    return None


def _points(context: MendContext, model: Model) -> Iterator[Exact]:
    """The points in the order in which they are tried."""
    roles = {parameter.role: parameter.key for parameter in model.parameters}
    for number, (x, first, second, bias) in enumerate(_FREE):
        for count in _COUNTS if model.sample_count else _COUNTS[:1]:
            free = {key: x + 2 * at for at, key in enumerate(model.inputs)}
            free |= dict.fromkeys(model.labels, _LABELS[number])
            free |= {key: F(1, 2 + at) for at, key in enumerate(model.constants)}
            given = {"w_1": first, "w_2": second, "b_2": bias, "b_1": F(number + 1, 2)}
            for role, key in roles.items():
                free[key] = given.get(role, F(2))
            if model.sample_count:
                free[model.sample_count] = count
            yield Exact(model, free, _chosen(context, model, number))
    for number, (x, first, second, bias) in enumerate(_FREE):  # σ(0) = 1/2 leaves no logarithm
        free = {key: x + 2 * at for at, key in enumerate(model.inputs)}
        free |= dict.fromkeys(model.labels, _LABELS[number])
        free |= {key: F(1, 2 + at) for at, key in enumerate(model.constants)}
        given = {"w_1": first, "w_2": second, "b_2": bias, "b_1": F(number + 1, 2)}
        free |= {key: given.get(role, F(2)) for role, key in roles.items()}
        if model.sample_count:
            free[model.sample_count] = F(2)
        chosen = _chosen(context, model, number, half=True)
        yield Exact(model, free, chosen)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An activation's value, and how its argument comes to be what it has to be."""

    key: str
    value: Fraction
    slope: Fraction
    logarithm_of: int  # the argument is ln of this
    bias: str | None  # the key of the parameter that is solved for
    abstract: bool = False


def _chosen(
    context: MendContext, model: Model, number: int, half: bool = False
) -> dict[str, Chosen]:
    found: dict[str, Chosen] = {}
    roles = {parameter.role: parameter.key for parameter in model.parameters}
    for key, application in context.activations.items():
        function = application.function.key
        bias = roles.get("b_1") if not found else roles.get("b_2")
        if half and function in _HALF:
            found[key] = Chosen(key, *_HALF[function], 1, bias)
        elif function in _CHOICES:
            value, log = _CHOICES[function][(number + len(found)) % len(_CHOICES[function])]
            slope = value * (1 - value) if function == "sigmoid" else 1 - value**2
            found[key] = Chosen(key, value, slope, log, bias)
        elif function in model.abstract_functions:
            value, slope = _ABSTRACT[(number + len(found)) % len(_ABSTRACT)]
            found[key] = Chosen(key, value, slope, 1, bias, abstract=True)
    return found


class Exact:
    """Values and slopes of a model as fractions; what hangs on a logarithm is irrational."""

    def __init__(
        self, model: Model, free: Mapping[str, Fraction], chosen: Mapping[str, Chosen]
    ) -> None:
        self.model = model
        self.chosen = chosen
        self.solved: dict[str, Chosen] = {}
        for choice in chosen.values():
            if choice.bias is not None:
                self.solved.setdefault(choice.bias, choice)
        self.free = {key: value for key, value in free.items() if key not in self.solved}
        self._by_argument: dict[tuple[str, Expression], Chosen] = {}
        for key, choice in chosen.items():
            body = model.definitions[key]
            assert isinstance(body, Apply)
            place = body.function.key, self._root(body.arguments[0])
            self._by_argument[place] = choice

    @property
    def is_solvable(self) -> bool:
        """Whether each bias stands alone in its activation's argument, so that it can be solved."""
        for choice in self.chosen.values():
            body = self.model.definitions[choice.key]
            assert isinstance(body, Apply)
            if choice.bias is None or self.slope(body.arguments[0], choice.bias) != 1:
                return False
        return True

    def _root(self, node: Expression) -> Expression:
        """What a name is another name of, so that one node has one form."""
        for _ in range(len(self.model.definitions) + 1):
            if not isinstance(node, Name) or node.key not in self.model.definitions:
                break
            body = self.model.definitions[node.key]
            if not isinstance(body, Name) and node.key in self.chosen:
                break
            if isinstance(body, Name):
                node = body
                continue
            return body
        return node

    def value(self, node: Expression) -> Fraction:
        """The value. Raises Irrational where it is no fraction or not known."""
        match node:
            case Number(value=value):
                return value
            case Name(key=key):
                return self._name(key)
            case Add(terms=terms):
                return sum((self.value(term) for term in terms), F(0))
            case Negate(operand=operand):
                return -self.value(operand)
            case Multiply(factors=factors):
                product = F(1)
                for factor in factors:
                    product *= self.value(factor)
                return product
            case Divide(numerator=above, denominator=below):
                return self.value(above) / self.value(below)
            case Power(base=base, exponent=exponent):
                return _power(self.value(base), self.value(exponent))
            case Sum(body=body):
                return self.value(body)
            case Apply():
                return self._apply(node, node.order)
            case Partial(of=of, by=Name() as by, order=1):
                return self.slope(of, self._node(by.key))
        raise Irrational

    def _node(self, key: str) -> str:
        for _ in range(len(self.model.definitions)):
            body = self.model.definitions.get(key)
            if not isinstance(body, Name):
                break
            key = body.key
        return key

    def _name(self, key: str) -> Fraction:
        key = self._node(key)
        if key in self.chosen:
            return self.chosen[key].value
        if key in self.free:
            return self.free[key]
        if key in self.solved:
            return self._bias(self.solved[key])
        if key in self.model.definitions:
            return self.value(self.model.definitions[key])
        raise Irrational

    def _bias(self, choice: Chosen) -> Fraction:
        """A bias that makes its activation's argument ln 1 = 0 is a fraction like the rest."""
        if choice.logarithm_of != 1:
            raise Irrational
        body = self.model.definitions[choice.key]
        assert isinstance(body, Apply) and choice.bias is not None
        without = Exact(self.model, {**self.free, choice.bias: F(0)}, {})
        without.chosen = {key: c for key, c in self.chosen.items() if key != choice.key}
        return -without.value(body.arguments[0])

    def _apply(self, node: Apply, order: int) -> Fraction:
        function = node.function.key
        if len(node.arguments) != 1:
            raise Irrational
        argument = node.arguments[0]
        choice = self._by_argument.get((function, self._root(argument)))
        if choice is not None and order in (0, 1):
            return choice.slope if order else choice.value
        if function == "log" and order == 1:
            return 1 / self.value(argument)
        if function == "relu" and order in (0, 1):
            inner = self.value(argument)
            return (F(1) if order else inner) if inner > 0 else F(0)
        raise Irrational

    def slope(self, node: Expression, by: str) -> Fraction:
        """The derivative by a name, a node of its own."""
        match node:
            case Number():
                return F(0)
            case Name(key=key):
                root = self._node(key)
                if root == by:
                    return F(1)
                body = self.model.definitions.get(root)
                return F(0) if body is None else self.slope(body, by)
            case Add(terms=terms):
                return sum((self.slope(term, by) for term in terms), F(0))
            case Negate(operand=operand):
                return -self.slope(operand, by)
            case Multiply(factors=factors):
                return self._product_rule(factors, by)
            case Divide(numerator=above, denominator=below):
                top, under = self.slope(above, by), self.slope(below, by)
                found = top / self.value(below) if top else F(0)
                return (
                    found - self.value(above) * under / self.value(below) ** 2 if under else found
                )
            case Power(base=base, exponent=exponent):
                inner = self.slope(base, by)
                if self.slope(exponent, by):
                    raise Irrational
                raised = self.value(exponent)
                return raised * _power(self.value(base), raised - 1) * inner if inner else F(0)
            case Apply(arguments=(argument,)):
                inner = self.slope(argument, by)
                return self._apply(node, node.order + 1) * inner if inner else F(0)
            case Sum(body=body):
                return self.slope(body, by)
        raise Irrational

    def _product_rule(self, factors: tuple[Expression, ...], by: str) -> Fraction:
        total = F(0)
        for at, factor in enumerate(factors):
            slope = self.slope(factor, by)
            if slope:
                for other in (*factors[:at], *factors[at + 1 :]):
                    slope *= self.value(other)
                total += slope
        return total


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > 8:
        raise Irrational
    return base ** int(exponent)


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
    chosen = tuple(
        f"{to_text(context.named(c.bias))} so that {to_text(context.named(c.key))} = {c.value}"
        for c in point.chosen.values()
        if c.bias is not None and c.key in needed
    )
    code = snippet(model, point.free, point.chosen, left, right)
    return Counterexample(tuple(shown), chosen, *values, code)


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
