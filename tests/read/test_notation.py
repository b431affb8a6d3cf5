"""Writing expressions: LaTeX reads back as the same tree; text is what a person would write."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.language.document import Document
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    Transpose,
    Underbrace,
    to_key,
)
from gradcheck.language.notation import to_tex, to_text
from gradcheck.read import read


def read_one(text: str) -> Expression:
    """The expression of the first side of a formula."""
    statement = read(Document("a.md", f"$${text}$$")).statements[0]
    (side,) = statement.sides
    assert side.unread is None, (text, side.unread)
    assert side.expression is not None
    return side.expression


NAMES = st.builds(
    Name,
    st.sampled_from(["w", "x", "y", "a", "z", "delta", "eta", "Loss", "lr", "W", "N"]),
    st.sampled_from(["", "1", "2", "i", "ij", "1,2", "pred", "MSE"]),
    st.sampled_from(["", "", "", "(1)", "[l]", "(i)", "new", "l-1"]),
    st.sampled_from(["", "", "hat", "bar", "tilde", "cal", "hat bar"]),
    st.sampled_from(["", "", "", "pred"]),
)
NUMBERS = st.builds(
    Number,
    st.sampled_from([Fraction(n) for n in (0, 1, 2, 10, 37)] + [Fraction(1, 2), Fraction(1, 40)]),
)
HEADS = st.sampled_from([Name("sigma"), Name("g"), Name("tanh"), Name("log"), Name("exp"), Name("sigmoid"),
                         Name("g", "1"), Name("ReLU"), Name("phi", "", "[1]")])  # fmt: skip


def _nodes(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    bounds = st.none() | NUMBERS | NAMES
    return st.one_of(
        several.map(Add),
        several.map(Multiply),
        inner.map(Negate),
        st.builds(Divide, inner, inner),
        st.builds(
            Power, inner, st.sampled_from([Number(Fraction(2)), Number(Fraction(3)), Name("k")])
        ),
        st.builds(Apply, HEADS, st.tuples(inner), st.sampled_from([0, 0, 1, 2])),
        st.builds(Apply, st.just(Name("max")), several),
        st.builds(
            Apply, st.sampled_from([Name("sqrt"), Name("abs"), Name("norm", "2")]), st.tuples(inner)
        ),
        st.builds(Partial, inner, NAMES, st.sampled_from([1, 1, 2])),
        st.builds(Sum, inner, st.none(), st.none(), bounds),
        st.builds(Sum, inner, st.just(Name("i")), bounds, bounds),
        inner.map(Transpose),
        inner.filter(lambda node: not isinstance(node, Negate) and not _begins_with_sign(node)).map(
            Cancel
        ),
        st.builds(Underbrace, inner, st.none() | inner),
    )


def _begins_with_sign(node: Expression) -> bool:
    if isinstance(node, Add):
        return isinstance(node.terms[0], Negate)
    return isinstance(node, Multiply) and _begins_with_sign(node.factors[0])


TREES = st.recursive(NAMES | NUMBERS | st.builds(FunctionName, st.just(Name("tanh")), st.just(1)),
                     _nodes, max_leaves=8)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(TREES.filter(lambda tree: not isinstance(tree, Cancel)))
def test_tex_reads_back_as_the_same_tree(tree: Expression) -> None:
    assert to_key(read_one(to_tex(tree))) == to_key(tree)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_text_of_two_trees_differs_where_the_mathematics_does(tree: Expression) -> None:
    assert to_text(tree)
    assert to_text(Negate(tree)) != to_text(tree)


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"(\hat{y} - y) w_2 \sigma'(z_1) x", "(ŷ - y)·w_2·σ'(z_1)·x"),
        (r"\frac{2}{N} \sum (a_2 - y) a_1", "2/N·Σ (a_2 - y)·a_1"),
        (r"\frac{\partial L}{\partial w_1}", "∂L/∂w_1"),
        (r"\frac{\partial (a + b)}{\partial w}", "∂(a + b)/∂w"),
        (r"-\frac{a}{b + c}", "-a/(b + c)"),
        (r"a - (b - c)", "a - (b - c)"),
        (r"a - (-b)", "a - (-b)"),
        (r"(a + b)^2 + e^{-z}", "(a + b)^2 + e^(-z)"),
        (r"\frac{\frac{a}{b}}{c d}", "(a/b)/(c·d)"),
        (r"a \frac{b}{c} d", "a·b/c·d"),
        (r"\operatorname{sigmoid}(z)", "σ(z)"),
        (r"W^T x", "Wᵀ·x"),
        (r"\sum_{i=1}^m \hat{y}_i", "Σ_{i=1}^m ŷ_i"),
        (r"|a|", "|a|"),
        (r"\frac{1}{2m}", "1/(2·m)"),
    ],
)
def test_text_is_what_a_person_would_write(tex: str, text: str) -> None:
    assert to_text(read_one(tex)) == text


def test_display_names() -> None:
    tree = read_one("w_1 x")
    assert to_text(tree, {"w_1": "W1"}) == "W1·x"
    assert to_tex(tree, {"w_1": "W^{[1]}"}) == r"W^{[1]} \cdot x"
