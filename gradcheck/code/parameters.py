"""Parameters as users hold them: an array, or dicts, lists and tuples of arrays, nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
WHOLE = "parameters"
"""The name of a parameter that is not inside anything."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The arrays of a nested structure, each by its path: ``w_1``, ``layers[0].bias``.

    ``rebuild`` puts arrays of the same names back into the structure they came from.
    """

    arrays: Mapping[str, Array]
    rebuild: Callable[[Mapping[str, Any]], Any]


def parameters_of(structure: Any) -> Parameters:
    """Take a structure apart. Raises TypeError that names the place of what is no array."""
    arrays: dict[str, Array] = {}
    rebuild = _take(structure, "", arrays)
    if not arrays:
        raise ValueError("there are no parameters: expected at least one array")
    return Parameters(arrays, rebuild)


def arrays_like(structure: Any, like: Parameters) -> dict[str, Array]:
    """The arrays of a gradient, which must have the structure and the shapes of the parameters.

    Raises TypeError or ValueError that names the place and what was expected there.
    """
    found: dict[str, Array] = {}
    _take(structure, "", found)
    for name, array in like.arrays.items():
        if name not in found:
            raise ValueError(
                f"the gradient has no {name}: expected {_names(like.arrays)}, got {_names(found)}"
            )
        if found[name].shape != array.shape:
            raise ValueError(
                f"the gradient of {name} has shape {found[name].shape}: expected {array.shape}"
            )
    extra = [name for name in found if name not in like.arrays]
    if extra:
        raise ValueError(f"the gradient has {_names(extra)}, which is no parameter")
    return found


def _names(names: Mapping[str, Any] | Sequence[str]) -> str:
    return ", ".join(names)


def _take(value: Any, path: str, arrays: dict[str, Array]) -> Callable[[Mapping[str, Any]], Any]:
    if isinstance(value, Mapping):
        parts = {
            key: _take(item, f"{path}.{key}" if path else str(key), arrays)
            for key, item in value.items()
        }
        return lambda found: {key: part(found) for key, part in parts.items()}
    if isinstance(value, (list, tuple)) and not _is_numbers(value):
        members = [_take(item, f"{path}[{k}]", arrays) for k, item in enumerate(value)]
        kind: Any = type(value)
        if hasattr(kind, "_fields"):  # a named tuple
            return lambda found: kind(*(part(found) for part in members))
        return lambda found: kind(part(found) for part in members)
    name = path or WHOLE
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} is a {type(value).__name__}: expected an array of real numbers")
    arrays[name] = array
    scalar = np.ndim(value) == 0 and not isinstance(value, np.ndarray)
    if scalar:
        return lambda found: found[name][()]
    return lambda found: found[name]


def _is_numbers(value: Sequence[Any]) -> bool:
    """Whether a list holds plain numbers: one array, not a structure of scalars."""
    return bool(value) and all(isinstance(item, (int, float)) for item in value)
