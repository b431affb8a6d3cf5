"""Rewriting tokens where LaTeX has an older or a longer way to write what the parser reads.

``{a \\over b}`` becomes ``{\\frac{a}{b}}``; a bracket that ``\\right.`` and ``\\left.`` part is
one bracket; an upright d is one token however it is set.
"""

from __future__ import annotations

from gradcheck.read.ellipsis import joined_dots
from gradcheck.read.lexer import Token
from gradcheck.read.scripts import bare_scripts
from gradcheck.read.signs import plain_signs

_UPRIGHT = ("mathrm", "rm", "mathup", "mathsf")


def rewrite(tokens: list[Token]) -> list[Token]:
    """The tokens with the other spellings replaced; nothing is dropped but what is layout."""
    tokens = bare_scripts(_upright(_joined(_out_of_boxes(joined_dots(tokens)))))
    return plain_signs(_fractions(tokens) if any(map(_is_over, tokens)) else tokens)


def _upright(tokens: list[Token]) -> list[Token]:
    """``\\mathrm d`` and ``{\\rm d}`` as ``\\mathrm{d}`` is: a text token."""
    found: list[Token] = []
    for token in tokens:
        before = found[-1] if found else None
        font = before is not None and before.kind == "command" and before.value in _UPRIGHT
        if font and token.kind == "word" and token.value == "d":
            found[-1] = Token("text", "d", found[-1].start, token.end)
        elif token.kind == "close" and token.value == "{" and _is_braced_d(found):
            found[-2:] = [Token("text", "d", found[-2].start, token.end)]
        else:
            found.append(token)
    return found


def _is_braced_d(found: list[Token]) -> bool:
    """Whether ``{\\rm d`` ends the tokens, and no command takes the brace for its argument."""
    if len(found) < 2 or found[-1].kind != "text" or found[-1].value != "d":
        return False
    opens = found[-2].kind == "open" and found[-2].value == "{"
    before = found[-3] if len(found) > 2 else None
    taken = before is not None and before.kind in ("command", "sup", "sub", "operator", "close")
    return opens and not taken


def _out_of_boxes(tokens: list[Token]) -> list[Token]:
    """``\\fbox{$a = b$}`` and ``\\left. a = b \\right.`` without the signs that mean nothing."""
    if not any(token.value in ("$", ".") for token in tokens):
        return tokens
    found: list[Token] = []
    opened: list[int] = []  # where the braces and brackets stand that are open
    dropped: set[int] = set()
    for token in tokens:
        found.append(token)
        if token.kind == "open":
            opened.append(len(found) - 1)
        elif token.kind == "close" and opened:
            start = opened.pop()
            if token.value == "." == found[start].value:
                dropped |= {start, len(found) - 1}
            elif token.value == "{" and _is_dollar(found, start + 1) and _is_dollar(found, -2):
                dropped |= {start + 1, len(found) - 2}
    return [token for at, token in enumerate(found) if at not in dropped]


def _is_dollar(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and (tokens[at].kind, tokens[at].value) == ("other", "$")


def _joined(tokens: list[Token]) -> list[Token]:
    """``\\left( a \\right. \\left. + b \\right)`` without the two that close and open nothing."""
    found: list[Token] = []
    last: int | None = None  # where the \right. stands that may go on
    for token in tokens:
        if token.value == "." and token.kind == "open" and last is not None:
            del found[last]
            last = None
            continue
        if token.value == "." and token.kind == "close":
            last = len(found)
        elif token.kind not in ("row", "column") and token.value != " ":
            last = None
        found.append(token)
    return found


def _is_over(token: Token) -> bool:
    return token.kind == "command" and token.value == "over"


def _fractions(tokens: list[Token]) -> list[Token]:
    """Each brace group with one ``\\over`` right inside as a group that holds a ``\\frac``."""
    found: list[Token] = []
    groups: list[tuple[int, list[int]]] = []  # where each opens, where its \over stand
    for token in tokens:
        brace = token.value == "{"
        if token.kind == "close" and brace and groups:
            opened, overs = groups.pop()
            if len(overs) == 1:
                _make_fraction(found, opened, overs[0], token)
        found.append(token)
        if token.kind == "open" and brace:
            groups.append((len(found) - 1, []))
        elif _is_over(token) and groups:
            groups[-1][1].append(len(found) - 1)
    return found


def _make_fraction(found: list[Token], opened: int, over: int, closing: Token) -> None:
    first, middle, end = found[opened].end, found[over], closing.start
    found.append(Token("close", "{", end, end))
    found[over : over + 1] = [
        Token("close", "{", middle.start, middle.start),
        Token("open", "{", middle.end, middle.end),
    ]
    found[opened + 1 : opened + 1] = [
        Token("command", "frac", first, first),
        Token("open", "{", first, first),
    ]
