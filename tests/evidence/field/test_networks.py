"""Whole networks: the right gradients hold, planted mistakes are refuted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from gradcheck.evidence.field import decide
from gradcheck.language.typed import (
    Definition,
    Entry,
    Extent,
    Letter,
    Plus,
    Term,
    Times,
    Total,
    letters,
)
from tests.evidence.field.networks import (
    MINUS,
    ONE,
    TWO,
    I,
    back,
    claims,
    network,
    slope,
    unit,
    value,
)
from tests.evidence.typed_notation import claim, world

COUNTS = frozenset({"sample"})


@pytest.mark.parametrize(
    ("depth", "activation", "loss"),
    [
        (2, "sigmoid", "mse"),
        (2, "tanh", "logloss"),
        (3, "tanh", "softmax"),
        (3, "relu", "softmax"),
        (10, "sigmoid", "mse"),
    ],
)
def test_right_gradients_hold(depth: int, activation: str, loss: str) -> None:
    world = network(depth, activation, loss)
    for left, right in claims(depth):
        decision = decide(left, right, world)
        assert (decision.outcome, decision.reach) == ("equal", ""), (left, decision)
        doubled = decide(left, Times((TWO, right)), world, counts=COUNTS)
        assert (doubled.outcome, doubled.factor) == ("multiple", Fraction(1, 2))
        total = decide(left, Times((Extent("sample"), right)), world, counts=COUNTS)
        assert (total.outcome, total.factor, total.powers) == ("multiple", 1, {"sample": -1})
        assert decide(left, Times((TWO, right)), world, constants=False).outcome == "unequal"


MISTAKES: dict[str, Term] = {
    "the slope squared": Times((back(1), slope(1, "sigmoid"), slope(1, "sigmoid"))),
    "the slope lost": back(1),
    "added, not multiplied": Plus((back(1), slope(1, "sigmoid"))),
    "the other sign": Times((MINUS, back(1), slope(1, "sigmoid"))),
    "the slope of tanh": Times((back(1), slope(1, "tanh"))),
    "the activation for its slope": Times((back(1), value(1))),
    "half of the slope": Times((back(1), Plus((ONE, Times((MINUS, value(1))))))),
    "the sum over the outputs lost": Times(
        (Entry("W2", (unit(2), unit(1))), Entry("d2", (I, unit(2))), slope(1, "sigmoid"))
    ),
    "the sum over the samples in the error": Total(I, Times((back(1), slope(1, "sigmoid")))),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_error_signal_is_refuted(mistake: Term) -> None:
    right = network(2, "sigmoid", "mse")
    wrong = replace(
        right, definitions={**right.definitions, "e": Definition("e", _head(mistake), mistake)}
    )
    by_weight, _ = claims(2)[2]
    signal = Entry("e", _head(mistake))
    total = Times((Total(I, Times((signal, value(0)))),))
    decision = decide(by_weight, total, wrong, constants=False)
    assert decision.outcome == "unequal"
    assert decision.witness is not None
    assert decision.witness.difference > 1e-9


def _head(term: Term) -> tuple[Letter, ...]:
    return tuple(letters(term).values())


def test_transposes_are_seen_at_square_sizes() -> None:
    square = world(
        "x[i,j] y[i,j] W[j,p] V[j,p]",
        "z[i,j] = total(p, W[j,p]*x[i,p])",
        "h[i,j] = sigmoid(z[i,j])",
        "o[i,j] = total(p, V[j,p]*h[i,p])",
        "L = total(i, total(j, (o[i,j]-y[i,j])**2))/2",
        "s[i,j] = h[i,j]*(1-h[i,j])",
        "e[i,j] = o[i,j] - y[i,j]",
    )
    right = "d(L, W[j,p]) == total(i, total(p1, e[i,p1]*V[p1,j])*s[i,j]*x[i,p])"
    assert decide(*claim(square, right), square).outcome == "equal"
    for wrong in (
        "d(L, W[j,p]) == total(i, total(p1, e[i,p1]*V[j,p1])*s[i,j]*x[i,p])",
        "d(L, W[j,p]) == total(i, total(p1, e[i,p1]*V[p1,j])*s[i,j]*x[i,j])",
        "d(L, W[j,p]) == total(i, total(p1, e[i,p1]*V[p1,p])*s[i,p]*x[i,j])",
        "d(L, W[j,p]) == total(i, total(p1, e[i,p1]*W[p1,j])*s[i,j]*x[i,p])",
        "d(L, V[j,p]) == total(i, e[i,p]*h[i,j])",
        "d(L, V[j,p]) == total(i, e[i,j])*total(i, h[i,p])",
    ):
        assert decide(*claim(square, wrong), square).outcome == "unequal", wrong
