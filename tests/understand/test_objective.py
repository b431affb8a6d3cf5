"""Whether an objective is to become small or large, by its words and its form."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.model import Sense
from gradcheck.read import read
from gradcheck.understand import understand

LIKELIHOOD = r"$$J = \sum_i (y_i \log p_i + (1 - y_i) \log(1 - p_i)), \quad p_i = \sigma(w x_i)$$"
SQUARE = r"$$J = \frac12 (w x - y)^2$$"
LINEAR = r"$$J = w x + c w$$"
CLAIM = "\n\n" + r"$$\frac{\partial J}{\partial w} = g$$"


@pytest.mark.parametrize(
    ("words", "form", "sense"),
    [
        ("We maximise the log-likelihood", LIKELIHOOD, Sense.UP),
        ("The log-likelihood is", LIKELIHOOD, Sense.UP),
        ("We do not minimise here, we maximise", LIKELIHOOD, Sense.UP),
        ("A log-likelihood, by gradient descent:", LIKELIHOOD, Sense.OPEN),
        ("The cost is", LIKELIHOOD, Sense.DOWN),
        ("The margin is maximised by", SQUARE, Sense.DOWN),
        ("A reward is lost by", SQUARE, Sense.DOWN),
        ("We maximise", LINEAR, Sense.UP),
        ("We use gradient ascent. The score is", LINEAR, Sense.OPEN),
        ("The reward is", LINEAR, Sense.OPEN),
        ("We minimise the lost reward", LINEAR, Sense.DOWN),
        ("The negative log-likelihood of some model is", LINEAR, Sense.DOWN),
    ],
)
def test_words_count_where_the_form_bears_them_out(words: str, form: str, sense: Sense) -> None:
    (setup,) = understand(read(Document("page.md", f"{words}\n\n{form}{CLAIM}\n"))).setups
    assert setup.sense is sense


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        (r"$$w \leftarrow w + a \nabla_w J$$", Sense.DOWN),
        (r"The reward grows: $$w \leftarrow w + a \nabla_w J$$", Sense.OPEN),
        (r"$$J = \mathbb{E}[r]$$ $$w \leftarrow w + a \nabla_w J$$", Sense.OPEN),
        (r"We minimise $$J = \mathbb{E}[r]$$ $$w \leftarrow w + a \nabla_w J$$", Sense.DOWN),
    ],
)
def test_an_objective_that_is_not_known(text: str, sense: Sense) -> None:
    assert understand(read(Document("page.md", text))).sense is sense
