r"""The equations of a display that has no environment about them: Markdown lets a blank line, and
authors let the end of a line, part what only ``\\`` would.
"""

from __future__ import annotations

import re
from itertools import pairwise

from gradcheck.language.derivative_signs import SIGN
from gradcheck.language.document import Span

_BLANK = re.compile(r"\n(?:[ \t>]*\r?\n)+")
_ROWS = re.compile(r"\\\\|\\begin\s*\{|\\(?:cr|displaylines|eqalign)(?![A-Za-z])")
_SCRIPT = r"(?:\s*[_^]\s*(?:\{[^{}]{0,20}\}|\\?\w)|\s*')*"
_NAME = rf"(?:\\(?:hat|bar|tilde|mathbf|vec)\s*\{{?\s*\w\s*\}}?|\\?[A-Za-z]+){_SCRIPT}"
_PARTIAL = (
    r"\\[dt]?frac\s*\{\s*(?P<sign>" + SIGN + r")\s*(?P<of>(?:[^{}]|\{[^{}]*\}){1,40})\}"
    r"\s*\{\s*(?P=sign)\s*(?P<by>(?:[^{}]|\{[^{}]*\}){1,40})\}"
)
_HEAD = re.compile(rf"[ \t>]*(?:{_PARTIAL}|{_NAME}(?:\s*\({_NAME}\))?)\s*&?=(?!=)")
_GOES_ON = re.compile(
    r"(?:[-+=*/({\[,&^_<>|]|\\(?:cdot|times|left|big[lr]?|Big[lr]?|quad|,|odot))\s*$"
)
_GROWN = re.compile(r"\\(left|right)(?![A-Za-z])")


def equations(text: str, span: Span) -> list[Span]:
    """The stretches of a display that are an equation each; all of it, if that cannot be told.

    A line begins one if it begins with a name or a derivative and a relation; but the derivative of
    something else than above may be one more factor of a chain rule.
    """
    content = text[span.start : span.end]
    if "\n" not in content or "=" not in content or _ROWS.search(content):
        return [span]
    cuts = [found.start() for found in _BLANK.finditer(content)]
    cuts += _line_cuts(content)
    edges = [0, *sorted(set(cuts)), len(content)]
    pieces = [Span(span.start + start, span.start + end) for start, end in pairwise(edges)]
    pieces = [piece for piece in pieces if text[piece.start : piece.end].strip(" \t\r\n>")]
    whole = all(_is_whole(text[piece.start : piece.end]) for piece in pieces)
    return pieces if whole and pieces else [span]


def _line_cuts(content: str) -> list[int]:
    """Where a line ends that the next one does not go on with."""
    cuts: list[int] = []
    at, above, heads = 0, "", None
    for line in content.split("\n"):
        head = _HEAD.match(line)
        apart = head is not None and heads is not None and not _multiplies(heads, head)
        if apart and above.strip() and not _GOES_ON.search(above):
            cuts.append(at - 1)
        heads = head or (heads if line.strip(" \t\r>") else None)
        above = line if line.strip(" \t\r>") else above
        at += len(line) + 1
    return cuts


def _multiplies(above: re.Match[str], head: re.Match[str]) -> bool:
    """Whether two lines may be one product: ``∂L/∂w = ∂L/∂a`` and ``∂a/∂w = …`` below it."""
    return head["of"] is not None and above["of"] is not None and head["of"] != above["of"]


def _is_whole(piece: str) -> bool:
    """Whether the braces and growing brackets of a piece pair up."""
    bare = piece.replace("\\{", "").replace("\\}", "")
    grown = _GROWN.findall(bare)
    return bare.count("{") == bare.count("}") and grown.count("left") == grown.count("right")
