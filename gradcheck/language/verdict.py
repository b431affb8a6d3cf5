"""Verdicts, and the constants that an author may leave out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Verdict(Enum):
    """What was found out about a step or a gradient; ``words`` is how it is shown."""

    EXACT = "exact"
    CONVENTION = "convention"
    WRONG = "wrong"
    UNDECIDED = "undecided"
    UNREAD = "unread"
    AGREES = "agrees"

    @property
    def words(self) -> str:
        """The verdict as a table shows it."""
        return {"wrong": "WRONG", "undecided": "not decided", "unread": "not read"}.get(
            self.value, self.value
        )

    @property
    def remedy(self) -> str:
        """What the author can do about it."""
        return _REMEDIES[self.value]


_REMEDIES = {
    "exact": "nothing to do",
    "convention": "say in the text what is left out, or put it back",
    "wrong": "mend the line, or the definition it follows from",
    "undecided": "write the line in simpler terms, or define the names it uses",
    "unread": "write the formula so that it can be read in one way",
    "agrees": "nothing to do",
}

SEVERITY_ORDER = (
    Verdict.WRONG,
    Verdict.UNREAD,
    Verdict.UNDECIDED,
    Verdict.CONVENTION,
    Verdict.EXACT,
)
"""Worst first: a parameter's row shows the worst of its claims."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A positive rational times a power of the sample count: all that `left_out` may be."""

    rational: Fraction = Fraction(1)
    power: int = 0
    count: str = "N"  # the sample count's name in the document

    @property
    def is_one(self) -> bool:
        return self.rational == 1 and self.power == 0

    def value(self, samples: int) -> float:
        """The number it stands for at this many samples."""
        return float(self.rational * Fraction(samples) ** self.power)

    def __str__(self) -> str:
        """``2/N``, ``1/(2m)``, ``m/2``, ``2``: plain text, the same in every format."""
        top = [str(self.rational.numerator)] if self.rational.numerator != 1 else []
        bottom = [str(self.rational.denominator)] if self.rational.denominator != 1 else []
        if self.power:
            power = abs(self.power)
            (top if self.power > 0 else bottom).append(
                self.count if power == 1 else f"{self.count}^{power}"
            )
        over = "".join(top) or "1"
        if not bottom:
            return over
        under = "".join(bottom)
        return f"{over}/({under})" if len(bottom) > 1 else f"{over}/{under}"
