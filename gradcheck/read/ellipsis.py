r"""Sums with an ellipsis: ``w_1 x_1 + w_2 x_2 + \dots + w_n x_n`` is Σ_k w_k x_k.

The last term says what the others are like. A sum is read only if one run of whole numbers from 0
or 1 on, put for one index of the last term, gives the terms before the ellipsis, each as written.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Expression,
    Name,
    Negate,
    Number,
    Sum,
    to_key,
    transform,
    walk,
)
from gradcheck.read.lexer import Token

_LETTERS = "kjqrpsihgfdvu"
"""What the index of such a sum may be called: the first that the document does not use."""
_PART = re.compile(r"\d+|[A-Za-z](?:[-+]1)?|[A-Za-z]+|.")
_END = re.compile(r"\d+|[A-Za-z](?:[-+]1)?")
_MOST = 20
"""Terms before an ellipsis."""


def joined_dots(tokens: list[Token]) -> list[Token]:
    """The tokens with three dots that are typed one by one as the one ellipsis that they are."""
    if sum(token.value == "." for token in tokens) < 3:
        return tokens
    found: list[Token] = []
    for token in tokens:
        found.append(token)
        last = found[-3:]
        together = all(a.end == b.start for a, b in pairwise(last))
        if len(last) == 3 and together and all((t.kind, t.value) == ("mark", ".") for t in last):
            found[-3:] = [Token("command", "dots", last[0].start, token.end)]
    return found


def stands_between(tokens: Sequence[Token], at: int, stop: int) -> bool:
    """Whether an ellipsis stands at ``at + 1``, between two plus signs."""
    if at + 3 >= stop:
        return False
    around = (tokens[at], tokens[at + 2])
    dots = (tokens[at + 1].kind, tokens[at + 1].value) == ("command", "dots")
    return dots and all((sign.kind, sign.value) == ("add", "+") for sign in around)


def gathered(
    terms: Sequence[Expression], last: Expression, used: Container[str], span: Span
) -> tuple[int, Sum] | None:
    """The sum that an ellipsis between ``terms`` and ``last`` stands for.

    With it, how many of the terms before the ellipsis it takes in, from the back. None if the
    terms are not of one kind.
    """
    if not terms:
        return None
    ends = _ends(terms[-1], last)
    if ends is None:
        return None
    number, end = ends
    letter = next((x for x in _LETTERS if x not in used and x != end[0]), None)
    if letter is None:
        return None
    body = _with_index(last, end, letter)
    below = number - min(number, len(terms) - 1, _MOST)
    firsts = range(number, below - 1, -1)
    fits = [_is_term(terms[-1 - (number - k)], body, letter, k) for k in firsts]
    taken = fits.index(False) if False in fits else len(fits)
    first = number - taken + 1
    if first > 1 or not taken:
        return None
    upper = _number(end)
    if upper is None or (isinstance(upper, Number) and upper.value <= number):
        return None
    lower = Number(Fraction(first), span=span)
    return taken, Sum(body, Name(letter, span=span), lower, upper, span=span)


def _ends(first: Expression, last: Expression) -> tuple[int, str] | None:
    """The number that a term has where the last one has the end of the range, with that end."""
    pairs = {
        pair
        for a, b in zip(walk(first), walk(last), strict=False)
        if isinstance(a, Name) and isinstance(b, Name)
        for scripts in ((a.subscript, b.subscript), (a.superscript, b.superscript))
        for pair in zip(*map(_PART.findall, scripts), strict=False)
        if pair[0] != pair[1]
    }
    if len(pairs) != 1:
        return None
    number, end = pairs.pop()
    fits = number.isascii() and number.isdigit() and len(number) < 3 and _END.fullmatch(end)
    return (int(number), end) if fits else None


def _with_index(term: Expression, end: str, index: str) -> Expression:
    """A term with another index for the one that ends the range."""

    def moved(script: str) -> str:
        return "".join(index if part == end else part for part in _PART.findall(script))

    def change(node: Expression) -> Expression:
        if not isinstance(node, Name):
            return node
        return replace(node, subscript=moved(node.subscript), superscript=moved(node.superscript))

    return transform(term, change)


def _is_term(term: Expression, body: Expression, letter: str, number: int) -> bool:
    return to_key(term) == to_key(_with_index(body, letter, str(number)))


def _number(end: str) -> Expression | None:
    if end.isdigit():
        return Number(Fraction(int(end)))
    name = Name(end[0])
    if len(end) == 1:
        return name
    one: Expression = Number(Fraction(1))
    return Add((name, one if end[1] == "+" else Negate(one)))
