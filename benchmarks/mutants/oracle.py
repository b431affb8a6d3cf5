"""What a derivation means at random points, in many digits: the judge of every mutant.

Values are dual numbers over mpmath: a value and its derivative by one name, which is cut out of
the graph of definitions. Nothing here knows how gradcheck decides.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from mpmath import mp, mpf

from benchmarks.mutants.terms import (
    PARAMETERS,
    PER_SAMPLE,
    Call,
    Derivation,
    Minus,
    Num,
    Over,
    Partial,
    Plus,
    Power,
    Statement,
    Term,
    Times,
    Total,
    Var,
)

DIGITS = 40
TOLERANCE = mpf(10) ** -25
SAMPLE_COUNTS = (2, 3, 5)


class Meaningless(Exception):
    """A term without a value: a circular definition, an unknown name, a division by zero."""


@dataclass(frozen=True)
class Dual:
    value: mpf
    slope: mpf

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Dual) -> Dual:
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    def inverse(self) -> Dual:
        if self.value == 0:
            raise Meaningless("division by zero")
        return Dual(1 / self.value, -self.slope / self.value**2)


def _apply(function: str, primed: bool, u: mpf) -> tuple[mpf, mpf]:
    """A function (or its derivative) at u, and its slope there."""
    if function == "sigmoid":
        s = 1 / (1 + mp.exp(-u))
        d = s * (1 - s)
        return (d, d * (1 - 2 * s)) if primed else (s, d)
    if function == "tanh":
        t = mp.tanh(u)
        d = 1 - t * t
        return (d, -2 * t * d) if primed else (t, d)
    if function == "exp":
        return mp.exp(u), mp.exp(u)
    if function == "log":
        if u <= 0:
            raise Meaningless("the logarithm of a number that is not positive")
        return (1 / u, -1 / u**2) if primed else (mp.log(u), 1 / u)
    raise Meaningless(f"no function {function}")


@dataclass
class Point:
    """Random values for all free names, and the definitions in force."""

    values: Mapping[str, tuple[mpf, ...]]
    definitions: Mapping[str, Term]
    samples: int
    total: bool
    count: mpf
    _open: list[str] = field(default_factory=list)
    _known: dict[tuple[str, int, str, int | None], Dual] = field(default_factory=dict)

    def at(self, term: Term, sample: int) -> mpf:
        with mp.workdps(DIGITS):
            return self._dual(term, sample, "", None).value

    def _dual(self, term: Term, i: int, seed: str, at: int | None) -> Dual:
        """The term at sample i, with its slope by ``seed`` (at sample ``at``, or at all)."""
        match term:
            case Num(value):
                return Dual(mpf(value.numerator) / value.denominator, mpf(0))
            case Var(key):
                return self._name(key, i, seed, at)
            case Plus(terms):
                result = Dual(mpf(0), mpf(0))
                for part in terms:
                    result += self._dual(part, i, seed, at)
                return result
            case Minus(body):
                return Dual(mpf(-1), mpf(0)) * self._dual(body, i, seed, at)
            case Times(factors):
                result = Dual(mpf(1), mpf(0))
                for part in factors:
                    result *= self._dual(part, i, seed, at)
                return result
            case Over(top, bottom):
                return self._dual(top, i, seed, at) * self._dual(bottom, i, seed, at).inverse()
            case Power(base, exponent):
                result, factor = Dual(mpf(1), mpf(0)), self._dual(base, i, seed, at)
                for _ in range(exponent):
                    result *= factor
                return result
            case Call(function, argument, primed):
                u = self._dual(argument, i, seed, at)
                value, slope = _apply(function, primed, u.value)
                return Dual(value, slope * u.slope)
            case Total(body):
                if not self.total:
                    return self._dual(body, i, seed, at)
                result = Dual(mpf(0), mpf(0))
                for j in range(self.samples):
                    result += self._dual(body, j, seed, at)
                return result
            case Partial(of, Var(key)):
                own = i if key in PER_SAMPLE else None
                return Dual(self._dual(of, i, key, own).slope, mpf(0))
        raise AssertionError(term)

    def _name(self, key: str, i: int, seed: str, at: int | None) -> Dual:
        place = (key, i, seed, at)
        if place not in self._known:
            self._known[place] = self._looked_up(*place)
        return self._known[place]

    def _looked_up(self, key: str, i: int, seed: str, at: int | None) -> Dual:
        if key in self.definitions and key not in self._open:
            self._open.append(key)
            try:
                inner = self._dual(self.definitions[key], i, seed if key != seed else "", at)
            finally:
                self._open.pop()
        elif key == "N":
            inner = Dual(self.count, mpf(0))
        elif key in self.values and key not in self._open:
            inner = Dual(self.values[key][i], mpf(0))
        else:
            raise Meaningless(f"{key} has no value, or is defined by itself")
        if key == seed:
            return Dual(inner.value, mpf(at is None or at == i))
        return inner


def definitions_of(derivation: Derivation) -> dict[str, Term]:
    """What binds each name: the second side of the first definition of it."""
    bound: dict[str, Term] = {}
    for statement in derivation.statements:
        first = statement.sides[0]
        if statement.kind == "definition" and isinstance(first, Var):
            bound.setdefault(first.key, statement.sides[1])
    return bound


def points(derivation: Derivation, seed: int) -> list[Point]:
    """One point for each number of samples; N is it in sums, a number of its own otherwise."""
    rng = random.Random(seed)
    bound = definitions_of(derivation)
    found = []
    with mp.workdps(DIGITS):
        for count in SAMPLE_COUNTS:
            values = {}
            for key in (*PARAMETERS, "rate", "x", "y", "z1", "a1", "z2", "p", "d1", "d2", "u"):
                low, high = (0.1, 0.9) if key in ("y", "p", "rate") else (0.3, 1.7)
                drawn = [mpf(rng.uniform(low, high)) for _ in range(count)]
                values[key] = tuple(drawn if key in PER_SAMPLE else drawn[:1] * count)
            n = mpf(count) if derivation.total else mpf(rng.uniform(2, 9))
            found.append(Point(values, bound, count, derivation.total, n))
    return found


Ratio = tuple[Fraction, int] | str
"""Right ÷ left as a positive rational times a power of N; else "false" or "meaningless"."""


def _ratio(pairs: list[tuple[mpf, mpf, mpf]]) -> Ratio:
    """The one constant that takes every left to its right; each with the N it belongs to."""
    with mp.workdps(DIGITS):
        nonzero = []
        for left, right, count in pairs:
            small = TOLERANCE * (abs(left) + abs(right))
            if abs(left - right) <= small and left == 0:
                continue
            if abs(left) <= TOLERANCE or abs(right) <= TOLERANCE:
                return "false"
            nonzero.append((right / left, count))
        for power in (0, -1, 1, -2, 2):
            scaled = [ratio / count**power for ratio, count in nonzero]
            if all(abs(value - scaled[0]) <= TOLERANCE * abs(scaled[0]) for value in scaled):
                rational = _rational(scaled[0]) if scaled else Fraction(1)
                return (rational, power) if rational is not None and rational > 0 else "false"
    return "false"


def _rational(value: mpf) -> Fraction | None:
    for bottom in range(1, 65):
        top = mp.nint(value * bottom)
        if abs(value * bottom - top) <= TOLERANCE * bottom * abs(value) and abs(top) <= 4096:
            return Fraction(int(top), bottom)
    return None


def step_ratios(derivation: Derivation, seed: int = 1) -> list[list[Ratio]]:
    """For every statement, the ratio of each step of its chain."""
    at = points(derivation, seed)
    return [_statement_ratios(statement, at) for statement in derivation.statements]


def _statement_ratios(statement: Statement, at: list[Point]) -> list[Ratio]:
    found: list[Ratio] = []
    for index in range(1, len(statement.sides)):
        left, right = statement.sides[index - 1], statement.sides[index]
        try:
            if statement.kind == "update":
                left, right = _update_sides(statement.sides[0], right)
            found.append(
                _ratio(
                    [
                        (point.at(left, i), point.at(right, i), point.count)
                        for point in at
                        for i in range(point.samples)
                    ]
                )
            )
        except (Meaningless, RecursionError, ZeroDivisionError):
            found.append("meaningless")
    return found


def _update_sides(target: Term, right: Term) -> tuple[Term, Term]:
    """The true gradient by the target, and the one that the update goes down."""
    if not isinstance(target, Var) or target.key not in PARAMETERS:
        raise Meaningless("an update of no parameter")
    down = Over(Plus((target, Minus(right))), Var("rate"))
    return Partial(Var("L"), target), down


def same_value(derivation: Derivation, one: Term, other: Term, seed: int = 2) -> bool:
    """Whether two terms have the same value at every point, with this derivation's definitions."""
    with mp.workdps(DIGITS):
        for point in points(derivation, seed):
            for i in range(point.samples):
                try:
                    first = point.at(one, i)
                except (Meaningless, RecursionError, ZeroDivisionError):
                    return one == other
                try:
                    second = point.at(other, i)
                except (Meaningless, RecursionError, ZeroDivisionError):
                    return False
                if abs(first - second) > TOLERANCE * (1 + abs(first) + abs(second)):
                    return False
    return True
