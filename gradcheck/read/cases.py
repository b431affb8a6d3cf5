"""Reading what holds on one side of a bound: ``\\mathbb{1}[z > 0]``, ``\\begin{cases}``.

Both are made of the indicator of a positive number, the slope of ReLU: ``[u > v]`` is that of
u - v. At the bound itself, one point, either side may be meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
)
from gradcheck.read.brackets import closing
from gradcheck.read.cursor import Forward, ending, past
from gradcheck.read.lexer import Token
from gradcheck.read.unreadable import BY_CASES, LABEL_CASES, Refusal
from gradcheck.read.words import CONDITIONS

_GREATER = {">": True, ">=": True, "<": False, "<=": False}
_ELSE = frozenset({"otherwise", "else", "elsewhere", "sonst", "sinon"})
_ONES = ("1", "I", "𝟙", "𝟏")
_ONE = Number(Fraction(1))


class _Piece(NamedTuple):
    """One row: where its value stands, where its condition (empty: otherwise)."""

    value: tuple[int, int]
    condition: tuple[int, int]


class Cases:
    """The part of the parser that reads cases and indicators."""

    tokens: list[Token]
    at: int
    stop: int

    if TYPE_CHECKING:  # what the parser provides

        def peek(self, ahead: int = 0) -> Token | None: ...
        def take(self) -> Token: ...
        def since(self, start: int) -> Span: ...
        def part(self, start: int, stop: int) -> Expression: ...
        def argument(self) -> tuple[int, int]: ...
        def past(self, begin: int, end: int) -> int: ...
        def note(self, text: str) -> None: ...

    # indicators

    def inequality_in(self, begin: int, end: int) -> int | None:
        """Where the one inequality of ``z > 0`` stands; None if the tokens are not that."""
        depth, found = 0, []
        for at in range(begin, end):
            token = self.tokens[at]
            depth += {"open": 1, "begin": 1, "close": -1, "end": -1}.get(token.kind, 0)
            if depth == 0 and token.kind == "relation":
                found.append(at)
        one = len(found) == 1 and begin < found[0] < end - 1
        return found[0] if one and self.tokens[found[0]].value in _GREATER else None

    def indicator(self) -> Expression | None:
        """``\\mathbb{1}[z > 0]``, ``1_{z > 0}``, ``I(z > 0)``, ``[z > 0]``, if that comes next."""
        start = self.at
        opener = self.peek(self._sign_length())
        if opener is None or opener.kind not in ("open", "sub"):
            return None
        if opener.kind == "sub" and opener.at == start:
            return None
        self.at = opener.at
        begin, end = self._condition(opener)
        if begin >= end or self.inequality_in(begin, end) is None:
            self.at = start
            return None
        return self._positive(begin, end, start, self.at)

    def _sign_length(self) -> int:
        """How many tokens the 1 of an indicator takes; 0 where a bare bracket comes."""
        first, second, third = self.peek(), self.peek(1), self.peek(2)
        if first is None:
            return 0
        if first.value in _ONES:
            return 1
        blackboard = first.kind == "command" and first.value in _BLACKBOARD
        if blackboard and second is not None and second.value in _ONES:
            return 2
        braced = blackboard and second is not None and second.value == "{"
        return 4 if braced and third is not None and third.value in _ONES else 0

    def _condition(self, opener: Token) -> tuple[int, int]:
        """Where the condition begins and ends; goes on after it."""
        if opener.kind == "sub":
            self.at += 1
            begin, end = self.argument() if self.peek() is not None else (0, 0)
            self.at = self.past(begin, end)
        elif (close := closing(self.tokens, opener.at)) is not None and close < self.stop:
            begin, end = opener.at + 1, close
            self.at = end + 1
        else:
            return 0, 0
        inner = self.tokens[begin] if begin < end else None
        braced = inner is not None and inner.value in ("\\{", "{", "(")
        if braced and inner is not None and inner.mate is self.tokens[end - 1]:
            return begin + 1, end - 1
        return begin, end

    def _positive(self, begin: int, end: int, start: int, after: int) -> Expression:
        """``[u > v]`` of the tokens ``begin:end``, as ``[u - v > 0]``; goes on at ``after``."""
        at = self.inequality_in(begin, end)
        assert at is not None
        left, right = self.part(begin, at), self.part(at + 1, end)
        self.at = after
        span = self.since(start)
        if not _GREATER[self.tokens[at].value]:
            left, right = right, left
        zero = isinstance(right, Number) and right.value == 0
        difference = left if zero else Add((left, Negate(right)), span=span)
        if isinstance(left, Number) and left.value == 0:
            difference = Negate(right, span=span)
        return Apply(Name(INDICATOR, span=span), (difference,), span=span)

    # cases

    def cases(self, begin: int, end: int, after: int) -> Expression:
        """The rows ``begin:end`` of two cases as one formula; goes on at ``after``."""
        start = self.at
        pieces = [self._piece(*row) for row in self._rows(begin, end)]
        place = self.tokens[start].span
        if len(pieces) != 2 or pieces[0].condition[0] >= pieces[0].condition[1]:
            raise Refusal(place, BY_CASES)
        first, second = (self.part(*piece.value) for piece in pieces)
        chosen = self._chosen(pieces[0].condition, pieces[1].condition, place)
        self.at = after
        span = self.since(start)
        terms = [term for term in (_times(first, chosen), _times(second, _not(chosen))) if term]
        if not terms:
            return Number(Fraction(0), span=span)
        return terms[0] if len(terms) == 1 else Add(tuple(terms), span=span)

    def _rows(self, begin: int, end: int) -> list[tuple[int, int]]:
        depth, rows, first = 0, [], begin
        for at in range(begin, end):
            token = self.tokens[at]
            depth += {"open": 1, "begin": 1, "close": -1, "end": -1}.get(token.kind, 0)
            if depth == 0 and token.kind == "row":
                rows.append((first, at))
                first = at + 1
        rows.append((first, end))
        return [(a, b) for a, b in rows if a < b]

    def _piece(self, begin: int, end: int) -> _Piece:
        """A row's value and condition, parted by ``&``, a comma, a wide space or an *if*."""
        middle = end
        for at in (places := Forward(self.tokens, begin, end)):
            if self.tokens[at].kind in _PARTING:
                middle = at
                break
            if (close := closing(self.tokens, at)) is not None:
                places.go_on(close + 1)
        after = past(self.tokens, middle, end, self._is_layout)
        return _Piece((begin, middle), (after, ending(self.tokens, after, end, self._is_layout)))

    @staticmethod
    def _is_layout(token: Token) -> bool:
        words = token.value.strip(" ,.:;").lower().split() if token.kind == "text" else []
        told = all(word in CONDITIONS or word in _ELSE for word in words)
        return (token.kind == "text" and told) or token.kind in (
            "column", "comma", "separator", "mark"
        )  # fmt: skip

    def _chosen(self, first: tuple[int, int], second: tuple[int, int], place: Span) -> Expression:
        """What is 1 where the first case holds and 0 where the second does."""
        otherwise = second[0] >= second[1]
        if self.inequality_in(*first) is not None:
            chosen = self._positive(*first, first[0], first[1])
            if otherwise:
                return chosen
            if self.inequality_in(*second) is None:
                raise Refusal(place, BY_CASES)
            if _negated(self._positive(*second, second[0], second[1])) != _plain(chosen):
                raise Refusal(place, BY_CASES)
            return chosen
        name, value = self._equality(first, place)
        if not otherwise and self._equality(second, place) != (name, 1 - value):
            raise Refusal(place, BY_CASES)
        self.note(LABEL_CASES)
        return name if value else _not(name)

    def _equality(self, condition: tuple[int, int], place: Span) -> tuple[Name, int]:
        """The name and the value of ``y = 1``, which is 0 or 1."""
        begin, end = condition
        equals = [at for at in range(begin, end) if self.tokens[at].kind == "relation"]
        if len(equals) == 1 and self.tokens[equals[0]].value == "=":
            name, value = self.part(begin, equals[0]), self.part(equals[0] + 1, end)
            if isinstance(name, Name) and isinstance(value, Number) and value.value in (0, 1):
                return name, int(value.value)
        raise Refusal(place, BY_CASES)


_PARTING = ("column", "text", "separator", "comma")
_BLACKBOARD = (
    "mathbb", "mathbf", "mathds", "mathbbm", "bm", "boldsymbol", "mathrm", "mathcal", "bold"
)  # fmt: skip


def _times(value: Expression, chosen: Expression) -> Expression | None:
    if isinstance(value, Number) and value.value in (0, 1):
        return chosen if value.value else None
    return Multiply((value, chosen), span=value.span)


def _not(chosen: Expression) -> Expression:
    return Add((_ONE, Negate(chosen)), span=chosen.span)


def _plain(indicator: Expression) -> Sequence[Expression]:
    """The terms that an indicator asks the sign of."""
    assert isinstance(indicator, Apply)
    argument = indicator.arguments[0]
    return argument.terms if isinstance(argument, Add) else (argument,)


def _negated(indicator: Expression) -> Sequence[Expression]:
    """The terms of the indicator that is 1 where this one is 0."""
    flipped = [t.operand if isinstance(t, Negate) else Negate(t) for t in _plain(indicator)]
    return tuple(flipped[::-1] if len(flipped) == 2 else flipped)
