"""Several documents at once: each in a process of its own, the results in the documents' order."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

WORTH_A_PROCESS = 3
"""Documents a process: with fewer, starting it costs more than it saves."""

TIMEOUT = 120.0
"""Seconds that a process with somebody else's code may take, unless the user says how many."""

_task: Callable[[int], Any] | None = None


def jobs_for(documents: int) -> int:
    """How many processes pay for this many documents on this machine."""
    if not hasattr(os, "fork"):
        return 1
    return max(1, min(os.cpu_count() or 1, documents // WORTH_A_PROCESS))


def in_parallel(task: Callable[[int], T], count: int, jobs: int) -> list[T]:
    """``[task(0), …, task(count - 1)]``, by ``jobs`` processes forked from this one.

    The task itself is inherited, not sent, so only its results need to be picklable. What it
    raises is raised here.
    """
    global _task
    if jobs < 2 or not hasattr(os, "fork"):
        return [task(index) for index in range(count)]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    _task = task
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
            return list(pool.map(_one, range(count)))
    finally:
        _task = None


def _one(index: int) -> Any:
    assert _task is not None
    return _task(index)
