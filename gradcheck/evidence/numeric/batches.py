"""Evaluation of a loss at displaced points: one at a time, or many at once in bounded memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Loss = Callable[[Mapping[str, Array]], ArrayLike]

CHUNK_BYTES = 4 * 2**20
"""Of displaced parameters in one call, unless the caller says how many points he can take. The
loss's own temporaries come on top; a few megabytes also stay in the processor's cache."""


class Evaluations(ABC):
    """A loss at a point and near it, and the count of evaluations made so far.

    All entries of all parameters are numbered through, in the order of the mapping: ``flat`` [P]
    holds their values, ``starts`` where each parameter begins. ``grid`` is the type whose numbers
    the loss tells apart: displaced entries are rounded to it. Once the user has stopped it
    (Ctrl-C), it is ``interrupted`` and all further losses are nan: what was measured stays.
    """

    def __init__(self, point: Mapping[str, ArrayLike], grid: Any = np.float64) -> None:
        # Copies, and read-only: a loss that changes its input must not move the point under us.
        # In C order: entries are numbered so, and a transposed array has no flat view otherwise.
        self.arrays = {
            name: np.array(value, dtype=np.float64, order="C") for name, value in point.items()
        }
        for name, array in self.arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"parameter {name} has an entry that is not finite")
            array.flags.writeable = False
        sizes = [array.size for array in self.arrays.values()]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
        ravelled = [array.ravel() for array in self.arrays.values()]
        self.flat: Array = np.concatenate([*ravelled, np.zeros(0)])
        self.grid = np.dtype(grid)
        self.evaluations = 0
        self.interrupted = False

    @property
    def resolution(self) -> float:
        """The spacing of the grid, relative to a number on it."""
        return float(np.finfo(self.grid).eps)

    def rounded(self, values: Array) -> Array:
        """``values`` as the loss can tell them apart."""
        if self.grid == np.float64:
            return values
        with np.errstate(over="ignore"):
            return values.astype(self.grid).astype(np.float64)

    def groups(self, per_entry: Array) -> list[Array]:
        """``per_entry`` [P] cut into one flat array a parameter."""
        return [per_entry[a:b] for a, b in zip(self.starts, self.starts[1:], strict=False)]

    def shaped(self, per_entry: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """``per_entry`` [P] as one array of the parameter's shape a name."""
        groups = zip(self.arrays.items(), self.groups(per_entry), strict=True)
        return {name: group.reshape(array.shape).copy() for (name, array), group in groups}

    def place(self, entry: int) -> str:
        """An entry as a person would write it: ``w_1[2, 0]``, ``b_2``."""
        number = int(np.searchsorted(self.starts, entry, side="right")) - 1
        # Parameters without entries begin where the next one begins: searchsorted skips them.
        name, array = list(self.arrays.items())[number]
        index = np.unravel_index(entry - int(self.starts[number]), array.shape)
        return f"{name}[{', '.join(str(int(i)) for i in index)}]" if index else name

    @abstractmethod
    def here(self) -> float:
        """The loss at the point itself."""

    def at(self, entries: NDArray[np.intp], values: Array) -> Array:
        """Losses [n, d] with entry ``entries[r]`` alone set to ``values[r, c]``; ``entries``
        ascend. A loss that has no value there is nan."""
        losses = np.full(values.shape, np.nan)
        if not self.interrupted:
            try:
                self._fill(losses, entries, values)
            except KeyboardInterrupt:
                self.interrupted = True
        return losses

    def _fill(self, losses: Array, entries: NDArray[np.intp], values: Array) -> None:
        """Evaluate the losses of `at`, in place; one that has an `at` of its own needs none."""
        raise NotImplementedError


class Singles(Evaluations):
    """A loss that takes one point: ``loss(arrays)`` with float64 arrays of the parameters' own
    shapes, which it must not change, returns a number."""

    def __init__(
        self,
        loss: Callable[[Mapping[str, Array]], float],
        point: Mapping[str, ArrayLike],
        grid: Any = np.float64,
    ) -> None:
        super().__init__(point, grid)
        self.loss = loss

    def here(self) -> float:
        self.evaluations += 1
        with np.errstate(all="ignore"):
            return float(self.loss(self.arrays))

    def _fill(self, losses: Array, entries: NDArray[np.intp], values: Array) -> None:
        owners = np.searchsorted(self.starts, entries, side="right") - 1
        names = list(self.arrays)
        with np.errstate(all="ignore"):  # what is not finite is dealt with by the caller
            for row, (entry, owner) in enumerate(zip(entries, owners, strict=True)):
                moved = np.array(self.arrays[names[owner]])
                arrays = {**self.arrays, names[owner]: moved}
                flat = moved.reshape(-1)
                for column, value in enumerate(values[row]):
                    flat[entry - self.starts[owner]] = value
                    losses[row, column] = self.loss(arrays)
                    self.evaluations += 1


class Batches(Evaluations):
    """A loss that takes many points at once.

    It is called with a leading batch axis of size B for the parameters displaced in that call, and
    of size 1 for all others, and returns B losses.
    """

    def __init__(self, loss: Loss, point: Mapping[str, ArrayLike], chunk: int | None) -> None:
        super().__init__(point)
        self.loss = loss
        if chunk is not None and chunk < 1:
            raise ValueError(f"chunk of {chunk} points: expected at least 1")
        self.chunk = chunk or max(64, CHUNK_BYTES // (8 * max(1, self.flat.size)))

    def here(self) -> float:
        return float(self._call({name: array[None] for name, array in self.arrays.items()}, 1)[0])

    def _fill(self, losses: Array, entries: NDArray[np.intp], values: Array) -> None:
        """All values of one entry are evaluated in one call, so that they share whatever rounding
        depends on the size of the batch."""
        n, d = values.shape
        together = max(1, self.chunk // max(1, d))
        for start in range(0, n, together):
            part = slice(start, start + together)
            losses[part] = self._displaced(entries[part], values[part])

    def _displaced(self, entries: NDArray[np.intp], values: Array) -> Array:
        n, d = values.shape
        cuts = np.searchsorted(entries, self.starts)
        batch: dict[str, Array] = {}
        for number, (name, array) in enumerate(self.arrays.items()):
            first, last = cuts[number], cuts[number + 1]
            if first == last:
                batch[name] = array[None]
                continue
            tiled = np.empty((n * d, array.size))
            tiled[:] = array.ravel()
            rows = np.arange(first * d, last * d)
            columns = np.repeat(entries[first:last] - self.starts[number], d)
            tiled[rows, columns] = values[first:last].ravel()
            batch[name] = tiled.reshape(n * d, *array.shape)
        return self._call(batch, n * d).reshape(n, d)

    def _call(self, batch: Mapping[str, Array], size: int) -> Array:
        with np.errstate(all="ignore"):  # what is not finite is dealt with by the caller
            losses = np.asarray(self.loss(batch), dtype=np.float64)
        # A loss that a displaced parameter does not enter keeps the batch size 1.
        if losses.shape not in ((size,), (1,), ()):
            raise ValueError(f"the loss returned shape {losses.shape}: expected ({size},)")
        self.evaluations += size
        return np.broadcast_to(losses, (size,))
