"""Several processes give the same report as one, in the same order."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import gradcheck.verification
from gradcheck.document import Document
from gradcheck.jobs import WORTH_A_PROCESS, in_parallel, jobs_for
from gradcheck.rendering.json_format import render
from gradcheck.report import DocumentResult
from gradcheck.verification import Choices

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.md"))[:5]


@pytest.mark.parametrize("jobs", [1, 2, 3])
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process only")
def test_a_process_that_dies_loses_its_own_task_only() -> None:
    def task(index: int) -> int:
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return index

    assert in_parallel(task, 6, 2, lost=lambda index: -index) == [0, 1, 2, -3, 4, 5]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_keeps_what_is_done(jobs: int) -> None:
    """As the terminal sends it: to all processes."""
    counted: list[int] = []

    def done() -> None:
        counted.append(1)
        if len(counted) == 3:
            raise KeyboardInterrupt

    found = in_parallel(lambda index: index, 6, jobs, stopped=lambda index: -index, done=done)
    assert found[:2] == [0, 1] and found[3:] == [-3, -4, -5]
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
