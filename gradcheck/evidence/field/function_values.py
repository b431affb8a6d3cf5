"""The functions of a derivation and their slopes, over any of the number systems.

A function that its slope can be told from (``a' = a(1-a)``) is evaluated once, and its slopes of
any order are polynomials in its value.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import factorial
from typing import Any

from gradcheck.evidence.field.refused import Refused

Polynomial = tuple[int, ...]
"""Coefficients, that of the constant first."""

SLOPES: dict[str, Polynomial] = {"sigmoid": (0, 1, -1), "tanh": (1, 0, -1), "exp": (0, 1)}
"""By function: its slope as a polynomial in its value."""


@cache
def slope(function: str, order: int) -> Polynomial:
    """The slope of some order as a polynomial in the function's value."""
    found: Polynomial = (0, 1)
    for _ in range(order):
        derived = [k * c for k, c in enumerate(found)][1:]
        product = [0] * (len(derived) + len(SLOPES[function]))
        for i, a in enumerate(derived):
            for j, b in enumerate(SLOPES[function]):
                product[i + j] += a * b
        while product and not product[-1]:
            product.pop()
        found = tuple(product)
    return found


def call(numbers: Any, function: str, order: int, by: int, arguments: list[Any]) -> tuple[Any, Any]:
    """The value, and where there is none (None: it is everywhere)."""
    if function in SLOPES or function in _KNOWN:
        if len(arguments) != 1:
            raise Refused("function", f"{function} has one argument")
        if order > 40:
            raise Refused("function", f"the slope of order {order}")
    if function in SLOPES:
        return _polynomial(
            numbers, slope(function, order), _value(numbers, function, arguments[0])
        ), None
    if function in _KNOWN:
        found = _KNOWN[function](numbers, order, arguments[0])
        return found if isinstance(found, tuple) else (found, None)
    return numbers.abstract(function, order, by, arguments), None


def _value(numbers: Any, function: str, z: Any) -> Any:
    if function == "sigmoid":
        return numbers.sigmoid(z)
    if function == "exp":
        return numbers.exponential(z)
    if not numbers.exact:
        return numbers.odd("tanh", z)
    twice = numbers.sigmoid(numbers.add(z, z))
    return numbers.add(numbers.add(twice, twice), like(numbers, -1, twice))


def like(numbers: Any, value: int | Fraction, array: Any) -> Any:
    """A constant that goes with an array."""
    constant = numbers.constant(Fraction(value))
    return constant.reshape((-1,) + (1,) * (array.ndim - 1))


def scaled(numbers: Any, value: int | Fraction, array: Any) -> Any:
    """A constant times an array."""
    return array if value == 1 else numbers.multiply(like(numbers, value, array), array)


def _polynomial(numbers: Any, coefficients: Polynomial, value: Any) -> Any:
    """By Horner's rule."""
    if coefficients == (0, 1):
        return value
    found = like(numbers, coefficients[-1] if coefficients else 0, value)
    for coefficient in coefficients[-2::-1]:
        found = numbers.multiply(found, value)
        if coefficient:
            found = numbers.add(found, like(numbers, coefficient, value))
    return found


def _log(numbers: Any, order: int, u: Any) -> Any:
    if not order:
        return numbers.logarithm(u)
    inverse, bad = numbers.inverse(u)
    sign = (-1) ** (order - 1) * factorial(order - 1)
    return scaled(numbers, sign, numbers.power(inverse, order)), bad


def _sqrt(numbers: Any, order: int, u: Any) -> Any:
    root, bad = numbers.root(u)
    if not order:
        return root, bad
    inverse, zero = numbers.inverse(root)
    factor = Fraction(1)
    for k in range(order):
        factor *= Fraction(1, 2) - k
    found = scaled(numbers, factor, numbers.power(inverse, 2 * order - 1))
    return found, merged(bad, zero)


def _softplus(numbers: Any, order: int, z: Any) -> Any:
    if order:
        value = numbers.sigmoid(z)
        return _polynomial(numbers, slope("sigmoid", order - 1), value)
    power = numbers.exponential(z)
    return numbers.logarithm(numbers.add(power, like(numbers, 1, power)))


def _sin(numbers: Any, order: int, z: Any) -> Any:
    sine, cosine = numbers.circle(z)
    found = cosine if order % 2 else sine
    return numbers.negative(found) if order % 4 > 1 else found


def _cos(numbers: Any, order: int, z: Any) -> Any:
    return _sin(numbers, order + 1, z)


def _arctan(numbers: Any, order: int, z: Any) -> Any:
    if not order:
        return numbers.odd("arctan", z)
    square = numbers.add(numbers.multiply(z, z), like(numbers, 1, z))
    inverse, bad = numbers.inverse(square)
    if order == 1:
        return inverse, bad
    if order == 2:
        found = numbers.multiply(scaled(numbers, -2, z), numbers.multiply(inverse, inverse))
        return found, bad
    raise Refused("function", "the third slope of arctan")


def _relu(numbers: Any, order: int, z: Any) -> Any:
    if order > 1:
        return like(numbers, 0, z)
    above, bad = numbers.positive(z)
    return (above if order else numbers.multiply(above, z)), bad


def _abs(numbers: Any, order: int, z: Any) -> Any:
    if order > 1:
        return like(numbers, 0, z)
    sign, bad = _sign(numbers, 0, z)
    return (sign if order else numbers.multiply(sign, z)), bad


def _sign(numbers: Any, order: int, z: Any) -> Any:
    if order:
        return like(numbers, 0, z), None
    above, bad = numbers.positive(z)
    below, _ = numbers.positive(numbers.negative(z))  # both are 0 where z is, on a branch
    return numbers.add(above, numbers.negative(below)), bad


def _erf(numbers: Any, order: int, z: Any) -> Any:
    if order:
        raise Refused("function", "a slope of erf that is not carried out")
    return numbers.odd("erf", z)


def _phi(numbers: Any, order: int, z: Any) -> Any:
    """``Phi(z) = (1 + erf(z/sqrt 2))/2``; free but for ``Phi(-z) = 1 - Phi(z)``."""
    if order:
        raise Refused("function", "a slope of Phi that is not carried out")
    if numbers.exact:
        half = numbers.odd("Phi", z)
    else:
        half = scaled(numbers, Fraction(1, 2), numbers.odd("erf", scaled(numbers, _ROOT_HALF, z)))
    return numbers.add(half, like(numbers, Fraction(1, 2), half))


_ROOT_HALF = Fraction(0.5**0.5)
_KNOWN: dict[str, Callable[[Any, int, Any], Any]] = {
    "log": _log,
    "sqrt": _sqrt,
    "softplus": _softplus,
    "sin": _sin,
    "cos": _cos,
    "arctan": _arctan,
    "relu": _relu,
    "abs": _abs,
    "sign": _sign,
    "erf": _erf,
    "Phi": _phi,
}


def merged(one: Any, other: Any) -> Any:
    """Where either has no value."""
    if one is None or other is None:
        return other if one is None else one
    return one | other
