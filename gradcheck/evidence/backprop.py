r"""Backpropagation of a network with two layers, by hand, in NumPy: a page to read.

One hidden layer, one output, a batch of samples. Indices: i sample, j hidden unit, k feature.

    z_1[i,j] = Σ_k w_1[j,k] x[i,k] + b_1[j]        a_1 = activation(z_1)
    z_2[i]   = Σ_j w_2[j] a_1[i,j] + b_2           L   = C · Σ_i ℓ(z_2[i], y[i])

    mse        ŷ = z_2        ℓ = (ŷ - y)²                            ∂ℓ/∂z_2 = 2(ŷ - y)
    logloss    ŷ = σ(z_2)     ℓ = -y log ŷ - (1-y) log(1-ŷ)           ∂ℓ/∂z_2 = ŷ - y

C is the factor before the sum: 1, 1/2, 1/N, 1/(2N) or any other number.

The gradients are the chain rule, from the output to the input (Rumelhart, Hinton and Williams,
"Learning representations by back-propagating errors", Nature 323, 1986). With δ_2 = ∂L/∂z_2 and
δ_1 = ∂L/∂z_1 = δ_2 w_2 activation'(z_1):

    ∂L/∂w_2 = Σ_i δ_2[i] a_1[i,j]      ∂L/∂b_2 = Σ_i δ_2[i]
    ∂L/∂w_1 = Σ_i δ_1[i,j] x[i,k]      ∂L/∂b_1 = Σ_i δ_1[i,j]

Nothing here knows of documents, SymPy or finite differences: it is evidence of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.language.losses import IN_NETWORK

Array = NDArray[np.float64]

HIDDEN = ("sigmoid", "tanh", "identity")
LOSSES = tuple(row.name for row in IN_NETWORK)
OUTPUTS = {row.name: row.output for row in IN_NETWORK}
"""The output activation that goes with each loss."""


@dataclass(frozen=True, slots=True)
class Network:
    """Which network: ``hidden`` is one of `HIDDEN`, ``loss`` one of `LOSSES`.

    The output activation goes with the loss: identity with mse, the sigmoid with log loss.
    Raises ValueError for any other name.
    """

    hidden: str
    loss: str

    def __post_init__(self) -> None:
        if self.hidden not in HIDDEN:
            raise ValueError(f"hidden activation {self.hidden!r}: expected one of {HIDDEN}")
        if self.loss not in LOSSES:
            raise ValueError(f"loss {self.loss!r}: expected one of {LOSSES}")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is trained, or the gradients by it: the shapes are the same."""

    w_1: Array  # [hidden, features]
    b_1: Array  # [hidden]
    w_2: Array  # [hidden]
    b_2: Array  # []


@dataclass(frozen=True, slots=True)
class Forward:
    """All that the forward pass computes."""

    z_1: Array  # [samples, hidden]
    a_1: Array  # [samples, hidden]
    z_2: Array  # [samples]
    prediction: Array  # [samples], ŷ


def sigmoid(z: Array) -> Array:
    """σ(z) = 1/(1 + e^-z), to full relative precision at both ends: e^-|z| cannot overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1.0 + small)


def activation(name: str, z: Array) -> Array:
    """The hidden activation at ``z``, any shape."""
    if name == "sigmoid":
        return sigmoid(z)
    return np.tanh(z) if name == "tanh" else z


def activation_derivative(name: str, z: Array) -> Array:
    """Its derivative at ``z``, any shape.

    σ' = σ(z)σ(-z), and tanh' = 1/cosh² z = 4e^{-2|z|}/(1 + e^{-2|z|})². The usual a(1-a) and 1-a²
    lose every digit where a rounds to 1, from |z| = 37 and 19 on.
    """
    if name == "sigmoid":
        return sigmoid(z) * sigmoid(-z)
    if name == "tanh":
        small = np.exp(-2.0 * np.abs(z))
        return 4.0 * small / (1.0 + small) ** 2
    return np.ones_like(z)


def forward(network: Network, parameters: Parameters, x: Array) -> Forward:
    """The forward pass for inputs ``x`` [samples, features]."""
    z_1 = x @ parameters.w_1.T + parameters.b_1
    a_1 = activation(network.hidden, z_1)
    z_2 = a_1 @ parameters.w_2 + parameters.b_2
    return Forward(z_1, a_1, z_2, sigmoid(z_2) if network.loss == "logloss" else z_2)


def loss(network: Network, parameters: Parameters, x: Array, y: Array, scale: float) -> float:
    """L = scale · Σ_i ℓ_i for labels ``y`` [samples]; for log loss they may be soft, in [0, 1].

    Log loss is computed from z_2 as y log(1 + e^-z) + (1-y) log(1 + e^z), which is finite also
    where a prediction rounds to 0 or 1.
    """
    z_2 = forward(network, parameters, x).z_2
    _check_labels(y, z_2)
    if network.loss == "mse":
        losses = (z_2 - y) ** 2
    else:
        losses = y * np.logaddexp(0.0, -z_2) + (1.0 - y) * np.logaddexp(0.0, z_2)
    return float(scale * np.sum(losses))


def backward(
    network: Network, parameters: Parameters, x: Array, y: Array, scale: float
) -> Parameters:
    """The gradients of `loss` by the four parameters, each of its parameter's shape.

    For log loss ŷ - y is computed as (1-y)σ(z_2) - yσ(-z_2): no cancellation where ŷ is near y.
    """
    values = forward(network, parameters, x)
    _check_labels(y, values.z_2)
    if network.loss == "mse":
        delta_2 = scale * 2.0 * (values.prediction - y)
    else:
        delta_2 = scale * ((1.0 - y) * values.prediction - y * sigmoid(-values.z_2))
    slope = activation_derivative(network.hidden, values.z_1)
    delta_1 = delta_2[:, None] * parameters.w_2 * slope
    return Parameters(
        w_1=delta_1.T @ x,
        b_1=delta_1.sum(axis=0),
        w_2=delta_2 @ values.a_1,
        b_2=delta_2.sum(axis=0),
    )


def descend(parameters: Parameters, gradients: Parameters, rate: float) -> Parameters:
    """One step of gradient descent: θ ← θ - rate · ∂L/∂θ for each of the four."""
    return Parameters(
        w_1=parameters.w_1 - rate * gradients.w_1,
        b_1=parameters.b_1 - rate * gradients.b_1,
        w_2=parameters.w_2 - rate * gradients.w_2,
        b_2=parameters.b_2 - rate * gradients.b_2,
    )


def train(
    network: Network,
    parameters: Parameters,
    x: Array,
    y: Array,
    *,
    scale: float,
    rate: float,
    steps: int,
) -> tuple[Parameters, list[float]]:
    """``steps`` steps of gradient descent; the parameters reached, and the loss before each step
    and after the last."""
    losses = [loss(network, parameters, x, y, scale)]
    for _ in range(steps):
        gradients = backward(network, parameters, x, y, scale)
        parameters = descend(parameters, gradients, rate)
        losses.append(loss(network, parameters, x, y, scale))
    return parameters, losses


def _check_labels(y: Array, z_2: Array) -> None:
    """Labels of another shape would broadcast against the predictions without a word."""
    if np.shape(y) != z_2.shape:
        raise ValueError(f"labels of shape {np.shape(y)}: expected {z_2.shape}, one a sample")
