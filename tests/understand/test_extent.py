"""How far the values of a loss reach."""

from __future__ import annotations

import math

import pytest

from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.understand import understand
from gradcheck.understand.extent import Extent, extent_of

INF = math.inf


@pytest.mark.parametrize(
    ("loss", "extent"),
    [
        (r"\frac12 (p - y)^2", Extent(0, INF)),
        (r"-3 (p - y) (p - y)", Extent(-INF, 0)),
        (r"(p - y)^3", Extent(-INF, INF)),
        (r"y \log q + (1 - y) \log(1 - q)", Extent(-INF, 0)),
        (r"-\sum_i y_i \log q_i", Extent(0, INF)),
        (r"\frac1m \sum_{i=1}^m |p_i - y_i|", Extent(0, INF)),
        (r"\tanh(p) - 1", Extent(-2, 0)),
        (r"(p - y)^2 - 2 \sigma(p)", Extent(-2, INF)),
        (r"\frac{1}{1 + (p - y)^2}", Extent(0, 1)),
        (r"p - y", Extent(-INF, INF)),
    ],
)
def test_an_extent_is_as_far_as_the_form_tells(loss: str, extent: Extent) -> None:
    page = rf"$$p = w x, \quad q = \sigma(w x), \quad L = {loss}$$ $$\frac{{dL}}{{dw}} = g$$"
    (setup,) = understand(read(Document("page.md", page))).setups
    assert extent_of(setup.model) == extent
