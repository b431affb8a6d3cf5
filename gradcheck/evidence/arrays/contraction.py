"""The rule of `lifting`, step by step: one method for each kind of node."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Protocol, TypeGuard

from gradcheck.evidence.arrays.fingerprint import Fingerprints
from gradcheck.evidence.arrays.indexed import (
    FEATURE,
    HIDDEN,
    SAMPLE,
    Applied,
    Axes,
    Indexed,
    Leaf,
    Lifted,
    Literal,
    Opened,
    Product,
    Raised,
    Reciprocal,
    Summed,
    Total,
    join,
    sum_over,
)
from gradcheck.evidence.arrays.refusal import LiftingAmbiguous, NotEvaluated
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
)
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Model

_ZERO, _ONE = Fraction(0), Fraction(1)


class Lifting(Protocol):
    """What is asked of a lifting while a tree is lifted."""

    @property
    def model(self) -> Model: ...
    @property
    def axes(self) -> dict[str, Axes]: ...
    @property
    def definitions(self) -> dict[str, Lifted]: ...
    @property
    def refused(self) -> dict[str, NotEvaluated]: ...
    @property
    def contractions(self) -> dict[str, list[Indexed]]: ...
    @property
    def lifted(self) -> dict[Expression, Lifted]: ...
    def is_data(self, key: str) -> bool: ...


class Lifter:
    """One walk over a tree; every method returns the value with its indices."""

    def __init__(self, lifting: Lifting, forward: bool = False) -> None:
        self.lifting = lifting
        self.forward = forward

    def lift(self, expression: Expression) -> Lifted:
        try:
            return self._lift(expression)
        except RecursionError:
            raise NotEvaluated("the expression is nested too deeply") from None

    def _lift(self, expression: Expression) -> Lifted:
        """What was lifted before, in another claim say, is the same node once more."""
        if self.forward:
            return self._lifted(expression)
        known = self.lifting.lifted.get(expression)
        if known is None:
            known = self.lifting.lifted[expression] = self._lifted(expression)
        return known

    def _lifted(self, expression: Expression) -> Lifted:
        match expression:
            case Number(value=value):
                return Lifted(Literal((), value))
            case Name():
                return self._name(expression)
            case Add(terms=terms):
                return self._add([self._lift(term) for term in terms])
            case Negate() | Multiply() | Divide():
                return self._multiply(list(self._factors(expression)))
            case Power(base=base, exponent=exponent):
                return self._power(self._settled(base), self._settled(exponent))
            case Apply():
                return self._apply(expression)
            case Sum(body=body):
                inner = self._lift(body)
                return Lifted(sum_over(inner.node, (SAMPLE,)), inner.open, True)
            case Partial():
                raise NotEvaluated("a derivative is written and not carried out")
        raise NotEvaluated(f"{type(expression).__name__} has no value in arrays")

    def _name(self, name: Name) -> Lifted:
        key = name.key
        known = self.lifting
        while isinstance(target := known.model.definitions.get(key), Name) and target.key != key:
            key = target.key  # another name for the same thing
        if key in known.refused:
            raise known.refused[key]
        if key in known.definitions:
            lifted = known.definitions[key]
            return Lifted(Leaf(lifted.node.axes, key), lifted.open, lifted.data)
        if key not in known.axes:
            raise NotEvaluated(f"{key} has no value")
        return Lifted(Leaf(known.axes[key], key), {}, known.is_data(key))

    def _add(self, terms: list[Lifted]) -> Lifted:
        opened: dict[str, Opened] = {}
        live = [term for term in terms if term.node != Literal((), _ZERO)] or terms
        for axis in (HIDDEN, FEATURE):
            found = [term for term in live if axis in term.open]
            if not found:
                continue
            everywhere = all(axis in term.node.axes for term in live)
            if everywhere or not self._to_sum(found, axis):
                weights = frozenset().union(*(term.open[axis].weights for term in found))
                opened[axis] = Opened(weights, Total((), tuple(term.node for term in live)))
                continue
            if any(axis in term.node.axes and axis not in term.open for term in live):
                raise LiftingAmbiguous(
                    "the terms of a sum do not carry the same indices: one lacks what others have"
                )
            live = [_close(term, axis) for term in live]
        nodes = tuple(term.node for term in live)
        node = Total(join(*(node.axes for node in nodes)), nodes)
        return Lifted(self._complement(node), opened, any(term.data for term in live))

    def _to_sum(self, found: list[Lifted], axis: str) -> bool:
        """Whether products that are open in some terms only are meant to be summed there.

        The terms are looked at together first: ``w_2 a_1 - w_2 a_1^2`` is a slope, multiplied
        out, although its first term alone is what the output layer sums.
        """
        if self.forward:
            return True
        known = self.lifting.contractions.get(axis, [])
        prints = self._fingerprints()
        sums = [prints.value(node) for node in known]
        parameters = [parameter.key for parameter in self.lifting.model.parameters]
        slopes = [prints.slope(node, key) for node in known for key in parameters]
        together = [prints.value(Total((), tuple(term.node for term in found)))]
        values = [prints.value(term.open[axis].product) for term in found]
        for candidates in (together, values):
            if all(_among(value, sums, 1e-10) for value in candidates):
                return True
            if all(_among(value, slopes, 1e-7) for value in candidates):
                return False
        raise LiftingAmbiguous(
            "a product of a weight and a layer that the forward equations do not sum"
        )

    def _fingerprints(self) -> Fingerprints:
        nodes = {key: lifted.node for key, lifted in self.lifting.definitions.items()}
        return Fingerprints(nodes)

    def _factors(self, expression: Expression) -> list[Lifted]:
        match expression:
            case Negate(operand=operand):
                return [Lifted(Literal((), -_ONE)), *self._factors(operand)]
            case Multiply(factors=factors):
                return [lifted for factor in factors for lifted in self._factors(factor)]
            case Divide(numerator=numerator, denominator=denominator):
                return [*self._factors(numerator), self._inverse(denominator)]
        return [self._lift(expression)]

    def _inverse(self, denominator: Expression) -> Lifted:
        below = self._lift(denominator)
        if below.open:
            raise LiftingAmbiguous("a division by a product of a weight and a layer")
        return Lifted(self._logistic(Reciprocal(below.node.axes, below.node)), {}, below.data)

    def _multiply(self, factors: list[Lifted]) -> Lifted:
        opened: dict[str, Opened] = {}
        units = tuple(f.node for f in factors if set(f.node.axes) - {SAMPLE})
        for axis in (HIDDEN, FEATURE):
            carriers = [factor for factor in factors if axis in factor.node.axes]
            weights = [factor for factor in carriers if not factor.data]
            already = [factor.open[axis] for factor in carriers if axis in factor.open]
            if len(already) + bool(weights) > 1:
                raise LiftingAmbiguous("two products of a weight and a layer are multiplied")
            if already:
                opened[axis] = Opened(already[0].weights, Product((), units))
            elif weights and len(carriers) > 1:
                keys = self._once([_weights(weight.node, axis) for weight in weights])
                opened[axis] = Opened(keys, Product((), units))
                if self.forward:
                    self.lifting.contractions.setdefault(axis, []).append(Product((), units))
        nodes = tuple(factor.node for factor in factors if factor.node != Literal((), _ONE))
        data = any(factor.data for factor in factors)
        if len(nodes) < 2:  # 1/(1 + e^{-z}) must still be seen as a sigmoid
            return Lifted(nodes[0] if nodes else Literal((), _ONE), opened, data)
        return Lifted(Product(join(*(node.axes for node in nodes)), nodes), opened, data)

    def _once(self, weights: list[list[str]]) -> frozenset[str]:
        keys = [key for found in weights for key in found]
        for key in keys:
            if keys.count(key) > 1:
                raise LiftingAmbiguous(f"{key} stands twice in one product")
        return frozenset(keys)

    def _power(self, base: Lifted, exponent: Lifted) -> Lifted:
        axes = join(base.node.axes, exponent.node.axes)
        node: Indexed = Raised(axes, base.node, exponent.node)
        if exponent.node == Literal((), -_ONE):
            node = self._logistic(Reciprocal(axes, base.node))
        return Lifted(node, {}, base.data or exponent.data)

    def _settled(self, expression: Expression) -> Lifted:
        """An expression that is a number of its own: what is open in it is summed."""
        lifted = self._lift(expression)
        for axis in sorted(lifted.open):
            lifted = _close(lifted, axis)
        return lifted

    def _apply(self, expression: Apply) -> Lifted:
        if len(expression.arguments) != 1:
            raise NotEvaluated(f"{expression.function.key} has more than one argument")
        argument = self._settled(expression.arguments[0])
        function = expression.function.key
        if function in self.lifting.model.definitions:
            raise NotEvaluated(f"{function} is used both as a function and as a quantity")
        if function not in BASIC:
            function = "sigmoid"  # an abstract activation: for the numbers it is the sigmoid
        inner = argument.node
        if function == "log" and expression.order == 0:
            seen = self._seen(inner)
            if _is(seen, "sigmoid"):
                function, inner = "log_sigmoid", seen.argument
        return Lifted(
            Applied(argument.node.axes, function, expression.order, inner), {}, argument.data
        )

    # What follows keeps the numbers right where a sigmoid rounds to 0 or 1.

    def _seen(self, node: Indexed) -> Indexed:
        """The node, or what the name stands for."""
        while isinstance(node, Leaf) and node.key in self.lifting.definitions:
            node = self.lifting.definitions[node.key].node
        return node

    def _complement(self, node: Total) -> Indexed:
        """``1 - sigma(z)`` is ``sigma(-z)``."""
        if len(node.terms) != 2:
            return node
        for one, other in (node.terms, node.terms[::-1]):
            if one != Literal((), _ONE) or not isinstance(other, Product):
                continue
            if len(other.factors) == 2 and other.factors[0] == Literal((), -_ONE):
                seen = self._seen(other.factors[1])
                if _is(seen, "sigmoid"):
                    return Applied(node.axes, "sigmoid", 0, _negated(seen.argument))
        return node

    def _logistic(self, node: Reciprocal) -> Indexed:
        """``1/(1 + e^{-z})`` is ``sigma(z)``, ``1/(1 + e^z)`` is ``sigma(-z)``."""
        below = self._seen(node.operand)
        if isinstance(below, Total) and len(below.terms) == 2:
            for one, other in (below.terms, below.terms[::-1]):
                grown = self._seen(other)
                if one == Literal((), _ONE) and _is(grown, "exp"):
                    return Applied(node.axes, "sigmoid", 0, _negated(grown.argument))
        return node


def _close(lifted: Lifted, axis: str) -> Lifted:
    """The same with an open index summed."""
    if axis not in lifted.open:
        return lifted
    still = {other: keys for other, keys in lifted.open.items() if other != axis}
    return Lifted(sum_over(lifted.node, (axis,)), still, lifted.data)


def _among(value: float, others: list[float], tolerance: float) -> bool:
    """Whether it is one of them up to the sign, which is not part of an open product."""
    return any(math.isclose(abs(value), abs(other), rel_tol=tolerance) for other in others)


def _weights(node: Indexed, axis: str) -> list[str]:
    """The weights that give a factor its index, one entry for every power they stand in."""
    if axis not in node.axes:
        return []
    match node:
        case Leaf(key=key):
            return [key]
        case Raised(base=base):
            return 2 * _weights(base, axis)
        case Total(terms=terms):
            return sorted({key for term in terms for key in _weights(term, axis)})
        case Product(factors=factors):
            return [key for factor in factors for key in _weights(factor, axis)]
        case Reciprocal(operand=inner) | Applied(argument=inner) | Summed(body=inner):
            return _weights(inner, axis)
    return []


def _is(node: Indexed, function: str) -> TypeGuard[Applied]:
    return isinstance(node, Applied) and node.function == function and node.order == 0


def _negated(node: Indexed) -> Indexed:
    return Product(node.axes, (Literal((), -_ONE), node))
