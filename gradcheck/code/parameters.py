"""Parameters as users hold them: an array, or dicts, lists and tuples of arrays, nested."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rebuild = Callable[[Mapping[str, Any]], Any]
WHOLE = "parameters"
"""The name of a parameter that is not inside anything."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The arrays of a nested structure, each by its path: ``w_1``, ``layers[0].bias``.

    ``rebuild`` puts arrays of the same names back into the structure they came from.
    ``constants`` names what is in it and is not differentiated.
    """

    arrays: Mapping[str, Array]
    rebuild: Rebuild
    constants: tuple[str, ...] = ()


def parameters_of(structure: Any, *, constants: bool = False, whole: str = WHOLE) -> Parameters:
    """Take a structure apart.

    Integers are parameters like any other, unless ``constants``: then they, and all that is no
    array of floating-point numbers, are handed to the function as they are.

    Raises TypeError that names the place of what is no array of real numbers, ValueError if there
    is nothing to differentiate.
    """
    arrays: dict[str, Array] = {}
    fixed: dict[str, Any] = {}
    rebuild = _take(structure, "", arrays, fixed if constants else None, whole)
    if not arrays:
        raise ValueError("there are no parameters: expected at least one array of real numbers")
    return Parameters(arrays, rebuild, tuple(fixed))


def arrays_like(structure: Any, like: Parameters) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a gradient, which must have the structure and the shapes of the parameters, and
    in words what had to be done to those in another layout (transposed, an axis of size 1 more).

    Raises TypeError or ValueError that names the place and what was expected there.
    """
    found: dict[str, Array] = {}
    whole = next(iter(like.arrays)) if len(like.arrays) == 1 else WHOLE
    _take(structure, "", found, None, whole, "the gradient of ")
    lacking = [name for name in like.arrays if name not in found]
    if lacking == [whole] and not isinstance(structure, Mapping):
        shape = like.arrays[whole].shape
        raise ValueError(
            f"the gradient is a {type(structure).__name__} of {_names(found)}: "
            f"expected one array of shape {shape}"
        )
    if lacking:
        raise ValueError(
            f"the gradient has no {_names(lacking)}: "
            f"expected {_names(like.arrays)}, got {_names(found)}"
        )
    extra = [name for name in found if name not in like.arrays]
    extra = [name for name in extra if name not in like.constants]
    if extra:
        raise ValueError(f"the gradient has {_names(extra)}, which is no parameter")
    laid = {name: _laid_out(name, found[name], a.shape) for name, a in like.arrays.items()}
    return (
        {name: array for name, (array, _) in laid.items()},
        {name: how for name, (_, how) in laid.items() if how},
    )


def _laid_out(name: str, array: Array, shape: tuple[int, ...]) -> tuple[Array, str]:
    if array.shape == shape:
        return array, ""
    if len(shape) > 1 and array.shape == shape[::-1]:
        return array.T, f"has shape {array.shape}, the transpose of {shape}"
    if [n for n in array.shape if n != 1] == [n for n in shape if n != 1]:
        return array.reshape(shape), f"has shape {array.shape}, not {shape}"
    hint = _summed(array.shape, shape)
    raise ValueError(f"the gradient of {name} has shape {array.shape}: expected {shape}{hint}")


def _summed(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What sum would give the shape, where one would."""
    extra = len(found) - len(shape)
    if not found or (extra == 0 and len(shape) == 1):
        return "; it is summed over another axis, or over one too many"
    for axes in combinations(range(len(found)), max(extra, 0)):
        if extra > 0 and tuple(n for k, n in enumerate(found) if k not in axes) == shape:
            places = f"axis {axes[0]}" if extra == 1 else f"axes {', '.join(map(str, axes))}"
            return f"; sum over {places}, along which the forward pass repeats it"
    return ""


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _take(
    value: Any,
    path: str,
    arrays: dict[str, Array],
    fixed: dict[str, Any] | None,
    whole: str,
    what: str = "",
) -> Rebuild:
    if isinstance(value, Mapping):
        parts = {
            key: _take(item, f"{path}.{key}" if path else str(key), arrays, fixed, whole, what)
            for key, item in value.items()
        }
        return lambda found: {key: part(found) for key, part in parts.items()}
    if isinstance(value, (list, tuple)) and not _is_numbers(value):
        members = [
            _take(item, f"{path}[{k}]", arrays, fixed, whole, what) for k, item in enumerate(value)
        ]
        kind: Any = type(value)
        if hasattr(kind, "_fields"):  # a named tuple
            return lambda found: kind(*(part(found) for part in members))
        return lambda found: kind(part(found) for part in members)
    return _leaf(value, path or whole, arrays, fixed, what)


def _leaf(
    value: Any, name: str, arrays: dict[str, Array], fixed: dict[str, Any] | None, what: str
) -> Rebuild:
    if name in arrays:
        raise ValueError(f"two parameters are called {name}: give one of them another name")
    array = None if value is None or isinstance(value, str) else np.asarray(value)
    kind = "" if array is None else array.dtype.kind
    if fixed is not None and kind != "f":
        fixed[name] = value
        return lambda found: value
    if array is None or kind not in "fiub":
        got = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else _a(value)
        raise TypeError(f"{what}{name} is {got}: expected an array of real numbers")
    arrays[name] = array if kind == "f" else array.astype(np.float64)
    if array.ndim == 0 and not isinstance(value, np.ndarray):
        return lambda found: found[name][()]
    return lambda found: found[name]


def _a(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _is_numbers(value: Sequence[Any]) -> bool:
    """Whether a list holds plain numbers, or lists of as many of them each: one array, not a
    structure of scalars."""
    if not value:
        return False
    if all(isinstance(item, (int, float)) for item in value):
        return True
    lengths = {len(item) if isinstance(item, (list, tuple)) else -1 for item in value}
    return len(lengths) == 1 and -1 not in lengths and all(map(_is_numbers, value))
