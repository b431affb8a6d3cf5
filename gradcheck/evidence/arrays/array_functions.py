"""The functions of a derivation in NumPy, with their derivatives, stable where they saturate.

All take and return arrays of any float or complex type, entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def _decay(z: Values) -> Values:
    """``e^{-|z|}``, with the sign taken from the real part so that it stays analytic."""
    return np.exp(np.where(z.real < 0, z, -z))


def sigmoid(z: Values) -> Values:
    """``1/(1 + e^{-z})`` to full relative accuracy on both tails.

    In real numbers the plain formula is that already: where ``e^{-z}`` overflows, it is 0.
    """
    if np.iscomplexobj(z):
        decay = _decay(z)
        return np.where(z.real < 0, decay, 1.0) / (1.0 + decay)
    with np.errstate(over="ignore"):
        grown = np.exp(-z)
    return 1.0 / (1.0 + grown)


def softplus(z: Values) -> Values:
    """``log(1 + e^z)`` without overflow."""
    return np.where(z.real > 0, z, 0.0) + np.log1p(_decay(z))


def _sigmoid_slope(z: Values) -> Values:
    """``sigma(z) sigma(-z)``: the textbook ``a(1-a)`` is 0 from z = 37 on."""
    decay = _decay(z)
    return decay / (1.0 + decay) ** 2


def _sigmoid_bend(z: Values) -> Values:
    return _sigmoid_slope(z) * -np.tanh(z / 2)


def _tanh_slope(z: Values) -> Values:
    return 4.0 * _sigmoid_slope(2.0 * z)


def _normal(z: Values) -> Values:
    """The distribution function of the standard normal distribution, of real numbers."""
    flat = [0.5 * math.erfc(-u / math.sqrt(2.0)) for u in np.ravel(z).tolist()]
    return np.reshape(np.asarray(flat, dtype=np.float64), np.shape(z))


def _bell(z: Values) -> Values:
    """The density of the standard normal distribution."""
    return np.asarray(np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi))


def _abs(z: Values) -> Values:
    return np.where(z.real < 0, -z, z)


FORMULAS: dict[tuple[str, int], Callable[[Values], Values]] = {
    ("sigmoid", 0): sigmoid,
    ("sigmoid", 1): _sigmoid_slope,
    ("sigmoid", 2): _sigmoid_bend,
    ("log_sigmoid", 0): lambda z: -softplus(-z),
    ("softplus", 0): softplus,
    ("softplus", 1): sigmoid,
    ("softplus", 2): _sigmoid_slope,
    ("tanh", 0): np.tanh,
    ("tanh", 1): _tanh_slope,
    ("tanh", 2): lambda z: -2.0 * np.tanh(z) * _tanh_slope(z),
    ("silu", 0): lambda z: z * sigmoid(z),
    ("silu", 1): lambda z: sigmoid(z) * (1.0 + z * sigmoid(-z)),
    ("gelu", 0): lambda z: z * _normal(z),
    ("gelu", 1): lambda z: _normal(z) + z * _bell(z),
    ("softsign", 0): lambda z: z / (1.0 + _abs(z)),
    ("softsign", 1): lambda z: (1.0 + _abs(z)) ** -2.0,
    ("exp", 0): np.exp,
    ("exp", 1): np.exp,
    ("exp", 2): np.exp,
    ("log", 0): np.log,
    ("log", 1): lambda z: 1.0 / z,
    ("log", 2): lambda z: -1.0 / z**2,
    ("sqrt", 0): np.sqrt,
    ("sqrt", 1): lambda z: 0.5 / np.sqrt(z),
    ("sin", 0): np.sin,
    ("sin", 1): np.cos,
    ("sin", 2): lambda z: -np.sin(z),
    ("cos", 0): np.cos,
    ("cos", 1): lambda z: -np.sin(z),
    ("cos", 2): lambda z: -np.cos(z),
    ("arctan", 0): np.arctan,
    ("arctan", 1): lambda z: 1.0 / (1.0 + z**2),
    ("arctan", 2): lambda z: -2.0 * z / (1.0 + z**2) ** 2,
    ("normal_cdf", 0): _normal,
    ("normal_cdf", 1): _bell,
    ("normal_cdf", 2): lambda z: -z * _bell(z),
    ("normal_pdf", 0): _bell,
    ("normal_pdf", 1): lambda z: -z * _bell(z),
    ("normal_pdf", 2): lambda z: (z**2 - 1.0) * _bell(z),
    ("relu", 0): lambda z: np.where(z.real > 0, z, 0.0),
    ("relu", 1): lambda z: np.where(z.real > 0, 1.0, 0.0),
    ("relu", 2): lambda z: np.zeros_like(z, dtype=np.float64),
    ("abs", 0): _abs,
    ("abs", 1): lambda z: np.sign(z.real),
    ("abs", 2): lambda z: np.zeros_like(z, dtype=np.float64),
}
"""By function and number of primes. The slope of `relu` and `abs` at 0 is taken as 0."""
