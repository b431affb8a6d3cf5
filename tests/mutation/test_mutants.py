"""The mutation campaign's own parts: its documents, its parser, its oracle and its rewrites."""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from pathlib import Path

import pytest
from mpmath import mp, mpf

from benchmarks.mutants import latex, mutations, oracle, rewrites
from benchmarks.mutants.documents import draw
from benchmarks.mutants.latex import Notation, NotWritten, parse, render
from benchmarks.mutants.terms import (
    Call,
    Derivation,
    Minus,
    Partial,
    Plus,
    Power,
    Statement,
    Term,
    Total,
    Var,
    num,
    times,
)
from benchmarks.mutants.writing import write

SEEDS = range(12)
PLAIN = Notation({"x": "x", "y": "y", "w1": "w", "b1": "b", "p": r"\hat{y}", "L": "L", "N": "N"})
FORWARD = Statement("definition", (Var("p"), Plus((times(Var("w1"), Var("x")), Var("b1")))))
RESIDUAL = Plus((Var("p"), Minus(Var("y"))))
LOSS = Statement("definition", (Var("L"), Power(RESIDUAL, 2)))


def derivation(claim: Term, total: bool = False, loss: Statement = LOSS) -> Derivation:
    statement = Statement("claim", (Partial(Var("L"), Var("w1")), claim))
    return Derivation((FORWARD, loss, statement), total, "identity", "identity")


def test_nothing_but_the_campaign_knows_gradcheck(root: Path) -> None:
    folder = root / "benchmarks" / "mutants"
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            name
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        knows = {name for name in imported if name.split(".")[0] == "gradcheck"}
        assert knows == ({"gradcheck"} if path.name == "campaign.py" else set())


@pytest.mark.parametrize("seed", SEEDS)
def test_every_drawn_derivation_holds(seed: int) -> None:
    drawn, _ = draw(seed)
    ratios = [ratio for chain in oracle.step_ratios(drawn) for ratio in chain]
    assert not [ratio for ratio in ratios if isinstance(ratio, str)]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_is_read_back(seed: int) -> None:
    drawn, notation = draw(seed)
    written = write(drawn, notation)
    for (index, side), (start, end) in written.places.items():
        term = drawn.statements[index].sides[side]
        if isinstance(term, Total) and not term.written:
            term = term.body
        assert oracle.same_value(drawn, term, parse(written.text[start:end], notation))


def test_drawing_is_repeatable() -> None:
    assert write(*draw(3)).text == write(*draw(3)).text
    assert write(*draw(3)).text != write(*draw(4)).text


def test_the_oracle_tells_right_from_wrong() -> None:
    right = times(num(2), RESIDUAL, Var("x"))
    assert oracle.step_ratios(derivation(right))[2] == [(Fraction(1), 0)]
    assert oracle.step_ratios(derivation(times(RESIDUAL, Var("x"))))[2] == [(Fraction(1, 2), 0)]
    assert oracle.step_ratios(derivation(Minus(right)))[2] == ["false"]
    assert oracle.step_ratios(derivation(times(num(2), RESIDUAL)))[2] == ["false"]


def test_the_oracle_sums_over_the_samples() -> None:
    mean = latex.Over(num(1), Var("N"))
    loss = Statement("definition", (Var("L"), times(mean, Total(Power(RESIDUAL, 2)))))
    body = times(RESIDUAL, Var("x"))
    two_over_n = latex.Over(num(2), Var("N"))
    whole = times(two_over_n, Total(body))
    assert oracle.step_ratios(derivation(whole, True, loss))[2] == [(Fraction(1), 0)]
    assert oracle.step_ratios(derivation(Total(body), True, loss))[2] == [(Fraction(1, 2), 1)]
    assert oracle.step_ratios(derivation(body, True, loss))[2] == ["false"]
    assert oracle.step_ratios(derivation(times(two_over_n, body), False, loss))[2] == [
        (Fraction(1), 0)
    ]


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_the_oracle_differentiates_the_activations(function: str) -> None:
    point = oracle.points(derivation(num(1)), 5)[0]
    term = Call(function, Power(Var("x"), 2))
    slope = point.at(Partial(term, Var("x")), 0)
    primed = point.at(times(num(2), Var("x"), Call(function, Power(Var("x"), 2), True)), 0)
    activation = mp.tanh if function == "tanh" else lambda u: 1 / (1 + mp.exp(-u))
    with mp.workdps(50):
        expected = mp.diff(lambda x: activation(x**2), point.values["x"][0])
    assert abs(slope - expected) < mpf(10) ** -20
    assert abs(slope - primed) < mpf(10) ** -30


@pytest.mark.parametrize("text", ["w x +", "(w x", "q", r"\frac{w}{", "w^{x}", r"\partial w"])
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises((NotWritten, IndexError)):
        parse(text, PLAIN)


def test_brackets_are_lost_in_the_text_not_in_the_tree() -> None:
    side = times(Var("w1"), Plus((num(1), Minus(Var("x")))))
    assert render(side, PLAIN) == "w (1 - x)"
    lost = list(mutations.edits("bracket", side, PLAIN, ("w1", "x")))
    assert render(lost[0], PLAIN) == r"w \cdot 1 - x"
    assert len(lost) == 2


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_an_edit_changes_something(kind: str) -> None:
    drawn, notation = draw(1)
    known = ("L", "a1", "b1", "b2", "p", "w1", "w2", "x", "y", "z1")
    edits = [
        new
        for statement in drawn.statements
        for side in statement.sides
        for new in mutations.edits(kind, side, notation, known)
    ]
    assert edits


def test_mutants_are_wrong_and_rewrites_are_right() -> None:
    drawn, notation = draw(2)
    before = oracle.step_ratios(drawn)
    rng = random.Random(0)
    made = list(mutations.mutants(drawn, notation, rng, 6))
    assert len(made) == 6
    for mutant in made:
        assert oracle.step_ratios(mutant.derivation, 9) != before
    for item in rewrites.rewritten(drawn, notation, rng, 12):
        ratios = [ratio for chain in oracle.step_ratios(item.derivation, 9) for ratio in chain]
        assert not [ratio for ratio in ratios if isinstance(ratio, str)]
