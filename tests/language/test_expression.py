"""The expression tree: equality, walking, rebuilding, substitution, keys."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.language.document import Span
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
    contains,
    names_in,
    substitute,
    to_key,
    transform,
    value_keys,
    walk,
)
from tests.understand.documents import tree

numbers = st.fractions(min_value=0, max_value=9, max_denominator=5).map(Number)
names = st.sampled_from("x y w_1 a_1 z".split()).map(
    lambda text: Name(*text.split("_")) if "_" in text else Name(text)
)


def bigger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Add, several),
        st.builds(Multiply, several),
        st.builds(Negate, inner),
        st.builds(Divide, inner, inner),
        st.builds(Power, inner, inner),
        st.builds(Apply, st.just(Name("g")), st.tuples(inner), st.integers(0, 2)),
        st.builds(Partial, inner, names),
        st.builds(Sum, inner, st.none() | st.just(Name("i")), st.none() | numbers, st.none()),
        st.builds(Transpose, inner),
        st.builds(Cancel, inner),
        st.builds(Underbrace, inner, st.none() | inner),
        st.just(FunctionName(Name("g"), 1)),
    )


trees = st.recursive(names | numbers, bigger, max_leaves=12)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (Name("w", "1"), "w_1"),
        (Name("y", accent="hat"), "hat(y)"),
        (Name("y", "i", accent="hat"), "hat(y)_i"),
        (Name("W", superscript="[l]"), "W^[l]"),
        (Name("w", "1", "(2)"), "w_1^(2)"),
        (Name("y", qualifier="pred"), "y(pred)"),
        (Name("L", accent="cal hat"), "cal(hat(L))"),
        (Name("Loss", "MSE"), "Loss_MSE"),
    ],
)
def test_keys_of_names(name: Name, key: str) -> None:
    assert name.key == key
    assert to_key(name) == key


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        (tree("a + b - c"), "(+ a b (- c))"),
        (tree("2 a b"), "(* 2 a b)"),
        (tree("0.5"), "1/2"),
        (tree(r"\frac{\partial L}{\partial w_1}"), "(d L w_1)"),
        (tree(r"\sigma'(z_1)"), "(call sigma' z_1)"),
        (tree(r"\sum_{i=1}^m y_i"), "(sum i 1 m y_i)"),
        (tree(r"\sum y"), "(sum _ _ _ y)"),
        (tree("x^T"), "(T x)"),
        (FunctionName(Name("tanh"), 1), "(fun tanh')"),
        (Partial(Name("L"), Name("w"), 2), "(d2 L w)"),
        (Underbrace(Name("a"), None), "(underbrace a _)"),
        (Cancel(Name("a")), "(cancel a)"),
        (None, "_"),
    ],
)
def test_keys_of_trees(expression: Expression | None, key: str) -> None:
    assert to_key(expression) == key


def test_only_a_tree_has_a_key() -> None:
    with pytest.raises(TypeError, match="not an expression"):
        to_key(Expression())


def test_where_it_was_read_does_not_matter() -> None:
    one, other = Name("w", "1", span=Span(3, 6)), Name("w", "1", span=Span(9, 12))
    assert one == other
    assert hash(one) == hash(other)
    assert tree("a + b") == Add((Name("a"), Name("b")))


def test_nothing_is_simplified() -> None:
    assert tree("a b") != tree("b a")
    assert tree("a + 0") != tree("a")
    assert tree("(a b) c") != tree("a b c")
    assert tree("1/2") != tree("0.5")


def test_a_tree_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Name("w").base = "v"  # type: ignore[misc]


@settings(max_examples=40)
@given(trees)
def test_a_copy_is_equal_and_has_the_same_key(expression: Expression) -> None:
    copy = transform(expression, lambda node: replace(node, span=Span(1, 2)))
    assert copy == expression
    assert hash(copy) == hash(expression)
    assert to_key(copy) == to_key(expression)
    assert all(node.span == Span(1, 2) for node in walk(copy))


@settings(max_examples=40)
@given(trees)
def test_changing_nothing_changes_nothing(expression: Expression) -> None:
    assert transform(expression, lambda node: node) == expression
    assert substitute(expression, {}) == expression


@settings(max_examples=40)
@given(trees, trees)
def test_equal_keys_are_equal_trees(one: Expression, other: Expression) -> None:
    """Two trees that are shown alike are alike."""
    assert (to_key(one) == to_key(other)) == (one == other)


@settings(max_examples=40)
@given(trees)
def test_walking_visits_every_node_its_parent_first(expression: Expression) -> None:
    nodes = list(walk(expression))
    assert nodes[0] is expression
    assert len(nodes) == 1 + sum(len(list(walk(child))) for child in expression.children())
    assert names_in(expression) == {node.key for node in nodes if isinstance(node, Name)}
    assert contains(expression, Power) == any(isinstance(node, Power) for node in nodes)


def test_what_is_kept_of_a_node_is_no_part_of_it() -> None:
    walked, fresh = tree("w x + b"), tree("w x + b")
    assert list(walk(walked)) == list(walk(walked))
    assert value_keys(walked) == value_keys(walked) == ["w", "x", "b"]
    value_keys(walked).clear()  # a list of one's own
    assert (walked, hash(walked), repr(walked)) == (fresh, hash(fresh), repr(fresh))
    other = substitute(walked, {"w": Name("v")})
    assert value_keys(other) == ["v", "x", "b"]
    assert Name("v") in walk(other)


@settings(max_examples=40)
@given(trees)
def test_substitution_takes_every_free_occurrence(expression: Expression) -> None:
    new = substitute(expression, {"x": Name("q")})
    assert "x" not in names_in(new)
    assert substitute(new, {"q": Name("x")}) == expression


def test_substitution_leaves_function_heads_and_sum_indices() -> None:
    values: dict[str, Expression] = {"g": Name("h"), "i": Name("k"), "x": Number(Fraction(2))}
    assert to_key(substitute(tree("g(x) + x"), values)) == "(+ (call g 2) 2)"
    assert to_key(substitute(tree(r"\sum_{i=1}^m x"), values)) == "(sum i 1 m 2)"
    assert substitute(FunctionName(Name("g"), 1), values) == FunctionName(Name("g"), 1)


def test_substitution_is_simultaneous() -> None:
    swapped = substitute(tree("a - b"), {"a": Name("b"), "b": Name("a")})
    assert to_key(swapped) == "(+ b (- a))"


def test_transform_sees_changed_children() -> None:
    """Bottom up: the sum of two is seen after its terms have become numbers."""

    def change(node: Expression) -> Expression:
        match node:
            case Name():
                return Number(Fraction(1))
            case Add(terms=(Number(value=one), Number(value=other))):
                return Number(one + other)
        return node

    assert transform(tree("(a + b) + c"), change) == Number(Fraction(3))
