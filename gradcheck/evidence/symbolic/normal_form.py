"""Evaluation of a document's expression to p + Σ s: a plain part and one summed over the samples.

What is free of the samples may go inside the sum: c·Σ s = Σ c·s, and Σ c = N·c.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, reduce

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.derivative import Local, differentiate, written_out
from gradcheck.evidence.symbolic.graph import Graph, names_outside_heads
from gradcheck.evidence.symbolic.rational import Rational
from gradcheck.evidence.symbolic.tower import Tower
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
)
from gradcheck.language.model import in_order
from gradcheck.run.budget import spend

MAX_DEPTH = 60
MAX_NODES = 20_000
MAX_ORDER = 4
INVENTED_COUNT = Name("N", qualifier="samples")


@dataclass(frozen=True, slots=True)
class NormalForm:
    """plain + Σ summed; ``assumed`` are the elements taken to be positive on the way."""

    plain: Rational
    summed: Rational
    assumed: tuple[Rational, ...] = ()

    @property
    def has_sum(self) -> bool:
        return not self.summed.is_zero

    @property
    def is_zero(self) -> bool:
        return self.plain.is_zero and self.summed.is_zero

    def same_as(self, other: NormalForm) -> bool:
        return self.plain == other.plain and self.summed == other.summed

    def assuming(self, *others: NormalForm) -> tuple[Rational, ...]:
        """What this and the others assumed, in order, each once."""
        return _merged(self.assumed, *(other.assumed for other in others))


class Evaluation:
    """Expressions of one model, evaluated in one tower; what was asked for is kept.

    A side of a chain is asked for with both its neighbours, and with the gradient it is claimed
    to be.
    """

    def __init__(self, graph: Graph, tower: Tower) -> None:
        self.graph = graph
        self.tower = tower
        self._zero = tower.number(0)
        self._asked: dict[Expression, NormalForm] = {}
        self._defined: dict[str, NormalForm] = {}
        self._partials: dict[tuple[str, str], NormalForm] = {}
        self._products = Products(self._product)
        self._depth = 0
        count = graph.model.sample_count
        self.count_name = graph.name(count) if count else INVENTED_COUNT
        self.count = tower.symbol(self.count_name, per_sample=False)

    def of(self, expression: Expression) -> NormalForm:
        """Raises Undecided where the rules of sums, sizes or functions do not reach."""
        found = self._asked.get(expression)
        if found is None:
            check_size(expression)
            found = self._asked[expression] = self._of(expression)
        return found

    def reduced(self, form: NormalForm) -> NormalForm:
        """The form with square roots once in every term and in no denominator."""
        if not self.tower.has_roots:
            return form
        reduce = self.tower.reduce
        return NormalForm(reduce(form.plain), reduce(form.summed), form.assumed)

    def definition(self, key: str) -> NormalForm:
        """The value of a defined name; what it is computed from comes first, without recursion."""
        if key not in self._defined:
            model = self.graph.model
            for name in model.ancestors(key):
                if name not in self._defined:
                    check_size(model.definitions[name])
                    self._defined[name] = self._of(model.definitions[name])
        return self._defined[key]

    def partial(self, key: str, by: Name) -> NormalForm:
        """∂key/∂by for a defined name, through the names between them."""
        node = self.graph.node(by.key)
        found = self._partials.get((key, node))
        if found is not None:
            return found
        model = self.graph.model
        if key == model.loss and self._is_plain:
            return self._backward(node)
        for name in model.ancestors(key):
            between = node in self.graph.reach(name) and self.graph.node(name) != node
            if between and (name, node) not in self._partials:
                derived = differentiate(model.definitions[name], by, self.graph)
                self._partials[name, node] = self._of(derived)
        return self._partials[key, node]

    @cached_property
    def _signed(self) -> frozenset[str]:
        """The names that may have any sign: parameters, inputs and labels."""
        model = self.graph.model
        data = (*model.inputs, *model.labels)
        return frozenset((*(parameter.key for parameter in model.parameters), *data))

    @cached_property
    def _is_plain(self) -> bool:
        """Whether the loss is computed without any derivative."""
        model = self.graph.model
        return not any(contains(model.definitions[k], Partial) for k in model.ancestors(model.loss))

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """The definitions below the loss that mention a node, last first."""
        model, node = self.graph.model, self.graph.node
        users: dict[str, list[str]] = {}
        for name in reversed(model.ancestors(model.loss)):
            if node(name) == name:
                for key in dict.fromkeys(map(node, names_outside_heads(model.definitions[name]))):
                    users.setdefault(key, []).append(name)
        return users

    def _backward(self, node: str) -> NormalForm:
        """The loss's derivative by a node, from those by the definitions that mention it.

        Each is computed once for all parameters, so that the cost of a deep network's gradients
        grows with the layers and not with their square.
        """
        loss = self.graph.node(self.graph.model.loss)
        with suppress(Undecided):  # so that the generators come in the order of the document
            self.definition(self.graph.model.loss)
        known = {of for key, of in self._partials if key == self.graph.model.loss} | {loss}
        for name in in_order(node, lambda key: self._users.get(key, ()), known):
            total: NormalForm | None = None
            for user in self._users.get(name, ()):
                through = self._through(user, name)
                total = through if total is None else self._added(total, through)
            self._partials[self.graph.model.loss, name] = total or self._plain(self._zero)
        return self._partials[self.graph.model.loss, node]

    def _through(self, user: str, node: str) -> NormalForm:
        """What a definition that mentions a node adds to the loss's derivative by it."""
        graph, model = self.graph, self.graph.model
        by = graph.name(node)
        local = self._of(differentiate(model.definitions[user], by, Local(graph)))
        if user == graph.node(model.loss):
            return local
        product = self._product(local, self._partials[model.loss, user])
        ends = graph.is_per_sample(node) or graph.is_per_sample(model.loss)
        return self._sum(product) if graph.is_per_sample(user) and not ends else product

    def _of(self, expression: Expression) -> NormalForm:
        self._depth += 1
        spend(10)
        try:
            if self._depth > 3 * MAX_DEPTH:
                raise Undecided("too deeply nested")
            return self._dispatch(expression)
        finally:
            self._depth -= 1

    def _dispatch(self, expression: Expression) -> NormalForm:
        match expression:
            case Number():
                return self._of_number(expression)
            case Name():
                return self._of_name(expression)
            case Add(terms=terms):
                return self._total(terms)
            case Negate(operand=operand):
                inner = self._of(operand)
                return NormalForm(-inner.plain, -inner.summed, inner.assumed)
            case Multiply(factors=factors):
                return self._products.value(factors, self._of)
            case Divide(numerator=numerator, denominator=denominator):
                return self._quotient(self._of(numerator), self._of(denominator))
            case Power(base=base, exponent=exponent):
                return self._power(self._of(base), self._of(exponent))
            case Apply():
                return self._application(expression)
            case Partial():
                return self._partial(expression)
            case Sum(body=body):
                return self._sum(self._of(body))
        raise Undecided(f"{type(expression).__name__.lower()} is not understood here")

    def _plain(self, element: Rational, assumed: tuple[Rational, ...] = ()) -> NormalForm:
        return NormalForm(element, self._zero, assumed)

    def _of_number(self, number: Number) -> NormalForm:
        exact = number.value
        bits = max(exact.numerator.bit_length(), exact.denominator.bit_length())
        if bits > poly.MAX_BITS // 2:
            raise Undecided("too large")
        return self._plain(self.tower.number(exact))

    def _of_name(self, name: Name) -> NormalForm:
        if name.key == self.count_name.key:
            return self._plain(self.count)
        if name.key in self.graph.model.definitions:
            return self.definition(name.key)
        per_sample = self.graph.is_per_sample(name.key) or not self.graph.is_known(name.key)
        return self._plain(self.tower.symbol(name, per_sample, name.key in self._signed))

    def _total(self, terms: tuple[Expression, ...]) -> NormalForm:
        return reduce(self._added, map(self._of, terms))

    def _added(self, one: NormalForm, other: NormalForm) -> NormalForm:
        summed = one.summed + other.summed if other.has_sum else one.summed
        return NormalForm(one.plain + other.plain, summed, one.assuming(other))

    def _product(self, one: NormalForm, other: NormalForm) -> NormalForm:
        assumed = one.assuming(other)
        if one.has_sum and other.has_sum:
            raise Undecided("a sum times a sum")
        if other.has_sum:
            one, other = other, one
        plain = self.tower.reduce(one.plain * other.plain)
        if not one.has_sum:
            return self._plain(plain, assumed)
        if self.tower.is_per_sample(other.plain):
            raise Undecided("a sum times a per-sample value")
        return NormalForm(plain, self.tower.reduce(one.summed * other.plain), assumed)

    def _quotient(self, one: NormalForm, other: NormalForm) -> NormalForm:
        if other.has_sum:
            raise Undecided("division by a sum")
        return self._product(one, self._plain(other.plain.inverse(), other.assumed))

    def _power(self, base: NormalForm, exponent: NormalForm) -> NormalForm:
        if exponent.has_sum:
            raise Undecided("a sum in an exponent")
        number = exponent.plain.as_number
        if number == 1:
            return base
        if base.has_sum:
            raise Undecided("a power of a sum")
        element, assumed = self.tower.power(base.plain, exponent.plain)
        return NormalForm(element, self._zero, _merged(base.assuming(exponent), assumed))

    def _application(self, application: Apply) -> NormalForm:
        if len(application.arguments) != 1:
            raise Undecided(f"{application.function.key} of several arguments")
        formula = written_out(application)
        if formula is not None:
            return self._of(formula)
        argument = self._of(application.arguments[0])
        if argument.has_sum:
            raise Undecided("a function of a sum")
        element, assumed = self.tower.apply(application.function, application.order, argument.plain)
        return NormalForm(element, self._zero, _merged(argument.assumed, assumed))

    def _sum(self, body: NormalForm) -> NormalForm:
        if body.has_sum:
            raise Undecided("a sum inside a sum")
        if self.tower.is_per_sample(body.plain):
            return NormalForm(self._zero, body.plain, body.assumed)
        return self._plain(self.count * body.plain, body.assumed)

    # -- partials -----------------------------------------------------------------------------

    def _partial(self, partial: Partial) -> NormalForm:
        by = partial.by
        if not isinstance(by, Name):
            raise Undecided("a partial by something that is not a name")
        if not 1 <= partial.order <= MAX_ORDER or _nesting(partial) > MAX_ORDER:
            raise Undecided("a derivative of a high order")
        of = partial.of
        for _ in range(partial.order - 1):
            of = Partial(of, by)
        by = self._node_in(of, by)
        if isinstance(of, Name) and of.key in self.graph.model.definitions:
            node = self.graph.node(by.key)
            if node != self.graph.node(of.key) and node in self.graph.reach(of.key):
                return self.partial(of.key, by)
        if isinstance(of, Partial):
            of = self._carried_out(of)
        return self._of(differentiate(of, by, self.graph))

    def _carried_out(self, partial: Partial) -> Expression:
        """An inner partial as an expression without it, one definition deep."""
        by, of = partial.by, partial.of
        if not isinstance(by, Name) or partial.order != 1:
            raise Undecided("a partial of a partial")
        if isinstance(of, Partial):
            of = self._carried_out(of)
        elif isinstance(of, Name) and self.graph.node(of.key) != self.graph.node(by.key):
            of = self.graph.model.definitions.get(of.key, of)
        return differentiate(of, by, self.graph)

    def _node_in(self, of: Expression, by: Name) -> Name:
        """The name to differentiate by: ``by``, or a node of the graph of ``of`` equal to it.

        Raises Undecided if ``of`` is not written in terms of ``by`` although both depend on the
        same names: then 0 would be an answer nobody meant.
        """
        graph = self.graph
        reach: set[str] = set()
        for key in names_outside_heads(of):
            reach |= graph.reach(key)
        node = graph.node(by.key)
        if node in reach:
            return by
        if not graph.is_known(by.key):
            raise Undecided(f"{graph.shown(of)} is not defined in terms of {graph.shown(by)}")
        if by.key not in graph.model.definitions:
            return by
        value = self.definition(by.key)
        for key in graph.model.definitions:
            if graph.node(key) in reach and self.definition(key).same_as(value):
                return graph.name(key)
        if (graph.reach(by.key) - graph.model.definitions.keys()) & reach:
            raise Undecided(f"{graph.shown(of)} is not defined in terms of {graph.shown(by)}")
        return by


def _nesting(expression: Expression) -> int:
    """How many partials stand directly within one another."""
    levels = 0
    while isinstance(expression, Partial):
        expression = expression.of
        levels += 1
    return levels


def _merged(*assumed: tuple[Rational, ...]) -> tuple[Rational, ...]:
    return tuple(dict.fromkeys(element for elements in assumed for element in elements))


def check_size(expression: Expression) -> None:
    """Raises Undecided if a tree is too deep for recursion or too large to be worth it."""
    level = [expression]
    depth = nodes = 0
    while level:
        depth += 1
        nodes += len(level)
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise Undecided("too deeply nested" if depth > MAX_DEPTH else "too large")
        level = [child for node in level for child in node.children()]
