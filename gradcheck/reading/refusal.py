"""How the parser gives a side up: with the place, the reason and what would help."""

from __future__ import annotations

from gradcheck.document import Span

LOST_OPERAND = "a lost x?"
PRIMED = "write the derivative of the activation as g'(z)"
INDICATOR = f"indicator functions are not read: {PRIMED}"


class Refusal(Exception):
    """A side cannot be read; caught where the side began, so that the others survive."""

    def __init__(self, span: Span, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.span = span
        self.reason = reason
        self.hint = hint
