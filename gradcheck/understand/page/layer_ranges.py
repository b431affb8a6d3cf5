"""Ranges of layers or steps: ``l = L``, ``l = L-1, …, 1`` where nothing is computed with ``l``."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.language.expression import Expression, Name, walk
from gradcheck.understand.bindings import CanonicalStatement


def counts_down(
    name: Name, body: Expression | None, statements: Sequence[CanonicalStatement]
) -> bool:
    """Whether a letter is said to be its capital, and stands nowhere but in such equations."""
    letter = name.key
    if body is None or len(letter) != 1 or not letter.islower():
        return False
    if [n.key for n in walk(body) if isinstance(n, Name)] != [letter.upper()]:
        return False
    heads = [s.sides[0] for s in statements]
    own = sum(isinstance(head, Name) and head.key == letter for head in heads)
    sides = (side for s in statements for side in s.sides if side is not None)
    return own == sum(isinstance(n, Name) and n.key == letter for side in sides for n in walk(side))
