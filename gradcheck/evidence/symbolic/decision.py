"""What the algebra answers, and how it says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gradcheck.language.expression import Expression
from gradcheck.language.verdict import Constant


class Outcome(Enum):
    """How two sides compare."""

    EQUAL = "equal"
    CONSTANT = "constant"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Decision:
    """Left compared with right.

    ``left_out``: Constant(1) if EQUAL; if CONSTANT, left = left_out · right. ``quotient`` is
    right ÷ left and ``difference`` right − left, factored, in the document's own names, each
    only where it is short. ``conditions`` are what the formal rules of log and sqrt assumed.
    """

    outcome: Outcome
    left_out: Constant | None = None
    reason: str = ""
    quotient: Expression | None = None
    difference: Expression | None = None
    conditions: tuple[str, ...] = ()


class Undecided(ValueError):
    """The algebra cannot answer; the message says why, in the document's own names."""

    @property
    def reason(self) -> str:
        return str(self)


class Refinement(Exception):
    """An exponential of a fraction of an earlier exponent came up: use finer generators."""

    def __init__(self, divisor: int) -> None:
        super().__init__(f"exponents have to be divided by {divisor}")
        self.divisor = divisor
