"""Several documents at once: each in a process of its own, the results in the documents' order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

WORTH_A_PROCESS = 2
"""Documents a process: with fewer, starting it costs more than it saves."""

MOST_JOBS = 64
"""Processes that a user may ask for."""

TIMEOUT = 120.0
"""Seconds that a process with somebody else's code may take, unless the user says how many."""

_task: Callable[[int], Any] | None = None


def jobs_for(documents: int) -> int:
    """How many processes pay for this many documents on this machine."""
    if not hasattr(os, "fork"):
        return 1
    return max(1, min(os.cpu_count() or 1, documents // WORTH_A_PROCESS))


def in_parallel(
    task: Callable[[int], T],
    count: int,
    jobs: int,
    *,
    lost: Callable[[int], T] | None = None,
    stopped: Callable[[int], T] | None = None,
    done: Callable[[], object] = lambda: None,
) -> list[T]:
    """``[task(0), …, task(count - 1)]``, by ``jobs`` processes forked from this one.

    The task itself is inherited, not sent, so only its results need to be picklable. What it
    raises is raised here. A task whose process dies gives ``lost(index)``, the others are done
    all the same; without ``lost``, BrokenProcessPool is raised. ``done`` is called for each.
    A KeyboardInterrupt gives ``stopped(index)`` for what is not done by then; it is raised if
    nothing is, or without ``stopped``.
    """
    found: dict[int, T] = {}
    try:
        _do(task, count, jobs, found, lost, done)
    except KeyboardInterrupt:
        if stopped is None or not found:
            raise
        for index in range(count):
            if index not in found:
                found[index] = stopped(index)
    return [found[index] for index in range(count)]


def _do(
    task: Callable[[int], T],
    count: int,
    jobs: int,
    found: dict[int, T],
    lost: Callable[[int], T] | None,
    done: Callable[[], object],
) -> None:
    """Put every result into ``found``."""
    if jobs < 2 or not hasattr(os, "fork"):
        for index in range(count):
            found[index] = _noted(task(index), done)
        return
    try:
        _run(task, range(count), jobs, found, done)
    except _broken():
        if lost is None:
            raise
        for index in range(count):  # one by one, so that only the culprit is lost
            if index not in found:
                try:
                    _run(task, [index], 1, found, done)
                except _broken():
                    found[index] = _noted(lost(index), done)


def _run(
    task: Callable[[int], T],
    indices: Sequence[int],
    jobs: int,
    found: dict[int, T],
    done: Callable[[], object],
) -> None:
    """Put the results into ``found`` as they come, in order."""
    global _task
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    _task = task
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
            for index, result in zip(indices, pool.map(_one, indices), strict=True):
                found[index] = _noted(result, done)
    finally:
        _task = None


def _broken() -> type[Exception]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool


def _noted(result: T, done: Callable[[], object]) -> T:
    done()
    return result


def _one(index: int) -> Any:
    assert _task is not None
    return _task(index)
