"""How the parser gives a side up: with the place, the reason and what would help."""

from __future__ import annotations

from gradcheck.language.document import Span

AT_A_POINT = "a value at one point (a bar with = below) is not read"
ONE_SIDED = "a bracket with only one side is not read"
WHERE_IT_IS = "the bar with names below it changes nothing"
LOST_OPERAND = "a lost x?"
PRIMED = "write the derivative of the activation as g'(z)"
INDICATOR = f"indicator functions are read only for one bound ([z > 0]): {PRIMED}"
BY_CASES = f"of definitions by cases, only two with one bound (z > 0) are read: {PRIMED}"
LABEL_CASES = "two cases of a label that is 1 or 0 are read as one formula"


class Refusal(Exception):
    """A side cannot be read; caught where the side began, so that the others survive."""

    def __init__(self, span: Span, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.span = span
        self.reason = reason
        self.hint = hint
