"""Ranges: ``l = L`` and ``l = L - 1, …, 1`` say which layers are meant, and nothing of a value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gradcheck.language.expression import Add, Expression, Name, Negate, Number, value_keys

_LETTER = re.compile(r"[ijklt]")
_END = re.compile(r"[A-Z]|[ijklmnt]")


def ranges(statements: Sequence[Sequence[Expression | None]]) -> frozenset[int]:
    """Which statements, given by their sides, only set an index to what it runs over.

    The letter must be none of a quantity: no other equation computes with it.
    """
    heads = {at: letter for at, sides in enumerate(statements) for letter in _runs(sides)}
    if not heads:
        return frozenset()
    used: Counter[str] = Counter()
    for at, sides in enumerate(statements):
        if at not in heads:
            used.update(key for side in sides if side is not None for key in value_keys(side))
    return frozenset(at for at, letter in heads.items() if not used[letter])


def _runs(sides: Sequence[Expression | None]) -> Iterator[str]:
    """The letter that a statement sets to an end of its range."""
    match sides:
        case [Name(key=letter), Expression() as end] if _LETTER.fullmatch(letter):
            if _is_end(end, letter):
                yield letter


def _is_end(side: Expression, letter: str) -> bool:
    if isinstance(side, Add) and len(side.terms) == 2:
        step = side.terms[1]
        number = step.operand if isinstance(step, Negate) else step
        return isinstance(number, Number) and _is_end(side.terms[0], letter)
    return isinstance(side, Name) and side.key != letter and bool(_END.fullmatch(side.key))
