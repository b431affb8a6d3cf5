"""Differences at real points that no rounding explains."""

from __future__ import annotations

import numpy as np

from gradcheck.evidence.field.answer import Witness
from gradcheck.evidence.field.points import Sides


def finite(sides: Sides | None) -> Sides | None:
    """The points at which all numbers are finite."""
    if sides is None:
        return None
    points = len(sides.rows)
    both = np.concatenate([sides.left, sides.right]).reshape(4, points, -1)
    good = np.flatnonzero(np.isfinite(both).all(axis=(0, 2)))
    if len(good) == points:
        return sides
    rows = [sides.rows[k] for k in good]
    keep = [*good, *(good + points)]
    left, right = sides.left[keep], sides.right[keep]
    return Sides(left, right, sides.letters, sides.evaluator, rows) if rows else None


def certain_difference(sides: Sides) -> Witness | None:
    """The entry with the largest relative difference that is no rounding."""
    points = len(sides.rows)
    left, right = sides.left[:points], sides.right[:points]
    errors = sides.left[points:] + sides.right[points:]
    difference = np.abs(left - right)
    with np.errstate(all="ignore"):
        relative = difference / np.maximum(np.abs(left), np.abs(right))
    relative = np.nan_to_num(np.where(difference > 32 * errors, relative, 0.0))
    if not relative.size or relative.max() <= 1e-9:
        return None
    at = np.unravel_index(int(relative.argmax()), relative.shape)
    position = {letter: int(k) + 1 for letter, k in zip(sides.letters, at[1:], strict=True)}
    sizes = dict(sides.evaluator.sizes)
    return Witness(position, float(left[at]), float(right[at]), float(relative[at]), sizes)
