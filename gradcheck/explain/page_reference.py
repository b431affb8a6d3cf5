"""Definitions of a page that are not those of the reference that it is judged against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.judge.page_verdicts import PageVerdicts
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Name, Partial
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.notation import to_text
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.understand.bindings import Binding
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.assertions import Assertion


@dataclass(frozen=True)
class OtherDefinitions:
    """Tells where a page defines otherwise what the reference defines."""

    document: Document
    verdicts: PageVerdicts

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One for each; nothing without a reference."""
        return tuple(self._all())

    @cached_property
    def constants(self) -> dict[Span, Constant]:
        """The places of losses that differ from the reference's by a constant, which is that."""
        found = {}
        for asserted in self._defining():
            constant = self._constant(asserted)
            if constant is not None:
                found[asserted.span] = constant
        return found

    def _all(self) -> Iterator[Finding]:
        for asserted in self._defining():
            judged = self.verdicts.steps[asserted.statement, asserted.side][1]
            lent = self._lent(asserted)
            if judged is None or judged.verdict is not Verdict.WRONG or lent is None:
                continue
            where = self.document.place_of(lent.span)
            constant = self.constants.get(asserted.span)
            if constant is not None:
                words = f"the loss of the reference ({where}) is {constant} times this one"
                yield Finding(RULES["GC312"], asserted.span, words)
            else:
                yield Finding(RULES["GC311"], asserted.span, self._words(asserted, lent, where))

    def _constant(self, asserted: Assertion) -> Constant | None:
        """The constant by which the loss's derivatives differ from those of what stands here."""
        claims = self.verdicts.page.claims
        if not isinstance(asserted.left, Name) or not is_loss_name(asserted.left) or not claims:
            return None
        by = claims[0].by
        compared = replace(
            asserted, left=Partial(asserted.left, by), right=Partial(asserted.right, by)
        )
        judged = self.verdicts.judge.assertion(compared)
        return judged.left_out if judged.verdict is Verdict.CONVENTION else None

    def _words(self, asserted: Assertion, lent: Binding, where: str) -> str:
        name = to_text(lent.name)
        return (
            f"{name} is {to_text(asserted.right)} here, in the reference ({where}) "
            f"{to_text(lent.body)}: what follows is judged by the reference"
        )

    def _defining(self) -> Iterator[Assertion]:
        """What would be a definition of the page, were there no reference."""
        order = self.verdicts.page.order
        if order.own is not None:
            lent = {order.symbol(b.name) for b in order.bindings if not order.is_own(b.start)}
            for asserted in self.verdicts.page.assertions:
                head = asserted.left
                if isinstance(head, Name) and asserted.side == 1 and order.symbol(head) in lent:
                    yield asserted

    def _lent(self, asserted: Assertion) -> Binding | None:
        order = self.verdicts.page.order
        assert isinstance(asserted.left, Name)
        symbol = order.symbol(asserted.left)
        return next((b for b in order.bindings if order.symbol(b.name) == symbol), None)
