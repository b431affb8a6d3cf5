"""A progress bar for what takes more than two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

Progress = bool | Callable[[int, int], None] | None
"""None: a bar if tqdm is installed. True: a bar, or ImportError. False: none. A function is told
of every evaluation of the loss, or document: ``(done, expected)``; more may be done than were
expected."""

SHOWN_AFTER = 2.0
"""Seconds; a check that is done by then shows nothing."""


@contextmanager
def progress(
    wanted: Progress, expected: int, unit: str = " evaluations"
) -> Iterator[Callable[[], None]]:
    """A function to be called once an evaluation, or another ``unit``.

    The bar is on the standard error stream, only if that is a terminal, with the time left; it
    disappears when the check is done.
    """
    if callable(wanted):
        yield _told(wanted, expected)
        return
    if wanted is False or (wanted is None and find_spec("tqdm") is None):
        yield lambda: None
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError(
            "progress=True needs tqdm: expected gradcheck[progress] to be installed"
        ) from error
    with tqdm(
        total=expected,
        desc="gradcheck",
        unit=unit,
        delay=SHOWN_AFTER,
        leave=False,
        disable=None,  # unless it is a terminal
        dynamic_ncols=True,
    ) as bar:

        def more() -> None:
            if bar.total is not None and bar.n >= bar.total:
                bar.total = bar.n + max(1, bar.n // 8)
            bar.update()

        yield more


def _told(function: Callable[[int, int], None], expected: int) -> Callable[[], None]:
    done = 0

    def more() -> None:
        nonlocal done
        done += 1
        function(done, max(done, expected))

    return more
