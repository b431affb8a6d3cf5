"""Sums: N+1 terms under 1/N, terms that no bracket puts under the sum."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Sum,
    to_key,
    walk,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation
from gradcheck.language.notation import to_text


def bounds(derivation: Derivation, document: Document) -> list[Finding]:
    """Sums from 0 to N that are divided by N, at the sum; from 0 to N-1 or 1 to N is fine."""
    found: dict[Span, Finding] = {}
    for step in derivation.steps:
        for side in (step.left_written, step.right_written):
            if side is None:
                continue
            for node, upper in _averaged(side):
                found.setdefault(node.span, _finding(node, upper, document))
    return list(found.values())


def extents(derivation: Derivation, document: Document) -> list[Finding]:
    """Losses whose sum is read as if it took in all terms: the brackets that would say so."""
    read = {reading.span for reading in derivation.readings if reading.rule == "sum-extent"}
    found: dict[Span, Finding] = {}
    for step in derivation.steps:
        body = step.right_written
        if body is None or step.span not in read:
            continue
        summed = next((node for node in walk(body) if isinstance(node, Sum)), None)
        if summed is None:
            continue
        start, at = step.span.start, summed.body.span.start
        head, rest = document.text[start:at], document.text[at : step.span.end].rstrip()
        suggestion = " ".join(f"{head}({rest})".split())
        message = "no bracket says that the sum takes in all terms, though it is meant to"
        found.setdefault(step.span, Finding(RULES["GC307"], step.span, message, suggestion))
    return list(found.values())


def _averaged(side: Expression) -> Iterator[tuple[Sum, Expression]]:
    """Every sum of N+1 terms in a product or quotient that divides by N."""
    above, below = _parts(side)
    divisors = {to_key(part) for part in below}
    for part in above:
        if isinstance(part, Sum) and part.upper is not None:
            zero = isinstance(part.lower, Number) and part.lower.value == 0
            if zero and to_key(part.upper) in divisors and isinstance(part.upper, Name):
                yield part, part.upper
    if not (len(above) == 1 and above[0] is side and not below):
        for part in (*above, *below):
            yield from _averaged(part)
        return
    for child in side.children():
        yield from _averaged(child)


def _parts(node: Expression) -> tuple[list[Expression], list[Expression]]:
    """The factors of a product above and below its fraction strokes."""
    match node:
        case Negate(operand=operand):
            return _parts(operand)
        case Multiply(factors=factors):
            above: list[Expression] = []
            below: list[Expression] = []
            for factor in factors:
                up, down = _parts(factor)
                above += up
                below += down
            return above, below
        case Divide(numerator=numerator, denominator=denominator):
            up, down = _parts(numerator)
            under, over = _parts(denominator)
            return [*up, *over], [*down, *under]
    return [node], []


def _finding(node: Sum, upper: Expression, document: Document) -> Finding:
    shown = to_text(upper)
    message = f"the sum from 0 to {shown} has {shown}+1 terms, and is divided by {shown}"
    suggestion = None
    if node.lower is not None and node.span.start <= node.lower.span.start < node.span.end:
        written = document.source(node.span)
        at = node.lower.span.start - node.span.start
        end = node.lower.span.end - node.span.start
        if written[at:end].strip() == "0":
            suggestion = " ".join((written[:at] + "1" + written[end:]).split())
    return Finding(RULES["GC302"], node.span, message, suggestion)
