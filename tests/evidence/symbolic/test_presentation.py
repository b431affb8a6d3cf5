"""Gradients shown in the document's own names, as short as a person would write them."""

from __future__ import annotations

import pytest

from gradcheck.evidence.symbolic import Algebra
from gradcheck.language.document import Document
from gradcheck.language.notation import to_text
from gradcheck.read import read
from gradcheck.understand import understand


def shown(*lines: str) -> dict[str, str]:
    """parameter → gradient of the loss (the last line's) as it is shown."""
    claims = [rf"\frac{{\partial L}}{{\partial {name}}} = 0" for name in ("w_2", "b_2", "w_1")]
    text = "\n\n".join(f"$${line}$$" for line in (*lines, *claims))
    (setup,) = understand(read(Document("text.md", text))).setups
    algebra = Algebra(setup.model)
    return {p.key: to_text(algebra.gradient(p.key)) for p in setup.model.parameters}


def loss_of(name: str) -> str:
    return rf"L = -(y \ln {name} + (1 - y) \ln(1 - {name}))"


@pytest.mark.parametrize("sigmoid", [r"\sigma", r"\text{sigmoid}"])
def test_a_nested_output_is_folded_back_to_its_name(sigmoid: str) -> None:
    found = shown(f"h = {sigmoid}(w_1 x + b_1)", f"o = {sigmoid}(w_2 h + b_2)", loss_of("o"))
    assert found["w_2"] == "(o - y)·h"
    assert found["b_2"] == "o - y"
    assert found["w_1"] == "(o - y)·w_2·h·x·(1 - h)"


def test_everything_in_one_formula() -> None:
    found = shown(r"p = \sigma(w_2 \tanh(w_1 x + b_1) + b_2)", loss_of("p"))
    assert found["b_2"] == "p - y"
    assert found["w_2"] == "(p - y)·tanh(w_1·x + b_1)"
    assert found["w_1"] == "(p - y)·w_2·x·(1 - tanh(w_1·x + b_1)^2)"


def test_what_is_not_the_same_quantity_is_not_folded() -> None:
    found = shown(
        r"h = \sigma(w_1 x + b_1)", r"o = \sigma(w_2 h + b_2)", r"L = \frac{1}{2} (o - y)^2"
    )
    assert found["b_2"] == "(o - y)·o·(1 - o)"
