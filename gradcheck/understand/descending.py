"""Rules of gradient descent as they are written: what says old or new, steps named apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    contains,
    transform,
    value_keys,
    value_names,
)
from gradcheck.language.names import LIKELY, RATE, TRAINED

_AFTER = r"new|neu|next|[tkns]\+1|\+"
_BEFORE = r"old|alt|prev|[tk]|[tkns]-1"
_NEW = re.compile(_AFTER)
_ABOVE = re.compile(rf"{_AFTER}|{_BEFORE}")
_BELOW = re.compile(r"new|neu|next|old|alt|prev|t([+-]1)?")


def bare(name: Name) -> Name:
    """The name without what says old or new: ``w^{(t+1)}``, ``w_{new}``, ``b_{1,old}``."""
    above, below = _without(name.superscript, _ABOVE), _without(name.subscript, _BELOW)
    if (above, below) == (name.superscript, name.subscript):
        return name
    return replace(name, superscript=above, subscript=below)


def _without(script: str, mark: re.Pattern[str]) -> str:
    if mark.fullmatch(script.strip("()[]{}")):
        return ""
    head, comma, last = script.rpartition("," if "," in script else "_")
    return head if comma and mark.fullmatch(last.strip("()[]{} ")) else script


def increment_of(name: Name) -> Name | None:
    """The parameter of which a name is the step: ``\\Delta w_1`` and ``dw_1`` of ``w_1``."""
    accents = name.accent.split()
    if "Delta" in accents:
        accents.remove("Delta")
        return bare(replace(name, accent=" ".join(accents)))
    if re.fullmatch(r"d[A-Za-z]+", name.base):
        return bare(replace(name, base=name.base[1:]))
    return None


def stands_for_any(name: Name) -> bool:
    """Whether a name may stand for any weight: between any units (``w_{ij}``), or without index."""
    plain = not name.subscript and not name.superscript
    return plain or re.fullmatch(r"[ijkl],?[ijkl]", name.subscript) is not None


def is_increment(head: Expression | None, sides: Iterable[Expression | None]) -> bool:
    """Whether ``\\Delta w_1 = …`` is what is added to a parameter: a rate times a gradient.

    Without a rate it is another name for the gradient.
    """
    inner = increment_of(head) if isinstance(head, Name) else None
    if inner is None or not isinstance(head, Name) or inner.base not in TRAINED:
        return False
    read = [side for side in sides if side is not None]
    if any(head.key in value_keys(side) for side in read):
        return False  # an accumulator, or momentum
    if any(_scaled(side) for side in read):
        return True
    return "Delta" in head.accent.split() and any(_stepwise(side) for side in read)


def _scaled(side: Expression) -> bool:
    """Whether a learning rate is a factor of a side, or of one of its terms."""
    return any(_is_rate(factor) for term in _terms(side) for factor in _tops(term))


def _is_rate(factor: Expression) -> bool:
    name = factor.function if isinstance(factor, Apply) else factor  # \eta(t - o)
    return isinstance(name, Name) and name.base in RATE.names(LIKELY)


def _stepwise(side: Expression) -> bool:
    """``-\\mu \\partial E/\\partial w`` or ``0.1 \\partial E/\\partial w``."""
    scaled = isinstance(side, Negate) or any(isinstance(f, Number) for f in _tops(side))
    return scaled and any(isinstance(factor, Partial) for factor in _tops(side))


def _terms(side: Expression) -> Sequence[Expression]:
    return side.terms if isinstance(side, Add) else (side,)


def _tops(term: Expression) -> list[Expression]:
    """The factors of a term that stand above its fraction strokes."""
    match term:
        case Negate(operand=operand):
            return _tops(operand)
        case Multiply(factors=factors):
            return [top for factor in factors for top in _tops(factor)]
        case Divide(numerator=numerator):
            return _tops(numerator)
    return [term]


def is_rule(sides: Sequence[Expression | None], symbol: str) -> bool:
    """Whether sides are a rule of gradient descent: a name that becomes a name minus something.

    ``w_1 = w_1 - \\alpha …`` says so itself; with an arrow or ``:=``, or where a learning rate
    times something is taken off, any other name may stand on the right (source 002 writes
    ``b1 \\leftarrow b2 - …``). ``symbol`` is the relation between the first two.
    """
    if len(sides) < 2 or not isinstance(sides[0], Name):
        return False
    left, right = sides[0], sides[1]
    if symbol in ("+=", "-=") or is_increment(left, sides[1:]):
        return True
    if left.superscript and _NEW.fullmatch(left.superscript.strip("()[]{}")):
        return True
    names = value_names(right) if right is not None else ()
    if bare(left).key in {bare(name).key for name in names} and (
        symbol != "=" or left.base in TRAINED
    ):
        return True  # nothing is defined by itself
    if not isinstance(right, Add):
        return False
    terms = [term for term in right.terms if isinstance(term, Name)]
    arrow = symbol in ("<-", ":=")
    if arrow and terms and any(contains(term, Partial) for term in right.terms):
        return True
    if not any(isinstance(term, Negate) and _scaled(term) for term in right.terms):
        return False
    from gradcheck.understand.naming import is_loss_name

    named = any(term.base in TRAINED for term in terms)
    trained = left.base in TRAINED
    return (bool(terms) and trained) or (named and (arrow or is_loss_name(left)))


# -- moments: w(t+1) = w(t) - …, w' = w - … -------------------------------------------------------


def with_moments(
    chains: Sequence[tuple[Expression | None, ...]],
) -> list[tuple[Expression | None, ...]]:
    """The chains, ``w(t+1)`` and ``w'`` on a left side written as names of a later moment.

    A prime is one only where the primed name is used nowhere else.
    """
    used = {key for chain in chains for side in chain[1:] if side for key in value_keys(side)}
    return [_later(chain, used) for chain in chains]


def _later(chain: tuple[Expression | None, ...], used: set[str]) -> tuple[Expression | None, ...]:
    head = chain[0] if len(chain) > 1 else None
    if isinstance(head, Name) and head.superscript.endswith("'") and head.key not in used:
        plain = replace(head, superscript=head.superscript[:-1])
        right = chain[1]
        if right is not None and plain.key in value_keys(right):
            return (_at(plain, "new"), *chain[1:])
    timed = _call(head) if head is not None else None
    if timed is None or not isinstance(timed[1], Add):
        return chain
    clock = next(iter(value_keys(timed[1])), "")
    return tuple(None if side is None else _clocked(side, clock) for side in chain)


def _call(node: Expression) -> tuple[Name, Expression] | None:
    """``w_1(t+1)``: a parameter's name with the moment in brackets after it."""
    match node:
        case Apply(function=function, arguments=(moment,), order=0):
            pair = function, moment
        case Multiply(factors=(Name() as name, moment)):
            pair = name, moment
        case _:
            return None
    later = isinstance(moment, Add) and len(moment.terms) == 2
    letter = moment.terms[0] if isinstance(moment, Add) else moment
    timed = isinstance(letter, Name) and letter.key in ("t", "k", "n", "s", "tau")
    inner = increment_of(pair[0]) or pair[0]
    if not timed or inner.base not in TRAINED or (isinstance(moment, Add) and not later):
        return None
    return pair


def _clocked(side: Expression, clock: str) -> Expression:
    """Every ``w(t)`` of a side as a name with an upper index."""

    def change(node: Expression) -> Expression:
        if isinstance(node, Multiply):
            return _joined(node, clock)
        if isinstance(node, Apply):
            call = _call(node)
            return _at(call[0], _moment(call[1]), node) if call is not None else node
        return node

    return transform(side, change)


def _joined(product: Multiply, clock: str) -> Expression:
    factors: list[Expression] = []
    for factor in product.factors:
        before = factors[-1] if factors else None
        call = _call(Multiply((before, factor))) if isinstance(before, Name) else None
        if call is None or clock not in value_keys(factor):
            factors.append(factor)
        else:
            factors[-1] = _at(call[0], _moment(factor), factor)
    if len(factors) == len(product.factors):
        return product
    return factors[0] if len(factors) == 1 else replace(product, factors=tuple(factors))


def _moment(node: Expression) -> str:
    if isinstance(node, Add):
        last = node.terms[1]
        return "t-1" if isinstance(last, Negate) else "t+1"
    return "t"


def _at(name: Name, moment: str, until: Expression | None = None) -> Name:
    above = f"{name.superscript},{moment}" if name.superscript else moment
    span = name.span if until is None else name.span.cover(until.span)
    return replace(name, superscript=above, span=span)
