"""Students' documents against an assignment: every verdict and every finding is declared here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.report.results import Report
from tests.fence.digests import check, of_document

FOLDER = Path(__file__).parents[2] / "assignments"

STUDENTS = {
    # student, reference: the rows in the order of the table; findings as code, line and cause
    ("activation-left-out", "mean-squares"): (
        "WRONG WRONG exact exact",
        ["GC311 1", "GC122 9 line 1", "GC122 11 line 1"],
    ),
    ("other-activation", "mean-squares"): (
        "WRONG WRONG exact exact",
        ["GC311 1", "GC124 9 line 1", "GC124 11 line 1"],
    ),
    ("plain-difference", "mean-squares"): (
        "WRONG WRONG WRONG WRONG",
        ["GC311 3", *(f"GC102 {line} line 3" for line in (5, 5, 7, 9))],
    ),
    ("log-loss-for-squares", "mean-squares"): (
        "WRONG WRONG WRONG WRONG",
        ["GC311 1", "GC311 3", *(f"GC120 {line} line 1" for line in (5, 5, 7, 7))],
    ),
    ("squares-for-log-loss", "log-loss"): (
        "WRONG WRONG WRONG WRONG",
        ["GC311 1", "GC311 3", *(f"GC105 {line} line 1" for line in (5, 5, 7, 9))],
    ),
    ("biases-left-out", "mean-squares"): (
        "exact,not claimed,exact,not claimed",
        ["GC311 1", "GC311 1"],
    ),
    ("other-bias-and-wrong-claims", "mean-squares"): (
        "exact WRONG exact WRONG",
        ["GC311 1", "GC103 7", "GC133 11 line 1"],
    ),
    ("half-the-sum", "mean-squares"): (
        ",".join(["up to 2/N"] * 4),
        ["GC312 3", "GC201 5"],
    ),
    ("half-the-mean-over-n", "mean-squares"): (
        ",".join(["up to 2"] * 4),
        ["GC312 3", "GC201 5"],
    ),
    ("part-of-the-definitions", "mean-squares"): ("exact WRONG exact exact", ["GC122 9"]),
    ("other-letters", "mean-squares"): ("exact exact exact exact", []),
    ("other-order", "mean-squares"): ("exact exact exact exact", []),
    ("no-output-sum", "mean-squares"): ("exact exact exact exact", []),
    ("letters-swapped", "log-loss"): ("exact exact exact exact", []),
    ("setups-swapped", "two-setups"): (" ".join(["exact"] * 8), []),
}


@cache
def against(student: Path | str, reference: str) -> Report:
    path = FOLDER / "students" / f"{student}.md" if isinstance(student, str) else student
    return verify(path, against=FOLDER / f"{reference}.md")


def findings(report: Report) -> list[str]:
    (document,) = report.documents
    found = []
    for item in document.findings:
        line = document.document.line_of(item.span)
        found.append(" ".join([item.rule.code, str(line), *filter(None, [item.follows_from])]))
    return found


@pytest.mark.parametrize(("student", "reference"), STUDENTS, ids="-".join)
def test_the_fence_stands(student: str, reference: str) -> None:
    check(f"--against {reference} {student}", of_document(against(student, reference)))


@pytest.mark.parametrize(("student", "reference"), STUDENTS, ids="-".join)
def test_a_student_against_the_assignment(student: str, reference: str) -> None:
    rows, declared = STUDENTS[student, reference]
    report = against(student, reference)
    (document,) = report.documents
    shown = [row.status for setup in document.setups for row in setup.parameters]
    assert shown == (rows.split(",") if "," in rows else rows.split())
    assert sorted(findings(report)) == sorted(declared)
    words = [
        *document.readings,
        *(f"{f.message} {f.suggestion} {f.derived}" for f in document.findings),
    ]
    assert not [text for text in words if "(ref)" in text or "ref}" in text]


def test_every_document_is_declared() -> None:
    assert {student for student, _ in STUDENTS} == {p.stem for p in FOLDER.glob("students/*.md")}
    assert {reference for _, reference in STUDENTS} == {p.stem for p in FOLDER.glob("*.md")}


def test_the_reference_is_suggested_in_its_own_words() -> None:
    (document,) = against("half-the-sum", "mean-squares").documents
    suggested = [f.suggestion for f in document.findings if f.rule.code == "GC312"]
    assert suggested == [r"L = \frac{1}{N} \sum_{i=1}^N (\hat{y}_i - y_i)^2"]


def test_what_follows_is_right_by_the_students_own_definitions() -> None:
    own = verify(FOLDER / "students" / "activation-left-out.md")
    assert {row.status for setup in own.documents[0].setups for row in setup.parameters} == {
        "exact"
    }


def test_a_definition_that_the_reference_gives_is_never_mended(tmp_path: Path) -> None:
    text = (FOLDER / "students" / "no-output-sum.md").read_text(encoding="utf-8")
    student = tmp_path / "student.md"
    student.write_text(text.replace("w_2 a_{1,i} (1", "w_1 a_{1,i} (1"), encoding="utf-8")
    found = findings(against(student, "mean-squares"))
    assert found == ["GC120 9", "GC120 11 line 9"]
