"""The data that gradient code refers to, and the same code with other data.

The arrays and numbers that functions see are found in their closures, globals, defaults and the
attributes of their objects. A function with other data is a copy of it: what belongs to the user
stays as it is. Code whose data cannot be found this way is simply diagnosed without it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from gradcheck.code.diagnosis.clues import Array

LIBRARIES = ("gradcheck", "numpy", "scipy", "torch", "jax")
DEPTH = 5
"""How many calls deep data is looked for."""


def surroundings(functions: tuple[Callable[..., Any], ...]) -> dict[str, Array]:
    """Numeric arrays and numbers within reach of the functions, by their names there."""
    found: dict[str, Array] = {}
    seen: set[int] = set()
    for function in functions:
        _collect(function, DEPTH, found, seen)
    return found


def _collect(value: Any, depth: int, found: dict[str, Array], seen: set[int]) -> None:
    if depth == 0 or id(value) in seen:
        return
    seen.add(id(value))
    for name, item in _within(value):
        if _is_data(item):
            found.setdefault(name, np.asarray(item))
        elif isinstance(item, (list, tuple)) and len(item) <= 64 and all(map(_is_data, item)):
            for k, member in enumerate(item):
                found.setdefault(f"{name}[{k}]", np.asarray(member))
        else:
            _collect(item, depth - 1, found, seen)


def _is_data(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    """What a function or object refers to, by name."""
    if isinstance(value, MethodType):
        yield from (("self", value.__self__), (value.__name__, value.__func__))
    elif isinstance(value, functools.partial):
        yield "function", value.func
        yield from ((f"argument {k}", item) for k, item in enumerate(value.args))
        yield from value.keywords.items()
    elif isinstance(value, FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            if _filled(cell):
                yield name, cell.cell_contents
        for name in value.__code__.co_names if _is_users(value) else ():
            if name in value.__globals__:
                yield name, value.__globals__[name]
        yield from (value.__kwdefaults__ or {}).items()
        count = value.__code__.co_argcount
        defaults = value.__defaults__ or ()
        yield from zip(
            value.__code__.co_varnames[count - len(defaults) : count], defaults, strict=True
        )
    elif isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
    elif _is_plain_object(value):
        yield from vars(value).items()


def _is_users(value: FunctionType) -> bool:
    """Whether a function's globals are the user's, and not those of a library."""
    return (value.__module__ or "").split(".")[0] not in LIBRARIES


def _filled(cell: CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def _is_plain_object(value: Any) -> bool:
    return hasattr(value, "__dict__") and not isinstance(value, (type, ModuleType, FunctionType))


def with_data(
    function: Callable[..., Any],
    changed: Callable[[Array], Array | None],
    memo: dict[int, Any] | None = None,
) -> Callable[..., Any]:
    """A copy of a function that sees other arrays: ``changed`` gives the one for each, or None to
    leave it as it is. The function itself and its data are untouched. Functions that share an
    object are to be copied with the same ``memo``: their copies share its copy."""
    copied: Callable[..., Any] = _copied(function, changed, DEPTH, {} if memo is None else memo)
    return copied


def _copied(
    value: Any, changed: Callable[[Array], Array | None], depth: int, memo: dict[int, Any]
) -> Any:
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, np.ndarray):
        other = changed(value) if value.dtype.kind in "fiub" else None
        return value if other is None else other
    if depth == 0:
        return value

    def inner(item: Any) -> Any:
        return _copied(item, changed, depth - 1, memo)

    if isinstance(value, MethodType):
        return MethodType(inner(value.__func__), inner(value.__self__))
    if isinstance(value, functools.partial):
        keywords = {key: inner(item) for key, item in value.keywords.items()}
        return functools.partial(inner(value.func), *map(inner, value.args), **keywords)
    if isinstance(value, FunctionType):
        return _function(value, inner, memo)
    if type(value) in (list, tuple):
        return type(value)(map(inner, value))
    if type(value) is dict:
        return {key: inner(item) for key, item in value.items()}
    if _is_plain_object(value) and not callable(getattr(value, "__get__", None)):
        return _object(value, inner, memo)
    return value


def _function(value: FunctionType, inner: Callable[[Any], Any], memo: dict[int, Any]) -> Any:
    globals_ = dict(value.__globals__) if _is_users(value) else value.__globals__
    cells = tuple(CellType() for _ in value.__closure__ or ())
    made = FunctionType(value.__code__, globals_, value.__name__, None, cells or None)
    memo[id(value)] = made  # before its parts: a function may refer to itself
    made.__defaults__ = inner(value.__defaults__)
    made.__kwdefaults__ = inner(value.__kwdefaults__)
    for cell, old in zip(cells, value.__closure__ or (), strict=True):
        if _filled(old):
            cell.cell_contents = inner(old.cell_contents)
    for name in value.__code__.co_names if _is_users(value) else ():
        if name in globals_:
            globals_[name] = inner(globals_[name])
    return made


def _object(value: Any, inner: Callable[[Any], Any], memo: dict[int, Any]) -> Any:
    try:
        made = copy.copy(value)
        memo[id(value)] = made
        for name, item in vars(value).items():
            other = inner(item)
            if other is not item:
                setattr(made, name, other)
    except Exception:  # an object that will not be copied stays as it is
        memo[id(value)] = value
        return value
    return made


def sample_count(arrays: Mapping[str, Array], axis: int) -> int | None:
    """The length that the data share along an axis, if it can be told: most arrays have it."""
    lengths: dict[int, int] = {}
    for array in arrays.values():
        if array.ndim and array.shape[axis] > 1:
            lengths[array.shape[axis]] = lengths.get(array.shape[axis], 0) + 1
    best = sorted(lengths.items(), key=lambda pair: -pair[1])
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]
