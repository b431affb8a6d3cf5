r"""Scripts in braces of their own, ``\delta{_2}`` and ``w{^{(1)}}``: the braces mean nothing.

Word processors and converters write them. A brace group is taken off only where all of it is
scripts and something stands before it that they can hang on.
"""

from __future__ import annotations

from gradcheck.read.cursor import Forward
from gradcheck.read.lexer import GREEK_NAMES, Token

_SCRIPTS = ("sub", "sup")
_HOLDS = ("word", "name", "text", "operator", "close", "number")
_SIGNS = frozenset({"sum", "prod", "nabla", "partial"})


def bare_scripts(tokens: list[Token]) -> list[Token]:
    """The tokens without the braces about scripts."""
    ends = _ends(tokens)
    dropped: set[int] = set()
    for at, end in ends.items():
        held = at and _holds(tokens[at - 1], tokens[at - 2] if at > 1 else None)
        if held and _only_scripts(tokens, at + 1, end, ends):
            dropped |= {at, end}
    return [token for at, token in enumerate(tokens) if at not in dropped] if dropped else tokens


def _ends(tokens: list[Token]) -> dict[int, int]:
    """Where each brace group closes, by where it opens."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.value != "{":
            continue
        if token.kind == "open":
            opened.append(at)
        elif token.kind == "close" and opened:
            ends[opened.pop()] = at
    return ends


def _holds(before: Token, further: Token | None) -> bool:
    """Whether scripts can hang on a token."""
    if before.kind == "command":
        return before.value in GREEK_NAMES or before.value in _SIGNS
    hung = further is not None and further.kind in _SCRIPTS  # the 2 of x_2{^3}
    return before.kind in _HOLDS and (before.kind != "number" or hung)


def _only_scripts(tokens: list[Token], start: int, end: int, ends: dict[int, int]) -> bool:
    """Whether the tokens ``start:end`` are one or two scripts with their arguments."""
    kinds: list[str] = []
    for at in (places := Forward(tokens, start, end)):
        if tokens[at].kind not in _SCRIPTS or tokens[at].kind in kinds or at + 1 >= end:
            return False
        kinds.append(tokens[at].kind)
        argument = tokens[at + 1]
        if argument.kind in ("close", *_SCRIPTS, "relation"):
            return False
        places.go_on(ends.get(at + 1, at + 1) + 1)
    return bool(kinds)
