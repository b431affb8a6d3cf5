"""Values by brute force: loops over components, and derivatives by complex steps.

Nothing here knows a rule of calculus or a tensor: a definition is computed entry by entry, a sum by
a loop, and a partial by moving one entry by ``i·10⁻³⁰`` and computing everything again.
"""

from __future__ import annotations

import cmath
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from benchmarks.indices.terms import (
    Add,
    Call,
    Cases,
    Entry,
    Index,
    Kronecker,
    Mul,
    Number,
    Partial,
    Quotient,
    Size,
    Slope,
    Square,
    Statement,
    Sum,
    Term,
)

STEP = 1e-30
CLOSE = 1e-9

Place = tuple[int, ...]
Env = Mapping[str, int]


class Senseless(Exception):
    """A letter that nothing binds, or an index beyond its axis."""


@dataclass
class World:
    """Sizes, values of the given arrays, definitions; one entry may be moved."""

    sizes: Mapping[str, int]
    shapes: Mapping[str, tuple[str, ...]]
    given: Mapping[tuple[str, Place], complex]
    definitions: Mapping[str, Sequence[tuple[Entry, Term]]]
    moved: tuple[str, Place] | None = None
    known: dict[tuple[str, Place], complex] = field(default_factory=dict)
    steps: dict[tuple[str, Place], World] = field(default_factory=dict)

    def entry(self, name: str, place: Place) -> complex:
        """The value of one entry."""
        key = name, place
        if key not in self.known:
            if any(not 1 <= at <= self.sizes[axis] for at, axis in self._checked(name, place)):
                raise Senseless(f"{name}{place} is beyond its axis")
            value = self.given[key] if key in self.given else self._defined(name, place)
            self.known[key] = value + (STEP * 1j if key == self.moved else 0)
        return self.known[key]

    def _checked(self, name: str, place: Place) -> Iterator[tuple[int, str]]:
        return zip(place, self.shapes[name], strict=True)

    def _defined(self, name: str, place: Place) -> complex:
        for head, body in self.definitions[name]:
            env: dict[str, int] = {}
            for index, at in zip(head.indices, place, strict=True):
                if isinstance(index, Index):
                    env[index.letter] = at
                elif index != at:
                    break
            else:
                return self.value(body, env)
        raise Senseless(f"{name}{place} is not defined")

    def derivative(self, of: tuple[str, Place], by: tuple[str, Place]) -> complex:
        """The partial of one entry by another one, all between them computed anew."""
        self.entry(*by)  # it must be there
        if by not in self.steps:
            self.steps[by] = World(self.sizes, self.shapes, self.given, self.definitions, by)
        return self.steps[by].entry(*of).imag / STEP

    def place(self, entry: Entry, env: Env) -> tuple[str, Place]:
        return entry.name, tuple(_number(index, env) for index in entry.indices)

    def value(self, term: Term, env: Env) -> complex:
        """The value of an expression, its free letters given."""
        match term:
            case Number(value):
                return complex(value)
            case Size(axis):
                return self.sizes[axis]
            case Entry():
                return self.entry(*self.place(term, env))
            case Sum():
                top = self.sizes[term.upto or term.index.axis] - term.fewer
                letter = term.index.letter
                return sum(
                    (self.value(term.body, {**env, letter: at}) for at in range(term.low, top + 1)),
                    0j,
                )
            case Add(terms):
                return sum((self.value(part, env) for part in terms), 0j)
            case Mul(factors):
                result = 1 + 0j
                for factor in factors:
                    result *= self.value(factor, env)
                return result
            case Quotient(above, below):
                return self.value(above, env) / self.value(below, env)
            case Square(base):
                return self.value(base, env) ** 2
            case Call(function, argument):
                return FUNCTIONS[function](self.value(argument, env))
            case Slope(function, value):
                return SLOPES[function](self.value(value, env))
            case Kronecker(one, other):
                return complex(_number(one, env) == _number(other, env))
            case Cases(one, other, same, apart):
                alike = _number(one, env) == _number(other, env)
                return self.value(same if alike else apart, env)
            case Partial(of, by):
                return self.derivative(self.place(of, env), self.place(by, env))
        raise TypeError(term)


def _number(index: Index | int, env: Env) -> int:
    if not isinstance(index, Index):
        return index
    if index.letter not in env:
        raise Senseless(f"nothing binds {index.letter}")
    return env[index.letter]


FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sigmoid": lambda z: 1 / (1 + cmath.exp(-z)),
    "tanh": cmath.tanh,
    "identity": lambda z: z,
    "exp": cmath.exp,
    "log": cmath.log,
}
SLOPES: dict[str, Callable[[complex], complex]] = {
    "sigmoid": lambda h: h * (1 - h),
    "tanh": lambda h: 1 - h * h,
    "identity": lambda h: 1,
}
"""The slope of an activation by its value."""


def world(
    statements: Sequence[Statement],
    shapes: Mapping[str, tuple[str, ...]],
    sizes: Mapping[str, int],
    shares: Mapping[str, str],
    seed: int,
) -> World:
    """A world at seeded values. Arrays in ``shares`` sum to 1 over an axis ("one": one-hot)."""
    rng = random.Random(seed)
    definitions: dict[str, list[tuple[Entry, Term]]] = {}
    for each in statements:
        if each.kind != "claim":
            assert isinstance(each.head, Entry)
            definitions.setdefault(each.head.name, []).append((each.head, each.sides[-1]))
    given: dict[tuple[str, Place], complex] = {}
    for name in sorted(set(shapes) - set(definitions)):
        ranges = [range(1, sizes[axis] + 1) for axis in shapes[name]]
        if name in shares:
            for front in product(*ranges[:-1]):
                for at, share in zip(ranges[-1], _shares(rng, len(ranges[-1]), seed), strict=True):
                    given[name, (*front, at)] = share
            continue
        for place in product(*ranges):
            given[name, place] = rng.uniform(0.2, 0.9) * (
                1 if name in POSITIVE else rng.choice([-1, 1])
            )
    return World(sizes, shapes, given, definitions)


POSITIVE = frozenset({"y", "lambda"})


def _shares(rng: random.Random, count: int, seed: int) -> list[float]:
    """Labels of one sample: one-hot at every second seed, shares that sum to 1 at the others."""
    if seed % 2:
        hot = rng.randrange(count)
        return [float(at == hot) for at in range(count)]
    parts = [rng.uniform(0.1, 1) for _ in range(count)]
    return [part / sum(parts) for part in parts]


def letters_of(head: Entry | Partial) -> dict[str, Index]:
    """The letters that stand free on the left."""
    entries = [head] if isinstance(head, Entry) else [head.of, head.by]
    found = [index for entry in entries for index in entry.indices if isinstance(index, Index)]
    return {index.letter: index for index in found}


def values(world: World, head: Entry | Partial, term: Term) -> list[complex] | None:
    """All components of a side, in order; None: it makes no sense as written."""
    letters = letters_of(head)
    ranges = [range(1, world.sizes[index.axis] + 1) for index in letters.values()]
    try:
        return [
            world.value(term, dict(zip(letters, place, strict=True))) for place in product(*ranges)
        ]
    except (Senseless, ZeroDivisionError, KeyError):
        return None


def equal(one: Sequence[complex] | None, other: Sequence[complex] | None) -> bool:
    """Whether two lists of components agree to nine digits."""
    if one is None or other is None:
        return False
    largest = max(abs(value) for value in (*one, *other, 1e-3))
    return all(abs(a - b) <= CLOSE * largest for a, b in zip(one, other, strict=True))


def factor(truth: Sequence[complex] | None, claim: Sequence[complex] | None) -> float | None:
    """The positive constant that truth ÷ claim is at all components; None: there is none."""
    if truth is None or claim is None:
        return None
    if all(abs(value) < CLOSE for value in (*truth, *claim)):
        return 1.0
    if any((abs(a) < CLOSE) != (abs(b) < CLOSE) for a, b in zip(truth, claim, strict=True)):
        return None
    ratios = [a / b for a, b in zip(truth, claim, strict=True) if abs(b) >= CLOSE]
    first = ratios[0].real
    if first <= 0 or any(abs(ratio - first) > CLOSE * abs(first) for ratio in ratios):
        return None
    return first
