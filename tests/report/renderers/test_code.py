"""Gradient code in every format, alone and beside a document."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from gradcheck.code import CodeFinding, GradientReport, GradientRow
from gradcheck.language.finding import RULES
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Verdict
from gradcheck.report.renderers.code import code_section, comparison_section
from gradcheck.report.renderers.formats import FORMATS, renderer
from gradcheck.report.renderers.terminal import Palette
from gradcheck.report.results import CodeComparison, ComparedGradient, Report

GOOD = GradientRow("w", (2, 3), Verdict.AGREES, 6, 6, 3e-14, 1e-13, (0, 0), 1.0, 1.0, 8e-13)
BAD = GradientRow("b\x1b[2J", (2,), Verdict.WRONG, 2, 2, 0.25, 1e-13, (1,), 0.5, 0.25, 8e-13, 1)
MUTE = GradientRow(
    "c", (), Verdict.UNDECIDED, 1, 0, largest_error=float("nan"), note="not decided: far"
)
FINDING = CodeFinding(RULES["GC501"], "b is off::by\nhalf", BAD.name, (1,), "halve it")
WRONG = GradientReport(
    "m.py:f", Verdict.WRONG, (GOOD, BAD, MUTE), (FINDING,), 99, "central differences"
)
RIGHT = GradientReport("m.py:g", Verdict.AGREES, (GOOD,), notes=("in float32",))


def report(*code: GradientReport, errors: tuple[InputError, ...] = ()) -> Report:
    return Report((), errors, code=code)


def test_the_exit_status_is_that_of_the_code() -> None:
    undecided = GradientReport("m.py:h", Verdict.UNDECIDED, (MUTE,))
    gone = InputError("m.py:x", "no such file")
    assert report(RIGHT).exit_status == 0
    assert report(RIGHT, WRONG).exit_status == 1
    assert report(undecided).exit_status == 1
    assert report(RIGHT, errors=(gone,)).exit_status == 2
    assert report(WRONG, errors=(gone,)).exit_status == 1
    assert report().exit_status == 2


def test_the_table() -> None:
    lines = code_section(WRONG, Palette())
    assert lines[0] == "m.py:f"
    assert "checked by     central differences, 99 evaluations of the loss" in lines[1]
    rows = [line.split() for line in lines]
    assert ["w", "agrees", "<", "1e-13", "6", "of", "6", "1e-12"] in rows
    assert any(row[1:6] == ["WRONG", "0.25", "[1]", "0.5", "0.25"] for row in rows)
    assert any("error: b is off::by half [GC501 code-gradient]" in line for line in lines)
    assert any(line.split() == ["try", "halve", "it"] for line in lines)


def test_the_text_says_how_it_came_out() -> None:
    text = renderer("text")(report(RIGHT, WRONG))
    assert "2 targets of gradient code, 4 parameters: 1 WRONG, 1 not decided, 2 agrees." in text
    assert "FAILED: m.py:f WRONG." in text
    assert "'gradcheck rule GC501' explains GC501." in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert "PASSED: nothing wrong." in renderer("text")(report(RIGHT))


def test_json_holds_every_number_and_no_nan() -> None:
    made = json.loads(renderer("json")(report(WRONG)), parse_constant=pytest.fail)
    (code,) = made["code"]
    assert (code["target"], code["verdict"], code["evaluations"]) == ("m.py:f", "wrong", 99)
    assert [row["verdict"] for row in code["parameters"]] == ["agrees", "wrong", "undecided"]
    assert code["parameters"][1]["worst_entry"] == [1]
    assert code["parameters"][2]["largest_error"] is None
    assert code["findings"][0] == {
        "code": "GC501", "name": "code-gradient", "class": "calculus", "severity": "error",
        "message": "b is off::by\nhalf", "parameter": "b\x1b[2J", "entry": [1], "suggestion": "halve it",
    }  # fmt: skip


def test_github_names_the_file() -> None:
    gone = InputError("m.py:x", "it raised ValueError")
    lines = renderer("github")(report(WRONG, errors=(gone,))).splitlines()
    assert lines[0] == "::error file=m.py,title=input::m.py:x: it raised ValueError"
    assert lines[1].startswith("::error file=m.py,title=GC501 code-gradient::m.py:f: b is off")
    assert len(lines) == 3


OF_DOCUMENTS = {"mistakes"}  # what documents share


@pytest.mark.parametrize("name", sorted(set(FORMATS) - OF_DOCUMENTS))
def test_every_format_shows_code(name: str) -> None:
    text = renderer(name)(report(WRONG, RIGHT))
    assert "m.py" in text
    assert "\x1b" not in text
    if name == "junit":
        assert ElementTree.fromstring(text).get("failures") == "2"


def test_a_comparison_is_a_table_or_a_line() -> None:
    rows = (ComparedGradient("b_1", "b_1", "B1", "all three agree", False, 1e-15, None),)
    found = CodeComparison("m.py:f", "compared at the code's own point", "mse/identity", rows)
    lines = comparison_section(found, Palette())
    assert lines[0] == "  m.py:f and mse/identity: compared at the code's own point"
    assert lines[-1].split() == ["b_1", "B1", "<", "1e-12", "–", "all", "three", "agree"]
    (line,) = comparison_section(CodeComparison("m.py:f", "not compared: why"), Palette())
    assert line.split() == ["code", "m.py:f,", "not", "compared:", "why"]
