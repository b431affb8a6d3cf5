"""The derivatives in a side that could not be read: a gradient that is not read must be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.document import Span
from gradcheck.expression import Expression, Name, Partial
from gradcheck.reading.lexer import GREEK_NAMES, Token
from gradcheck.reading.names import ACCENTS, FONTS, Known
from gradcheck.reading.parser import Parser
from gradcheck.reading.refusal import Refusal
from gradcheck.reading.words import LOSSES
from gradcheck.statement import Seen

_MOST = 8
"""Derivatives of one side that are looked for."""
_FAR = 40
"""Tokens between the sign above and the sign below."""
_OF_A_NAME = frozenset({*GREEK_NAMES, *ACCENTS, *FONTS})
_EMPTY = ("open", "close", "mark", "text", "column", "end", "begin", "number", "comma")


@dataclass(frozen=True, slots=True)
class _Found:
    partial: Partial
    start: int
    stop: int


def seen_in(tokens: Sequence[Token], known: Known) -> tuple[Seen, ...]:
    """The derivatives in a side, in order, each with whether it leads the side and ends it."""
    found = list(_derivatives(list(tokens), known))
    seen = []
    for one in found:
        leads = all(_is_decoration(token) for token in _shown(tokens[: one.start]))
        rest = [token for token in tokens[one.stop :] if token.kind not in _EMPTY]
        seen.append(Seen(one.partial, leads, not rest, leads and _related(rest)))
    return tuple(seen)


def _shown(tokens: Sequence[Token]) -> list[Token]:
    """What stands before a derivative, without the options in square brackets of a command."""
    found: list[Token] = []
    inside = False
    for at, token in enumerate(tokens):
        if token.value == "[" and token.kind == "open" and at and tokens[at - 1].kind == "command":
            inside = True
        elif inside:
            inside = (token.kind, token.value) != ("close", "[")
        else:
            found.append(token)
    return found


def _is_decoration(token: Token) -> bool:
    """Whether what stands before a derivative leaves it the head of its side."""
    if token.kind == "command":
        return token.value not in GREEK_NAMES and token.value not in ("frac", "sum", "partial")
    return token.kind in (*_EMPTY, "add", "bar", "refused", "macro", "other")


def _related(rest: Sequence[Token]) -> bool:
    """Whether a sign that nobody knows may relate a derivative to what follows it."""
    if any(token.kind == "relation" for token in rest):
        return True
    first = rest[0] if rest else None
    unknown = first is not None and first.kind in ("command", "refused", "macro", "other")
    return unknown and first is not None and first.value not in _OF_A_NAME and len(rest) > 1


def _derivatives(tokens: list[Token], known: Known) -> Iterator[_Found]:
    at = count = 0
    while at < len(tokens) and count < _MOST:
        found = _read(tokens, at, known) or _told(tokens, at, known)
        if found is None:
            at += 1
            continue
        yield found
        count += 1
        at = found.stop


def _read(tokens: list[Token], at: int, known: Known) -> _Found | None:
    """A derivative that can be read by itself."""
    token = tokens[at]
    sign = token.kind == "command" and token.value in ("frac", "partial", "nabla")
    if not (sign or (token.kind in ("word", "text") and token.value[:1] == "d")):
        return None
    parser = Parser(tokens, known, [])
    parser.at = at
    try:
        if not sign:
            expression = parser.slash_derivative()
        elif token.value == "frac":
            expression = parser.fraction()
        else:
            expression = parser.partial() if token.value == "partial" else parser.nabla()
    except Refusal:
        return None
    if not isinstance(expression, Partial) or parser.at <= at:
        return None
    return _Found(expression, at, parser.at)


def _told(tokens: list[Token], at: int, known: Known) -> _Found | None:
    """A derivative that its shape tells: ``\\D{L}{w}``, or one sign before L and before w."""
    token = tokens[at]
    if token.kind not in ("command", "macro", "refused") or token.value in _OF_A_NAME:
        return None
    return (
        _of_arguments(tokens, at, known)
        or _by_subscript(tokens, at, known)
        or _of_two_signs(tokens, at, known)
    )


def _by_subscript(tokens: list[Token], at: int, known: Known) -> _Found | None:
    """``∇_w`` and then, not far behind it, L."""
    token = tokens[at]
    if token.value not in ("nabla", "partial") or at + 1 >= len(tokens):
        return None
    by = _name_after(tokens, at + 1, known) if tokens[at + 1].kind == "sub" else None
    for place in range(by[1], min(len(tokens), by[1] + 4)) if by is not None else ():
        of = tokens[place]
        if by is not None and of.kind in ("word", "name") and of.value.split()[0] in LOSSES:
            name = Name(of.value.split()[0], span=of.span)
            return _Found(_partial(name, by[0], tokens[at : place + 1]), at, place + 1)
    return None


def _of_arguments(tokens: list[Token], at: int, known: Known) -> _Found | None:
    """``\\D{L}{w}``: an unknown command with a loss and a name for arguments."""
    at, start = at + 1, at
    if at < len(tokens) and tokens[at].value == "*":
        at += 1
    groups: list[Name] = []
    while len(groups) < 2 and at < len(tokens) and tokens[at].value == "{":
        mate = tokens[at].mate
        end = next((k for k in range(at, len(tokens)) if tokens[k] is mate), None)
        name = None if end is None else _name(tokens[at + 1 : end], known)
        if name is None or end is None:
            return None
        groups.append(name)
        at = end + 1
    if len(groups) == 2 and _is_loss(groups[1]) and not _is_loss(groups[0]):
        groups.reverse()
    if len(groups) < 2 or not _is_loss(groups[0]):
        return None
    return _Found(_partial(groups[0], groups[1], tokens[start:at]), start, at)


def _of_two_signs(tokens: list[Token], at: int, known: Known) -> _Found | None:
    """``\\partial L`` and, not far behind it, ``\\partial w``, with whatever between."""
    token = tokens[at]
    above = _name_after(tokens, at, known)
    if above is None or not _is_loss(above[0]):
        return None
    for below in range(above[1], min(len(tokens), above[1] + _FAR)):
        between = tokens[below]
        if between.kind == "relation":
            return None
        if (between.kind, between.value) == (token.kind, token.value):
            by = _name_after(tokens, below, known)
            if by is not None:
                stop = by[1]
                while stop < len(tokens) and tokens[stop].kind == "close":
                    stop += 1
                return _Found(_partial(above[0], by[0], tokens[at:stop]), at, stop)
    return None


def _name_after(tokens: list[Token], at: int, known: Known) -> tuple[Name, int] | None:
    """The name that a sign stands before, and where it ends."""
    start = at + 1
    while start < len(tokens) and tokens[start].kind == "open":
        start += 1
    if start >= len(tokens):
        return None
    parser = Parser(tokens, known, [])
    parser.at = start
    ends = ("sup", "relation", "divide")
    parser.stop = next(
        (k for k in range(start, len(tokens)) if tokens[k].kind in ends), parser.stop
    )
    try:
        head = parser.head()
    except Refusal:
        return None
    return head.name, parser.at


def _name(tokens: list[Token], known: Known) -> Name | None:
    if not tokens:
        return None
    try:
        expression: Expression = Parser(tokens, known, []).whole()
    except Refusal:
        return None
    return expression if isinstance(expression, Name) else None


def _is_loss(name: Name) -> bool:
    return name.base in LOSSES


def _partial(of: Name, by: Name, tokens: Sequence[Token]) -> Partial:
    return Partial(of, by, span=Span(tokens[0].start, max(token.end for token in tokens)))
