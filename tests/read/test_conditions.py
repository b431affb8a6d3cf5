"""What is said to hold under a condition only is not read as a claim for all values."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.statement import Side
from gradcheck.read import read


def claimed(text: str) -> Side:
    """The last side of the first statement."""
    statements = read(Document("d.md", text)).statements
    return statements[0].sides[-1]


def test_in_a_role_too() -> None:
    text = r":math:`g'(z) = 1` if :math:`z > 0`, and \ :math:`0` otherwise."
    side = read(Document("d.rst", text, format="rst")).statements[0].sides[-1]
    assert side.unread is not None


@pytest.mark.parametrize(
    "text",
    [
        r"$$g'(z) = 1 \quad \text{if } z > 0$$",
        r"$$g'(z) = 1 \quad (\text{for } z > 0)$$",
        r"$$g'(z) = 1, \qquad z > 0$$",
        r"$g'(z) = 1$ if $z > 0$, otherwise it is nothing.",
        r"$g'(z) = 1$ falls $z \ge 0$",
        r"\(g'(z) = 1\) if \(z > 0\).",
        r"{math}`g'(z) = 1` if {math}`z > 0`.",
        r"$`g'(z) = 1`$ for $`z > 0`$",
    ],
)
def test_an_inequality_after_an_equation_is_its_condition(text: str) -> None:
    side = claimed(text)
    assert side.unread is not None
    assert "cases are not read" in side.unread.reason


@pytest.mark.parametrize(
    "text",
    [
        r"$$w = w - \eta g, \quad \text{for } \eta > 0$$",
        r"$g'(z) = 1$ for all $i$",
        r"$g'(z) = 1$. The sign of $x$ is positive, so $x > 0$.",
        r"$$g'(z) = 1 \quad (\text{chain rule})$$",
    ],
)
def test_a_positive_rate_or_another_sentence_is_no_condition(text: str) -> None:
    assert claimed(text).unread is None
