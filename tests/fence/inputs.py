"""The inputs behind the fence, by name, each with the function that makes its material."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from benchmarks.verdicts.mistakes import planted
from benchmarks.verdicts.problems import Gradient, Problem, easy
from gradcheck import Report, check_gradient, verify
from gradcheck.read.files.loading import SUFFIXES
from gradcheck.report.renderers.formats import FORMATS
from tests.fence.digests import ROOT, Material, of_code, of_descents, of_document, of_format

CORPUS = ("tests/findings", "tests/notations", "tests/samples")
"""Folders whose own tests verify every document, and look at the fence while they are at it."""
DERIVATIONS = "derivations"
TRAINED = tuple(f"derivations/{name}.md" for name in ("mse-sigmoid", "source-000", "source-002"))
EXAMPLES = ROOT / "tests" / "code" / "examples"
_SIMPLE = (
    *(f"one parameter times {factor}" for factor in ("2", "0.5", "-1", "0")),
    *("one entry zeroed", "one entry's sign", "two entries swapped", "a neighbour's entries"),
)
PLANTED = {
    "factorisation": (*_SIMPLE, "transposed", "operand not transposed", "swapped blocks"),
    "rosenbrock": (*_SIMPLE, "inner derivative", "wrong sign of a term"),
    "sigmoid/mse": ("activation derivative missing", "regulariser missing", "bias not summed"),
}
"""Mistakes in gradient code, by the problem: those that are quickly diagnosed."""
SHOWN = (
    "derivations/source-002.md",
    "tests/findings/wrong-arithmetic-in-expansion.md",
    "tests/findings/right-classroom-notes.md",
    "missing.md",
    "tests/code/examples/numpy_layer.py:wrong",
)
"""What the report that every format shows is about."""

Inputs = dict[str, Callable[[], Material]]


def documents(*folders: str) -> list[str]:
    """The documents of the folders, as paths from the top of the checkout."""
    return [
        f"{folder}/{path.name}"
        for folder in folders
        for path in sorted((ROOT / folder).iterdir())
        if path.name.endswith(SUFFIXES)
    ]


def corpus() -> Inputs:
    """Documents with tests of their own."""
    return {name: partial(_document, name) for name in documents(*CORPUS)}


def _document(name: str) -> Material:
    return of_document(verify(ROOT / name))


def derivations() -> Inputs:
    """The shipped derivations."""
    return {name: partial(_document, name) for name in documents(DERIVATIONS)}


def descents() -> Inputs:
    """Gradient descent by a document's own rules, or why there is none."""
    return {f"--descent {name}": partial(_trained, name) for name in TRAINED}


def _trained(name: str) -> Material:
    return of_descents(verify(ROOT / name, descent=True))


def assignments() -> Inputs:
    """Students' documents, each against its assignment."""
    from tests.judge.against.test_assignments import STUDENTS, against

    return {
        f"--against {reference} {student}": lambda pair=(student, reference): of_document(
            against(*pair)
        )
        for student, reference in STUDENTS
    }


def gradient_code() -> Inputs:
    """Recorded problems, right and with mistakes; the examples that need no framework."""
    found: Inputs = {}
    for problem in easy(100):
        found[f"code {problem.name}"] = partial(_checked, problem, problem.gradient)
    for problem in filter(lambda problem: problem.name in PLANTED, easy(100)):
        for kind, gradient in planted(problem, seed=0):
            if kind in PLANTED[problem.name]:
                found[f"code {problem.name}, {kind}"] = partial(_checked, problem, gradient)
    for example in ("numpy_layer", "scipy_objective"):
        for case in ("case", "wrong"):
            found[f"code {example}:{case}"] = partial(_example, example, case)
    return found


def _checked(problem: Problem, gradient: Gradient) -> Material:
    return of_code(check_gradient(problem.loss, gradient, problem.point))


def _example(example: str, name: str) -> Material:
    spec = spec_from_file_location(example, EXAMPLES / f"{example}.py")
    assert spec
    assert spec.loader
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return of_code(getattr(module, name).check())


@cache
def _report() -> Report:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return verify(SHOWN)
    finally:
        os.chdir(before)


def formats() -> Inputs:
    """One report in every format."""
    return {f"--format {name}": partial(_rendered, name) for name in FORMATS}


def _rendered(name: str) -> Material:
    return of_format(name, _report())


FAMILIES = (corpus, derivations, assignments, descents, gradient_code, formats)
