"""Targets run in a child process, whatever they do there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gradcheck.code.process import run
from gradcheck.code.target import Target, parse_target
from gradcheck.language.verdict import Verdict

MODEL = """
import os, sys, time
import numpy as np
from gradcheck import BackwardCase, GradientCase

sys.stdout.write('{"report": "printed on import"}\\n')
x, y = np.arange(12.0).reshape(4, 3) / 7, np.array([1.0, 0, 2, 1])
parameters = {"w": np.ones(3), "b": 0.3}

def loss(p):
    return float(np.mean((x @ p["w"] + p["b"] - y) ** 2))

def gradient(p):
    residual = x @ p["w"] + p["b"] - y
    return {"w": 2 * x.T @ residual / 4, "b": 2 * residual.mean()}

case = GradientCase(loss, gradient, parameters, inputs={"x": x, "y": y})
layer = BackwardCase(lambda a: np.tanh(a), lambda u, a: u / np.cosh(a) ** 2, (x,))

class Cases:
    both = GradientCase(value_and_gradient=lambda p: (loss(p), gradient(p)), parameters=parameters)

def wrong():
    return GradientCase(loss, lambda p: {**gradient(p), "b": 1.0}, parameters)

def noisy():
    print("x" * 200_000)
    sys.stderr.write("y" * 200_000)
    os.write(1, b'{"error": "no"}\\n')
    return case

def of(bad):
    return lambda: GradientCase(bad, gradient, parameters)

def divides(p):
    return 1 / 0

def endless(p):
    while True:
        pass

def crashes(p):
    os.abort()

raises, loops, aborts = of(divides), of(endless), of(crashes)
nothing, text, nan = of(lambda p: None), of(lambda p: "0"), of(lambda p: float("nan"))

def shape():
    return GradientCase(loss, lambda p: {"w": np.ones(4), "b": 1.0}, parameters)

def exits():
    sys.exit(0)

def vanishes():
    os._exit(0)

def needs(argument):
    return case

def odd():
    return 3

def sleepy(p):
    time.sleep(0.004)
    return loss(p)

takes_long = GradientCase(sleepy, gradient, parameters)

number = 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Code in a folder with a module that would shadow one of NumPy's imports."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "model.py").write_text(MODEL, encoding="utf-8")
    (folder / "numbers.py").write_text("raise SystemError('the wrong numbers')")
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def target(text: str) -> Target:
    found = parse_target(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("model.py:case", ["agrees", "agrees"]),
        ("model:case", ["agrees", "agrees"]),
        ("model.py:wrong", ["agrees", "wrong"]),
        ("model.py:Cases.both", ["agrees", "agrees"]),
        ("model.py:layer", ["agrees"]),
        ("model.py:noisy", ["agrees", "agrees"]),
    ],
)
def test_a_report_comes_back(name: str, verdicts: list[str], capfd) -> None:
    answer = run(target(name))
    assert answer.error is None
    assert answer.report is not None
    assert answer.report.target == name
    assert [row.verdict.value for row in answer.report.rows] == verdicts
    assert capfd.readouterr() == ("", "")
    assert "numbers" not in sys.modules or "SystemError" not in repr(sys.modules["numbers"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", r"it raised ZeroDivisionError: division by zero \(model\.py, line \d+, in divides: return 1 / 0\)"),
        ("nothing", "the loss returned a NoneType: expected"),
        ("text", "the loss returned a str: expected"),
        ("nan", "the loss is nan .*: expected a finite number"),
        ("shape", r"the gradient of w has shape \(4,\): expected \(3,\)"),
        ("exits", r"it raised SystemExit: 0 \(model\.py, line \d+, in exits: sys\.exit\(0\)\)"),
        ("vanishes", "its process ended with status 0 before it gave a result"),
        ("needs", r"it needs arguments \(argument\): expected a gradcheck\.GradientCase"),
        ("odd", r"it returned an int: expected a gradcheck\.GradientCase"),
        ("number", r"it is an int: expected a gradcheck\.GradientCase"),
        ("cas", r"model\.py has no cas; did you mean case\?"),
    ],
)  # fmt: skip
def test_a_clear_line_for_what_does_not_work(name: str, message: str) -> None:
    answer = run(target(f"model.py:{name}"))
    assert answer.report is None
    assert answer.error is not None
    assert answer.error.path == f"model.py:{name}"
    assert answer.error.message.count("\n") == 0
    import re

    assert re.search(message, answer.error.message), answer.error.message


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_how_far_it_is_comes_back_too() -> None:
    told: list[tuple[int, int]] = []
    answer = run(target("model.py:takes_long"), progress=lambda *seen: told.append(seen))
    assert answer.report is not None
    assert answer.report.verdict.value == "agrees"
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert len(told) > 10


def test_a_crash_is_told_with_its_place() -> None:
    answer = run(target("model.py:aborts"))
    assert answer.error is not None
    assert "its process was killed by SIGABRT before it gave a result" in answer.error.message
    assert "it was at model.py, line" in answer.error.message
    assert "in crashes" in answer.error.message


def test_what_never_returns_is_stopped_and_its_place_told() -> None:
    answer = run(target("model.py:loops"), timeout=0.5)
    assert answer.error is not None
    assert answer.error.message.startswith("no result within 0.5 seconds (--timeout)")
    assert answer.error.message.endswith("in endless")


def test_what_is_not_there() -> None:
    for name, message in [
        ("gone.py:case", "no such file"),
        ("gone.module:case", "there is no module gone: expected one that can be imported"),
    ]:
        answer = run(target(name))
        assert answer.error is not None
        assert message in answer.error.message
    Path("folder.py").mkdir()
    answer = run(target("folder.py:case"))
    assert answer.error is not None
    assert "is a folder: expected a Python file" in answer.error.message


def test_code_that_cannot_be_imported() -> None:
    Path("broken.py").write_text("x = 1\ndef f(:\n")
    Path("inside.py").write_text("from . import other\n")
    answers = [run(target(f"{name}.py:case")).error for name in ("broken", "inside")]
    broken, inside = (error.message if error else "" for error in answers)
    assert broken == "it cannot be imported: invalid syntax (broken.py, line 2)"
    assert "inside.py, line 1" in inside
    assert inside.endswith("a file of a package is named as package.module:NAME")


def test_what_a_case_computes_is_observed_on_demand() -> None:
    answer = run(target("model.py:case"), observe=True)
    assert answer.report is not None
    assert answer.report.verdict is Verdict.AGREES
    seen = answer.observation
    assert seen is not None
    assert [set(point) for point in seen.points] == [{"w", "b"}] * 3
    assert len(seen.losses) == 3
    assert seen.inputs["x"].shape == (4, 3)
    assert seen.gradient["w"].shape == (3,)
