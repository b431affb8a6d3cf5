"""A network of dense layers, declared: its gradient is measured in a fraction of the time.

    network = LayeredNetwork(
        x, y, [Layer("w_1", "b_1", "sigmoid"), Layer("w_2", "b_2", "sigmoid")], "logloss"
    )
    check_gradient(loss, gradient, parameters, network=network)

A declaration is not the loss: it is compared with it before anything is concluded from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradcheck.code.layer_functions import ACTIVATIONS, SAMPLE_LOSSES, SampleLoss, softmax
from gradcheck.code.parameters import parameters_of
from gradcheck.evidence.numeric import NumericGradient
from gradcheck.evidence.numeric.elementwise import elementwise_slopes
from gradcheck.evidence.numeric.incremental import Dense, Slopes, forward, layered_slopes

Array = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One dense layer: the names of its weights and bias among the parameters, as `GradientRow`
    has them (``w_1``, ``layers[0].weight``), and what is applied to ``weights · inputs + bias``.

    ``activation`` is a name out of `ACTIVATIONS`, for the last layer also "softmax", or an
    elementwise function of an array. Weights are [units, inputs] or [inputs, units]; where they
    are square ``inputs_first`` must say which. A vector is one unit's weights, or, of one input,
    every unit's.
    """

    weights: str
    bias: str | None = None
    activation: str | Callable[[Array], Array] = "identity"
    inputs_first: bool | None = None

    def function(self) -> Callable[[Array], Array]:
        """The activation. Raises ValueError for a name that is none."""
        if callable(self.activation):
            return self.activation
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(
                f"activation {self.activation!r} of the layer of {self.weights}: expected {known} "
                "or an elementwise function ('softmax' in the last layer only)"
            )
        return ACTIVATIONS[self.activation]


@dataclass(frozen=True, slots=True)
class LayeredNetwork:
    """A loss ``scale · Σ_i ℓ(prediction_i, y_i)`` of dense layers, as a function of parameters.

    ``x`` [samples, features], ``y`` [samples] or [samples, outputs]. ``loss`` is "mse" (squared
    differences, summed over the outputs), "logloss" (binary, summed over the outputs),
    "cross-entropy" (y one-hot, or numbers of classes) or a function of predictions and labels, in
    the shape of ``y`` or [samples, outputs], that returns one loss a sample. ``scale`` is "mean"
    (1/samples), "sum" (1) or a number. ``penalties`` are added to it: of a parameter by its name
    the sum of an elementwise function over its entries, ``{"w_1": lambda w: 0.05 * w**2}``.

    Calling it with parameters gives the loss by an ordinary forward pass. Raises ValueError where
    names or shapes do not fit, naming the layer.
    """

    x: ArrayLike
    y: ArrayLike
    layers: Sequence[Layer]
    loss: str | SampleLoss = "mse"
    scale: Literal["mean", "sum"] | float = "mean"
    penalties: Mapping[str, Callable[[Array], Array]] = field(default_factory=dict)

    @classmethod
    def two_layers(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        *,
        hidden: str = "sigmoid",
        loss: str = "logloss",
        scale: Literal["mean", "sum"] | float = "mean",
        penalties: Mapping[str, Callable[[Array], Array]] | None = None,
    ) -> LayeredNetwork:
        """The built-in network (`gradcheck.evidence.backprop`), parameters ``w_1 b_1 w_2 b_2``."""
        output = "sigmoid" if loss == "logloss" else "identity"
        layers = (Layer("w_1", "b_1", hidden, inputs_first=False), Layer("w_2", "b_2", output))
        return cls(x, y, layers, loss, scale, penalties or {})

    def __call__(self, parameters: Any) -> float:
        return self.value(parameters_of(parameters).arrays)

    def value(self, arrays: Arrays) -> float:
        """The loss at parameters by name."""
        declared = self._declared(arrays)
        with np.errstate(all="ignore"):
            _, pre = forward(declared.x, declared.layers)
            losses = declared.losses(pre[-1], np.arange(len(declared.x)))
            return float(np.sum(losses)) + self._penalty(arrays)

    def _penalty(self, arrays: Arrays) -> float:
        """What is added to the loss of the samples."""
        point = {name: np.asarray(arrays[name], dtype=np.float64) for name in self.penalties}
        return sum(float(np.sum(term(point[name]))) for name, term in self.penalties.items())

    def slopes(
        self, arrays: Arrays, watch: Callable[[int, int], None] = lambda done, total: None
    ) -> NumericGradient:
        """The gradient by incremental differences; see `numeric.incremental`."""
        declared = self._declared(arrays)
        found = layered_slopes(declared.x, declared.layers, declared.losses, watch)
        total = {
            name: Slopes(np.asarray(array, dtype=np.float64)) for name, array in arrays.items()
        }
        for number, layer in enumerate(self.layers):
            weights = found.weights[number]
            self._collect(total[layer.weights], weights, declared.turned[number])
            if layer.bias is not None:
                self._collect(total[layer.bias], found.biases[number], False)
        for name, term in self.penalties.items():
            point = np.asarray(arrays[name], dtype=np.float64)
            self._collect(total[name], elementwise_slopes(term, point), False)
        return NumericGradient(
            {name: slopes.values for name, slopes in total.items()},
            {name: slopes.bounds for name, slopes in total.items()},
            {name: slopes.spans for name, slopes in total.items()},
            {name: slopes.values == 0.0 for name, slopes in total.items()},
            found.evaluations,
            0.0,
        )

    @staticmethod
    def _collect(total: Slopes, part: Slopes, turned: bool) -> None:
        """Add a layer's slopes to a parameter's: one that several layers share gets their sum."""
        for name in ("values", "bounds", "spans"):
            array = getattr(part, name)
            into = getattr(total, name)
            into += (array.T if turned else array).reshape(into.shape)

    def _declared(self, arrays: Arrays) -> _Declared:
        x = np.asarray(self.x, dtype=np.float64)
        x = x[:, None] if x.ndim == 1 else x
        y = np.asarray(self.y)
        if x.ndim != 2 or not len(x) or y.ndim not in (1, 2) or len(y) != len(x):
            raise ValueError(
                f"x of shape {x.shape} and y of shape {y.shape}: expected [samples, features] and "
                "[samples] or [samples, outputs]"
            )
        if not self.layers:
            raise ValueError("a layered network without layers: expected at least one")
        self._check_names(arrays)
        inputs, layers, turned = x.shape[1], [], []
        for number, layer in enumerate(self.layers):
            weights, is_turned = _oriented(layer, arrays[layer.weights], inputs)
            bias = _bias(layer, arrays, len(weights))
            last = number + 1 == len(self.layers)
            layers.append(Dense(weights, bias, None if last else layer.function()))
            turned.append(is_turned)
            inputs = len(weights)
        scale = {"mean": 1.0 / len(x), "sum": 1.0}.get(self.scale, self.scale)  # type: ignore[arg-type]
        per_sample = self._sample_loss()

        def losses(z: Array, samples: NDArray[np.intp]) -> Array:
            found = np.asarray(per_sample(z, y[samples]), dtype=np.float64)
            if found.shape != (len(z),):
                raise ValueError(
                    f"the loss returned shape {found.shape}: expected ({len(z)},), one a sample"
                )
            return np.asarray(float(scale) * found)

        return _Declared(x, tuple(layers), tuple(turned), losses)

    def _check_names(self, arrays: Arrays) -> None:
        used = [name for layer in self.layers for name in (layer.weights, layer.bias) if name]
        for name in used:
            if name not in arrays:
                raise ValueError(f"the network has a layer of {name}: expected {', '.join(arrays)}")
        for name in self.penalties:
            if name not in arrays:
                raise ValueError(
                    f"the network has a penalty on {name}: expected {', '.join(arrays)}"
                )
        for name in arrays:
            if name not in used:
                raise ValueError(f"parameter {name} is in no layer of the network")

    def _sample_loss(self) -> SampleLoss:
        """The loss of pre-activations of the last layer: its activation is applied in it."""
        last = self.layers[-1]
        if isinstance(self.loss, str):
            stable = SAMPLE_LOSSES.get((self.loss, last.activation))
            if stable is not None:
                return stable
            named = SAMPLE_LOSSES.get((self.loss, "identity"))
            if named is None:
                known = ", ".join(dict.fromkeys(name for name, _ in SAMPLE_LOSSES))
                raise ValueError(f"loss {self.loss!r}: expected {known} or a function")
            activation = _last_activation(last)
            return lambda z, y: named(activation(z), y)
        function, activation = self.loss, _last_activation(last)

        def own(z: Array, y: NDArray[Any]) -> Array:
            predictions = activation(z)
            return function(
                predictions[:, 0] if y.ndim == 1 and z.shape[1] == 1 else predictions, y
            )

        return own


@dataclass(frozen=True, slots=True)
class _Declared:
    """A network with its parameters; ``turned`` are the layers whose weights are inputs first."""

    x: Array
    layers: tuple[Dense, ...]
    turned: tuple[bool, ...]
    losses: Callable[[Array, NDArray[np.intp]], Array]


def _last_activation(layer: Layer) -> Callable[[Array], Array]:
    if layer.activation == "softmax":
        return softmax
    return layer.function()


def _oriented(layer: Layer, given: NDArray[Any], inputs: int) -> tuple[Array, bool]:
    """A layer's weights [units, inputs], and whether they came the other way."""
    weights = np.asarray(given, dtype=np.float64)
    if weights.ndim == 1 and weights.size == inputs:
        return weights[None, :], False
    if weights.ndim == 1 and inputs == 1:
        return weights[:, None], False
    fits = [weights.ndim == 2 and weights.shape[axis] == inputs for axis in (0, 1)]
    if not any(fits) or (layer.inputs_first is not None and not fits[not layer.inputs_first]):
        raise ValueError(
            f"{layer.weights} has shape {weights.shape}: expected [units, {inputs}] or "
            f"[{inputs}, units], as the layer has {inputs} inputs"
        )
    if all(fits) and layer.inputs_first is None and inputs > 1:
        raise ValueError(
            f"{layer.weights} is square: expected inputs_first=True (x @ w) or False (x @ w.T)"
        )
    turned = bool(layer.inputs_first) if layer.inputs_first is not None else not fits[1]
    return (weights.T if turned else weights), turned


def _bias(layer: Layer, arrays: Arrays, units: int) -> Array:
    if layer.bias is None:
        return np.zeros(units)
    bias = np.asarray(arrays[layer.bias], dtype=np.float64)
    if bias.size != units:
        raise ValueError(
            f"{layer.bias} has shape {bias.shape}: expected one number a unit, {units}"
        )
    return bias.reshape(units)
