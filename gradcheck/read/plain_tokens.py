"""Tokens of formulas typed as plain text: ``∂L/∂W₂ = (ŷ − y)·h₁``, ``dL/dw1 = (a2 - y) * a1``.

The Unicode signs are those of the LaTeX tokens; what differs are identifiers, which are whole words
here (``w_hidden``, ``dL_dw1``, ``y_hat``, ``sigma``), powers (``**``) and exponents in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from gradcheck.language.names import LOSSES
from gradcheck.read.cursor import Forward, past
from gradcheck.read.juxtaposed import parts_of
from gradcheck.read.lexer import GREEK_NAMES, Token, tokenize
from gradcheck.read.words import FUNCTION_WORDS, FUNCTIONS, QUALIFIERS, WORDS

_WORD = re.compile(
    r"(?P<transposed>(?<=[\w)\]])\.T\b)|(?P<power>\*\*)"
    r"|(?<![A-Za-z\\])(?P<identifier>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)"
    r"(?![\u0302\u0303\u0304\u0307])"
)
_BOX = re.compile(r"[\u2500-\u259f]|(?m:^[ \t]*\|)|(?m:\|[ \t]*$)")
_PARTS = re.compile(r"([A-Za-z])(\d*)")
_DERIVATIVE = re.compile(r"(d[A-Za-z]\w*?)_?(d[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)")
_PRIMED = re.compile(r"(?P<name>[A-Za-z]+?)_?(?:prime|derivative|deriv|grad)")
_GRADIENT = re.compile(r"(?P<sign>grad(?:ient)?_)(?P<by>[A-Za-z]\w*)")
_ACCENTS = ("hat", "bar", "tilde")


def tokenize_plain(text: str, start: int, end: int, names: frozenset[str]) -> list[Token]:
    """The tokens of ``text[start:end]``.

    ``names`` are the words that the document defines in such lines, and its single letters.
    """
    part = _BOX.sub(lambda match: " " * len(match.group()), text[start:end])
    tokens: list[Token] = []
    at = 0
    for match in _WORD.finditer(part):
        tokens += tokenize(part, at, match.start())
        place = match.span()
        if match["identifier"] and is_subscript(part, *place):
            tokens.append(_below(match.group(), match.start()))
        elif match["identifier"]:
            tokens += _identifier(match.group(), match.start(), names)
        else:
            tokens.append(Token("sup", "^", *place))
        if match["transposed"]:
            tokens.append(Token("word", "T", *place))
        at = match.end()
    tokens += tokenize(part, at, len(part))
    for token in tokens:
        token.start += start
        token.end += start
    return list(_exponents(_function_words(tokens)))


def is_known(word: str, names: frozenset[str]) -> bool:
    """Whether a word is one that formulas are written with."""
    known = all(token.kind != "other" for token in _identifier(word, 0, names))
    return known and (word != "do" or word in names)  # the verb, where it stands by itself


def is_subscript(text: str, start: int, end: int) -> bool:
    """Whether a word is all that stands below a name: ``w_{hid}``."""
    word = len(text[start:end].rstrip("0123456789")) > 1
    return word and text.endswith("_{", 0, start) and text.startswith("}", end)


# identifiers


def _identifier(word: str, at: int, names: frozenset[str]) -> Iterator[Token]:
    """The tokens of a word, or one of kind ``other`` if nobody knows it."""
    base, _, rest = word.partition("_")
    letters = base.rstrip("0123456789")
    digits = base[len(letters) :]
    derivative = _DERIVATIVE.fullmatch(word)
    primed = _PRIMED.fullmatch(word)
    if word in names and len(word) > 1:
        yield from _name("text", letters, letters, digits, rest, at)
    elif (gradient := _GRADIENT.fullmatch(word)) and is_known(gradient["by"], names):
        yield from _differential(f"d{gradient['by']}", at, names, len(gradient["sign"]))
    elif primed and _is_function(primed["name"]):
        end = at + len(word)
        yield from _identifier(primed["name"], at, names)
        yield Token("prime", "'", at + len(primed["name"]), end)
    elif letters in GREEK_NAMES and letters not in ("Im", "Re", "imath", "jmath"):
        yield from _name("command", letters, letters, digits, rest, at)
    elif len(letters) > 1 and letters[1:] in _ACCENTS:
        yield from _name("name", f"{letters[0]} {letters[1:]}", letters, digits, rest, at)
    elif len(letters) == 1 and (rest in _ACCENTS or rest.rstrip("0123456789") in _ACCENTS):
        accent = rest.rstrip("0123456789")
        more = digits or rest[len(accent) :]
        yield from _name("name", f"{letters} {accent}", word, more, "", at)
    elif letters in FUNCTIONS and letters not in ("det", "tr"):
        yield from _name("command", letters, letters, digits, rest, at)
    elif len(letters) == 1 or letters in FUNCTION_WORDS | WORDS | LOSSES:
        yield from _name("word", letters, letters, digits, rest, at)
    elif derivative and is_known(derivative[1][1:], names) and is_known(derivative[2][1:], names):
        middle = at + derivative.start(2)
        yield from _differential(derivative[1], at, names)
        yield Token("divide", "/", middle, middle)
        yield from _differential(derivative[2], middle, names)
    elif word[0] == "d" and is_known(word[1:], names):
        yield from _differential(word, at, names)
    elif _is_product(word) or (word.isalpha() and names.issuperset(word)):
        for part in _PARTS.finditer(word):
            yield Token("word", part[1], at + part.start(1), at + part.end(1))
            if part[2]:
                yield Token("number", part[2], at + part.start(2), at + part.end(2))
    elif len(parts := parts_of(word, names)) > 1:
        for piece in parts:
            kind = "command" if piece in FUNCTIONS else "word"
            yield Token(kind, FUNCTIONS.get(piece, piece), at, at + len(piece))
            at += len(piece)
    else:
        yield Token("other", word, at, at + len(word))


def _name(kind: str, value: str, written: str, digits: str, rest: str, at: int) -> Iterator[Token]:
    """A name with its digits and what stands after the first underscore below it."""
    end = at + len(written)
    yield Token(kind, value, at, end)
    below = digits or rest
    if not below:
        return
    start = end if digits else end + 1
    yield Token("sub", "_", end, start)
    yield Token("open", "{", start, start)
    if digits:
        yield Token("number", digits, start, start + len(digits))
        start += len(digits)
        if rest:
            yield Token("comma", ",", start, start + 1)
            start += 1
    if rest:
        yield _below(rest, start)
        start += len(rest)
    yield Token("close", "{", start, start)


def _below(word: str, at: int) -> Token:
    """What stands below a name."""
    kind = "number" if word.isdigit() else "text" if word in QUALIFIERS else "word"
    return Token(kind, word.replace("_", ","), at, at + len(word))


def _differential(word: str, at: int, names: frozenset[str], sign: int = 1) -> Iterator[Token]:
    """``dw1``: a word that begins with d, as in ``dw_1``; or a d and a name with an accent.

    ``sign`` is how long what stands for the d is where it is written otherwise: ``grad_w1``.
    """
    inner = list(_identifier(word[1:], at + sign, names))
    first = inner[0]
    if first.kind == "word":
        yield Token("word", f"d{first.value}", at, first.end)
        yield from inner[1:]
    else:
        yield Token("word", "d", at, at + sign)
        yield from inner


def _is_function(word: str) -> bool:
    return word in FUNCTION_WORDS or word in GREEK_NAMES or len(word) == 1


def _is_product(word: str) -> bool:
    """``w1x``, ``w2a1``: letters that carry numbers stand side by side."""
    parts = re.fullmatch(r"(?:[A-Za-z]\d+)+[A-Za-z]?|[A-Za-z](?:[A-Za-z]\d+)+", word)
    return parts is not None


# what plain text writes otherwise


def _function_words(tokens: list[Token]) -> list[Token]:
    """``sum`` and ``sqrt`` are signs where something follows that they may take."""
    for token, after in pairwise(tokens):
        sign = token.kind == "word" and token.value in ("sum", "sqrt", "Sum")
        if sign and after.kind in ("sub", "open", "word", "name"):
            token.kind, token.value = "command", token.value.lower()
    return tokens


def _exponents(tokens: list[Token]) -> Iterator[Token]:
    """An exponent with a sign or in round brackets gets the braces that LaTeX would have."""
    for at in (places := Forward(tokens)):
        token = tokens[at]
        yield token
        after = at + 1
        if token.kind != "sup" or after >= len(tokens) or tokens[after].value == "{":
            continue
        stop = _exponent_end(tokens, after)
        inner = tokens[after:stop]
        bracketed = inner[:1] and inner[0].value == "(" and inner[-1].value == "("
        index = bracketed and len(inner) == 3 and inner[1].kind in ("number", "word")
        if bracketed and not index:
            inner = inner[1:-1]
        yield Token("open", "{", token.end, token.end)
        yield from _exponents(inner)
        end = tokens[stop - 1].end
        yield Token("close", "{", end, end)
        places.go_on(stop)


def _exponent_end(tokens: list[Token], at: int) -> int:
    """Past a sign, then past a bracket or a name with what hangs on it."""
    end = len(tokens)
    at = past(tokens, at, end, lambda token: token.kind == "add")
    if at >= end:
        return end
    if tokens[at].kind == "open":
        depth = 0
        for place in range(at, end):
            depth += {"open": 1, "close": -1}.get(tokens[place].kind, 0)
            if depth == 0:
                return place + 1
        return end
    at += 1
    if at < end and tokens[at].kind == "sub":
        at = past(tokens, at, end, lambda token: token.kind != "close") + 1
    return min(at, end)
