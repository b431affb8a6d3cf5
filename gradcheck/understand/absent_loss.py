"""What is told where gradients are claimed of a loss that nothing defines, or that is not read."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language.expression import Apply, Name
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Sense
from gradcheck.language.statement import ReadDocument
from gradcheck.understand.bindings import EQUALITIES, CanonicalStatement
from gradcheck.understand.segments import GradientSide

OF_UNNAMED_LOSS = "a gradient of some loss"
"""What ``dw = …`` claims where there is no loss; a differential of physics looks the same."""


def without_loss(
    read: ReadDocument,
    statements: Sequence[CanonicalStatement],
    claims: Sequence[GradientSide],
    sense: Sense,
) -> list[Finding]:
    """One finding for all gradients of a page without a loss, at the first."""
    if not claims:
        return []
    first = next((claim for claim in claims if claim.loss != "loss"), claims[0])  # dU names none
    of = f"a gradient of {first.loss}" if first.loss != "loss" else OF_UNNAMED_LOSS
    unread = _unread_definition(read, statements, first.loss)
    if unread:
        message = f"{of} is claimed, but the definition of {first.loss} {unread}"
    elif sense is Sense.DOWN:
        message = f"{of} is claimed, but the document never defines a loss: "
        message += "write it as an equation, such as L = (ŷ - y)^2"
    else:
        message = f"{of} is claimed, but the document never defines what it is a gradient of: "
        message += "write that as an equation"
    return [Finding(RULES["GC006"], first.statement.statement.span, message)]


def _unread_definition(
    read: ReadDocument, statements: Sequence[CanonicalStatement], loss: str
) -> str:
    """Where the definition of a loss stands, and why it is not read; empty where there is none."""
    for statement in statements:
        head, sides = statement.sides[0], statement.statement.sides
        name = head.function if isinstance(head, Apply) else head
        if not isinstance(name, Name) or name.key != loss or len(sides) < 2:
            continue
        unread = sides[1].unread
        if unread is not None and statement.statement.relations[0].symbol in EQUALITIES:
            return f"({read.document.place_of(sides[1].span)}) is not read: {unread.reason}"
    return ""
