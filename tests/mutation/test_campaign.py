"""A small, seeded part of the mutation campaign; ``benchmarks/mutation.py`` runs all of it."""

from __future__ import annotations

import pytest

from benchmarks.mutants.campaign import Tally, merge, restores, run_seed
from benchmarks.mutants.documents import draw
from benchmarks.mutants.mutations import Mutant
from benchmarks.mutants.writing import write

SEEDS = range(8000, 8008)
FOUND, FIRST, MENDED = 0.95, 0.9, 0.8
"""Shares that the whole campaign exceeds by some percent."""


@pytest.fixture(scope="module")
def tally() -> Tally:
    return merge([run_seed(seed, 3, 2) for seed in SEEDS])


def test_nothing_is_said_of_right_derivations(tally: Tally) -> None:
    assert tally.rewrites >= 16
    assert [(each.kind, each.seed, each.said) for each in tally.complaints] == []


@pytest.mark.parametrize(("name", "least"), [("found", FOUND), ("first", FIRST)])
def test_planted_mistakes_are_found_where_they_are(tally: Tally, name: str, least: float) -> None:
    assert len(tally.outcomes) >= 20
    failed = [each for each in tally.outcomes if not getattr(each, name)]
    assert len(failed) <= (1 - least) * len(tally.outcomes), [
        (each.kind, each.seed, each.line, each.said) for each in failed
    ]


def test_suggestions_restore_the_original(tally: Tally) -> None:
    mended = sum(bool(each.suggested) for each in tally.outcomes)
    assert mended >= MENDED * len(tally.outcomes)


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
