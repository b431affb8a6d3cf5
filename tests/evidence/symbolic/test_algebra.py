"""Deciding: what is equal, equal up to a constant, different, or not decided."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcheck.evidence.symbolic import Algebra, Outcome
from gradcheck.language.expression import Name, Number, Partial, to_key
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant
from tests.evidence.symbolic.symbolic_models import (
    ABSTRACT,
    LOG_LOSS,
    MSE,
    SIGMOID,
    TANH,
    model,
    read,
    two_layers,
)

HELPERS = model(
    "z_1 = w_1*x + b_1",
    "a_1 = sigmoid(z_1)",
    "z_2 = w_2*a_1 + b_2",
    "a_2 = z_2",
    "yh = a_2",
    "delta_2 = yh - y",
    "delta_1 = delta_2*w_2*sigmoid'(z_1)",
    "L = 1/2*(yh - y)^2",
)

ALGEBRAS = {
    "mse": Algebra(two_layers(SIGMOID, MSE)),
    "tanh": Algebra(two_layers(TANH, MSE)),
    "abstract": Algebra(two_layers(ABSTRACT, MSE)),
    "relu": Algebra(two_layers("relu(z_1)", MSE)),
    "one": Algebra(two_layers(SIGMOID, "1/N*(y - yh)^2")),
    "log": Algebra(two_layers(SIGMOID, LOG_LOSS, "sigmoid(z_2)")),
    "squashed": Algebra(two_layers(SIGMOID, "1/2*(y - yh)^2", "sigmoid(z_2)")),
    "helpers": Algebra(HELPERS),
}


def decide(name: str, claim: str):
    left, right = claim.split(" == ")
    return ALGEBRAS[name].decide(read(left), read(right))


EQUAL = [
    # the gradient, in many forms
    ("mse", "d(L,w_1) == 2/N*S((yh-y)*w_2*a_1*(1-a_1)*x)"),
    ("mse", "d(L,w_1) == -2/N*S((y-yh)*w_2*sigmoid'(z_1)*x)"),
    ("mse", "d(L,w_1) == w_2*S(2*(w_2*a_1+b_2-y)*exp(-z_1)/(1+exp(-z_1))^2*x)/N"),
    ("mse", "d(L,w_1) == 2*w_2/N*(S(yh*a_1*x) - S(yh*a_1^2*x) - S(y*a_1*(1-a_1)*x))"),
    ("mse", "d(L,b_2) == 2*b_2 + 2/N*S(w_2*a_1-y)"),
    ("mse", "L == S(y^2)/N - 2*S(y*yh)/N + 1/N*S(yh^2)"),
    ("tanh", "d(L,w_1) == 2/N*S((yh-y)*w_2*(1-a_1^2)*x)"),
    ("tanh", "d(L,w_1) == 2/N*S((yh-y)*w_2*(1-((exp(z_1)-exp(-z_1))/(exp(z_1)+exp(-z_1)))^2)*x)"),
    ("tanh", "d(L,b_1) == 8/N*S((yh-y)*w_2/(exp(z_1)+exp(-z_1))^2)"),
    ("abstract", "d(L,w_1) == 2/N*S((yh-y)*w_2*g'(z_1)*x)"),
    ("abstract", "d(L,w_1) == 2/N*S((yh-y)*w_2*g'(w_1*x+b_1)*x)"),
    ("log", "d(L,w_1) == (yh-y)*w_2*a_1*(1-a_1)*x"),
    ("log", "d(L,w_1) == ((1-y)/(1-yh)-y/yh)*yh*(1-yh)*w_2*a_1*(1-a_1)*x"),
    ("log", "d(L,w_1) == (yh-y)/(yh*(1-yh))*d(yh,z_2)*w_2*a_1*(1-a_1)*x"),
    ("log", "d(L,b_2) == 1/(1+exp(-z_2)) - y"),
    ("log", "L == softplus(z_2) - y*z_2"),
    ("log", "L == -log(yh^y*(1-yh)^(1-y))"),
    ("squashed", "d(L,w_2) == (yh-y)*yh*(1-yh)*a_1"),
    ("helpers", "d(L,w_2) == delta_2*a_1"),
    ("helpers", "d(L,b_1) == delta_1"),
    ("helpers", "d(L,w_1) == delta_1*x"),
    # chain rule and intermediate partials; a per-sample partial has no sum of its own
    ("mse", "d(L,yh) == 2/N*(yh-y)"),
    ("mse", "d(L,z_2) == d(L,yh)"),
    ("mse", "d(L,a_1) == 2/N*(yh-y)*w_2"),
    ("mse", "d(yh,w_1) == d(yh,z_2)*d(z_2,a_1)*d(a_1,z_1)*d(z_1,w_1)"),
    ("mse", "d(w_2*a_1+b_2,w_2) == a_1"),
    ("mse", "d((y-yh)^2,yh) == -2*(y-yh)"),
    ("mse", "d(y,w_2) == 0"),
    ("mse", "d(u^2,u) == 2*u"),
    ("mse", "d(d(L,w_2),w_2) == 2/N*S(a_1^2)"),
    ("mse", "d(d(L,yh),yh) == 2/N"),
    ("mse", "d(L,x) == 2/N*(yh-y)*w_2*a_1*(1-a_1)*w_1"),
    ("log", "d(L,yh) == (1-y)/(1-yh) - y/yh"),
    ("helpers", "d(L,a_2) == yh - y"),
    ("helpers", "d(L,z_2) == delta_2"),
    ("helpers", "d(a_2,z_2) == 1"),
    # identities of the functions
    ("mse", "exp(-z_1) == (1-a_1)/a_1"),
    ("mse", "sigmoid(-z_1) == 1-a_1"),
    ("mse", "sigmoid(0) == 1/2"),
    ("mse", "tanh(z_1/2) == 2*a_1-1"),
    ("tanh", "a_1 == 2*sigmoid(2*z_1)-1"),
    ("tanh", "tanh(-z_1) == -a_1"),
    ("mse", "sigmoid''(x) == sigmoid'(x)*(1-2*sigmoid(x))"),
    ("mse", "tanh'(x) == 1-tanh(x)^2"),
    ("mse", "d(tanh(x),x) == 4/(exp(x)+exp(-x))^2"),
    ("mse", "exp(x+y) == exp(x)*exp(y)"),
    ("mse", "exp(x/2)^2 == exp(x)"),
    ("mse", "exp(x/3)*exp(x/6) == sqrt(exp(x))"),
    ("mse", "log(1-a_1) - log(a_1) == -z_1"),
    ("mse", "log(exp(z_1)) == z_1"),
    ("mse", "log(6) == log(2)+log(3)"),
    ("mse", "exp(2*log(x)) == x^2"),
    ("mse", "x^n*x == x^(n+1)"),
    ("mse", "sqrt(8) == 2*sqrt(2)"),
    ("mse", "1/(sqrt(x)+1) == (sqrt(x)-1)/(x-1)"),
    ("mse", "d(sqrt(x),x) == 1/(2*sqrt(x))"),
    ("mse", "x^0.5 == sqrt(x)"),
    ("mse", "sin(2*x) == 2*sin(x)*cos(x)"),
    ("mse", "sin(x+y) == sin(x)*cos(y)+cos(x)*sin(y)"),
    ("mse", "d(cos(x),x) == -sin(x)"),
    ("mse", "cos(0) == 1"),
    ("relu", "relu(z_1) == z_1*relu'(z_1)"),
    ("relu", "relu(x) - relu(-x) == x"),
    ("relu", "abs(x)^2 == x^2"),
    ("relu", "abs(x) == 2*relu(x) - x"),
    ("relu", "abs(relu(x)) == relu(x)"),
    ("relu", "d(L,w_1) == 2/N*S((yh-y)*w_2*relu'(z_1)*x)"),
    # sums
    ("mse", "S(1) == N"),
    ("mse", "S(w_2) == N*w_2"),
    ("mse", "w_2*S(x) + b_2*S(y) == S(w_2*x + b_2*y)"),
    ("mse", "S(x + w_2) - N*w_2 == S(x)"),
    ("mse", "S(x-x)*S(y) == 0"),
]


@pytest.mark.parametrize(("name", "claim"), EQUAL)
def test_equal(name: str, claim: str) -> None:
    decision = decide(name, claim)
    assert decision.outcome is Outcome.EQUAL, decision
    assert decision.left_out == Constant(Fraction(1))


CONSTANT = [
    ("mse", "d(L,w_1) == S((yh-y)*w_2*a_1*(1-a_1)*x)", Constant(Fraction(2), -1)),
    ("mse", "d(L,w_2) == 1/N*S((yh-y)*a_1)", Constant(Fraction(2))),
    ("one", "d(L,w_1) == (yh-y)*w_2*a_1*(1-a_1)*x", Constant(Fraction(2), -1)),
    ("one", "d(L,w_1)/2 == (yh-y)*w_2*a_1*(1-a_1)*x", Constant(Fraction(1), -1)),
    ("one", "d(L,w_1)/4 == (yh-y)*w_2*a_1*(1-a_1)*x", Constant(Fraction(1, 2), -1)),
    ("one", "d(L,b_2) == 2*(yh-y)/N^2", Constant(Fraction(1), 1)),
    ("log", "d(L,b_2) == 2*(yh-y)", Constant(Fraction(1, 2))),
    ("relu", "d(L,b_1) == S((yh-y)*w_2*relu'(z_1)^2)", Constant(Fraction(2), -1)),
    ("mse", "S(3) == 1", Constant(Fraction(3), 1)),
]


@pytest.mark.parametrize(("name", "claim", "left_out"), CONSTANT)
def test_a_constant_is_left_out(name: str, claim: str, left_out: Constant) -> None:
    decision = decide(name, claim)
    assert decision.outcome is Outcome.CONSTANT, decision
    assert decision.left_out == left_out


DIFFERENT = [
    # (model, claim, the quotient right/left if it is simple)
    ("mse", "d(L,w_1) == 2/N*S((yh-y)*w_2*x)", "1/(a_1·(1 - a_1))"),
    ("mse", "d(L,b_1) == 2/N*S((yh-y)*w_2*a_1*(1-a_1)*x)", "x"),
    ("mse", "d(L,w_1) == 2/N*S((yh-y)*w_2*a_1*(1-a_1))", "1/x"),
    ("mse", "d(L,b_1) == 2/N*S((y-yh)*w_2*a_1*(1-a_1))", "-1"),
    ("mse", "d(L,w_1) == 2/N*S((yh-y)*w_2*a_1*x)", "1/(1 - a_1)"),
    ("mse", "d(L,w_2) == (yh-y)*a_1", None),
    ("mse", "d(L,w_2) == 2/N*S((yh-y)*a_1) + x", None),
    ("mse", "d(L,w_2) == 2/N*S((yh-yh^2)*a_1)", None),
    ("tanh", "d(L,w_1) == 2/N*S((yh-y)*w_2*(1-y^2)*x)", "(1 - y^2)/(1 - a_1^2)"),
    ("tanh", "d(L,w_1) == 2/N*S((yh-y)*w_2*a_1*(1-a_1)*x)", "a_1/(1 + a_1)"),
    ("abstract", "d(L,w_1) == 2/N*S((yh-y)*w_2*a_1*(1-a_1)*x)", "a_1·(1 - a_1)/g'(z_1)"),
    ("abstract", "g(x) == g'(x)", None),
    ("log", "d(L,w_2) == (yh-y)*yh*(1-yh)*a_1", "yh·(1 - yh)"),
    ("squashed", "d(L,w_2) == (yh-y)*a_1", "1/(yh·(1 - yh))"),
    ("log", "d(L,b_2) == y - yh", "-1"),
    ("helpers", "d(L,b_2) == delta_2*a_1", "a_1"),
    ("one", "d(L,b_2) == 2*(yh-y)/N*w_2", "w_2"),
    ("relu", "d(L,w_1) == 2/N*S((yh-y)*w_2*x)", "1/relu'(z_1)"),
    ("relu", "relu(x) == x", None),
    ("mse", "exp(1) == 2.718281828", None),
    ("mse", "sin(x) == x", None),
    ("mse", "S(x) == N*x", None),
    ("mse", "0 == x", None),
    ("mse", "x == 0", None),
]


@pytest.mark.parametrize(("name", "claim", "quotient"), DIFFERENT)
def test_different(name: str, claim: str, quotient: str | None) -> None:
    decision = decide(name, claim)
    assert decision.outcome is Outcome.DIFFERENT, decision
    assert decision.left_out is None
    if quotient is not None:
        assert decision.quotient is not None
        assert to_text(decision.quotient) == quotient


UNDECIDED = [
    ("S(x)*S(y) == S(x*y)", "a sum times a sum"),
    ("x*S(y) == S(x*y)", "a sum times a per-sample value"),
    ("S(S(x)) == S(x)", "a sum inside a sum"),
    ("1/S(x) == S(1/x)", "division by a sum"),
    ("S(x)^2 == S(x^2)", "a power of a sum"),
    ("exp(S(x)) == x", "a function of a sum"),
    ("1/(x-x) == 1", "division by something that is always zero"),
    ("log(x) == log(-x)", "the logarithm of something negative"),
    ("d(L,q) == x", "L is not defined in terms of q"),
    ("d(u,yh) == -1", "u is not defined in terms of yh"),
    ("d(L,x*y) == 1", "a partial by something that is not a name"),
    ("k*x == x", "k is not defined"),
    ("x^(1/3) == y", "the exponent 1/3"),
    ("x^65 == y", "an exponent beyond 64"),
    ("f(x,y) == 1", "f of several arguments"),
]


@pytest.mark.parametrize(("claim", "reason"), UNDECIDED)
def test_undecided_says_why(claim: str, reason: str) -> None:
    decision = decide("mse", claim)
    assert decision.outcome is Outcome.UNDECIDED
    assert decision.reason == reason


def test_a_helper_equal_to_no_node_of_the_loss_is_undecided() -> None:
    decision = decide("helpers", "d(L,delta_2) == delta_2")
    assert decision.outcome is Outcome.UNDECIDED
    assert decision.reason == "L is not defined in terms of delta_2"


def test_a_definition_with_the_same_value_is_the_same_node() -> None:
    spelled_out = Algebra(
        model(
            "z_1 = w_1*x + b_1",
            "a_1 = sigmoid(z_1)",
            "z_2 = w_2*a_1 + b_2",
            "yh = b_2 + a_1*w_2",
            "L = 1/2*(yh - y)^2",
        )
    )
    decision = spelled_out.decide(read("d(L,z_2)"), read("yh - y"))
    assert decision.outcome is Outcome.EQUAL


def test_conditions_of_formal_rules_are_named() -> None:
    assert decide("mse", "log(x*y) == log(x)+log(y)").conditions == ("x > 0", "y > 0")
    assert decide("mse", "sqrt(x^3) == x*sqrt(x)").conditions == ("x > 0",)
    assert decide("log", "L == softplus(z_2) - y*z_2").conditions == ()


@pytest.mark.parametrize(
    ("equation", "outcome"),
    [
        ("sqrt(x^2) == abs(x)", Outcome.EQUAL),
        ("sqrt(x^2) == x", Outcome.DIFFERENT),  # x may be negative
        ("sqrt(w_1^2*x^2) == abs(w_1*x)", Outcome.EQUAL),
        ("sqrt(w_1^6) == abs(w_1)^3", Outcome.EQUAL),
        ("sqrt(w_1^4) == w_1^2", Outcome.EQUAL),
        ("sqrt(exp(2*x)) == exp(x)", Outcome.EQUAL),
        ("exp(0-abs(x)) == exp(0-x)", Outcome.DIFFERENT),
        ("relu(x) + log(1 + exp(0-abs(x))) == softplus(x)", Outcome.EQUAL),
        ("relu(x) + log(1 + exp(0-abs(x))) == softplus(0-x)", Outcome.DIFFERENT),
        ("1 - exp(0-abs(x))/(1+exp(0-abs(x))) == sigmoid(abs(x))", Outcome.EQUAL),
        ("relu'(x) - abs'(x)/(1+exp(abs(x))) == sigmoid(x)", Outcome.EQUAL),
        ("relu'(x) - abs'(x)/(1+exp(x)) == sigmoid(x)", Outcome.DIFFERENT),
    ],
)
def test_a_modulus_below_roots_and_exponentials(equation: str, outcome: Outcome) -> None:
    assert decide("mse", equation).outcome is outcome


def test_without_a_sample_count_a_sum_of_ones_is_no_known_number() -> None:
    algebra = Algebra(model("yh = w_1*x", "L = S((yh-y)^2)", count=None))
    assert algebra.decide(read("S(w_1)"), read("w_1")).outcome is not Outcome.DIFFERENT
    assert algebra.decide(read("d(L,w_1)"), read("2*S((yh-y)*x)")).outcome is Outcome.EQUAL


def test_the_count_keeps_the_documents_name() -> None:
    algebra = Algebra(model("yh = w_1*x", "L = 1/m*S((yh-y)^2)", count="m"))
    decision = algebra.decide(read("d(L,w_1)"), read("S((yh-y)*x)"))
    assert str(decision.left_out) == "2/m"


def test_what_does_not_belong_in_a_resolved_expression_is_undecided() -> None:
    from gradcheck.language.expression import Transpose

    decision = ALGEBRAS["mse"].decide(Transpose(Name("x")), Name("x"))
    assert decision.outcome is Outcome.UNDECIDED
    assert decision.reason


def test_the_difference_is_shown_in_the_documents_names() -> None:
    decision = decide("log", "d(L,b_1) == (yh-y)*w_2*a_1*(1-a_1)*x")
    assert decision.difference is not None
    assert "yh" in to_key(decision.difference)
    assert "a_1" in to_key(decision.difference)


def test_a_partial_of_higher_order_is_carried_out() -> None:
    decision = ALGEBRAS["mse"].decide(Partial(Name("L"), Name("w_2"), 2), read("2/N*S(a_1^2)"))
    assert decision.outcome is Outcome.EQUAL
    many = Partial(Name("L"), Name("w_2"), 50)
    assert ALGEBRAS["mse"].decide(many, Number(Fraction(0))).outcome is Outcome.UNDECIDED
