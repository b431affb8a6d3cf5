"""One sample's loss that is used and never defined, however the mean is written."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.expression import to_key
from gradcheck.read import read
from gradcheck.understand import understand

FORWARD = r"$$\hat{y}_i = w x_i + b$$ $$L = MEAN (\hat{y}_i - y_i)^2$$ "
CLAIM = r"$$\frac{\partial L_i}{\partial w} = 2 (\hat{y}_i - y_i) x_i$$"


SQUARE = "(^ (+ hat(y) (- y)) 2)"


@pytest.mark.parametrize(
    ("mean", "one"),
    [
        (r"\frac{1}{N} \sum_i", SQUARE),
        (r"\frac{1 \cdot 1}{N} \sum_i", SQUARE),
        (r"\frac{3}{N} \sum_i", f"(* 3 {SQUARE})"),
    ],
)
def test_a_mean_is_that_of_its_samples_losses(mean: str, one: str) -> None:
    text = FORWARD.replace("MEAN", mean) + CLAIM
    (setup,) = understand(read(Document("test.md", text))).setups
    defined = {key: to_key(body) for key, body in setup.model.definitions.items()}
    assert defined["L_i"] == one
    assert defined["L"] == "(* (/ 1 N) (sum _ _ _ L_i))"
