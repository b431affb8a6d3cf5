"""What a diagnosis has to go by: both gradients at a point, and experiments with the code.

A suspicion is weighed by how unlikely its fit would be if it were false. Every wrong entry that
it explains counts by the digits to which it does; a number that was fitted to the entries costs
the best of them, a choice among k costs log10 k.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SURE = 4.0
"""Decimal digits of odds against a coincidence, below which nothing is named."""

EPS = float(np.finfo(float).eps)
MOST_DIGITS = 9.0
"""One entry alone never says more than this, however small its bound."""


class Experiments(Protocol):
    """The same comparison under other circumstances; None where that cannot be had."""

    def at(self, point: Mapping[str, Array]) -> Clues | None:
        """Both gradients at another point."""

    def under(self, upstream: Array) -> Clues | None:
        """The numeric gradient for another upstream gradient (layers only)."""

    def samples(self, axis: int) -> list[Clues] | None:
        """Both gradients for each sample alone; ``axis`` is that of the samples in the data."""

    def with_mean_of(self, label: str) -> Clues | None:
        """The numeric gradient of the loss with an array of its data set to its mean."""


@dataclass(frozen=True, slots=True)
class Clues:
    """The claimed and the numeric gradient at a point, each parameter's of the same shape.

    ``bounds`` is how far apart the two may lie in an entry, infinite where it was not measured.
    ``output`` and ``upstream`` belong to a layer; ``surroundings`` are the arrays and numbers
    that the code refers to, by the names it has for them.
    """

    claimed: Mapping[str, Array]
    numeric: Mapping[str, Array]
    bounds: Mapping[str, Array]
    point: Mapping[str, Array]
    output: Array | None = None
    upstream: Array | None = None
    surroundings: Mapping[str, Array] = field(default_factory=dict)
    experiments: Experiments | None = None

    def slack(self, name: str) -> Array:
        """The bounds of a parameter, with the rounding of its claimed entries."""
        claimed = self.claimed[name]
        eps = np.finfo(claimed.dtype).eps if claimed.dtype.kind == "f" else EPS
        return np.asarray(self.bounds[name] + 8 * eps * np.abs(claimed))

    def measured(self, name: str) -> NDArray[np.bool_]:
        """The entries of which the numeric gradient is known."""
        return np.isfinite(self.bounds[name]) & np.isfinite(self.numeric[name])

    def wrong(self, name: str) -> NDArray[np.bool_]:
        """The entries that differ by more than their bound."""
        near = np.abs(self.claimed[name] - self.numeric[name]) <= self.slack(name)
        return np.asarray(self.measured(name) & ~near)

    def telling(self, name: str) -> NDArray[np.bool_]:
        """The entries that are larger than their bound, so that a factor can be seen in them."""
        large = np.abs(self.numeric[name]) > 8 * self.slack(name)
        return np.asarray(self.measured(name) & large)

    def complete(self, name: str) -> bool:
        """Whether every entry was measured."""
        return bool(self.measured(name).all())

    def wrong_parameters(self) -> list[str]:
        """Those with a wrong entry, in the order of the parameters."""
        return [name for name in self.claimed if self.wrong(name).any()]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A mistake that would explain the errors of one or more parameters.

    ``cause`` is equal for the same mistake in another parameter or at another point. ``what``
    continues a sentence that begins with the parameters' names. ``settled`` ones were confirmed
    by experiments of their own and need no second point.
    """

    code: str
    parameters: tuple[str, ...]
    cause: tuple[Any, ...]
    odds: float
    what: str
    mend: str
    entry: tuple[int, ...] | None = None
    settled: bool = False
    value: float | None = None  # a number that was fitted: it must be the same elsewhere


def odds(
    clues: Clues,
    name: str,
    predicted: Array,
    *,
    spread: Array | None = None,
    fitted: int = 0,
    choices: float = 1,
) -> float | None:
    """Log10 odds that ``predicted``, the claim if the suspicion holds, fits by no coincidence.

    ``spread`` is how far the prediction may be off (the bounds, unless told); ``fitted`` numbers
    were taken from the entries, and the prediction was one of ``choices``. None if it misses an
    entry.
    """
    claimed = clues.claimed[name]
    slack = clues.slack(name)
    allowed = slack if spread is None else spread + 8 * EPS * np.abs(claimed)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        near = np.abs(claimed - predicted) <= allowed
        known = ~np.isnan(predicted)  # nan: nothing is predicted there
        if not near[clues.measured(name) & known].all():
            return None
        wrong = clues.wrong(name) & known
        digits = np.log10(np.abs(claimed - clues.numeric[name])[wrong] / allowed[wrong])
    gains = np.sort(np.clip(digits, -MOST_DIGITS, MOST_DIGITS))
    kept = gains[: gains.size - fitted] if fitted else gains
    return float(kept.sum() - np.log10(choices)) if kept.size else 0.0
