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
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gradcheck.numeric.batches import Array, Batches, Loss
from gradcheck.numeric.search import search


class NotDifferentiable(ValueError):
    """The loss is not finite at the point, or near it along some entry; the message names it."""


@dataclass(frozen=True)
class NumericGradient:
    """The gradient of a loss at a point, by finite differences.

    ``values`` and ``bounds`` map each parameter's name to an array of its shape; an entry's true
    gradient is within its bound of its value. ``evaluations`` counts the points at which the loss
    was evaluated, ``noise`` is the standard deviation of its rounding error. At a kink (ReLU or
    abs at 0) the value is the mean of the slopes on the two sides and the bound reaches both.
    """

    values: dict[str, Array]
    bounds: dict[str, Array]
    evaluations: int
    noise: float


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
    here = batches.here()
    if not np.isfinite(here):
        raise NotDifferentiable(f"the loss is {here} at the point itself")
    found = search(batches, here)
    lost = np.flatnonzero(~np.isfinite(found.bounds))
    if lost.size:
        place = batches.place(int(lost[0]))
        raise NotDifferentiable(
            f"the loss is not finite near the point along {place} ({lost.size} such entries)"
        )
    return NumericGradient(
        batches.shaped(found.values),
        batches.shaped(found.bounds),
        batches.evaluations,
        found.noise,
    )
