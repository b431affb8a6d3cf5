"""Diagnosis: the rule and the words for a quotient of claim and truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.explain.mending.mend import Mend
from gradcheck.explain.quotient import diagnose
from gradcheck.language.expression import Apply, Expression, Name
from gradcheck.language.finding import RULES
from gradcheck.language.model import Model
from tests.understand.documents import tree


@pytest.mark.parametrize(
    ("quotient", "code", "words"),
    [
        ("x", "GC101", "extra factor x"),
        ("-x", "GC101", "extra factor x, wrong sign"),
        ("2 x", "GC101", "extra factor x"),
        ("x^2", "GC101", "extra factor x^2"),
        ("1 - a_1", "GC101", "extra factor (1 - a_1)"),
        ("a_1 (1 - a_1)", "GC101", "extra factor a_1·(1 - a_1)"),
        (r"\frac{1}{x}", "GC102", "missing factor x"),
        (r"\frac{1}{a_1 (1 - a_1)}", "GC102", "missing factor a_1·(1 - a_1)"),
        (r"-\frac{1}{x}", "GC102", "missing factor x, wrong sign"),
        (r"\frac{1}{x^2}", "GC102", "missing factor x^2"),
        ("-1", "GC103", "wrong sign"),
        ("-2", "GC103", "wrong sign"),
        (r"-\frac{1}{2}", "GC103", "wrong sign"),
        (r"-\frac{2}{N}", "GC103", "wrong sign"),
        ("2", "GC130", "the claim is 2 times the gradient"),
        (r"\frac{w_1}{w_2}", "GC106", "w_1 stands where w_2 belongs"),
        (r"-\frac{w_1}{w_2}", "GC106", "w_1 stands where w_2 belongs, wrong sign"),
        (r"\frac{x}{N}", "GC101", "extra factor x"),
        (r"\frac{N}{x}", "GC102", "missing factor x"),
        (r"\frac{1 - y}{1 - a_1}", "GC105", ""),
        (r"\frac{a + b}{c}", "GC105", ""),
    ],
)
def test_words_for_a_quotient(quotient: str, code: str, words: str) -> None:
    found = diagnose(tree(quotient), "N")
    assert (found.rule.code, found.words) == (code, words)


def test_without_a_quotient_there_are_no_words() -> None:
    found = diagnose(None, "N")
    assert (found.rule.code, found.words) == ("GC105", "")


def test_a_constant_is_said_to_be_one_whatever_the_quotient() -> None:
    assert diagnose(tree("2"), "N", constant=True).rule.code == "GC104"
    assert diagnose(None, None, constant=True).words == "wrong constant"


def test_the_count_is_a_constant_only_under_its_own_name() -> None:
    assert diagnose(tree("N x"), "N").words == "extra factor x"
    assert diagnose(tree("N x"), "m").words == "extra factor N·x"
    assert diagnose(tree("N x"), None).words == "extra factor N·x"


def test_signs_multiply() -> None:
    assert diagnose(tree("(-1)(-x)"), None).words == "extra factor x"
    assert diagnose(tree(r"\frac{-x}{-1}"), None).words == "extra factor x"
    assert diagnose(tree("(-x)^2"), None).words == "extra factor x^2"
    assert diagnose(tree("(-x)^3"), None).words == "extra factor x^3, wrong sign"


@given(
    st.lists(
        st.sampled_from(["x", "w_2", "a_1", "(1 - a_1)"]), min_size=1, max_size=3, unique=True
    ),
    st.booleans(),
    st.booleans(),
)
def test_every_factor_is_named_in_any_order(
    factors: list[str], inverse: bool, negative: bool
) -> None:
    text = " ".join(factors)
    quotient = rf"\frac{{1}}{{{text}}}" if inverse else text
    found = diagnose(tree(f"-{quotient}" if negative else quotient), "N")
    assert found.rule.code == ("GC102" if inverse else "GC101")
    assert all(factor in found.words for factor in factors)
    assert ("wrong sign" in found.words) is negative


def model_with(function: str) -> Model:
    return Model({"a_1": Apply(Name(function), (Name("z_1"),))}, "L", None, (), (), ())


@pytest.mark.parametrize(
    ("function", "quotient", "code", "words"),
    [
        ("sigmoid", r"\frac{1}{a_1 (1 - a_1)}", "GC122", "the derivative of a_1 is missing"),
        ("tanh", r"\frac{1}{1 - a_1^2}", "GC122", "the derivative of a_1 is missing"),
        ("tanh", r"\frac{1}{(1 - a_1) (a_1 + 1)}", "GC122", "the derivative of a_1 is missing"),
        ("sigmoid", "a_1 (1 - a_1)", "GC123", "the derivative of a_1 stands twice"),
        ("tanh", "(1 - a_1) (1 + a_1)", "GC123", "the derivative of a_1 stands twice"),
        (
            "sigmoid",
            r"\frac{1 + a_1}{a_1}",
            "GC124",
            "the derivative of tanh, but a_1 is a sigmoid",
        ),
        ("tanh", r"\frac{a_1}{1 + a_1}", "GC124", "the derivative of sigmoid, but a_1 is a tanh"),
        ("sigmoid", "a_1", "GC101", "extra factor a_1"),
        ("relu", "a_1 (1 - a_1)", "GC101", "extra factor a_1·(1 - a_1)"),
    ],
)
def test_the_derivative_of_an_activation_is_called_so(
    function: str, quotient: str, code: str, words: str
) -> None:
    found = diagnose(tree(quotient), "N", model=model_with(function))
    assert (found.rule.code, found.words) == (code, words)


def mend(code: str, words: str) -> Mend:
    expression: Expression = tree("x")
    return Mend(expression.span, "x", words, RULES[code], expression, 1)


def test_a_mend_names_the_mistake() -> None:
    found = diagnose(None, "N", mend=mend("GC121", "b_2 for b_1"))
    assert (found.rule.code, found.words) == ("GC121", "b_2 for b_1")


def test_the_activation_s_derivative_goes_before_a_mend_of_one_factor() -> None:
    found = diagnose(
        tree(r"\frac{1}{a_1 (1 - a_1)}"),
        "N",
        mend=mend("GC102", "the factor a_1 is missing"),
        model=model_with("sigmoid"),
    )
    assert found.rule.code == "GC122"


@pytest.mark.parametrize(
    ("difference", "code", "words"),
    [
        ("x", "GC133", "the term x is too much"),
        ("-b_1", "GC134", "the term b_1 is missing"),
        ("x + y", "GC105", ""),
    ],
)
def test_a_difference_of_one_term(difference: str, code: str, words: str) -> None:
    found = diagnose(None, "N", difference=tree(difference))
    assert (found.rule.code, found.words) == (code, words)
