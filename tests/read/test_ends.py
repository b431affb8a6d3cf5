"""Every formula is read to an end, whatever stands in it, and nothing is raised for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mutants.damage import SIGNS
from gradcheck.language.document import Document
from gradcheck.language.statement import ReadDocument
from gradcheck.read import read
from gradcheck.run.budget import budget

SECONDS = 2.0
"""What a formula may cost here: one that stands still ends by its count."""


def ended(text: str, kind: str = "markdown") -> ReadDocument:
    with budget(SECONDS):
        return read(Document("t", text, format=kind))


@pytest.mark.parametrize(
    "text",
    [
        "${_}$",
        "${^}$",
        r"$\frac{\partial L}{\partial w_} = 2x$",
        r"$\frac{\partial L}{\partial w^} = 2x$",
        r"$\hat{y_}$",
        r"$\hat{y^}$",
        r"$\mathbf{w_} = 1$",
        "${2 (y_}$",
        "${2 [y_}$",
        r"$$a{\_}b = 1$$",
        r"$$a{\^}b = 1$$",
        "$x_{_}^{_}$",
        "$w_{}}_$",
        r"$\left\{ x_ \right\} = 1$",
        r"$\begin{cases} x_ \end{cases}$",
        "$(x_) = 2$",
        "$x_)$",
    ],
)
def test_a_script_that_a_bracket_follows(text: str) -> None:
    (statement,) = ended(text).statements
    assert any(side.unread is not None for side in statement.sides)


def test_a_script_that_nothing_follows_costs_its_own_side() -> None:
    (statement,) = ended(r"$\frac{\partial L}{\partial w_} = 2x$").statements
    left, right = statement.sides
    assert left.unread is not None
    assert right.expression is not None


_FORMULA = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=30).map("".join)


@given(_FORMULA)
@settings(max_examples=60, deadline=None)
def test_any_tokens_end(formula: str) -> None:
    ended(f"$$L = (w x - y)^2$$\n\n$$\n{formula}\n$$\n\n${formula}$\n")


@given(_FORMULA)
@settings(max_examples=20, deadline=None)
def test_any_tokens_end_in_latex(formula: str) -> None:
    text = r"\newcommand{\g}[1]{#1_}" + f"\n\\[{formula}\\]\n\\g{{{formula}}}\n${formula}$\n"
    ended(text, "latex")


@given(_FORMULA)
@settings(max_examples=20, deadline=None)
def test_any_tokens_end_in_other_texts(formula: str) -> None:
    ended(f"A line :math:`{formula}`\n\n.. math::\n\n   {formula}\n", "rst")
    ended(
        f"L = (w*x - y)^2\n{formula} = 2\n```\n{formula}\ndw = {formula}\n```\n| {formula} | a |\n"
    )
