"""Which name is the number of samples; no temperature, width or margin is."""

from __future__ import annotations

import pytest

from gradcheck.understand.sample_counts import called_so, divides_all
from tests.understand.documents import only_setup, tree


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (r"\frac{1}{m} (p - y)^2", ["m"]),
        (r"\frac{(p - y)^2}{2 N}", ["N"]),
        (r"-\frac{1}{n} y \log p - \frac{1}{n} (1 - y) \log(1 - p)", ["n", "n"]),
        (r"\frac{1}{T} \sum (p - y)^2", ["T"]),
        (r"\sum \frac{(p - y)^2}{K}", ["K"]),
        (r"\frac{1}{T} (p - y)^2", []),
        (r"(\frac{p - y}{n})^2", []),
        (r"\log(1 + e^{-y p / m})", []),
        (r"e^{-(p - y)^2 / (2 B)}", []),
        (r"(m - y p)^2", []),
    ],
)
def test_a_count_divides_the_whole_loss(loss: str, expected: list[str]) -> None:
    assert [name.key for name in divides_all(tree(loss))] == expected


def test_a_name_is_looked_into() -> None:
    bodies = {"L": tree(r"\frac{J}{m}"), "J": tree(r"(p - y)^2"), "p": tree(r"\frac{z}{n}")}
    assert [name.key for name in divides_all(tree("L"), bodies)] == ["m"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where $T$ is the number of samples", {"T"}),
        ("the number of training examples is $P$", {"P"}),
        ("over all $K$ data points", {"K"}),
        ("a batch size of 4, temperature $T$", set()),
        ("with batch size $B$", {"B"}),
        ("$T$ is the temperature of $N$ samples", {"N"}),
    ],
)
def test_words_may_call_it_so(text: str, expected: set[str]) -> None:
    assert called_so(text) == expected


SOFTENED = r"""$p = \sigma(z/T)$, $z = wx + b$, $L = -y \log p - (1-y) \log(1-p)$

$$\frac{\partial L}{\partial w} = (p - y)x$$

$$\frac{\partial L}{\partial b} = p - y$$
"""


@pytest.mark.parametrize("letter", ["T", "n", "m", "N", "B"])
def test_a_temperature_is_no_count_whatever_its_letter(letter: str) -> None:
    model = only_setup(SOFTENED.replace("T", letter)).model
    assert model.sample_count is None


def test_a_divisor_that_words_call_a_count_is_one() -> None:
    text = r"""With $T$ samples, $p = wx + b$, $L = \frac{1}{T} (p - y)^2$.

$$\frac{\partial L}{\partial w} = 2 (p - y) x$$
"""
    assert only_setup(text).model.sample_count == "T"
    assert only_setup(text.replace("With $T$ samples,", "With")).model.sample_count is None


def test_a_temperature_is_a_constant_and_no_input() -> None:
    model = only_setup(SOFTENED).model
    assert (model.inputs, model.labels, model.constants) == (("x",), ("y",), ("T",))
