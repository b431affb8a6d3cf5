"""Values and slopes of a model's names in floats, by which edits are refuted quickly.

They decide nothing else: what they let pass is proved by an algebra.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from gradcheck.explain.mending.values import Point, Undefined
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
from gradcheck.language.model import in_order
from gradcheck.run.budget import spend


class Flow:
    """Values and slopes of all names of a model at a point, in floats.

    Slopes are accumulated backward: of many edits of one definition those above it are known.
    """

    def __init__(self, point: Point, definitions: dict[str, Expression]) -> None:
        self.point = point
        self.definitions = definitions
        self._values: dict[str, float] = {}
        self._locals: dict[str, dict[str, float]] = {}
        self._slopes: dict[str, dict[str, float]] = {}
        self._users: dict[str, dict[str, list[str]]] = {}
        self._below: dict[str, dict[str, None]] = {}
        self._roots: dict[str, str] = {}
        self._origin: Flow | None = None
        self._changed = ""
        self._same_needs = False  # whether the definition that is edited is of the same names

    def edited(self, key: str, body: Expression, below: frozenset[str]) -> Flow:
        """The same with another definition; what is not computed from it is kept."""
        spend(len(self.definitions))
        flow = Flow(self.point, {**self.definitions, key: body})
        for name in self.definitions:
            if name not in below:
                with suppress(Undefined):  # no candidate needs it that has a value
                    flow._values[name] = self.named(name)
        flow._locals = {name: own for name, own in self._locals.items() if name not in below}
        flow._changed = key
        flow._origin = self
        if not isinstance(body, Name) and not isinstance(self.definitions.get(key), Name):
            flow._roots = self._roots
            flow._same_needs = set(evaluated_keys(body)) == set(self._needs(key))
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
        """The node that a name is another name of."""
        root = self._roots.get(key)
        if root is None:
            root = key
            for _ in range(len(self.definitions)):
                target = self.definitions.get(root)
                if not isinstance(target, Name):
                    break
                root = target.key
            self._roots[key] = root
        return root

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
        """The slope by a node: by way of all definitions between, the last one's first."""
        if not isinstance(node, Name):
            return self._own_slope(node, by, lambda key: self._slope(Name(key), by))
        key, origin = self._root(node.key), self._origin
        if origin is not None and self._changed not in origin._needed(key):
            return origin._slope(Name(key), by)
        known = self._slopes.setdefault(key, {key: 1.0})
        if by not in known:
            users = self._users_of(key)
            for name in in_order(by, lambda name: users.get(name, ()), known):
                known[name] = sum(
                    known[user] * self._local(user, name) for user in users.get(name, ())
                )
        return known[by]

    def _users_of(self, key: str) -> dict[str, list[str]]:
        """What mentions a node, of all that a name is computed from."""
        origin = self._origin
        if origin is not None and (self._same_needs or self._changed not in origin._needed(key)):
            return origin._users_of(key)
        if key not in self._users:
            users: dict[str, list[str]] = {}
            for name in self._needed(key):
                for below in dict.fromkeys(map(self._root, self._needs(name))):
                    users.setdefault(below, []).append(name)
            self._users[key] = users
        return self._users[key]

    def _needed(self, key: str) -> dict[str, None]:
        """The nodes that a name is computed from, itself included."""
        if key not in self._below:
            order = in_order(key, lambda name: map(self._root, self._needs(name)), ())
            self._below[key] = dict.fromkeys(order)
        return self._below[key]

    def _local(self, name: str, by: str) -> float:
        """The slope of one definition by a name in it, all others held fixed."""
        own = self._locals.setdefault(name, {})
        if by not in own:
            own[by] = self._own_slope(
                self.definitions[name], by, lambda key: 1.0 if self._root(key) == by else 0.0
            )
        return own[by]

    def _own_slope(self, node: Expression, by: str, named: Callable[[str], float]) -> float:
        """The slope of an expression, those of the names in it given."""
        match node:
            case Name():
                return named(node.key)
            case Number():
                return 0.0
            case Add(terms=terms):
                return sum(self._own_slope(term, by, named) for term in terms)
            case Multiply(factors=factors):
                return self._product_rule(factors, by, named)
            case Negate(operand=operand):
                return -self._own_slope(operand, by, named)
            case Divide(numerator=above, denominator=below):
                under = self._value(below)
                own = self._own_slope(above, by, named) / under
                rest = self._own_slope(below, by, named)
                return own - self._value(above) * rest / under**2 if rest else own
            case Power(base=base, exponent=exponent):
                raised, inner = self._value(exponent), self._own_slope(base, by, named)
                if self._own_slope(exponent, by, named):
                    raise Undefined
                return _real(raised * self._value(base) ** (raised - 1) * inner) if inner else 0.0
            case Apply(function=function, arguments=(argument,), order=order):
                inner = self._own_slope(argument, by, named)
                if not inner:
                    return 0.0
                outer = self.point.function(function.key, order + 1, self._value(argument))
                return outer * inner
            case Sum(body=body):
                return self._own_slope(body, by, named)
        raise Undefined

    def _product_rule(
        self, factors: tuple[Expression, ...], by: str, named: Callable[[str], float]
    ) -> float:
        total = 0.0
        for at, factor in enumerate(factors):
            slope = self._own_slope(factor, by, named)
            if slope:
                for other in (*factors[:at], *factors[at + 1 :]):
                    slope *= self._value(other)
                total += slope
        return total


def _real(value: object) -> float:
    if not isinstance(value, float):
        raise Undefined
    return value
