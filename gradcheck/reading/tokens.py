"""The tokens of a formula, whichever way it is written."""

from __future__ import annotations

from contextlib import suppress

from gradcheck.reading.blocks import Block
from gradcheck.reading.lexer import Token, tokenize
from gradcheck.reading.macros import TooMuch, expand
from gradcheck.reading.plain_tokens import tokenize_plain
from gradcheck.reading.rewriting import rewrite


def tokens_of(text: str, block: Block) -> list[Token]:
    """The tokens of a document's formula, in the one spelling that the parser knows.

    Where its macros expand to more than a formula may hold they stay as they are, and the names
    are refused as unknown.
    """
    span = block.content
    if block.plain is not None and "\\" not in text[span.start : span.end]:
        return rewrite(tokenize_plain(text, span.start, span.end, block.plain))
    tokens = tokenize(text, span.start, span.end, block.quoted)
    if block.macros is not None:
        with suppress(TooMuch):
            tokens = expand(tokens, block.macros)
    return rewrite(tokens)
