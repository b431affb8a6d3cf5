"""A loss that also takes many points at once, along a leading axis: found out by trying."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.user_functions import Functions
from gradcheck.evidence.numeric import Batches

Array = NDArray[Any]
Arrays = Mapping[str, Array]

TRIED = (3, 7)
"""Sizes of the batches tried: a loss may take the axis of one size for something else."""
MOVED = 2.0**-6
"""How far apart the points of a batch are, relative to the size of the parameters."""
SAME = 1e-13
"""Of the loss: what one and the same sum may differ by when it is added up in another order."""
LARGEST = 4096
"""Entries above which a batch costs more than it saves: the time goes into the sums themselves."""


def batched(functions: Functions, point: Arrays, seed: int) -> Batches | None:
    """The loss at many points a call, if it returns for a batch what it returns for each of its
    points, else None: a loss that sums over everything takes a batch and returns something else."""
    if sum(array.size for array in point.values()) > LARGEST:
        return None
    random = np.random.default_rng([seed, 2])
    for size in TRIED:
        batch = {
            name: array + MOVED * random.normal(size=(size, *array.shape)) * (np.abs(array) + 0.1)
            for name, array in point.items()
        }
        together = _together(functions, batch, size)
        singly = np.array([functions.nearby(_row(batch, k)) for k in range(size)])
        if together is None or not np.isfinite(singly).all():
            return None
        if not np.all(np.abs(together - singly) <= SAME * np.abs(singly).max()):
            return None

    def losses(batch: Arrays) -> Array:
        size = max(len(array) for array in batch.values())
        whole = {name: _repeated(array, size) for name, array in batch.items()}
        found = _together(functions, whole, size)
        if found is not None:
            return found
        # At some point of the batch it raised: one by one, so that only that one is lost.
        return np.array([functions.nearby(_row(whole, k)) for k in range(size)])

    return Batches(losses, point, None)


def _together(functions: Functions, batch: Arrays, size: int) -> Array | None:
    """The losses of a batch, [size]; None if it does not take one."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = functions.value(
                functions.point.rebuild({k: a.copy() for k, a in batch.items()})
            )
            array = np.asarray(found)
    except Exception:  # whatever the user's code does with an axis too many
        return None
    if array.shape != (size,) or array.dtype != np.float64:
        return None
    return array


def _row(batch: Arrays, row: int) -> dict[str, Array]:
    return {name: array[row] for name, array in batch.items()}


def _repeated(array: Array, size: int) -> Array:
    return array if len(array) == size else np.repeat(array, size, axis=0)
