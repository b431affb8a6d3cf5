"""Packed results are those that were packed, in every way a report looks at them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verification
from gradcheck.report import baseline
from gradcheck.report.hinting import hinted
from gradcheck.report.renderers.formats import FORMATS, renderer
from gradcheck.report.results import Report
from gradcheck.run.shelf import Shelf, changed, pack

FINDINGS = sorted((Path(__file__).parents[1] / "findings").glob("*.md"))[::19][:6]


def test_a_shelf_is_a_sequence() -> None:
    items = [{"a": 1}, "σ", (2, 3)]
    kept: Shelf[object] = Shelf(map(pack, items))
    assert list(kept) == list(kept) == items
    assert (len(kept), kept[1], kept[-1], list(kept[1:])) == (3, "σ", (2, 3), items[1:])
    assert "σ" in kept and "ŷ" not in kept
    with pytest.raises(IndexError):
        kept[3]


def test_what_is_changed_is_kept_as_it_was() -> None:
    kept = changed(Shelf(map(pack, [1, 2])), lambda item: item + 1)
    assert isinstance(kept, Shelf) and list(kept) == [2, 3]
    assert changed((1, 2), lambda item: item + 1) == (2, 3)


def reports(monkeypatch: pytest.MonkeyPatch, jobs: int) -> tuple[Report, Report]:
    """The same documents, one of them missing, as few and as many."""
    few = verification.verify([*FINDINGS, "missing.md"], inline=False)
    monkeypatch.setattr(verification, "MANY", 1)
    many = verification.verify([*FINDINGS, "missing.md"], inline=False, jobs=jobs)
    assert isinstance(few.documents, tuple) and isinstance(many.documents, Shelf)
    return few, many


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_documents_give_the_report_of_few(monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    few, many = reports(monkeypatch, jobs)
    for name in FORMATS:
        assert renderer(name)(many) == renderer(name)(few)


def test_hints_and_baselines_of_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    few, many = reports(monkeypatch, 1)
    path = tmp_path / "baseline.json"
    path.write_text(baseline.written(few, str(path)), encoding="utf-8")
    known = baseline.load(str(path))
    for change in (hinted, lambda report: baseline.against(report, known)):
        assert isinstance(change(many).documents, Shelf)
        assert renderer("json")(change(many)) == renderer("json")(change(few))
        assert renderer("json")(change(many)) != renderer("json")(many)
