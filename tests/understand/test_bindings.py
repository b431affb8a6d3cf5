"""Bindings: which steps give a name or a function its meaning; which are updates."""

from __future__ import annotations

import pytest

from gradcheck.language.expression import Name, to_key
from gradcheck.understand.bindings import collect_bindings, factors_of, heads_applied
from gradcheck.understand.descending import bare
from tests.understand.documents import canonical, tree


def bound(*formulas: str, trained: tuple[str, ...] = ()) -> dict[str, str]:
    """Key → body, for all bindings of some formulas (the last one of a key)."""
    return {
        binding.key: to_key(binding.body)
        for binding in collect_bindings(canonical(*formulas), set(trained))
    }


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("z_1 = w_1 x + b_1", {"z_1": "(+ (* w_1 x) b_1)"}),
        ("z_1 := w_1 x", {"z_1": "(* w_1 x)"}),
        (r"L = \text{MSE} = (p - y)^2", {"L": "MSE", "MSE": "(^ (+ p (- y)) 2)"}),
        (r"g(u) = \frac{1}{1 + e^{-u}}", {"g": "(/ 1 (+ 1 (^ e (- u))))"}),
        # A statement about equality of two values binds nothing new in its middle.
        ("g(z_2) = w_2 a_1 + b_2", {"g": "(+ (* w_2 a_1) b_2)"}),
        (r"\delta = \frac{\partial L}{\partial z} = p - y", {"delta": "(+ p (- y))"}),
        (r"\delta = \frac{\partial L}{\partial z}", {"delta": "(d L z)"}),
        (r"\frac{\partial L}{\partial w_1} = x", {}),
        (r"g'(u) = g(u) (1 - g(u))", {}),
        (r"z \neq w x", {}),
        (r"z \approx w x", {}),
        ("2 z = w x", {}),
        (r"w_1 = w_1 - \alpha \frac{\partial L}{\partial w_1}", {}),
        (r"w_1 \leftarrow w_1 - 2", {}),
        ("z", {}),
    ],
)
def test_what_a_formula_binds(formula: str, expected: dict[str, str]) -> None:
    assert bound(formula) == expected


def test_a_middle_application_defines_a_function_of_its_argument_only() -> None:
    assert bound(r"a_1 = g(z_1) = \frac{1}{1 + e^{-z_1}}")["g"] == "(/ 1 (+ 1 (^ e (- z_1))))"
    assert "g" not in bound(r"\hat{y} = a_2 = g(z_2) = w_2 a_1 + b_2")


def test_a_trained_name_is_never_bound() -> None:
    assert bound("w_1 = 3 x", trained=("w_1",)) == {}


def test_a_function_without_an_argument() -> None:
    (binding,) = collect_bindings(canonical(r"\tanh = \frac{e^x - e^{-x}}{e^x + e^{-x}}"), set())
    assert (binding.key, binding.formals) == ("tanh", ("x",))


def test_what_follows_an_unread_side_defines_nothing() -> None:
    statements = canonical(r"z = w x \times = q")
    assert statements[0].sides[1] is None
    assert collect_bindings(statements, set()) == ()


def test_the_place_of_a_binding_is_its_bodys() -> None:
    (binding,) = collect_bindings(canonical("z = w x"), set())
    assert (binding.span.start, binding.span.end) == (6, 9)
    assert binding.position == 6


@pytest.mark.parametrize(
    ("formula", "yes"),
    [
        (r"w_1 = w_1 - \alpha \frac{\partial L}{\partial w_1}", True),
        (r"w_1 := w_1 - \alpha \frac{\partial L}{\partial w_1}", True),
        (r"w_1 \leftarrow w_1 - \eta \delta x", True),
        (r"b_1 \leftarrow b_2 - \eta \frac{\partial L}{\partial b_2}", True),
        (r"w_1 = w_1 + \eta \delta x", True),
        (r"w^{(t+1)} = w^{(t)} - \eta d", True),
        (r"w_{new} = w_{old} - \eta d", True),
        (r"w \mathrel{-}= q", False),
        ("z_2 = w_2 a_1 + b_2", False),
        ("z_2 := w_2 a_1 + b_2", False),
        (r"z \leftarrow w x + b", False),
        ("w_1 = 3", False),
        (r"\frac{\partial L}{\partial w_1} = w_1 - x", False),
        ("w_1", False),
    ],
)
def test_updates(formula: str, yes: bool) -> None:
    (statement,) = canonical(formula)
    assert statement.is_update is yes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (Name("w", superscript="(t+1)"), Name("w")),
        (Name("w", "new"), Name("w")),
        (Name("w", "old"), Name("w")),
        (Name("w", "1", superscript="(t)"), Name("w", "1")),
        (Name("w", "1"), Name("w", "1")),
        (Name("w", superscript="[1]"), Name("w", superscript="[1]")),
    ],
)
def test_old_and_new_are_one_name(name: Name, expected: Name) -> None:
    assert bare(name) == expected


def test_factors_are_opened() -> None:
    assert [to_key(f) for f in factors_of(tree("-(a (b c)) d"))] == ["a", "b", "c", "d"]
    assert [to_key(f) for f in factors_of(tree("a + b"))] == ["(+ a b)"]


def test_heads_come_outermost_first() -> None:
    assert [h.function.key for h in heads_applied(tree("g(f(x)) + h(y)"))] == ["g", "f", "h"]
