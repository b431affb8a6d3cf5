"""Reference gradients of the two-layer network, independent of gradcheck and of the chain rule.

Central differences of the loss in mpmath with 60 digits and a step of 1e-20: their error is about
1e-40 of the third derivative, exact for all purposes here. All floats are taken as they are. For
the large sizes a parameter's entry moves one hidden unit only, so the rest is computed once; and
all entries at once are computed in extended precision (80 bits where the machine has them),
checked against mpmath at some.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.backprop import Network, Parameters

Array = NDArray[np.float64]
MP = mpmath.mp.clone()
MP.dps = 60
STEP = MP.mpf(10) ** -20

NAMES = tuple(field.name for field in fields(Parameters))
SMALL, LARGE = (3, 4, 5), (64, 32, 64)  # features, hidden, samples


@dataclass(frozen=True)
class Case:
    """A network at a point, with its data and the factor before the sum."""

    network: Network
    parameters: Parameters
    x: Array
    y: Array
    scale: float

    @property
    def point(self) -> dict[str, Array]:
        return {name: getattr(self.parameters, name) for name in NAMES}


def draw(
    hidden: str, loss: str, sizes: tuple[int, int, int], seed: int, *, soft: bool = False
) -> Case:
    """A seeded case of ordinary size; ``soft``: labels between 0 and 1 for log loss."""
    random = np.random.default_rng(seed)
    features, units, samples = sizes
    parameters = Parameters(
        random.normal(size=(units, features)) / np.sqrt(features),
        random.normal(size=units),
        random.normal(size=units) / np.sqrt(units),
        np.array(random.normal()),
    )
    x = random.normal(size=(samples, features))
    if loss == "mse":
        y = random.normal(size=samples)
    else:
        y = random.uniform(size=samples) if soft else random.integers(0, 2, samples).astype(float)
    return Case(Network(hidden, loss), parameters, x, y, 1.0 / samples)


class Reference:
    """The loss of a case in 60 digits, and its derivative by any entry."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.w_2 = [MP.mpf(float(w)) for w in case.parameters.w_2]
        self.b_2 = MP.mpf(float(case.parameters.b_2))
        self.x = [[MP.mpf(float(v)) for v in row] for row in case.x]
        self.y = [MP.mpf(float(v)) for v in case.y]

    @cached_property
    def z_1(self) -> list[list[Any]]:
        """[samples][hidden]"""
        w_1 = [[MP.mpf(float(w)) for w in row] for row in self.case.parameters.w_1]
        b_1 = [MP.mpf(float(b)) for b in self.case.parameters.b_1]
        return [
            [MP.fdot(weights, row) + bias for weights, bias in zip(w_1, b_1, strict=True)]
            for row in self.x
        ]

    @cached_property
    def z_2(self) -> list[Any]:
        """[samples]"""
        return [
            MP.fdot(self.w_2, [self._activation(z) for z in row]) + self.b_2 for row in self.z_1
        ]

    def loss(self) -> Any:
        """The loss at the point."""
        return self._total(self.z_2)

    def derivative(self, name: str, index: tuple[int, ...]) -> Any:
        """∂L/∂(one entry): the loss with the entry moved by ±STEP."""
        above, below = (self._total(self._moved(name, index, sign * STEP)) for sign in (1, -1))
        return (above - below) / (2 * STEP)

    def gradient(self, name: str) -> Array:
        """All entries of one parameter."""
        shape = getattr(self.case.parameters, name).shape
        result = np.empty(shape)
        for index in np.ndindex(shape):
            result[index] = float(self.derivative(name, index))
        return result

    def _moved(self, name: str, index: tuple[int, ...], by: Any) -> list[Any]:
        """z_2 of all samples after the move, from the definitions of z_1 and z_2."""
        if name == "b_2":
            return [z + by for z in self.z_2]
        unit = index[0]
        if name == "w_2":
            moved = zip(self.z_2, self.z_1, strict=True)
            return [z + by * self._activation(row[unit]) for z, row in moved]
        factors = [row[index[1]] for row in self.x] if name == "w_1" else [1] * len(self.x)
        return [
            z_2
            + self.w_2[unit]
            * (self._activation(row[unit] + by * factor) - self._activation(row[unit]))
            for z_2, row, factor in zip(self.z_2, self.z_1, factors, strict=True)
        ]

    def _activation(self, z: Any) -> Any:
        hidden = self.case.network.hidden
        if hidden == "sigmoid":
            return 1 / (1 + MP.exp(-z))
        return MP.tanh(z) if hidden == "tanh" else z

    def _total(self, z_2: list[Any]) -> Any:
        if self.case.network.loss == "mse":
            losses = [(z - y) ** 2 for z, y in zip(z_2, self.y, strict=True)]
        else:
            losses = [
                y * MP.log1p(MP.exp(-z)) + (1 - y) * MP.log1p(MP.exp(z))
                for z, y in zip(z_2, self.y, strict=True)
            ]
        return MP.mpf(self.case.scale) * MP.fsum(losses)


def extended_gradient(case: Case) -> dict[str, Array]:
    """All gradients in extended precision, as tangents times cotangents written out with einsum."""
    wide = {name: np.asarray(v, dtype=np.longdouble) for name, v in case.point.items()}
    x, y = case.x.astype(np.longdouble), case.y.astype(np.longdouble)
    z_1 = np.einsum("ik,jk->ij", x, wide["w_1"]) + wide["b_1"]
    if case.network.hidden == "identity":
        a_1, slope = z_1, np.ones_like(z_1)
    elif case.network.hidden == "tanh":
        a_1, slope = np.tanh(z_1), 1 / np.cosh(z_1) ** 2
    else:
        a_1, slope = 1 / (1 + np.exp(-z_1)), 1 / (2 + np.exp(z_1) + np.exp(-z_1))
    z_2 = np.einsum("ij,j->i", a_1, wide["w_2"]) + wide["b_2"]
    by_z_2 = 2 * (z_2 - y) if case.network.loss == "mse" else 1 / (1 + np.exp(-z_2)) - y
    by_z_2 = np.longdouble(case.scale) * by_z_2
    gradients = {
        "w_1": np.einsum("i,j,ij,ik->jk", by_z_2, wide["w_2"], slope, x),
        "b_1": np.einsum("i,j,ij->j", by_z_2, wide["w_2"], slope),
        "w_2": np.einsum("i,ij->j", by_z_2, a_1),
        "b_2": np.einsum("i->", by_z_2),
    }
    return {name: np.asarray(g, dtype=np.float64) for name, g in gradients.items()}


def relative_error(actual: Array, expected: Array) -> float:
    """The largest difference, as a part of the largest entry."""
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def batched_loss(case: Case) -> Any:
    """The loss for `gradcheck.evidence.numeric.gradient`, with the batch as leading axis."""

    def loss(p: dict[str, Array]) -> Array:
        z_1 = np.matmul(case.x, p["w_1"].swapaxes(1, 2)) + p["b_1"][:, None, :]
        small = np.exp(-np.abs(z_1))
        if case.network.hidden == "sigmoid":
            a_1 = np.where(z_1 >= 0, 1.0, small) / (1.0 + small)
        else:
            a_1 = np.tanh(z_1) if case.network.hidden == "tanh" else z_1
        z_2 = np.matmul(a_1, p["w_2"][:, :, None])[..., 0] + p["b_2"][:, None]
        if case.network.loss == "mse":
            losses = (z_2 - case.y) ** 2
        else:
            losses = case.y * np.logaddexp(0, -z_2) + (1 - case.y) * np.logaddexp(0, z_2)
        return np.asarray(case.scale * losses.sum(axis=1))

    return loss
