"""Slips of indices: a letter that no sum runs over, a sum over another letter, a sum cut short."""

from __future__ import annotations

import re

from gradcheck.explain.mending.context import MendContext
from gradcheck.explain.mending.edits import Changes, applied
from gradcheck.explain.mending.mend import NAMES_OF_RULES, Mend
from gradcheck.explain.mending.side_search import read_back
from gradcheck.language.document import NOWHERE, Span
from gradcheck.language.expression import Expression, Name, Sum, value_names, walk

_LETTER = re.compile(r"(?<![A-Za-z\\])[ijklnst](?![A-Za-z])")
"""An index letter that stands alone, as in ``x_i``, ``a_{1,j}``, ``y^{(i)}``."""


def mend_indices(context: MendContext, left: Expression, written: Expression) -> Mend | None:
    """The side with the index of its terms, or the loss's bounds, if it then equals ``left``."""
    for changes, words in _changes(context, written):
        text = applied(context.document.text, written.span, changes)
        resolved = read_back(context, text) if text is not None else None
        left_out = context.holds(left, resolved) if resolved is not None else None
        if text is not None and resolved is not None and left_out is not None:
            rule = NAMES_OF_RULES["sum-index"]
            return Mend(written.span, text, words, rule, resolved, 1, left_out)
    return None


def _changes(context: MendContext, written: Expression) -> list[tuple[Changes, str]]:
    """What may be changed in the text, each with its words."""
    sums = [node for node in walk(written) if isinstance(node, Sum)]
    if len(sums) != 1:
        return []
    (node,) = sums
    return [*_letters(context, node), *_bounds(context, node)]


def _letters(context: MendContext, node: Sum) -> list[tuple[Changes, str]]:
    """The letter of the terms in the sum sign, or the letter of the sum in the terms."""
    if node.index is None or node.index.span == NOWHERE:
        return []
    own = context.document.source(node.index.span)
    places = [place for name in value_names(node.body) for place in _indices(context, name)]
    carried = {context.document.source(place) for place in places}
    others = sorted(carried - {own})
    if len(others) != 1:
        return []
    (other,) = others
    if carried == {other}:
        return [(((node.index.span, other),), f"the sum runs over {own}, its terms have {other}")]
    wrong = tuple((p, own) for p in places if context.document.source(p) == other)
    return [(wrong, f"{own} for {other}, over which no sum runs")]


def _indices(context: MendContext, name: Name) -> list[Span]:
    """The index letters of a name in the text; its own letter comes before ``_`` or ``^``."""
    text = context.document.source(name.span)
    start = min((at for at in (text.find("_"), text.find("^")) if at >= 0), default=len(text))
    return [
        Span(name.span.start + found.start(), name.span.start + found.end())
        for found in _LETTER.finditer(text, start)
    ]


def _bounds(context: MendContext, node: Sum) -> list[tuple[Changes, str]]:
    """The bounds that the loss's own sum has."""
    ours = next(
        (n for s in context.setup.sources for n in walk(s.written) if isinstance(n, Sum)), None
    )
    if ours is None:
        return []
    changes: list[tuple[Span, str]] = []
    for own, wanted in ((node.lower, ours.lower), (node.upper, ours.upper)):
        if own is None or wanted is None:
            continue
        text = context.document.source(wanted.span)
        if context.document.source(own.span) != text:
            changes.append((own.span, text))
    return [(tuple(changes), "the bounds of the sum are those of the loss")] if changes else []
