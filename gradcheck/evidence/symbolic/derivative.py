"""Differentiation of a document's expressions by rule, on the tree, over the definition graph.

This is the second derivation, beside SymPy's in `gradient`: each checks the other.
"""

from __future__ import annotations

from fractions import Fraction

from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.graph import Graph
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
    substitute,
)
from gradcheck.language.functions import slope_of

ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))
TWO = Number(Fraction(2))
_U = Name("u")


class Local:
    """A graph in which every name is held fixed but the one that is differentiated by."""

    def __init__(self, graph: Graph) -> None:
        self.node = graph.node
        self.is_known = graph.is_known
        self.is_per_sample = graph.is_per_sample
        self.shown = graph.shown

    def reach(self, key: str) -> frozenset[str]:
        return frozenset((self.node(key),))


def written_out(application: Apply) -> Expression | None:
    """f'(u), f''(u), … of a known function by functions without primes; None if there are none."""
    formula = slope_of(application.function.key, _U)
    if application.order == 0 or formula is None:
        return None
    if application.order > 4:
        raise Undecided("a derivative of a high order")
    graph = Graph.without_definitions((_U.key,))
    for _ in range(application.order - 1):
        formula = differentiate(formula, _U, graph)
    return substitute(formula, {_U.key: application.arguments[0]})


def differentiate(expression: Expression, by: Name, graph: Graph | Local) -> Expression:
    """∂expression/∂by, where ``by`` is a node of its own.

    A defined name that depends on ``by`` becomes a `Partial` of that name. The partial of a sum by
    a per-sample name has no sum of its own. Raises Undecided where a name is not defined.
    """
    match expression:
        case Number():
            return ZERO
        case Name():
            return _of_name(expression, by, graph)
        case Add(terms=terms):
            return _total([differentiate(term, by, graph) for term in terms])
        case Negate(operand=operand):
            inner = differentiate(operand, by, graph)
            return ZERO if inner == ZERO else Negate(inner)
        case Multiply(factors=factors):
            return _of_product(factors, by, graph)
        case Divide(numerator=top, denominator=bottom):
            return _of_quotient(top, bottom, by, graph)
        case Power(base=base, exponent=exponent):
            return _of_power(base, exponent, by, graph)
        case Apply(function=function, arguments=(argument,), order=order):
            inner = differentiate(argument, by, graph)
            return _product(Apply(function, (argument,), order + 1), inner)
        case Sum(body=body):
            inner = differentiate(body, by, graph)
            return inner if inner == ZERO or graph.is_per_sample(by.key) else Sum(inner)
        case Partial():
            return Partial(expression, by)
    raise Undecided(f"a derivative of {type(expression).__name__}")


def _of_name(name: Name, by: Name, graph: Graph | Local) -> Expression:
    if graph.node(name.key) == graph.node(by.key):
        return ONE
    if not graph.is_known(name.key):
        raise Undecided(f"{graph.shown(name)} is not defined in terms of {graph.shown(by)}")
    if graph.node(by.key) not in graph.reach(name.key):
        return ZERO
    return Partial(name, by)


def _of_product(factors: tuple[Expression, ...], by: Name, graph: Graph | Local) -> Expression:
    terms = []
    for place, factor in enumerate(factors):
        inner = differentiate(factor, by, graph)
        if inner != ZERO:
            others = factors[:place] + (() if inner == ONE else (inner,)) + factors[place + 1 :]
            terms.append(others[0] if len(others) == 1 else Multiply(others))
    return _total(terms)


def _of_quotient(top: Expression, bottom: Expression, by: Name, graph: Graph | Local) -> Expression:
    above, below = differentiate(top, by, graph), differentiate(bottom, by, graph)
    if below == ZERO:
        return ZERO if above == ZERO else Divide(above, bottom)
    lost = Divide(Multiply((top, below)), Power(bottom, TWO))
    return Negate(lost) if above == ZERO else Add((Divide(above, bottom), Negate(lost)))


def _of_power(base: Expression, exponent: Expression, by: Name, graph: Graph | Local) -> Expression:
    inner, outer = differentiate(base, by, graph), differentiate(exponent, by, graph)
    terms = []
    if inner != ZERO:
        lowered = Power(base, Add((exponent, Negate(ONE))))
        terms.append(_product(Multiply((exponent, lowered)), inner))
    if outer != ZERO:
        log = Apply(Name("log"), (base,))
        terms.append(Multiply((Power(base, exponent), log, outer)))
    return _total(terms)


def _product(outer: Expression, inner: Expression) -> Expression:
    if inner == ZERO:
        return ZERO
    return outer if inner == ONE else Multiply((outer, inner))


def _total(terms: list[Expression]) -> Expression:
    kept = [term for term in terms if term != ZERO]
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else Add(tuple(kept))
