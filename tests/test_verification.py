"""The pipeline as a library call: paths in, report out, nothing printed and nothing raised."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcheck
from gradcheck.language.verdict import Verdict
from tests.understand.documents import CLAIMS, FORWARD, HALF

PAGE = FORWARD + HALF + CLAIMS
WRONG = PAGE.replace("(1 - a_1) x", "(1 + a_1) x")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_path_or_several(page: Path) -> None:
    for paths in (page, str(page), [page], [str(page)], (page,)):
        report = gradcheck.verify(paths)
        assert [document.path for document in report.documents] == [str(page)]
        assert (report.exit_status, report.errors) == (0, ())


def test_a_folder(page: Path) -> None:
    (page.parent / "another.md").write_text(WRONG, encoding="utf-8")
    (page.parent / "notes.txt").write_text("no document", encoding="utf-8")
    report = gradcheck.verify(page.parent)
    assert [Path(document.path).name for document in report.documents] == ["another.md", "page.md"]
    assert report.exit_status == 1


def test_bad_input_becomes_an_error_and_the_rest_is_checked(page: Path) -> None:
    missing = page.parent / "missing.md"
    report = gradcheck.verify([missing, page])
    assert [error.path for error in report.errors] == [str(missing)]
    assert len(report.documents) == 1
    assert report.exit_status == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty"), ("Only prose.\n", "no equations"), ("$$z = w x$$\n", "no gradient")],
)
def test_nothing_to_check_is_an_error_of_its_own(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    report = gradcheck.verify(path)
    assert any(message in error.message for error in report.errors), report.errors
    assert report.exit_status == 2


def test_nothing_is_printed(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gradcheck.verify([page, page.parent / "missing.md"])
    assert capsys.readouterr() == ("", "")


def test_expectations_are_met_or_disregarded(tmp_path: Path) -> None:
    claim = r"$$\frac{\partial L}{\partial w_1}"
    expected = WRONG.replace(claim, f"<!-- gradcheck: expect[GC105] known -->\n{claim}")
    path = tmp_path / "page.md"
    path.write_text(expected, encoding="utf-8")
    code = next(
        f.rule.code for f in gradcheck.verify(path, inline=False).documents[0].findings if f.fails
    )
    path.write_text(expected.replace("GC105", code), encoding="utf-8")
    with_comments, without = gradcheck.verify(path), gradcheck.verify(path, inline=False)
    assert (with_comments.exit_status, without.exit_status) == (0, 1)
    for report in (with_comments, without):  # the verdict stays
        rows = report.documents[0].setups[0].parameters
        assert [row.verdict for row in rows].count(Verdict.WRONG) == 1


def test_strict_and_seed_and_sizes_are_in_the_report(page: Path) -> None:
    report = gradcheck.verify(page, seed=7, sizes=(2, 3, 4), strict=True)
    assert (report.seed, report.sizes, report.strict) == (7, (2, 3, 4), True)
    assert report.exit_status == 0


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 1, 2), (2, 3, 1), (4, 2, 9)])
def test_any_sizes(page: Path, sizes: tuple[int, int, int]) -> None:
    report = gradcheck.verify(page, sizes=sizes)
    assert {row.status for row in report.documents[0].setups[0].parameters} == {"exact"}
    page.write_text(WRONG, encoding="utf-8")
    assert gradcheck.verify(page, sizes=sizes).exit_status == 1


def test_findings_come_in_document_order(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    wrong = PAGE.replace(r"(\hat{y} - y)", r"(\hat{y} + y)").replace(
        r"{2} (\hat{y} + y)", r"{2} (\hat{y} - y)"
    )
    path.write_text(wrong, encoding="utf-8")
    document = gradcheck.verify(path).documents[0]
    starts = [finding.span.start for finding in document.findings]
    assert starts == sorted(starts)
    assert len([finding for finding in document.findings if finding.fails]) >= 3


def test_every_side_is_accounted_for(tmp_path: Path) -> None:
    """Steps are all adjacent pairs; a side that is not read is a step that says so, and a finding."""
    path = tmp_path / "page.md"
    path.write_text(PAGE + "\n$$q = x \\times$$\n", encoding="utf-8")
    document = gradcheck.verify(path).documents[0]
    assert document.formulas == 10
    assert len(document.steps) == 10
    assert [step.verdict for step in document.steps].count(Verdict.UNREAD) == 1
    assert [f.rule.code for f in document.findings if f.rule.severity != "note"] == ["GC001"]
    assert gradcheck.verify(path).exit_status == 0
    assert gradcheck.verify(path, strict=True).exit_status == 1
