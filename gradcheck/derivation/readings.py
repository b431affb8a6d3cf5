"""The closed list of charities: every way in which an ambiguous document may be understood.

A reading is chosen by definition, position and the rules below, never because it makes a claim
hold. Each one that is used appears in the output with its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.document import Document, Span
from gradcheck.model import Reading

CHARITIES: dict[str, str] = {
    "case": "{a} and {b} are one name",
    "loss-before": "{a} is taken to be {b}, the nearest loss defined before",
    "loss-after": "{a} is taken to be {b}, which is defined only later",
    "canonical-output": "two output activations and two losses: {a} goes with the {b} output",
    "identity-output": "{a} is defined as {b}, but an equality says that it is the identity",
    "local-let": "{a} is redefined inside a derivation: taken as local, the loss stays",
    "prediction": "{a} is never defined: taken to be {b}, the last forward equation",
    "activation-by-name": "{a} is taken to be the {b}, by its name",
    "activation-by-prose": "{a} is taken to be the {b}, because the text says so",
    "activation-by-derivative": "{a} is taken to be the {b}, because its derivative is stated",
    "activation-changed": "from here the hidden activation is {a}",
    "abstract": "{a} stays abstract; for the numbers it is the sigmoid",
    "bare-derivative": "{a} without an argument is taken at {b}",
    "bare-product": "{a} is a value, so {b} is a product",
    "cancel": "what is struck out is read as if it stood",
    "unit-sum": "the sum over {a} runs over units and is carried out by the shapes",
    "sum-extent": "the sum takes in all terms of {a}, though no bracket says so",
    "two-definitions": "{a} is defined in two ways: here it is {b}",
}


@dataclass
class ReadingLog:
    """Collects the readings used while a document is being understood, each one once."""

    document: Document
    found: dict[tuple[str, str], Reading] = field(default_factory=dict)

    def note(self, rule: str, span: Span, a: str = "", b: str = "") -> None:
        """Record that a charity of the list was used at a place."""
        text = CHARITIES[rule].format(a=a, b=b)
        self.found.setdefault((rule, text), Reading(rule, span, text))

    def readings(self) -> tuple[Reading, ...]:
        """All of them, in document order."""
        return tuple(sorted(self.found.values(), key=lambda r: (r.span.start, r.rule, r.text)))
