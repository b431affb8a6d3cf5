r"""Remarks in words behind a formula, inside its dollars: ``z = w x + b -- the linear part``.

In a formula a dash is a minus and every letter a name, so only what can be nothing else is taken
for a remark: words to the end of the row behind a dash that is longer than a minus or a ``//``, or
words of another script than Latin and Greek behind any dash, or behind none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from gradcheck.language.document import Span
from gradcheck.read.cursor import ending
from gradcheck.read.lexer import Token
from gradcheck.read.words import CONDITIONS, FUNCTION_WORDS, WORDS

_DASH = re.compile(r"(?:^|(?<=\s))(-{1,3}|[–—]|//)\s")
_BETWEEN_WORDS = frozenset(" \t\n,;:().'’-–—/（），。：、")
_ROW = re.compile(r"\\\\|\\\[|\\\]")
_LETTERS = re.compile(r"[^\W\d_]+")
_SURE = 4
"""Letters of a word that is no product of names."""
_FAR = 300
"""Characters before a row's end that are searched."""


def with_remarks(text: str, span: Span, tokens: list[Token]) -> list[Token]:
    """The tokens of a formula, with each remark in it as the one text token that it is."""
    found = list(_remarks(text, span))
    if not found:
        return tokens
    result: list[Token] = []
    for token in tokens:
        inside = next((place for place in found if place.start <= token.start < place.end), None)
        if inside is None:
            result.append(token)
        elif not result or result[-1].start != inside.start:
            words = text[inside.start : inside.end]
            result.append(Token("text", words, inside.start, inside.end))
    return result


def _remarks(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    for end in (*(match.start() for match in _ROW.finditer(text, span.start, span.end)), span.end):
        tail = _tail(text, max(start, end - _FAR), end)
        if tail is not None:
            yield tail
        start = end + 2


def _tail(text: str, row: int, end: int) -> Span | None:
    """The remark that ends a row, if one does."""
    at = ending(text, row, end, lambda sign: sign.isalpha() or sign in _BETWEEN_WORDS)
    dash = _DASH.search(text, at, end)
    said = dash is not None and text[row : dash.start()].strip()
    if dash is not None and said and _is_remark(dash[1], text[dash.end() : end]):
        return Span(dash.start(1), end)
    at = ending(text, row, end, lambda sign: not _is_ours(sign) or sign in _BETWEEN_WORDS)
    at += len(text[at:end]) - len(text[at:end].lstrip(" ,;"))
    return Span(at, end) if at > row and _is_remark("", text[at:end]) else None


def _is_remark(dash: str, words: str) -> bool:
    found = _LETTERS.findall(words)
    if not found or found[0].lower() in CONDITIONS:
        return False  # it says where the formula holds
    if not any(_is_ours(letter) for word in found for letter in word):
        return any(len(word) > 1 for word in found)
    if dash in ("", "-", "–") or any(len(word) == 1 and word != "a" for word in found):
        return False
    if dash == "—":
        return True
    names = WORDS | FUNCTION_WORDS
    return any(len(word) >= _SURE and word.lower() not in names for word in found)


def _is_ours(letter: str) -> bool:
    """Whether it is no letter, or one of a script that formulas are written in."""
    name = unicodedata.name(letter, "")
    return (
        not letter.isalpha()
        or letter.isascii()
        or name.startswith(("LATIN", "GREEK", "MATHEMATICAL"))
    )
