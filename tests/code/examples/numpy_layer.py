"""A NumPy layer with forward and backward: batch normalisation.

``gradcheck verify numpy_layer.py:case``, and ``:wrong`` for one that forgets that the mean and the
variance depend on every sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck import BackwardCase

EPSILON = 1e-5


def forward(x: Any, scale: Any, shift: Any) -> tuple[Any, dict[str, Any]]:
    """Normalise x [samples, units] over the samples; the output and what backward needs."""
    spread = np.sqrt(x.var(axis=0) + EPSILON)
    normal = (x - x.mean(axis=0)) / spread
    return scale * normal + shift, {"normal": normal, "spread": spread, "scale": scale}


def backward(upstream: Any, cache: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The gradients by x [samples, units], scale and shift [units]."""
    normal = cache["normal"]
    by_normal = upstream * cache["scale"]
    centred = by_normal - by_normal.mean(axis=0) - normal * (by_normal * normal).mean(axis=0)
    return centred / cache["spread"], (upstream * normal).sum(axis=0), upstream.sum(axis=0)


def with_averages(upstream: Any, cache: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Mean over the samples, where their sum belongs."""
    by_x, by_scale, by_shift = backward(upstream, cache)
    return by_x, by_scale / len(upstream), by_shift / len(upstream)


RANDOM = np.random.default_rng(1)
INPUTS = {
    "x": RANDOM.normal(size=(6, 3)),
    "scale": RANDOM.uniform(0.5, 2, size=3),
    "shift": RANDOM.normal(size=3),
}
case = BackwardCase(forward, backward, INPUTS)
wrong = BackwardCase(forward, with_averages, INPUTS)
