"""The text for people: everything is in it, it fits, it is the same on every machine."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.document import Document
from gradcheck.report.descents import Descent, LossAt
from gradcheck.report.renderers.table import magnitude
from gradcheck.report.renderers.terminal import WIDTH, printable, wrapped
from gradcheck.report.renderers.text import render
from gradcheck.report.results import DocumentResult, Report

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_read_back_comes_before_the_tables(made_report: Report) -> None:
    text = render(made_report)
    places = [text.index(word) for word in ("notes/made.md", "z_1 = W_1 x", "L = 1/N", "gradient ")]
    assert places == sorted(places)


def test_every_verdict_stands_in_its_row(made_report: Report) -> None:
    lines = render(made_report).splitlines()
    for name, line, status in (
        ("W_1", "3", "up to 2/N, Σ"),
        ("b_1", "5", "WRONG (expected)"),
        ("w_2", "7", "not read"),
        ("b_2", "9", "not decided"),
        ("W_1", "9", "exact"),
    ):
        assert any(re.match(rf" +{name} +{line} +{re.escape(status)} ", text) for text in lines)


def test_what_could_not_be_compared_is_said(made_report: Report) -> None:
    assert "another network: three layers" in render(made_report)


def test_later_setups_show_what_differs(made_report: Report) -> None:
    document = made_report.documents[0]
    first, second = document.setups
    tanh = (first.forward[0], "a_1 = tanh(z_1)", *first.forward[2:])
    setups = (first, replace(second, forward=tanh), replace(first, line=20))
    report = replace(made_report, documents=(replace(document, setups=setups),))
    lines = [" ".join(line.split()) for line in render(report).splitlines()]
    assert "from line 9 a_1 = tanh(z_1)" in lines
    assert "from line 20 a_1 = σ(z_1)" in lines
    assert lines.count("loss L = 1/N Σ (ŷ - y)²") == 1


def test_last_lines_count_and_conclude(made_report: Report) -> None:
    end = " ".join(render(made_report).splitlines()[-5:])
    assert "1 document; 5 gradients: 1 exact, 1 up to a convention, 1 WRONG" in end
    assert "3 steps: 1 exact, 1 up to a convention, 1 not judged." in end
    assert "FAILED: 1 gradient not read, 1 gradient not decided, 1 other error" in end
    assert "1 input could not be checked" in end
    assert end.endswith("'gradcheck rule GC402' explains GC402, with an example.")


def test_what_was_ignored_is_counted(made_report: Report) -> None:
    document = made_report.documents[0]
    error = next(finding for finding in document.findings if finding.fails)
    findings = (replace(error, ignored=True), replace(error, ignored=True))
    ignored = replace(made_report, documents=(replace(document, findings=findings),), errors=())
    text = " ".join(render(ignored).split())
    assert "PASSED: nothing unexpected (2 findings are ignored in the documents;" in text
    assert "3 gradients with findings that are not selected)" in text


def test_a_row_says_that_its_mistake_is_ignored(made_report: Report) -> None:
    document = made_report.documents[0]
    findings = tuple(replace(f, expected=False, ignored=True) for f in document.findings)
    text = render(replace(made_report, documents=(replace(document, findings=findings),)))
    assert re.search(r"b_1 +5  WRONG \(ignored\) ", text)


def test_descents_are_shown_where_there_are_some(made_report: Report) -> None:
    losses = (LossAt(0, 1.0, 1.0), LossAt(100, None, 0.25))
    ran = Descent("mse/identity", 100, 0.1, losses, None, 0.25, 37, "climbs " * 30, ("a note",))
    document = replace(made_report.documents[0], descents=(ran, "not run: no rule"))
    text = render(replace(made_report, documents=(document,)))
    for part in ("descent, mse/identity", "diverged", "a note", "not run: no rule"):
        assert part in text
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize("colour", [False, True])
def test_lines_fit(made_report: Report, colour: bool) -> None:
    document = made_report.documents[0]
    long = "x_{12} + " * 60
    setup = document.setups[0]
    first = setup.parameters[0]
    rows = (
        replace(first, source_name="W" * 70, status="up to " + "9" * 40, note=long),
        replace(
            setup.parameters[1],
            claims=(replace(setup.parameters[1].claims[0], source="a" * 3000, derived=long),),
            worst_entry=(511, 511),
            document_error=1.5e300,
        ),
    )
    stretched = replace(setup, forward=(long, "b" * 250), loss=long, parameters=rows)
    result = replace(
        document,
        document=Document("deep/" * 40 + "made.md", document.document.text),
        setups=(stretched,),
        readings=(long,),
    )
    text = ANSI.sub("", render(replace(made_report, documents=(result,)), colour=colour))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_colour_only_where_wanted(made_report: Report) -> None:
    plain, coloured = render(made_report), render(made_report, colour=True)
    assert "\x1b" not in plain
    assert "\x1b" in coloured
    assert ANSI.sub("", coloured) == plain


def test_a_document_cannot_steer_the_terminal(made_report: Report) -> None:
    document = made_report.documents[0]
    hostile = "\x1b[2J\x07 \u202e evil\r\n\x9b1A"
    readings = replace(document, readings=(hostile,), document=Document(hostile, "x" * 900))
    text = render(replace(made_report, documents=(readings,)))
    assert not set("\x1b\x07\u202e\r\x9b") & set(text)


def test_a_report_of_nothing() -> None:
    text = render(Report((), ()))
    assert "0 documents; 0 gradients; 0 steps." in text
    assert "PASSED" not in text


def test_a_document_without_setups() -> None:
    result = DocumentResult(Document("a.md", "$x$"), (), (), (), (), formulas=1)
    assert "1 formula, no gradient" in render(Report((result,), ()))


@pytest.mark.parametrize(
    ("error", "floor", "shown"),
    [
        (None, 1e-12, "–"),
        (float("nan"), 1e-12, "–"),
        (float("inf"), 1e-12, "–"),
        (0.0, 1e-12, "< 1e-12"),
        (9.9e-13, 1e-12, "< 1e-12"),
        (3e-11, 1e-12, "< 1e-10"),
        (3e-11, 1e-9, "< 1e-9"),
        (2e-9, 1e-9, "< 1e-8"),
        (0.0312, 1e-12, "0.031"),
        (1.0, 1e-12, "1"),
        (1234.5, 1e-12, "1.2e3"),
        (1.5e300, 1e-12, "1.5e300"),
    ],
)
def test_magnitude(error: float | None, floor: float, shown: str) -> None:
    assert magnitude(error, floor) == shown


@given(st.floats(min_value=0, max_value=1e-13), st.floats(min_value=0, max_value=1e-13))
def test_noise_below_the_floor_looks_the_same(one: float, other: float) -> None:
    assert magnitude(one, 1e-12) == magnitude(other, 1e-12)


@given(st.text(max_size=300))
def test_wrapped_lines_fit_and_keep_every_character(text: str) -> None:
    lines = wrapped(text, "  label  ")
    assert all(len(line) <= WIDTH for line in lines)
    joined = "".join(lines).removeprefix("  label")
    assert "".join(joined.split()) == "".join(printable(text).split())
