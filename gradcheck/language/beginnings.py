"""Products evaluated factor by factor, what several have in common at their beginning once.

The gradients of a deep network in closed form are long products, each of which begins with those
of the layers above: evaluated one by one they cost the square of the depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gradcheck.language.expression import Expression

T = TypeVar("T")


@dataclass(slots=True)
class _Beginning(Generic[T]):
    """The value of some factors, and of all longer beginnings that were asked for, by the next."""

    value: T
    longer: dict[Expression, _Beginning[T]] = field(default_factory=dict)


class Products(Generic[T]):
    """The values of products under one meaning of their names; ``times`` multiplies two values."""

    def __init__(self, times: Callable[[T, T], T]) -> None:
        self._times = times
        self._begun: dict[Expression, _Beginning[T]] = {}

    def value(self, factors: tuple[Expression, ...], of: Callable[[Expression], T]) -> T:
        """The product of the values of two or more factors, from left to right."""
        known, rest = self._begun, iter(factors)
        first = next(rest)
        begun = known.get(first)
        if begun is None:
            begun = known[first] = _Beginning(of(first))
        for factor in rest:
            longer = begun.longer.get(factor)
            if longer is None:
                longer = begun.longer[factor] = _Beginning(self._times(begun.value, of(factor)))
            begun = longer
        return begun.value
