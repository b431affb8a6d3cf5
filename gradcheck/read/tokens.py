"""The tokens of a formula, whichever way it is written."""

from __future__ import annotations

from gradcheck.read.blocks import Block
from gradcheck.read.drawn import fractions, tokenize_drawn
from gradcheck.read.expansion import tokens_expanded
from gradcheck.read.lexer import Token
from gradcheck.read.plain_tokens import tokenize_plain
from gradcheck.read.remarks import with_remarks
from gradcheck.read.rewriting import rewrite


def tokens_of(text: str, block: Block) -> list[Token]:
    """The tokens of a document's formula, in the one spelling that the parser knows."""
    span = block.content
    if block.plain is not None and "\n" in text[span.start : span.end]:
        drawn = fractions(text, span)
        if drawn is not None:
            return rewrite(tokenize_drawn(text, span, drawn, block.plain))
    if block.plain is not None and "\\" not in text[span.start : span.end]:
        return rewrite(tokenize_plain(text, span.start, span.end, block.plain))
    tokens = tokens_expanded(text, span, block.macros, block.quoted)
    tokens = with_remarks(text, span, tokens)
    for hidden in block.unseen:
        tokens = [token for token in tokens if not hidden.start <= token.start < hidden.end]
    return rewrite(tokens)
