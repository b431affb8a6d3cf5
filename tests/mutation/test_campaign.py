"""A small, seeded part of the mutation campaign; ``benchmarks/mutation.py`` runs all of it."""

from __future__ import annotations

import pytest

from benchmarks.mutants.campaign import Tally, merge, restores, run_seed
from benchmarks.mutants.documents import draw
from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.writing import write

SEEDS = range(5000, 5012)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return merge([run_seed(seed, 3, 3) for seed in SEEDS])


def test_nothing_is_said_of_right_derivations(tally: Tally) -> None:
    assert tally.rewrites >= 30
    assert [(each.kind, each.seed, each.said) for each in tally.complaints] == []


def test_planted_mistakes_are_found(tally: Tally) -> None:
    assert len(tally.outcomes) >= 30
    missed = [each for each in tally.outcomes if not each.found]
    assert [(each.kind, each.seed, each.line, each.said) for each in missed] == []


def test_the_first_finding_is_at_the_mistake(tally: Tally) -> None:
    first = sum(each.first for each in tally.outcomes)
    assert first >= 0.9 * len(tally.outcomes)


def test_suggestions_restore_the_original(tally: Tally) -> None:
    mended = sum(bool(each.suggested) for each in tally.outcomes)
    assert mended >= 0.7 * len(tally.outcomes)


def test_a_suggestion_is_judged_by_its_meaning() -> None:
    drawn, notation = draw(2)
    index = next(i for i, each in enumerate(drawn.statements) if each.kind == "claim")
    mutant = Mutant("sign", index, 1, drawn, False)
    written = write(drawn, notation)
    start, end = written.places[index, 1]
    right = written.text[start:end]
    assert restores(right, mutant, notation, drawn)
    assert restores(f"$${right}$$", mutant, notation, drawn)
    assert not restores(f"2 {right}", mutant, notation, drawn)
    assert not restores("what is this", mutant, notation, drawn)
