"""Values and slopes of a model's names in floats, by which edits are refuted quickly.

They decide nothing else: what they let pass is proved by an algebra.
"""

from __future__ import annotations

from contextlib import suppress

from gradcheck.budget import spend
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
    evaluated_keys,
)
from gradcheck.mending.values import Point, Undefined
from gradcheck.model import in_order


class Flow:
    """Values and slopes of all names of a model at a point, in floats, by forward accumulation."""

    def __init__(self, point: Point, definitions: dict[str, Expression]) -> None:
        self.point = point
        self.definitions = definitions
        self._values: dict[str, float] = {}
        self._slopes: dict[str, dict[str, float]] = {}

    def edited(self, key: str, body: Expression, below: frozenset[str]) -> Flow:
        """The same with another definition; what is not computed from it is kept."""
        spend(len(self.definitions))
        flow = Flow(self.point, {**self.definitions, key: body})
        for name in self.definitions:
            if name not in below:
                with suppress(Undefined):  # no candidate needs it that has a value
                    flow._values[name] = self.named(name)
        flow._slopes = {
            by: {name: slope for name, slope in slopes.items() if name not in below or name == by}
            for by, slopes in self._slopes.items()
        }
        return flow

    def named(self, key: str) -> float:
        """The value of a name. Raises Undefined."""
        try:
            return self._name(key)
        except (ArithmeticError, ValueError, TypeError, RecursionError):
            raise Undefined from None

    def value(self, node: Expression) -> float:
        """The value of a resolved expression. Raises Undefined."""
        try:
            return self._value(node)
        except (ArithmeticError, ValueError, TypeError, RecursionError):
            raise Undefined from None

    def slope(self, node: Expression, by: str) -> float:
        """Its derivative by a name, as a node of the graph of its own. Raises Undefined."""
        try:
            return self._slope(node, self._root(by))
        except (ArithmeticError, ValueError, TypeError, RecursionError):
            raise Undefined from None

    def _root(self, key: str) -> str:
        for _ in range(len(self.definitions)):
            target = self.definitions.get(key)
            if not isinstance(target, Name):
                break
            key = target.key
        return key

    def _name(self, key: str) -> float:
        if key not in self._values:
            for name in in_order(key, self._needs, self._values):
                spend()
                body = self.definitions.get(name)
                self._values[name] = self.point.name(name) if body is None else self._value(body)
        return self._values[key]

    def _needs(self, key: str) -> tuple[str, ...]:
        body = self.definitions.get(key)
        return () if body is None else evaluated_keys(body)

    def _value(self, node: Expression) -> float:
        match node:
            case Name():
                return self._name(node.key)
            case Number(value=value):
                return float(value)
            case Add(terms=terms):
                return sum(map(self._value, terms))
            case Multiply(factors=factors):
                product = 1.0
                for factor in factors:
                    product *= self._value(factor)
                return product
            case Negate(operand=operand):
                return -self._value(operand)
            case Divide(numerator=above, denominator=below):
                return self._value(above) / self._value(below)
            case Power(base=base, exponent=exponent):
                return _real(self._value(base) ** self._value(exponent))
            case Apply(function=function, arguments=(argument,), order=order):
                return self.point.function(function.key, order, self._value(argument))
            case Sum(body=body):
                return self._value(body)
            case Partial(of=of, by=Name() as by, order=1):
                return self._slope(of, self._root(by.key))
        raise Undefined

    def _slope(self, node: Expression, by: str) -> float:
        match node:
            case Name():
                return self._slope_of_name(self._root(node.key), by)
            case Number():
                return 0.0
            case Add(terms=terms):
                return sum(self._slope(term, by) for term in terms)
            case Multiply(factors=factors):
                return self._product_rule(factors, by)
            case Negate(operand=operand):
                return -self._slope(operand, by)
            case Divide(numerator=above, denominator=below):
                under = self._value(below)
                own = self._slope(above, by) / under
                rest = self._slope(below, by)
                return own - self._value(above) * rest / under**2 if rest else own
            case Power(base=base, exponent=exponent):
                raised, inner = self._value(exponent), self._slope(base, by)
                if self._slope(exponent, by):
                    raise Undefined
                return _real(raised * self._value(base) ** (raised - 1) * inner) if inner else 0.0
            case Apply(function=function, arguments=(argument,), order=order):
                inner = self._slope(argument, by)
                if not inner:
                    return 0.0
                outer = self.point.function(function.key, order + 1, self._value(argument))
                return outer * inner
            case Sum(body=body):
                return self._slope(body, by)
        raise Undefined

    def _slope_of_name(self, key: str, by: str) -> float:
        known = self._slopes.setdefault(by, {by: 1.0})
        if key not in known:
            for name in in_order(key, lambda name: map(self._root, self._needs(name)), known):
                body = self.definitions.get(name)
                known[name] = 0.0 if body is None else self._slope(body, by)
        return known[key]

    def _product_rule(self, factors: tuple[Expression, ...], by: str) -> float:
        total = 0.0
        for at, factor in enumerate(factors):
            slope = self._slope(factor, by)
            if slope:
                for other in (*factors[:at], *factors[at + 1 :]):
                    slope *= self._value(other)
                total += slope
        return total


def _real(value: object) -> float:
    if not isinstance(value, float):
        raise Undefined
    return value
