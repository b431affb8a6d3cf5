"""Run a target in a child process, and make sure that it ends.

The child is a new interpreter, not a fork: it has nothing of this process but its environment. It
may print, loop, exit or crash; whatever it does, one `Answer` comes of it.
"""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Container, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypeGuard

from gradcheck.code.protocol import STARTED, Observation, observation_from, report_from
from gradcheck.code.result import GradientReport
from gradcheck.code.target import Target, missing
from gradcheck.code.unexplained import with_unexplained
from gradcheck.language.problem import InputError
from gradcheck.run.jobs import STOPPED, TIMEOUT
from gradcheck.run.lineage import ENDING
from gradcheck.run.progress import Progress
from gradcheck.run.progress import progress as progress_of
from gradcheck.run.stopping import keep, let_through

ANSWER_BYTES = 64 * 2**20
PRINTED_BYTES = 64 * 2**10
STARTING = 60.0
"""Seconds in which the interpreter and NumPy must have started: they are not the target's."""

GRACE = 2.0
"""Seconds for a child that was interrupted to tell what it knows."""

_START = """\
import importlib.util as u, sys
path, request = sys.argv[1:]
del sys.argv[1:]
spec = u.spec_from_file_location("gradcheck", path)
package = sys.modules["gradcheck"] = u.module_from_spec(spec)
spec.loader.exec_module(package)
from gradcheck.run.lineage import guard
guard()
from gradcheck.code.child import main
main(request)
"""
"""Imports this very package, whatever is on the child's path, before anything of the user's.

What goes on behind ``guard()`` is a child of the child, which ends when this process does, with
all that the user's code has started.
"""

_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (\S+)', re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What came of a target: a report, or an error, or both where it was stopped."""

    target: Target
    report: GradientReport | None = None
    error: InputError | None = None
    observation: Observation | None = None
    interrupted: bool = False


def run(
    target: Target,
    timeout: float = TIMEOUT,
    *,
    observe: bool = False,
    progress: Progress = False,
) -> Answer:
    """Check a target in a child process of its own; never raises for anything the child does.

    ``observe`` asks for what the case computes, for a comparison with a document; ``progress``
    shows how far the check is (see `gradcheck.run.progress`). A KeyboardInterrupt here stops the
    child; ``Answer.interrupted`` then says so.
    """
    absent = missing(target)
    if absent is not None:
        return Answer(target, error=absent)
    request = {
        "text": target.text, "source": target.source, "name": target.name,
        "is_file": target.is_file, "timeout": timeout, "observe": observe,
    }  # fmt: skip
    try:
        child = _Child(json.dumps(request))
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        return Answer(target, error=InputError(target.text, f"its process cannot start: {reason}"))
    interrupted = late = False
    answer: dict[str, Any] | None = None
    try:
        answer = child.answer(STARTING)
        if answer == STARTED:
            answer = _watched(child, timeout + 0.5, progress)
    except TimeoutError:
        late = True
        answer = child.last_words()
    except KeyboardInterrupt:
        interrupted = True
        answer = child.last_words()
    finally:
        printed = child.end(0.2 if answer else 2.0)
    if (late or interrupted) and "report" not in (answer or {}):
        message = _overdue(timeout, printed) if late else STOPPED
        error = InputError(target.text, message)
        return Answer(target, error=error, interrupted=interrupted)
    if answer is None:
        crash = _crash(child.process.returncode, printed)
        return Answer(target, error=InputError(target.text, crash))
    found = _understood(target, answer)
    if late:
        message = f"no full result within {timeout:g} seconds (--timeout)"
        return Answer(target, found.report, InputError(target.text, message))
    return replace(found, interrupted=interrupted)


def _watched(child: _Child, seconds: float, shown: Progress) -> dict[str, Any] | None:
    """The child's answer, after what it tells of how far it is. Raises TimeoutError."""
    end, last = time.monotonic() + seconds, 0
    with ExitStack() as bar:
        more: Callable[[], None] | None = None
        while True:
            answer = child.answer(max(0.0, end - time.monotonic()))
            if not _is_progress(answer):
                return answer
            more = more or bar.enter_context(progress_of(shown, answer["expected"]))
            for _ in range(answer["done"] - last):
                more()
            last = answer["done"]


def _is_progress(answer: dict[str, Any] | None) -> TypeGuard[dict[str, int]]:
    return answer is not None and answer.keys() == {"done", "expected"}


def run_all(
    targets: Iterable[Target],
    timeout: float,
    observed: Container[tuple[str, str]] = (),
    progress: Progress = False,
) -> tuple[Answer, ...]:
    """Every target in turn, until the user interrupts one; ``observed`` are identities."""
    answers: list[Answer] = []
    stopped = False
    for target in targets:
        if stopped:
            error = InputError(target.text, STOPPED)
            answers.append(Answer(target, error=error, interrupted=True))
            continue
        keep()
        observe = target.identity in observed
        answers.append(run(target, timeout, observe=observe, progress=progress))
        stopped = answers[-1].interrupted
    return tuple(answers)


def _understood(target: Target, answer: dict[str, Any]) -> Answer:
    try:
        if "error" in answer:
            return Answer(target, error=InputError(target.text, str(answer["error"])))
        plain = answer.get("observation")
        observation = observation_from(plain) if plain else None
        return Answer(target, with_unexplained(report_from(answer["report"])), None, observation)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Answer(target, error=InputError(target.text, "its process gave no usable answer"))


class _Child:
    """A running child, its answer and the end of what it printed, both read as they come."""

    def __init__(self, request: str) -> None:
        group: dict[str, Any] = {"stdin": subprocess.DEVNULL}
        if os.name == "posix":  # one that ends as one, has no Ctrl-C of its own, and ends with us
            group = {"start_new_session": True, "stdin": subprocess.PIPE}
        package = Path(__file__).resolve().parent.parent / "__init__.py"
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(package), request],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **group,
        )
        self.printed = bytearray()
        self.answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        tasks = (self._hear, self.process.stdout), (self._keep, self.process.stderr)
        self.threads = [threading.Thread(target=t, args=(s,), daemon=True) for t, s in tasks]
        for thread in self.threads:
            thread.start()

    def _hear(self, stream: IO[bytes]) -> None:
        while line := stream.readline(ANSWER_BYTES):
            self.answers.put(line)
        self.answers.put(b"")

    def _keep(self, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 2**16):
            self.printed += chunk
            del self.printed[:-PRINTED_BYTES]

    def answer(self, seconds: float) -> dict[str, Any] | None:
        """The child's answer, None if it ends without one. Raises TimeoutError."""
        try:
            with let_through():
                line = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            return None
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else {}

    def last_words(self) -> dict[str, Any] | None:
        """Interrupt it; what it still tells of what it knows."""
        if os.name == "posix":
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)
        try:
            while _is_progress(answer := self.answer(GRACE)):
                pass
            return answer
        except (TimeoutError, KeyboardInterrupt):
            return None

    def end(self, patience: float) -> str:
        """Make sure that it and all that it started are gone; the end of what it printed."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        if self.process.stdin is not None:  # its guardian ends the rest
            self.process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2 * ENDING)
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join(1.0)
        return bytes(self.printed).decode("utf-8", "replace")


def _overdue(timeout: float, printed: str) -> str:
    place = _place(printed.rpartition("Timeout (")[2])
    return f"no result within {timeout:g} seconds (--timeout){place and f'; it was at {place}'}"


def _crash(status: int, printed: str) -> str:
    """How a process ended that gave no answer."""
    if status < 0:
        try:
            how = f"was killed by {signal.Signals(-status).name}"
        except ValueError:
            how = f"was killed by signal {-status}"
    else:
        how = f"ended with status {status}"
    place = _place(printed.rpartition("Fatal Python error")[2]) if status < 0 else ""
    return f"its process {how} before it gave a result{place and f'; it was at {place}'}"


def _place(dump: str) -> str:
    """The innermost line outside gradcheck and installed packages, of a dump by faulthandler."""
    package = str(Path(__file__).resolve().parent.parent)
    for file, line, function in _FRAME.findall(dump):
        if not file.startswith((package, "<")) and os.path.dirname(os.__file__) not in file:
            return f"{os.path.relpath(file)}, line {line}, in {function}"
    return ""
