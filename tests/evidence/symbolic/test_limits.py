"""Hostile expressions end in an answer or in a reason, after a bounded amount of work."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import pytest

from gradcheck.evidence.symbolic import Algebra, Outcome
from gradcheck.evidence.symbolic.polynomial import Budget, multiply
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
)
from tests.evidence.symbolic.symbolic_models import MSE, SIGMOID, model, read, two_layers

ALGEBRA = Algebra(two_layers(SIGMOID, MSE))
NAMES = tuple(Name(f"q{place}") for place in range(300))
X = Name("x")
ONE = Number(Fraction(1))


def number(value: int) -> Number:
    return Number(Fraction(value))


def call(function: str, argument: Expression) -> Expression:
    return Apply(Name(function), (argument,))


def nested(step: Callable[[Expression], Expression], depth: int) -> Expression:
    return reduce(lambda inner, _: step(inner), range(depth), X)


TEXTS = [
    "9^(9^(9^9))",
    "((9^64)^64)^64",
    "(((9^64)^64)^64)^64",
    "((x^64)^64)^64",
    "(x+y+1)^64",
    "(x+y+w_1+w_2+b_1+b_2)^30",
    "((x+y)^8+(w_1+w_2)^8)^8",
    "1/(x+y+w_1)^40 + 1/(x-y)^40",
    "1/(x+y+w_1)^12 + 1/(x-y+b_1)^12",
    "((x+y)^20-(x-y)^20)/((x+w_1)^20-(y+w_2)^20)",
    "(x+y+w_1+1)^9/(x+y+w_1+2)^9 + (x+y+w_1+3)^9/(x+y+w_1+1)^9",
    "log(123456789123456789123456789)",
    "log((x+y)^10*(x-y)^10+1)",
    "log((x+y)^30-1)",
    "sqrt((x+y+w_1)^8 + 3*x)",
    "sin(64*x) - sin(x)",
    "sin(100000*x) - sin(x)",
    "x^(x^(x^x))",
    "tanh(x)*tanh(y)*tanh(x+y)*tanh(x-y)*tanh(2*x)*tanh(3*y)",
    "tanh(x) - tanh(40*x)",
    "sigmoid(x) - sigmoid(64*x)",
    "sigmoid(x+y)*exp(17*x-33*y)*exp(40*x)*sigmoid(x)*sigmoid(13*x-7*y)",
    "exp(x/7)+exp(x/11)+exp(x/13)",
    "0^(0-1)",
    "log(0)",
    "1/0",
    "0^0",
]

TREES = {
    "negations": nested(Negate, 5000),
    "powers": nested(lambda inner: Power(inner, number(2)), 55),
    "exponentials": nested(lambda inner: call("exp", inner), 50),
    "sigmoids": nested(lambda inner: call("sigmoid", inner), 50),
    "roots": nested(lambda inner: call("sqrt", Add((inner, ONE))), 25),
    "names": Add(NAMES),
    "names squared": Power(Add(NAMES), number(2)),
    "product of sums": Multiply(tuple(Add(pair) for pair in pairwise(NAMES))),
    "reciprocals": Add(tuple(Divide(X, Add((name, ONE))) for name in NAMES[:60])),
    "many exponents": Add(tuple(call("exp", Multiply((name, X))) for name in NAMES[:60])),
    "long numbers": Multiply(tuple(number(10**60 + place) for place in range(3000))),
    "harmonic": Add(tuple(Number(Fraction(1, place)) for place in range(1, 3000))),
    "many terms": Add(tuple(Multiply((X, number(place))) for place in range(9000))),
    "too many nodes": Add((X,) * 30_000),
    "a long number": number(10**10000),
    "nested partials": reduce(lambda inner, _: Partial(inner, Name("w_1")), range(9), Name("L")),
    "high order": Partial(Name("L"), Name("w_1"), 10**9),
    "primes": Apply(Name("sigmoid"), (X,), 50),
    "kinks": Add(tuple(call("relu", name) for name in NAMES[:12])),
    "sums": Add(tuple(Sum(Multiply((X, name))) for name in NAMES[:100])),
    "nested sums": nested(Sum, 50),
    "product of roots": Multiply(tuple(call("sqrt", name) for name in NAMES[:12])),
    "one over roots": Divide(X, Add(tuple(call("sqrt", name) for name in NAMES[:6]))),
}


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts(text: str) -> None:
    decision = ALGEBRA.decide(read(text), X)
    assert decision.outcome in (Outcome.DIFFERENT, Outcome.UNDECIDED)
    assert bool(decision.reason) == (decision.outcome is Outcome.UNDECIDED)


@pytest.mark.parametrize("name", sorted(TREES))
def test_hostile_trees(name: str) -> None:
    decision = ALGEBRA.decide(TREES[name], X)
    assert decision.outcome in (Outcome.DIFFERENT, Outcome.UNDECIDED)
    assert bool(decision.reason) == (decision.outcome is Outcome.UNDECIDED)


def test_the_work_of_one_question_is_counted() -> None:
    evaluation_budget = Budget(100)
    ten = {1 << (12 * lane): 1 for lane in range(10)}
    with pytest.raises(ValueError, match="too large"):
        for _ in range(3):
            multiply(ten, ten, evaluation_budget)


def test_after_hostile_questions_honest_ones_are_answered() -> None:
    for tree in TREES.values():
        ALGEBRA.decide(tree, X)
    honest = ALGEBRA.decide(read("d(L,w_1)"), read("2/N*S((yh-y)*w_2*a_1*(1-a_1)*x)"))
    assert honest.outcome is Outcome.EQUAL


def test_a_deep_network_is_no_hostile_one() -> None:
    layers = ["a0 = x"]
    for layer in range(1, 31):
        layers.append(f"z{layer} = w_1*a{layer - 1} + b_1")
        layers.append(f"a{layer} = tanh(z{layer})")
    algebra = Algebra(model(*layers, "yh = w_2*a30 + b_2", "L = (yh-y)^2"))
    assert algebra.decide(read("d(L,w_2)"), read("2*(yh-y)*a30")).outcome is Outcome.EQUAL
    assert algebra.decide(read("d(L,a29)"), read("2*(yh-y)*w_2*(1-a30^2)*w_1")).outcome is (
        Outcome.EQUAL
    )
