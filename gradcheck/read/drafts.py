"""Drafts: statements in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.language.document import Span
from gradcheck.read.lexer import Token


@dataclass(slots=True)
class Draft:
    """A statement in the making: the tokens of each side, the relations between the sides."""

    sides: list[list[Token]]
    relations: list[Token] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    row: int = 0
    condition: str = ""  # what it is said to hold under, where that is an inequality
    trailing: Span | None = None  # what stands behind a wide space and may be one more factor

    @property
    def leads(self) -> bool:
        """Whether it begins with a relation."""
        return bool(self.relations) and not self.sides[0]

    @property
    def dangles(self) -> bool:
        """Whether it ends with a relation."""
        return bool(self.relations) and not self.sides[-1]

    def extend(self, other: Draft) -> None:
        """Go on with a draft that begins with a relation, or fill the side that is missing."""
        if other.leads and self.dangles:
            self.notes.append(f"the {self.relations[-1].value} is written twice")
            self.sides[-1:] = other.sides[1:]
            self.relations += other.relations[1:]
        elif other.leads:
            self.sides += other.sides[1:]
            self.relations += other.relations
        else:
            self.sides[-1] = self.sides[-1] + other.sides[0]
            self.sides += other.sides[1:]
            self.relations += other.relations
        self.notes += other.notes
        self.row = other.row
        self.condition = self.condition or other.condition
        self.trailing = other.trailing
