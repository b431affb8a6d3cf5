"""Dual numbers in mpmath on a model's definition graph, at one point.

What is per sample is a list, one value a sample. A `Graph` may be cut at a name: that name is
then a node of its own with slope 1, and all that is computed from it has its slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from operator import mul, neg
from typing import Any, NamedTuple

from mpmath.ctx_mp import MPContext

from gradcheck.evidence.arrays.drawing import Draw
from gradcheck.language.beginnings import Products
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
    evaluated_keys,
    value_keys,
)
from gradcheck.language.functions import BASIC, FUNCTIONS, NUMBERS
from gradcheck.language.model import Model, in_order
from gradcheck.language.verdict import Constant
from gradcheck.run.budget import OverBudget, spend

MAXIMAL_EXPONENT = 64
MAXIMAL_ARGUMENT = 5000


class Outside(Exception):
    """The point is outside the domain of a function: another may do."""


class Unsupported(Exception):
    """No point will do."""


# A value is a number, or a list of numbers, one a sample. A slope is None for nought, else shaped
# as the mode of differentiation says (see Dual).
Quantity = Any


class Dual(NamedTuple):
    """A value and its derivative by the node that is cut.

    By something sample-free the slope has the shape of the value. By a per-sample node it is one
    number a sample: of a per-sample value by the same sample's, of a sum by each sample's.
    """

    value: Quantity
    slope: Quantity = None


def samples_of(value: Quantity, samples: int) -> list[Any]:
    return value if isinstance(value, list) else [value] * samples


def _zip(function: Callable[..., Any], *values: Quantity) -> Quantity:
    """A function entry by entry; a number goes with every sample."""
    length = next((len(value) for value in values if isinstance(value, list)), None)
    if length is None:
        return function(*values)
    columns = [value if isinstance(value, list) else [value] * length for value in values]
    return list(map(function, *columns))


def _total(*terms: Any) -> Any:
    return sum(terms[1:], terms[0])


@cache
def _context(digits: int) -> Any:
    """An mpmath of our own, so that nobody else's precision changes."""
    context = MPContext()
    context.dps = digits
    return context


@dataclass
class At:
    """One model at one point at one precision."""

    model: Model
    draw: Draw
    digits: int
    plain: dict[str, Dual] = field(default_factory=dict)
    cut: dict[str, Graph] = field(default_factory=dict)
    functions: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    values: dict[Expression, Quantity] = field(default_factory=dict)
    numbers: dict[Fraction, Any] = field(default_factory=dict)
    sigmoids: dict[Any, Any] = field(default_factory=dict)  # by the tuple behind the argument

    def __post_init__(self) -> None:
        self.mp = _context(self.digits)
        self.close = self.mp.mpf(10) ** -25
        self.tiny = self.mp.mpf(10) ** -(self.digits - 12)
        self.graph = Graph(self, None)
        self.slopes = _Slopes(self)
        self.largest = 0  # binary exponent of the largest term of a sum so far

    def note(self, terms: list[Any]) -> None:
        """Remember how large the terms of a sum are: rounding in it is relative to them."""
        # the tuple behind an mpf is sign, mantissa, exponent, bits of the mantissa
        self.largest = max(self.largest, *(t._mpf_[2] + t._mpf_[3] for t in terms))

    def is_beyond_rounding(self, gap: Any) -> bool:
        """Whether a difference is too large to be what cancellation in the sums has left.

        The margin of 2^83 (10^25 at 40 digits) is for what the rest may be multiplied by.
        """
        return bool(gap > self.mp.ldexp(1, self.largest - self.mp.prec + 83))

    def value(self, expression: Expression) -> Quantity:
        found = self.values.get(expression)
        if found is None:
            found = self.values[expression] = self.graph.dual(expression).value
        return found

    def times(self, factor: Constant, value: Quantity) -> Quantity:
        constant = self.number(factor.rational * Fraction(self.draw.samples) ** factor.power)
        return _zip(lambda entry: constant * entry, value)

    def number(self, value: Fraction) -> Any:
        found = self.numbers.get(value)
        if found is None:
            found = self.numbers[value] = self.mp.mpf(value.numerator) / value.denominator
        return found

    def free(self, key: str) -> Quantity:
        """The value of a name without a definition; an unknown one is a constant of its own."""
        if key in NUMBERS:
            return self.mp.pi + 0
        drawn = self.draw.value(key)
        if isinstance(drawn, tuple):
            return [self.number(entry) for entry in drawn]
        return self.number(drawn)

    def by(self, key: str) -> Graph:
        """The graph of definitions cut at a name."""
        if key not in self.cut:
            self.cut[key] = Graph(self, key)
        return self.cut[key]

    # -- functions ---------------------------------------------------------------------------

    def apply(self, function: str, order: int, u: Any) -> Any:
        """The derivative of the given order of a function at a number."""
        mp = self.mp
        if function not in BASIC:
            return self._abstract(function, order, u)
        if abs(u) > MAXIMAL_ARGUMENT:
            raise Outside("an argument is too large")
        row = FUNCTIONS[function]
        if row.positive and (u < 0 or (u == 0 and (function, order) != ("sqrt", 0))):
            raise Outside(f"{function} of a number that is not positive")
        if row.kink and u == 0 and order:
            raise Outside(f"the kink of {function}")
        if function == "softplus":
            return self.apply("sigmoid", order - 1, u) if order else mp.log1p(mp.exp(u))
        if function in ("sigmoid", "tanh"):
            return self._saturating(function, order, u)
        if function == "log" and order:
            return (-1) ** (order - 1) * mp.factorial(order - 1) / u**order
        if function == "sqrt" and order:
            return mp.ff(mp.mpf(1) / 2, order) * u ** (mp.mpf(1) / 2 - order)
        if function in ("sin", "cos"):
            turn = (order + (function == "cos")) % 4
            return (mp.sin, mp.cos)[turn % 2](u) * (-1 if turn >= 2 else 1)
        if function in ("normal_cdf", "normal_pdf") and order + (function == "normal_pdf"):
            return self._bell(order - (function == "normal_cdf"), u)
        if function == "arctan" and order:  # by the angle between 1 + iu and i
            angle = mp.pi / 2 - mp.atan(u)
            size = (-1) ** (order - 1) * mp.factorial(order - 1)
            return size * mp.sin(order * angle) / (1 + u * u) ** (mp.mpf(order) / 2)
        if row.kink:
            slope = mp.mpf(row.kink(u))
            return slope * u if order == 0 else slope if order == 1 else mp.mpf(0)
        return _PLAIN[function](mp, u)

    def _saturating(self, function: str, order: int, u: Any) -> Any:
        """Sigmoid and tanh by ``tanh u = 2 sigma(2u) - 1``; derivatives from ``s' = s(1-s)``."""
        if function == "tanh":
            return (
                self.mp.tanh(u)
                if not order
                else 2 ** (order + 1) * self._saturating("sigmoid", order, 2 * u)
            )
        s = self.sigmoids.get(u._mpf_)
        if s is None:
            s = self.sigmoids[u._mpf_] = 1 / (1 + self.mp.exp(-u))
        slope = s * (1 - s)
        match order:
            case 0:
                return s
            case 1:
                return slope
            case 2:
                return slope * (1 - 2 * s)
            case 3:
                return slope * (1 - 6 * slope)
        raise Unsupported(f"derivative {order} of {function}")

    def _bell(self, order: int, u: Any) -> Any:
        """The density of the normal distribution, by ``p' = -u p``: Hermite's polynomials."""
        before, now = self.mp.mpf(0), self.mp.npdf(u)
        for degree in range(order):
            before, now = now, -u * now - degree * before
        return now

    def _abstract(self, function: str, order: int, u: Any) -> Any:
        """``c0 + c1 u + c2 sin(c3 u)``, drawn for each abstract function: its value and its slope
        are unrelated to each other's by any rule of a known activation."""
        if function not in self.functions:
            drawn = self.draw.coefficients(function)
            self.functions[function] = tuple(self.number(c) for c in drawn)
        c0, c1, c2, c3 = self.functions[function]
        wave = c2 * c3**order * self.apply("sin", order, c3 * u)
        return wave + (c0 + c1 * u if order == 0 else c1 if order == 1 else 0)


_PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda mp, u: mp.exp(u),
    "log": lambda mp, u: mp.log(u),
    "sqrt": lambda mp, u: mp.sqrt(u),
    "arctan": lambda mp, u: mp.atan(u),
    "normal_cdf": lambda mp, u: mp.ncdf(u),
}


class Graph:
    """The definitions at a point, cut at a name (its slope is 1 there) or not cut at all."""

    def __init__(self, at: At, by: str | None) -> None:
        self.at = at
        self.by = None if by is None else self._node(by)
        self.known: dict[str, Dual] = {}
        self.per_sample = False
        self._products = Products(self._times)
        if self.by is not None:
            value = at.graph.name(self.by).value
            self.per_sample = isinstance(value, list)
            one = at.mp.mpf(1)
            self.known[self.by] = Dual(value, _zip(lambda _: one, value))

    def _node(self, key: str) -> str:
        """The name that this one is another name of: equal by definition is the same node."""
        seen = {key}
        while isinstance(target := self.at.model.definitions.get(key), Name):
            key = target.key
            if key in seen:
                raise Unsupported("a definition that refers to itself")
            seen.add(key)
        return key

    def name(self, key: str) -> Dual:
        key = self._node(key)
        if key not in self.known:
            try:
                needed = in_order(key, self._needs, self.known)
            except ValueError:
                raise Unsupported("a definition that refers to itself") from None
            for name in needed:
                self.known[name] = self._computed(name)
        return self.known[key]

    def _needs(self, node: str) -> Iterable[str]:
        """The nodes that one is computed from here."""
        definition = self.at.model.definitions.get(node)
        if definition is None or (self.by is not None and node not in self._moved):
            return ()
        return (self._node(key) for key in evaluated_keys(definition))

    def _computed(self, node: str) -> Dual:
        definition = self.at.model.definitions.get(node)
        if definition is None:
            return Dual(self.at.free(node))
        if self.by is not None and node not in self._moved:
            return Dual(self.at.graph.name(node).value)
        return self.dual(definition)

    @cached_property
    def _moved(self) -> frozenset[str]:
        """The nodes that are computed from the one that is cut: only they have a slope."""
        moved = {self.by}
        for key, definition in self.at.model.definitions.items():
            if any(self._node(name) in moved for name in value_keys(definition)):
                moved.add(self._node(key))
        return frozenset(key for key in moved if key is not None)

    def dual(self, expression: Expression) -> Dual:
        try:
            spend(5 * self.at.draw.samples)
        except OverBudget as over:
            raise Unsupported(over.reason) from None
        match expression:
            case Number(value=value):
                return Dual(self.at.number(value))
            case Name():
                return self.name(expression.key)
            case Add(terms=terms):
                return self._add([self.dual(term) for term in terms])
            case Negate(operand=operand):
                value, slope = self.dual(operand)
                return Dual(_zip(neg, value), None if slope is None else _zip(neg, slope))
            case Multiply(factors=factors):
                return self._products.value(factors, self.dual)
            case Divide(numerator=numerator, denominator=denominator):
                return self._times(self.dual(numerator), self._power(denominator, Fraction(-1)))
            case Power(base=base, exponent=exponent):
                return self._raised(base, exponent)
            case Apply():
                return self._apply(expression)
            case Sum(body=body):
                return self._sum(self.dual(body))
            case Partial():
                return self._partial(expression)
        raise Unsupported(f"{type(expression).__name__} has no value")

    def _mix(self, *parts: Dual) -> None:
        """By a per-sample node, a per-sample value must not hang on other samples through a sum."""
        if self.per_sample and any(isinstance(part.value, list) for part in parts):
            for part in parts:
                if part.slope is not None and not isinstance(part.value, list):
                    raise Unsupported("samples that hang together through a sum")

    def _add(self, terms: list[Dual]) -> Dual:
        self._mix(*terms)
        for term in terms:
            self.at.note(term.value if isinstance(term.value, list) else [term.value])
        value = _zip(_total, *(term.value for term in terms))
        slopes = [term.slope for term in terms if term.slope is not None]
        slope = _zip(_total, *slopes) if slopes else None
        if isinstance(value, list) and slope is not None and not isinstance(slope, list):
            slope = [slope] * len(value)
        return Dual(value, slope)

    def _times(self, left: Dual, right: Dual) -> Dual:
        self._mix(left, right)
        value = _zip(mul, left.value, right.value)
        if left.slope is None and right.slope is None:
            return Dual(value)
        if left.slope is None:
            return Dual(value, _zip(mul, left.value, right.slope))
        if right.slope is None:
            return Dual(value, _zip(mul, left.slope, right.value))
        slope = _zip(
            lambda a, da, b, db: da * b + a * db, left.value, left.slope, right.value, right.slope
        )
        return Dual(value, slope)

    def _chain(
        self, inner: Dual, function: Callable[[Any], Any], slope: Callable[[Any], Any]
    ) -> Dual:
        value = _zip(function, inner.value)
        if inner.slope is None:
            return Dual(value)
        return Dual(value, _zip(lambda u, du: slope(u) * du, inner.value, inner.slope))

    def _apply(self, expression: Apply) -> Dual:
        key, order = expression.function.key, expression.order
        if len(expression.arguments) != 1 or key in self.at.model.definitions:
            raise Unsupported(f"{key} is not a function of one number")
        apply = self.at.apply
        return self._chain(
            self.dual(expression.arguments[0]),
            lambda u: apply(key, order, u),
            lambda u: apply(key, order + 1, u),
        )

    def _raised(self, base: Expression, exponent: Expression) -> Dual:
        above = self.dual(exponent)
        if isinstance(exponent, Number):
            return self._power(base, exponent.value)
        if isinstance(exponent, Negate) and isinstance(exponent.operand, Number):
            return self._power(base, -exponent.operand.value)
        for entry in samples_of(above.value, 1):
            if abs(entry) > MAXIMAL_EXPONENT:
                raise Unsupported("an exponent is too large")
        below = self.dual(base)
        if above.slope is None and not isinstance(above.value, list):
            whole = self.at.mp.nint(above.value)
            if whole == above.value:
                return self._power(base, Fraction(int(whole)))
        logarithm = self._chain(below, lambda u: self.at.apply("log", 0, u), lambda u: 1 / u)
        product = self._times(above, logarithm)
        apply = self.at.apply
        return self._chain(product, lambda u: apply("exp", 0, u), lambda u: apply("exp", 0, u))

    def _power(self, base: Expression, exponent: Fraction) -> Dual:
        if abs(exponent) > MAXIMAL_EXPONENT:
            raise Unsupported("an exponent is too large")
        whole = exponent.denominator == 1
        power = int(exponent) if whole else self.at.number(exponent)

        def raised(u: Any) -> Any:
            if u == 0 and power < 0:
                raise Outside("a division by zero")
            if u <= 0 and not whole:
                raise Outside("a root of a number that is not positive")
            return u**power

        def slope(u: Any) -> Any:
            if u == 0 and power < 1 and power != 0:
                raise Outside("a division by zero")
            return power * u ** (power - 1) if power != 0 else 0 * u

        return self._chain(self.dual(base), raised, slope)

    def _sum(self, body: Dual) -> Dual:
        if isinstance(body.value, list):
            self.at.note(body.value)
            value = sum(body.value[1:], body.value[0])
            if body.slope is None or self.per_sample:
                return Dual(value, body.slope)
            return Dual(value, sum(body.slope[1:], body.slope[0]))
        count = self.at.draw.samples
        slope = None if body.slope is None else _zip(lambda entry: count * entry, body.slope)
        return Dual(count * body.value, slope)

    def _partial(self, expression: Partial) -> Dual:
        if self.by is not None:
            raise Unsupported("a derivative of a derivative")
        if expression.order != 1:
            raise Unsupported("a second derivative")
        if not isinstance(expression.by, Name):
            raise Unsupported("a derivative by something that is not a name")
        if isinstance(expression.of, Name):
            found = self.at.slopes.of(expression.of.key, expression.by.key)
            if found is not None:
                return Dual(found)
        value, slope = self.at.by(expression.by.key).dual(expression.of)
        twin = self._twin(expression.of, expression.by.key) if slope is None else None
        if twin is not None:
            value, slope = self.at.by(twin).dual(expression.of)
        nought = self.at.mp.mpf(0)
        return Dual(_zip(lambda _: nought, value) if slope is None else slope)

    def _twin(self, of: Expression, by: str) -> str | None:
        """The node that something is computed from and that has the value of one it is not.

        Raises Unsupported where there is none, and both are computed from the same names: then 0
        would be an answer nobody meant.
        """
        model = self.at.model
        if self._node(by) not in model.definitions:
            return None
        below = frozenset[str]().union(*(model.below(key) for key in value_keys(of)))
        if self._node(by) in map(self._node, below):
            return None
        value = self.at.graph.name(by).value
        for key in model.definitions:
            if key in below and self._alike(self.at.graph.name(key).value, value):
                return key
        if (below & model.below(by)) - model.definitions.keys():
            raise Unsupported("what is derived is not computed from what it is derived by")
        return None

    def _alike(self, one: Quantity, other: Quantity) -> bool:
        if isinstance(one, list) != isinstance(other, list):
            return False
        gaps = _zip(lambda a, b: abs(a - b) <= self.at.close * abs(b), one, other)
        return all(gaps) if isinstance(gaps, list) else bool(gaps)


class _Local(Graph):
    """A graph in which nothing moves but the node that is cut: for the slope of one definition."""

    @cached_property
    def _moved(self) -> frozenset[str]:
        return frozenset(() if self.by is None else (self.by,))


class _Slopes:
    """Slopes of one name by others, each from those by the definitions that mention it.

    So every definition of a deep network is differentiated once a name in it, and not once again
    for every parameter below it.
    """

    def __init__(self, at: At) -> None:
        self.at = at
        self._users: dict[str, dict[str, list[str]]] = {}
        self._known: dict[str, dict[str, Quantity]] = {}
        self._locals: dict[str, _Local] = {}

    def of(self, key: str, by: str) -> Quantity | None:
        """The slope of ``key`` by another name; None where the graph has to be cut for it."""
        key, by = self.at.graph._node(key), self.at.graph._node(by)
        users = self._users_below(key)
        if key == by or by not in users:
            return None
        known = self._known.setdefault(key, {})
        try:
            for node in in_order(by, lambda name: users.get(name, ()), {**known, key: None}):
                known[node] = self._by(key, node, users[node])
        except Unsupported:
            return None
        return known[by]

    def _users_below(self, key: str) -> dict[str, list[str]]:
        """The definitions that mention a node; none if one of them holds a derivative."""
        if key not in self._users:
            model, node = self.at.model, self.at.graph._node
            users: dict[str, list[str]] = {}
            for name in reversed(model.ancestors(key) if key in model.definitions else ()):
                definition = model.definitions[name]
                if contains(definition, Partial):
                    users = {}
                    break
                if node(name) == name:
                    for below in dict.fromkeys(map(node, evaluated_keys(definition))):
                        users.setdefault(below, []).append(name)
            self._users[key] = users
        return self._users[key]

    def _by(self, key: str, node: str, users: list[str]) -> Quantity:
        """The slope by a node: over all that mention it, theirs times their own by it."""
        value = self.at.graph.name
        whole = not isinstance(value(key).value, list)
        single = not isinstance(value(node).value, list)
        total: Quantity = None
        for user in users:
            local = self._local(node).dual(self.at.model.definitions[user]).slope
            if local is None:
                continue
            through = local
            if user != key:
                inner = isinstance(value(user).value, list)
                if not (inner or single or whole):
                    raise Unsupported("samples that hang together through a sum")
                through = _zip(mul, self._known[key][user], local)
                if inner and single and whole:
                    self.at.note(through)
                    through = sum(through[1:], through[0])
            if total is not None:
                for part in (total, through):
                    self.at.note(part if isinstance(part, list) else [part])
            total = through if total is None else _zip(_total, total, through)
        if total is None:
            raise Unsupported("nothing moves it")
        return total

    def _local(self, node: str) -> _Local:
        if node not in self._locals:
            self._locals[node] = _Local(self.at, node)
        return self._locals[node]
