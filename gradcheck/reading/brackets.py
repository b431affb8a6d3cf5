"""Pairing brackets, braces and environments, without recursion and in linear time."""

from __future__ import annotations

from gradcheck.reading.lexer import Token

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
        while stack and stack[-1][0] != kind:
            dropped, _ = stack.pop()
            if dropped in _STRONG:
                strong[dropped] -= 1
        strong[kind] -= 1
    elif not stack or not _fits(stack[-1][0], kind):
        return
    opener = stack.pop()[1]
    if kind == "env" and opener.value != token.value:
        return
    opener.mate, token.mate = token, opener


def _fits(opening: str, closing: str) -> bool:
    return opening == closing or "." in (opening, closing)
