"""Both sides compared: equal, or one a constant times the other."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from gradcheck.evidence.field.points import Sides
from gradcheck.evidence.field.residues import HEIGHT, rational

POWERS = 3

Multiple = tuple[Fraction, tuple[int, ...]]


def are_equal(sides: Sides) -> bool:
    """Whether both sides are the same at all points."""
    return bool((sides.left == sides.right).all())


def multiple(sides: Sides, counts: tuple[str, ...]) -> Multiple | None:
    """Left ÷ right, if that is one constant times powers of counts at all non-zero entries."""
    ratios = _ratios(sides)
    if ratios is None:
        return None
    values = [_count(sides, name) for name in counts]
    powers = sorted(
        product(range(-POWERS, POWERS + 1), repeat=len(counts)),
        key=lambda found: (sum(map(abs, found)), [-k for k in found]),
    )
    primes = _primes(sides)
    for tried in powers:
        factor = _common(ratios, values, tried, primes)
        if factor is not None:
            return factor, tried
    return None


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


def _common(
    ratios: list[int], values: list[list[int]], powers: tuple[int, ...], primes: list[int]
) -> Fraction | None:
    found: Fraction | None = None
    for k, prime in enumerate(primes):
        rest = ratios[k]
        for value, power in zip(values, powers, strict=True):
            rest = rest * pow(value[k], -power, prime) % prime
        if found is None:
            found = rational(rest, prime, HEIGHT)
            if found is None:
                return None
        if (found.numerator - rest * found.denominator) % prime:
            return None
    return found
