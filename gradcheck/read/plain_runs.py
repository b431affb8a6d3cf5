"""The stretches of a line of plain text that may be a formula each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from gradcheck.language.derivative_signs import ABOVE, SIGN
from gradcheck.language.document import Span
from gradcheck.language.expression import Name
from gradcheck.language.names import POSITIVE
from gradcheck.language.notation import to_text
from gradcheck.read.cursor import ending, past
from gradcheck.read.plain_tokens import is_known, is_subscript
from gradcheck.read.words import FUNCTION_WORDS, FUNCTIONS, PROSE, WORDS

PART = re.compile(
    r"(?P<word>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*(?![\u0302\u0303\u0304\u0307]))"
    r"|(?P<relation>:=|=:|<-|≔|←|≈|∝|≡|≜|≠|(?<![<>=!])=(?!=))"
    r"|(?P<operator>\*\*|[-+−–*·×⋅∙∗⊙∘@/÷∕^])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>[|‖,'′’″_≤≥<>⇒→∴]|\.T\b|\\(?:[A-Za-z]+|[,;:!])"
    r"|[\u0370-\u03ff∂∇∑√ℓℒ∞½⅓¼¾\u00b2\u00b3\u00b9\u2070-\u209c\u1d2c-\u1d6a\u1d9c-\u1dbf\u2c7c\u2c7d]"
    r"|[\u00c0-\u017f\u1e00-\u1eff\U0001d400-\U0001d7ff]|.[\u0302\u0303\u0304\u0307])"
    r"|(?P<space>[ \t]+)|(?P<other>.)"
)
GRADIENT = re.compile(
    r"\s*(?:\(?∂[^\s/=]+\s*/\s*\(?∂[^\s=]+|\(?d[A-Za-z]\w*\)?\s?/\s?\(?d[A-Za-z]\w*\)?"
    r"|d[A-Z][A-Za-z]*_d[A-Za-z]\w*"
    rf"|{ABOVE}[^{{}}=]*\}}\s*\{{\s*{SIGN}[^{{}}=]*(?:\{{[^{{}}=]*\}})?\}}"
    r"|∇[^\s=]+\s*\w+)\)?\s*(?:=|:=|≡|≈|∝)"
)
_SECOND = re.compile(r"(?:[∂∇]|[^\W\d])[^=←]*(?:=|←)")
_RATIO = re.compile(r"d\w+\)?[ ]?/[ ]?\(?do\b|\bdo[ ]?/[ ]?d\w")
_ADVERBS = frozenset(
    """above again alone already always below both directly everywhere exactly instead only once
    follows holds respectively results though twice""".split()
)
"""Words that end a sentence after a formula, verbs too."""
MARKS = " \t>-*`|\u2502\u2551"
_LAYOUT = re.compile(r"[\s\u2500-\u259f]*(?:[-*•>]\s+|\d+[.)]\s+|\*\*|`)*[\s\u2500-\u259f]*")
_REST = re.compile(r"\s*$|\s{2,}|\s*[…,;:.#({\[`*~?!\"“”—|\u2500-\u259f]|\s*(?://|--|<-|←|=>)")
_TWO_WORDS = re.compile(
    r"\s+(?P<article>[aAI]\s+(?=[a-z]{2}))?(?P<first>[A-Za-z]{2,})\b(?:\s+(?P<second>[A-Za-z]{2,})\b)?"
)
_APPLIED = re.compile(r"[ \t]*(?:[(\[{=←'′_₀-₉]|$)", re.MULTILINE)
_JOINED = re.compile(r"\s?[-+−*·×/^=(\[)\]←≈'′_,:]|[^\x00-\x7f]")
_CONDITION = re.compile(
    r"\s*,?\s*(?:if|when|whenever|for|where)\s+(?!(?:"
    + "|".join(sorted(POSITIVE | {to_text(Name(name)) for name in POSITIVE}))
    + r")\s*[<>≤≥])"
    r"[^=;\n]{1,40}?[<>≤≥]"
)
"""What a formula is said to hold under; that a rate or a count is positive says nothing."""
_AFTER = (",", "→", "⇒", "∴", "**", "|")
_BEFORE = (",", "→", "⇒", "∴", "**")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a line that may be a formula."""

    span: Span
    readable: bool
    opens: bool  # it begins with a relation or an operator
    dangles: bool  # it ends with one, or inside a bracket
    relates: bool  # it holds a relation


def runs_of(text: str, line: Span, names: frozenset[str], sentence: bool = False) -> Iterator[Run]:
    """The stretches of a line between words that are not of mathematics."""
    layout = _LAYOUT.match(text, line.start, line.end)
    parts: list[re.Match[str]] = []
    for match in PART.finditer(text, layout.end() if layout else line.start, line.end):
        fits = belongs(match, text, names, sentence)
        beside = fits and _stands_beside(text, parts, match, line)
        if fits and not beside:
            parts.append(match)
            continue
        run = _run(text, _without_remark(parts), line)
        parts = [match] if beside else []
        if run is not None:
            yield run
            gradient = GRADIENT.match(text, run.span.start, run.span.end)
            if run.span.end > match.start() and (gradient or not sentence):
                return  # the rest of the line fits to it
    run = _run(text, parts, line)
    if run is not None:
        yield run


def _stands_beside(text: str, parts: list[re.Match[str]], match: re.Match[str], line: Span) -> bool:
    """Whether a second equation begins here, beside the first and set off by a wide space."""
    gap = parts[-1] if parts else None
    if gap is None or gap.lastgroup != "space":
        return False
    wide = 2 if GRADIENT.match(text, match.start(), line.end) else 3
    if len(gap.group().expandtabs(4)) < wide:
        return False
    kinds = [part.lastgroup for part in parts if part.lastgroup != "space"]
    whole = "relation" in kinds and kinds[-1] not in ("relation", "operator", "open")
    return (
        whole
        and kinds.count("open") == kinds.count("close")
        and bool(_SECOND.match(text, match.start(), line.end))
    )


def belongs(match: re.Match[str], text: str, names: frozenset[str], sentence: bool) -> bool:
    """Whether a part of a line may be one of a formula."""
    kind, value = match.lastgroup, match.group()
    if kind != "word":
        return kind != "other"
    if (value in names and len(value) > 1) or is_subscript(text, *match.span()):
        return True
    before = text[max(0, match.start() - 2) : match.start()].strip()
    tied = bool(before) and before[-1] in "=+-−–*·×⋅/(^[∂←{,"
    if sentence and value in FUNCTION_WORDS and value not in FUNCTIONS:  # the activation a₁
        return bool(_APPLIED.match(text, match.end()))
    if value in WORDS or value.lower() in ("a", "i"):
        after = text[match.end() : match.end() + 2]
        sign = not sentence and after.strip() > "\x7f"  # a ∂L/∂w
        joined = _JOINED.match(after) or not after.strip() or sign
        comma = sentence and after[:1] == ","
        return bool(joined and not comma) or (tied and not sentence)
    if value.lower() in PROSE:
        return False
    if value == "do":  # dL/do, do/dv; else it is a word
        return bool(_RATIO.search(text, max(0, match.start() - 12), match.end() + 3))
    if sentence and value.isalpha() and not is_known(value, frozenset()):
        return tied and len(value) == 2 and names.issuperset(value)  # = wx + b
    return is_known(value, names)


def _without_remark(parts: list[re.Match[str]]) -> list[re.Match[str]]:
    """Without a bracket that is open where words begin, set off by a wide space."""
    depth = 0
    for at in range(len(parts) - 1, 0, -1):
        depth += {"open": 1, "close": -1}.get(str(parts[at].lastgroup), 0)
        if depth > 0:
            gap = parts[at - 1]
            return parts[:at] if gap.lastgroup == "space" and len(gap.group()) > 1 else parts
    return parts


def _run(text: str, parts: list[re.Match[str]], line: Span) -> Run | None:
    """What a stretch is, without the marks about it; None if it can be no formula."""
    equals = any(part.group() in ("=", ":=") for part in parts)
    after = (*_AFTER, "←", "<-") if equals else _AFTER  # a = b  ← a remark
    begin = past(
        parts,
        0,
        len(parts),
        lambda part: part.lastgroup in ("space", "close") or part.group() in _BEFORE,
    )
    end = ending(
        parts,
        begin,
        len(parts),
        lambda part: part.lastgroup in ("space", "open") or part.group() in after,
    )
    parts = parts[begin:end]
    kinds = [str(part.lastgroup) for part in parts if part.lastgroup != "space"]
    if not any(kind in ("word", "sign", "number") for kind in kinds):
        return None
    if "relation" in kinds and _is_enclosed(kinds):  # [ z = w·x + b ], in a drawing
        return _run(text, parts[1:-1], line)
    span = Span(parts[0].start(), parts[-1].end())
    depth = kinds.count("open") - kinds.count("close")
    opens = kinds[0] == "relation" or (kinds[0] == "operator" and parts[0].group() not in "-−–")
    relates = "relation" in kinds
    follows = bool(_REST.match(text, span.end, line.end)) or _prose_follows(
        text, span.end, line.end
    )
    if relates and _CONDITION.match(text, span.end, line.end):
        follows = False  # 1 if z > 0: it is not said of all values
    if not follows and relates:  # a word that nobody knows: it belongs to the formula
        return Run(Span(span.start, _content_end(text, line)), False, opens, False, True)
    dangles = kinds[-1] in ("operator", "relation") or depth > 0
    readable = relates and depth == 0 and kinds[-1] != "relation"
    return Run(span, readable, opens, dangles, relates)


def _is_enclosed(kinds: list[str]) -> bool:
    """Whether one bracket holds all."""
    depths = list(accumulate({"open": 1, "close": -1}.get(kind, 0) for kind in kinds))
    return depths[-1] == 0 and min(depths[:-1], default=0) > 0


def _prose_follows(text: str, at: int, end: int) -> bool:
    """Whether what comes after a formula is a sentence: a word of prose, or two words."""
    words = _TWO_WORDS.match(text, at, end)
    if words is None:
        return False
    first = words["first"].lower()
    return bool(words["article"] or words["second"]) or first in PROSE | _ADVERBS


def _content_end(text: str, line: Span) -> int:
    return line.start + len(text[line.start : line.end].rstrip(f"\r{MARKS}"))
