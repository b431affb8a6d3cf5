"""Expressions whose every index is known: what `lifting` makes and `arrays` evaluates.

An axis is one letter: ``i`` sample, ``j`` hidden unit, ``k`` feature. The axes of a node are
sorted, so the alphabet is the memory order of every array.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

SAMPLE, HIDDEN, FEATURE = "i", "j", "k"

Axes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A node with the axes of its value."""

    axes: Axes


@dataclass(frozen=True, slots=True)
class Literal(Indexed):
    value: Fraction


@dataclass(frozen=True, slots=True)
class Leaf(Indexed):
    """A parameter, a datum, a constant or the name of a definition."""

    key: str


@dataclass(frozen=True, slots=True)
class Total(Indexed):
    """A sum of terms, broadcast to the axes of all."""

    terms: tuple[Indexed, ...]


@dataclass(frozen=True, slots=True)
class Product(Indexed):
    """A product of factors, summed over the axes that its factors carry and it does not."""

    factors: tuple[Indexed, ...]


@dataclass(frozen=True, slots=True)
class Reciprocal(Indexed):
    operand: Indexed


@dataclass(frozen=True, slots=True)
class Raised(Indexed):
    base: Indexed
    exponent: Indexed


@dataclass(frozen=True, slots=True)
class Applied(Indexed):
    """A function's derivative of the given order, entry by entry."""

    function: str
    order: int
    argument: Indexed


@dataclass(frozen=True, slots=True)
class Summed(Indexed):
    """The body summed over axes; one that the body lacks counts as that many equal terms."""

    body: Indexed
    over: Axes


@dataclass(frozen=True, slots=True)
class Opened:
    """How an index came to be open: by which weights, in which product."""

    weights: frozenset[str]
    product: Indexed


@dataclass(frozen=True, slots=True)
class Lifted:
    """An expression with its indices.

    ``open`` maps an index that may still be summed to what opened it; ``data`` tells whether any
    datum is in it, under a sum over the samples or not.
    """

    node: Indexed
    open: dict[str, Opened] = field(default_factory=dict)
    data: bool = False


def leaves(node: Indexed) -> list[str]:
    """The names that occur, each as often as it does."""
    found: list[str] = []
    stack = [node]
    while stack:
        match stack.pop():
            case Leaf(key=key):
                found.append(key)
            case Total(terms=parts) | Product(factors=parts):
                stack.extend(reversed(parts))
            case Raised(base=base, exponent=exponent):
                stack += [exponent, base]
            case Reciprocal(operand=inner) | Applied(argument=inner) | Summed(body=inner):
                stack.append(inner)
    return found


def join(*axes: Axes) -> Axes:
    """The axes of a broadcast."""
    return tuple(sorted(set().union(*axes)))


def sum_over(node: Indexed, over: Axes) -> Indexed:
    """The node summed over axes, inside a product where it can be: no large array is formed."""
    if not over:
        return node
    kept = tuple(axis for axis in node.axes if axis not in over)
    if isinstance(node, Product) and set(over) <= set(node.axes):
        return Product(kept, node.factors)
    return Summed(kept, node, over)
