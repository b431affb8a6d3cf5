"""Documents that cost more than they may: what is over is undecided, and the rest stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import gradcheck
from gradcheck.judge import Options
from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import DocumentResult
from gradcheck.run.budget import SEARCH, OverBudget, sharing
from gradcheck.verification import Choices, verify_document

ROOT = Path(__file__).resolve().parents[1]
NETWORK = "$$\\hat y = w x + b$$\n\n$$L = (\\hat y - y)^2$$\n\n"
RIGHT = "$$\\frac{\\partial L}{\\partial b} = 2(\\hat y - y)$$\n\n"
WRONG = "$$\\frac{\\partial L}{\\partial b} = 2(\\hat y + y)$$\n\n"
MONSTER = "$$\\frac{\\partial L}{\\partial w} = 2(\\hat y - y)x + (x + y + w + b)^{12} - (w + b + x + y)^{12}$$\n\n"


@pytest.fixture(autouse=True)
def _clocks_that_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted work alone decides: the first document of a process pays for its imports."""
    monkeypatch.setattr("gradcheck.run.budget._clocks", lambda: (0.0, 0.0))


def verified(text: str, budget: float) -> DocumentResult:
    return verify_document(Document("a.md", text), Choices(Options(), budget=budget))


def claims(result: DocumentResult) -> dict[tuple[int, str, int], Verdict]:
    return {
        (number, row.role, place): claim.verdict
        for number, setup in enumerate(result.setups)
        for row in setup.parameters
        for place, claim in enumerate(row.claims)
    }


def steps(result: DocumentResult) -> list[Verdict | None]:
    return [step.verdict for step in result.steps]


@pytest.mark.parametrize(
    "name", ["derivations/source-002.md", "tests/samples/wrong-sign-everywhere.md"]
)
def test_no_budget_makes_another_verdict_than_undecided(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    whole = verified(text, 10.0)
    cut = 0
    for budget in (0.003, 0.01, 0.02, 0.04, 0.07, 0.12, 0.2):
        try:
            result = verified(text, budget)
        except OverBudget as over:
            assert str(over).startswith("over the budget of ")
            continue
        full, given = claims(whole), claims(result)
        assert full.keys() == given.keys()
        for key, verdict in given.items():
            assert verdict in (full[key], Verdict.UNDECIDED)
        for verdict, step in zip(steps(result), steps(whole), strict=True):
            assert verdict in (step, Verdict.UNDECIDED)
        cut += given != full or steps(result) != steps(whole)
    assert cut > 1  # it did come in between


def test_one_monstrous_claim_costs_only_itself() -> None:
    result = verified(NETWORK + MONSTER + RIGHT, 0.08)
    rows = {row.role: row for row in result.setups[0].parameters}
    (monster,), (right,) = rows["w_1"].claims, rows["b_1"].claims
    assert (monster.verdict, right.verdict) == (Verdict.UNDECIDED, Verdict.EXACT)
    assert "over its share of the budget of 0.08 s" in monster.reason
    assert any("over its share of the budget" in finding.message for finding in result.findings)
    whole = claims(verified(NETWORK + MONSTER + RIGHT, 10.0))
    assert set(whole.values()) == {Verdict.EXACT}


def test_a_search_for_a_mend_loses_the_suggestion_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = verified(NETWORK + WRONG, 10.0)

    def stingy(part: float, work: Callable[[], object]) -> object:
        return sharing(0.0 if part == SEARCH else part, work)

    monkeypatch.setattr("gradcheck.run.parts.sharing", stingy)
    less = verified(NETWORK + WRONG, 10.0)
    assert claims(less) == claims(whole)
    for result, suggested in ((whole, True), (less, False)):
        (finding,) = [f for f in result.findings if f.rule.severity == "error"]
        assert (finding.suggestion is not None) is suggested


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_document_that_is_too_much_to_read_stops_no_other(tmp_path: Path, jobs: int) -> None:
    (tmp_path / "a.md").write_text(NETWORK + "$$u = x + y + x + y$$\n\n" * 600 + RIGHT)
    (tmp_path / "b.md").write_text(NETWORK + RIGHT)
    report = gradcheck.verify([tmp_path], budget=0.05, jobs=jobs)
    (error,) = report.errors
    assert Path(error.path).name == "a.md"
    assert error.message == "over the budget of 0.05 s while reading it"
    (document,) = report.documents
    assert set(claims(document).values()) == {Verdict.EXACT}
    assert report.exit_status == 2


def test_the_budget_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(NETWORK + "$$u = x + y + x + y$$\n\n" * 600 + RIGHT)
    settings = gradcheck.project.configuration.Settings(budget=0.05)
    assert gradcheck.verify(path, settings=settings).errors
    assert not gradcheck.verify(path, settings=settings, budget=5.0).errors
