r"""Equalities said in words: ``$∂L/∂w$ is $x$.`` claims what ``$∂L/∂w = x$`` claims.

Only a formula that ends its clause is one that is claimed: "∂L/∂w is x times as large" claims no x.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ADVERB = (
    r"(?:then|thus|therefore|hence|now|simply|just|also|again|exactly|indeed|consequently|finally"
    r"|clearly|still|here|precisely)"
)
_VERB = (
    r"(?:is|equals|was|must\s+be|is\s+equal\s+to|equals\s+to|is\s+given\s+by|becomes|gives|yields"
    r"|comes\s+(?:out\s+)?(?:to|as)|simplifies\s+to|reduces\s+to|evaluates\s+to|amounts\s+to"
    r"|works\s+out\s+(?:to|as)|turns\s+out\s+to\s+be|has\s+the\s+value|reads)"
)
_NOUN = r"(?:the\s+(?:product|expression|value|quantity|formula|number|vector|matrix))"
_SAYS = (
    rf"(?:,?\s*(?:which|that|this|it)\s+)?(?:{_ADVERB}\s+)*{_VERB}(?:\s+{_ADVERB})*(?:\s+{_NOUN})?"
)
_IS_VERB = re.compile(rf"\s*{_SAYS}\s*:?\s*", re.IGNORECASE)
_ASIDE = r"(?:\s*\([^()$\\\n]{1,60}\))?"
_BETWEEN = re.compile(
    rf"{_ASIDE}\s*,?\s*(?:(?P<verb>{_SAYS})\s*:?|(?P<sign>:\s?=|=>|->|[=≡≔≜≈→⇒]))\s*\(?\s*",
    re.IGNORECASE,
)
_COLON = re.compile(r"[ \t]*:[ \t]*\r?\n(?:[ \t>]*\r?\n)?[ \t>]*")
_MARKUP = re.compile(r"\*{1,3}|(?<!\w)_{1,2}|_{1,2}(?!\w)|`+|</?\w{1,10}>|~|\\[,;:!]|\\ |&nbsp;")
_ENTITY = re.compile(r"&(?:#61|#x3[dD]|equals);")
_ENDS = re.compile(
    r"[)\]]?\s*(?:\Z|[.,;:!?()\]|—–]|--|\n\s*(?:\n|[-*+>#]|\d+[.)]|(?-i:[A-Z])|\Z)"
    r"|(?:and|so|but|because|since|by|hence|thus|therefore|where|which|with|while|whereas|then"
    r"|using|via|again|too|also|here|indeed|respectively|from|instead|directly|now|everywhere"
    r"|as\s+(?:claimed|before|above|expected|required|stated|needed|well|we)|in\s+(?:total|all)"
    r"|for\s+(?:all|any|every|each)|up\s+to)\b)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[)\]]?\s*(?:(?:times|multiplied|divided|plus|minus|of|over|to|larger|smaller)\b|[-+*/·×^=])",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"[)\]]?\s*,?\s*(?P<words>(?:only\s+)?(?:if|when|whenever|unless|for|provided|as\s+long\s+as)"
    r"\b[^.;\n]{0,40})",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|when|whenever|unless|until|suppose|assume|let|once|wherever|whether)\b", re.IGNORECASE
)
_SENTENCE = re.compile(
    r"(?<![.\s]\w)[.!?](?=\s)|\n\s*\n|^[ \t>]*(?:[-*+]|\d+[.)])\s|[|]", re.MULTILINE
)
_CLAUSE = re.compile(r"[,;:(]")
_LEAD = frozenset(
    """so then thus hence therefore here now finally similarly likewise also again and but while
    whereas since because as that where first second third last next the a an our this its each
    gradient derivative partial slope value formula expression result answer bias weight weights
    biases parameter loss cost output hidden layer inner outer final remaining other total full one
    two we see find get have know obtain note recall conclude means follows it from for of by with
    respect to w r t wrt in""".split()
)
_OF_VALUE = re.compile(
    r"(?:value|formula|expression|result|answer)\s+(?:of|for)\s*\Z", re.IGNORECASE
)
_OF = re.compile(r"\b(?:of|to|by|with|in|from)\s*\Z", re.IGNORECASE)


class Said(NamedTuple):
    """How a text equates the formulas before and after it; ``start`` and ``end`` are the place of
    the relation in that text, ``condition`` is what it is said to hold under, ``doubt`` why the
    formula after it may not be all of the right side."""

    symbol: str
    start: int
    end: int
    in_words: bool
    condition: str = ""
    doubt: str = ""


def is_verb(text: str) -> bool:
    """Whether words say that what comes before them equals what comes after: "is equal to"."""
    return bool(_IS_VERB.fullmatch(text))


def goes_on(text: str) -> bool:
    """Whether words that follow a formula make it part of something: "times", "by 3"."""
    return bool(_GOES_ON.match(text.lstrip()))


def is_verb_or_sign(text: str) -> bool:
    """Whether a text, without its markup, is such words or a sign of equality."""
    plain = _spaced(text)
    return is_verb(plain) or plain.strip() in ("=", ":=", "≡", "≔")


def ends_clause(text: str) -> bool:
    """Whether a text that follows a formula leaves it the end of its clause."""
    return bool(_ENDS.match(text))


def said_between(
    before: str, between: str, after: str, display: bool, beside: bool = False
) -> Said | None:
    """How ``between`` equates two formulas, where the first stands alone; None if it does not.

    ``before`` is what stands before the first, as far as the last formula (``beside``: which says
    nothing of its own), ``after`` what follows the second, a ``display`` or one in its line.
    """
    plain = _spaced(between)
    if display and _COLON.fullmatch(plain):
        return Said("=", 0, len(between), True) if _introduces(before, beside) else None
    found = _BETWEEN.fullmatch(plain)
    if found is None:
        return None
    after = _spaced(after)
    kind = "verb" if found["verb"] else "sign"
    symbol = _SYMBOLS.get((found["sign"] or "=").replace(" ", ""), "=")
    said = Said(symbol, *found.span(kind), kind == "verb")
    condition = _CONDITION.match(after)
    ends = ends_clause(after) or (display and not _GOES_ON.match(after) and condition is None)
    if kind == "sign":
        return said if ends or condition else said._replace(doubt=_NOT_ALL)
    if not (ends or condition) or not _introduces(before, beside):
        return None
    supposed = _SUPPOSED.search(_sentence(before))
    words = condition["words"] if condition is not None and not ends else ""
    words = words or ("what comes before it" if supposed else "")
    return said._replace(condition=words)


_SYMBOLS = {
    ":=": ":=", "≔": ":=", "≈": "~", "→": "->", "⇒": "->", "->": "->", "=>": "->",
}  # fmt: skip
_NOT_ALL = "the formula seems to go on outside of it: put all of it between one pair of dollars"


def _spaced(text: str) -> str:
    """A text with blanks for its markup, as long as it was."""
    text = _ENTITY.sub(lambda match: "=".ljust(len(match.group())), text)
    return _MARKUP.sub(lambda match: " " * len(match.group()), text)


def _sentence(before: str) -> str:
    return _SENTENCE.split(before)[-1]


def _introduces(before: str, beside: bool) -> bool:
    """Whether what leads to a formula makes it the subject: not "the transpose of ∂L/∂w"."""
    before = _spaced(before)
    clause = _CLAUSE.split(_sentence(before))[-1]
    if beside and clause == before:
        return False  # the product of $a$ and $b$ is
    if _SUPPOSED.search(clause) or (_OF.search(clause) and not _OF_VALUE.search(clause)):
        return False
    return all(word.lower() in _LEAD for word in re.findall(r"[^\W\d]+", clause))
