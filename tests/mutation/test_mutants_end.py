"""Some damaged sample documents through the whole pipeline; `benchmarks/mutants_end.py` has more."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import mutants_end
from benchmarks.mutants.damage import SIGNS, Sample, damaged, samples
from gradcheck.judge import Options
from gradcheck.language.document import Document
from gradcheck.verification import Choices, verify_document

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def documents() -> list[Sample]:
    return samples(ROOT)


@pytest.mark.parametrize("first", range(0, 24, 8))
def test_damaged_documents_end_in_order(
    first: int, documents: list[Sample], tmp_path: Path
) -> None:
    for seed in range(first, first + 8):
        told = list(mutants_end.verified(damaged(seed, documents), tmp_path))
        assert [item for item in told if item.kind != "slow"] == []  # no timing in a test


@given(st.lists(st.sampled_from(SIGNS), min_size=1, max_size=20).map("".join))
@settings(max_examples=12)
def test_any_tokens_in_a_gradient_end(formula: str) -> None:
    text = (
        "$$L = (w x + b - y)^2$$\n\n$$u = "
        + formula
        + "$$\n\n$$\\frac{\\partial L}{\\partial w} = "
    )
    verify_document(Document("t.md", text + formula + "$$\n"), Choices(Options()))


def test_a_mutant_is_made_again_from_its_seed(documents: list[Sample]) -> None:
    made = [damaged(seed, documents) for seed in range(40)]
    assert made == [damaged(seed, documents) for seed in range(40)]
    assert len({mutant.text for mutant in made}) > 35
    assert {name for mutant in made for name in mutant.edits} > {"splice", "unbalance", "drop line"}


def _hang(*_: object) -> list[mutants_end.Trouble]:
    time.sleep(600)
    return []


def _die(*_: object) -> list[mutants_end.Trouble]:
    raise SystemExit(3)


@pytest.mark.parametrize(("work", "kind"), [(_hang, "hangs"), (_die, "dies")])
def test_what_hangs_or_dies_is_named_and_the_next_goes_on(
    work: object, kind: str, documents: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    def verified(mutant: object, folder: Path) -> list[mutants_end.Trouble]:
        return work() if mutant.seed == 1 else []  # type: ignore[attr-defined, operator]

    monkeypatch.setattr(mutants_end, "HANGS", 5.0)
    monkeypatch.setattr(mutants_end, "verified", verified)
    (found,) = mutants_end.watched(range(3), documents)
    assert (found.kind, found.seed) == (kind, 1)


def test_what_raises_is_told_with_its_seed(
    documents: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(mutants_end, "verify_document", broken)
    (found,) = mutants_end.verified(damaged(7, documents), tmp_path)
    assert (found.kind, found.seed) == ("exception", 7)
    assert "ValueError" in found.words
