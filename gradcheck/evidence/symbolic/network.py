"""Whether a model is the two-layer network that the backprop code implements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.evidence.symbolic.algebra import Algebra
from gradcheck.evidence.symbolic.decision import Decision, Outcome
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Number,
    Sum,
    transform,
)
from gradcheck.language.functions import tree_of
from gradcheck.language.losses import IN_NETWORK
from gradcheck.language.model import ROLES, Model
from gradcheck.language.verdict import Constant

ACTIVATIONS = ("sigmoid", "tanh", "identity")
_ONE = Number(Fraction(1))
_TWO = Number(Fraction(2))


@dataclass(frozen=True, slots=True)
class NetworkMatch:
    """The built-in network: loss = scale · [Σ] ℓ with ℓ = (p − y)² or the log loss."""

    hidden: str  # one of ACTIVATIONS
    loss: str  # mse | logloss
    output: str  # identity | sigmoid
    scale: Constant
    summed: bool


def network_scale(model: Model, activation: str) -> NetworkMatch | str:
    """The built-in network that the model is, up to names, or why it is another one.

    ``activation`` is the hidden layer's; an abstract function of the model is read as it.
    """
    if activation not in ACTIVATIONS:
        return f"the hidden activation is {activation}"
    keys = {parameter.role: parameter.key for parameter in model.parameters}
    missing = [role for role in ROLES if role not in keys]
    if missing:
        return f"it has no {', '.join(missing)}"
    if len(model.inputs) != 1 or len(model.labels) != 1:
        return "it has not one input and one label"
    if model.prediction is None:
        return "its prediction is not defined"
    if len(model.abstract_functions) > 1:
        return "it has several activations without a formula"
    concrete = _with_activation(model, activation)
    algebra = Algebra(concrete)
    prediction = algebra.graph.name(model.prediction)
    output = _output(algebra, prediction, keys, activation)
    if output is None:
        hidden = "" if activation == "identity" else activation
        return f"its prediction is neither w_2·{hidden}(w_1·x + b_1) + b_2 nor the sigmoid of that"
    return _match(algebra, prediction, activation, output)


def _output(
    algebra: Algebra, prediction: Name, keys: dict[str, str], activation: str
) -> str | None:
    w_1, b_1, w_2, b_2 = (algebra.graph.name(keys[role]) for role in ROLES)
    x = algebra.graph.name(algebra.model.inputs[0])
    hidden = _applied(activation, Add((Multiply((w_1, x)), b_1)))
    weighted = Add((Multiply((w_2, hidden)), b_2))
    for output in ("identity", "sigmoid"):
        decision = algebra.decide(prediction, _applied(output, weighted), shown=False)
        if decision.outcome is Outcome.EQUAL:
            return output
    return None


def _match(algebra: Algebra, prediction: Name, activation: str, output: str) -> NetworkMatch | str:
    model = algebra.model
    label = algebra.graph.name(model.labels[0])
    loss = algebra.graph.name(model.loss)
    summed = model.loss_has_sum
    for row in IN_NETWORK:
        assert row.form is not None
        one_sample = tree_of(row.form, prediction, label)
        reference = Sum(one_sample) if summed else one_sample
        decision = algebra.decide(loss, reference, shown=False)
        scale = _scale(decision)
        if scale is None:
            continue
        if row.output == "sigmoid" and output == "identity":
            return "log loss without a sigmoid output"
        return NetworkMatch(activation, row.name, output, scale, summed)
    return "its loss is neither a squared error nor the log loss, up to a constant"


def _scale(decision: Decision) -> Constant | None:
    equal = decision.outcome in (Outcome.EQUAL, Outcome.CONSTANT)
    return decision.left_out if equal else None


def _applied(activation: str, argument: Expression) -> Expression:
    return argument if activation == "identity" else Apply(Name(activation), (argument,))


def _with_activation(model: Model, activation: str) -> Model:
    """The model with its abstract function, if it has one, read as this activation."""
    abstract = model.abstract_functions
    if not abstract:
        return model

    def known(node: Expression) -> Expression:
        if not isinstance(node, Apply) or node.function.key not in abstract:
            return node
        if activation == "identity":
            return node.arguments[0] if node.order == 0 else node
        return replace(node, function=Name(activation))

    definitions = {
        key: transform(expression, known) for key, expression in model.definitions.items()
    }
    return replace(model, definitions=definitions)
