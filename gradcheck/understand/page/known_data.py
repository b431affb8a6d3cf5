"""Facts of a page about its data: labels that are one-hot, or take few values.

A fact is about names that nothing defines. It comes from an equation (``\\sum_k t_k = 1``), from
a set (``y \\in \\{-1, 1\\}``), from the words "one-hot", or from the loss: what a cross-entropy
weighs the logarithms of all classes with sums to 1. The last is a reading, and named as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Sum,
    walk,
)
from gradcheck.language.names import LABEL
from gradcheck.language.notation import to_text
from gradcheck.understand.page.page_axes import Layout
from gradcheck.understand.page.sorts import bound_scope
from gradcheck.understand.page.symbols import Slot, Unmeant


@dataclass(frozen=True)
class Fact:
    """What the page says of an array that nothing defines.

    ``one_hot`` is the slot along which its entries sum to 1, ``values`` are those that they take.
    """

    array: str
    words: str
    span: Span
    one_hot: Slot | None = None
    values: tuple[Fraction, ...] = ()
    stated: bool = True  # False: it is a reading of the loss


_ONE_HOT = re.compile(r"one[- ]hot|(?:labels?|targets?)[^.\n]{0,40} sums? to (?:one|1|\$1\$)", re.I)
_SET = re.compile(
    r"(?P<name>\\?[A-Za-z]+)(?:_\{?\w+\}?|\^\{\(\w\)\})?\s*\\in\s*\\\{\s*(?P<set>[-+\d,\s]{3,20})\\\}"
)


def facts_of(layout: Layout) -> dict[str, Fact]:
    """The facts of a page, one an array; what is stated comes before what is read from a loss."""
    found: dict[str, Fact] = {}
    for fact in (*_summed(layout), *_sets(layout), *_weights(layout), *_said(layout)):
        found.setdefault(fact.array, fact)
    return found


def is_constraint(layout: Layout, left: Expression | None, right: Expression | None) -> bool:
    """Whether an equation says that free data sum to 1."""
    if left is None or right is None:
        return False
    return _constrained(layout, left, right) is not None


def _constrained(layout: Layout, left: Expression, right: Expression) -> tuple[str, Slot] | None:
    if not (isinstance(right, Number) and right.value == 1 and isinstance(left, Sum)):
        return None
    if left.index is None or not isinstance(left.body, Name):
        return None
    return _carrying(layout, left.body, left.index.base)


def _carrying(layout: Layout, name: Name, letter: str) -> tuple[str, Slot] | None:
    """A free array with the slot at which it carries a letter."""
    try:
        array, written = layout.array(name)
    except Unmeant:
        return None
    slots = [slot for slot, text in written.indices if text == letter]
    defined = {layout.page.symbol(b.name) for b in layout.page.bindings}
    if len(slots) != 1 or written.symbol in defined or name.key in layout.page.trained:
        return None
    return array, slots[0]


def _summed(layout: Layout) -> Iterator[Fact]:
    for statement in layout.page.statements:
        if len(statement.sides) != 2 or statement.statement.relations[0].symbol != "=":
            continue
        left, right = statement.sides
        if left is None or right is None:
            continue
        found = _constrained(layout, left, right)
        if found is not None:
            words = f"{to_text(left)} = 1"
            yield Fact(found[0], words, statement.statement.span, found[1])


def _sets(layout: Layout) -> Iterator[Fact]:
    document = layout.page.read.document
    if not any(_is_logarithmic(loss.body) for loss in layout.page.losses):
        return
    for match in _SET.finditer(document.text):
        try:
            values = tuple(Fraction(v.strip()) for v in match["set"].split(","))
        except ValueError:
            continue
        key = match["name"].lstrip("\\")
        if 2 <= len(values) <= 4 and key in layout.arrays_free:
            yield Fact(key, match[0], Span(match.start(), match.end()), values=values)


def _is_logarithmic(body: Expression) -> bool:
    """Whether a loss is one of classes: with a logarithm, or an exponential."""
    names = {"log", "ln", "exp", "softplus", "max"}
    return any(isinstance(n, Apply) and n.function.base in names for n in walk(body))


def _weights(layout: Layout) -> Iterator[Fact]:
    """What weighs the logarithms in a cross-entropy over an axis that is not the samples'."""
    said = _ONE_HOT.search(layout.page.read.document.text)
    for loss in layout.page.losses:
        scope = f"s{loss.statement}"
        axes = layout.letter_axes([loss.name, loss.body], scope)
        for node in walk(loss.body):
            if not isinstance(node, Sum) or node.index is None:
                continue
            own = {layout.sorts.union.find(a) for a in axes.get(bound_scope(scope, node), ())}
            if own & layout.samples:
                continue
            for name in _weighing(node.body, node.index.base):
                if not said and not _is_label_of_softmax(layout, name, node.body):
                    continue
                if _has_rest(loss.body, name):
                    continue
                found = _carrying(layout, name, node.index.base)
                if found is not None:
                    words = f"{to_text(name)} sums to 1 over {node.index.base}"
                    yield Fact(found[0], words, loss.span, found[1], stated=said is not None)


def _said(layout: Layout) -> Iterator[Fact]:
    """Labels with one axis besides the samples' on a page that says "one-hot"."""
    match = _ONE_HOT.search(layout.page.read.document.text)
    if match is None:
        return
    for array, slots in layout.slots.items():
        own = [s for s in slots if layout.axis(array, s) not in layout.samples]
        if array.split("_")[0] in LABEL.names() and array in layout.arrays_free and len(own) == 1:
            yield Fact(array, f"{array} is {match[0]}", Span(match.start(), match.end()), own[0])


def _has_rest(body: Expression, name: Name) -> bool:
    """Whether ``1 - t_k`` stands in the loss: its labels are one by one then."""
    return any(
        isinstance(node, Add)
        and any(isinstance(t, Negate) and t.operand == name for t in node.terms)
        and any(isinstance(t, Number) for t in node.terms)
        for node in walk(body)
    )


def _is_label_of_softmax(layout: Layout, name: Name, body: Expression) -> bool:
    """Whether a label weighs the logarithms of a softmax."""
    if name.base not in LABEL.names():
        return False
    for node in walk(body):
        if not isinstance(node, Apply) or node.function.base not in ("log", "ln"):
            continue
        inner = [node.arguments[0]]
        if isinstance(inner[0], Name):
            symbol = layout.page.symbol(inner[0])
            inner += [b.body for b in layout.page.bindings if layout.page.symbol(b.name) == symbol]
        if any(map(_is_softmax, inner)):
            return True
    return False


def _is_softmax(body: Expression) -> bool:
    if isinstance(body, Apply):
        return body.function.base.lower() == "softmax"
    if not isinstance(body, Divide):
        return False
    return any(isinstance(node, Sum) for node in walk(body.denominator))


def _weighing(body: Expression, letter: str) -> Iterator[Name]:
    """``t_k`` of ``t_k \\log p_k``, where nothing else in the sum has t (as ``1 - t_k``)."""
    while isinstance(body, Negate):
        body = body.operand
    if isinstance(body, Add) or not isinstance(body, Multiply):
        return
    factors = [f.operand if isinstance(f, Negate) else f for f in body.factors]
    logs = [f for f in factors if isinstance(f, Apply) and f.function.base in ("log", "ln")]
    names = [f for f in factors if isinstance(f, Name) and letter in f.subscript + f.superscript]
    if len(logs) == 1 and len(names) == 1:
        yield names[0]
