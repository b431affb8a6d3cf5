"""Runs that are stopped or killed keep what is done, and leave no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import gradcheck
from gradcheck.run import stopping
from gradcheck.run.stopping import Signals, Stopped, keep, let_through
from tests.processes import comes, gone

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system cannot do it")

DRIVER = r"""
import ctypes, os, sys, time
from pathlib import Path
from gradcheck import __main__, verification
from gradcheck.command import cli
from gradcheck.run import lineage
from gradcheck.report.results import DocumentResult

how = sys.argv.pop(1)

def spins():
    while True:
        pass

hang = {"sleep": lambda: time.sleep(3600), "spin": spins, "c": ctypes.PyDLL(None).pause}
hang["spin, no prctl"] = spins

def verify_document(document, choices):
    if Path(document.path).stem == "hangs":
        note("pid", os.getpid())
        hang[how]()
    return DocumentResult(document, (), (), (), (), 0)

def note(name, what):
    Path(name + ".new").write_text(str(what))
    Path(name + ".new").rename(name)

if "no prctl" in how:
    lineage._control = lambda *_: None
verification.verify_document = verify_document
verification.import_module = lambda name: None
verification.GRACE = -8.0 if how == "sleep" else 600.0
cli._progress = lambda: lambda done, expected: note("done", done)
__main__.command()
"""


@contextmanager
def running(folder: Path, *arguments: str, how: str = "spin") -> Iterator[subprocess.Popen[str]]:
    """The command with three documents, of which one hangs, in a group of its own."""
    for name in ("a", "hangs", "z"):
        (folder / f"{name}.md").write_text("$x = 1$\n")
    (folder / "driver.py").write_text(DRIVER)
    command = [sys.executable, "driver.py", how, "verify", "a.md", "hangs.md", "z.md", *arguments]
    with started(folder, command) as process:
        yield process


@contextmanager
def started(folder: Path, command: list[str]) -> Iterator[subprocess.Popen[str]]:
    here = str(Path(gradcheck.__file__).resolve().parent.parent)
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": here},
        start_new_session=True,
        # A shell that runs the tests in the background has it ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def holds(file: Path, text: str) -> Callable[[], bool]:
    return lambda: file.exists() and file.read_text() == text


def are_lines(errors: str) -> bool:
    """Whether there are messages and nothing else, such as a traceback."""
    return all(line.startswith("gradcheck: ") for line in errors.splitlines())


@pytest.mark.parametrize(
    ("jobs", "number", "group"),
    [
        ("1", signal.SIGINT, True),
        ("2", signal.SIGTERM, True),
        ("2", signal.SIGHUP, False),
    ],
)
def test_a_signal_keeps_what_is_done(tmp_path: Path, jobs: str, number: int, group: bool) -> None:
    with running(tmp_path, "--jobs", jobs, "--format", "json", "--output", "csv=o.csv") as process:
        assert comes((tmp_path / "pid").exists)
        assert comes(holds(tmp_path / "done", jobs))  # with one job the third is not begun
        (os.killpg if group else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert are_lines(errors)
    report = json.loads(output)
    assert report["interrupted"] is True
    stopped = [e["path"] for e in report["errors"] if e["message"].startswith("interrupted")]
    kept = [document["path"] for document in report["documents"]]
    assert stopped == (["hangs.md", "z.md"] if jobs == "1" else ["hangs.md"])
    assert sorted(kept + stopped) == ["a.md", "hangs.md", "z.md"]
    rows = (tmp_path / "o.csv").read_text().splitlines()[1:]
    assert sorted(row.split(",")[0] for row in rows) == ["a.md", "hangs.md", "z.md"]
    assert not list(tmp_path.glob(".*"))
    assert comes(lambda: gone(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize(
    "how", ["spin, no prctl", pytest.param("c", marks=linux)]
)  # without prctl, what holds the interpreter in C is ended by the alarm clock only
def test_a_parent_killed_outright_leaves_no_process(tmp_path: Path, how: str) -> None:
    with running(tmp_path, "--jobs", "2", how=how) as process:
        assert comes((tmp_path / "pid").exists)
        process.kill()
        process.wait()
        assert comes(lambda: gone(int((tmp_path / "pid").read_text())))


def test_one_document_that_hangs_costs_itself_only_by_default(tmp_path: Path) -> None:
    with running(tmp_path, "--format", "json", how="sleep") as process:
        output, errors = process.communicate(timeout=60)
    report = json.loads(output)
    assert process.returncode == 2 and are_lines(errors)
    assert [document["path"] for document in report["documents"]] == ["a.md", "z.md"]
    hung = [error for error in report["errors"] if error["path"] == "hangs.md"]
    assert [error["message"][:27] for error in hung] == ["no result within 2 seconds:"]
    assert gone(int((tmp_path / "pid").read_text()))


MODEL = r"""
import os, time
import numpy as np
from gradcheck import GradientCase

point = {"w": np.ones(3)}
case = GradientCase(lambda p: float((p["w"] ** 2).sum()), lambda p: {"w": 2 * p["w"]}, point)

def leaves():
    "A process in a session of its own, whose parent is gone."
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open("pid.new", "w") as file:
                file.write(str(os.getpid()))
            os.rename("pid.new", "pid")
            time.sleep(3600)
        os._exit(0)
    while not os.path.exists("pid"):
        time.sleep(0.01)
    return case

def hangs():
    leaves()
    with open("own.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename("own.new", "own")
    while True:
        pass
"""


@linux
def test_what_user_code_leaves_behind_is_ended(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    command = [sys.executable, "-m", "gradcheck", "verify", "model.py:leaves"]
    with started(tmp_path, command) as process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert gone(int((tmp_path / "pid").read_text()))


@linux
def test_user_code_and_what_it_leaves_end_with_a_parent_killed_outright(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    command = [sys.executable, "-m", "gradcheck", "verify", "model.py:hangs"]
    with started(tmp_path, command) as process:
        assert comes((tmp_path / "own").exists)
        process.kill()
        process.wait()
        for name in ("own", "pid"):
            assert comes(lambda name=name: gone(int((tmp_path / name).read_text())))


@linux
def test_code_that_is_interrupted_ends_and_the_rest_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "a.md").write_text("$x = 1$\n")
    targets = ["model.py:case", "model.py:hangs", "model.py:leaves", "a.md"]
    command = [sys.executable, "-m", "gradcheck", "verify", *targets, "--format", "json"]
    with started(tmp_path, command) as process:
        assert comes((tmp_path / "own").exists)
        process.terminate()
        output, errors = process.communicate(timeout=60)
    report = json.loads(output)
    assert process.returncode == 143 and are_lines(errors)
    assert [code["target"] for code in report["code"]] == ["model.py:case"]
    assert [error["path"] for error in report["errors"]] == targets[1:]
    assert gone(int((tmp_path / "own").read_text())) and gone(int((tmp_path / "pid").read_text()))


def send(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


def test_a_signal_is_raised_until_there_is_something_to_lose() -> None:
    with Signals() as signals:
        with pytest.raises(Stopped):
            send()
        assert signals.status == 143


def test_what_is_kept_is_not_lost_to_a_signal() -> None:
    with Signals() as signals:
        keep()
        send(signal.SIGINT)
        send(signal.SIGTERM)  # a second one at once is the first, sent to the group too
        with pytest.raises(Stopped), let_through():
            pytest.fail("goes on")
        with let_through():  # once is enough
            pass
        assert signals.status == 130


def test_a_second_signal_later_is_raised_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with Signals():
        keep()
        send()
        monkeypatch.setattr(stopping, "SAME", 0.0)
        with pytest.raises(Stopped):
            send()


def test_a_signal_that_is_raised_while_an_object_is_freed_is_not_lost(capsys) -> None:
    class Freed:
        def __del__(self) -> None:
            send()

    with Signals():
        keep()
        with pytest.raises(Stopped):
            with let_through():
                Freed()
            with let_through():
                pytest.fail("goes on")
    assert capsys.readouterr().err == ""


def test_who_is_not_to_listen_does_not_and_all_is_as_before() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    try:
        with Signals():
            send(signal.SIGHUP)
            assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
    finally:
        assert signal.signal(signal.SIGHUP, hang_up) is signal.SIG_IGN
    assert {number: signal.getsignal(number) for number in before} == before
    with let_through():  # nobody listens
        keep()
