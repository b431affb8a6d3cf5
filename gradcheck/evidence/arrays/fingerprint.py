"""Values of indexed expressions at one point where every axis has length 1.

Two products that mean the same have the same value there, however they are written; `lifting`
recognises a forward equation's product inside a claim by it.
"""

from __future__ import annotations

import math
from zlib import crc32

import numpy as np

from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.evidence.arrays.indexed import (
    Applied,
    Indexed,
    Leaf,
    Literal,
    Product,
    Raised,
    Reciprocal,
    Summed,
    Total,
    leaves,
)
from gradcheck.language.model import in_order

_STEP = 1e-5


class Fingerprints:
    """Values by name, drawn from the name itself; ``definitions`` are those of the lifting."""

    def __init__(self, definitions: dict[str, Indexed]) -> None:
        self._definitions = definitions
        self._known: dict[tuple[str, float], dict[str, float]] = {}

    def value(self, node: Indexed, moved: str = "", by: float = 0.0) -> float:
        """The value, with one free name moved by a little; nan where it has none."""
        with np.errstate(all="ignore"):
            try:
                return float(self._value(node, moved, by))
            except (ArithmeticError, KeyError, TypeError, ValueError):
                return math.nan

    def slope(self, node: Indexed, by: str) -> float:
        """The central difference quotient by a free name, good to about nine digits."""
        above, below = (self.value(node, by, step) for step in (_STEP, -_STEP))
        return (above - below) / (2 * _STEP)

    def _value(self, node: Indexed, moved: str, by: float) -> float:
        match node:
            case Literal(value=value):
                return float(value)
            case Leaf(key=key):
                return self._name(key, moved, by)
            case Total(terms=terms):
                return math.fsum(self._value(term, moved, by) for term in terms)
            case Product(factors=factors):
                return math.prod(self._value(factor, moved, by) for factor in factors)
            case Reciprocal(operand=operand):
                return 1.0 / self._value(operand, moved, by)
            case Raised(base=base, exponent=exponent):
                power = self._value(base, moved, by) ** self._value(exponent, moved, by)
                return power if isinstance(power, float) else math.nan
            case Applied(function=function, order=order, argument=argument):
                inner = np.asarray(self._value(argument, moved, by))
                return float(FORMULAS[function, order](inner))
            case Summed(body=body):
                return self._value(body, moved, by)
        raise TypeError(f"not an indexed expression: {node!r}")

    def _name(self, key: str, moved: str, by: float) -> float:
        known = self._known.setdefault((moved, by), {})
        if key not in known:
            for name in in_order(key, self._needs, known):
                if name in self._definitions:
                    known[name] = self._value(self._definitions[name], moved, by)
                else:
                    drawn = 0.3 + (crc32(name.encode()) % 99991) / 99991
                    known[name] = drawn + (by if name == moved else 0.0)
        return known[key]

    def _needs(self, key: str) -> list[str]:
        return leaves(self._definitions[key]) if key in self._definitions else []
