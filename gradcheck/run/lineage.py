"""Processes and what they start: none of them is to outlive the run that it belongs to.

A parent that is killed outright cannot end its children, so they have to notice. Linux can tell
them (``prctl``) and can hand orphans to an ancestor; elsewhere a thread watches the parent, and
what user code starts in sessions of its own is out of reach.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

SIGNAL_ON_PARENTS_END = 1  # PR_SET_PDEATHSIG
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER
ENDING = 3.0
"""Seconds in which processes that were killed must be gone; longer, and the kernel holds them."""


def end_with(parent: int) -> None:
    """Have this process killed when its parent, which started it in its main thread, is gone."""
    _control(SIGNAL_ON_PARENTS_END, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before that
        os._exit(1)


def end_with_parent_of_pool() -> None:
    """A thread for systems without ``prctl``: waits for the end of the parent, and ends this one.

    It gets its turn even while the main thread loops in Python.
    """
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def guard() -> None:
    """Return in a child of this process. This one stays, and ends with it all that it started.

    It does so when the child ends or when the other end of the standard input closes, as it does
    if the process that holds it is killed, and then ends as the child did. Interrupts go to the
    child.
    """
    if not hasattr(os, "fork"):
        return
    _control(ADOPT_ORPHANS, 1)
    guardian = os.getpid()
    child = os.fork()
    if child == 0:
        end_with(guardian)
        _to_nowhere(0)
        return
    signal.signal(signal.SIGINT, lambda *_: _kill(child, signal.SIGINT))
    _to_nowhere(1, 2)  # who reads what the child writes must see its end
    status = _ended(child)
    end_descendants()
    _end_as(status)


def _ended(child: int) -> int:
    """The exit status of the child, which is killed if it is not to go on."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        gone, status = os.waitpid(child, os.WNOHANG)
        if gone:
            return os.waitstatus_to_exitcode(status)
        readable, _, _ = select.select([0, woken], [], [])
        if 0 in readable:  # nothing is ever written to it: this is its end
            _kill(child, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.read(woken, 64)


def end_descendants() -> None:
    """Kill all that this process started, what left its session or lost its parent included."""
    end = time.monotonic() + ENDING
    while (found := descendants(os.getpid())) and time.monotonic() < end:
        for pid in found:
            _kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def descendants(ancestor: int) -> list[int]:
    """Children, their children and so on, as Linux knows them; elsewhere none is found."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):  # it ended meanwhile
            parent = int(place.read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(place.parent.name))
    found = [ancestor]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def _control(option: int, value: int) -> None:
    """Linux: set something about this process; nothing elsewhere."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _to_nowhere(*descriptors: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _end_as(status: int) -> None:
    """End with a status, or by a signal, but leave no second image of the memory."""
    if status < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)
