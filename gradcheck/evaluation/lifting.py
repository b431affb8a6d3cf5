"""Lifting: which indices a scalar-looking equation means.

A derivation writes ``z_1 = w_1 x + b_1`` for layers of any size. The roles fix the indices of
what is given: ``w_1[j,k]``, ``b_1[j]``, ``w_2[j]``, ``b_2``, inputs ``[i,k]``, labels ``[i]``
(i sample, j hidden unit, k feature); everything else follows from the equations.

The rule, in one sentence: *an index that a weight shares with another factor of its product is
summed as soon as its surroundings cannot carry it.* In detail:

1. A *weight* is a factor made of parameters alone. In a product, an index (j or k, never the
   sample) that a weight shares with another factor is *open*: ``w_1 x`` opens k, ``w_2 a_1``
   opens j. Two factors that both come from the data never open one: ``a_1 (1 - a_1)`` and
   ``z \\sigma(z)`` are elementwise.
2. The terms of a sum carry the same indices. An index open in one term stays open if all terms
   carry it (``w_2 - w_2 a_1``, or the faulty ``w_2 a_1 + b_1``), otherwise it is summed inside
   that term (``w_2 a_1 + b_2``, ``w_1 x + b_1``). What is not open is broadcast (``1 - a_1``).
   Outside the forward equations, where ``(\\hat y - y)(w_2 \\sigma'(z_1) + 1)`` looks the same and
   means no sum, the product must be one that the forward equations sum; if it is the slope of
   one by a parameter it stays open; else it is a guess.
3. The argument of a function and the base of a power are numbers of their own: what is open
   there is summed there (``\\sigma(w_1 x)``).
4. The left side of a *forward equation* (one that the prediction or the loss is computed from)
   has no open index: the rest is summed (``z_2 = w_2 a_1``, and 1-layer sums like
   ``w_2 a_1 + b_1``). A *helper* that only claims use keeps its open indices
   (``\\delta_1 = \\delta_2 w_2 \\sigma'(z_1)``).
5. A claim keeps its parameter's indices; all others are summed, the samples too. In a loss, a
   term of parameters alone (``\\lambda w_2^2``) is summed over its indices.

What would be a guess is refused with `LiftingAmbiguous`: one weight twice in a product
(``w_2 a_1 w_2 a_1 (1-a_1)`` expanded from ``\\hat y w_2 a_1 (1-a_1)``: which j is which?), an
index opened by the very parameter a claim is for (``w_2 a_1^2``), a prediction that still has a
hidden or feature index, a division by an open product, a sum over the samples beside a
per-sample term.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeGuard

from gradcheck.evaluation.fingerprint import Fingerprints
from gradcheck.evaluation.indexed import (
    FEATURE,
    HIDDEN,
    SAMPLE,
    Applied,
    Axes,
    Indexed,
    Leaf,
    Literal,
    Product,
    Raised,
    Reciprocal,
    Summed,
    Total,
    join,
    sum_over,
)
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
    to_key,
    walk,
)
from gradcheck.model import FUNCTIONS, Model

_ZERO, _ONE = Fraction(0), Fraction(1)

ROLE_AXES: dict[str, Axes] = {
    "w_1": (HIDDEN, FEATURE),
    "b_1": (HIDDEN,),
    "w_2": (HIDDEN,),
    "b_2": (),
}


class NotEvaluated(Exception):
    """No number can be given; the message is the reason, for the report."""


class LiftingAmbiguous(NotEvaluated):
    """The indices of an expression cannot be known without guessing."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How an index came to be open: by which weights, in which product."""

    weights: frozenset[str]
    product: Indexed


@dataclass(frozen=True, slots=True)
class Lifted:
    """An expression with its indices.

    ``open`` maps an index that may still be summed to what opened it; ``data`` tells whether any
    datum is in it, under a sum over the samples or not.
    """

    node: Indexed
    open: dict[str, Opened] = field(default_factory=dict)
    data: bool = False


@dataclass(frozen=True)
class Lifting:
    """The axes of every name of a model, and its definitions with their indices.

    ``refused`` holds the helpers that could not be lifted, with the reason; using one raises.
    """

    model: Model
    axes: dict[str, Axes]
    definitions: dict[str, Lifted]
    refused: dict[str, NotEvaluated] = field(default_factory=dict)
    contractions: dict[str, list[Indexed]] = field(default_factory=dict)  # forward, by index

    def lift(self, expression: Expression) -> Lifted:
        """The indices of an expression of this model; its open indices are not yet summed.

        Raises `LiftingAmbiguous`, or `NotEvaluated` for what arrays cannot express.
        """
        return _Lifter(self).lift(expression)

    def lift_gradient(self, expression: Expression, parameter: str) -> Indexed:
        """A claim for one parameter with no index left but the parameter's (it may have fewer).

        A claim that writes no sum over the samples is totalled over them, so that one without
        any datum (``1``) counts once a sample.
        """
        own = self.axes[parameter]
        lifted = self.lift(expression)
        for axis in own:
            if axis in lifted.open and parameter in lifted.open[axis].weights:
                raise LiftingAmbiguous(
                    f"{parameter} multiplies a quantity of its own index in {to_key(expression)}"
                )
        over = tuple(axis for axis in lifted.node.axes if axis not in own)
        if not self.writes_sum(expression):
            over = join(over, (SAMPLE,))
        elif SAMPLE in over:
            raise LiftingAmbiguous("a sum over the samples stands beside a per-sample term")
        return sum_over(lifted.node, over)

    def total_loss(self) -> Indexed:
        """The loss as one number; one without a sum over the samples is totalled over them."""
        node = self.definitions[self.model.loss].node
        if not self.writes_sum(self.model.definitions[self.model.loss]):
            return sum_over(node, (SAMPLE,))
        if SAMPLE in node.axes:
            raise LiftingAmbiguous("the loss has a sum over the samples beside a per-sample term")
        return node

    def is_data(self, key: str) -> bool:
        """Whether a name is a datum or computed from one."""
        if key in self.definitions:
            return self.definitions[key].data
        return key in self.model.inputs or key in self.model.labels

    def writes_sum(self, expression: Expression) -> bool:
        """Whether a sum over the samples is written in it or in a definition it uses."""
        seen: set[str] = set()
        waiting = [expression]
        while waiting:
            for node in walk(waiting.pop()):
                if isinstance(node, Sum):
                    return True
                if isinstance(node, Name) and node.key not in seen:
                    seen.add(node.key)
                    if node.key in self.model.definitions:
                        waiting.append(self.model.definitions[node.key])
        return False


def infer(model: Model) -> Lifting:
    """Lift a model: indices for all names, by the rule above.

    Raises `LiftingAmbiguous` if a forward equation or the loss cannot be lifted without guessing,
    `NotEvaluated` if one holds something that arrays cannot express.
    """
    return _infer(model, ROLE_AXES, (SAMPLE, FEATURE))


def degenerate(model: Model) -> Lifting:
    """The lifting with one feature and one hidden unit: no axis but the samples, never ambiguous.

    A claim that agrees here and not under `infer` is a matter of indices, not of calculus.
    """
    return _infer(model, dict.fromkeys(ROLE_AXES, ()), (SAMPLE,))


def _infer(model: Model, roles: dict[str, Axes], inputs: Axes) -> Lifting:
    axes: dict[str, Axes] = dict.fromkeys(model.constants, ())
    if model.sample_count is not None:
        axes[model.sample_count] = ()
    axes.update({parameter.key: roles[parameter.role] for parameter in model.parameters})
    axes.update(dict.fromkeys(model.inputs, inputs))
    axes.update(dict.fromkeys(model.labels, (SAMPLE,)))
    lifting = Lifting(model, axes, {})
    network = _ancestors(model, model.prediction)
    forward = network | _ancestors(model, model.loss)
    for key in (key for key in model.definitions if key in forward):
        lifted = _Lifter(lifting, forward=True).lift(model.definitions[key])
        _define(lifting, key, _forward(key, lifted, key in network, lifting))
    for key in (key for key in model.definitions if key not in forward):
        try:
            _define(lifting, key, lifting.lift(model.definitions[key]))
        except NotEvaluated as refusal:
            lifting.refused[key] = refusal
    if model.loss not in lifting.definitions:
        raise NotEvaluated(f"the loss {model.loss} has no definition")
    return lifting


def _define(lifting: Lifting, key: str, lifted: Lifted) -> None:
    lifting.definitions[key] = lifted
    lifting.axes[key] = lifted.node.axes


def _ancestors(model: Model, key: str | None) -> frozenset[str]:
    return frozenset() if key is None else frozenset(model.ancestors(key))


def _forward(key: str, lifted: Lifted, network: bool, lifting: Lifting) -> Lifted:
    """A forward equation: nothing stays open, and nothing is left that a layer cannot carry."""
    model = lifting.model
    node = sum_over(lifted.node, tuple(sorted(lifted.open)))
    if key == model.loss or not (network or lifted.data):
        node = _scalar_terms(node, lifting)
    units = [axis for axis in node.axes if axis != SAMPLE]
    if units and key in (model.prediction, model.loss):
        raise LiftingAmbiguous(f"{key} has an index of a hidden unit or a feature left")
    if lifted.data and len(units) > 1:
        raise LiftingAmbiguous(f"{key} has an index both of a hidden unit and of a feature")
    return Lifted(node, {}, lifted.data)


def _scalar_terms(node: Indexed, lifting: Lifting) -> Indexed:
    """Penalties: a term of parameters alone is summed over its own indices."""
    if isinstance(node, Total):
        terms = tuple(_scalar_terms(term, lifting) for term in node.terms)
        return Total(join(*(term.axes for term in terms)), terms)
    if isinstance(node, Product):
        carriers = [factor for factor in node.factors if factor.axes]
        if len(carriers) == 1 and carriers[0].axes == node.axes:
            inner = _scalar_terms(carriers[0], lifting)
            factors = tuple(inner if f is carriers[0] else f for f in node.factors)
            return Product(inner.axes, factors)
    if not node.axes or any(lifting.is_data(leaf) for leaf in _leaves(node)):
        return node
    return sum_over(node, node.axes)


def _leaves(node: Indexed) -> Iterator[str]:
    match node:
        case Leaf(key=key):
            yield key
        case Total(terms=parts) | Product(factors=parts):
            for part in parts:
                yield from _leaves(part)
        case Raised(base=base, exponent=exponent):
            yield from _leaves(base)
            yield from _leaves(exponent)
        case Reciprocal(operand=inner) | Applied(argument=inner) | Summed(body=inner):
            yield from _leaves(inner)


class _Lifter:
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
        target = known.model.definitions.get(key)
        if isinstance(target, Name) and target.key != key:  # another name for the same thing
            return self._name(target)
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
            found = [term.open[axis] for term in live if axis in term.open]
            if not found:
                continue
            everywhere = all(axis in term.node.axes for term in live)
            if everywhere or not self._to_sum(found, axis):
                weights = frozenset().union(*(one.weights for one in found))
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

    def _to_sum(self, found: list[Opened], axis: str) -> bool:
        """Whether products that are open in some terms only are meant to be summed there."""
        if self.forward:
            return True
        known = self.lifting.contractions.get(axis, [])
        prints = self._fingerprints()
        sums = [prints.value(node) for node in known]
        parameters = [parameter.key for parameter in self.lifting.model.parameters]
        slopes = [prints.slope(node, key) for node in known for key in parameters]
        values = [prints.value(one.product) for one in found]
        if all(_among(value, sums, 1e-10) for value in values):
            return True
        if all(_among(value, slopes, 1e-7) for value in values):
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
        if function not in FUNCTIONS:
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
