r"""One sample's loss that the document uses and never defines: ``\partial L_i / \partial w``.

Where ``L = \frac{1}{N} \sum_i (\hat{y}_i - y_i)^2`` is a mean, it is the mean of the ``L_i``;
where it is a sum without ``1/N``, they are its terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from gradcheck.language.expression import (
    Divide,
    Expression,
    Multiply,
    Name,
    Number,
    Sum,
    transform,
    walk,
)
from gradcheck.language.names import COUNT
from gradcheck.language.notation import to_text
from gradcheck.understand.bindings import Binding, factors_of
from gradcheck.understand.naming import Naming
from gradcheck.understand.readings import ReadingLog

_ONE = Number(Fraction(1))


def with_sample_losses(
    bindings: Sequence[Binding], naming: Naming, log: ReadingLog
) -> tuple[Binding, ...]:
    """The bindings with one more for every ``L_i`` that is meant and not defined."""
    found: list[Binding] = []
    for binding in bindings:
        apart = (binding.name.base, binding.name.accent) in naming.undefined_samples
        parts = _parts(binding) if apart and not binding.name.subscript else None
        if parts is None:
            found.append(binding)
            continue
        one, total, what = parts
        name = replace(binding.name, subscript="i", superscript="")
        words = f"{to_text(binding.name)} is the {what} of them"
        log.note("sample-loss", binding.span, to_text(name), words)
        found.append(replace(binding, key=name.key, name=name, body=one, sides=(one,)))
        found.append(replace(binding, body=total))
    return tuple(found)


def _parts(binding: Binding) -> tuple[Expression, Expression, str] | None:
    """One sample's loss, the total in terms of it, and what the total is of them; None if it is
    not that simple."""
    sums = [node for node in walk(binding.body) if isinstance(node, Sum)]
    if len(sums) != 1:
        return None
    (whole,) = sums
    counts = _counts(binding.body, whole)
    if len(counts) > 1 or _counts(whole.body, whole):
        return None
    one = transform(binding.body, lambda node: whole.body if node == whole else node)
    total = replace(whole, body=replace(binding.name, subscript="i", superscript=""))
    if not counts:
        return one, total, "sum"
    (count,) = counts
    mean = Multiply((Divide(_ONE, count), total))
    return transform(one, lambda node: _times(node, count)), mean, "mean"


def _counts(body: Expression, whole: Sum) -> list[Name]:
    """The numbers of samples that something in it is divided by."""
    return [
        factor
        for node in walk(body)
        if isinstance(node, Divide)
        for factor in factors_of(node.denominator)
        if isinstance(factor, Name) and (factor == whole.upper or factor.base in COUNT.names())
    ]


def _times(node: Expression, count: Name) -> Expression:
    """A fraction over the count without it, a product without the 1 that is left of it."""
    if isinstance(node, Multiply):
        factors = tuple(factor for factor in node.factors if factor != _ONE) or (_ONE,)
        return replace(node, factors=factors) if len(factors) > 1 else factors[0]
    if not isinstance(node, Divide):
        return node
    below = node.denominator
    if below == count:
        return node.numerator
    if isinstance(below, Multiply) and count in below.factors:
        rest = tuple(factor for factor in below.factors if factor != count)
        return replace(node, denominator=rest[0] if len(rest) == 1 else Multiply(rest))
    return node
