"""Understanding an assignment: it defines a network and a loss, and derives nothing."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.derivation import understand
from gradcheck.derivation.naming import is_general, is_loss_name
from gradcheck.derivation.roles import BIASES, INPUTS, LABELS, WEIGHTS
from gradcheck.document import Document
from gradcheck.expression import Name, value_names
from gradcheck.model import Derivation
from gradcheck.notation import to_tex
from gradcheck.reading import read
from gradcheck.statement import ReadDocument


def understand_reference(document: Document) -> Derivation:
    """The derivation of a reference document.

    Which names are parameters is known from what is derived for them. A reference that derives
    nothing is read as if it asked for the gradients: ``∂L/∂w`` is set below each of its losses for
    each name that looks like a weight or a bias. Its own places are then no longer those of the
    file; nothing of a reference is shown by its place.
    """
    statements = read(document)
    derivation = understand(statements)
    if any(setup.claims or setup.chain_only for setup in derivation.setups):
        return derivation
    asked = _asking(document, statements, derivation)
    return understand(read(asked)) if asked.text != document.text else derivation


def _asking(document: Document, statements: ReadDocument, derivation: Derivation) -> Document:
    """The document with the gradients asked for below each loss."""
    parameters = _looking_trained(derivation)
    text = document.text
    if not parameters:
        return document
    places: dict[int, str] = {}
    for step in derivation.steps:
        name = step.left_written
        if step.kind == "definition" and isinstance(name, Name) and is_loss_name(name):
            after = (span.start for span in statements.prose if span.start >= step.span.end)
            places[min(after, default=len(text))] = step.left
    for at, loss in sorted(places.items(), reverse=True):
        asked = [rf"\frac{{\partial {loss}}}{{\partial {name}}}" for name in parameters]
        lines = "".join(f"\n\n$${gradient}$$" for gradient in asked)
        text = f"{text[:at]}{lines}\n\n{text[at:]}"
    return replace(document, text=text)


def _looking_trained(derivation: Derivation) -> list[str]:
    """The names on the right of definitions that look like weights and biases, as LaTeX."""
    defined = {
        step.left_written.key
        for step in derivation.steps
        if step.kind == "definition" and isinstance(step.left_written, Name)
    }
    found: dict[str, str] = {}
    for step in derivation.steps:
        if step.kind != "definition" or step.right_written is None:
            continue
        for name in value_names(step.right_written):
            typical = WEIGHTS.match(name.base) or BIASES.match(name.base)
            other = INPUTS.match(name.base) or LABELS.match(name.base)
            if typical and not other and name.key not in defined and not is_general(name):
                found.setdefault(name.key, to_tex(name))
    return list(found.values())
