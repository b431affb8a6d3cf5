"""Short ways from a text to what is made of it, for the tests of the derivation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcheck.language.document import Document
from gradcheck.language.expression import Expression, to_key
from gradcheck.language.model import Derivation, Setup
from gradcheck.language.statement import ReadDocument
from gradcheck.read import read
from gradcheck.understand import understand
from gradcheck.understand.bindings import CanonicalStatement, canonical_statement
from gradcheck.understand.naming import Naming

if TYPE_CHECKING:
    from gradcheck.report.results import Report

CLAIMS = r"""
$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) a_1$$

$$\frac{\partial L}{\partial b_2} = \hat{y} - y$$

$$\frac{\partial L}{\partial w_1} = (\hat{y} - y) w_2 a_1 (1 - a_1) x$$

$$\frac{\partial L}{\partial b_1} = (\hat{y} - y) w_2 a_1 (1 - a_1)$$
"""
"""The four gradients of half the squared error of one sample, sigmoid hidden layer."""

FORWARD = r"""
$$z_1 = w_1 x + b_1$$

$$a_1 = \sigma(z_1)$$

$$z_2 = w_2 a_1 + b_2$$

$$\hat{y} = z_2$$
"""

HALF = r"""
$$L = \frac{1}{2} (\hat{y} - y)^2$$
"""

PLAIN_NAMES: Naming = Naming(frozenset(), frozenset(), {}, frozenset())


def display(*formulas: str) -> str:
    """A document of display formulas, a blank line between them."""
    return "\n\n".join(f"$${formula}$$" for formula in formulas) + "\n"


def reading(text: str, front: dict[str, object] | None = None) -> ReadDocument:
    return read(Document("t.md", text, front or {}))


def tree(tex: str) -> Expression:
    """The tree of one formula; names of one letter beside brackets are products as in a page."""
    (statement,) = reading(display(f"q = {tex}")).statements
    expression = statement.sides[1].expression
    assert expression is not None, statement.sides[1].unread
    return expression


def canonical(*formulas: str) -> tuple[CanonicalStatement, ...]:
    """The statements of a document, no names merged."""
    return tuple(
        canonical_statement(statement, PLAIN_NAMES)
        for statement in reading(display(*formulas)).statements
    )


def derived(text: str, front: dict[str, object] | None = None) -> Derivation:
    return understand(reading(text, front))


def only_setup(text: str, front: dict[str, object] | None = None) -> Setup:
    """The one setup of a text."""
    setups = derived(text, front).setups
    assert len(setups) == 1, [(s.name, s.hidden) for s in setups]
    return setups[0]


def readings_of(text: str) -> dict[str, str]:
    """Rule → text of the readings of a document."""
    return {reading.rule: reading.text for reading in derived(text).readings}


def definitions(setup: Setup) -> dict[str, str]:
    """The definitions below the loss, as keys."""
    model = setup.model
    return {key: to_key(model.definitions[key]) for key in model.ancestors(model.loss)}


def verdicts(text: str, front: dict[str, object] | None = None) -> list[tuple[str, ...]]:
    """(setup, hidden, status of w_1, b_1, w_2, b_2) of every setup of a text."""
    return [
        (setup.name, setup.hidden, *(row.status for row in setup.parameters))
        for setup in report(text, front).documents[0].setups
    ]


def report(text: str, front: dict[str, object] | None = None) -> Report:
    from gradcheck.judge import Options
    from gradcheck.report.results import Report
    from gradcheck.verification import Choices, verify_document

    return Report((verify_document(Document("t.md", text, front or {}), Choices(Options())),), ())
