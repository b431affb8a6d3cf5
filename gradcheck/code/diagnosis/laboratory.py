"""Experiments with gradient code: other points, other upstream gradients, single samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.diagnosis.clues import Array, Clues
from gradcheck.code.diagnosis.surroundings import sample_count, surroundings, with_data
from gradcheck.code.measured import Evidence
from gradcheck.code.user_functions import Functions
from gradcheck.evidence.numeric import TRUST, NumericGradient, Singles, differentiate

EVALUATIONS = 60_000
"""How many evaluations of the loss all experiments together may take."""
AN_ENTRY = 20
"""What an entry costs, about."""
MOST_ENTRIES = 96
"""So many entries of a parameter are measured in an experiment, spread over it."""
MOST_SAMPLES = 32
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Laboratory:
    """Both gradients of some gradient code, wherever they are asked for.

    ``names`` are the parameters that are looked at, ``grid`` the type whose numbers the loss tells
    apart, ``noise`` what the claimed gradient may be off by its own rounding.
    """

    evidence: Evidence
    functions: Functions
    names: tuple[str, ...]
    grid: np.dtype[Any]
    noise: Arrays
    upstream: Array | None = None
    spent: list[int] = field(default_factory=lambda: [0])  # shared by all made from this one
    parts: dict[int, list[Clues] | None] = field(default_factory=dict)

    def clues(self) -> Clues:
        """What was measured at the point of the check."""
        evidence = self.evidence
        return self._clues(evidence.point, evidence.claimed, evidence.numeric)

    def at(self, point: Arrays) -> Clues | None:
        """Both gradients at another point."""
        return self._tried(lambda: self._measured(point))

    def under(self, upstream: Array) -> Clues | None:
        """The same point with another upstream gradient."""
        if self.upstream is None:
            return None
        other = replace(self, upstream=upstream, parts={})
        return self._tried(lambda: other._measured(self.evidence.point))

    def samples(self, axis: int) -> list[Clues] | None:
        """Both gradients of each sample alone."""
        if axis not in self.parts:
            found = self._masked(axis) if self.upstream is not None else self._alone(axis)
            self.parts[axis] = [part for part in found if part] if all(found) else None
        return self.parts[axis]

    def with_mean_of(self, label: str) -> Clues | None:
        """The numeric gradient of the loss with an array of its data set to its mean; None if that
        array is nothing to the loss."""
        array = self._surroundings()[label]

        def flat(other: Array) -> Array | None:
            same = other.shape == array.shape and np.array_equal(other, array)
            return np.full_like(other, other.mean()) if same else None

        functions = replace(self.functions, value=with_data(self.functions.value, flat))
        here = self.evidence.point
        if functions.nearby(here) == self.functions.nearby(here):
            return None
        other = replace(self, functions=functions, parts={})
        return other.at(here)

    def _masked(self, axis: int) -> list[Clues | None]:
        """Of a layer: the upstream gradient of one sample, 0 for the others."""
        given = self.upstream
        if given is None or not given.ndim or given.shape[axis] > MOST_SAMPLES:
            return []
        index = np.arange(given.shape[axis])
        form = [1] * given.ndim
        form[axis] = index.size
        return [self.under(np.where(index.reshape(form) == k, given, 0.0)) for k in index]

    def _alone(self, axis: int) -> list[Clues | None]:
        """Of a loss: copies of its functions that see the data of one sample."""
        value, slope = self.functions.value, self.functions.slope
        count = sample_count(self._surroundings(), axis)
        found: list[Clues | None] = []
        for k in range(count if count and count <= MOST_SAMPLES else 0):
            memo: dict[int, Any] = {}

            def one(array: Array, k: int = k) -> Array | None:
                fits = array.ndim and array.shape[axis] == count
                return np.take(array, [k], axis=axis) if fits else None

            functions = Functions(
                self.functions.point,
                with_data(value, one, memo),
                with_data(slope, one, memo),
                self.functions.types,
            )
            other = replace(self, functions=functions, parts={})
            found.append(other.at(self.evidence.point))
            if found[-1] is None:
                break
        return found

    def _measured(self, point: Arrays) -> Clues:
        here = dict(point)
        some = {name: _entries(here[name].size) for name in self.names}

        def loss(arrays: Arrays) -> float:
            filled = {}
            for name, values in arrays.items():
                filled[name] = np.array(here[name])
                filled[name].flat[some[name]] = values
            return self._loss({**here, **filled})

        flat = {name: here[name].ravel()[some[name]] for name in self.names}
        found = differentiate(Singles(loss, flat, self.grid))
        self.spent[0] += found.evaluations
        numeric = replace(
            found,
            values={n: _put_back(found.values[n], some[n], here[n].shape, np.nan) for n in some},
            bounds={n: _put_back(found.bounds[n], some[n], here[n].shape, np.inf) for n in some},
            spans={n: _put_back(found.spans[n], some[n], here[n].shape, 0.0) for n in some},
        )
        claimed = self._gradient(here)
        return self._clues(here, {name: claimed[name] for name in self.names}, numeric, self.noise)

    def _loss(self, point: Arrays) -> float:
        above = self.evidence.upstream
        if self.upstream is None or above is None:
            return self.functions.nearby(point)
        return float(np.sum(self.upstream * above.forward(point)[0]))

    def _gradient(self, point: Arrays) -> dict[str, Array]:
        above = self.evidence.upstream
        if self.upstream is None or above is None:
            return self.functions.gradient(point)
        return above.backward((self.upstream,), point)

    def _clues(
        self, point: Arrays, claimed: Arrays, numeric: NumericGradient, noise: Arrays | None = None
    ) -> Clues:
        bounds = {}
        for name in claimed:
            span = numeric.spans[name]
            own = numeric.bounds[name] - span + (0.0 if noise is None else noise[name])
            bounds[name] = span + TRUST * own
        above = self.evidence.upstream
        return Clues(
            claimed={name: np.asarray(claimed[name], dtype=float) for name in claimed},
            numeric=numeric.values,
            bounds=bounds,
            point=dict(point),
            output=above.forward(point)[0] if above and self.upstream is not None else None,
            upstream=self.upstream,
            surroundings=self._surroundings(),
            experiments=self,
        )

    def _surroundings(self) -> dict[str, Array]:
        """The data of the code, without the parameters and the upstream gradient themselves."""
        known = [*self.functions.point.arrays.values()]
        known += list(self.evidence.upstream.arrays) if self.evidence.upstream else []
        found = surroundings((self.functions.value, self.functions.slope))
        return {
            name: array
            for name, array in found.items()
            if not any(array.shape == own.shape and np.array_equal(array, own) for own in known)
        }

    def _tried(self, look: Callable[[], Clues]) -> Clues | None:
        """None where the code cannot do what it is asked for, or it would take too long."""
        entries = sum(_entries(self.evidence.point[name].size).size for name in self.names)
        if self.spent[0] + AN_ENTRY * entries > EVALUATIONS:
            return None
        try:
            with np.errstate(all="ignore"):
                return look()
        except Exception:  # the user's code, under circumstances that it was not made for
            return None


def _entries(size: int) -> NDArray[np.intp]:
    """Which entries of a parameter of this size are measured: all, or some spread over it."""
    if size <= MOST_ENTRIES:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, MOST_ENTRIES).astype(np.intp))


def _put_back(values: Array, places: Array, shape: tuple[int, ...], rest: float) -> Array:
    whole = np.full(shape, rest)
    whole.flat[places] = values
    return whole


def laboratory(
    evidence: Evidence,
    functions: Functions,
    names: tuple[str, ...],
    grid: np.dtype[Any],
    noise: Arrays,
) -> Laboratory:
    """A laboratory for the parameters ``names``, and those they may be confused with."""
    sizes = {evidence.point[name].size for name in names}
    looked_at = tuple(n for n in evidence.names if n in names or evidence.point[n].size in sizes)
    above = evidence.upstream
    upstream = above.arrays[0] if above is not None and len(above.arrays) == 1 else None
    return Laboratory(evidence, functions, looked_at, grid, noise, upstream)
