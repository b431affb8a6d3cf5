"""Several processes give the same report as one, in the same order."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import gradcheck.verification
from gradcheck.language.document import Document
from gradcheck.report.renderers.json_format import render
from gradcheck.report.results import DocumentResult
from gradcheck.run.jobs import DIED, HUNG, STOPPED, WORTH_A_PROCESS, in_parallel, jobs_for
from gradcheck.verification import Choices
from tests.processes import gone

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.md"))[:5]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="one process only")


@pytest.mark.parametrize("jobs", [0, 1, 2, 3])
def test_results_keep_their_order(jobs: int) -> None:
    assert in_parallel(lambda index: index**2, 7, jobs) == [0, 1, 4, 9, 16, 25, 36]


def test_what_a_task_raises_is_raised_here() -> None:
    def task(index: int) -> int:
        if index == 2:
            raise ValueError("no such document")
        return index

    with pytest.raises(ValueError, match="no such document"):
        in_parallel(task, 4, 2)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_counted(jobs: int) -> None:
    counted: list[int] = []
    in_parallel(lambda index: index, 5, jobs, done=lambda: counted.append(1))
    assert len(counted) == 5


def instead(index: int, why: str) -> int:
    assert why in (DIED, HUNG.format(PATIENCE), STOPPED)
    return -index


PATIENCE = 2.0


def waits() -> None:
    time.sleep(3600)


def hangs_in_c() -> None:
    """No thread of Python gets its turn."""
    ctypes.PyDLL(None).pause()


@forks
@pytest.mark.parametrize("jobs", [0, 2])
def test_a_process_that_dies_loses_its_own_task_only(jobs: int) -> None:
    def task(index: int) -> int:
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if index == 4:
            os._exit(0)
        return index

    assert in_parallel(task, 6, jobs, instead=instead) == [0, 1, 2, -3, -4, 5]
    with pytest.raises(RuntimeError, match="died"):
        in_parallel(task, 6, jobs)


@forks
def test_a_task_whose_process_dies_is_tried_once_more(tmp_path: Path) -> None:
    """It may have been killed for the memory of another."""

    def task(index: int) -> int:
        if index == 1 and not (tmp_path / "tried").exists():
            (tmp_path / "tried").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return index

    assert in_parallel(task, 3, 2, instead=instead) == [0, 1, 2]


@forks
@pytest.mark.parametrize("hang", [waits, hangs_in_c])
def test_a_process_that_hangs_loses_its_own_task_only(
    hang: Callable[[], None], tmp_path: Path
) -> None:
    def task(index: int) -> int:
        if index == 1:
            (tmp_path / "pid").write_text(str(os.getpid()))
            hang()
        return index

    assert in_parallel(task, 4, 2, limit=PATIENCE, instead=instead) == [0, -1, 2, 3]
    assert gone(int((tmp_path / "pid").read_text()))


@forks
def test_results_are_kept_as_they_come() -> None:
    """The first task ends last, and all others are noted by then."""
    counted: list[int] = []

    def task(index: int) -> int:
        if index == 0:
            os.read(ends[0], 1)
        return index

    def done() -> None:
        counted.append(1)
        if len(counted) == 4:
            os.write(ends[1], b"x")

    ends = os.pipe()
    assert in_parallel(task, 5, 2, done=done) == [0, 1, 2, 3, 4]


@forks
def test_what_cannot_be_sent_is_raised_and_loses_no_process() -> None:
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        in_parallel(lambda index: lambda: index, 2, 2)


@forks
def test_where_no_process_is_to_be_had_one_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", none)
    assert in_parallel(lambda index: (index, os.getpid()), 2, 2) == [
        (i, os.getpid()) for i in (0, 1)
    ]


@forks
def test_one_of_few_documents_has_a_process_of_its_own_unless_one_job_is_asked_for() -> None:
    def where(jobs: int, count: int) -> set[bool]:
        found = in_parallel(lambda index: os.getpid(), count, jobs)
        return {pid == os.getpid() for pid in found}

    assert where(1, 3) == {True} and where(0, 1) == {True}
    assert where(0, 2) == where(0, 9) == where(2, 1) == {False}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_keeps_what_is_done(jobs: int) -> None:
    counted: list[int] = []

    def done() -> None:
        counted.append(1)
        if len(counted) == 3:
            raise KeyboardInterrupt

    found = in_parallel(lambda index: index + 1, 6, jobs, instead=instead, done=done)
    assert sum(value > 0 for value in found) in ((3,) if jobs == 1 else (3, 4))
    assert all(value in (index + 1, -index) for index, value in enumerate(found))
    with pytest.raises(KeyboardInterrupt):
        in_parallel(lambda index: index, 6, jobs, done=done_at_once)


def done_at_once() -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_tells_of_every_document(monkeypatch: pytest.MonkeyPatch) -> None:
    real = gradcheck.verification.verify_document

    def interrupted(document: Document, choices: Choices) -> DocumentResult:
        if document.path == str(SAMPLES[2]):
            raise KeyboardInterrupt
        return real(document, choices)

    monkeypatch.setattr("gradcheck.verification.verify_document", interrupted)
    report = gradcheck.verify(SAMPLES, jobs=1)
    assert report.interrupted and len(report.documents) == 2
    assert [error.path for error in report.errors] == [str(path) for path in SAMPLES[2:]]
    assert report.exit_status != 0


def test_few_documents_are_not_worth_a_process() -> None:
    assert jobs_for(0) == jobs_for(WORTH_A_PROCESS) == 1
    assert jobs_for(1000) >= 1


def test_the_report_is_the_same() -> None:
    assert render(gradcheck.verify(SAMPLES, jobs=2)) == render(gradcheck.verify(SAMPLES, jobs=1))
