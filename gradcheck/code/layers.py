"""A layer's forward and backward pass as a loss and its gradient: Σ upstream · output."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.measured import Upstream
from gradcheck.code.parameters import parameters_of
from gradcheck.code.user_functions import Functions

Array = NDArray[Any]
Output = tuple[Array, ...]


@dataclass(slots=True)
class Layer:
    """How the two passes are called.

    ``single``: forward returned one array, not a tuple; ``cached``: beside it something for
    backward. Both are found out at every call of forward.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]  # of the inputs at the top, as reported
    cache: bool | None
    single: bool = False
    cached: bool = False

    def run(self, inputs: Any) -> tuple[Output, Any]:
        """The outputs as a tuple, and the cache (None without one)."""
        found = _given(self.forward, (), inputs)
        cache = None
        self.cached = self._has_cache(found)
        if self.cached:
            found, cache = found
        self.single = not isinstance(found, (tuple, list))
        outputs = (found,) if self.single else tuple(found)
        for k, output in enumerate(outputs):
            if (
                np.asarray(output).dtype.kind not in "fiubc"
            ):  # complex where a complex step is tried
                place = "" if self.single else f" as output {k}"
                raise TypeError(
                    f"forward returned a {type(output).__name__}{place}: "
                    "expected an array of real numbers, or a tuple of them"
                )
        return tuple(np.asarray(output) for output in outputs), cache

    def slopes(self, upstream: Output, inputs: Any) -> Any:
        """The claimed gradient of Σ upstream · output, as a structure like the inputs."""
        outputs, cache = self.run(inputs)
        typed = [up.astype(one.dtype) for up, one in zip(upstream, outputs, strict=True)]
        given = typed[0] if self.single else tuple(typed)
        if self.cached:
            return self.backward(given, cache)
        if _takes_one(self.backward):
            return self.backward(given)
        return _given(self.backward, (given,), inputs)

    def _has_cache(self, found: Any) -> bool:
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            return False
        if self.cache is not None:
            return self.cache
        return not isinstance(found[1], (np.ndarray, np.number, int, float))


def layer_of(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Any,
    cache: bool | None,
    seed: int,
) -> tuple[Functions, Upstream, tuple[str, ...]]:
    """The layer as a loss and a gradient of its floating-point inputs."""
    if not callable(forward) or not callable(backward):
        raise TypeError("expected two functions, forward and backward")
    if not isinstance(inputs, (Mapping, tuple, list)):
        inputs = (inputs,)
    named = _named(forward, inputs)
    layer = Layer(forward, backward, tuple(named), cache)
    outputs, _ = layer.run(copy.deepcopy(inputs))
    # Three digits: every floating-point type can hold them, so that all see the same upstream.
    random = np.random.default_rng(seed)
    drawn = tuple(np.round(random.normal(size=one.shape) * 256.0) / 256.0 for one in outputs)

    first = _claimed(layer, layer.slopes(drawn, copy.deepcopy(inputs)), named)
    held = {name: named[name] for name, slope in first.items() if slope is None}
    if not any(slope is not None for slope in first.values()):
        wanted = ", ".join(first)
        raise ValueError(
            f"backward returned None for {wanted}: expected the gradient by at least one input"
            if first
            else f"no input holds floating-point numbers ({', '.join(named)}): expected at least "
            "one, others are not differentiated"
        )
    point = parameters_of({n: v for n, v in named.items() if n not in held}, constants=True)

    def back(structure: Mapping[str, Any]) -> Any:
        whole = {name: held[name] if name in held else structure[name] for name in named}
        return whole if isinstance(inputs, Mapping) else tuple(whole.values())

    def value(structure: Mapping[str, Any]) -> Any:
        found, _ = layer.run(back(structure))
        if [one.shape for one in found] != [one.shape for one in drawn]:
            raise ValueError(f"forward returned {_shapes(found)}, before it were {_shapes(drawn)}")
        return sum(np.sum(one * up) for one, up in zip(found, drawn, strict=True))

    def slopes(upstream: Output, structure: Mapping[str, Any]) -> dict[str, Any]:
        claimed = _claimed(layer, layer.slopes(upstream, back(structure)), named)
        return {name: slope for name, slope in claimed.items() if name not in held}

    def under(upstream: Output, arrays: Mapping[str, Array]) -> dict[str, Array]:
        other = Functions(point, value, lambda structure: slopes(upstream, structure))
        return other.gradient(arrays)

    def ahead(arrays: Mapping[str, Array]) -> Output:
        given = {name: np.array(array) for name, array in arrays.items()}
        return layer.run(back(point.rebuild(given)))[0]

    functions = Functions(point, value, lambda structure: slopes(drawn, structure))
    notes = [f"not differentiated: {', '.join(point.constants)}"] if point.constants else []
    if held:
        notes.append(f"no gradient is claimed by {', '.join(held)}")
    return functions, Upstream(drawn, under, ahead), tuple(notes)


def _shapes(arrays: Output) -> str:
    return ", ".join(str(one.shape) for one in arrays)


def _claimed(layer: Layer, found: Any, structure: Mapping[str, Any]) -> dict[str, Any]:
    """What backward returned, by the names of the inputs; constants are left out."""
    fixed = [name for name, value in structure.items() if not _has_floats(value)]
    wanted = [name for name in layer.names if name not in fixed]
    if isinstance(found, Mapping):
        return {name: value for name, value in found.items() if name not in fixed}
    if not isinstance(found, (tuple, list)):
        found = (found,)
    if len(found) == len(layer.names):
        return {n: v for n, v in zip(layer.names, found, strict=True) if n not in fixed}
    if len(found) == len(wanted):
        return dict(zip(wanted, found, strict=True))
    raise ValueError(
        f"backward returned {len(found)} gradients: expected {len(wanted)}, by {', '.join(wanted)}"
    )


def _has_floats(value: Any) -> bool:
    try:
        parameters_of(value, constants=True)
    except ValueError:
        return False
    return True


def _named(forward: Callable[..., Any], inputs: Any) -> dict[str, Any]:
    """The inputs by name: their own, else those of forward's arguments."""
    if isinstance(inputs, Mapping):
        return {str(name): value for name, value in inputs.items()}
    if not inputs:
        raise ValueError("there are no inputs: expected at least one array of real numbers")
    names = _arguments(forward)[: len(inputs)]
    if len(names) < len(inputs):
        names = [f"inputs[{k}]" for k in range(len(inputs))]
    return dict(zip(names, inputs, strict=True))


def _given(function: Callable[..., Any], first: tuple[Any, ...], inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return function(*first, **inputs)
    return function(*first, *inputs)


def _arguments(function: Callable[..., Any]) -> list[str]:
    """The names of the arguments that may be given by position; none if that cannot be told."""
    try:
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in arguments if one.kind in by_place]


def _takes_one(function: Callable[..., Any]) -> bool:
    """Whether a function takes the upstream gradient and nothing else."""
    try:
        arguments: Sequence[inspect.Parameter] = list(
            inspect.signature(function).parameters.values()
        )
    except (TypeError, ValueError):
        return False
    needed = [one for one in arguments if one.default is inspect.Parameter.empty]
    return len(needed) == 1 and needed[0].kind not in (
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    )
