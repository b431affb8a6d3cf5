"""Edits of brackets: one that is lost, one too many, one that closes at the wrong place.

These change the shape of the tree, so they are not combined with other edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcheck.explain.mending.edits import Changes, Edit
from gradcheck.explain.mending.tree import Path, at_path, exponent_start, places
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Negate,
    Power,
    Sum,
)
from gradcheck.language.notation import to_text

_OPENS = re.compile(r"(\\left\s*|\\[bB]igg?l?\s*)?[(\[]")
_CLOSES = re.compile(r"(\\right\s*|\\[bB]igg?r?\s*)?[)\]]$")
MAX_EDITS = 120


def bracket_edits(document: Document, root: Expression) -> list[Edit]:
    """Every regrouping of a side by one pair of brackets more or less."""
    found: list[Edit] = []
    for path, node in places(root):
        above = at_path(root, path[:-1]) if path else None
        if isinstance(node, Add):
            found += _in_sum(path, node)
            found += _before_power(document, path, node)
            found += _late_before_power(document, path, node)
            found += _argument_closed(document, path, node)
            found += _over_slash(document, path, node)
        if isinstance(node, Divide):
            found += _after_slash(document, path, node)
        if isinstance(node, Multiply):
            found += _product_power(document, path, node)
        if above is None or (isinstance(above, Add) and not isinstance(node, Add)):
            found += _opened(document, path, node)
    return found[:MAX_EDITS]


def _edit(path: Path, node: Expression, changes: Changes) -> Edit:
    return Edit(path, node, changes, "bracket", f"the brackets: {to_text(node)}", 2)


def _around(start: int, end: int) -> Changes:
    return (Span(start, start), "("), (Span(end, end), ")")


def _product(factors: tuple[Expression, ...]) -> Expression:
    return factors[0] if len(factors) == 1 else Multiply(factors)


def _sum(terms: tuple[Expression, ...]) -> Expression:
    return terms[0] if len(terms) == 1 else Add(terms)


def _factors(node: Expression) -> tuple[Expression, ...]:
    return node.factors if isinstance(node, Multiply) else (node,)


def _in_sum(path: Path, node: Add) -> Iterator[Edit]:
    """``a - y b`` for ``(a - y) b``, ``b a - y`` for ``b (a - y)``, ``Σ a - y``, ``-a - y``."""
    terms = node.terms
    for first in range(len(terms)):
        for last in range(first + 1, len(terms)):
            if not (first and isinstance(terms[first], Negate)):
                yield from _closed_early(path, node, first, last)
            yield from _opened_late(path, node, first, last)
        if first + 1 < len(terms):
            yield from _around_both(path, node, first)


def _closed_early(path: Path, node: Add, first: int, last: int) -> Iterator[Edit]:
    """Terms and the head of the last product belong together: ``(a - y) b``."""
    terms = node.terms
    negative = isinstance(terms[last], Negate)
    core = terms[last].operand if isinstance(terms[last], Negate) else terms[last]  # type: ignore[attr-defined]
    if not isinstance(core, Multiply):
        return
    for count in range(1, len(core.factors)):
        head = _product(core.factors[:count])
        inner = Add((*terms[first:last], Negate(head) if negative else head))
        group = Multiply((inner, *core.factors[count:]))
        whole = _sum((*terms[:first], group, *terms[last + 1 :]))
        end = core.factors[count - 1].span.end
        yield _edit(path, whole, _around(terms[first].span.start, end))
        opening = terms[first]
        if isinstance(opening, Negate):  # -a - y b for -(a - y) b
            start = opening.operand.span.start
            inner = Add((opening.operand, *terms[first + 1 : last], *inner.terms[-1:]))
            group = Multiply((inner, *core.factors[count:]))
            whole = _sum((*terms[:first], Negate(group), *terms[last + 1 :]))
            yield _edit(path, whole, _around(start, end))


def _opened_late(path: Path, node: Add, first: int, last: int) -> Iterator[Edit]:
    """The tail of a product and the terms after it belong together: ``b (a - y)``."""
    terms = node.terms
    start_term = terms[first]
    negative = isinstance(start_term, Negate)
    core = start_term.operand if isinstance(start_term, Negate) else start_term
    rest = terms[first + 1 : last + 1]
    end = terms[last].span.end

    def whole(group: Expression) -> Expression:
        group = Negate(group) if negative else group
        return _sum((*terms[:first], group, *terms[last + 1 :]))

    if negative:
        yield _edit(path, whole(Add((core, *rest))), _around(core.span.start, end))
    factors = _factors(core)
    for count in range(1, len(factors)):
        inner = Add((_product(factors[count:]), *rest))
        changes = _around(factors[count].span.start, end)
        head = factors[count - 1]
        if isinstance(head, FunctionName):  # g' w x + b for g'(w x + b)
            called = Apply(head.function, (inner,), head.order)
            yield _edit(path, whole(_product((*factors[: count - 1], called))), changes)
        yield _edit(path, whole(Multiply((*factors[:count], inner))), changes)
    if isinstance(factors[-1], Sum):
        body = factors[-1].body
        summed = Sum(Add((body, *rest)), factors[-1].index, factors[-1].lower, factors[-1].upper)
        whole_sum = whole(_product((*factors[:-1], summed)))
        yield _edit(path, whole_sum, _around(body.span.start, end))


def _around_both(path: Path, node: Add, first: int) -> Iterator[Edit]:
    """``b · 1 - a c`` for ``b (1 - a) c``: both brackets are lost."""
    one, other = node.terms[first], node.terms[first + 1]
    left = one.operand if isinstance(one, Negate) else one
    right = other.operand if isinstance(other, Negate) else other
    yield from _inside_sum_sign(path, node, first, right)
    if not isinstance(left, Multiply) or not isinstance(right, Multiply):
        return
    for begin in range(1, len(left.factors)):
        for end in range(1, len(right.factors)):
            head, tail = _product(left.factors[begin:]), _product(right.factors[:end])
            inner = Add((head, Negate(tail) if isinstance(other, Negate) else tail))
            group: Expression = Multiply((*left.factors[:begin], inner, *right.factors[end:]))
            group = Negate(group) if isinstance(one, Negate) else group
            whole = _sum((*node.terms[:first], group, *node.terms[first + 2 :]))
            start, stop = left.factors[begin].span.start, right.factors[end - 1].span.end
            yield _edit(path, whole, _around(start, stop))
            called = left.factors[begin - 1]
            if isinstance(called, FunctionName) and not isinstance(one, Negate):
                applied = Apply(called.function, (inner,), called.order)
                group = Multiply((*left.factors[: begin - 1], applied, *right.factors[end:]))
                whole = _sum((*node.terms[:first], group, *node.terms[first + 2 :]))
                yield _edit(path, whole, _around(start, stop))


def _inside_sum_sign(path: Path, node: Add, first: int, right: Expression) -> Iterator[Edit]:
    """``Σ a - y b`` for ``Σ (a - y) b``, ``Σ c 1 - a x`` for ``Σ c (1 - a) x``."""
    one, other = node.terms[first], node.terms[first + 1]
    left = one.operand if isinstance(one, Negate) else one
    outer, heads = _factors(left), _factors(right)
    summed = outer[-1]
    if not isinstance(summed, Sum):
        return
    tails = _factors(summed.body)
    for begin in range(len(tails)):
        for end in range(1, len(heads) + 1):
            head = _product(heads[:end])
            inner = Add(
                (_product(tails[begin:]), Negate(head) if isinstance(other, Negate) else head)
            )
            body = _product((*tails[:begin], inner, *heads[end:]))
            group = _product((*outer[:-1], Sum(body, summed.index, summed.lower, summed.upper)))
            group = Negate(group) if isinstance(one, Negate) else group
            whole = _sum((*node.terms[:first], group, *node.terms[first + 2 :]))
            yield _edit(path, whole, _around(tails[begin].span.start, heads[end - 1].span.end))


def _before_power(document: Document, path: Path, node: Add) -> Iterator[Edit]:
    """``a - y^2`` for ``(a - y)^2``."""
    last = node.terms[-1]
    core = last.operand if isinstance(last, Negate) else last
    if not isinstance(core, Power):
        return
    base = Negate(core.base) if isinstance(last, Negate) else core.base
    changed = Power(Add((*node.terms[:-1], base)), core.exponent)
    end = exponent_start(document, core)
    yield _edit(path, changed, _around(node.terms[0].span.start, end))


def _late_before_power(document: Document, path: Path, node: Add) -> Iterator[Edit]:
    """``c a - y^2`` for ``c (a - y)^2``, ``c Σ a - y^2`` for ``c Σ (a - y)^2``."""
    first, last = node.terms[0], node.terms[-1]
    core = last.operand if isinstance(last, Negate) else last
    head = first.operand if isinstance(first, Negate) else first
    if not isinstance(core, Power):
        return
    base = Negate(core.base) if isinstance(last, Negate) else core.base
    factors, end = _factors(head), exponent_start(document, core)
    negative = isinstance(first, Negate)
    for count in range(0 if negative else 1, len(factors)):
        inner = Add((_product(factors[count:]), *node.terms[1:-1], base))
        group = _product((*factors[:count], Power(inner, core.exponent)))
        around = _around(factors[count].span.start, end)
        yield _edit(path, Negate(group) if negative else group, around)
    summed = factors[-1]
    if isinstance(summed, Sum):
        tails = _factors(summed.body)
        for count in range(len(tails)):
            inner = Add((_product(tails[count:]), *node.terms[1:-1], base))
            body = _product((*tails[:count], Power(inner, core.exponent)))
            whole = Sum(body, summed.index, summed.lower, summed.upper)
            group = _product((*factors[:-1], whole))
            around = _around(tails[count].span.start, end)
            yield _edit(path, Negate(group) if negative else group, around)


def _argument_closed(document: Document, path: Path, node: Add) -> Iterator[Edit]:
    """``log(1) - p`` for ``log(1 - p)``, ``σ(w x) + b`` for ``σ(w x + b)``."""
    for first in range(len(node.terms) - 1):
        term = node.terms[first]
        factors = _factors(term.operand if isinstance(term, Negate) else term)
        called = factors[-1]
        if not isinstance(called, Apply) or len(called.arguments) != 1:
            continue
        argument = called.arguments[0]
        between = document.text[argument.span.end : called.span.end]
        closing = _CLOSES.search(document.text[called.span.start : called.span.end])
        if closing is None or "(" in between:
            continue
        start = called.span.start + closing.start()
        for last in range(first + 1, len(node.terms)):
            terms = argument.terms if isinstance(argument, Add) else (argument,)
            inner = Add((*terms, *node.terms[first + 1 : last + 1]))
            group = _product((*factors[:-1], Apply(called.function, (inner,), called.order)))
            group = Negate(group) if isinstance(term, Negate) else group
            whole = _sum((*node.terms[:first], group, *node.terms[last + 1 :]))
            end = node.terms[last].span.end
            mark = closing.group(0)
            changes = (Span(start, called.span.end), ""), (Span(end, end), mark)
            yield _edit(path, whole, changes)


def _product_power(document: Document, path: Path, node: Multiply) -> Iterator[Edit]:
    """``w x^2`` for ``(w x)^2``."""
    last = node.factors[-1]
    if not isinstance(last, Power):
        return
    for first in range(len(node.factors) - 1):
        inner = Multiply((*node.factors[first:-1], last.base))
        changed = _product((*node.factors[:first], Power(inner, last.exponent)))
        start, end = node.factors[first].span.start, exponent_start(document, last)
        yield _edit(path, changed, _around(start, end))


def _is_slash(document: Document, node: Divide) -> bool:
    between = document.text[node.numerator.span.end : node.denominator.span.start]
    return "/" in between


def _over_slash(document: Document, path: Path, node: Add) -> Iterator[Edit]:
    """``a - y / b`` for ``(a - y) / b``."""
    last = node.terms[-1]
    core = last.operand if isinstance(last, Negate) else last
    if not isinstance(core, Divide) or not _is_slash(document, core):
        return
    top = Negate(core.numerator) if isinstance(last, Negate) else core.numerator
    changed = Divide(Add((*node.terms[:-1], top)), core.denominator)
    yield _edit(path, changed, _around(node.terms[0].span.start, core.numerator.span.end))


def _after_slash(document: Document, path: Path, node: Divide) -> Iterator[Edit]:
    """``a / b c`` for ``(a / b) c``, and ``a / b · c`` is another matter."""
    below = node.denominator
    if not isinstance(below, Multiply) or not _is_slash(document, node):
        return
    if document.text[below.span.start : below.span.start + 1] in "([\\":
        return
    head = Divide(node.numerator, below.factors[0])
    changed = Multiply((head, *below.factors[1:]))
    yield _edit(path, changed, _around(node.numerator.span.start, below.factors[0].span.end))


def _opened(document: Document, path: Path, node: Expression) -> Iterator[Edit]:
    """One pair of brackets too many: ``(a - y) b`` for ``a - y b``."""
    if isinstance(node, Multiply):
        for at, factor in enumerate(node.factors):
            gone = _brackets(document, factor)
            if not isinstance(factor, Add) or gone is None:
                continue
            first = _product((*node.factors[:at], factor.terms[0]))
            last = factor.terms[-1]
            tail = node.factors[at + 1 :]
            core = last.operand if isinstance(last, Negate) else last
            end = _product((core, *tail))
            ending = Negate(end) if isinstance(last, Negate) else end
            yield _edit(path, Add((first, *factor.terms[1:-1], ending)), gone)
    if isinstance(node, Negate) and isinstance(node.operand, Add):
        gone = _brackets(document, node.operand)
        if gone is not None:
            terms = node.operand.terms
            yield _edit(path, Add((Negate(terms[0]), *terms[1:])), gone)
    if isinstance(node, Power) and isinstance(node.base, Add):
        gone = _brackets(document, node.base, exponent_start(document, node))
        if gone is not None:
            terms = node.base.terms
            core = terms[-1].operand if isinstance(terms[-1], Negate) else terms[-1]
            last = Power(core, node.exponent)
            ending = Negate(last) if isinstance(terms[-1], Negate) else last
            yield _edit(path, Add((*terms[:-1], ending)), gone)


def _brackets(document: Document, node: Expression, end: int | None = None) -> Changes | None:
    """The removal of a node's own brackets; None if it has none."""
    stop = node.span.end if end is None else min(end, node.span.end)
    text = document.text[node.span.start : stop]
    opening, closing = _OPENS.match(text), _CLOSES.search(text.rstrip())
    if opening is None or closing is None:
        return None
    start = node.span.start
    return (
        (Span(start, start + opening.end()), ""),
        (Span(start + closing.start(), start + closing.end()), ""),
    )
