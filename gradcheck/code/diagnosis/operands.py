"""Operands that stand transposed or flipped, and parts that are missing: seen at other points.

A gradient that is right only where a matrix is symmetric uses it the wrong way round; one that is
right only where a parameter is 0 misses, or mistakes, the part that depends on that parameter.
"""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion

MOST_OPERANDS = 6
"""Parameters that are changed, one after the other."""
DRAWN = 2
"""Points, drawn anew but for the parameter that is changed, at which it must hold too."""
ODDS = 9.0
"""Of an experiment in which nothing is fitted, and all wrong entries become right."""


def _symmetric(array: Array) -> Array:
    return np.asarray(0.5 * (array + array.T))


def _even(array: Array) -> Array:
    return np.asarray(0.5 * (array + np.flip(array)))


def operands(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """The claim is right where a parameter is symmetric, or the same from both ends."""
    left = list(names)
    for other in _candidates(clues):
        array = np.asarray(clues.point[other], dtype=float)
        turns: list[tuple[str, Callable[[Array], Array], str, str]] = []
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            turns.append(("transposed", _symmetric, "symmetric: it enters transposed", f"use {other}.T for {other}, or the reverse"))  # fmt: skip
        if array.ndim <= 4 and array.size > 2:
            turns.append(("flipped", _even, "the same from both ends: it enters flipped", "flip it: the gradient of a convolution's input takes the kernel the other way round"))  # fmt: skip
        for cause, turn, what, mend in turns:
            for name in _right_with(clues, left, other, turn):
                left.remove(name)
                yield Suspicion(
                    "GC543", (name,), (cause, other), ODDS,
                    f"it is right where {other} is {what}", mend, settled=True,
                )  # fmt: skip


def parts(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """The claim is right where another parameter is 0, and not because all is 0 there."""
    left = list(names)
    for other in _candidates(clues):
        right = _right_with(clues, left, other, np.zeros_like)
        if right == [other]:  # that says nothing of where the part comes from
            continue
        for name in right:
            left.remove(name)
            yield Suspicion(
                "GC544", (name,), ("part", other), ODDS,
                f"it is right where {other} is 0: the part that depends on {other} is missing or wrong",
                f"look for what {other} does on the way to the loss, and go back all of it; a recurrent network is followed back through all steps",
                settled=True,
            )  # fmt: skip


def _candidates(clues: Clues) -> list[str]:
    many = [n for n, a in clues.point.items() if a.size > 1 and a.dtype.kind == "f"]
    return sorted(many, key=lambda n: -clues.point[n].ndim)[:MOST_OPERANDS]


def _right_with(
    clues: Clues, names: list[str], other: str, turn: Callable[[Array], Array]
) -> list[str]:
    """Those wrong parameters that are right, and seen to be, with ``other`` turned, here and at
    points drawn anew, and wrong again at these with ``other`` as it is drawn."""
    value = np.asarray(clues.point[other], dtype=float)
    if clues.experiments is None or np.array_equal(turn(value), value):
        return []
    left = _right(clues, clues.experiments.at({**clues.point, other: turn(value)}), names)
    for seed in range(DRAWN):
        if not left:
            return []
        drawn = _drawn(clues.point, seed)
        there = clues.experiments.at({**drawn, other: turn(drawn[other])})
        left = _right(clues, there, left)
        control = clues.experiments.at(drawn) if left else None
        left = [n for n in left if control is not None and control.wrong(n).any()]
    return left


def _right(here: Clues, there: Clues | None, names: list[str]) -> list[str]:
    """Those that are right there, where at least half as many entries tell something as are wrong
    here."""
    if there is None:
        return []
    return [
        name
        for name in names
        if not there.wrong(name).any()
        and 2 * int(there.telling(name).sum()) >= int(here.wrong(name).sum())
    ]


def _drawn(point: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Another point of the same sizes; what is positive stays so."""
    random = np.random.default_rng([7, seed])
    drawn = {}
    for name, array in point.items():
        normal = random.standard_normal(array.shape)
        if array.dtype.kind != "f" or not array.size:
            drawn[name] = array
        elif (array > 0).all():
            drawn[name] = np.asarray(array * np.exp(0.3 * normal))
        else:
            drawn[name] = np.asarray(normal * (float(np.sqrt(np.mean(array**2))) or 1.0))
    return drawn
