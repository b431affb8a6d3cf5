"""Whether a summand vanishes with what its letter picks.

``\\sum_i (x_i + 1)`` depends on the number of values of i though no N is written; ``\\sum_i c x_i``
does not. A summand counts as vanishing if it is a polynomial in entries of free arrays each term
of which has one that the letter picks. Values of functions and denominators do not count: they may
cancel (``e^{z_i} e^{-z_i}``) or add up to a constant (``σ(z_i) + σ(-z_i)``).
"""

from __future__ import annotations

from collections.abc import Callable

from gradcheck.evidence.field.terms import free_letters
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Letter,
    Over,
    Plus,
    Position,
    Raised,
    Term,
    Test,
    Times,
    Total,
)


class Vanishing:
    """Answers for the terms of one world; what a definition says is kept."""

    def __init__(self, definition: Callable[[str], Definition | None]) -> None:
        self.definition = definition
        self._known: dict[tuple[str, int], bool] = {}
        self._dividing: dict[tuple[str, int], bool] = {}

    def does(self, term: Term, letter: str) -> bool:
        """Whether each part of a term has an entry that the letter picks as a factor."""
        match term:
            case Entry():
                return self._entry(term, letter)
            case Plus(terms=terms):
                return all(self.does(part, letter) for part in terms)
            case Times(factors=factors):
                whole = not any(self._divides(part, letter) for part in factors)
                return whole and any(self.does(part, letter) for part in factors)
            case Over(numerator=above, denominator=below):
                return letter not in free_letters(below) and self.does(above, letter)
            case Raised(base=base, exponent=Constant(value=value)):
                return value.denominator == 1 and value > 0 and self.does(base, letter)
            case Call(function="relu" | "abs", arguments=(argument,), order=0):
                return self.does(argument, letter)
            case Total(letter=bound, body=body):
                return bound.name != letter and self.does(body, letter)
            case Choice(branches=branches):
                return all(
                    _picks(test, letter) or self._nothing(body) or self.does(body, letter)
                    for test, body in branches
                )
        return False

    def _entry(self, term: Entry, letter: str) -> bool:
        slots = [k for k, i in enumerate(term.at) if isinstance(i, Letter) and i.name == letter]
        return any(self._slot(term.name, slot) for slot in slots)

    def _slot(self, name: str, slot: int) -> bool:
        if (name, slot) not in self._known:
            definition = self.definition(name)
            self._known[name, slot] = definition is None or self.does(
                definition.body, definition.letters[slot].name
            )
        return self._known[name, slot]

    @staticmethod
    def _nothing(term: Term) -> bool:
        return isinstance(term, Constant) and not term.value

    def _divides(self, term: Term, letter: str) -> bool:
        """Whether something that the letter picks may stand in a denominator of a factor."""
        match term:
            case Over(denominator=below):
                return letter in free_letters(below) or self._divides(term.numerator, letter)
            case Raised(exponent=Constant(value=value)) if value > 0:
                return self._divides(term.base, letter)
            case Raised():
                return letter in free_letters(term)
            case Plus(terms=terms) | Times(factors=terms):
                return any(self._divides(part, letter) for part in terms)
            case Total(body=body):
                return self._divides(body, letter)
            case Entry(name=name, at=at):
                slots = [k for k, i in enumerate(at) if isinstance(i, Letter) and i.name == letter]
                return any(self._slot_divides(name, slot) for slot in slots)
        return False

    def _slot_divides(self, name: str, slot: int) -> bool:
        if (name, slot) not in self._dividing:
            definition = self.definition(name)
            self._dividing[name, slot] = definition is not None and self._divides(
                definition.body, definition.letters[slot].name
            )
        return self._dividing[name, slot]


def _picks(test: Test | None, letter: str) -> bool:
    """Whether a test holds for one value of the letter only."""
    if test is None or test.relation != "=":
        return False
    sides = [side for side in (test.left, test.right) if isinstance(side, Position)]
    names = [side.index.name for side in sides if isinstance(side.index, Letter)]
    return len(sides) == 2 and letter in names and sides[0] != sides[1]
