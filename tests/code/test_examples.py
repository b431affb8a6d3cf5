"""The examples of gradient code: right ones agree, planted mistakes are found and named."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent / "examples"
FOUND = {
    "scipy_objective": ("", "GC530", "x: the term 0.3·θ is missing"),
    "numpy_layer": ("", "GC523", "scale, shift: every entry is 1/6 of the gradient"),
    "torch_function": ("torch", "GC526", "features, weights: the upstream gradient is dropped"),
    "sklearn_mlp": ("sklearn", "GC523", "intercepts[0], intercepts[1]: every entry is 7 times"),
}


def example(name: str) -> Any:
    if FOUND[name][0]:
        pytest.importorskip(FOUND[name][0])
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_the_right_one_agrees(name: str) -> None:
    report = example(name).case.check()
    assert report.verdict.value == "agrees", str(report)
    assert report.findings == ()


@pytest.mark.parametrize("name", FOUND)
def test_the_wrong_one_is_found_and_named(name: str) -> None:
    _, code, message = FOUND[name]
    report = example(name).wrong.check()
    assert report.verdict.value == "wrong"
    assert [finding.rule.code for finding in report.findings] == [code], str(report)
    assert report.findings[0].message.startswith(message)
