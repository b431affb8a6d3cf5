"""Random pairs of typed terms: the field and the loops over components never disagree."""

from __future__ import annotations

from random import Random

from benchmarks.field_against_brute_force import judged, pair
from gradcheck.evidence.field import decide
from gradcheck.evidence.witness import Outcome, compare
from gradcheck.language.typed import Entry, Plus


def test_no_disagreement() -> None:
    random = Random(11)
    results = [judged(pair(random)) for _ in range(40)]
    assert not [result for result in results if result.disagree]
    outcomes = {result.outcome for result in results}
    assert {"equal", "unequal"} <= outcomes
    made_equal = [result for result in results if result.pair.equal]
    assert len([result for result in made_equal if result.outcome == "equal"]) >= 0.9 * len(
        made_equal
    )


def test_a_wrong_answer_would_be_a_disagreement() -> None:
    world = pair(Random(5)).world
    loss, entry = Entry("L"), Entry("c")
    decision = decide(Plus((loss, entry)), loss, world)
    found = compare(Plus((loss, entry)), loss, world, sizes={"sample": 3, "unit": 2})
    assert (decision.outcome, found.outcome) == ("unequal", Outcome.DIFFER)
