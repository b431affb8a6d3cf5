"""Other spellings of an equation: found where the document shows them, and only there."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.read import read
from gradcheck.understand.readings import ReadingLog
from gradcheck.understand.spelling import usual_spelling


def usual(text: str) -> tuple[list[str], list[str]]:
    """The statements as they are understood, and the rules of the readings."""
    document = Document("a.md", "\n\n".join(f"$${line}$$" for line in text.split(";")))
    log = ReadingLog(document)
    statements = usual_spelling(read(document).statements, log)
    shown = [" = ".join(to_key(side.expression) for side in s.sides) for s in statements]
    return shown, [reading.rule for reading in log.readings()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w x + b = z", "z = (+ (* w x) b)"),
        (r"\sigma(z) = h", "h = (call sigma z)"),
        (r"w h + b = v h + b = \hat y", r"hat(y) = (+ (* v h) b) = (+ (* w h) b)"),
        (r"(a - y)^2 = L", "L = (^ (+ a (- y)) 2)"),
        (r"(a - y) x = \frac{\partial L}{\partial w}", "(d L w) = (* (+ a (- y)) x)"),
    ],
)
def test_right_to_left(text: str, expected: str) -> None:
    assert usual(text) == ([expected], ["right-to-left"])


@pytest.mark.parametrize(
    "text",
    [
        "z = w x",
        r"\frac{\partial z}{\partial w} = x",
        r"w x + b = y",
        "w x + b = x_1",
        r"\sigma'(z) = s",
        r"2 \cdot 3 = c",
        "w x \\approx z",
        "z = v;w x = z",
        r"w x = w;\frac{\partial L}{\partial w} = 2",
    ],
)
def test_left_to_right_stays(text: str) -> None:
    assert usual(text)[1] == []


def test_a_subscript_that_is_a_parameter_is_a_partial() -> None:
    shown, rules = usual(r"L = (w_1 x - y)^2;L_{w_1} = 2 x")
    assert shown[1] == "(d L w_1) = (* 2 x)"
    assert rules == ["partial-by-subscript"]


@pytest.mark.parametrize(
    "text",
    [
        r"L = L_w + L_d;L_w = w^2;L_d = (w x - y)^2",
        r"L_{MSE} = (w x - y)^2",
        r"L_i = (w x_i - y_i)^2",
        r"z_w = w x",
    ],
)
def test_other_subscripts_of_a_loss_are_names(text: str) -> None:
    assert usual(text)[1] == []
