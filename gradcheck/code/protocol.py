"""How a child process tells its parent what it found: lines of JSON, one object each.

The child sends `STARTED` before it touches the code, ``{"done": …, "expected": …}`` evaluations now
and then, ``{"report": …}`` or ``{"error": …}`` at the end. No object is rebuilt from what the child
names, so that code under test cannot make the parent run anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.result import GradientReport
from gradcheck.language.finding import RULES, Rule
from gradcheck.language.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray


STARTED = {"started": True}


@dataclass(frozen=True)
class Observation:
    """What a case computes, for a comparison with a document.

    ``points`` are parameters by name: the case's own point and some near it; ``losses`` the loss
    at each. ``gradient`` is the case's at the first; ``inputs`` the data it says it uses. All are
    empty for a case too large to compare.
    """

    points: tuple[Mapping[str, NDArray[Any]], ...]
    losses: tuple[float, ...]
    gradient: Mapping[str, NDArray[Any]]
    inputs: Mapping[str, NDArray[Any]]
    precision: float  # the coarsest of the parameters' float types: its unit in the last place


def line(message: Mapping[str, Any]) -> bytes:
    """A message as one line."""
    return json.dumps(message).encode() + b"\n"


def as_plain(value: Any) -> Any:
    """A report, or a part of one, as what JSON can say."""
    match value:
        case Verdict():
            return value.value
        case Rule():
            return value.code
        case Enum():
            return value.value
        case Mapping():
            return {str(key): as_plain(item) for key, item in value.items()}
        case list() | tuple():
            return [as_plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    if is_dataclass(value):
        return {item.name: as_plain(getattr(value, item.name)) for item in fields(value)}
    return value.item()  # a NumPy scalar


def report_from(plain: Mapping[str, Any]) -> GradientReport:
    """The report that `as_plain` was given. Raises ValueError, TypeError or KeyError."""
    values = {key: _tupled(value) for key, value in plain.items()}
    rows = tuple(GradientRow(**_row(row)) for row in plain["rows"])
    findings = tuple(CodeFinding(**_finding(item)) for item in plain["findings"])
    values |= {"rows": rows, "findings": findings, "verdict": Verdict(plain["verdict"])}
    return GradientReport(**values)


def _row(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {**_values(plain), "verdict": Verdict(plain["verdict"])}


def _finding(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {**_values(plain), "rule": RULES[plain["rule"]]}


def _values(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _tupled(value) for key, value in plain.items()}


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value


def observation_as_plain(observation: Observation) -> dict[str, Any]:
    """An observation as what JSON can say: every float comes back as it was."""
    return {
        "points": [_lists(point) for point in observation.points],
        "losses": list(observation.losses),
        "gradient": _lists(observation.gradient),
        "inputs": _lists(observation.inputs),
        "precision": observation.precision,
    }


def observation_from(plain: Mapping[str, Any]) -> Observation:
    """The observation that `observation_as_plain` was given."""
    return Observation(
        tuple(_arrays(point) for point in plain["points"]),
        tuple(float(loss) for loss in plain["losses"]),
        _arrays(plain["gradient"]),
        _arrays(plain["inputs"]),
        float(plain["precision"]),
    )


def _lists(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    return {name: array.tolist() for name, array in arrays.items()}


def _arrays(lists: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    import numpy as np

    return {str(name): np.array(value, dtype=np.float64) for name, value in lists.items()}
