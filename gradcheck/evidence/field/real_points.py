"""Real values of terms at a point, and slopes by finite differences there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.deciding import decider
from gradcheck.evidence.field.evaluation import Evaluator
from gradcheck.evidence.field.named_arrays import Value
from gradcheck.evidence.field.plain_numbers import Plain
from gradcheck.language.typed import Entry, Letter, Slope, Term, World

Array = NDArray[Any]

STEP = 1e-3
"""Of the differences, which are of the fourth order: off by about 1e-12 of the values."""
_STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def at_point(
    term: Term, world: World, sizes: Mapping[str, int], seed: int = 0, spread: int = 0
) -> tuple[Array, tuple[str, ...]]:
    """The values of a term at a random real point, and the names of its dimensions.

    ``sizes`` gives every axis its length. Letters that the term does not vary with are left out;
    what has no value is NaN. The same seed and sizes give the same point. ``spread`` is of which
    size and sign the entries are; see `RealDrawing`. Raises `Refused`.
    """
    evaluator = _evaluator(world, sizes, seed, spread)
    value = _evaluated(evaluator, decider(world, seed).derivatives.expanded(term))
    return value.array[0], value.letters


def by_differences(
    slope: Slope, world: World, sizes: Mapping[str, int], seed: int = 0, spread: int = 0
) -> tuple[Array, tuple[str, ...]]:
    """The values of a slope at the same point as `at_point`, by central finite differences.

    Each entry of ``slope.by``'s array is moved by itself, and all that is computed from it is
    computed anew: nothing is differentiated.
    """
    derivatives = decider(world, seed).derivatives
    base = _evaluator(world, sizes, seed, spread)
    axes = derivatives.axes(slope.by.name)
    shape = tuple(sizes[axis] for axis in axes)
    array = np.broadcast_to(_whole(base, slope.by.name, len(axes)), (1, *shape))
    count = array.size
    moves = np.concatenate([np.eye(count) * (STEP * k) for k, _ in _STENCIL])
    moved = array + moves.reshape(len(_STENCIL) * count, *shape)

    def draw(name: str) -> Array:
        return _whole(base, name, len(derivatives.axes(name)))

    evaluator = Evaluator(Plain(len(moved)), dict(sizes), derivatives.definition, draw)
    evaluator.override(slope.by.name, moved)
    for name in sorted(slope.fixed):
        evaluator.override(name, draw(name))
    value = _evaluated(evaluator, derivatives.expanded(slope.of))
    values = np.broadcast_to(value.array, (len(moved), *value.array.shape[1:]))
    rows = values.reshape(len(_STENCIL), count, *value.array.shape[1:])
    weights = [weight / STEP for _, weight in _STENCIL]
    change = np.tensordot(np.array(weights), rows, 1)
    change = np.moveaxis(change, 0, -1).reshape((*value.array.shape[1:], *shape))
    slots = tuple(map(str, range(change.ndim)))
    at = [_letter(name, evaluator, value, k) for k, name in enumerate(value.letters)]
    entry = Entry("slope", (*at, *slope.by.at))
    picked = evaluator.picked(Value(change[None], slots), entry)
    return picked.array[0], picked.letters


def _letter(name: str, evaluator: Evaluator, value: Value, number: int) -> Letter:
    """A letter of the value, over an axis of that length."""
    length = value.array.shape[number + 1]
    return Letter(name, next(axis for axis, n in evaluator.sizes.items() if n == length))


def _evaluator(world: World, sizes: Mapping[str, int], seed: int, spread: int) -> Evaluator:
    return decider(world, seed).points.real(dict(sizes), Plain(1), spread)


def _whole(evaluator: Evaluator, name: str, rank: int) -> Array:
    """A whole array, with the axes too that it does not vary with."""
    value = evaluator.array(name)
    shape = [slice(None)] + [slice(None) if str(k) in value.letters else None for k in range(rank)]
    order = sorted(range(len(value.letters)), key=lambda k: int(value.letters[k]))
    return np.asarray(value.array.transpose(0, *(k + 1 for k in order))[tuple(shape)])


def _evaluated(evaluator: Evaluator, term: Term) -> Value:
    evaluator.bad = []
    with np.errstate(all="ignore"):
        value = evaluator.evaluate(term)
    for mark in evaluator.bad:
        value = evaluator.without(value, mark)
    return value
