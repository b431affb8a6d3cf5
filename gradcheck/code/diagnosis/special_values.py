"""Wrong at special values only: zero, ties, large ones. Confirmed by moving entries there and away."""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion

Mask = NDArray[np.bool_]
LARGE = 8.0
"""Exponentials of less than this do not saturate: at 8, sigmoid' is 3e-4."""


def special(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """Wrong entries that are exactly those with one property."""
    for name in names:
        for test in (_zero, _tied, _large):
            found = test(clues, name)
            if found is not None:
                yield found
                break


def _zero(clues: Clues, name: str) -> Suspicion | None:
    theta = clues.point[name]
    here = theta == 0
    if not _explains(clues, name, here):
        return None
    away = np.where(here, _spread(theta.shape), theta)
    others = np.flatnonzero(~here.ravel())[:2]
    into = _put(theta, others, 0.0)
    if not (_mended(clues, name, away) and (not others.size or _spoiled(clues, name, into, others))):  # fmt: skip
        return None
    return _found(
        "GC535", clues, name, here, "zero", "where it is exactly 0",
        "give the derivative at 0 a case of its own: np.where on the safe value, or '>' for '>='",
    )  # fmt: skip


def _tied(clues: Clues, name: str) -> Suspicion | None:
    theta = np.asarray(clues.point[name], dtype=float)
    values, inverse, count = np.unique(theta, return_inverse=True, return_counts=True)
    here = (count > 1)[inverse].reshape(theta.shape)
    if not here.any() or not _within(clues, name, here):
        return None
    away = np.where(here, theta + 0.05 * _spread(theta.shape) * max(np.ptp(values), 1.0), theta)
    if not _mended(clues, name, away):
        return None
    return _found(
        "GC536", clues, name, clues.wrong(name), "ties", "where it is equal to another entry",
        "at a tie give the gradient to one of the equal entries, or share it; do not give it to all",
    )  # fmt: skip


def _large(clues: Clues, name: str) -> Suspicion | None:
    theta = np.asarray(clues.point[name], dtype=float)
    wrong = clues.wrong(name)
    if not wrong.any():
        return None
    limit = np.abs(theta[wrong]).min()
    rest = clues.telling(name) & ~wrong
    if limit < LARGE or np.abs(theta[rest]).max(initial=0.0) >= limit:
        return None
    here = np.abs(theta) >= limit
    away = np.where(here, _spread(theta.shape), theta)
    others = np.flatnonzero((np.abs(theta) < limit).ravel())[:1]
    sign = float(np.sign(theta[wrong].ravel()[0]))
    into = _put(theta, others, sign * float(np.abs(theta[wrong]).max()))
    if not (_mended(clues, name, away) and others.size and _spoiled(clues, name, into, others)):
        return None
    return _found(
        "GC537", clues, name, here, "large", f"where it is {limit:.3g} or larger in magnitude",
        "write it so that no digits cancel and nothing overflows: σ'(z) = σ(z)·σ(-z), log(1 + exp z) by logaddexp(0, z)",
    )  # fmt: skip


def _explains(clues: Clues, name: str, here: Mask) -> bool:
    return bool(here.any()) and _within(clues, name, here)


def _within(clues: Clues, name: str, here: Mask) -> bool:
    wrong = clues.wrong(name)
    return bool(wrong.any() and (here | ~wrong).all() and not here.all())


def _spread(shape: tuple[int, ...]) -> Array:
    generator = np.random.default_rng(3)
    return np.asarray(generator.uniform(0.3, 1.3, shape) * generator.choice([-1, 1], shape))


def _put(theta: Array, entries: NDArray[np.intp], value: float) -> Array:
    moved = np.array(theta, dtype=float).ravel()
    moved[entries] = value
    return moved.reshape(theta.shape)


def _at(clues: Clues, name: str, values: Array) -> Clues | None:
    if clues.experiments is None:
        return None
    return clues.experiments.at({**clues.point, name: values})


def _mended(clues: Clues, name: str, values: Array) -> bool:
    there = _at(clues, name, values)
    return there is not None and not there.wrong(name).any() and bool(there.telling(name).any())


def _spoiled(clues: Clues, name: str, values: Array, entries: NDArray[np.intp]) -> bool:
    there = _at(clues, name, values)
    return there is not None and bool(there.wrong(name).ravel()[entries].any())


def _found(
    code: str, clues: Clues, name: str, here: Mask, cause: str, where: str, mend: str
) -> Suspicion:
    count = int(clues.wrong(name).sum())
    entries = f"{count} entries, those" if count > 1 else "the entry"
    return Suspicion(
        code, (name,), (cause,), 9.0, f"wrong only {where} ({entries} at it)", mend,
        tuple(int(k) for k in np.argwhere(here)[0]), settled=True,
    )  # fmt: skip
