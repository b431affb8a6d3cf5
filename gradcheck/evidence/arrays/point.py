"""A seeded point: values for every free name of a model, as arrays of their lifted shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.arrays.drawing import has_logarithm
from gradcheck.evidence.arrays.indexed import FEATURE, HIDDEN, SAMPLE
from gradcheck.evidence.arrays.lifting import Lifting
from gradcheck.language.functions import NUMBERS
from gradcheck.language.model import Model

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many features, hidden units and samples; all different, so that no axis is mistaken."""

    features: int = 3
    hidden: int = 4
    samples: int = 5

    def of(self, axis: str) -> int:
        """The length of an axis."""
        return {SAMPLE: self.samples, HIDDEN: self.hidden, FEATURE: self.features}[axis]

    def shape(self, axes: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self.of(axis) for axis in axes)


@dataclass(frozen=True)
class Point:
    """A value for each free name, read-only float64 arrays of the lifted shapes (0-d: scalars)."""

    values: Mapping[str, Array]
    sizes: Sizes
    seed: int

    def parameters(self, model: Model) -> dict[str, Array]:
        """The values of the parameters alone, by key, in the model's order."""
        return {parameter.key: self.values[parameter.key] for parameter in model.parameters}


def draw_point(model: Model, lifting: Lifting, sizes: Sizes = Sizes(), seed: int = 0) -> Point:
    """Draw a point; each name has a stream of its own, so names never shift each other's values.

    Parameters and inputs are normal, the weights scaled so that sums over units stay moderate.
    Labels of a loss with a logarithm lie in [0, 1], exact 0 and 1 among them, else they are
    normal. Constants are positive, distinct and not round; the sample count is the count.
    """
    values: dict[str, Array] = {}
    for parameter in model.parameters:
        stream = _stream(seed, parameter.role)
        shape = sizes.shape(lifting.axes[parameter.key])
        spread = 1.0 / np.sqrt(shape[-1]) if parameter.role in ("w_1", "w_2") and shape else 0.5
        values[parameter.key] = 1.2 * spread * stream.standard_normal(shape)
    for number, key in enumerate(model.inputs):
        shape = sizes.shape(lifting.axes[key])
        values[key] = _stream(seed, f"input {number}").standard_normal(shape)
    for number, key in enumerate(model.labels):
        values[key] = _labels(model, sizes.samples, _stream(seed, f"label {number}"))
    for number, key in enumerate(model.constants):
        wiggle = _stream(seed, f"constant {number}").random()
        free = 0.35 + (0.6180339887 * (number + 1)) % 1 + 0.01 * wiggle
        values[key] = np.asarray(np.pi if key in NUMBERS else free)
    if model.sample_count is not None:
        values[model.sample_count] = np.asarray(float(sizes.samples))
    fixed = {key: np.array(value, dtype=np.float64) for key, value in values.items()}
    for value in fixed.values():
        value.flags.writeable = False
    return Point(MappingProxyType(fixed), sizes, seed)


def _labels(model: Model, samples: int, stream: np.random.Generator) -> Array:
    if not has_logarithm(model):
        return stream.standard_normal(samples)
    labels = stream.uniform(0.05, 0.95, samples)
    if samples > 2:  # with fewer, exact labels would hide one half of the loss
        labels[:2] = 0.0, 1.0
    return labels


def _stream(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([abs(seed), seed < 0, crc32(name.encode())]))
