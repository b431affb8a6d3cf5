"""The user's functions, made safe to call: on copies, at any point, with errors that say what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.parameters import Parameters, arrays_like

Array = NDArray[Any]
Arrays = Mapping[str, Array]

WATCHED = 32
"""Calls of each function after which it is taken not to change its input: they get copies anyway,
and to compare these takes its time."""


@dataclass(slots=True)
class Functions:
    """A loss and its claimed gradient as functions of arrays by name, and how they behaved.

    ``value(structure)`` and ``slope(structure)`` are the user's, of the structure he passed.
    Every call gets copies, so that a function that changes its input does no harm; ``changed``
    are the parameters that one changed, ``layouts`` those whose gradient came in another layout.
    ``types`` are those of the arrays that the functions are given (float64 unless named).
    ``raised`` is the first error that the loss raised at a displaced point. ``watch`` is called
    once an evaluation of the loss.
    """

    point: Parameters
    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    types: Mapping[str, np.dtype[Any]] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)  # parameter: "loss" or "gradient"
    layouts: dict[str, str] = field(default_factory=dict)
    raised: str = ""
    result: np.dtype[Any] | None = None  # the type of the loss as it was returned
    watch: Callable[[], None] = lambda: None
    called: dict[str, int] = field(default_factory=dict)  # "loss" or "gradient": how often

    def loss(self, arrays: Arrays) -> float:
        """The loss at the point itself: errors of the user's function are his to see."""
        try:
            return self._number(self._called("loss", self.value, arrays))
        except Exception as error:
            error.add_note("raised by the loss at the parameters given")
            raise

    def nearby(self, arrays: Arrays) -> float:
        """The loss at a displaced point: nan where it raises, whatever that is (the end of a table
        is an IndexError, a domain an AssertionError)."""
        self.watch()
        try:
            return self._number(self._called("loss", self.value, arrays))
        except Exception as error:
            self.raised = self.raised or f"{type(error).__name__}: {error}"
            return float("nan")

    def other(self, arrays: Arrays) -> Any:
        """What the loss returns for arrays of another kind: complex ones, or with an axis more."""
        self.watch()
        return self.value(
            self.point.rebuild({name: array.copy() for name, array in arrays.items()})
        )

    def gradient(self, arrays: Arrays) -> dict[str, Array]:
        """The claimed gradient, its arrays copied; after a call of the loss at the same point, for
        code that keeps what the forward pass found."""
        self.nearby(arrays)
        try:
            found = self._called("gradient", self.slope, arrays)
            claimed, layouts = arrays_like(found, self.point)
        except Exception as error:
            error.add_note("raised by the gradient at the parameters given")
            raise
        self.layouts.update(layouts)
        return {name: np.array(array) for name, array in claimed.items()}

    def _type(self, name: str) -> Any:
        return self.types.get(name, np.float64)

    def _called(self, role: str, function: Callable[[Any], Any], arrays: Arrays) -> Any:
        given = {
            name: np.array(array, dtype=self._type(name), order="C")
            for name, array in arrays.items()
        }
        with np.errstate(all="ignore"):
            found = function(self.point.rebuild(given))
        self.called[role] = self.called.get(role, 0) + 1
        if self.called[role] <= WATCHED:
            for name, array in arrays.items():
                if not _is_same(given[name], array):
                    self.changed.setdefault(name, role)
        return found

    def _number(self, found: Any) -> float:
        array = np.asarray(found)
        if array.dtype.kind not in "fiub" or array.size != 1:
            got = (
                f"an array of shape {array.shape}"
                if array.dtype.kind in "fiub"
                else f"{array.dtype} numbers"
                if array.dtype.kind == "c"
                else f"a {type(found).__name__}"
            )
            raise TypeError(f"the loss returned {got}: expected one real number")
        if self.result is None:
            self.result = array.dtype
        return float(array.reshape(()))


def _is_same(given: Array, array: Array) -> bool:
    """Whether what was given is still the array; a cast is compared with a cast, as a type of
    fewer digits is no change."""
    if given.shape != array.shape:
        return False
    cast = array.astype(given.dtype, copy=False)
    return bool((given == cast).all()) or np.array_equal(given, cast, equal_nan=True)
