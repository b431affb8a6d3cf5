"""The closed list of charities: every way in which an ambiguous document may be understood.

A reading is chosen by definition, position and the rules below, never because it makes a claim
hold. Each one that is used appears in the output with its line. Where the text admits another
reading as well, the log can be told to take that one instead: then it is known which verdicts
would be others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.language.document import Document, Span
from gradcheck.language.model import Reading

CHARITIES: dict[str, str] = {
    "case": "{a} and {b} are one name",
    "loss-before": "{a} is taken to be {b}, the nearest loss defined before",
    "loss-after": "{a} is taken to be {b}, which is defined only later",
    "loss-later": "the loss {a} is defined only later",
    "loss-again": "{a} is defined anew before anything is derived: here it is {b}",
    "canonical-output": "two output activations and two losses: {a} goes with the {b} output",
    "identity-output": "{a} is defined as {b}, but an equality says that it is the identity",
    "local-let": "{a} is redefined inside a derivation: taken as local, the loss stays",
    "prediction": "{a} is never defined: taken to be {b}, the last forward equation",
    "activation-by-name": "{a} is taken to be the {b}, by its name",
    "activation-by-prose": "{a} is taken to be the {b}, because the text says so",
    "activation-by-derivative": "{a} is taken to be the {b}, because its derivative is stated",
    "activation-changed": "from here the hidden activation is {a}",
    "abstract": "{a} stays abstract; for the numbers it is the sigmoid",
    "natural-logarithm": "{a} is taken to be the natural logarithm",
    "norm": "the norm of a number is its absolute value",
    "bare-derivative": "{a} without an argument is taken at {b}",
    "bare-product": "{a} is a value, so {b} is a product",
    "cancel": "what is struck out is read as if it stood",
    "unit-sum": "the sum over {a} runs over units and is carried out by the shapes",
    "sum-extent": "the sum takes in all terms of {a}, though no bracket says so",
    "sum-reach": "a sum sign reaches up to the next + or -",
    "evaluated": "the bar with names below it changes nothing",
    "label-cases": "two cases of a label that is 1 or 0 are read as one formula",
    "slash": "a/b c is read a/(b c)",
    "slash-number": "a/b c with a number on top is read (a/b) c",
    "delta-derivative": "δ over δ is read as a derivative",
    "differential": "d{a} is read as the derivative of the loss by {a}",
    "sample-loss": "{a} is taken to be one sample's loss: {b}",
    "sample-count": "{a} is taken to be the number of samples",
    "name-in-text": "{a} = …: the name stands in the text before the formula",
    "right-to-left": "the equation is written right to left: it is one for {a}",
    "partial-by-subscript": "{a} is taken to be {b}",
    "table": "the row of the table is read as an equation for {a}",
    "unnamed-argument": "{a} is taken to be {b}, where the activation is applied",
    "two-definitions": "{a} is defined in two ways: here it is {b}",
    "pinned": "{a} is {b}, as the front matter says",
}

BY_READER = {
    CHARITIES[rule]: rule
    for rule in (
        "sum-reach",
        "slash",
        "slash-number",
        "delta-derivative",
        "evaluated",
        "label-cases",
    )
}
"""The readings that are made while a formula is read, by the words of its note."""

Instead = Mapping[tuple[str, str], int]
"""Which of the other readings to take, by the rule and the text of the one that is usual."""


@dataclass
class ReadingLog:
    """Collects the readings used while a document is being understood, each one once.

    ``instead`` holds the choices that are to be made otherwise; ``pinned`` says by rule whether
    the front matter wants the usual reading (True) or the first of the others.
    """

    document: Document
    found: dict[tuple[str, str], Reading] = field(default_factory=dict)
    instead: Instead = field(default_factory=dict)
    pinned: Mapping[str, bool] = field(default_factory=dict)

    def note(self, rule: str, span: Span, a: str = "", b: str = "") -> None:
        """Record that a charity of the list was used at a place."""
        self.choose(rule, span, a, b)

    def choose(
        self, rule: str, span: Span, a: str = "", b: str = "", others: Sequence[str] = ()
    ) -> int:
        """Which reading counts: 0 for the usual one, k for the k-th of ``others`` (in words)."""
        text = CHARITIES[rule].format(a=a, b=b)
        usual = self.pinned.get(rule, True)
        at = self.instead.get((rule, text), 0 if usual else 1)
        if 0 < at <= len(others):
            if not usual:
                words = CHARITIES["pinned"].format(a="what counts", b=others[at - 1])
                self._add(Reading(rule, span, words))
            return at
        self._add(Reading(rule, span, text, () if rule in self.pinned else tuple(others)))
        return 0

    def _add(self, reading: Reading) -> None:
        """Keep the first of its kind, with all that might be meant instead."""
        known = self.found.setdefault((reading.rule, reading.text), reading)
        if not set(reading.others) <= set(known.others):
            others = tuple(dict.fromkeys((*known.others, *reading.others)))
            self.found[known.rule, known.text] = replace(known, others=others)

    def choosing(self, instead: Instead) -> ReadingLog:
        """A log that goes on from here, with these choices made otherwise than usual."""
        return ReadingLog(self.document, dict(self.found), instead, self.pinned)

    def silent(self) -> ReadingLog:
        """A log that makes the same choices, for a look ahead that is not to be told."""
        return ReadingLog(self.document, {}, self.instead, self.pinned)

    def readings(self) -> tuple[Reading, ...]:
        """All of them, in document order."""
        return tuple(sorted(self.found.values(), key=lambda r: (r.span.start, r.rule, r.text)))
