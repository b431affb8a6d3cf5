"""A constant that changes unannounced: the loss has 1/N, the chain restates it with 1/2."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.judge.forms import Forms
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Sum,
    contains,
    to_key,
    walk,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Setup, Source


def changed_constants(derivation: Derivation, document: Document) -> list[Finding]:
    """Places where the loss is restated with another constant than its own.

    One that is dropped as a whole is a convention; one that becomes another is told, at the
    restated loss.
    """
    found: dict[Span, Finding] = {}
    for step in derivation.steps:
        at = step.setup
        if step.kind != "claim" or at is None or at >= len(derivation.setups):
            continue
        setup = derivation.setups[at]
        for side in (step.left_written, step.right_written):
            for node in _restated(side):
                if node.span not in found and node.span.start >= 0:
                    finding = _judged(node, setup, document)
                    if finding is not None:
                        found[node.span] = finding
    return list(found.values())


def _restated(side: Expression | None) -> Iterator[Expression]:
    """What is differentiated in a side, written out with a constant of its own."""
    for node in walk(side) if side is not None else ():
        if isinstance(node, Partial) and not isinstance(node.of, Name):
            body = node.of
            if not contains(body, Partial) and _constant(body)[0]:
                yield body


def _judged(node: Expression, setup: Setup, document: Document) -> Finding | None:
    from gradcheck.understand.resolution import Unresolved

    source = next((s for s in setup.sources if s.key == setup.model.loss), None)
    if source is None or setup.resolve is None or setup.model_problem is not None:
        return None
    own, here = _constant(source.written), _constant(node)
    if not own[0] or _value(own) == _value(here):
        return None
    try:
        restated = setup.resolve(node)
    except Unresolved:
        return None
    if not _same_but_constant(setup, restated):
        return None
    message = (
        f"the loss has {_words(own)}, and is restated here with {_words(here)}: "
        "the constant changes on the way"
    )
    return Finding(RULES["GC306"], node.span, message, _mended(node, here, source, own, document))


def _same_but_constant(setup: Setup, restated: Expression) -> bool:
    from gradcheck.evidence.symbolic import Algebra, Outcome

    forms = Forms(setup.model)
    summed = contains(restated, Sum)
    model = forms.total if summed else forms.one
    decision = Algebra(model).decide(Name(model.loss), restated, shown=False)
    return decision.outcome is Outcome.CONSTANT


Constants = tuple[list[Expression], list[Expression]]
"""The factors of a product that are numbers or counts: above and below the stroke."""


def _constant(node: Expression) -> Constants:
    """The constant factors a formula begins with, as ([factors], [divisors])."""
    above: list[Expression] = []
    below: list[Expression] = []

    def take(part: Expression, up: bool) -> None:
        match part:
            case Negate(operand=operand):
                take(operand, up)
            case Multiply(factors=factors):
                for factor in factors:
                    take(factor, up)
            case Divide(numerator=numerator, denominator=denominator):
                take(numerator, up)
                take(denominator, not up)
            case Sum(body=body):
                take(body, up)
            case Number():
                (above if up else below).append(part)
            case Name() if not up or (len(part.base) == 1 and part.base in "nmNM"):
                (above if up else below).append(part)

    take(node, True)
    return (above, below) if above or below else ([], [])


def _value(constant: Constants) -> tuple[Fraction, tuple[str, ...], tuple[str, ...]]:
    number = Fraction(1)
    for part in constant[0]:
        number *= part.value if isinstance(part, Number) else 1
    for part in constant[1]:
        number /= part.value if isinstance(part, Number) and part.value else 1
    names = [
        tuple(sorted(to_key(p) for p in side if not isinstance(p, Number))) for side in constant
    ]
    return number, names[0], names[1]


def _words(constant: Constants) -> str:
    number, above, below = _value(constant)
    top = "".join([str(number.numerator)] if number.numerator != 1 else []) + "".join(above)
    bottom = [str(number.denominator)] if number.denominator != 1 else []
    under = "".join([*bottom, *below])
    if not under:
        return top or "1"
    return f"{top or '1'}/({under})" if len([*bottom, *below]) > 1 else f"{top or '1'}/{under}"


def _mended(
    node: Expression, here: Constants, source: Source, own: Constants, document: Document
) -> str | None:
    """The restated loss with the loss's own fraction, where both are one written fraction."""
    one, other = _fraction(node, here), _fraction(source.written, own)
    if one is None or other is None:
        return None
    written = document.source(node.span)
    at, end = one.start - node.span.start, one.end - node.span.start
    if not 0 <= at < end <= len(written):
        return None
    return " ".join((written[:at] + document.source(other) + written[end:]).split())


def _fraction(node: Expression, constant: Constants) -> Span | None:
    parts = {id(part) for side in constant for part in side}
    for inner in walk(node):
        if isinstance(inner, Divide):
            leaves = [leaf for leaf in walk(inner) if not leaf.children()]
            if parts and all(id(leaf) in parts for leaf in leaves) and len(leaves) == len(parts):
                return inner.span
    return None
