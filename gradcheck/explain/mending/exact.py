"""Values and slopes of a model at a point, as fractions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

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
    evaluated_keys,
)
from gradcheck.language.model import Model, in_order
from gradcheck.run.budget import spend

F = Fraction


class Irrational(ArithmeticError):
    """A value is no fraction, or its point is outside the domain."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value that an application is given, and what its argument is solved for."""

    application: Apply
    value: Fraction
    slope: Fraction
    logarithm_of: Fraction  # the argument is ln of this
    solved: str  # the key of the free name that the argument is solved for
    factor: Fraction  # the argument's slope by it
    abstract: bool = False

    @property
    def argument(self) -> Expression:
        return self.application.arguments[0]


class Exact:
    """Values and slopes of a model as fractions; what hangs on a logarithm is irrational."""

    def __init__(
        self,
        model: Model,
        free: Mapping[str, Fraction],
        chosen: tuple[Chosen, ...] = (),
        biases: dict[str, Fraction | None] | None = None,
    ) -> None:
        self.model = model
        self.chosen = chosen
        self.solved = {choice.solved: choice for choice in chosen}
        self.free = {key: value for key, value in free.items() if key not in self.solved}
        self._values: dict[str, Fraction | None] = {}  # None: it is no fraction
        self._slopes: dict[str, dict[str, Fraction | None]] = {}
        self._biases: dict[str, Fraction | None] = {} if biases is None else biases
        self._by_argument = {(c.application.function.key, self.root(c.argument)): c for c in chosen}

    def with_choice(self, choice: Chosen) -> Exact:
        """The same point with one more application's value chosen.

        What is solved for last is in no argument of an application chosen before, so that what
        was solved for before keeps its value.
        """
        return Exact(self.model, self.free, (*self.chosen, choice), dict(self._biases))

    def root(self, node: Expression) -> Expression:
        """What a name stands for, so that one quantity has one form."""
        for _ in range(len(self.model.definitions) + 1):
            if not isinstance(node, Name) or node.key not in self.model.definitions:
                break
            node = self.model.definitions[node.key]
        return node

    def value(self, node: Expression) -> Fraction:
        """The value. Raises Irrational where it is no fraction or not known."""
        spend()
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
        if key not in self._values:
            for name in in_order(key, self._needs, self._values):
                self._values[name] = _if_any(partial(self._computed, name))
        value = self._values[key]
        if value is None:
            raise Irrational
        return value

    def _needs(self, key: str) -> Iterable[str]:
        """The nodes that one is computed from; a chosen value is computed from none."""
        body = self.model.definitions.get(key)
        if body is None or key in self.free or key in self.solved or self._is_chosen(body):
            return ()
        return map(self._node, evaluated_keys(body))

    def _is_chosen(self, body: Expression) -> bool:
        if not isinstance(body, Apply) or body.order > 1 or len(body.arguments) != 1:
            return False
        return (body.function.key, self.root(body.arguments[0])) in self._by_argument

    def _computed(self, key: str) -> Fraction:
        if key in self.free:
            return self.free[key]
        if key in self.solved:
            return self._bias(key)
        if key in self.model.definitions:
            return self.value(self.model.definitions[key])
        raise Irrational

    def _bias(self, key: str) -> Fraction:
        """A bias that makes its activation's argument ln 1 = 0 is a fraction like the rest."""
        if key not in self._biases:
            self._biases[key] = _if_any(partial(self._solved_for, self.solved[key]))
        value = self._biases[key]
        if value is None:
            raise Irrational
        return value

    def _solved_for(self, choice: Chosen) -> Fraction:
        """What makes the argument 0, by what was chosen before it; see `with_choice`."""
        if choice.logarithm_of != 1:
            raise Irrational
        before = self.chosen[: self.chosen.index(choice)]
        without = Exact(self.model, {**self.free, choice.solved: F(0)}, before, self._biases)
        return -without.value(choice.argument) / choice.factor

    def _apply(self, node: Apply, order: int) -> Fraction:
        function = node.function.key
        if len(node.arguments) != 1:
            raise Irrational
        argument = node.arguments[0]
        choice = self._by_argument.get((function, self.root(argument)))
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
        spend()
        match node:
            case Number():
                return F(0)
            case Name(key=key):
                return self._slope_of_name(self._node(key), by)
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

    def _slope_of_name(self, key: str, by: str) -> Fraction:
        known = self._slopes.setdefault(by, {by: F(1)})
        if key not in known and by not in self.model.below(key):
            return F(0)
        if key not in known:
            definitions, below = self.model.definitions, self.model.below

            def needs(name: str) -> Iterable[str]:
                body = definitions.get(name)
                keys = () if body is None else map(self._node, evaluated_keys(body))
                return (key for key in keys if by in below(key))

            for name in in_order(key, needs, known):
                body = definitions.get(name)
                known[name] = F(0) if body is None else _if_any(partial(self.slope, body, by))
        slope = known[key]
        if slope is None:
            raise Irrational
        return slope

    def _product_rule(self, factors: tuple[Expression, ...], by: str) -> Fraction:
        total = F(0)
        for at, factor in enumerate(factors):
            slope = self.slope(factor, by)
            if slope:
                for other in (*factors[:at], *factors[at + 1 :]):
                    slope *= self.value(other)
                total += slope
        return total


def _if_any(compute: Callable[[], Fraction]) -> Fraction | None:
    """A fraction, or None where there is none."""
    try:
        return compute()
    except (Irrational, ZeroDivisionError):
        return None


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > 8:
        raise Irrational
    return base ** int(exponent)
