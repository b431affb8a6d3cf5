"""One list a role: where two lists differed, what shows the difference stands here."""

from __future__ import annotations

import pytest

from gradcheck.language import names
from gradcheck.language.document import Document
from gradcheck.language.expression import Name
from gradcheck.language.names import LIKELY, POSSIBLE, SURE, Role
from gradcheck.read import read
from gradcheck.understand import understand
from gradcheck.understand.naming import is_loss_name

ROLES = {key: role for key, role in vars(names).items() if isinstance(role, Role)}


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_a_name_has_one_certainty_in_a_role(role: Role) -> None:
    every = f"{role.sure} {role.likely} {role.possible}".split()
    assert every
    assert len(every) == len(set(every)) == len(role.names(POSSIBLE))
    assert role.names(SURE) <= role.names(LIKELY) <= role.names(POSSIBLE)


def test_what_is_sure_is_sure_in_one_role_only() -> None:
    sure = [name for role in ROLES.values() for name in role.names(SURE)]
    assert len(sure) == len(set(sure))


def test_a_capital_c_or_e_alone_is_not_by_itself_a_loss() -> None:
    assert {"C", "E"} & names.LOSS.names(LIKELY) == set()
    assert {"C", "E"} <= names.LOSS.names(POSSIBLE)


@pytest.mark.parametrize("name", ["L", "Loss", "COST", "rmse", "Huber", "hinge", "mae", "ell"])
def test_losses_are_called_alike_in_reading_and_understanding(name: str) -> None:
    assert is_loss_name(Name(name))
    assert name in names.LOSSES


@pytest.mark.parametrize("name", ["w", "c", "l", "mass", "e"])
def test_other_names_are_no_losses(name: str) -> None:
    assert not is_loss_name(Name(name))
    assert name not in names.LOSSES


@pytest.mark.parametrize("rate", [r"\text{stepsize}", r"\text{lr}", r"\eta"])
def test_a_rate_in_words_multiplies_the_bracket_after_it_and_is_a_rate(rate: str) -> None:
    text = (
        "$p = w x + b$, $L = (p - y)^2$\n\n"
        rf"$$\frac{{\partial L}}{{\partial w}} = 2 (p - y) x$$"
        "\n\n"
        rf"$$w = w - {rate} \cdot 2 (p - y) x$$"
    )
    derivation = understand(read(Document("d.md", text)))
    assert derivation.steps[-1].kind == "update"


def test_rates_that_are_words_are_known_without_anything_else() -> None:
    assert all(
        name in names.RATE.names(LIKELY) for name in ("eta", "lr", "stepsize", "learning_rate")
    )
    assert not any(name in names.RATE.names(LIKELY) for name in ("h", "nu", "lambda", "w"))
