"""The standard streams of a command, whatever became of them: closed, full, or without a reader."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from gradcheck.command.destinations import Unwritable

_STREAMS = (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))
"""The standard streams, with how to open the null device so that using a closed one fails; what
would go to a closed standard error goes nowhere."""


def prepare() -> None:
    """Σ and ŷ must come out in a C locale too, odd file names must not stop the report, and the
    number of a closed stream (``>&-``) must not become that of the next file that is opened."""
    for name, flags, mode in _STREAMS:
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, flags)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def printing() -> Iterator[None]:
    """For what writes to the standard output. A reader that has seen enough (``| head``) is no
    error. Raises Unwritable for any other."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as problem:
        silence(sys.stdout)
        reason = (problem.strerror or str(problem)).lower()
        if problem.errno == errno.EBADF:
            reason = "the standard output is closed"
        raise Unwritable(f"the output cannot be written: {reason}") from None
    except KeyboardInterrupt:  # the reader may never read
        silence(sys.stdout)
        raise


def silence(stream: TextIO) -> None:
    """The interpreter flushes once more at its end: let that go nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
