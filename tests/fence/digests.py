"""What is put behind the fence: of everything that gradcheck says, two digests an input.

*Verdicts*: codes, places, verdicts, what is left out, suggestions; of numbers only whether they are
within their bound. *Words*: messages, readings, derived formulas. A change that is meant to change
nothing changes neither; ``digests.json`` holds them, a line an input, so that a diff names what
changed, and ``record.py`` writes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from gradcheck.code.result import GradientReport
from gradcheck.project.version import __version__
from gradcheck.report.renderers.formats import renderer
from gradcheck.report.results import Report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RECORD = HERE / "digests.json"

Part = Mapping[str, Any]
Material = tuple[Any, Any]
"""What the digests of an input are made of: its verdicts, and its words."""

_WORDS = {
    "documents": ("readings",),
    "findings": ("message", "derived", "counterexample", "numpy"),
    "steps": (),
    "setups": ("forward", "loss", "backprop", "notes"),
    "parameters": ("derived", "note", "reason", "quotient", "witness"),
    "descents": ("words", "notes"),
    "code": ("words", "method", "notes"),
}
"""Of every part of the JSON: the keys that hold words. All others are verdicts, but for numbers."""
_NUMBERS = (
    "document_error numeric_error numeric_bound backprop_error code_error worst_entry rate losses "
    "final_by_document final_by_truth largest_error bound claimed numeric visible evaluations path "
    "target"
).split()
_NEAR = 1e-8
"""An error below it is one of rounding; a wrong formula is off by more."""


def of_document(report: Report) -> Material:
    """Of a report about one document."""
    (document,) = _plain(report)["documents"]
    document.pop("descents")
    return _verdicts(document, "documents"), _words(document, "documents")


def of_descents(report: Report) -> Material:
    """Of the runs of gradient descent in a report about one document."""
    (document,) = _plain(report)["documents"]
    runs = document["descents"]
    return [_verdicts(run, "descents") for run in runs], [_words(run, "descents") for run in runs]


def of_code(code: GradientReport) -> Material:
    """Of a check of gradient code."""
    (plain,) = _plain(Report((), (), code=(code,)))["code"]
    return _verdicts(plain, "code"), _words(plain, "code")


def of_format(name: str, report: Report) -> Material:
    """Of a report as it is rendered: words alone."""
    text = renderer(name)(report).replace(str(ROOT), "ROOT").replace(__version__, "VERSION")
    return None, _steady(text)


def _plain(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(renderer("json")(report))
    return plain


def _verdicts(part: Part, kind: str) -> dict[str, Any]:
    """A part of the JSON without its words, each number as whether it is small enough."""
    found: dict[str, Any] = {"within": _within(part)}
    for key, value in part.items():
        if key in _WORDS[kind] or key in _NUMBERS:
            continue
        if key == "otherwise":
            found[key] = [item["verdict"] for item in value]
        elif key in _WORDS and isinstance(value, list):
            found[key] = [_verdicts(item, key) for item in value]
        else:
            found[key] = value
    return found


def _words(part: Part, kind: str) -> dict[str, Any]:
    """The words of a part of the JSON; numbers of many digits are left out of them."""
    found: dict[str, Any] = {key: _steady(part.get(key)) for key in _WORDS[kind]}
    for key, value in part.items():
        if key == "otherwise":
            found[key] = [item["reading"] for item in value]
        elif key in _WORDS and isinstance(value, list) and key not in found:
            found[key] = [_words(item, key) for item in value]
    return found


def _within(part: Part) -> dict[str, bool | None]:
    """Of every error, whether it is no more than rounding or than the bound beside it."""
    found: dict[str, bool | None] = {}
    for key in _NUMBERS:
        if key.endswith("_error") and key in part:
            bound = part.get(key.replace("_error", "_bound")) or part.get("bound") or _NEAR
            found[key] = None if part[key] is None else part[key] <= max(bound, _NEAR)
    if "final_by_document" in part:
        ends = (part["final_by_document"], part["final_by_truth"])
        same = None not in ends and abs(ends[0] - ends[1]) <= _NEAR
        found["final"] = None if None in ends else same
    return found


_LONG = re.compile(r"(?<![\w.])\d+(?:\.\d{3,}(?:e[+-]?\d+)?|(?:\.\d+)?e[+-]?\d+)")


def _steady(value: Any) -> Any:
    """Words, with a sign for every number that another machine may round to other digits."""
    if isinstance(value, str):
        return _LONG.sub("#", value)
    if isinstance(value, list):
        return [_steady(item) for item in value]
    return value


def digests(material: Material) -> list[str]:
    """A short digest of the verdicts, and one of the words."""
    return ["" if part is None else _digest(part) for part in material]


def _digest(part: Any) -> str:
    text = json.dumps(part, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def recorded() -> dict[str, list[str]]:
    """The digests that stand, by the name of the input."""
    if not RECORD.exists():
        return {}
    stand: dict[str, list[str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return stand


def changed(old: Sequence[str] | None, new: Sequence[str]) -> list[str]:
    """Which of the digests differ, in words."""
    if old is None:
        return ["new"]
    pairs = zip(("verdicts", "words"), old, new, strict=True)
    return [name for name, before, after in pairs if before != after]


def check(name: str, material: Material) -> None:
    """Fail if something changed, and say which digest and how to see more."""
    found = changed(recorded().get(name), digests(material))
    assert not found, (
        f"{name}: {' and '.join(found)} changed. If that is meant: python tests/fence/record.py; "
        "with --material FILE it writes down what the digests are made of"
    )
