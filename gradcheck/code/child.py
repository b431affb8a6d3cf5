"""The child process in which named gradient code runs: it finds the case, checks it, and says so.

Started by `gradcheck.code.process`. What the code under test prints goes to the standard error of
this process, which the parent keeps to itself; the way back to the parent is a file of its own.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from gradcheck.code.case import BackwardCase, Case, GradientCase
from gradcheck.code.checking import functions_of
from gradcheck.code.protocol import STARTED, Observation, as_plain, line, observation_as_plain
from gradcheck.code.result import GradientReport
from gradcheck.code.target import EXPECTED, Target, case_names

PACKAGE = str(Path(__file__).resolve().parent.parent)
TELLING = 0.25
"""Seconds between two messages of how far a check is."""
ENTRIES_COMPARED = 1_000_000
"""Numbers that an observation may hold: beyond it a comparison with a document makes no sense."""


class Refused(Exception):
    """The target is not what it must be; the message says what was expected."""


def main(request: str) -> None:
    """Answer one request: ``{"text", "source", "name", "is_file", "timeout", "observe"}``."""
    asked = json.loads(request)
    target = Target(asked["text"], asked["source"], asked["name"], asked["is_file"])
    with _way_back() as answers:

        def send(message: dict[str, Any]) -> None:
            answers.write(line(message))
            answers.flush()

        send(STARTED)
        faulthandler.enable()
        faulthandler.dump_traceback_later(asked["timeout"])
        try:
            report, observation = checked(target, asked["observe"], _every_so_often(send))
        except BaseException as problem:  # sys.exit and Ctrl-C too: the parent must hear of them
            send({"error": complaint(problem, target)})
        else:
            send({"report": as_plain(report), "observation": observation})


def _way_back() -> BinaryIO:
    """What was standard output, while standard output now goes where standard error goes."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")


def _every_so_often(send: Callable[[dict[str, Any]], None]) -> Callable[[int, int], None]:
    """Tell the parent how far the check is, a few times a second."""
    told = time.monotonic()

    def tell(done: int, expected: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TELLING:
            told = now
            send({"done": done, "expected": expected})

    return tell


def checked(
    target: Target, observe: bool, tell: Callable[[int, int], None]
) -> tuple[GradientReport, dict[str, Any] | None]:
    """The report on a target, and what its case computes if that was asked for. ``tell`` is told
    of every evaluation by cases of this package's own."""
    case = case_of(target)
    own = isinstance(case, (GradientCase, BackwardCase))
    report = case.check(target=target.text, **({"progress": tell} if own else {}))
    if not isinstance(report, GradientReport):
        raise Refused(f"its check returned {_kind(report)}: expected a GradientReport")
    if not observe or not isinstance(case, GradientCase):
        return report, None
    return report, observation_as_plain(observed(case))


def case_of(target: Target) -> Case:
    """Import the target's module and find the case. Raises `Refused`, and what the code raises."""
    module = _from_file(target) if target.is_file else _from_path(target)
    found: Any = module
    for part in target.name.split("."):
        if not hasattr(found, part):
            raise Refused(_absent(target, module))
        found = getattr(found, part)
    if isinstance(found, (GradientCase, BackwardCase)) or not callable(found):
        return _case(found, "it")
    required = _required(found)
    if required:
        takes = ", ".join(required)
        raise Refused(f"it needs arguments ({takes}): expected {EXPECTED}")
    return _case(found(), "it returned")


def _case(found: Any, how: str) -> Case:
    if isinstance(found, Case) and not isinstance(found, type):
        return found
    is_what = f"{how} {_kind(found)}" if how != "it" else f"it is {_kind(found)}"
    raise Refused(f"{is_what}: expected {EXPECTED}")


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _required(function: Callable[..., Any]) -> list[str]:
    """The arguments that a function cannot be called without."""
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in optional]


def _from_file(target: Target) -> ModuleType:
    """The module in a file, as ``python FILE.py`` would see it, but not as ``__main__``."""
    path = os.path.abspath(target.source)
    sys.path.insert(0, os.path.dirname(path))
    name = Path(path).stem
    if not name.isidentifier() or name in sys.modules or name in sys.stdlib_module_names:
        name = "code_under_check"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refused("it cannot be imported: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _from_path(target: Target) -> ModuleType:
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(target.source)
    except ModuleNotFoundError as problem:
        if problem.name and f"{target.source}.".startswith(f"{problem.name}."):
            raise Refused(
                f"there is no module {problem.name}: expected one that can be imported from "
                "here, or a file, FILE.py:NAME"
            ) from None
        raise


def _absent(target: Target, module: ModuleType) -> str:
    from difflib import get_close_matches

    names = case_names(getattr(module, "__file__", None) or "")
    near = get_close_matches(target.name, [*names, *vars(module)], n=1)
    if near:
        advice = f"did you mean {near[0]}?"
    elif names:
        advice = f"its cases are {', '.join(names[:10])}"
    else:
        advice = f"expected {EXPECTED}"
    return f"{target.source} has no {target.name}; {advice}"


def observed(case: GradientCase) -> Observation:
    """What a case computes at its own point and at two points near it; nothing if it is huge."""
    inputs = {str(name): np.asarray(value, np.float64) for name, value in case.inputs.items()}
    functions = functions_of(case.loss, case.gradient, case.parameters, case.value_and_gradient)
    own = functions.point.arrays
    if sum(array.size for array in (*own.values(), *inputs.values())) > ENTRIES_COMPARED:
        return Observation((), (), {}, {}, 0.0)
    functions.types = {name: array.dtype for name, array in own.items()}
    arrays = {name: np.array(array, np.float64) for name, array in own.items()}
    points = [arrays]
    for scale, shift in ((0.9, 0.05), (1.1, -0.03)):
        points.append({name: scale * array + shift for name, array in arrays.items()})
    losses = [functions.nearby(point) for point in points]
    types = [array.dtype for array in own.values() if array.dtype.kind == "f"]
    precision = max((float(np.finfo(kind).eps) for kind in types), default=2.0**-52)
    return Observation(tuple(points), tuple(losses), functions.gradient(arrays), inputs, precision)


def complaint(problem: BaseException, target: Target) -> str:
    """What went wrong in one line, with the user's own last line where it was the user's code."""
    if isinstance(problem, Refused):
        return str(problem)
    if isinstance(problem, SyntaxError) and problem.filename:
        place = f"{_shown(problem.filename)}, line {problem.lineno}"
        return f"it cannot be imported: {problem.msg} ({place})"
    said = _said(problem)
    frames = traceback.extract_tb(problem.__traceback__)
    whose = [frame for frame in frames if _is_ours(frame.filename) or _is_theirs(frame, target)]
    if not whose or _is_ours(whose[-1].filename):
        if isinstance(problem, (TypeError, ValueError, ArithmeticError, NotImplementedError)):
            return said if not isinstance(problem, (TypeError, ValueError)) else str(problem)
        return f"gradcheck itself failed here ({said}): please report it"
    last = whose[-1]
    text = f": {last.line}" if last.line else ""
    where = f"{_shown(last.filename)}, line {last.lineno}, in {last.name}{text}"
    return f"it raised {said} ({where}){_advice(problem)}"


def _said(problem: BaseException) -> str:
    words = " ".join(str(problem).split())[:300]
    name = type(problem).__name__
    return f"{name}: {words}" if words else name


def _advice(problem: BaseException) -> str:
    if isinstance(problem, ImportError) and "relative import" in str(problem):
        return "; a file of a package is named as package.module:NAME"
    return ""


def _is_ours(filename: str) -> bool:
    return filename.startswith(PACKAGE + os.sep)


def _is_theirs(frame: traceback.FrameSummary, target: Target) -> bool:
    """Whether a line is the user's: not the library's, nor of what is installed."""
    if frame.filename.startswith("<"):
        return False
    if target.is_file and os.path.realpath(frame.filename) == os.path.realpath(target.source):
        return True
    installed = (os.path.dirname(os.__file__), "site-packages", "dist-packages")
    return not any(part in frame.filename for part in installed)


def _shown(filename: str) -> str:
    """A path as short as it can be: relative where it lies below the working directory."""
    try:
        relative = os.path.relpath(filename)
    except ValueError:  # another drive
        return filename
    return filename if relative.startswith("..") else relative
