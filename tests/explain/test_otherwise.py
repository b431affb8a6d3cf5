"""Verdicts that would be others under another admissible reading are marked, never changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.report.renderers.json_format import render
from gradcheck.report.results import DocumentResult, Report
from gradcheck.understand import derive, settle

CONTRADICTED = r"""
$$z_1 = w_1 x + b_1, \quad a_1 = \tanh(z_1), \quad z_2 = w_2 a_1 + b_2, \quad a_2 = \sigma(z_2)$$

$$\hat{y} = z_2 = a_2$$

$$L = \frac{1}{2} (a_2 - y)^2$$
"""
TWICE = r"""
$$z = w x + b, \quad p = \sigma(z)$$

$$L = \frac{1}{2} (p - y)^2$$

$$L = -y \ln p - (1 - y) \ln(1 - p)$$
"""
TWO_LOSSES = r"""
$$z = w x + b, \quad p = \sigma(z)$$

$$\text{MSE} = \frac{1}{2} (p - y)^2$$

$$\text{BCE} = -y \ln p - (1 - y) \ln(1 - p)$$
"""


def gradient(loss: str, by: str, value: str) -> str:
    return rf"$$\frac{{\partial {loss}}}{{\partial {by}}} = {value}$$" + "\n\n"


def report_of(text: str, folder: Path) -> Report:
    (folder / "page.md").write_text(text, encoding="utf-8")
    return verify([folder / "page.md"])


def document(text: str, folder: Path) -> DocumentResult:
    (result,) = report_of(text, folder).documents
    return result


def rows(result: DocumentResult) -> dict[str, tuple[str | None, tuple[tuple[str, str], ...]]]:
    return {
        row.role: (
            row.verdict and row.verdict.value,
            tuple((words, verdict.value) for words, verdict in row.otherwise),
        )
        for setup in result.setups
        for row in setup.parameters
    }


CASES = {
    "a right one by an equality": (
        CONTRADICTED + gradient("L", "b_2", r"\hat{y} - y"),
        {"b_2": ("exact", (("a_2 is σ(z_2)", "wrong"),))},
    ),
    "a wrong one that the definition would make right": (
        CONTRADICTED + gradient("L", "b_2", r"(a_2 - y) a_2 (1 - a_2)"),
        {"b_2": ("wrong", (("a_2 is σ(z_2)", "exact"),))},
    ),
    "wrong by both": (
        CONTRADICTED + gradient("L", "b_2", r"y - \hat{y}"),
        {"b_2": ("wrong", ())},
    ),
    "a loss defined anew": (
        TWICE + gradient("L", "w", "(p - y) x") + gradient("L", "b", "(p - y) p (1 - p)"),
        {
            "w_1": ("exact", (("L is 1/2·(p - y)^2", "wrong"),)),
            "b_1": ("wrong", (("L is 1/2·(p - y)^2", "exact"),)),
        },
    ),
    "a loss by another name": (
        TWO_LOSSES + gradient("C", "w", "(p - y) p (1 - p) x"),
        {"w_1": ("wrong", (("C is MSE", "exact"),))},
    ),
    "a loss by its own name": (
        TWO_LOSSES + gradient(r"\text{BCE}", "w", "(p - y) p (1 - p) x"),
        {"w_1": ("wrong", ())},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rows_tell_what_they_would_be(name: str, tmp_path: Path) -> None:
    text, expected = CASES[name]
    found = rows(document(text, tmp_path))
    assert {role: found[role] for role in expected} == expected


def test_the_reading_says_so_in_its_line(tmp_path: Path) -> None:
    text = CASES["a loss defined anew"][0]
    (line,) = [r for r in document(text, tmp_path).readings if "anew" in r]
    assert line.startswith("line 6: L is defined anew")
    assert line.endswith("; if L is 1/2·(p - y)^2, w would be WRONG, b would be exact")


def test_a_reading_that_costs_too_much_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcheck.explain.otherwise.SEARCH", 0.0)
    text = CASES["a loss defined anew"][0]
    (line,) = [r for r in document(text, tmp_path).readings if "anew" in r]
    assert line.endswith(
        "; the verdicts if L is 1/2·(p - y)^2 were not tried: over its share of the budget of 10 s"
    )
    assert all(not others for _, others in rows(document(text, tmp_path)).values())


def test_the_finding_says_so_and_stays_an_error(tmp_path: Path) -> None:
    result = document(CASES["a loss by another name"][0], tmp_path)
    assert not [r for r in result.readings if "MSE is taken" in r]
    (finding,) = [f for f in result.findings if f.rule.code == "GC101"]
    assert finding.fails
    assert "it would be right if C is MSE" in finding.message
    (told,) = [f for f in document(CASES["wrong by both"][0], tmp_path).findings if f.fails]
    assert "it would be right" not in told.message


def test_steps_and_rows_in_the_json(tmp_path: Path) -> None:
    (found,) = json.loads(render(report_of(CASES["a loss defined anew"][0], tmp_path)))["documents"]
    other = [{"reading": "L is 1/2·(p - y)^2", "verdict": "wrong"}]
    assert found["setups"][0]["parameters"][0]["otherwise"] == other
    assert [s["otherwise"] for s in found["steps"] if "(p - y) x" in s["right"]] == [other]
    assert found["setups"][0]["parameters"][0]["verdict"] == "exact"


def test_an_unambiguous_document_has_no_others(tmp_path: Path) -> None:
    text = TWICE.replace("$$L = \\frac{1}{2} (p - y)^2$$", "") + gradient("L", "w", "(p - y) x")
    result = document(text, tmp_path)
    assert all(not others for _, others in rows(result).values())
    assert not [r for r in result.readings if "; if " in r]


def test_another_reading_leaves_the_usual_one_as_it_was() -> None:
    settled = settle(read(Document("page.md", CONTRADICTED + gradient("L", "b_2", "a_2 - y"))))
    usual = derive(settled, {})
    (choice,) = [reading for reading in usual.readings if reading.others]
    other = derive(settled, {(choice.rule, choice.text): 1})
    assert usual.setups[0].name == "mse/identity"
    assert other.setups[0].name == "mse/sigmoid"
    assert choice not in other.readings
    again = derive(settled, {})
    assert again.readings == usual.readings
    assert again.steps == usual.steps
