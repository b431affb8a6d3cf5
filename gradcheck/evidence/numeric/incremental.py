r"""The gradient of a network of dense layers, by differences of single units.

A weight of a layer moves one unit of it only, and enters there as a product with its input:

    z_l[i,j] = Σ_k w_l[j,k] a_{l-1}[i,k] + b_l[j]

So the slope by w_l[j,k] is the sum over the samples i of the slope of sample i's loss by z_l[i,j],
times a_{l-1}[i,k]; by the bias the same with 1. The slopes by the units are measured by
differences, with step, noise and bound as for any loss (`measurement`, `search`); the sums are
matrix products, O(samples) operations an entry. Only what a moved unit reaches is evaluated anew:
its own activation, a rank-one update of the next layer, all of the layers behind that.

That the pre-activations are linear in the weights is taken from the declaration, not measured. So
the declaration must be compared with the loss that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.numeric.batches import Array, Evaluations
from gradcheck.evidence.numeric.measurement import EPS, Noise, hear
from gradcheck.evidence.numeric.search import refined

Indices = NDArray[np.intp]
Activation = Callable[[Array], Array]
SampleLosses = Callable[[Array, Indices], Array]
"""Of pre-activations [B, outputs] of the last layer and the samples [B] they belong to: B losses"""

TOGETHER = 2**15  # units measured at once, so that memory stays bounded
CHUNK = 2**16  # numbers in one temporary array: it stays in the processor's cache
LISTENERS = 8  # units of a layer and sample at which the noise of the sample's loss is heard
NEAREST = 2.0 ** np.array([-40, -30, -20, -10])  # of a step: spacings at which noise is heard


@dataclass(frozen=True, slots=True)
class Dense:
    """One layer: ``weights`` [units, inputs], ``bias`` [units], and an elementwise activation.

    The last layer has none: what follows its pre-activations is part of the loss.
    """

    weights: Array
    bias: Array
    activation: Activation | None = None


class Slopes:
    """The gradient by one weight matrix or bias: ``values``, what they may be off by, and half the
    jump at a kink, which is part of that (`NumericGradient`); each of the parameter's shape."""

    def __init__(self, like: Array) -> None:
        self.values = np.zeros(like.shape)
        self.bounds = np.zeros(like.shape)
        self.spans = np.zeros(like.shape)


@dataclass(frozen=True, slots=True)
class LayeredSlopes:
    """Of all layers, first to last; ``evaluations`` counts passes of all samples."""

    weights: tuple[Slopes, ...]
    biases: tuple[Slopes, ...]
    evaluations: int


def layered_slopes(
    x: Array,
    layers: Sequence[Dense],
    losses: SampleLosses,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> LayeredSlopes:
    """The gradient of the sum over samples of ``losses`` for inputs ``x`` [samples, features].

    ``watch(done, total)`` is told of every slab of samples. Bounds are infinite where the loss is
    not finite at the point or near it.
    """
    samples = len(x)
    weights = tuple(Slopes(layer.weights) for layer in layers)
    biases = tuple(Slopes(layer.bias) for layer in layers)
    evaluated = 0
    slab = max(1, TOGETHER // sum(len(layer.bias) for layer in layers))
    for start in range(0, samples, slab):
        units = _Units(x[start : start + slab], layers, losses, first=start)
        found = refined(units, 0.0, _noise(units))
        evaluated += units.evaluations
        with np.errstate(invalid="ignore"):
            for number, inputs in enumerate(units.inputs):
                parts = [
                    units.groups(part)[number] for part in (found.values, found.bounds, found.spans)
                ]
                slopes = [part.reshape(units.pre[number].shape) for part in parts]
                _add(weights[number], slopes, inputs, samples)
                _add(biases[number], slopes, np.ones((len(inputs), 1)), samples)
        watch(min(start + slab, samples), samples)
    for total in (*weights, *biases):
        total.bounds[np.isnan(total.bounds)] = np.inf
    return LayeredSlopes(weights, biases, -(-evaluated // samples))


def _add(total: Slopes, units: Sequence[Array], inputs: Array, samples: int) -> None:
    """Add the samples' products of unit slopes (value, bound and span, [samples, units] each)
    with the units' inputs [samples, inputs]."""
    values, bounds, spans = units
    size = np.abs(inputs)
    rounding = EPS * (4.0 + float(np.sqrt(samples))) * np.abs(values)
    shape = total.values.shape
    total.values += (values.T @ inputs).reshape(shape)
    total.bounds += ((bounds + rounding).T @ size).reshape(shape)
    if spans.any():
        total.spans += (spans.T @ size).reshape(shape)


def forward(x: Array, layers: Sequence[Dense]) -> tuple[list[Array], list[Array]]:
    """The inputs [samples, inputs] and pre-activations [samples, units] of every layer."""
    inputs, pre = [x], []
    for layer in layers:
        pre.append(inputs[-1] @ layer.weights.T + layer.bias)
        if layer.activation is not None:
            inputs.append(layer.activation(pre[-1]))
    return inputs[: len(layers)], pre


class _Units(Evaluations):
    """Every unit of every layer for every sample as an entry; its loss is that of its own sample,
    less what this is at the point."""

    def __init__(self, x: Array, layers: Sequence[Dense], losses: SampleLosses, first: int) -> None:
        with np.errstate(all="ignore"):
            self.inputs, self.pre = forward(x, layers)
        super().__init__({f"layer {k + 1}": z for k, z in enumerate(self.pre)})
        self.layers = layers
        self.losses = losses
        self.first = first
        with np.errstate(all="ignore"):
            self.base = losses(self.pre[-1], np.arange(first, first + len(x)))

    def here(self) -> float:
        return 0.0

    def at(self, entries: Indices, values: Array) -> Array:
        found = np.empty(values.shape)
        cuts = np.searchsorted(entries, self.starts)
        with np.errstate(all="ignore"):
            for number in range(len(self.layers)):
                widest = max(
                    len(layer.bias) for layer in self.layers[number + 1 :] or [self.layers[-1]]
                )
                together = max(1, CHUNK // (values.shape[1] * widest))
                for start in range(cuts[number], cuts[number + 1], together):
                    part = slice(start, min(start + together, cuts[number + 1]))
                    found[part] = self._moved(number, entries[part], values[part])
        self.evaluations += values.size
        return found

    def _moved(self, number: int, entries: Indices, values: Array) -> Array:
        """How much the losses of their samples rise with units of a layer at ``values`` [n, d]."""
        rows, columns = np.divmod(entries - self.starts[number], self.pre[number].shape[1])
        n, d = values.shape
        if number + 1 == len(self.layers):
            z = np.repeat(self.pre[-1][rows][:, None], d, axis=1)
            np.put_along_axis(z, columns[:, None, None], values[:, :, None], axis=2)
        else:
            layer, following = self.layers[number], self.layers[number + 1]
            activation = cast(Activation, layer.activation)
            change = activation(values) - self.inputs[number + 1][rows, columns][:, None]
            z = self.pre[number + 1][rows][:, None] + (
                change[:, :, None] * following.weights.T[columns][:, None]
            )
            for behind in range(number + 2, len(self.layers)):
                activation = cast(Activation, self.layers[behind - 1].activation)
                dense = self.layers[behind]
                z = activation(z.reshape(n * d, -1)) @ dense.weights.T + dense.bias
        samples = np.repeat(rows, d)
        losses = self.losses(z.reshape(n * d, -1), samples + self.first)
        return np.asarray((losses - self.base[samples]).reshape(n, d))


def _noise(units: _Units) -> Noise:
    """The noise of every sample's loss where each layer moves it, heard at the point and, as a
    loss near its minimum is less noisy there, one first step away."""
    level = np.empty(units.flat.size)
    last_digits = EPS * np.abs(units.base)
    for number, z in enumerate(units.pre):
        samples, width = z.shape
        few = np.unique((np.arange(LISTENERS) + 0.5) * width // LISTENERS).astype(np.intp)
        entries = (units.starts[number] + width * np.arange(samples)[:, None] + few).ravel()
        at = units.flat[entries]
        size = np.maximum(np.abs(at), float(np.sqrt(np.mean(z**2))) or 1.0)
        heard = np.zeros(samples)
        for away in (0.0, 0.125):
            variances = hear(units, entries, away * size, 0.125 * size[:, None] * NEAREST)
            known = np.where(np.isnan(variances), 0.0, variances).reshape(samples, -1)
            count = np.maximum(1, np.count_nonzero(known, axis=1))
            # From few differences it may come out too low.
            heard = np.maximum(heard, (1.0 + 2.0 / count) * known.sum(axis=1) / count)
        own = np.maximum(np.sqrt(heard), last_digits)
        level[units.starts[number] : units.starts[number + 1]] = np.repeat(own, width)
    return Noise(level, EPS)
