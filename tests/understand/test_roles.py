"""Roles: who is a parameter, an input, a label, the count; and which layer it belongs to."""

from __future__ import annotations

import pytest

from gradcheck.language.expression import Expression, Name, value_keys
from gradcheck.understand.roles import assign_layers, classify, looks_like_prediction, reachable
from tests.understand.documents import CLAIMS, FORWARD, HALF, only_setup, tree


def bodies(**formulas: str) -> dict[str, Expression]:
    return {key: tree(formula) for key, formula in formulas.items()}


TWO = bodies(
    L=r"\frac{1}{N} \sum (p - y)^2",  # as in a model: its sum has no index
    p="w_2 a_1 + b_2",
    a_1="g(z_1)",
    z_1="w_1 x + b_1",
)


def test_the_usual_names() -> None:
    roles = classify("L", TWO, ["w_1", "b_1", "w_2", "b_2"], ["N"], {})
    assert set(roles.parameters) == {"w_1", "b_1", "w_2", "b_2"}
    assert (roles.inputs, roles.labels, roles.sample_count) == (("x",), ("y",), "N")
    assert (roles.prediction, roles.constants) == ("p", ())


def test_the_count_may_stand_in_a_denominator_only() -> None:
    without = {**TWO, "L": tree(r"\frac{1}{2 m} (p - y)^2")}
    assert classify("L", without, ["w_1"], [], {}).sample_count == "m"
    constant = {**TWO, "L": tree(r"\frac{1}{q} (p - y)^2")}
    roles = classify("L", constant, ["w_1"], [], {})
    assert roles.sample_count is None


def test_unusual_data_are_found_by_where_they_stand() -> None:
    other = bodies(E="(o - t)^2", o=r"\omega h + \beta", h="g(v s + c)")
    roles = classify("E", other, ["v", "c", "omega", "beta"], [], {})
    assert (roles.inputs, roles.labels, roles.prediction) == (("s",), ("t",), "o")


def test_what_is_pinned_comes_first() -> None:
    pinned = {"inputs": ["q"], "labels": ["x"]}
    swapped = {**TWO, "L": tree("(p - x)^2"), "z_1": tree("w_1 q + b_1")}
    roles = classify("L", swapped, ["w_1", "b_1", "w_2", "b_2"], [], pinned)
    assert (roles.inputs, roles.labels) == (("q",), ("x",))


def test_a_helper_between_loss_and_prediction_is_passed_through() -> None:
    helped = {**TWO, "L": tree(r"\frac{1}{2} \delta^2"), "delta": tree("p - y")}
    roles = classify("L", helped, ["w_1", "b_1", "w_2", "b_2"], [], {})
    assert roles.prediction == "p"
    assert roles.labels == ("y",)


def test_layers_by_structure() -> None:
    layers = assign_layers("L", TWO, ["w_1", "b_1", "w_2", "b_2"])
    assert layers == {"w_1": "w_1", "b_1": "b_1", "w_2": "w_2", "b_2": "b_2"}


def test_layers_of_unusual_names() -> None:
    other = bodies(E="(o - t)^2", o=r"h \beta + u", h=r"\tanh(c + x v)")
    layers = assign_layers("E", other, ["u", "beta", "c", "v"])
    assert layers == {"w_1": "v", "b_1": "c", "w_2": "beta", "b_2": "u"}


def test_numbers_in_names_do_not_mislead() -> None:
    """An author who counts from the output: the structure decides."""
    other = bodies(L="(p - y)^2", p="w_1 h + b_1", h="g(w_2 x + b_2)")
    layers = assign_layers("L", other, ["w_1", "b_1", "w_2", "b_2"])
    assert layers == {"w_1": "w_2", "b_1": "b_2", "w_2": "w_1", "b_2": "b_1"}


def test_the_order_of_the_parameters_does_not_matter() -> None:
    names = ["w_1", "b_1", "w_2", "b_2"]
    for order in (names[::-1], names[2:] + names[:2], sorted(names)):
        assert assign_layers("L", TWO, order) == assign_layers("L", TWO, names)


def test_signs_and_minus_in_front_of_a_bias() -> None:
    other = {**TWO, "z_1": tree("w_1 x - b_1"), "p": tree("b_2 + a_1 w_2")}
    assert assign_layers("L", other, ["w_1", "b_1", "w_2", "b_2"])["b_1"] == "b_1"


@pytest.mark.parametrize("layer", ["output", "hidden"])
def test_one_bias_in_both_layers_leaves_each_name_its_own_role(layer: str) -> None:
    """A mistyped bias must not rename the rows of a table: ``b_1`` is b_1, ``b_2`` is b_2."""
    old, new = ("b_2", "b_1") if layer == "output" else ("b_1", "b_2")
    setup = only_setup(FORWARD.replace(f"+ {old}", f"+ {new}") + HALF + CLAIMS)
    roles = {parameter.role: parameter.key for parameter in setup.model.parameters}
    assert roles == {"w_1": "w_1", "b_1": "b_1", "w_2": "w_2", "b_2": "b_2"}


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        (Name("y", accent="hat"), True),
        (Name("y", "pred"), True),
        (Name("y", qualifier="pred"), True),
        (Name("a", "2"), True),
        (Name("p"), True),
        (Name("y"), False),
        (Name("x"), False),
        (Name("w", "1"), False),
        (Name("b", "1"), False),
    ],
)
def test_what_predictions_look_like(name: Name, yes: bool) -> None:
    assert looks_like_prediction(name) is yes


def test_value_keys_leave_function_heads_out() -> None:
    assert value_keys(tree("g(x) + g(y) x")) == ["x", "y"]


def test_what_a_loss_is_computed_from() -> None:
    found = reachable("L", TWO)
    assert found[0] == "L"
    assert len(found) == len(set(found))
    assert set(found) >= {"p", "y", "w_2", "a_1", "b_2", "z_1", "w_1", "x", "b_1"}
    circle = bodies(a="b + 1", b="a + 1")
    assert reachable("a", circle) == ["a", "b"]
