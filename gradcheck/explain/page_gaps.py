"""Gradients of losses that a page does not define: none of them may go unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.judge.page_verdicts import PageVerdicts
from gradcheck.language.expression import Expression, Name, Partial
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.notation import to_text
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.assertions import Assertion
from gradcheck.understand.page.order import is_closed


def says_gradient(asserted: Assertion, verdicts: PageVerdicts) -> bool:
    """Whether an assertion says in closed form what the gradient of some loss is."""
    return _derived_by(asserted.left, verdicts) is not None and is_closed(asserted.right)


def unread_gradients(verdicts: PageVerdicts) -> Iterator[Finding]:
    """A finding for every gradient that was not read, and is no claim of a loss of the page."""
    claimed = {item.claim.span for item in verdicts.gradients}
    for statement in verdicts.page.order.statements:
        by = _derived_by(statement.sides[0], verdicts)
        for side in statement.statement.sides[1:] if by is not None else ():
            if by is not None and side.unread is not None and side.span not in claimed:
                words = f"the gradient by {to_text(by)} is not read: {side.unread.reason}"
                yield Finding(RULES["GC002"], side.span, words)


def _derived_by(side: Expression | None, verdicts: PageVerdicts) -> Name | None:
    """What is trained and a loss is derived by, if a side is such a derivative."""
    if not isinstance(side, Partial) or not isinstance(side.of, Name):
        return None
    by = side.by
    trained = isinstance(by, Name) and by.key in verdicts.page.order.trained
    return by if trained and isinstance(by, Name) and is_loss_name(side.of) else None
