"""The table of ``gradcheck read --facts``."""

from __future__ import annotations

import re

from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.report.renderers.page_facts import facts

PAGE = r"""
$$\hat y_i = w x_i + b, \qquad Q = \frac1N \sum_{i=1}^N (\hat y_i - y_i)^2$$

$$\frac{\partial Q}{\partial w} = \frac2N \sum_{i=1}^N (\hat y_i - y_i) x_i = 0$$

$$\frac{\partial Q}{\partial b} = \frac2N \sum_{i=1}^N (\hat y_i - y_i)$$

$$b = \bar y - w \bar x$$

$$w \leftarrow w - \eta \frac{\partial Q}{\partial w}$$

$$\hat y_i \approx y_i$$
"""


def kinds(text: str) -> list[tuple[str, str]]:
    """Line and kind of every row."""
    table = facts(read(Document("page.md", text))).split("\n\n")[0].splitlines()[2:]
    rows = [re.split(r"\s{2,}", line.strip()) for line in table if line[:6].strip()]
    return [(row[0], row[1]) for row in rows]


def test_every_pair_of_sides_says_what_it_is() -> None:
    assert kinds(PAGE + "\nWe solve for the optimum.") == [
        ("2", "definition"), ("2", "definition"), ("4", "claim"), ("4", "condition"),
        ("6", "claim"), ("8", "solved"), ("10", "update"), ("12", "no equality"),
    ]  # fmt: skip


def test_names_axes_and_the_loss_are_told() -> None:
    text = facts(read(Document("page.md", PAGE)))
    assert "ŷ[i]: line 2" in text and "w: parameter" in text and "y[i]: data" in text
    assert "i: the samples (N of them), of x, y, ŷ" in text
    assert "loss, line 2: Q" in text


def test_what_was_not_read_stays_in_the_table() -> None:
    text = r"$$A = \begin{pmatrix} 1 & 2 \end{pmatrix}$$"
    assert kinds(text) == [("1", "not read")]
    assert "(not read)" in facts(read(Document("page.md", text)))
