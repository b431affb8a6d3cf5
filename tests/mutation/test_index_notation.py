"""The derivations in index notation and their oracle; ``benchmarks/index_notation.py`` has more."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import pytest

from benchmarks.indices.authors import page
from benchmarks.indices.documents import Drawn, draw, false_steps, mutant
from benchmarks.indices.judging import judged
from benchmarks.indices.kinds import KINDS
from benchmarks.indices.mistakes import MISTAKES
from benchmarks.indices.oracle import World, equal, factor, values, world
from benchmarks.indices.terms import (
    Add,
    Call,
    Entry,
    Index,
    Kronecker,
    Partial,
    Quotient,
    Statement,
    Sum,
    Term,
    minus,
    number,
    times,
)

I, J, K = Index("i", "class"), Index("j", "class"), Index("k", "class")
SEEDS = range(12)
BIAS = 12
"""A seed whose output bias has a gradient without an index."""


def entry(name: str, *indices: Index | int) -> Entry:
    return Entry(name, indices)


@pytest.fixture(scope="module")
def softmax() -> World:
    """p_i = e^{z_i} / Σ_k e^{z_k}, in four classes."""
    body = Quotient(Call("exp", entry("z", I)), Sum(K, Call("exp", entry("z", K))))
    statements = [Statement("definition", entry("p", I), (body,))]
    shapes = {"z": ("class",), "p": ("class",)}
    return world(statements, shapes, {"class": 4}, {}, 3)


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    return [draw(seed) for seed in SEEDS]


def test_a_value_is_that_of_the_formula(softmax: World) -> None:
    scores = [softmax.given["z", (at,)].real for at in (1, 2, 3, 4)]
    expected = [exp(score) / sum(map(exp, scores)) for score in scores]
    found = values(softmax, entry("p", I), entry("p", I))
    assert found == pytest.approx(expected)


def test_a_partial_is_that_of_the_rule(softmax: World) -> None:
    head = Partial(entry("p", I), entry("z", J))
    p, q = entry("p", I), entry("p", J)
    truth = values(softmax, head, head)
    assert truth is not None and len(truth) == 16
    right: Term = times(p, Add((Kronecker(I, J), minus(q))))
    assert equal(truth, values(softmax, head, right))
    for wrong in (
        times(p, Add((number(1), minus(q)))),
        minus(times(p, q)),
        times(number(2), right),
    ):
        assert not equal(truth, values(softmax, head, wrong))
    assert factor(truth, values(softmax, head, times(number(2), right))) == pytest.approx(0.5)
    assert factor(truth, values(softmax, head, minus(right))) is None


def test_what_makes_no_sense_has_no_value(softmax: World) -> None:
    assert values(softmax, entry("p", I), entry("p", J)) is None  # nothing binds j
    assert values(softmax, entry("p", I), entry("p", 5)) is None  # there are four
    assert values(softmax, entry("p", I), Sum(K, entry("p", K), low=0)) is None
    assert not equal(None, None)


def test_sums_have_the_bounds_that_are_written(softmax: World) -> None:
    def total(low: int, fewer: int) -> complex:
        found = values(softmax, entry("loss"), Sum(K, entry("p", K), low, fewer))
        assert found is not None
        return found[0]

    assert total(1, 0) == pytest.approx(1)
    assert total(2, 0) == pytest.approx(1 - softmax.entry("p", (1,)))
    assert total(1, 1) == pytest.approx(1 - softmax.entry("p", (4,)))


def test_every_kind_is_drawn_and_right(drawn: list[Drawn]) -> None:
    assert {each.kind for each in drawn} == set(KINDS)
    for each in drawn:
        assert false_steps(each.outline) == (set(), set())


def test_a_mutant_differs_in_one_statement_and_is_wrong_there_or_below(drawn: list[Drawn]) -> None:
    mistakes = set()
    for right in drawn[::2]:
        wrong = mutant(right)
        assert wrong is not None and wrong.planted is not None
        before, after = right.outline.statements, wrong.outline.statements
        changed = [
            at for at, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
        ]
        assert changed == [wrong.planted[0]]
        assert wrong.false == false_steps(wrong.outline)[0] != set()
        assert page(right.author, before)[0] != page(wrong.author, after)[0]
        mistakes.add(wrong.mistake)
    assert mistakes <= set(MISTAKES) and len(mistakes) >= 3


def test_every_statement_is_on_its_lines(drawn: list[Drawn]) -> None:
    for each in drawn:
        text, places, written = page(each.author, each.outline.statements)
        lines = text.splitlines()
        for at, sides in zip(places, written, strict=True):
            assert len(at) == len(sides)
            assert all(side in lines[line - 1] for line, side in zip(at, sides, strict=True))


def test_the_same_seed_is_the_same_document() -> None:
    one, other = draw(7), draw(7)
    assert one == other
    assert mutant(one) == mutant(other)


def test_every_claim_gets_an_outcome(drawn: list[Drawn]) -> None:
    right = next(each for each in drawn if each.kind == "linear, penalty")
    outcome = judged(right)
    claims = [each for each in right.outline.statements if each.kind == "claim"]
    assert len(outcome.claims) == sum(len(each.sides) for each in claims)
    assert not outcome.found


def test_a_false_step_that_passes_is_told() -> None:
    """A right document said to be wrong everywhere: what is exact in it is proved exact."""
    right = draw(BIAS, "one output")
    places = range(len(right.outline.statements))
    steps = frozenset((at, 1) for at in places if right.outline.statements[at].kind == "claim")
    assert judged(replace(right, mistake="none", false=steps, untrue=steps)).proved
    assert not judged(right).proved
