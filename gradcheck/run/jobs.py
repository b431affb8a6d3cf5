"""Several documents at once: each in a process of its own, the results in the documents' order."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from gradcheck.run.lineage import end_with, end_with_parent_of_pool
from gradcheck.run.stopping import asked, keep, let_through

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext

T = TypeVar("T")

WORTH_A_PROCESS = 2
"""Documents a process: with fewer, starting it costs more than it saves."""

MOST_JOBS = 64
"""Processes that a user may ask for."""

TIMEOUT = 120.0
"""Seconds that a process with somebody else's code may take, unless the user says how many."""

GRACE = 10.0
"""Seconds beyond its own limit in which a task must have ended by itself."""

TICK = 1.0
"""Seconds between two looks at how long the processes have been at their tasks."""

DIED = "the process that verified it died (out of memory?); the others are not affected"
HUNG = "no result within {:g} seconds: its process was ended; the others are not affected"
STOPPED = "interrupted before there was a result"


def jobs_for(documents: int) -> int:
    """How many processes pay for this many documents on this machine."""
    return max(1, min(os.cpu_count() or 1, documents // WORTH_A_PROCESS))


def in_parallel(
    task: Callable[[int], T],
    count: int,
    jobs: int,
    *,
    limit: float | None = None,
    instead: Callable[[int, str], T] | None = None,
    done: Callable[[], object] = lambda: None,
) -> list[T]:
    """``[task(0), …, task(count - 1)]``, by ``jobs`` processes forked from this one.

    One job is this very process, 0 are as many as pay, but none of them this one, so that no task
    can take the others with it. The task itself is inherited, not sent: only its results need
    to be picklable. What it raises is raised here. ``instead(index, why)`` is the result of a task
    whose process died twice or was at it for more than ``limit`` seconds, and after a
    KeyboardInterrupt of all that are not done; without ``instead`` that is raised, and also
    where nothing is done, unless the command line listens to signals. ``done`` is called for each.
    """
    found: dict[int, T] = {}
    keep()
    try:
        if hasattr(os, "fork") and (jobs > 1 or (jobs == 0 and count > 1)):
            _Crew(task, count, found, limit, instead, done).work(jobs or jobs_for(count))
        for index in range(count):
            if index not in found:
                with let_through():
                    found[index] = task(index)
                done()
    except KeyboardInterrupt:
        if instead is None or not (found or asked()):
            raise
        for index in range(count):
            if index not in found:
                found[index] = instead(index, STOPPED)
    return [found[index] for index in range(count)]


class _Crew:
    """The processes, what they are at, and what is still to be given to one."""

    def __init__(
        self,
        task: Callable[[int], Any],
        count: int,
        found: dict[int, Any],
        limit: float | None,
        instead: Callable[[int, str], Any] | None,
        done: Callable[[], object],
    ) -> None:
        from multiprocessing import get_context

        self.context = get_context("fork")
        self.task, self.found, self.instead, self.done = task, found, instead, done
        self.limit = limit or float("inf")
        self.todo = deque(range(count))
        self.again: set[int] = set()
        self.workers: list[_Worker] = []

    def work(self, jobs: int) -> None:
        """Put results into ``found`` as they come; some are missing if no process can be had."""
        from multiprocessing.connection import wait

        try:
            while self._give_out(jobs):
                began = monotonic()
                with let_through():
                    ready = wait([worker.connection for worker in self.workers], TICK)
                passed = min(monotonic() - began, 2 * TICK)  # while all were halted, none was at it
                for worker in [*self.workers]:
                    if worker.connection in ready:
                        self._take(worker)
                    else:
                        self._look_at(worker, passed)
        except KeyboardInterrupt:
            self._take_what_is_there()
            raise
        finally:
            for worker in [*self.workers]:
                self._dismiss(worker)

    def _give_out(self, jobs: int) -> bool:
        """Give tasks to processes, as many as there are to be; False if none is at one then."""
        wanted = min(jobs, len(self.todo) + sum(worker.busy for worker in self.workers))
        while len(self.workers) < wanted:
            try:
                self.workers.append(_Worker(self.context, self.task, self.limit, self.workers))
            except OSError:  # no process or no file handle is left: fewer must do
                break
        for worker in [*self.workers]:
            if self.todo and not worker.busy:
                worker.index, worker.seconds = self.todo.popleft(), 0.0
                try:
                    worker.connection.send(worker.index)
                except OSError:
                    self._died(worker)
        return bool(self.workers) and (bool(self.todo) or any(w.busy for w in self.workers))

    def _take(self, worker: _Worker) -> None:
        """The result of a process that has told something, or has died."""
        try:
            worker.telling = True
            right, result = worker.connection.recv()
            worker.telling = False
        except (EOFError, OSError, pickle.UnpicklingError):
            self._died(worker)
            return
        if not right:
            raise result
        self._note(worker, result)
        worker.index = None

    def _look_at(self, worker: _Worker, passed: float) -> None:
        """End a process that has been at its task for too long."""
        worker.seconds += passed
        if worker.busy and worker.seconds > self.limit:
            self._dismiss(worker)
            self._lost(worker, HUNG.format(self.limit))

    def _died(self, worker: _Worker) -> None:
        """Its task is tried again at the end: it may not have been the cause."""
        self._dismiss(worker)
        if worker.index in self.again:
            self._lost(worker, DIED)
        elif worker.index is not None:
            self.again.add(worker.index)
            self.todo.append(worker.index)

    def _lost(self, worker: _Worker, why: str) -> None:
        assert worker.index is not None
        if self.instead is None:
            raise RuntimeError(why)
        self._note(worker, self.instead(worker.index, why))

    def _note(self, worker: _Worker, result: Any) -> None:
        assert worker.index is not None
        self.found[worker.index] = result
        self.done()

    def _take_what_is_there(self) -> None:
        """Results that lie in the pipes are done too."""
        for worker in [*self.workers]:
            with suppress(Exception):
                if worker.busy and not worker.telling and worker.connection.poll():
                    self._take(worker)

    def _dismiss(self, worker: _Worker) -> None:
        self.workers.remove(worker)
        worker.end()


class _Worker:
    """A process that does one task after the other."""

    def __init__(
        self,
        context: ForkContext,
        task: Callable[[int], Any],
        limit: float,
        others: list[_Worker],
    ) -> None:
        self.index: int | None = None
        self.seconds = 0.0
        self.telling = False
        self.connection, there = context.Pipe()
        theirs = [self.connection, *(other.connection for other in others)]
        arguments = (task, limit, there, theirs, os.getpid())
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        try:
            with _no_signals():
                self.process.start()
        except OSError:
            self.connection.close()
            raise
        finally:
            there.close()

    @property
    def busy(self) -> bool:
        return self.index is not None

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()
        self.process.close()


@contextmanager
def _no_signals() -> Iterator[None]:
    """A new process gets none before it says what it does with them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(
    task: Callable[[int], Any],
    limit: float,
    connection: Connection,
    theirs: list[Connection],
    parent: int,
) -> None:
    """Do what comes through the connection, until its other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what then is to happen
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])
    end_with(parent)
    with suppress(RuntimeError):  # no thread is left
        threading.Thread(target=end_with_parent_of_pool, daemon=True).start()
    for other in theirs:
        other.close()
    with suppress(EOFError, OSError):
        while True:
            index = connection.recv()
            if limit < float("inf"):  # ends it without a parent too, and in whatever loop
                signal.alarm(int(2 * limit) + 10)
            answer = _answer(task, index)
            signal.alarm(0)
            connection.send_bytes(answer)


def _answer(task: Callable[[int], Any], index: int) -> bytes:
    """What a task gives or raises, and which of the two."""
    try:
        return pickle.dumps((True, task(index)), pickle.HIGHEST_PROTOCOL)
    except Exception as problem:
        said = traceback.format_exc()
        try:
            problem.add_note(said)
            answer = pickle.dumps((False, problem))
            pickle.loads(answer)  # noqa: S301 - it may need what only its class knows
            return answer
        except Exception:
            return pickle.dumps((False, RuntimeError(said)))
