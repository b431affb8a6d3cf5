"""Gradients with too many entries to measure every one: rows, notes and located mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import GradientReport, check_gradient
from gradcheck.language.verdict import Verdict

Arrays = dict[str, Any]


class Model:
    """Two layers in plain NumPy that takes complex numbers; 141 entries."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.x, self.y = rng.standard_normal((12, 10)), rng.standard_normal(12)
        self.parameters = {
            "w": rng.standard_normal((10, 12)) / 3,
            "b": rng.standard_normal((10,)),
            "v": rng.standard_normal(10),
            "c": 0.25,
        }
        self.x = rng.standard_normal((12, 12))

    def loss(self, p: Arrays) -> Any:
        return np.mean((np.tanh(self.x @ p["w"].T + p["b"]) @ p["v"] + p["c"] - self.y) ** 2)

    def gradient(self, p: Arrays) -> Arrays:
        a = np.tanh(self.x @ p["w"].T + p["b"])
        delta = 2 * (a @ p["v"] + p["c"] - self.y) / len(self.y)
        inner = delta[:, None] * p["v"] * (1 - a**2)
        return {"w": inner.T @ self.x, "b": inner.sum(0), "v": delta @ a, "c": delta.sum()}

    def check(self, change: Callable[[Arrays], None] = lambda g: None, **options: Any) -> Any:
        def claimed(p: Arrays) -> Arrays:
            found = {name: np.array(array) for name, array in self.gradient(p).items()}
            change(found)
            return found

        options = {"every_entry_up_to": 100, **options}
        loss = options.pop("loss", self.loss)
        return check_gradient(loss, claimed, self.parameters, **options)


def row(report: GradientReport, name: str) -> Any:
    return next(row for row in report.rows if row.name == name)


def real(model: Model) -> Callable[[Arrays], float]:
    return lambda p: float(model.loss(p))


def test_above_the_size_it_is_sampled_and_says_so() -> None:
    model = Model()
    report = model.check()
    assert report.verdict is Verdict.AGREES
    assert report.method == "random directions, complex step"
    assert "141 entries" in report.notes[0] and "probability of 0.001" in report.notes[0]
    assert report.evaluations < 40
    assert all(row.visible < 1e-8 and "random directions" in row.note for row in report.rows)
    for whole in (model.check(every_entry_up_to=141), model.check(every_entry_up_to=None)):
        assert whole.verdict is Verdict.AGREES
        assert whole.method == "complex step"
        assert [row.checked for row in whole.rows] == [120, 10, 10, 1]


def test_a_loss_of_real_numbers_only_is_sampled_by_differences() -> None:
    model = Model()
    report = model.check(loss=real(model))
    assert report.verdict is Verdict.AGREES
    assert report.method == "random directions, central differences"
    assert any(note.startswith("no complex step: ") for note in report.notes)


@pytest.mark.parametrize("complex_step", [True, False])
def test_wrong_entries_are_named(complex_step: bool) -> None:
    model = Model()

    def change(g: Arrays) -> None:
        g["w"][3, 7] += 1e-6
        g["v"][[2, 5]] *= 1.001

    report = model.check(change, **({} if complex_step else {"loss": real(model)}))
    right = model.gradient(model.parameters)
    assert report.verdict is Verdict.WRONG
    assert [r.verdict for r in report.rows] == [
        Verdict.WRONG, Verdict.AGREES, Verdict.WRONG, Verdict.AGREES,
    ]  # fmt: skip
    w = row(report, "w")
    assert w.worst_entry == (3, 7) and w.wrong_entries == 1 and w.note == "the wrong entry"
    assert w.numeric == pytest.approx(right["w"][3, 7], rel=1e-8)
    assert w.largest_error == pytest.approx(1e-6, rel=1e-3)
    v = row(report, "v")
    assert v.wrong_entries == 2 and v.note == "all 2 wrong entries"
    assert any("one by one" in note for note in report.notes)


def test_too_many_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.evidence.numeric.recovery.MOST_CELLS", 4)

    def rows(g: Arrays) -> None:
        g["w"][[2, 4, 8]] *= -1

    def column(g: Arrays) -> None:
        g["w"][:, 11] += 1

    def everywhere(g: Arrays) -> None:
        g["w"] *= 3

    model = Model()
    note = row(model.check(rows), "w").note
    assert note.startswith("too many to name, at index 2, 4, 8 of axis 0: 16 of 16")
    assert "at index 11 of axis 1: 10 of 10 drawn" in row(model.check(column), "w").note
    assert "throughout: 16 of 16 drawn" in row(model.check(everywhere), "w").note
    for change in (rows, column, everywhere):
        report = model.check(change)
        assert [r.verdict is Verdict.WRONG for r in report.rows] == [True, False, False, False]
        assert not any(finding.rule.code == "GC514" for finding in report.findings)


def test_a_multiple_of_the_gradient_is_recognised() -> None:
    def change(g: Arrays) -> None:
        for name in g:
            g[name] = g[name] * 2

    report = Model().check(change)
    assert [r.verdict for r in report.rows] == [Verdict.WRONG] * 4
    assert [finding.rule.code for finding in report.findings] == ["GC514"]


def test_a_parameter_that_the_loss_ignores() -> None:
    model = Model()
    parameters = {**model.parameters, "unused": np.ones(30)}

    def gradient(p: Arrays) -> Arrays:
        return {**model.gradient(p), "unused": np.zeros(30)}

    report = check_gradient(model.loss, gradient, parameters, every_entry_up_to=100)
    assert report.verdict is Verdict.AGREES
    assert row(report, "unused").note.startswith("both are 0")

    def claims(p: Arrays) -> Arrays:
        return {**model.gradient(p), "unused": 1e-3 * np.ones(30)}

    report = check_gradient(model.loss, claims, parameters, every_entry_up_to=100)
    assert [r.verdict is Verdict.WRONG for r in report.rows] == [False] * 4 + [True]


def test_where_noise_hides_everything_it_is_undecided() -> None:
    parameters = np.linspace(1, 2, 200)

    def loss(p: Any) -> Any:
        return 1e9 + 1e-9 * np.sum(np.sin(p.real))

    report = check_gradient(loss, lambda p: 5e-9 * np.cos(p), parameters, every_entry_up_to=100)
    assert report.verdict is Verdict.UNDECIDED


def test_a_low_precision_gradient_is_not_accused() -> None:
    model = Model()
    single = {
        k: np.float32(v) if k == "c" else v.astype(np.float32) for k, v in model.parameters.items()
    }
    x, y = model.x.astype(np.float32), model.y.astype(np.float32)

    def loss(p: Arrays) -> Any:
        p = {k: np.asarray(v, dtype=np.float32) for k, v in p.items()}
        return np.mean((np.tanh(x @ p["w"].T + p["b"]) @ p["v"] + p["c"] - y) ** 2)

    def gradient(p: Arrays) -> Arrays:
        return {k: np.asarray(v).astype(np.float32) for k, v in model.gradient(p).items()}

    report = check_gradient(loss, gradient, single, every_entry_up_to=100)
    assert report.verdict is not Verdict.WRONG
    doubled = check_gradient(
        loss,
        lambda p: {k: v * (2 if k == "w" else 1) for k, v in gradient(p).items()},
        single,
        every_entry_up_to=100,
    )
    assert [r.verdict is Verdict.WRONG for r in doubled.rows] == [True, False, False, False]
