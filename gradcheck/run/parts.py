"""The parts of a document's verification: one that fails costs what it was to give, no more.

A mistake in gradcheck must not take a document's verdicts with it. What may fail by itself is
attempted by name; where it fails, something stands in for it that claims nothing, and the failure
is told with the findings. Outside of `separately` nothing is caught: a test of one function sees
what that raises, and so does ``GRADCHECK_DEBUG=1``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

from gradcheck.language.document import NOWHERE, Span
from gradcheck.run.budget import OverBudget, sharing

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Failure:
    """A part that failed, why, and where in the document; ``internal``: by a mistake in gradcheck.

    Else it was given up, because the document's budget was spent.
    """

    part: str
    reason: str
    span: Span
    internal: bool


@dataclass(slots=True)
class _Log:
    """The failures of one document, and the place that the part at work is about."""

    failures: list[Failure] = field(default_factory=list)
    span: Span = NOWHERE


_log: ContextVar[_Log | None] = ContextVar("gradcheck_failures", default=None)


@contextmanager
def separately() -> Iterator[list[Failure]]:
    """The failures of the parts that are attempted within the block, in the order they come."""
    log = _Log()
    token = _log.set(log)
    try:
        yield log.failures
    finally:
        _log.reset(token)


def have_failed() -> bool:
    """Whether a part of the document at work has failed, or was given up."""
    log = _log.get()
    return log is not None and bool(log.failures)


def attempt(
    part: str,
    work: Callable[[], T],
    instead: Callable[[str], T],
    span: Span = NOWHERE,
    share: float | None = None,
    *,
    ends: bool = False,
) -> T:
    """What the work gives; where it fails, what stands in for it, given the reason in words.

    Without a span of its own a part is about the same place as the one that it belongs to. With
    a ``share`` of the document's budget it may use up no more, and is given up as a whole where a
    piece of it is. Where nothing can be kept without it, the budget ``ends`` the document here.
    """
    log = _log.get()
    if log is None:
        return work()
    outer, log.span = log.span, (log.span if span == NOWHERE else span)
    try:
        return work() if share is None else sharing(share, work)
    except OverBudget as over:
        if ends:
            raise
        failure = Failure(part, over.reason, log.span, internal=False)
    except Exception as trouble:
        if os.environ.get("GRADCHECK_DEBUG"):
            raise
        failure = Failure(part, failed(trouble), log.span, internal=True)
    finally:
        log.span = outer
    log.failures.append(failure)
    return instead(failure.reason)


def omitted(
    part: str, share: float | None = None
) -> Callable[[Callable[P, T | None]], Callable[P, T | None]]:
    """A decorator of what may be left out: it gives None where it fails."""

    def guarded(work: Callable[P, T | None]) -> Callable[P, T | None]:
        @wraps(work)
        def call(*arguments: P.args, **named: P.kwargs) -> T | None:
            return attempt(part, lambda: work(*arguments, **named), lambda _: None, share=share)

        return call

    return guarded


class Broken(Exception):
    """A part without which nothing can be kept failed; ``span`` is the place it failed at."""

    def __init__(self, part: str, trouble: Exception, span: Span) -> None:
        self.span = span
        super().__init__(f"{part}: {failed(trouble)}")


def essential(part: str, work: Callable[[T], U], whole: T, pieces: Sequence[tuple[T, Span]]) -> U:
    """What the work makes of the whole; where it fails, raises `Broken` with the first piece by
    itself at which it does (the first of all, if it is none)."""
    try:
        return work(whole)
    except Exception as trouble:
        if os.environ.get("GRADCHECK_DEBUG"):
            raise
        raise Broken(part, trouble, _first_failing(work, pieces)) from trouble


def _first_failing(work: Callable[[T], object], pieces: Sequence[tuple[T, Span]]) -> Span:
    for piece, span in pieces:
        try:
            work(piece)
        except Exception:
            return span
    return pieces[0][1] if pieces else Span(0, 0)


def failed(trouble: Exception) -> str:
    """What is said of a mistake in gradcheck."""
    return f"gradcheck itself failed here ({type(trouble).__name__}): please report it"
