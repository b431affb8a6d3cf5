"""Signals that ask a run to stop: what is done by then is kept and told.

The command line listens to them. A signal is raised where nothing can be lost by it; from the
first result on that is only in places that say so, and elsewhere it waits for the next of them.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Self

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SAME = 1.0
"""Seconds in which a second signal is the first once more, sent to the group too."""

PATIENCE = 60.0
"""Seconds after the first in which what is done must be written, to a reader that may not read."""


class Stopped(KeyboardInterrupt):
    """The run is to stop."""


class Signals:
    """Listens to signals, in the main thread, until it is left."""

    def __init__(self) -> None:
        self.number = 0
        self._since = 0.0
        self._waits = self.held = False
        self._before: dict[int, Any] = {}
        self._hook = sys.unraisablehook

    @property
    def status(self) -> int:
        """The exit status of a run that was stopped."""
        return 128 + (self.number or signal.SIGINT)

    def __enter__(self) -> Self:
        global _signals
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
            for number in numbers:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                    self._before[number] = signal.signal(number, self._heard)
            sys.unraisablehook = self._unraisable
            _signals = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        global _signals
        if hasattr(signal, "SIGALRM") and signal.SIGALRM in self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, before in self._before.items():
            signal.signal(number, before)
        sys.unraisablehook = self._hook
        _signals = None

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if not self.number:
            self.number, self._since = number, monotonic()
            if hasattr(signal, "SIGALRM"):
                self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._heard)
                signal.setitimer(signal.ITIMER_REAL, PATIENCE)
            if self.held:
                self._waits = True
                return
        elif monotonic() - self._since < SAME:
            return
        raise Stopped

    def _unraisable(self, what: Any) -> None:
        """Raised where Python cannot (while it frees an object): it waits for the next place."""
        if isinstance(what.exc_value, Stopped):
            self._waits = True
        else:
            self._hook(what)

    def hold(self) -> None:
        self.held = True

    @contextmanager
    def let_through(self) -> Iterator[None]:
        before = self.held
        try:
            self.held = False
            if self._waits:
                self._waits = False
                raise Stopped
            yield
        finally:
            self.held = before


_signals: Signals | None = None


def keep() -> None:
    """There is something to lose from here on: a signal waits until it is let through."""
    if _signals is not None:
        _signals.hold()


@contextmanager
def let_through() -> Iterator[None]:
    """Here a signal is raised, as Stopped; also one that came before."""
    if _signals is None:
        yield
        return
    with _signals.let_through():
        yield


def asked() -> bool:
    """Whether a signal has come, and the command line listens."""
    return _signals is not None and bool(_signals.number)


def kept() -> bool:
    """Whether there was something to lose."""
    return _signals is not None and _signals.held
