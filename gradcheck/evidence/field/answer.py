"""What the field answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Witness:
    """A real point where two sides differ: the entry by its letters (from 1), and its values."""

    at: dict[str, int]
    left: float
    right: float
    difference: float
    """Relative to the larger of the two."""
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """Left compared with right.

    ``outcome`` is equal, multiple, unequal or undecided. For a multiple, *left = factor · the
    product of length(axis)^power · right*. ``reach`` is empty if that holds for all sizes, else
    "at the shapes tried" or "on the branches tried". ``reason`` says why something is undecided,
    and which facts of the page an equality needs. An unequal one has a ``witness``.
    """

    outcome: str
    factor: Fraction = Fraction(1)
    powers: dict[str, int] = field(default_factory=dict)
    reach: str = ""
    reason: str = ""
    witness: Witness | None = None
