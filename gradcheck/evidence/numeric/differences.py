r"""Finite differences with an error bound for every entry, measured and never set.

Each entry is moved by ±h, ±h/2, ±h/4 and ±h/8. The four central differences D(h) have an error
of even powers of h, so Richardson's extrapolation combines them into estimates of order 4, 6 and
8 (Richardson, Phil. Trans. A 210, 1911; the tableau of Ridders, Adv. Eng. Software 4, 1982).
Every estimate has two errors:

- *truncation*, at most the difference to the estimate of the order below;
- *noise*, the rounding of the loss divided by h. How noisy the loss is, is measured at points so
  near to each other that the loss is a straight line between them but for its noise (the idea of
  Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33, 2011).

The estimate with the smallest sum of both is taken, and it must be consistent with all others
within their errors (Lepski): what remains is added to its bound. Where truncation is the larger
part, h was too large, where noise is, too small; h is bisected between the two (compare Shi, Xie,
Xuan and Nocedal, SIAM J. Sci. Comput. 44, 2022). A few entries of each parameter find the
step size for the others, which move on only if their bound is poor.

No evaluation of a black box yields a rigorous bound: a loss may do anything between the points at
which it was called. This one assumes that it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradcheck.evidence.numeric.batches import Array, Batches, Evaluations, Loss
from gradcheck.evidence.numeric.close_up import close_up
from gradcheck.evidence.numeric.one_sided import one_sided
from gradcheck.evidence.numeric.search import Found, search, search_again

TRUST = 8.0
"""How many measured bounds two gradients may lie apart before one of them is called wrong. It
raises no false alarm on the right gradients of hard losses in benchmarks/code_verdicts.py."""


class NotDifferentiable(ValueError):
    """The loss is not finite at the point, or near it along some entry; the message names it."""


@dataclass(frozen=True)
class NumericGradient:
    """The gradient of a loss at a point, by finite differences.

    ``values``, ``bounds`` and ``spans`` map each parameter's name to an array of its shape; an
    entry's true gradient is within its bound of its value, a bound is infinite where the loss has
    no value near the point. At a kink (ReLU or abs at 0) the value is the mean of the slopes on the
    two sides, the span is half their difference (0 elsewhere) and the bound reaches both.
    ``flat`` marks the entries at which the loss never moved, ``edges`` names those that could be
    measured to one side only, the loss having no value on the other. ``evaluations`` counts the
    points at which the loss was evaluated, ``noise`` is the standard deviation of its rounding
    error.
    """

    values: dict[str, Array]
    bounds: dict[str, Array]
    spans: dict[str, Array]
    flat: dict[str, NDArray[np.bool_]]
    evaluations: int
    noise: float
    edges: tuple[str, ...] = ()

    def apart(self, name: str, candidate: ArrayLike, slack: float = 0.0) -> Array:
        """By how much each entry of another gradient differs, in units of what it may: above 1 it
        is wrong. Any slope between those on the two sides of a kink is right.

        ``slack`` is what the other one may be off by itself.
        """
        span = self.spans[name]
        outside = np.abs(np.asarray(candidate) - self.values[name]) - span
        allowed = TRUST * (self.bounds[name] - span) + slack
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(outside <= 0.0, 0.0, outside / allowed)

    def agrees(self, name: str, candidate: ArrayLike, slack: float = 0.0) -> bool:
        """Whether another gradient of this parameter is right as far as can be seen."""
        return bool(np.all(self.apart(name, candidate, slack) <= 1.0))


def gradient(
    loss: Loss, point: Mapping[str, ArrayLike], *, chunk: int | None = None
) -> NumericGradient:
    """The gradient of ``loss`` by every entry of every parameter of ``point``.

    ``loss`` takes a mapping of the same names, each array with one leading batch axis of size B
    or 1 (size 1 is to be broadcast), and returns B losses. ``chunk`` is the largest B used; the
    default keeps the displaced parameters of one call within a few megabytes.

    Raises NotDifferentiable (a ValueError) where the loss is not finite, ValueError if it returns
    another shape.
    """
    batches = Batches(loss, point, chunk)
    found = differentiate(batches)
    lost = np.flatnonzero(~np.isfinite(_flat(found.bounds)))
    if lost.size:
        place = batches.place(int(lost[0]))
        raise NotDifferentiable(
            f"the loss is not finite near the point along {place} ({lost.size} such entries)"
        )
    return found


def differentiate(evaluations: Evaluations) -> NumericGradient:
    """The gradient of a loss that is evaluated in whatever way; infinite bounds where the loss is
    not finite near the point. Raises NotDifferentiable where it is not finite at the point."""
    here = evaluations.here()
    if not np.isfinite(here):
        raise NotDifferentiable(f"the loss is {here} at the point itself")
    found = search(evaluations, here)
    lost = np.flatnonzero(~np.isfinite(found.bounds))
    if lost.size:
        found.values[lost], found.bounds[lost] = one_sided(evaluations, here, lost, found.noise)
        lost = lost[np.isfinite(found.bounds[lost])]
    edges = tuple(evaluations.place(int(entry)) for entry in lost)
    return replace(_shaped(evaluations, found), edges=edges)


def differentiate_again(
    evaluations: Evaluations, known: NumericGradient, entries: NDArray[np.intp]
) -> NumericGradient:
    """``known`` with ``entries`` (numbered through, ascending) measured once more, each by a search
    of its own; the second result is taken, if there is one."""
    found = search_again(evaluations, evaluations.here(), entries)
    before = {k: _flat(getattr(known, k)) for k in ("values", "bounds", "spans", "flat")}
    taken = np.zeros(evaluations.flat.size, dtype=bool)
    taken[entries] = np.isfinite(found.bounds[entries])
    merged = Found(
        np.where(taken, found.values, before["values"]),
        np.where(taken, found.bounds, before["bounds"]),
        np.where(taken, found.spans, before["spans"]),
        found.steps,
        np.where(taken, found.flat, before["flat"]),
        known.noise,
    )
    return replace(_shaped(evaluations, merged), edges=known.edges)


def differentiate_closely(
    evaluations: Evaluations,
    known: NumericGradient,
    entries: NDArray[np.intp],
    slack: Mapping[str, ArrayLike],
) -> NumericGradient:
    """``known`` with ``entries`` (numbered through, ascending) by a close look (`close_up`), where
    that knows more and contradicts nothing; ``slack`` is added to its bounds. Not at kinks."""
    values, bounds = _flat(known.values), _flat(known.bounds)
    entries = entries[np.isfinite(bounds[entries]) & (_flat(known.spans)[entries] == 0.0)]
    found, off = close_up(evaluations, entries, known.noise)
    room = np.concatenate([np.ravel(slack[name]) for name in known.values])[entries]
    between = np.abs(found - values[entries])
    taken = (off + room < bounds[entries]) & (between <= off + bounds[entries])
    values[entries[taken]], bounds[entries[taken]] = found[taken], (off + room)[taken]
    return replace(
        known,
        values=evaluations.shaped(values),
        bounds=evaluations.shaped(bounds),
        evaluations=evaluations.evaluations,
    )


def _flat(by_name: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([array.ravel() for array in by_name.values()] or [np.zeros(0)])


def _shaped(evaluations: Evaluations, found: Found) -> NumericGradient:
    return NumericGradient(
        evaluations.shaped(found.values),
        evaluations.shaped(found.bounds),
        evaluations.shaped(found.spans),
        evaluations.shaped(found.flat),
        evaluations.evaluations,
        found.noise,
    )
