"""The committed reports are what today's code prints."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(path.relative_to(ROOT) for path in (ROOT / "derivations").glob("*.md"))


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reports", ROOT / "reports" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_document_has_a_report_and_nothing_else(make: ModuleType) -> None:
    assert make.documents(ROOT) == DOCUMENTS
    assert {path.stem for path in DOCUMENTS} == {
        path.stem for path in (ROOT / "reports").glob("*.txt")
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_report_is_up_to_date(
    make: ModuleType, document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    committed = (ROOT / "reports" / f"{document.stem}.txt").read_text(encoding="utf-8")
    assert make.report_text(document) == committed, "run: python reports/make.py"


def test_reports_fit_and_are_plain() -> None:
    for report in (ROOT / "reports").glob("*.txt"):
        text = report.read_text(encoding="utf-8")
        assert max(map(len, text.splitlines())) <= 100
        assert "\x1b" not in text
