"""Reading back: an edited side, read as it would be read where it stands in its document."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from gradcheck.explain.mending.context import known_names
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Expression, Underbrace, transform
from gradcheck.read import limits
from gradcheck.read.brackets import pair
from gradcheck.read.drafting import split
from gradcheck.read.expansion import tokens_expanded
from gradcheck.read.formulas import macros_in
from gradcheck.read.known_names import Known
from gradcheck.read.macros import Macros
from gradcheck.read.parser import parse_side
from gradcheck.read.rewriting import rewrite
from gradcheck.run.budget import spend

Changes = tuple[tuple[Span, str], ...]


@dataclass(frozen=True)
class Reader:
    """Reads sides of one document."""

    document: Document

    @cached_property
    def _known(self) -> Known:
        return known_names(self.document)

    @cached_property
    def _macros(self) -> Macros:
        return macros_in(self.document).nowhere()

    def side(self, text: str, start: int) -> Expression | None:
        """A side with this text as if it stood at that place; None if it is not one side."""
        spend(40 + 4 * len(text))
        whole = " " * start + text
        span = Span(start, len(whole))
        tokens = rewrite(tokens_expanded(whole, span, self._macros))
        if len(tokens) > limits.TOKENS or pair(tokens) > limits.DEPTH:
            return None
        drafts = split(tokens)
        if len(drafts) != 1 or len(drafts[0].sides) != 1 or drafts[0].relations:
            return None
        found = parse_side(drafts[0].sides[0], span, self._known, []).expression
        return None if found is None else transform(found, _unlabelled)


def _unlabelled(node: Expression) -> Expression:
    return Underbrace(node.operand, span=node.span) if isinstance(node, Underbrace) else node


def changed(document: Document, side: Span, changes: Changes) -> str:
    """The text of a side with some stretches of it replaced."""
    text = document.text[side.start : side.end]
    for span, new in sorted(changes, key=lambda change: -change[0].start):
        start, end = span.start - side.start, span.end - side.start
        glue = " " if new[-1:].isalnum() and text[end : end + 1].isalpha() and "\\" in new else ""
        text = text[:start] + new + glue + text[end:]
    return " ".join(text.split())
