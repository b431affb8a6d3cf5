"""Mistakes planted in a right gradient: those its code knows, and those of any array."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.verdicts.problems import Array, Gradient, Point, Problem

FACTORS = (2.0, 0.5, -1.0, 0.0, 1.01)
LEVELS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 3e-8)


def planted(problem: Problem, seed: int) -> Iterator[tuple[str, Gradient]]:
    """Wrong gradients by the name of their mistake, all that change something at the point."""
    random = np.random.default_rng(seed)
    right = problem.gradient(problem.point)
    for kind, wrong in _all(problem, random):
        found = wrong(problem.point)
        if any(_changed(found[name], right[name]) for name in right):
            yield kind, wrong


def _changed(wrong: Array, right: Array) -> bool:
    """By more than 1e-8 of an entry (of the largest, where it is 0)."""
    size = np.where(right == 0.0, np.abs(right).max(initial=0.0), np.abs(right))
    return bool((np.abs(wrong - right) > 2e-8 * size).any())


def _all(problem: Problem, random: np.random.Generator) -> Iterator[tuple[str, Gradient]]:
    for bug in problem.bugs:
        yield bug, lambda p, bug=bug: problem.gradient(p, bug)
    names = list(problem.point)
    for factor in FACTORS:
        name = names[random.integers(len(names))]
        yield f"one parameter times {factor:g}", _edited(problem, name, lambda g, f=factor: g * f)
    for level in LEVELS:
        name = names[random.integers(len(names))]
        entry = int(random.integers(problem.point[name].size))
        yield f"one entry off by {level:g}", _edited(problem, name, _off(entry, 1.0 + level))
    name = names[random.integers(len(names))]
    size = problem.point[name].size
    entry, other = int(random.integers(size)), int(random.integers(size))
    yield "one entry zeroed", _edited(problem, name, _off(entry, 0.0))
    yield "one entry's sign", _edited(problem, name, _off(entry, -1.0))
    yield "two entries swapped", _edited(problem, name, _swapped(entry, other))
    yield "a neighbour's entries", _edited(problem, name, lambda g: np.roll(g, 1))


def _edited(problem: Problem, name: str, edit: object) -> Gradient:
    def wrong(p: Point) -> Point:
        right = problem.gradient(p)
        return {**right, name: edit(right[name].copy())}  # type: ignore[operator]

    return wrong


def _off(entry: int, factor: float) -> object:
    def edit(g: Array) -> Array:
        g.reshape(-1)[entry] *= factor
        return g

    return edit


def _swapped(one: int, other: int) -> object:
    def edit(g: Array) -> Array:
        flat = g.reshape(-1)
        flat[[one, other]] = flat[[other, one]]
        return g

    return edit
