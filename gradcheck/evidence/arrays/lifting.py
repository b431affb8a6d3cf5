"""Lifting: which indices a scalar-looking equation means.

A derivation writes ``z_1 = w_1 x + b_1`` for layers of any size. The roles fix the indices of
what is given: ``w_1[j,k]``, ``b_1[j]``, ``w_2[j]``, ``b_2``, inputs ``[i,k]``, labels ``[i]``
(i sample, j hidden unit, k feature); of one unit alone ``w_1[k]``, ``b_1``. Everything else
follows from the equations.

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

from dataclasses import dataclass, field

from gradcheck.evidence.arrays.contraction import Lifter
from gradcheck.evidence.arrays.indexed import (
    FEATURE,
    HIDDEN,
    SAMPLE,
    Axes,
    Indexed,
    Lifted,
    Product,
    Total,
    join,
    leaves,
    sum_over,
)
from gradcheck.evidence.arrays.refusal import LiftingAmbiguous, NotEvaluated
from gradcheck.language.expression import Expression, Name, Sum, walk
from gradcheck.language.model import Model

__all__ = ["Lifting", "LiftingAmbiguous", "NotEvaluated", "degenerate", "infer"]

ROLE_AXES: dict[str, Axes] = {
    "w_1": (HIDDEN, FEATURE),
    "b_1": (HIDDEN,),
    "w_2": (HIDDEN,),
    "b_2": (),
}
UNIT_AXES: dict[str, Axes] = {"w_1": (FEATURE,), "b_1": ()}
"""One unit, as of linear or logistic regression: no hidden layer, so no index of one."""


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
    lifted: dict[Expression, Lifted] = field(default_factory=dict)  # claims, and what is in them

    def lift(self, expression: Expression) -> Lifted:
        """The indices of an expression of this model; its open indices are not yet summed.

        Raises `LiftingAmbiguous`, or `NotEvaluated` for what arrays cannot express.
        """
        return Lifter(self).lift(expression)

    def lift_gradient(self, expression: Expression, parameter: str) -> Indexed:
        """A claim for one parameter with no index left but the parameter's (it may have fewer).

        A claim that writes no sum over the samples is totalled over them, so that one without
        any datum (``1``) counts once a sample.
        """
        own = self.axes[parameter]
        lifted = self.lift(expression)
        for axis in own:
            if axis in lifted.open and parameter in lifted.open[axis].weights:
                raise LiftingAmbiguous(f"{parameter} multiplies a quantity of its own index")
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
    layers = {parameter.role for parameter in model.parameters}
    single = not layers & {"w_2", "b_2"}
    return _infer(model, UNIT_AXES if single else ROLE_AXES, (SAMPLE, FEATURE))


def degenerate(model: Model) -> Lifting:
    """The lifting with one feature and one hidden unit: no axis but the samples, never ambiguous.

    A claim that agrees here and not under `infer` is a matter of indices, not of calculus.
    """
    return _infer(model, dict.fromkeys(ROLE_AXES, ()), (SAMPLE,))


def _infer(model: Model, roles: dict[str, Axes], inputs: Axes) -> Lifting:
    axes: dict[str, Axes] = dict.fromkeys(model.constants, ())
    if model.sample_count is not None:
        axes[model.sample_count] = ()
    for parameter in model.parameters:
        if parameter.role not in roles and inputs == (SAMPLE, FEATURE):
            raise LiftingAmbiguous(f"{parameter.key} has no place in a network of two layers")
        axes[parameter.key] = roles.get(parameter.role, ())
    axes.update(dict.fromkeys(model.inputs, inputs))
    axes.update(dict.fromkeys(model.labels, (SAMPLE,)))
    lifting = Lifting(model, axes, {})
    network = _ancestors(model, model.prediction)
    forward = network | _ancestors(model, model.loss)
    for key in (key for key in model.definitions if key in forward):
        lifted = Lifter(lifting, forward=True).lift(model.definitions[key])
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
    if not node.axes or any(lifting.is_data(leaf) for leaf in leaves(node)):
        return node
    return sum_over(node, node.axes)
