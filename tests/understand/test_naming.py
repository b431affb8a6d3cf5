"""Names: case variants, sample indices, units, loss names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.language.expression import Name
from gradcheck.understand.naming import (
    Naming,
    derived_for_keys,
    is_general,
    is_loss_name,
    is_one,
    understand_names,
)
from tests.understand.documents import display, reading, tree


def naming(
    *formulas: str, defined: tuple[str, ...] = (), derived_for: tuple[str, ...] = ()
) -> Naming:
    statements = reading(display(*formulas)).statements
    return understand_names(statements, set(defined), set(derived_for))


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        (Name("L"), True),
        (Name("J"), True),
        (Name("L", accent="cal"), True),
        (Name("Loss", "MSE"), True),
        (Name("MSE"), True),
        (Name("E"), True),
        (Name("ell"), True),
        (Name("l"), False),
        (Name("y", accent="hat"), False),
        (Name("C", accent="hat"), False),
        (Name("w", "1"), False),
        (Name("Lambda"), False),
    ],
)
def test_loss_names(name: Name, yes: bool) -> None:
    assert is_loss_name(name) is yes


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        (Name("w", "i"), True),
        (Name("W", superscript="[l]"), True),
        (Name("W", superscript="(j)"), True),
        (Name("w", "1"), False),
        (Name("w"), False),
        (Name("W", superscript="[1]"), False),
        (Name("a", "2i"), False),
    ],
)
def test_a_general_index_stands_for_any_layer(name: Name, yes: bool) -> None:
    assert is_general(name) is yes


def test_case_variants_are_one_name_if_one_of_them_is_anchored() -> None:
    found = naming("z_1 = W_1 X + b_1", r"q = w_1 x", derived_for=("w_1",))
    assert found.canonical(Name("W", "1")) == Name("w", "1")
    assert found.canonical(Name("w", "1")) == Name("w", "1")


def test_case_variants_that_are_both_anchored_are_two_names() -> None:
    found = naming("Z_1 = W_1 X", "z_1 = 2 Z_1", defined=("Z_1", "z_1"))
    assert found.canonical(Name("Z", "1")) == Name("Z", "1")
    assert found.canonical(Name("z", "1")) == Name("z", "1")


def test_case_variants_of_data_are_one_name() -> None:
    found = naming("z_1 = w_1 X + b_1", "q = w_1 x")
    assert found.canonical(Name("X")) == found.canonical(Name("x"))


def test_counts_and_indices_in_two_cases_stay_two() -> None:
    found = naming("q = N + n", "p = M m")
    assert found.canonical(Name("N")) != found.canonical(Name("n"))
    assert found.canonical(Name("M")) != found.canonical(Name("m"))


def test_the_canonical_name_keeps_the_place_of_the_written_one() -> None:
    statements = reading(display("z = W x", "q = w x")).statements
    found = understand_names(statements, set(), {"w"})
    written = next(
        node
        for side in statements[0].sides
        if side.expression is not None
        for node in [side.expression, *side.expression.children()]
        if isinstance(node, Name) and node.base == "W"
    )
    assert found.canonical(written).span == written.span


@pytest.mark.parametrize(
    "name",
    [
        Name("y", "i"),
        Name("y", superscript="(i)"),
        Name("y", superscript="i"),
        Name("y", superscript="[i]"),
    ],
)
def test_the_index_of_the_losss_sum_is_dropped(name: Name) -> None:
    found = naming(r"L = \frac{1}{m} \sum_{i=1}^m (\hat{y}_i - y_i)^2")
    assert found.canonical(name) == Name("y")


def test_an_index_beside_a_layers_number_is_dropped() -> None:
    found = naming(r"L = \frac{1}{m} \sum_{i=1}^m (a_{2i} - y_i)^2")
    assert found.canonical(Name("a", "2i")) == Name("a", "2")
    assert found.canonical(Name("a", "2,i")) == Name("a", "2")
    assert found.canonical(Name("a", "2")) == Name("a", "2")


def test_an_index_without_a_sum_is_one_that_several_names_share() -> None:
    found = naming(r"L = (\hat{y}_i - y_i)^2")
    assert found.canonical(Name("y", "i")) == Name("y")
    lone = naming(r"L = (\hat{y} - y_i)^2")
    assert lone.canonical(Name("y", "i")) == Name("y", "i")


def test_a_layers_index_is_not_a_samples() -> None:
    """``w_i`` beside ``w_1`` is any layer; ``\\hat{y}_i`` is a sample's."""
    found = naming(
        r"L = \sum_{i=1}^m (\hat{y}_i - y_i)^2", "w_i = w_i - 2", derived_for=("w_1", "w_2")
    )
    assert found.canonical(Name("w", "i")) == Name("w", "i")
    assert found.canonical(Name("y", "i", accent="hat")) == Name("y", accent="hat")


def test_an_index_that_a_forward_equation_sums_is_a_units() -> None:
    found = naming(r"z = \sum_{j=1}^n w_j x_j + b", r"L = \frac{1}{m} \sum_{i=1}^m (z_i - y_i)^2")
    assert found.units == {"j"}
    assert found.samples == {"i"}
    assert found.canonical(Name("x", "j")) == Name("x")
    assert found.canonical(Name("w", "j")) == Name("w")


def test_who_is_differentiated_by() -> None:
    statements = reading(
        display(r"\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial z} x", "q = w_2")
    ).statements
    assert derived_for_keys(statements) == {"w_1", "z"}


def test_is_one() -> None:
    assert is_one(tree("1"))
    assert not is_one(tree("2"))
    assert not is_one(tree("x"))
    assert not is_one(None)


names = st.builds(
    Name,
    st.sampled_from(["w", "W", "y", "Y", "a", "x", "X", "L", "n", "N"]),
    st.sampled_from(["", "1", "2", "i", "1i", "i1", "1,i", "pred", "ii"]),
    st.sampled_from(["", "(i)", "[1]", "[l]", "(1)", "i"]),
    st.sampled_from(["", "hat", "bar"]),
)


@given(st.lists(names, min_size=1, max_size=6))
def test_the_canonical_name_is_its_own(written: list[Name]) -> None:
    """Understanding twice changes nothing, whatever names a page uses."""
    from gradcheck.language.notation import to_tex

    page = naming(
        r"L = \frac{1}{m} \sum_{i=1}^m (\hat{y}_i - y_i)^2",
        *(f"q = {to_tex(name)} + 1" for name in written),
        derived_for=("w_1", "w_2"),
    )
    for name in written:
        once = page.canonical(name)
        assert page.canonical(once) == once
        assert once.base.lower() == name.base.lower()
        assert once.accent == name.accent


@pytest.mark.parametrize(
    ("text", "samples", "named"),
    [
        ("net_h = w_h x; net_k = w_k o_h; E = (t_k - o_k)^2", "", "hk"),
        ("y_k = w x_k + b; E = (t_k - y_k)^2", "k", ""),
        (r"net_h = w_h x; net_k = w_k o_h; E = \sum_k (t_k - o_k)^2", "", "hk"),
        (r"y_i = w x_i + b; E = \sum_i (t_i - y_i)^2", "i", ""),
    ],
)
def test_letters_that_name_one_unit_each(text: str, samples: str, named: str) -> None:
    found = naming(*text.split(";"))
    assert ("".join(sorted(found.samples)), "".join(sorted(found.named))) == (samples, named)


def test_a_sample_beside_a_layer_is_dropped() -> None:
    found = naming(r"L = \sum_{i=1}^m (a^{[2](i)} - y^{(i)})^2")
    assert found.canonical(Name("a", superscript="[2](i)")).key == "a^[2]"
