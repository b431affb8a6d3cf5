"""The table of functions: every row is right, and no table that is apart from it lacks a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcheck.code.layer_functions import ACTIVATIONS
from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.evidence.arrays.drawing import draw
from gradcheck.evidence.arrays.dual import At
from gradcheck.evidence.symbolic.derivative import written_out
from gradcheck.evidence.symbolic.tower import Generator
from gradcheck.language.expression import Apply, Name
from gradcheck.language.functions import (
    BASIC,
    BY_NAME,
    FUNCTIONS,
    Function,
    form_of,
    slope_of,
    value_at,
)
from gradcheck.language.notation import to_tex, to_text
from gradcheck.read.words import FUNCTION_WORDS
from tests.evidence.arrays.trees import squares

SUBJECT = squares()
AT = At(SUBJECT, draw(SUBJECT, 0, 0, 3), 40)
KNOWN = [row for row in FUNCTIONS.values() if row.value is not None]
PLACES = (0.3, 1.7)


def exact(name: str, u: Any, order: int = 0) -> Any:
    """In many digits, by the evaluator that has formulas of its own."""
    forms = FUNCTIONS[name].forms
    if forms:
        return forms[order](None, u, exact)
    return AT.apply(name, order, AT.mp.mpf(u))


def has_digits(name: str) -> bool:
    try:
        return bool(mpmath.isfinite(AT.apply(name, 1, AT.mp.mpf("0.3")))) and name in BASIC
    except KeyError:
        return False


def missing(row: Function, arrays: Mapping[tuple[str, int], object] = FORMULAS) -> list[str]:
    """The tables in which a function is missing."""
    places = {
        "a formula in NumPy (evidence/arrays/array_functions)": (row.forms and not row.unit)
        or row.name == "identity"
        or {(row.name, 0), (row.name, 1)} <= set(arrays),
        "a formula in many digits (evidence/arrays/dual)": not row.is_basic or has_digits(row.name),
        "a slope, or a kink, or what it is by others": row.name == "identity"
        or (row.is_basic != bool(row.forms)),
        "NumPy code for counterexamples": not row.is_basic or bool(row.numpy),
        "a name or a sentence": row.name in BY_NAME,
        "the words that are read as a function": "_" in row.name or row.name in FUNCTION_WORDS,
        "its slope in NumPy, for diagnoses of code": not row.unit
        or row.name == "identity"
        or bool(row.code),
        "the activations of layered networks": not row.unit or row.name in ACTIVATIONS,
        "a sentence that names it": not row.unit or row.name == "identity" or bool(row.prose),
    }
    return [place for place, there in places.items() if not there]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_a_function_is_missing_in_no_table(row: Function) -> None:
    assert missing(row) == []


def test_a_new_row_is_told_where_it_is_missing() -> None:
    new = Function("cube", value=lambda u: u**3, slope=lambda f, u, of: 3 * u**2, unit=True)
    assert len(missing(new)) == 8
    half = {key: None for key in FORMULAS if key != ("tanh", 1)}
    assert missing(FUNCTIONS["tanh"], half) == [
        "a formula in NumPy (evidence/arrays/array_functions)"
    ]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
@pytest.mark.parametrize("place", PLACES)
def test_every_row_says_the_same_of_value_and_slope(row: Function, place: float) -> None:
    if row.name == "identity":
        return
    assert row.value is not None
    value, slope = (float(exact(row.name, place, order)) for order in (0, 1))
    step = 1e-6
    assert slope == pytest.approx((row.value(place + step) - row.value(place - step)) / 2 / step)
    assert row.value(place) == pytest.approx(value, rel=1e-14)
    assert value_at(row.name, place, 1) == pytest.approx(slope, rel=1e-14)
    for order, code in enumerate(row.numpy):
        written = eval(code.format("place"), {"np": np, "math": math, "place": place})  # noqa: S307
        assert float(written) == pytest.approx((value, slope)[order], rel=1e-13)


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_the_slope_is_a_tree_of_functions_that_are_known(row: Function) -> None:
    u = Name("u")
    tree = form_of(row.name, 1, u) if row.forms else slope_of(row.name, u)
    if tree is None:
        assert row.kink is not None or row.name == "identity"
        assert Generator(row.name).has_kink == (row.kink is not None)
        return
    assert to_tex(tree)
    if not row.forms:
        assert written_out(Apply(Name(row.name), (u,), 1)) == tree


@pytest.mark.parametrize("row", [r for r in KNOWN if r.written], ids=lambda row: row.name)
def test_what_authors_write_is_the_slope_by_the_output(row: Function) -> None:
    assert row.of_output is not None
    for a in (Fraction(1, 3), Fraction(-3, 7)):
        shown = {"a": a}
        assert eval(row.written.format("a", "a**2").replace(" (", "*("), shown) == row.of_output(a)  # noqa: S307
        product = Fraction(1)
        for factor in row.factors:
            product *= eval(factor.format("a"), shown)  # noqa: S307
        assert product == row.of_output(a)


def test_no_name_means_two_functions() -> None:
    names = [n for r in KNOWN for n in (r.name, *f"{r.names} {r.plain} {r.letters}".split())]
    assert len(names) == len(set(names)) == len(BY_NAME)


def test_a_family_has_no_value_before_its_number_is_given() -> None:
    assert {r.name for r in FUNCTIONS.values() if r.value is None} == {"leaky_relu", "elu"}
    assert "LeakyReLU" not in BY_NAME and "LeakyReLU" in FUNCTION_WORDS
    with pytest.raises(KeyError):
        value_at("elu", 1.0)


def test_names_that_no_author_writes_are_shown_by_their_signs() -> None:
    applied = Apply(Name("normal_cdf"), (Name("z"),), 1)
    assert (to_text(applied), to_tex(applied)) == ("Φ'(z)", r"\Phi'\left(z\right)")
    assert to_text(Apply(Name("sigmoid"), (Name("z"),))) == "σ(z)"
