"""Diagnosis: the rule and the words for a quotient of claim and truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.diagnosis import diagnose
from tests.derivation.documents import tree


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
        ("2", "GC105", "the claim is 2 times the gradient"),
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
