"""The operand lost after a multiplication sign."""

from __future__ import annotations

import pytest

from gradcheck.explain.mending import Mend, mend_unread
from gradcheck.read import read
from tests.explain.mending.planted import Judged, document_of, judged

FORWARD = r"""
$$a_1 = \tanh(w_1 X + b_1)$$
$$\hat{y} = w_2 a_1 + b_2$$
$$L = \frac{1}{N} \sum_{i=1}^N (\hat{y}_i - y_i)^2$$
$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$
"""


def suggested(side: str, parameter: str = "w_1") -> tuple[Judged, Mend | None]:
    text = FORWARD + rf"$$\frac{{\partial L}}{{\partial {parameter}}} = {side}$$"
    document = document_of(text)
    (case,) = judged(document)
    claim = case.items[-1].claim
    sides = read(document).statements[claim.statement - 1].sides
    return case, mend_unread(case.context(), case.left(claim), sides[claim.side])


@pytest.mark.parametrize(
    ("side", "mended", "edits"),
    [
        (
            r"(\hat{y} - y) w_2 (1 - a_1^2) \times",
            r"(\hat{y} - y) w_2 (1 - a_1^2) \times X",
            1,
        ),
        (
            r"(\hat{y} - y) \cdot w_2 \cdot (1 - y^2) \times",
            r"(\hat{y} - y) \cdot w_2 \cdot (1 - a_1^2) \times X",
            2,
        ),
        (
            r"\boxed{\sum (\hat{y} - y) w_2 (1 - a_1^2) \cdot}",
            r"\boxed{\sum (\hat{y} - y) w_2 (1 - a_1^2) \cdot X}",
            1,
        ),
    ],
)
def test_the_lost_operand(side: str, mended: str, edits: int) -> None:
    case, mend = suggested(side)
    assert mend is not None
    assert (mend.replacement, mend.edits) == (mended, edits)
    assert mend.rule.name == "lost-operand"
    text = case.document.text
    changed = text[: mend.span.start] + mend.replacement + text[mend.span.end :]
    assert mended in changed
    (again,) = judged(document_of(changed))
    assert again.items[-1].verdict.value == "convention"


def test_a_sign_that_stands_for_nothing() -> None:
    _, mend = suggested(r"(\hat{y} - y) w_2 (1 - a_1^2) \times", "b_1")
    assert mend is not None
    assert mend.replacement.rstrip() == r"(\hat{y} - y) w_2 (1 - a_1^2)"


@pytest.mark.parametrize("side", [r"x + 5 \times", r"\begin{pmatrix} 1 \end{pmatrix}", r"(a_1"])
def test_nothing_fits(side: str) -> None:
    _, mend = suggested(side)
    assert mend is None
