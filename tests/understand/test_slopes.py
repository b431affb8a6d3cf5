"""The slope of a function at any number, in the ways it is written."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.read import read
from gradcheck.understand.slopes import with_slopes

FORWARD = r"z_1 = w x + b; a = \sigma(z_1);"


def last(text: str) -> str:
    document = Document("a.md", "\n\n".join(f"$${line}$$" for line in text.split(";")))
    sides = with_slopes(read(document).statements)[-1].sides
    return " = ".join("UNREAD" if s.expression is None else to_key(s.expression) for s in sides)


@pytest.mark.parametrize(
    "written",
    [
        r"\frac{d\sigma}{dz} = \sigma(z)",
        r"\frac{d\sigma(z)}{dz} = \sigma(z)",
        r"\frac{d}{dz} \sigma(z) = \sigma(z)",
        r"\frac{\partial \sigma}{\partial z} = \sigma",
        r"\sigma' = \sigma",
        r"d\sigma/dz = \sigma(z)",
    ],
)
def test_a_slope_at_any_number(written: str) -> None:
    assert last(FORWARD + written) == "(call sigma' z) = (call sigma z)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FORWARD + r"\frac{d\sigma}{dz_1} = a", "(d sigma z_1) = a"),
        (r"f(x) = w x + b; \frac{\partial f}{\partial w} = x", "(d f w) = x"),
        (r"J(w) = (w - y)^2; \frac{d J}{dw} = w", "(d J w) = w"),
        (FORWARD + r"\frac{d a}{dz} = a (1 - a)", "(d a z) = (* a (+ 1 (- a)))"),
        (FORWARD + r"\sigma' = a (1 - \sigma)", "(fun sigma') = (* a (+ 1 (- sigma)))"),
    ],
)
def test_values_of_the_document_stay(text: str, expected: str) -> None:
    assert last(text).replace("(call sigma' z)", "(fun sigma')") == expected
