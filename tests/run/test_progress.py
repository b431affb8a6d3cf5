"""The progress of a check, and what it tells when the user stops it."""

from __future__ import annotations

import sys
import types
from typing import Any, ClassVar

import numpy as np
import pytest

from gradcheck import LayeredNetwork, check_gradient
from gradcheck.language.verdict import Verdict
from gradcheck.run.progress import progress


def loss(p: Any) -> float:
    return float(np.sum(np.sin(p["a"])) + np.sum(p["b"] ** 3))


def gradient(p: Any) -> Any:
    return {"a": np.cos(p["a"]), "b": 3 * p["b"] ** 2}


PARAMETERS = {"a": np.linspace(0.1, 1, 30), "b": np.linspace(1, 2, 40)}


class Stopped:
    """A loss that the user stops with Ctrl-C at one call; he does so once."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.calls = 0

    def __call__(self, p: Any) -> float:
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return loss(p)


def test_every_evaluation_is_told() -> None:
    told: list[tuple[int, int]] = []
    report = check_gradient(
        loss, gradient, PARAMETERS, progress=lambda done, expected: told.append((done, expected))
    )
    assert report.verdict is Verdict.AGREES
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert abs(report.evaluations - len(told)) < 10
    assert all(done <= expected for done, expected in told)


def test_stopped_half_way_it_tells_what_was_checked() -> None:
    whole = check_gradient(loss, gradient, PARAMETERS).evaluations
    for at in (whole // 2, whole - 60):
        stopped = Stopped(at)
        report = check_gradient(stopped, gradient, PARAMETERS)
        assert report.verdict is Verdict.UNDECIDED
        checked = sum(row.checked for row in report.rows)
        assert 0 < checked < 70
        assert stopped.calls < at + 10
        unfinished = [row for row in report.rows if row.checked < row.entries]
        assert all("stopped by the user" in row.note for row in unfinished)
        assert f"of {unfinished[0].entries}" in str(report)
        assert report.notes[-1].startswith("stopped by the user")


def test_what_is_wrong_already_is_wrong() -> None:
    def wrong(p: Any) -> Any:
        return {"a": 2 * np.cos(p["a"]), "b": 3 * p["b"] ** 2}

    whole = check_gradient(loss, gradient, PARAMETERS).evaluations
    report = check_gradient(Stopped(whole - 60), wrong, PARAMETERS)
    assert report.verdict is Verdict.WRONG
    assert [row.verdict for row in report.rows] == [Verdict.WRONG, Verdict.UNDECIDED]


def test_stopped_while_sampling() -> None:
    report = check_gradient(Stopped(60), gradient, PARAMETERS, every_entry_up_to=10)
    assert report.verdict is Verdict.UNDECIDED
    assert [row.checked for row in report.rows] == [0, 0]
    assert report.notes[-1].startswith("stopped by the user")


def test_stopped_while_a_declared_network_is_compared() -> None:
    rng = np.random.default_rng(0)
    parameters = {"w_1": np.ones((2, 3)), "b_1": np.ones(2), "w_2": np.ones(2), "b_2": np.zeros(())}
    network = LayeredNetwork.two_layers(rng.standard_normal((4, 3)), np.ones(4))
    right = network.slopes({k: np.asarray(v) for k, v in parameters.items()}).values
    assert check_gradient(network, lambda p: right, parameters)

    def stop(done: int, expected: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    report = check_gradient(network, lambda p: right, parameters, progress=stop)
    assert report.verdict is Verdict.UNDECIDED
    assert [row.checked for row in report.rows] == [0, 0, 0, 0]


class Bar:
    """Stands for tqdm's."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.total, self.n = options["total"], 0
        Bar.made.append(self)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: Any) -> None:
        self.closed = True

    def update(self) -> None:
        self.n += 1


def test_the_bar_waits_two_seconds_and_wants_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Bar))
    Bar.made.clear()
    with progress(True, 3) as more:
        for _ in range(8):
            more()
    (bar,) = Bar.made
    assert bar.n == 8 and bar.total >= 8 and bar.closed
    assert bar.options["delay"] == 2.0
    assert bar.options["disable"] is None  # tqdm: unless the stream is a terminal
    with progress(False, 3) as more:
        more()
    assert len(Bar.made) == 1


def test_without_tqdm_there_is_no_bar_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr("gradcheck.run.progress.find_spec", lambda name: None)
    with progress(None, 3) as more:
        more()
    with pytest.raises(ImportError, match=r"gradcheck\[progress\]"), progress(True, 3):
        pass
