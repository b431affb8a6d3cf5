"""Understanding an assignment: it defines a network and a loss, and derives nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gradcheck.language.document import Document
from gradcheck.language.expression import Name, value_keys, value_names
from gradcheck.language.model import Derivation
from gradcheck.language.names import BIAS, INPUT, LABEL, WEIGHT
from gradcheck.language.notation import to_tex
from gradcheck.language.statement import ReadDocument
from gradcheck.read import read
from gradcheck.understand import settle, understand
from gradcheck.understand.naming import is_general, is_loss_name
from gradcheck.understand.page.order import in_order
from gradcheck.understand.resolution import FunctionMeaning


@dataclass(frozen=True)
class Reference:
    """What a document is judged against: as read, what its functions are, and as understood."""

    read: ReadDocument
    functions: Mapping[str, FunctionMeaning]
    derivation: Derivation

    @property
    def has_loss(self) -> bool:
        """Whether it defines a loss."""
        return bool(self.derivation.setups or in_order(self.read).losses)


def reference_of(document: Document) -> Reference:
    """The reference in a document."""
    statements = read(document)
    return Reference(statements, settle(statements).functions, understand_reference(document))


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
    """The names on the right of definitions that are weights and biases, as LaTeX.

    By their letter; a letter that inputs or labels have too (``u x``), and any other letter, only
    where another name is the input, and never a name that the loss itself holds.
    """
    bodies = [
        (step.left_written, step.right_written)
        for step in derivation.steps
        if step.kind == "definition" and step.right_written is not None
    ]
    known = {key for left, _ in bodies if left is not None for key in value_keys(left)}
    found: dict[str, Name] = {}
    in_loss: set[str] = set()
    for left, body in bodies:
        for name in value_names(body):
            if name.key not in {*known, *CONSTANTS} and not is_general(name):
                found.setdefault(name.key, name)
                if isinstance(left, Name) and is_loss_name(left):
                    in_loss.add(name.key)
    given = _given(found.values())
    return [
        to_tex(name)
        for key, name in found.items()
        if key not in given
        and (_typical(name) or (given and key not in in_loss))
        and not (key in in_loss and name.base in LABEL.names())
    ]


CONSTANTS = ("e", "pi")


def _typical(name: Name) -> bool:
    return bool(name.base in WEIGHT.names() or name.base in BIAS.names())


def _given(names: Iterable[Name]) -> set[str]:
    """The keys of the inputs: by a letter that only they have, else by the only one fit for it."""
    fit = [name for name in names if name.base in INPUT.names()]
    sure = {name.key for name in fit if not _typical(name)}
    return sure or ({fit[0].key} if len(fit) == 1 else set())
