"""What fails a run without a finding is told by every format, as `strict` or as a comparison."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.report.renderers.formats import FORMATS, renderer
from gradcheck.report.renderers.objections import objections
from gradcheck.report.results import CodeComparison, ComparedGradient, Report
from gradcheck.verification import verify

HALF = r"""
$$h = \tanh(w_1 x + b_1), \quad \hat{y} = w_2 h + b_2, \quad L = (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) h$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$c = \clubsuit x$$
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two gradients up to a constant, two not claimed, and a side that is not read."""
    path = tmp_path_factory.mktemp("half") / "half.md"
    path.write_text(HALF, encoding="utf-8")
    return verify(path)


@pytest.fixture
def strict(report: Report) -> Report:
    return replace(report, strict=True)


@pytest.fixture
def at_odds(report: Report) -> Report:
    """Code that is right by itself and yet not what was derived."""
    row = ComparedGradient("w_2", "w_2", "W2", "the code is not the derived one", True)
    comparison = CodeComparison("m.py:f", "at odds", "mse/identity", (row,))
    (document,) = report.documents
    return replace(report, documents=(replace(document, comparisons=(comparison,)),))


def told(report: Report, name: str) -> str:
    return renderer(name)(report)


def test_what_passes_is_not_objected_to(report: Report) -> None:
    assert report.exit_status == 0 and objections(report) == []
    root = ElementTree.fromstring(told(report, "junit"))
    assert root.get("failures") == "0"


def test_strict_objects_to_every_gradient(strict: Report) -> None:
    assert strict.exit_status == 1
    words = Counter(item.message.split(" is ")[1] for item in objections(strict))
    assert words == {"up to 2 (strict)": 2, "not claimed (strict)": 2}
    lines = {item.message.split()[3]: item.line for item in objections(strict)}
    assert lines == {"w_2": 4, "b_2": 6, "w_1": None, "b_1": None}


@pytest.mark.parametrize("name", ["github", "concise", "markdown", "sarif", "junit"])
def test_formats_tell_what_strict_objects_to(strict: Report, name: str) -> None:
    assert told(strict, name).replace("\\", "").count("(strict)") >= 4
    assert "(strict)" not in told(replace(strict, strict=False), name).replace("\\", "")


def test_junit_fails_where_strict_does(strict: Report) -> None:
    root = ElementTree.fromstring(told(strict, "junit"))
    assert root.get("failures") == "5"  # the gradients and the side that is not read


@pytest.mark.parametrize("name", ["github", "concise", "markdown", "sarif", "junit"])
def test_formats_tell_of_code_at_odds(at_odds: Report, name: str) -> None:
    assert at_odds.exit_status == 1
    assert "the code is not the derived one" in told(at_odds, name).replace("\\", "")
    if name == "junit":
        assert ElementTree.fromstring(told(at_odds, name)).get("failures") == "1"


@pytest.mark.parametrize("name", ["github", "concise", "markdown", "sarif", "junit", "text"])
def test_nothing_checked_is_told_where_all_is_known(tmp_path: Path, name: str) -> None:
    path = tmp_path / "lossless.md"
    path.write_text(r"$$\frac{\partial L}{\partial w} = x$$", encoding="utf-8")
    report = verify(path)
    (document,) = report.documents
    known = tuple(replace(finding, known=True) for finding in document.findings)
    report = replace(report, documents=(replace(document, findings=known),))
    assert report.exit_status == 2 and not report.errors
    assert "nothing was checked" in told(report, name)


NAME = b"a b#c%41,=`|<x>&::y\n\xff.md"


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """Also one that is no text, and one that a format has signs of its own for."""
    path = tmp_path / NAME.decode("utf-8", "surrogateescape")
    try:
        path.write_text(HALF.replace("y)^2", "y)^2 + b_2"), encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    text = told(verify([path, tmp_path / "=1+1.md"]), name)
    written = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if name in ("json", "sarif", "gradescope"):
        json.loads(written)
    elif name == "junit":
        ElementTree.fromstring(written)
    elif name == "csv":
        assert len(list(csv.reader(io.StringIO(written)))) == 3
    elif name == "github":
        assert all(line.startswith("::") for line in written.splitlines()[:-1])
