"""Both sides compared: equal, or one a constant times the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.points import Sides
from gradcheck.evidence.field.residues import HEIGHT, rational

POWERS = 3

Multiple = tuple[Fraction, tuple[int, ...]]


def are_equal(sides: Sides) -> bool:
    """Whether both sides are the same at all points."""
    return bool((sides.left == sides.right).all())


@dataclass(frozen=True, slots=True)
class Quotient:
    """Left ÷ right at points where it is the same at all entries, with the counts' values."""

    ratio: int
    counts: tuple[int, ...]
    prime: int


def quotients(sides: Sides, counts: tuple[str, ...]) -> list[Quotient] | None:
    """One a point; None where the quotient is not the same at all non-zero entries."""
    ratios = _ratios(sides)
    if ratios is None:
        return None
    values = [_count(sides, name) for name in counts]
    rows = zip(ratios, _primes(sides), strict=True)
    return [Quotient(r, tuple(v[k] for v in values), p) for k, (r, p) in enumerate(rows)]


def multiple(points: list[Quotient], counts: int) -> Multiple | None:
    """The constant and the powers of counts that all quotients come to, the smallest powers."""
    for tried in _powers(counts):
        factor = _common(points, tried)
        if factor is not None:
            return factor, tried
    return None


def _powers(counts: int) -> list[tuple[int, ...]]:
    """Exponents of counts, the smallest first."""
    return sorted(
        product(range(-POWERS, POWERS + 1), repeat=counts),
        key=lambda found: (sum(map(abs, found)), [-k for k in found]),
    )


def real_quotient(sides: Sides) -> float | None:
    """Left ÷ right at one real point, if it is the same at all entries that are not 0."""
    left, right = sides.left[0].ravel(), sides.right[0].ravel()
    bounds = 32 * (sides.left[1] + sides.right[1]).ravel()
    zero = (np.abs(left) <= bounds) & (np.abs(right) <= bounds)
    with np.errstate(all="ignore"):
        ratios = (left / right)[~zero]
    if not ratios.size or not np.isfinite(ratios).all() or not ratios.all():
        return None
    return float(ratios[0]) if np.ptp(ratios) <= 1e-6 * np.abs(ratios).max() else None


def may_be_powers(points: NDArray[Any]) -> bool:
    """Whether the first column is a constant times powers of the others."""
    for tried in _powers(points.shape[1] - 1):
        with np.errstate(all="ignore"):
            rest = points[:, 0] / np.prod(points[:, 1:] ** np.array(tried, dtype=float), axis=1)
        if np.ptp(rest) <= 1e-6 * np.abs(rest).max():
            return True
    return False


def _ratios(sides: Sides) -> list[int] | None:
    """Left ÷ right at each point, where it is the same at all entries of the point."""
    left, right = sides.left, sides.right
    count = left.shape[0]
    left, right = left.reshape(count, -1), right.reshape(count, -1)
    if ((left == 0) != (right == 0)).any() or not (left != 0).any():
        return None
    ratios = []
    for k, prime in enumerate(_primes(sides)):
        at = np.flatnonzero(right[k])
        if not at.size:
            return None
        ratio = int(left[k, at[0]]) * pow(int(right[k, at[0]]), -1, prime) % prime
        if ((right[k] * ratio - left[k]) % prime).any():
            return None
        ratios.append(ratio)
    return ratios


def _count(sides: Sides, name: str) -> list[int]:
    evaluator = sides.evaluator
    array: Any
    if name in evaluator.sizes:
        array = evaluator.extents.get(name)
        if array is None:
            array = evaluator.numbers.constant(Fraction(evaluator.sizes[name]))
    else:
        array = evaluator.array(name).array
    full = np.broadcast_to(array, (evaluator.numbers.points,))
    return [int(full[row]) for row in sides.rows]


def _primes(sides: Sides) -> list[int]:
    primes = sides.evaluator.numbers.primes.tolist()
    return [primes[row] for row in sides.rows]


def _common(points: list[Quotient], powers: tuple[int, ...]) -> Fraction | None:
    found: Fraction | None = None
    for point in points:
        rest, prime = point.ratio, point.prime
        for value, power in zip(point.counts, powers, strict=True):
            rest = rest * pow(value, -power, prime) % prime
        if found is None:
            found = rational(rest, prime, HEIGHT)
            if found is None:
                return None
        if (found.numerator - rest * found.denominator) % prime:
            return None
    return found
