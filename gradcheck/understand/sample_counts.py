"""Which name is the number of samples: what a constant that is left out may hang on.

Only a count may be left out of all gradients alike. It bounds a sum over the samples, divides the
whole loss under a name that counts usually have, or is called so in words; what divides elsewhere
is a temperature, a width or a margin, whatever its letter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from gradcheck.language.expression import (
    Add,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Sum,
    contains,
)
from gradcheck.language.names import COUNT, LIKELY
from gradcheck.understand.bindings import factors_of

RARELY = COUNT.names() - COUNT.names(LIKELY)
"""Counts that are more often something else: they must divide a sum over the samples."""

_COUNTED = (
    r"(?:(?:training|data|labell?ed|input)[ -]*)?"
    r"(?:samples?|examples?|observations?|instances|data ?points?|points|patterns|time ?steps)"
)
_NUMBER = (
    rf"(?:number of {_COUNTED}|(?:mini-?)?batch size|sample size|size of the (?:data ?set|batch))"
)
_SIGN = r"[\s$`\\(),:]*"
_BEFORE = re.compile(rf"{_NUMBER}{_SIGN}(?:is|be|by|as|=)?{_SIGN}\b([A-Za-z]\w*)\b", re.IGNORECASE)
_AFTER = re.compile(
    rf"\b([A-Za-z]\w*){_SIGN}(?:is|be|=|denotes|stands for|means|for)?{_SIGN}"
    rf"(?:the|our|its)?\s*(?:total )?{_NUMBER}",
    re.IGNORECASE,
)
_OF = re.compile(rf"\b([A-Za-z]\w*)\$?\s+{_COUNTED}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Counted:
    """What the rest of a document says of counts: what sums run to or words call so, and what
    gradients are divided by."""

    sure: tuple[str, ...] = ()
    divisors: tuple[str, ...] = ()


def called_so(text: str) -> frozenset[str]:
    """The usual names of counts that a text calls the number of samples."""
    found = {m.group(1) for pattern in (_BEFORE, _AFTER, _OF) for m in pattern.finditer(text)}
    return frozenset(found & COUNT.names())


def divides_all(
    whole: Expression,
    bodies: Mapping[str, Expression] | None = None,
    called: Collection[str] = (),
) -> Iterator[Name]:
    """The names of counts by which a loss or a gradient as a whole, or a term of it, is divided.

    A factor that ``bodies`` define is looked into: ``L = J/m`` and ``J = 1/m Σ …`` alike.
    """
    bodies = bodies or {}
    seen: set[str] = set()
    waiting: list[tuple[Expression, bool]] = [(whole, False)]
    while waiting:
        node, summed = waiting.pop()
        if isinstance(node, Name) and node.key in bodies and node.key not in seen:
            seen.add(node.key)
            waiting.append((bodies[node.key], summed))
        elif isinstance(node, Sum):
            waiting.append((node.body, True))
        elif isinstance(node, Add):
            waiting += [(term, summed) for term in reversed(node.terms)]
        elif isinstance(node, Multiply | Negate | Divide):
            factors = list(_opened(node))
            over = summed or any(_is_sum(factor, bodies) for factor, up in factors if up)
            for factor, up in factors:
                if not up and _may_count(factor, over, called):
                    assert isinstance(factor, Name)
                    yield factor
            waiting += [(f, over) for f, up in reversed(factors) if up and f is not node]


def _opened(node: Expression) -> Iterator[tuple[Expression, bool]]:
    """The factors of a product or a fraction; False: it is divided by."""
    for factor in factors_of(node):
        if isinstance(factor, Divide):
            yield from _opened(factor.numerator)
            yield from ((below, not up) for below, up in _opened(factor.denominator))
        else:
            yield factor, True


def _is_sum(factor: Expression, bodies: Mapping[str, Expression]) -> bool:
    body = bodies.get(factor.key) if isinstance(factor, Name) else factor
    return body is not None and contains(body, Sum)


def _may_count(factor: Expression, over: bool, called: Collection[str]) -> bool:
    if not isinstance(factor, Name) or factor.base not in COUNT.names():
        return False
    return over or factor.base not in RARELY or factor.key in called
