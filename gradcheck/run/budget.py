"""What one document may cost: work is counted, and the clock is the last resort.

Whoever verifies a document opens its account, ``with budget(10):``; whoever works on it calls
`spend` where the work is, before it is done. What is over raises `OverBudget`, and so does every
further `spend` on that account: what is left to do is given up one by one, each with that reason.
Counted work comes to the same on every machine, so the same document gets the same verdicts; only
where something could not be counted the clock ends it: the thread's own, which a busy machine does
not make faster, and in the end that on the wall.

A part may be given a ``share`` of what there is, so that it cannot use up what is for all. Without
an account nothing is limited. An account belongs to the thread, or the task, that opened it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic, thread_time
from typing import TypeVar

T = TypeVar("T")

DEFAULT = 10.0
"""Seconds for a document, unless the user says how many."""

LARGEST = 86_400
"""Seconds that a user may give a document."""

CLAIM = 0.3
"""The share of the budget that one claim, step, derived gradient or table of numbers may take."""

SEARCH = 0.2
"""The share that one search for a suggestion, an example or another reading may take."""

UNITS_A_SECOND = 600_000
"""Units of work that stand for a second. A unit takes a slow machine about a microsecond (a step
over a token, a product of two terms), so that the count ends what the clock would."""

PATIENCE = 6
"""How many times the seconds may pass on the wall: a busy machine does not work all the time."""

GLANCE = 2_000
"""Units after which the clock is looked at."""


class OverBudget(BaseException):
    """The work is over the budget of its document, or over its share of it.

    Like a cancelled task it is no `Exception`: a part that survives whatever fails in it must not
    take this for an answer. It is caught by name: where one claim is judged, one suggestion looked
    for, one document verified. ``reason`` is the wording for the report, ``stage`` (see `stage`)
    what was being done; as text it is both.
    """

    def __init__(self, seconds: float, *, part: bool = False) -> None:
        whole = f"the budget of {seconds:g} s"
        self.reason = f"over its share of {whole}" if part else f"over {whole}"
        self.stage = ""
        super().__init__(self.reason)

    def __str__(self) -> str:
        return f"{self.reason} while {self.stage}" if self.stage else self.reason


Clocks = tuple[float, float]
"""What the thread's own clock and that on the wall show."""


def _clocks() -> Clocks:
    return thread_time(), monotonic()


class _Account:
    """What is left of a budget, or of a share of one."""

    __slots__ = ("clocks", "glance", "left", "part", "refused", "seconds")

    def __init__(self, seconds: float, left: int, clocks: Clocks, part: bool) -> None:
        self.seconds = seconds
        self.left = left
        self.clocks = clocks  # what each shows when the time is over
        self.part = part
        self.refused: OverBudget | None = None  # why something was given up
        self.glance = left  # the first spending looks at the clock

    def look(self) -> None:
        """Raises `OverBudget` where the units or the time are over."""
        late = any(now > last for now, last in zip(_clocks(), self.clocks, strict=True))
        if late or self.left < 0:
            self.left = min(self.left, -1)
            self.glance = 0
            self.refused = OverBudget(self.seconds, part=self.part and not late)
            raise self.refused
        self.glance = max(0, self.left - GLANCE)


_account: ContextVar[_Account | None] = ContextVar("gradcheck_budget", default=None)


@contextmanager
def budget(seconds: float = DEFAULT) -> Iterator[None]:
    """The account of one document, open for as long as the block runs."""
    left = int(seconds * UNITS_A_SECOND)
    own, wall = _clocks()
    clocks = own + seconds, wall + PATIENCE * seconds
    token = _account.set(_Account(seconds, left, clocks, part=False))
    try:
        yield
    finally:
        _account.reset(token)


@contextmanager
def share(part: float) -> Iterator[None]:
    """At most this part (0 to 1) of the document's whole budget, and no more than what is left.

    What is spent within is spent of the whole too.
    """
    whole = _account.get()
    if whole is None:
        yield
        return
    granted = max(0, min(whole.left, int(part * whole.seconds * UNITS_A_SECOND)))
    own = _Account(whole.seconds, granted, whole.clocks, part=granted < whole.left or whole.part)
    token = _account.set(own)
    try:
        yield
    finally:
        _account.reset(token)
        whole.left -= granted - max(own.left, 0)
        whole.refused = own.refused or whole.refused


def spend(units: int = 1) -> None:
    """Count work that is about to be done. Raises `OverBudget` if it is more than is left."""
    account = _account.get()
    if account is not None:
        account.left -= units
        if account.left < account.glance:
            account.look()


def sharing(part: float, work: Callable[[], T]) -> T:
    """What the work comes to with a ``share`` of the budget. Raises `OverBudget` without.

    Where something was given up on the way, as a piece that has its own reason, the answer might be
    another with it: then all of it is given up.
    """
    with share(part):
        found = work()
        _refuse_where_something_is_lacking()
        return found


def _refuse_where_something_is_lacking() -> None:
    account = _account.get()
    if account is not None and account.refused is not None:
        raise account.refused


@contextmanager
def stage(doing: str) -> Iterator[None]:
    """Tells what was being done ("reading it") where the budget ends within the block."""
    try:
        yield
    except OverBudget as over:
        over.stage = over.stage or doing
        raise
