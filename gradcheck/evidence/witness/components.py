"""The components of typed terms, one by one, with many digits: the second program.

Nothing is shared with the field: sums are loops, indices are numbers, an entry of a definition is
worked out when it is asked for. A slope is a central difference with a step of 10⁻³⁰ in 110
digits, so nothing is differentiated either: what depends on the entry that was moved is worked
out again. What is right to 20 digits here needs no other bound.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import mpmath

from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Entry,
    Extent,
    Extreme,
    Free,
    Index,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Product,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
    nodes,
)
from gradcheck.run.budget import spend

DIGITS = 110
MOVE = 30
"""Digits of the step of a difference."""

RANGES = ((-2.2, 2.2), (0.3, 1.9), (0.1, 0.9), (-7.0, 7.0), (-2.2, 2.2), (-14.0, 14.0))
"""Of free entries, by the spread: from 0 to 1 for logarithms, far out for kinks."""

Number = Any
At = tuple[int, ...]
Letters = Mapping[str, int]
Moved = tuple[tuple[str, At, Number], ...]
"""Entries that were moved, and by how much: the last first."""


class Undefined(ValueError):
    """Something has no value at this point, or the program has no answer to it."""


class Components:
    """One real point: every entry of a free array has a value that its name and indices give.

    ``spread`` is of which size and sign they are.
    """

    def __init__(
        self, world: World, sizes: Mapping[str, int], seed: int = 0, spread: int = 0
    ) -> None:
        self.world = world
        self.sizes = sizes
        self.seed = seed
        self.spread = spread
        self.mp = mpmath.mp.clone()
        self.mp.dps = DIGITS
        self.step = self.mp.mpf(10) ** -MOVE
        self._known: dict[tuple[str, At, Moved], Number] = {}
        self._names: dict[str, set[str]] = {}
        self._free: dict[tuple[str, At], Number] = {}
        self._given = {free: value for fact in world.facts for free, value in _told(world, *fact)}

    def value(self, term: Term, letters: Letters, moved: Moved = ()) -> Number:
        """The number that a term stands for, where its letters stand for these positions."""
        spend(4)
        match term:
            case Constant(value=value):
                return self.mp.mpf(value.numerator) / value.denominator
            case Extent(axis=axis):
                return self.mp.mpf(self.sizes[axis])
            case Position(index=index):
                return self.mp.mpf(_position(index, letters))
            case Entry(name=name, at=at):
                return self.entry(name, tuple(_position(i, letters) for i in at), moved)
            case Plus(terms=terms):
                return sum((self.value(part, letters, moved) for part in terms), self.mp.mpf(0))
            case Times(factors=factors):
                return self.mp.fprod(self.value(part, letters, moved) for part in factors)
            case Over(numerator=above, denominator=below):
                return self._over(above, below, letters, moved)
            case Raised(base=base, exponent=exponent):
                return self._raised(base, exponent, letters, moved)
            case Call():
                arguments = [self.value(part, letters, moved) for part in term.arguments]
                return self._call(term, arguments)
            case Total() | Product() | Extreme():
                return self._along(term, letters, moved)
            case Choice(branches=branches):
                return self._choice(branches, letters, moved)
            case Slope():
                return self._slope(term, letters, moved)
        raise Undefined(f"no rule for {type(term).__name__}")

    # -- arrays ------------------------------------------------------------------------------

    def entry(self, name: str, at: At, moved: Moved) -> Number:
        """An entry of an array, at positions that count from 1."""
        for number, (other, where, by) in enumerate(moved):
            if other == name and by is None:  # held while the next entry is moved
                return self.entry(name, at, _outer(moved[number:]))
            if other == name:
                rest = moved[:number] + moved[number + 1 :]
                value = self.entry(name, at, rest)
                return value + by if where == at else value
        definition = self.world.definitions.get(name)
        if definition is None:
            return self._drawn(name, at, moved)
        moved = tuple(move for move in moved if move[0] in self._from(name))
        key = name, at, moved
        if key not in self._known:
            inner = {a.name: k for a, k in zip(definition.letters, at, strict=True)}
            self._known[key] = self.value(definition.body, inner, moved)
        return self._known[key]

    def _from(self, name: str) -> set[str]:
        """All names that a definition is worked out from."""
        if name not in self._names:
            found = self._names[name] = {name}
            definition = self.world.definitions.get(name)
            bodies = [] if definition is None else [definition.body]
            used = {n.name for body in bodies for n in nodes(body) if isinstance(n, Entry)}
            if definition is None and name in self.world.free:
                used |= set(self.world.free[name].opaque or ())
            for other in used | {n for u in used for n in self._told_by(u)}:
                if other not in found:
                    found |= self._from(other)
        return self._names[name]

    def _told_by(self, name: str) -> set[str]:
        """What the fact about a free array mentions."""
        told = self._given.get(name)
        return {n.name for n in nodes(told[3]) if isinstance(n, Entry)} if told else set()

    def _drawn(self, name: str, at: At, moved: Moved) -> Number:
        if name in ("pi", "π") and name not in self.world.free:
            return +self.mp.pi
        free = self.world.free.get(name)
        if free is None:
            raise Undefined(f"{name} has no meaning")
        if len(at) != len(free.axes):
            raise Undefined(f"{name} has {len(free.axes)} indices")
        if any(not 1 <= k <= self.sizes[axis] for k, axis in zip(at, free.axes, strict=True)):
            raise Undefined(f"{name} has no entry {at}")
        if free.opaque is not None:
            return self._opaque(free, moved)
        if name in self._given:
            return self._by_fact(name, at, moved)
        if (name, at) not in self._free:
            self._free[name, at] = self._draw(free, at)
        return self._free[name, at]

    def _draw(self, free: Free, at: At) -> Number:
        random = self._random(free.name, at)
        if free.one_hot is not None:
            return self._share(free, at)
        if free.labels:
            value = random.choice(free.labels)
            return self.mp.mpf(value.numerator) / value.denominator
        low, high = RANGES[self.spread % len(RANGES)]
        if free.sign > 0:
            low = 0.2
        return self.mp.mpf(random.randint(int(low * 4096), int(high * 4096))) / 4096

    def _random(self, name: str, at: At) -> Random:
        return Random(zlib.crc32(f"{self.seed} {self.spread} {name} {at}".encode()))

    def _share(self, free: Free, at: At) -> Number:
        """One of entries that sum to 1; with labels, one of them is 1."""
        axis = free.one_hot
        assert axis is not None
        rest = at[:axis] + at[axis + 1 :]
        length = self.sizes[free.axes[axis]]
        if free.labels:
            return self.mp.mpf(int(self._random(free.name, rest).randint(1, length) == at[axis]))
        shares = [self._random(free.name, (*rest, k)).randint(1, 9) for k in range(1, length + 1)]
        return self.mp.mpf(shares[at[axis] - 1]) / sum(shares)

    def _by_fact(self, name: str, at: At, moved: Moved) -> Number:
        """The entry that makes a fact of the page true."""
        entry, axis, factor, other = self._given[name]
        letters = {i.name: k for i, k in zip(entry.at, at, strict=True) if isinstance(i, Letter)}
        plain = Free(name, self.world.free[name].axes, self.world.free[name].sign)
        if axis == "mirror":
            upper = at[0] < at[1] or (at[0] == at[1] and factor > 0)
            if upper:
                return self._draw(plain, at)
            return self.mp.mpf(0) if at[0] == at[1] else factor * self._draw(plain, at[::-1])
        if axis is None:
            return self.value(other, letters, moved) / self.value(Constant(factor), {})
        slot = next(k for k, i in enumerate(entry.at) if i == axis)
        length = self.sizes[axis.axis]
        if at[slot] < length:
            return self._draw(plain, at)
        whole = self.value(other, letters, moved) / self.value(Constant(factor), {})
        others = [(*at[:slot], k, *at[slot + 1 :]) for k in range(1, length)]
        return whole - sum(self._draw(plain, where) for where in others)

    def _opaque(self, free: Free, moved: Moved) -> Number:
        """Some smooth function of all entries of the arrays that a loss depends on."""
        found = square = self.mp.mpf(0)
        for name in free.opaque or ():
            definition = self.world.definitions.get(name)
            axes = (
                self.world.free[name].axes
                if definition is None
                else [a.axis for a in definition.letters]
            )
            for at in product(*(range(1, self.sizes[axis] + 1) for axis in axes)):
                random = self._random(f"{free.name} of {name}", at)
                value = self.entry(name, at, moved)
                found += self.mp.mpf(random.uniform(0.5, 2)) * value
                square += self.mp.mpf(random.uniform(0.1, 0.5)) * value
        return found + square**2

    # -- numbers -----------------------------------------------------------------------------

    def _over(self, above: Term, below: Term, letters: Letters, moved: Moved) -> Number:
        denominator = self.value(below, letters, moved)
        if abs(denominator) < self.mp.mpf(10) ** -20:
            raise Undefined("a denominator is 0")
        return self.value(above, letters, moved) / denominator

    def _raised(self, base: Term, exponent: Term, letters: Letters, moved: Moved) -> Number:
        value = self.value(base, letters, moved)
        if isinstance(exponent, Constant) and exponent.value.denominator == 1:
            if exponent.value < 0 and abs(value) < self.mp.mpf(10) ** -20:
                raise Undefined("a denominator is 0")
            return value ** int(exponent.value)
        power = self.value(exponent, letters, moved)
        if value <= 0:
            raise Undefined("a power of what is not positive")
        return self.mp.power(value, power)

    def _call(self, call: Call, arguments: list[Number]) -> Number:
        if call.order:
            lower = Call(call.function, call.arguments, call.order - 1, call.by)
            one, other = list(arguments), list(arguments)
            one[call.by] += self.step
            other[call.by] -= self.step
            return (self._call(lower, one) - self._call(lower, other)) / (2 * self.step)
        if call.function in ("max", "min"):
            return (max if call.function == "max" else min)(arguments)
        rule = _FUNCTIONS.get(call.function)
        if rule is None:
            return self._abstract(call.function, arguments)
        if len(arguments) != 1:
            raise Undefined(f"{call.function} has one argument")
        return rule(self.mp, arguments[0])

    def _abstract(self, name: str, arguments: list[Number]) -> Number:
        """What stands for a function that only has a name: waves of the arguments."""
        random = Random(zlib.crc32(f"function {name}".encode()))
        found = self.mp.mpf(0)
        for _ in range(3):
            phase = self.mp.mpf(random.uniform(0.3, 1.5))
            for argument in arguments:
                phase += self.mp.mpf(random.uniform(0.3, 1.3)) * argument
            found += self.mp.mpf(random.uniform(0.4, 1.4)) * self.mp.sin(phase)
        return found

    # -- axes and choices --------------------------------------------------------------------

    def _along(self, term: Total | Product | Extreme, letters: Letters, moved: Moved) -> Number:
        values = []
        for position in range(1, self.sizes[term.letter.axis] + 1):
            inner = {**letters, term.letter.name: position}
            guard = term.guard if isinstance(term, Total) else None
            if guard is None or self._holds(guard, inner, moved):
                values.append(self.value(term.body, inner, moved))
        if isinstance(term, Total):
            return sum(values, self.mp.mpf(0))
        if isinstance(term, Product):
            return self.mp.fprod(values)
        ordered = sorted(values)
        return ordered[-1] if term.sense > 0 else ordered[0]

    def _choice(
        self, branches: tuple[tuple[Test | None, Term], ...], letters: Letters, moved: Moved
    ) -> Number:
        for test, body in branches:
            if test is None or self._holds(test, letters, moved):
                return self.value(body, letters, moved)
        return self.mp.mpf(0)

    def _holds(self, test: Test, letters: Letters, moved: Moved) -> bool:
        left, right = self.value(test.left, letters, moved), self.value(test.right, letters, moved)
        if test.relation in ("=", "!="):
            return bool((abs(left - right) < self.mp.mpf(10) ** -25) == (test.relation == "="))
        return bool(_COMPARE[test.relation](left, right))

    def _slope(self, slope: Slope, letters: Letters, moved: Moved) -> Number:
        at = tuple(_position(index, letters) for index in slope.by.at)
        held = tuple((name, (), None) for name in sorted(slope.fixed))
        one = self.value(slope.of, letters, (*held, (slope.by.name, at, self.step), *moved))
        other = self.value(slope.of, letters, (*held, (slope.by.name, at, -self.step), *moved))
        return (one - other) / (2 * self.step)


def _outer(moved: Moved) -> Moved:
    """The moves of the slopes around the one that holds its first name."""
    own = next(k for k, (_, _, by) in enumerate(moved) if by is not None)
    return moved[own + 1 :]


def _position(index: Index, letters: Letters) -> int:
    if isinstance(index, Place):
        return index.number
    if index.name not in letters:
        raise Undefined(f"the index {index.name} is free")
    return letters[index.name]


def _told(
    world: World, left: Term, right: Term
) -> list[tuple[str, tuple[Entry, Any, Fraction, Term]]]:
    """The free array of a fact: its entry, the letter summed over, a factor, the rest."""
    for one, other in ((left, right), (right, left)):
        axis = one.letter if isinstance(one, Total) and one.guard is None else None
        body = one.body if isinstance(one, Total) else one
        factor = Fraction(1)
        if (
            isinstance(body, Times)
            and len(body.factors) == 2
            and isinstance(body.factors[0], Constant)
        ):
            factor, body = body.factors[0].value, body.factors[1]
        if isinstance(body, Entry) and body.name in world.free:
            sign, mirror = Fraction(1), other
            if (
                isinstance(other, Times)
                and len(other.factors) == 2
                and other.factors[0] == Constant(Fraction(-1))
            ):
                sign, mirror = Fraction(-1), other.factors[1]
            if isinstance(mirror, Entry) and mirror.name == body.name:
                return [(body.name, (body, "mirror", sign, other))]
            return [(body.name, (body, axis, factor, other))]
    return []


def _logarithm(mp: Any, u: Number) -> Number:
    if u <= 0:
        raise Undefined("a logarithm of what is not positive")
    return mp.log(u)


def _root(mp: Any, u: Number) -> Number:
    if u < 0:
        raise Undefined("a root of what is negative")
    return mp.sqrt(u)


_COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_FUNCTIONS: dict[str, Callable[[Any, Number], Number]] = {
    "sigmoid": lambda mp, z: 1 / (1 + mp.exp(-z)),
    "tanh": lambda mp, z: mp.tanh(z),
    "exp": lambda mp, z: mp.exp(z),
    "log": _logarithm,
    "sqrt": _root,
    "sin": lambda mp, z: mp.sin(z),
    "cos": lambda mp, z: mp.cos(z),
    "arctan": lambda mp, z: mp.atan(z),
    "softplus": lambda mp, z: mp.log(1 + mp.exp(z)),
    "relu": lambda mp, z: z if z > 0 else mp.mpf(0),
    "abs": lambda mp, z: abs(z),
    "sign": lambda mp, z: mp.sign(z),
    "erf": lambda mp, z: mp.erf(z),
    "Phi": lambda mp, z: mp.ncdf(z),
}
