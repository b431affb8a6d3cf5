"""Rewriting a claim keeps it equal, adding to it does not; mpmath is the judge, not the algebra."""

from __future__ import annotations

from fractions import Fraction

import mpmath
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.evidence.symbolic import Algebra, Outcome
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
)
from tests.evidence.symbolic.symbolic_models import (
    ABSTRACT,
    LOG_LOSS,
    SIGMOID,
    TANH,
    model,
    read,
    two_layers,
)

LOSS = "1/2*(y - yh)^2"
ALGEBRAS = {
    "sigmoid": Algebra(two_layers(SIGMOID, LOSS)),
    "tanh": Algebra(two_layers(TANH, LOSS)),
    "abstract": Algebra(two_layers(ABSTRACT, LOSS)),
    "log": Algebra(two_layers(SIGMOID, LOG_LOSS, "sigmoid(z_2)")),
}
CLAIMS = {
    "sigmoid": "(yh-y)*w_2*a_1*(1-a_1)*x",
    "tanh": "(yh-y)*w_2*(1-a_1^2)*x",
    "abstract": "(yh-y)*w_2*g'(z_1)*x",
    "log": "(yh-y)*w_2*a_1*(1-a_1)*x",
}
NAMES = ("x", "y", "w_1", "b_1", "w_2", "b_2", "a_1", "yh", "z_1")
FREE = ("x", "y", "w_1", "b_1", "w_2", "b_2", "N")
LEAF = st.sampled_from(NAMES).map(Name) | st.integers(1, 5).map(lambda n: Number(Fraction(n)))


def _combined(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    two = st.tuples(inner, inner)
    return (
        two.map(Add)
        | two.map(Multiply)
        | inner.map(Negate)
        | inner.map(lambda e: Power(e, Number(Fraction(2))))
        | inner.map(lambda e: Apply(Name("sigmoid"), (e,)))
        | inner.map(lambda e: Apply(Name("tanh"), (e,)))
    )


TERMS = st.recursive(LEAF, _combined, max_leaves=4)
SETTINGS = settings(max_examples=60, deadline=None, derandomize=True)


def evaluate(algebra: Algebra, expression: Expression, point: dict[str, object]) -> object:
    """The value at a point, with g(u) = sin(u) + u for an abstract g: nothing of the algebra."""
    mp = mpmath
    match expression:
        case Number(value=value):
            return mp.mpf(value.numerator) / value.denominator
        case Name(key=key):
            if key in algebra.model.definitions:
                return evaluate(algebra, algebra.model.definitions[key], point)
            return point[key]
        case Add(terms=terms):
            return mp.fsum(evaluate(algebra, term, point) for term in terms)
        case Negate(operand=operand):
            return -evaluate(algebra, operand, point)
        case Multiply(factors=factors):
            return mp.fprod(evaluate(algebra, factor, point) for factor in factors)
        case Divide(numerator=top, denominator=bottom):
            return evaluate(algebra, top, point) / evaluate(algebra, bottom, point)
        case Power(base=base, exponent=exponent):
            return evaluate(algebra, base, point) ** evaluate(algebra, exponent, point)
        case Apply(function=function, arguments=(argument,), order=order):
            u = evaluate(algebra, argument, point)
            table = {
                "sigmoid": lambda t: 1 / (1 + mp.exp(-t)),
                "tanh": mp.tanh,
                "exp": mp.exp,
                "g": lambda t: mp.sin(t) + t,
            }
            f = table[function.key]
            return mp.diff(f, u, order) if order else f(u)
    raise TypeError(expression)


def gap(algebra: Algebra, left: Expression, right: Expression, seed: int) -> float:
    """The largest difference of the two sides at three points, relative to their size."""
    worst = mpmath.mpf(0)
    with mpmath.workdps(40):
        for shot in range(3):
            point = {
                key: mpmath.mpf(1 + (seed * 7919 + shot * 104729 + place * 1299709) % 997) / 499
                for place, key in enumerate(FREE)
            }
            one, other = (evaluate(algebra, side, point) for side in (left, right))
            worst = max(worst, abs(one - other) / (1 + abs(one)))
    return float(worst)


@st.composite
def rewriting(draw: st.DrawFn) -> tuple[str, Expression, Expression]:
    """(model, claim, the same claim written otherwise)."""
    name = draw(st.sampled_from(sorted(ALGEBRAS)))
    claim = read(CLAIMS[name])
    written = claim
    for _ in range(draw(st.integers(1, 3))):
        term = draw(TERMS)
        written = draw(
            st.sampled_from(
                [
                    Add((Add((written, term)), Negate(term))),
                    Divide(Multiply((written, Add((Power(term, TWO), ONE)))), SHIFTED(term)),
                    Negate(Negate(written)),
                    Multiply((Divide(ONE, Add((Power(term, TWO), ONE))), written, SHIFTED(term))),
                    Add((Multiply((HALF, written)), Divide(written, TWO))),
                ]
            )
        )
    return name, claim, written


ONE, TWO, HALF = (Number(Fraction(value)) for value in (1, 2, Fraction(1, 2)))


def SHIFTED(term: Expression) -> Expression:
    return Add((ONE, Multiply((term, term))))


@SETTINGS
@given(rewriting())
def test_a_rewritten_claim_is_never_refuted(case: tuple[str, Expression, Expression]) -> None:
    name, claim, written = case
    decision = ALGEBRAS[name].decide(claim, written)
    limits = ("too large", "an exponential of too small a fraction")  # said, never guessed
    assert decision.outcome is Outcome.EQUAL or decision.reason.startswith(limits)


@SETTINGS
@given(st.sampled_from(sorted(ALGEBRAS)), TERMS, st.integers(1, 10**6))
def test_a_changed_claim_is_judged_as_its_values_are(
    name: str, term: Expression, seed: int
) -> None:
    algebra = ALGEBRAS[name]
    claim = read(CLAIMS[name])
    changed = Add((claim, term))
    outcome = algebra.decide(claim, changed).outcome
    if outcome is not Outcome.UNDECIDED:
        differs = gap(algebra, claim, changed, seed) > 1e-25
        assert (outcome is not Outcome.EQUAL) == differs


@SETTINGS
@given(st.sampled_from(sorted(ALGEBRAS)), TERMS, TERMS, st.integers(1, 10**6))
def test_any_two_expressions_are_judged_as_their_values_are(
    name: str, left: Expression, right: Expression, seed: int
) -> None:
    algebra = ALGEBRAS[name]
    decision = algebra.decide(left, right)
    if decision.outcome is Outcome.UNDECIDED:
        return
    if decision.left_out is None:
        assert gap(algebra, left, right, seed) > 1e-25
    elif not decision.left_out.power:
        scaled = Multiply((Number(decision.left_out.rational), right))
        assert gap(algebra, left, scaled, seed) < 1e-25


@SETTINGS
@given(TERMS, st.sampled_from(["w_1", "b_1", "w_2"]), st.integers(1, 10**6))
def test_a_gradient_is_what_mpmath_differentiates(term: Expression, key: str, seed: int) -> None:
    base = two_layers(TANH, "1/2*(y - yh)^2")
    loss = Add((base.definitions["L"], Multiply((HALF, term))))
    algebra = Algebra(
        type(base)(**{**vars_of(base), "definitions": {**base.definitions, "L": loss}})
    )
    derived = algebra.gradient(key)
    with mpmath.workdps(40):
        point = {
            name: mpmath.mpf(1 + (seed * 31 + place * 1299709) % 997) / 499
            for place, name in enumerate(FREE)
        }
        slope = mpmath.diff(
            lambda value: evaluate(algebra, Name("L"), {**point, key: value}), point[key]
        )
        assert abs(slope - evaluate(algebra, derived, point)) < 1e-12 * (1 + abs(slope))


def vars_of(base: object) -> dict[str, object]:
    from dataclasses import fields

    return {slot.name: getattr(base, slot.name) for slot in fields(base)}  # type: ignore[arg-type]


@SETTINGS
@given(TERMS, TERMS)
def test_sums_are_linear(one: Expression, other: Expression) -> None:
    algebra = Algebra(model("yh = w_1*x", "L = S((yh-y)^2)"))
    both = algebra.decide(Sum(Add((one, other))), Add((Sum(one), Sum(other))))
    assert both.outcome in (Outcome.EQUAL, Outcome.UNDECIDED)
    if both.outcome is Outcome.UNDECIDED:
        assert both.reason
