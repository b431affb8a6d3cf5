"""The sigmoid's derivative with another function's name, in what could not be read."""

from __future__ import annotations

import pytest

from gradcheck.explain.hygiene.unread_functions import mistaken_functions
from gradcheck.language.document import Document
from gradcheck.read import read


def found(formula: str) -> list[tuple[str, str | None]]:
    document = read(Document("a.md", f"$$ {formula} $$"))
    return [(finding.rule.code, finding.suggestion) for finding in mistaken_functions(document)]


def test_sin_for_sigma_beside_a_remark() -> None:
    formula = r"g' = \frac{\text{when } g(u) = \sin(u)}{g'(u) = \sin(u) (1 - \sin(u))}"
    assert found(formula) == [("GC126", r"\sigma(u) (1 - \sigma(u))")]


@pytest.mark.parametrize(
    "formula",
    [
        r"g'(u) = \sin(u) (1 - \sin(u))",  # read: the algebra judges it
        r"\frac{\text{when } a}{\sin(u) (1 - \sin(v))}",
        r"\frac{\text{when } a}{\sin(u) (1 - \cos(u))}",
        r"\frac{\text{when } a}{\sigma(u) (1 - \sigma(u))}",
    ],
)
def test_nothing_else_is_named(formula: str) -> None:
    assert found(formula) == []
