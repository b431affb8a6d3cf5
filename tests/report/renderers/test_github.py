"""GitHub's workflow commands: one line each, escaped, first cause first."""

from __future__ import annotations

import re
from dataclasses import replace

from gradcheck.language.document import Document
from gradcheck.language.problem import InputError
from gradcheck.report.renderers.github import render
from gradcheck.report.results import Report

COMMAND = re.compile(r"::(error|warning|notice) (file=[^,:]*(?:,\w+=[^,:]*)*)::(.*)")


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    found = []
    for line in render(report).splitlines()[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = dict(item.split("=", 1) for item in match[2].split(","))
        found.append((match[1], properties, match[3]))
    return found


def test_errors_have_a_place_and_a_title(made_report: Report) -> None:
    level, properties, message = commands(made_report)[1]
    assert level == "error"
    assert properties == {
        "file": "notes/made.md",
        "line": "11",
        "col": "3",
        "endLine": "11",
        "endColumn": "21",
        "title": "GC401 update-target",
    }
    assert message == "b_1 starts from b_2; try: write b_1 ← b_1 - …"


def test_expected_findings_are_no_errors(made_report: Report) -> None:
    levels = {properties["title"]: level for level, properties, _ in commands(made_report)}
    assert levels["GC101 extra-factor"] == "notice"


def test_what_follows_comes_after_its_cause(made_report: Report) -> None:
    titles = [properties["title"] for _, properties, _ in commands(made_report)]
    assert titles.index("GC401 update-target") < titles.index("GC402 update-gradient")


def test_inputs_come_first(made_report: Report) -> None:
    assert commands(made_report)[0] == (
        "error",
        {"file": "gone.md", "title": "input"},
        "no such file",
    )


def test_escaping(made_report: Report) -> None:
    message = next(text for _, place, text in commands(made_report) if "GC202" in place["title"])
    assert message == "100%25 sure:%0Athe sum, left out"
    odd = replace(made_report, documents=(), errors=(InputError("a:b,c%\n.md", "no"),))
    assert render(odd).startswith("::error file=a%3Ab%2Cc%25%0A.md,title=input::no\n")


def test_a_finding_over_several_lines_has_no_columns(made_report: Report) -> None:
    document = made_report.documents[0]
    text = document.document.text.replace(" w_2 a_1 (1-a_1) x", "\nw_2 a_1 (1-a_1) x")
    changed = replace(document, document=Document("a.md", text))
    places = [place for _, place, _ in commands(replace(made_report, documents=(changed,)))]
    spread = [place for place in places if place.get("endLine") != place.get("line")]
    assert spread
    assert not any("col" in place or "endColumn" in place for place in spread)
