"""The derivatives in a side that could not be read: a gradient that is not read must be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.language.derivative_signs import COMMANDS
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, Name, Partial
from gradcheck.language.names import LOSSES
from gradcheck.language.statement import Seen
from gradcheck.read.cursor import Forward, past
from gradcheck.read.known_names import ACCENTS, FONTS, Known
from gradcheck.read.lexer import GREEK_NAMES, Token
from gradcheck.read.parser import Parser
from gradcheck.read.unreadable import Refusal

_MOST = 8
"""Derivatives of one side that are looked for."""
_TRIES = 200
"""How often something in one side is tried as one."""
_FAR = 40
"""Tokens between the sign above and the sign below."""
_OF_A_NAME = frozenset({*GREEK_NAMES, *ACCENTS, *FONTS})
_EMPTY = ("open", "close", "mark", "text", "column", "end", "begin", "number", "comma")
_SIGNS = ("frac", *COMMANDS)


@dataclass(frozen=True, slots=True)
class _Found:
    partial: Partial
    start: int
    stop: int


def seen_in(tokens: Sequence[Token], known: Known) -> tuple[Seen, ...]:
    """The derivatives in a side, in order, each with whether it leads the side and ends it."""
    seen = []
    for one in _Search(tokens, known).found():
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


class _Search:
    """Looks for derivatives in a side, with one parser and a bounded number of tries."""

    def __init__(self, tokens: Sequence[Token], known: Known) -> None:
        self.tokens = list(tokens)
        self.parser = Parser(self.tokens, known, [])
        self.tries = 0

    def found(self) -> Iterator[_Found]:
        count = 0
        for at in (places := Forward(self.tokens)):
            if count >= _MOST or self.tries >= _TRIES:
                return
            found = self._read(at) or self._told(at)
            if found is not None:
                yield found
                count += 1
                places.go_on(max(at + 1, found.stop))

    def _at(self, at: int, stop: int) -> Parser:
        """The parser at a place, as if it had read nothing."""
        self.tries += 1
        parser = self.parser
        parser.tokens[at : at + 2 * _FAR] = self.tokens[at : at + 2 * _FAR]
        parser.at, parser.stop, parser.depth, parser.nesting, parser.bars = at, stop, 0, 0, ()
        return parser

    def _read(self, at: int) -> _Found | None:
        """A derivative that can be read by itself."""
        token = self.tokens[at]
        sign = token.kind == "command" and token.value in _SIGNS
        if not (sign or (token.kind in ("word", "text") and token.value[:1] == "d")):
            return None
        parser = self._at(at, len(self.tokens))
        read = {"frac": parser.fraction, "partial": parser.partial, "nabla": parser.nabla}
        try:
            expression = read[token.value]() if sign else parser.slash_derivative()
        except Refusal:
            return None
        if not isinstance(expression, Partial) or parser.at <= at:
            return None
        return _Found(expression, at, parser.at)

    def _told(self, at: int) -> _Found | None:
        """A derivative that its shape tells: ``\\D{L}{w}``, or one sign before L and before w."""
        token = self.tokens[at]
        if token.kind not in ("command", "macro", "refused") or token.value in _OF_A_NAME:
            return None
        several = self._of_arguments(at) or self._by_subscript(at) or self._of_two_signs(at)
        return several or self._of_nothing(at)

    def _of_arguments(self, start: int) -> _Found | None:
        """``\\D{L}{w}``: an unknown command with a loss and a name for arguments."""
        at = start + 1
        if at < len(self.tokens) and self.tokens[at].value == "*":
            at += 1
        groups: list[Name] = []
        for _ in range(2):
            if at >= len(self.tokens) or self.tokens[at].value != "{":
                return None
            mate = self.tokens[at].mate
            if mate is None or self.tokens[mate.at : mate.at + 1] != [mate]:
                return None
            name = self._name(at + 1, mate.at)
            if name is None:
                return None
            groups.append(name)
            at = mate.at + 1
        if not _is_loss(groups[0]):
            return None
        return self._partial(groups[0], groups[1], start, at)

    def _by_subscript(self, at: int) -> _Found | None:
        """``∇_w`` and then, not far behind it, L."""
        below = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if self.tokens[at].value not in COMMANDS or below is None:
            return None
        by = self._name_after(at + 1) if below.kind == "sub" else None
        for place in range(by[1], min(len(self.tokens), by[1] + 4)) if by is not None else ():
            of = self.tokens[place]
            if by is not None and of.kind in ("word", "name") and of.value.split()[0] in LOSSES:
                name = Name(of.value.split()[0], span=of.span)
                return self._partial(name, by[0], at, place + 1)
        return None

    def _of_nothing(self, at: int) -> _Found | None:
        """``∇_w``, ``∇w``, ``∂w`` or ``∂/∂w`` and nothing else: the loss is meant."""
        before = [t.value for t in self.tokens[:at] if not _is_decoration(t)]
        if self.tokens[at].value not in COMMANDS or before not in ([], ["frac", "partial"]):
            return None
        below = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        by = self._name_after(at + 1 if below is not None and below.kind == "sub" else at)
        if by is None or by[0].base in LOSSES:
            return None
        if any(token.kind not in _EMPTY for token in self.tokens[by[1] :]):
            return None
        return self._partial(Name("loss"), by[0], 0, len(self.tokens))

    def _of_two_signs(self, at: int) -> _Found | None:
        """``\\partial L`` and, not far behind it, ``\\partial w``, with whatever between."""
        token = self.tokens[at]
        above = self._name_after(at)
        if above is None or not _is_loss(above[0]):
            return None
        for below in range(above[1], min(len(self.tokens), above[1] + _FAR)):
            between = self.tokens[below]
            if between.kind == "relation":
                return None
            alike = (between.kind, between.value) == (token.kind, token.value)
            if alike and (by := self._name_after(below)) is not None:
                stop = past(self.tokens, by[1], len(self.tokens), lambda t: t.kind == "close")
                return self._partial(above[0], by[0], at, stop)
        return None

    def _name_after(self, at: int) -> tuple[Name, int] | None:
        """The name that a sign stands before, and where it ends."""
        end = len(self.tokens)
        start = past(self.tokens, at + 1, end, lambda token: token.kind == "open")
        ends = ("sup", "relation", "divide")
        stop = past(self.tokens, start, min(end, start + _FAR), lambda t: t.kind not in ends)
        if start >= stop:
            return None
        parser = self._at(start, stop)
        try:
            head = parser.head()
        except Refusal:
            return None
        return head.name, parser.at

    def _name(self, start: int, stop: int) -> Name | None:
        if start >= stop or stop > start + _FAR:
            return None
        try:
            expression: Expression = self._at(start, stop).part(start, stop)
        except Refusal:
            return None
        return expression if isinstance(expression, Name) else None

    def _partial(self, of: Name, by: Name, start: int, stop: int) -> _Found:
        end = max(token.end for token in self.tokens[start:stop])
        return _Found(Partial(of, by, span=Span(self.tokens[start].start, end)), start, stop)


def _is_loss(name: Name) -> bool:
    return name.base in LOSSES
