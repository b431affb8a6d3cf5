"""Pairing brackets, braces and environments, without recursion and in linear time."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.read.cursor import taken_off
from gradcheck.read.lexer import Token

_STRONG = {"{", "env"}  # what an unpaired round or square bracket cannot reach across


def pair(tokens: list[Token]) -> int:
    """Set ``mate`` of every token that pairs with another; returns the deepest level met.

    A bracket that nothing pairs with keeps ``mate`` None and makes only its own side unread.
    """
    stack: list[tuple[str, Token]] = []
    strong = {"{": 0, "env": 0}
    deepest = 0
    for token in tokens:
        if token.kind in ("open", "begin"):
            kind = token.value if token.kind == "open" else "env"
            stack.append((kind, token))
            if kind in _STRONG:
                strong[kind] += 1
            deepest = max(deepest, len(stack))
        elif token.kind in ("close", "end"):
            _close(token, token.value if token.kind == "close" else "env", stack, strong)
    return deepest


def _close(token: Token, kind: str, stack: list[tuple[str, Token]], strong: dict[str, int]) -> None:
    if kind in _STRONG:
        if not strong[kind]:
            return
        for dropped, _ in taken_off(stack, lambda opened: opened[0] != kind):
            if dropped in _STRONG:
                strong[dropped] -= 1
    elif not stack or not _fits(stack[-1][0], kind):
        return
    own, opener = stack.pop()
    if own in _STRONG:
        strong[own] -= 1
    if kind == "env" and opener.value != token.value:
        return
    opener.mate, token.mate = token, opener


def closing(tokens: Sequence[Token], at: int) -> int | None:
    """Where the bracket or environment closes that opens at ``at``; None if it does not, here.

    The mate of a closing bracket is its opening one, and that of one in another side has its place
    there: neither leads on. Places must be those among ``tokens``.
    """
    opener = tokens[at]
    if opener.kind not in ("open", "begin") or opener.mate is None:
        return None
    place = opener.mate.at
    return place if at < place < len(tokens) and tokens[place] is opener.mate else None


def _fits(opening: str, closing: str) -> bool:
    return opening == closing or "." in (opening, closing)
