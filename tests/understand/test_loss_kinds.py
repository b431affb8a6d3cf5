"""Which loss a setup is named for: by the form of the loss, never a squared error by mistake."""

from __future__ import annotations

import pytest

from gradcheck.language.document import Document
from gradcheck.language.losses import IN_NETWORK, LOSSES, NAMES, WORDS, kind_of, output_of
from gradcheck.language.names import LOSSES as NAMES_OF_LOSSES
from gradcheck.read import read
from gradcheck.understand import understand

HUBER = (
    r"\begin{cases} \frac12 u^2 & |u| \le k \\ k (|u| - \frac12 k) & \text{otherwise} \end{cases}"
)


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (r"\frac12 (p - y)^2", "mse"),
        (r"\frac12 (p - y)^2 + \lambda |v|", "mse"),
        (r"\frac12 (\max(0, p) - t)^2", "mse"),
        (r"- y \log p - (1 - y) \log(1 - p)", "logloss"),
        (r"\log(1 + e^{-y p})", "logloss"),
        (r"\max(0, 1 - y p)", "hinge"),
        (r"\max(0, 1 - y p)^2", "squaredhinge"),
        (r"|p - y|", "mae"),
        (HUBER, "huber"),
        (r"\sqrt{1 + (p - y)^2} - 1", "loss"),
        (r"y p", "loss"),
    ],
)
def test_a_setup_is_named_for_its_loss(loss: str, kind: str) -> None:
    text = (
        rf"$z = w x + b$, $a = \max(0, z)$, $p = v a + c$, $u = p - y$, $L = {loss}$" + "\n\n"
        r"$$\frac{\partial L}{\partial v} = 1$$"
    )
    (setup,) = understand(read(Document("d.md", text))).setups
    assert setup.name == f"{kind}/identity"


def test_the_loss_of_one_sample_names_the_total() -> None:
    text = (
        r"$p = w x + b$, $\ell_i = |p_i - y_i|$, $L = \frac{1}{n} \sum_{i=1}^n \ell_i$" + "\n\n"
        r"$$\frac{\partial L}{\partial w} = 1$$"
    )
    (setup,) = understand(read(Document("d.md", text))).setups
    assert setup.name == "mae/identity"


def test_every_row_can_be_met_and_is_called_something() -> None:
    assert all(kind_of(row.holds) == row.name for row in LOSSES)
    assert {row.name for row in LOSSES} <= set(NAMES)
    assert kind_of(frozenset()) is None
    assert [row.name for row in IN_NETWORK] == ["mse", "logloss"]
    assert (output_of("logloss"), output_of("huber")) == ("sigmoid", "identity")


def test_what_a_table_of_losses_calls_one_is_a_name_of_losses() -> None:
    assert set(NAMES_OF_LOSSES) >= WORDS
