"""Functions written without a gap behind what they multiply: ``ylog(a)`` is y log(a).

A run of letters is one name to the lexer. It is taken apart only where one of the functions that
nobody writes as a name ends it, or ends but for one letter: ``ylogp``.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from gradcheck.read.lexer import Token
from gradcheck.read.words import FUNCTION_WORDS, WORDS

SPELLED = frozenset("log ln exp tanh sin cos tan sinh cosh".split())
"""Functions that need no brackets round their argument even where their backslash is left out."""
_RUN = re.compile(
    r"(?P<before>[A-Za-z]{0,2}?)"
    r"(?:(?P<function>log|ln|exp|tanh|sinh|cosh|sin|cos|tan|sigmoid|softplus|softmax|relu|ReLU)"
    r"|(?P<taking>log|ln)(?P<after>[A-Za-z]))"
)
_INVERSE = ("a", "ar", "d")
"""What makes another word of a function: asin, arsinh, dlog."""


def parts_of(run: str, letters: Container[str], words: Iterable[str] = ()) -> list[str]:
    """``ylog`` as y and log; the run itself if it is no product with a function.

    ``letters`` are the letters that the document uses as names, ``words`` the runs it defines.
    """
    found = _RUN.fullmatch(run)
    if found is None or run in WORDS or run in FUNCTION_WORDS or run in words:
        return [run]
    before, after = found["before"], found["after"] or ""
    if not before + after or before in _INVERSE:
        return [run]
    names = after if len(before) == 1 else before + after
    if any(name not in letters for name in names):
        return [run]
    return [part for part in (before, found["function"] or found["taking"], after) if part]


def taken_apart(
    tokens: list[Token], letters: Container[str], words: Iterable[str], notes: list[str]
) -> list[Token]:
    """The tokens with each such run as its parts."""
    result: list[Token] = []
    for token in tokens:
        parts = parts_of(token.value, letters, words) if token.kind == "word" else [token.value]
        if len(parts) == 1:
            result.append(token)
            continue
        notes.append(f"{token.value} is read as {' '.join(parts)}")
        at = token.start
        for part in parts:
            result.append(Token("word", part, at, at + len(part)))
            at += len(part)
    return result
