"""Reading what holds on one side of a bound: ``\\mathbb{1}[z > 0]``, ``\\begin{cases}``.

Both are made of the indicator of a positive number, the slope of ReLU: ``[u > v]`` is that of
u - v. At the bound itself, one point, either side may be meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
)
from gradcheck.read.brackets import closing
from gradcheck.read.case_ranges import (
    Bounds,
    are_apart,
    complement,
    cover_all,
    greater,
    ranges_of,
    rest,
    within,
)
from gradcheck.read.cursor import Forward, ending, past
from gradcheck.read.lexer import Token
from gradcheck.read.unreadable import BY_CASES, LABEL_CASES, Refusal
from gradcheck.read.words import CONDITIONS, FUNCTION_WORDS, OTHERWISE

_GREATER = {">": True, ">=": True, "<": False, "<=": False}
_ONES = ("1", "I", "𝟙", "𝟏")


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
        if not _GREATER[self.tokens[at].value]:
            left, right = right, left
        return greater(left, right, self.since(start))

    # cases

    def cases(self, begin: int, end: int, after: int) -> Expression:
        """The rows ``begin:end`` of cases as one formula; goes on at ``after``."""
        start = self.at
        pieces = [self._piece(*row) for row in self._rows(begin, end)]
        place = self.tokens[start].span
        if not 2 <= len(pieces) <= _MOST or pieces[0].condition[0] >= pieces[0].condition[1]:
            raise Refusal(place, BY_CASES)
        if self._is_compared(*pieces[0].condition):
            pieces = [pieces[0], *(p for p in pieces[1:] if not self._is_single(*p.condition))]
        values = [self.part(*piece.value) for piece in pieces]
        chosen = self._chosen([piece.condition for piece in pieces], place)
        self.at = after
        span = self.since(start)
        products = (_times(v, c) for v, c in zip(values, chosen, strict=True))
        terms = [term for term in products if term is not None]
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
            if self._parts(self.tokens[at]):
                middle = at
                break
            if (close := closing(self.tokens, at)) is not None:
                places.go_on(close + 1)
        after = past(self.tokens, middle, end, self._is_layout)
        return _Piece((begin, middle), (after, ending(self.tokens, after, end, self._is_layout)))

    @staticmethod
    def _parts(token: Token) -> bool:
        """Whether a token may stand between a value and its condition: not ``\\mathrm{sign}``."""
        function = token.kind == "text" and token.value.strip().lower() in FUNCTION_WORDS
        return token.kind in _PARTING and not function

    @staticmethod
    def _is_layout(token: Token) -> bool:
        words = token.value.strip(" ,.:;").lower().split() if token.kind == "text" else []
        told = all(word in CONDITIONS or word in OTHERWISE for word in words)
        return (token.kind == "text" and told) or token.kind in (
            "column", "comma", "separator", "mark"
        )  # fmt: skip

    def _signs(self, begin: int, end: int) -> list[int]:
        return [at for at in range(begin, end) if self.tokens[at].kind == "relation"]

    def _is_compared(self, begin: int, end: int) -> bool:
        symbols = [self.tokens[at].value for at in self._signs(begin, end)]
        return bool(symbols) and all(symbol in _GREATER for symbol in symbols)

    def _is_single(self, begin: int, end: int) -> bool:
        """Whether a row is for one value, ``z = 0``: at a bound, either row may be meant."""
        return [self.tokens[at].value for at in self._signs(begin, end)] == ["="]

    def _chosen(self, conditions: Sequence[tuple[int, int]], place: Span) -> list[Expression]:
        """For every row, what is 1 where it holds and 0 where another does."""
        otherwise = conditions[-1][0] >= conditions[-1][1]
        told = conditions[:-1] if otherwise else conditions
        if len(conditions) == 2 and len(self._signs(*told[0])) == 1:
            chosen = self._alternatives(told, place)
            return [chosen, complement(chosen)]
        found = ranges_of([self._bounds(*condition, place) for condition in told])
        if found is None:
            raise Refusal(place, BY_CASES)
        quantity, ranges = found
        if not (are_apart(ranges) if otherwise else cover_all(ranges)):
            raise Refusal(place, BY_CASES)
        each = [within(quantity, bounds, place) for bounds in ranges]
        return [*each, rest(each, place)] if otherwise else each

    def _alternatives(self, told: Sequence[tuple[int, int]], place: Span) -> Expression:
        """What is 1 where the first of two cases holds and 0 where the second does."""
        first, second = told[0], told[1] if len(told) > 1 else None
        if self.inequality_in(*first) is not None:
            chosen = self._positive(*first, first[0], first[1])
            if second is None:
                return chosen
            if self.inequality_in(*second) is None:
                raise Refusal(place, BY_CASES)
            if _negated(self._positive(*second, second[0], second[1])) != _plain(chosen):
                raise Refusal(place, BY_CASES)
            return chosen
        return self._equal(first, second, place)

    def _equal(
        self, first: tuple[int, int], second: tuple[int, int] | None, place: Span
    ) -> Expression:
        """The cases of a label, ``y = 1``, or of two indices, ``i = j``."""
        name, symbol, value = self._equation(first, place)
        if isinstance(value, Name):
            opposite = "!=" if symbol == "=" else "="
            told = self._equation(second, place) if second is not None else (name, opposite, value)
            if told not in ((name, opposite, value), (value, opposite, name)):
                raise Refusal(place, BY_CASES)
            same = _same(name, value, place)
            return same if symbol == "=" else complement(same)
        bit = int(value.value)
        if symbol != "=" or value.value not in (0, 1):
            raise Refusal(place, BY_CASES)
        other = (name, "=", Number(Fraction(1 - bit)))
        if second is not None and self._equation(second, place) != other:
            raise Refusal(place, BY_CASES)
        self.note(LABEL_CASES)
        return name if bit else complement(name)

    def _equation(self, condition: tuple[int, int], place: Span) -> tuple[Name, str, Name | Number]:
        """The sides and the sign of ``y = 1``, ``i = j``, ``i \\neq j``."""
        (begin, end), signs = condition, self._signs(*condition)
        if len(signs) == 1 and self.tokens[signs[0]].value in ("=", "!="):
            left, right = self.part(begin, signs[0]), self.part(signs[0] + 1, end)
            if isinstance(left, Name) and isinstance(right, Name | Number):
                return left, self.tokens[signs[0]].value, right
        raise Refusal(place, BY_CASES)

    def _bounds(self, begin: int, end: int, place: Span) -> Bounds:
        """What is compared in ``0 < z < 6``, the smallest first."""
        signs = self._signs(begin, end)
        falls = {_GREATER.get(self.tokens[at].value) for at in signs}
        if not 1 <= len(signs) <= 2 or falls not in ({True}, {False}):
            raise Refusal(place, BY_CASES)
        edges = [begin - 1, *signs, end]
        sides = [self.part(one + 1, other) for one, other in pairwise(edges)]
        return tuple(sides[::-1] if falls == {True} else sides)


_MOST = 6
_PARTING = ("column", "text", "separator", "comma")
_BLACKBOARD = (
    "mathbb", "mathbf", "mathds", "mathbbm", "bm", "boldsymbol", "mathrm", "mathcal", "bold"
)  # fmt: skip


def _times(value: Expression, chosen: Expression) -> Expression | None:
    if isinstance(value, Number) and value.value in (0, 1):
        return chosen if value.value else None
    return Multiply((value, chosen), span=value.span)


def _same(one: Name, other: Name, place: Span) -> Expression:
    """Kronecker's ``δ_{ij}`` of two indices."""
    letters = (one.key, other.key)
    if not all(len(letter) == 1 and letter.isalpha() for letter in letters):
        raise Refusal(place, BY_CASES)
    return Name("delta", "".join(letters), span=place)


def _plain(indicator: Expression) -> Sequence[Expression]:
    """The terms that an indicator asks the sign of."""
    assert isinstance(indicator, Apply)
    argument = indicator.arguments[0]
    return argument.terms if isinstance(argument, Add) else (argument,)


def _negated(indicator: Expression) -> Sequence[Expression]:
    """The terms of the indicator that is 1 where this one is 0."""
    flipped = [t.operand if isinstance(t, Negate) else Negate(t) for t in _plain(indicator)]
    return tuple(flipped[::-1] if len(flipped) == 2 else flipped)
