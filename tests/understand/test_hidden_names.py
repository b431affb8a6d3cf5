"""What a setup calls its hidden layer's function."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.read import read
from gradcheck.understand import understand


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        (r"\sigma(z)", "sigmoid"),
        (r"\frac{1}{1 + e^{-z}}", "sigmoid"),
        (r"\ln(1 + e^z)", "softplus"),
        (r"z", "identity"),
        (r"g(z)", "g"),
        (r"z \sigma(z)", "silu"),
        (r"\operatorname{GELU}(z)", "gelu"),
        (r"\frac{z}{1 + |z|}", "softsign"),
        (r"2 z \sigma(z)", "unnamed"),
        (r"e^{-z^2}", "unnamed"),
        (r"z^2", "unnamed"),
        (r"\max(0.1 z, z)", "unknown"),
    ],
)
def test_the_hidden_function_is_named_only_where_it_is_that_function(
    formula: str, name: str
) -> None:
    text = (
        rf"$z = w x + b$, $a = {formula}$, $p = v a + c$, $L = \frac12 (p - y)^2$"
        "\n\n"
        r"$$\frac{\partial L}{\partial v} = (p - y) a$$"
    )
    (setup,) = understand(read(Document("d.md", text))).setups
    assert setup.hidden == name
