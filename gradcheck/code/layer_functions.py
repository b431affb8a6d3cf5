"""The activations and losses that a layered network can name, each to full relative precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.language.functions import UNITS

Array = NDArray[np.float64]
SampleLoss = Callable[[Array, NDArray[Any]], Array]
"""Of predictions (or pre-activations) [samples, outputs] and the labels: one loss a sample."""


def softmax(z: Array) -> Array:
    """e^z over its sum, along the last axis."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "identity": lambda z: z,
    **{name: FORMULAS[name, 0] for name in (*UNITS, "sin", "exp") if (name, 0) in FORMULAS},
}


def _labels(y: NDArray[Any], like: Array) -> NDArray[Any]:
    """Labels in the shape of predictions [samples, outputs]."""
    labels = y[:, None] if y.ndim == 1 else y
    if labels.shape != like.shape:
        raise ValueError(f"labels of shape {y.shape} for predictions of shape {like.shape}")
    return labels


def _squares(a: Array, y: NDArray[Any]) -> Array:
    return np.asarray(((a - _labels(y, a)) ** 2).sum(axis=1))


def _log_loss(a: Array, y: NDArray[Any]) -> Array:
    labels = _labels(y, a)
    # A label of 0 or 1 leaves one of the two logarithms out, also where that is infinite.
    own = np.where(labels == 0, 0.0, labels * np.log(a))
    other = np.where(labels == 1, 0.0, (1.0 - labels) * np.log1p(-a))
    return np.asarray(-(own + other).sum(axis=1))


def _log_loss_of_sigmoid(z: Array, y: NDArray[Any]) -> Array:
    labels = _labels(y, z)
    size = np.log1p(np.exp(-np.abs(z)))
    # y softplus(-z) + (1-y) softplus(z), where both have the same logarithm
    least = labels * np.maximum(-z, 0.0) + (1.0 - labels) * np.maximum(z, 0.0)
    return np.asarray((least + size).sum(axis=1))


def _one_hot(y: NDArray[Any], outputs: int) -> NDArray[Any]:
    if y.ndim == 2:
        return y
    return np.asarray(y.astype(np.intp)[:, None] == np.arange(outputs))


def _cross_entropy(a: Array, y: NDArray[Any]) -> Array:
    labels = _one_hot(y, a.shape[1])
    return np.asarray(-np.where(labels == 0, 0.0, labels * np.log(a)).sum(axis=1))


def _cross_entropy_of_softmax(z: Array, y: NDArray[Any]) -> Array:
    labels = _one_hot(y, z.shape[1])
    top = z.max(axis=1, keepdims=True)
    log_sum = top + np.log(np.exp(z - top).sum(axis=1, keepdims=True))
    return np.asarray((labels * (log_sum - z)).sum(axis=1))


SAMPLE_LOSSES: Mapping[tuple[str, object], SampleLoss] = {
    ("mse", "identity"): _squares,
    ("logloss", "identity"): _log_loss,
    ("logloss", "sigmoid"): _log_loss_of_sigmoid,
    ("cross-entropy", "identity"): _cross_entropy,
    ("cross-entropy", "softmax"): _cross_entropy_of_softmax,
}
"""By name of the loss and of the last activation: with "identity" they take the predictions."""
