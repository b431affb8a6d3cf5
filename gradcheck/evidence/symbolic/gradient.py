"""The gradients of a loss by the chain rule: SymPy differentiates each definition on its own.

The intermediate names stay: each definition is differentiated by the names that it mentions, as if
they were independent, and the adjoint of a name is the sum over those that use it of their
adjoint times that local partial (reverse accumulation). So ∂L/∂w_1 comes out as
``(ŷ − y)·w_2·a_1·(1 − a_1)·x`` and not as a formula in the parameters alone.

SymPy sees dummies only, and functions of its own class without any rewriting rules.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import sympy

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Refinement, Undecided
from gradcheck.evidence.symbolic.graph import Graph, names_outside_heads
from gradcheck.evidence.symbolic.normal_form import Evaluation
from gradcheck.evidence.symbolic.polynomial import Budget, lane_mask
from gradcheck.evidence.symbolic.presentation import Presentation, fraction_of
from gradcheck.evidence.symbolic.product import Product, number
from gradcheck.evidence.symbolic.rational import Rational
from gradcheck.evidence.symbolic.tower import Result, Tower
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    contains,
    substitute,
    value_keys,
)
from gradcheck.language.functions import BASIC, FUNCTIONS
from gradcheck.run.budget import spend

_SUM = Name("sum over the samples")


_SYMPY = 1_000
"""What a derivative by SymPy stands for; the definition is none that is too large."""
_LOOKED_UP = 10
"""What it is to look one up that was asked for before."""


class _NamesOnly(Tower):
    """A tower in which no function has a meaning: an application is known by its argument."""

    def apply(self, head: Name, order: int, argument: Rational) -> Result:
        key = (head.key, order, argument)
        if key not in self._applications:
            self._applications[key] = self._opaque(head, order, argument), ()
        return self._applications[key]


class Chain:
    """The adjoints of all nodes of one loss. Raises Undecided if it cannot be differentiated."""

    def __init__(self, graph: Graph, evaluation: Evaluation) -> None:
        self.graph = graph
        self.evaluation = evaluation
        model = graph.model
        evaluation.definition(model.loss)  # refuses what is too large, before SymPy sees it
        self.tower = _NamesOnly(Budget(evaluation.tower.budget.left))
        self.presentation = Presentation(self.tower, {}, model.labels)
        self._lane_of_sum = 0
        self._sum = self.tower.symbol(_SUM, False)
        self._shown = self._names_of_nodes()
        self._translation = Translation(self)
        self._adjoints: dict[str, Product] | None = None

    def gradient(self, key: str) -> Expression | None:
        """The gradient by one parameter; None where the chain does not reach the loss's form."""
        try:
            if self._adjoints is None:
                self._adjoints = self._accumulate()
            adjoint = self._adjoints.get(self.graph.node(key))
            return number(0) if adjoint is None else self._write(adjoint)
        except Undecided:
            return None

    def symbol(self, key: str) -> Rational:
        """The generator of a node, under the name that its gradient is to show."""
        node = self.graph.node(key)
        name = self._shown.get(node) or self.graph.name(node)
        return self.tower.symbol(name, self.graph.is_per_sample(key))

    def _names_of_nodes(self) -> dict[str, Name]:
        """Of the aliases of one node the prediction's name is shown, else the root's."""
        prediction = self.graph.model.prediction
        if prediction is None:
            return {}
        return {self.graph.node(prediction): self.graph.name(prediction)}

    def _accumulate(self) -> dict[str, Product]:
        model, graph = self.graph.model, self.graph
        trained = {graph.node(parameter.key) for parameter in model.parameters}
        adjoints = {graph.node(model.loss): Product(Fraction(1))}
        for key in reversed(model.ancestors(model.loss)):
            if graph.node(key) != key or key not in adjoints:
                continue
            definition = model.definitions[key]
            seen: dict[str, None] = {}
            for name in names_outside_heads(definition):
                node = graph.node(name)
                if node in seen or not trained & graph.reach(name):
                    continue
                seen[node] = None
                local = self._local_partial(key, node)
                if local.coefficient:
                    through = adjoints[key].times(local)
                    adjoints[node] = self._sum_of(adjoints.get(node), through)
        return adjoints

    def _sum_of(self, one: Product | None, other: Product) -> Product:
        """The sum of two paths; the factors that they share stay in front, in their order."""
        if one is None:
            return other
        budget = self.tower.budget
        total = Product.of(one.value(budget) + other.value(budget), budget)
        order = [base for base, _ in one.factors]
        known = [item for base in order for item in total.factors if item[0] == base]
        fresh = [item for item in total.factors if item[0] not in order]
        return Product(total.coefficient, (*known, *fresh))

    # -- local partials -----------------------------------------------------------------------

    def _local_partial(self, key: str, node: str) -> Product:
        """∂key/∂node of one definition, by SymPy; by the definition's own value if it has one.

        What is 1/(1 + e^{-z}) by definition has the derivative e^{-z}/(1 + e^{-z})²; everybody
        writes a·(1 − a), so that is looked for.
        """
        definition = self.graph.model.definitions[key]
        derived = self._translation.derivative(definition, node)
        product = Product.of(derived, self.tower.budget)
        if not contains(definition, Apply) or contains(definition, Sum):
            return product
        if not self._has_functions(derived):
            return product
        return self._by_own_value(key, node) or product

    def _has_functions(self, element: Rational) -> bool:
        lanes = poly.used_lanes(element.numerator, element.denominator)
        return any(self.tower.generators[lane].function for lane in lanes)

    def _by_own_value(self, key: str, node: str) -> Product | None:
        """a·(1 − a)·r, (1 − a²)·r or a·r for the definition's name a and a remainder r in names."""
        one = self.tower.number(1)
        own = self.symbol(key)
        value = self.evaluation.definition(key)
        try:
            true = self.evaluation.partial(key, self.graph.name(node))
        except (Undecided, Refinement):
            return None
        if true.has_sum or value.has_sum:
            return None
        unit = self.evaluation.tower.number(1)
        full = value.plain
        for shown, actual in (
            (own * (one - own), full * (unit - full)),
            (one - own * own, unit - full * full),
            (own, full),
        ):
            if actual.is_zero:
                continue
            rest = self._in_free_names(true.plain / actual)
            if rest is not None:
                budget = self.tower.budget
                return Product.of(shown, budget).times(Product.of(rest, budget))
        return None

    def _in_free_names(self, element: Rational) -> Rational | None:
        """An element of the full tower that is one term in names, in the tower of names."""
        if len(element.numerator) != 1 or len(element.denominator) != 1:
            return None
        result = self.tower.number(1)
        for part, sign in ((element.numerator, 1), (element.denominator, -1)):
            ((monomial, coefficient),) = part.items()
            result = result * self.tower.number(coefficient) ** sign
            for lane, exponent in poly.exponents(monomial):
                generator = self.evaluation.tower.generators[lane]
                if generator.argument is not None or generator.name is None:
                    return None
                result = result * self.symbol(generator.name.key) ** (sign * exponent)
        return result

    # -- the result ---------------------------------------------------------------------------

    def _write(self, adjoint: Product) -> Expression:
        """The adjoint of a parameter, its sum sign around all but numbers and the count."""
        if not adjoint.coefficient:
            return number(0)
        sums, rest = adjoint.without(self._lane_of_sum)
        if sums == 0:
            self._refuse_sums(rest)
            return self.presentation.write_product(rest)
        if sums != 1:
            raise Undecided("a product of sums")
        self._refuse_sums(rest)
        outside: list[tuple[poly.Polynomial, int]] = []
        count = self.graph.model.sample_count
        if count is not None:
            unit = self.symbol(count).numerator
            outside = [item for item in rest.factors if item[0] == unit]
        inside = tuple(item for item in rest.factors if item not in outside)
        body = self.presentation.write_product(Product(Fraction(1), inside))
        coefficient = rest.coefficient
        if isinstance(body, Negate):
            body, coefficient = body.operand, -coefficient
        top = [self._power(base, exponent) for base, exponent in outside if exponent > 0]
        bottom = [self._power(base, -exponent) for base, exponent in outside if exponent < 0]
        factor = fraction_of(coefficient, top, bottom)
        if factor == number(1):
            return Sum(body)
        if isinstance(factor, Negate):
            inner = factor.operand
            return Negate(Sum(body) if inner == number(1) else Multiply((inner, Sum(body))))
        return Multiply((factor, Sum(body)))

    def _power(self, base: poly.Polynomial, exponent: int) -> Expression:
        shown = self.presentation.write_factor(base)[1]
        return shown if exponent == 1 else Power(shown, number(exponent))

    def _refuse_sums(self, product: Product) -> None:
        """The sum sign may stand before the whole product only."""
        mask = lane_mask(self._lane_of_sum)
        for base, _ in product.factors:
            if any(monomial & mask for monomial in base):
                raise Undecided("terms with and without a sum")


class Translation:
    """Our expressions to SymPy's and back. Names become dummies, functions a class each.

    The dummies go by the place of a name in its definition, so that SymPy differentiates a form
    such as ``w·x + b`` once, whatever the names in it and however many documents have it.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._elements: dict[sympy.Dummy, Rational] = {}
        self._named: dict[tuple[str, Rational], Rational] | None = None
        self._asked: set[tuple[Expression, int]] = set()  # here: what others asked is no matter

    def derivative(self, definition: Expression, node: str) -> Rational:
        """∂definition/∂node, other names held fixed, as an element of the tower of names."""
        form, nodes = self._form(definition)
        asked = (form, nodes.index(node))
        spend(_LOOKED_UP if asked in self._asked else _SYMPY)
        self._asked.add(asked)
        formula = _derivative(*asked)
        self._elements = self._elements_of(nodes)
        return self._from_sympy(formula)

    def _form(self, definition: Expression) -> tuple[Expression, list[str]]:
        """The definition with numbers for its names, and the nodes in the order of the numbers."""
        graph = self._chain.graph
        nodes = list(dict.fromkeys(graph.node(key) for key in value_keys(definition)))
        places: dict[str, Expression] = {
            key: Name(f"{nodes.index(graph.node(key))}") for key in value_keys(definition)
        }
        return substitute(definition, places), nodes

    def _elements_of(self, nodes: list[str]) -> dict[sympy.Dummy, Rational]:
        elements = {_nth_dummy(i): self._chain.symbol(key) for i, key in enumerate(nodes)}
        elements[_SIGN_OF_SUM] = self._chain._sum
        return elements

    def _names_of_applications(self) -> dict[tuple[str, Rational], Rational]:
        """What the document calls an application: o for σ(w_2·h + b_2), wherever it occurs."""
        if self._named is None:
            kept, self._named = self._elements, {}
            bodies = self._chain.graph.model.definitions
            for key, body in (*bodies.items(), *bodies.items()):  # the second time all are named
                if not isinstance(body, Apply) or body.order or len(body.arguments) != 1:
                    continue
                try:
                    form, nodes = self._form(body.arguments[0])
                    self._elements = self._elements_of(nodes)
                    argument = self._from_sympy(_to_sympy(form))
                except Undecided:
                    continue
                self._named.setdefault((body.function.key, argument), self._chain.symbol(key))
            self._elements = kept
        return self._named

    def _from_sympy(self, formula: Any) -> Rational:
        tower = self._chain.tower
        if formula.is_Rational:
            return tower.number(Fraction(int(formula.p), int(formula.q)))
        if formula.is_Symbol:
            return self._elements[formula]
        if formula.is_Add:
            total = tower.number(0)
            for term in formula.args:
                total = total + self._from_sympy(term)
            return total
        if formula.is_Mul:
            product = tower.number(1)
            for factor in formula.args:
                product = product * self._from_sympy(factor)
            return product
        if formula.is_Pow and formula.exp.is_Integer:
            return self._from_sympy(formula.base) ** int(formula.exp)
        if formula.func in _HEADS:
            head, order = _HEADS[formula.func]
            argument = self._from_sympy(formula.args[0])
            if not order and (named := self._names_of_applications().get((head.key, argument))):
                return named
            applied, _ = tower.apply(head, order, argument)
            return applied
        raise Undecided("a derivative that cannot be shown in the document's names")


_FUNCTIONS: dict[tuple[str, int], type[sympy.Function]] = {}
_HEADS: dict[type[sympy.Function], tuple[Name, int]] = {}
"""The classes that stand for functions in SymPy; they are the same for all documents."""


@cache
def _nth_dummy(index: int) -> sympy.Dummy:
    """One dummy for the n-th name of any definition, so that SymPy's caches serve them all."""
    return sympy.Dummy(f"v{index}")


_SIGN_OF_SUM = sympy.Dummy("sum")
"""Σ as a factor: what the derivative of a sum has before it."""


@lru_cache(maxsize=512)
def _derivative(form: Expression, place: int) -> Any:
    """∂form/∂(its name at that place), by SymPy; the names of ``form`` are numbers."""
    return sympy.diff(_to_sympy(form), _nth_dummy(place))


def _to_sympy(expression: Expression) -> Any:
    match expression:
        case Number(value=value):
            return sympy.Rational(value.numerator, value.denominator)
        case Name(base=base):
            return _nth_dummy(int(base))
        case Add(terms=terms):
            return sympy.Add(*(_to_sympy(term) for term in terms))
        case Negate(operand=operand):
            return -_to_sympy(operand)
        case Multiply(factors=factors):
            return sympy.Mul(*(_to_sympy(factor) for factor in factors))
        case Divide(numerator=numerator, denominator=denominator):
            return _to_sympy(numerator) / _to_sympy(denominator)
        case Power(base=base, exponent=exponent):
            return _to_sympy(base) ** _to_sympy(exponent)
        case Apply(function=function, arguments=(argument,), order=order):
            return _function(function, order)(_to_sympy(argument))
        case Sum(body=body):
            return sympy.Mul(_SIGN_OF_SUM, _to_sympy(body))
    raise Undecided(f"{type(expression).__name__.lower()} in a definition")


def _applied(name: str, argument: Any, order: int = 0) -> Any:
    return _function(Name(name), order)(argument)


def _function(head: Name, order: int) -> type[sympy.Function]:
    found = _FUNCTIONS.get((head.key, order))
    if found is None:

        def fdiff(applied: Any, argindex: int = 1) -> Any:
            known = FUNCTIONS[head.key] if order == 0 and head.key in BASIC else None
            slope = known and known.derivative(applied, applied.args[0], _applied)
            if slope is not None:
                return slope
            return _function(head, order + 1)(applied.args[0])

        # SymPy sorts by this name: it must not depend on what the process met before.
        name = f"F{order}_{head.key.encode('utf-8', 'surrogatepass').hex()}"
        found = type(name, (sympy.Function,), {"nargs": 1, "fdiff": fdiff})
        _FUNCTIONS[head.key, order] = found
        _HEADS[found] = head, order
    return found
