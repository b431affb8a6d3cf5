"""The tokens of a formula, whichever way it is written."""

from __future__ import annotations

from gradcheck.reading.blocks import Block
from gradcheck.reading.lexer import Token, tokenize
from gradcheck.reading.rewriting import rewrite


def tokens_of(text: str, block: Block) -> list[Token]:
    """The tokens of a document's formula, in the one spelling that the parser knows."""
    span = block.content
    return rewrite(tokenize(text, span.start, span.end, block.quoted))
