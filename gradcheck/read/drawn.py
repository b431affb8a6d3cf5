"""Fractions drawn over three lines of plain text, as equations in code fences have them::

     ∂L     ∂L   ∂ŷ
    ──── = ─── · ─── = (ŷ − y)·h
    ∂w₂    ∂ŷ   ∂w₂

What stands above a rule and below it, within its columns, is one fraction; every character of the
outer lines must belong to exactly one, or nothing is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradcheck.language.document import Span
from gradcheck.read.lexer import Token
from gradcheck.read.plain_tokens import tokenize_plain

RULED = re.compile(r"(?<!\S)[-─━—‐]{2,}(?!\S)")
_WORDS = re.compile(r"\S+")
_BORDER = " \t│║|\r"
_BESIDE = 2
"""How many columns a word may be away from its rule."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """Where a rule stands, and what it parts."""

    rule: Span
    above: Span
    below: Span


def fractions(text: str, span: Span) -> list[Fraction] | None:
    """The fractions of an equation drawn over the three lines of ``span``, from left to right.

    None if it is not that, or if it cannot be told what belongs to which rule.
    """
    lines = _lines(text, span)
    if len(lines) != 3:
        return None
    above, middle, below = lines
    rules = [Span(m.start(), m.end()) for m in RULED.finditer(text, middle.start, middle.end)]
    if not rules:
        return None
    columns = [(_column(text, middle, r.start), _column(text, middle, r.end)) for r in rules]
    tops = _shared_out(text, above, columns)
    bottoms = _shared_out(text, below, columns)
    if tops is None or bottoms is None:
        return None
    return [Fraction(*parts) for parts in zip(rules, tops, bottoms, strict=True)]


def tokenize_drawn(
    text: str, span: Span, found: Sequence[Fraction], names: frozenset[str]
) -> list[Token]:
    """The tokens of a drawn equation, each fraction as a ``\\frac``, all at their own places."""
    middle = _lines(text, span)[1]
    tokens: list[Token] = []
    at = middle.start
    for fraction in found:
        rule = fraction.rule
        tokens += tokenize_plain(text, at, rule.start, names)
        tokens.append(Token("command", "frac", rule.start, rule.start + 1))
        for part in (fraction.above, fraction.below):
            tokens.append(Token("open", "{", rule.start, rule.start))
            tokens += tokenize_plain(text, part.start, part.end, names)
            tokens.append(Token("close", "{", rule.end, rule.end))
        at = rule.end
    return tokens + tokenize_plain(text, at, middle.end, names)


def _lines(text: str, span: Span) -> list[Span]:
    edges = [span.start - 1]
    edges += [at for at in range(span.start, span.end) if text[at] == "\n"]
    return [Span(a + 1, b) for a, b in pairwise([*edges, span.end])]


def _column(text: str, line: Span, at: int) -> int:
    """The column of an offset from the beginning of its line; marks over letters take none."""
    start = text.rfind("\n", 0, line.start) + 1
    return sum(not unicodedata.combining(character) for character in text[start:at])


def _shared_out(text: str, line: Span, columns: list[tuple[int, int]]) -> list[Span] | None:
    """The part of a line that belongs to each rule: every word to the one it is nearest to."""
    held: list[list[Span]] = [[] for _ in columns]
    for match in _WORDS.finditer(text, line.start, line.end):
        if not match.group().strip(_BORDER):
            continue
        start, end = (_column(text, line, at) for at in match.span())
        gaps = [max(low - end, start - high, -1) for low, high in columns]
        nearest = gaps.index(min(gaps))
        if gaps[nearest] > _BESIDE or gaps.count(gaps[nearest]) > 1:
            return None
        held[nearest].append(Span(*match.span()))
    if not all(held):
        return None
    return [words[0].cover(words[-1]) for words in held]
