"""Arithmetic modulo primes, several points at once: the first dimension of every array.

Each point has its own prime below 2³¹, so that a product of two residues fits 64 bits; sums are
over reduced values. Functions that are no rational functions are random functions of the residue:
the same for the same argument, with the relations that make them what they are. ``e^z`` is
``a/(1-a)`` with a random ``a = σ(z)`` and ``σ(-z) = 1 - σ(z)``, so that ``σ(z) = 1/(1+e^{-z})``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field.refused import Refused

Array = NDArray[Any]

PRIMES = (2147260631, 2146303871, 2143697111)
"""-1 is a square in none of them; all primes below 50 are squares in each, as in the reals."""

HEIGHT = 1000
"""Numerators and denominators of constants that an author may leave out."""

_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_STEP = 0x9E3779B97F4A7C15


class Residues:
    """Points over the primes in turn. ``bad`` marks are arrays of what has no value."""

    exact = True

    def __init__(self, points: int, seed: int) -> None:
        self.points = points
        self.lead = points
        primes = [PRIMES[(seed + k) % len(PRIMES)] for k in range(points)]
        self.primes = np.array(primes, dtype=np.int64)
        self.random = np.random.default_rng([seed, points])
        self.keys = self.random.integers(1, 2**63, points, dtype=np.uint64)
        self.decides_zero = False
        """Whether real numbers that are compared are labels, whose residues say what they are."""
        self._shapes: dict[int, Array] = {}
        self._numbers: dict[bytes, tuple[Array, Array | None]] = {}
        self._kinds: dict[str, int] = {}
        self._constants: dict[Fraction, Array] = {}
        self._logs: dict[bytes, tuple[Array, Array]] = {}

    def modulus(self, rank: int) -> Array:
        """The primes, shaped to go with arrays of that many dimensions."""
        found = self._shapes.get(rank)
        if found is None:
            found = self._shapes[rank] = self.primes.reshape((-1,) + (1,) * (rank - 1))
        return found

    def reduced(self, values: Array) -> Array:
        """What is left modulo the primes."""
        if values.size < 1500 or values.shape[0] != self.points:
            return values % self.modulus(values.ndim)
        for first, prime in enumerate(self.primes[: len(PRIMES)].tolist()):
            rows = values[first :: len(PRIMES)]  # the primes take turns
            rows -= rows // prime * prime
        return values

    def constant(self, value: Fraction) -> Array:
        found = self._constants.get(value)
        if found is None:
            primes = self.primes.tolist()
            if value and any(not value.numerator * value.denominator % p for p in primes):
                raise Refused("constant", "a number that one of the primes divides")
            numbers = [value.numerator * pow(value.denominator, -1, p) % p for p in primes]
            found = self._constants[value] = np.array(numbers, dtype=np.int64)
        return found

    def integers(self, values: Array) -> Array:
        return values[None].astype(np.int64)

    def draw(self, shape: tuple[int, ...]) -> Array:
        """Fresh residues, none of them 0."""
        found: Array = self.random.integers(1, 2**62, (self.points, *shape))
        return np.asarray(found % (self.modulus(found.ndim) - 1) + 1)

    def add(self, one: Array, other: Array) -> Array:
        return self.reduced(one + other)

    def negative(self, values: Array) -> Array:
        return self.reduced(-values)

    def multiply(self, one: Array, other: Array) -> Array:
        return self.reduced(one * other)

    def total(self, values: Array, axis: int) -> Array:
        return self.reduced(np.asarray(np.add.reduce(values, axis)))

    def inverse(self, values: Array) -> tuple[Array, Array | None]:
        if values.ndim == 1:
            return self._inverse_number(values)
        bad = values == 0
        if not bad.any():
            return self._inverse(values), None
        return self._inverse(np.where(bad, 1, values)), bad

    def _inverse_number(self, values: Array) -> tuple[Array, Array | None]:
        """Of a number, which is likely to be asked for again (1/N)."""
        key = values.tobytes()
        if key not in self._numbers:
            pairs = zip(
                np.broadcast_to(values, self.points).tolist(), self.primes.tolist(), strict=True
            )
            inverses = [pow(x or 1, -1, p) for x, p in pairs]
            bad = values == 0
            self._numbers[key] = np.array(inverses, dtype=np.int64), bad if bad.any() else None
        return self._numbers[key]

    def _inverse(self, values: Array) -> Array:
        """By products of pairs, so that few are inverted by themselves."""
        values = np.broadcast_to(values, (self.points, *values.shape[1:]))
        flat = values.reshape(self.points, -1)
        return self._inverses(flat).reshape(values.shape)

    def _inverses(self, flat: Array) -> Array:
        count = flat.shape[1]
        if count <= 2:
            rows = zip(flat.tolist(), self.primes.tolist(), strict=True)
            return np.array([[pow(x, -1, p) for x in row] for row, p in rows], dtype=np.int64)
        half = count // 2
        one, other = flat[:, :half], flat[:, half : 2 * half]
        both = self._inverses(self.multiply(one, other))
        found = [self.multiply(both, other), self.multiply(both, one)]
        if count % 2:
            found.append(self._inverses(flat[:, -1:]))
        return np.concatenate(found, axis=1)

    def power(self, values: Array, exponent: int) -> Array:
        result: Array | None = None
        while exponent:
            if exponent & 1:
                result = values if result is None else self.multiply(result, values)
            exponent >>= 1
            if exponent:
                values = self.multiply(values, values)
        return self.constant(Fraction(1)) if result is None else result

    def random_of(self, kind: str, *arguments: Array) -> Array:
        """A residue that is random, and the same for the same arguments: 2 or more."""
        key = self._kinds.setdefault(kind, len(self._kinds) + 1)
        state = self.keys + np.uint64(key * _STEP % 2**64)
        rank = max(a.ndim for a in arguments)
        mixed = state.reshape((-1,) + (1,) * (rank - 1))
        for argument in arguments:
            mixed = _mixed(mixed ^ argument.astype(np.uint64))
        modulus = self.modulus(rank)
        found: Array = (mixed >> np.uint64(1)).astype(np.int64) % (modulus - 3) + 2
        return found

    def signed(self, values: Array) -> tuple[Array, Array]:
        """One of ``z`` and ``-z``, the same for both, and where it is ``-z``."""
        modulus = self.modulus(values.ndim)
        turned = values > modulus // 2
        return np.where(turned, modulus - values, values), turned

    def sigmoid(self, values: Array) -> Array:
        kind, turned = self.signed(values)
        found = self.random_of("sigmoid", kind)
        found = np.where(turned, self.modulus(values.ndim) + 1 - found, found)
        zero = values == 0
        return np.where(zero, _half(self.modulus(values.ndim)), found) if zero.any() else found

    def exponential(self, values: Array) -> Array:
        if self._logs:
            return self._exponential_of_logs(values)
        return self._exponential(values)

    def _exponential(self, values: Array) -> Array:
        return self.multiply(
            self.sigmoid(values), self._inverse(self.sigmoid(self.negative(values)))
        )

    def _exponential_of_logs(self, values: Array) -> Array:
        """``e^{log u}`` is u: logarithms are looked up by their residues."""
        powers = self._exponential(values)
        found = powers.reshape(self.points, -1).copy()
        flat = np.broadcast_to(values, powers.shape).reshape(self.points, -1)
        for logs, of in self._logs.values():
            for point in range(self.points):
                order = np.argsort(logs[point])
                known = logs[point][order]
                place = np.minimum(np.searchsorted(known, flat[point]), known.size - 1)
                hit = known[place] == flat[point]
                found[point][hit] = of[point][order][place[hit]]
        return found.reshape(powers.shape)

    def logarithm(self, values: Array) -> tuple[Array, Array | None]:
        full = np.broadcast_to(values, (self.points, *values.shape[1:]))
        found = np.where(full == 1, 0, self.random_of("log", full))
        flat = full.reshape(self.points, -1)
        self._logs[flat.tobytes()] = (found.reshape(self.points, -1), flat)
        return found, _any(values == 0)

    def root(self, values: Array) -> tuple[Array, Array | None]:
        """A free root: its square is not known, only which radicand it belongs to."""
        found = self.random_of("root", values)
        return np.where(values <= 1, values, found), None

    def circle(self, values: Array) -> tuple[Array, Array]:
        """Sine and cosine: a random point of the unit circle."""
        kind, turned = self.signed(values)
        slope = self.random_of("circle", kind)
        slope = np.where(turned, self.modulus(values.ndim) - slope, slope)
        slope = np.where(values == 0, 0, slope)
        square = self.multiply(slope, slope)
        scale = self._inverse(self.reduced(square + 1))
        return self.multiply(self.reduced(2 * slope), scale), self.multiply(
            self.reduced(1 - square), scale
        )

    def odd(self, kind: str, values: Array) -> Array:
        """A random odd function."""
        part, turned = self.signed(values)
        found = self.random_of(kind, part)
        found = np.where(turned, self.modulus(values.ndim) - found, found)
        return np.where(values == 0, 0, found)

    def positive(self, values: Array) -> tuple[Array, Array | None]:
        """A free indicator m of ``z > 0``, with ``m(-z) = 1 - m(z)``."""
        part, turned = self.signed(values)
        found = self.random_of("positive", part)
        if self.decides_zero:
            for whole in (1, 2, 3, 4, 5, 10):
                multiple = self.reduced(values * whole)
                small = np.minimum(multiple, self.modulus(values.ndim) - multiple) <= HEIGHT
                above = (multiple <= HEIGHT) != turned
                found = np.where(small, above.astype(np.int64), found)
        found = np.where(turned, self.modulus(values.ndim) + 1 - found, found)
        return np.where(values == 0, 0, self.reduced(found)), None

    def zero(self, values: Array) -> tuple[Array, Array | None]:
        """A free indicator of ``z = 0`` between real numbers; 1 where it always is."""
        if self.decides_zero:
            return (values == 0).astype(np.int64), None
        part, _ = self.signed(values)
        return np.where(values == 0, 1, self.random_of("zero", part)), None

    def abstract(self, name: str, order: int, by: int, arguments: list[Array]) -> Array:
        return self.random_of(f"{name} {order} {by if order else 0}", *arguments)

    def chosen(self, values: Array, axis: int, sense: int) -> tuple[Array, Array | None]:
        """Free indicators, along an axis, of where the extreme value is: they sum to 1."""
        moved = np.moveaxis(values, axis, -1)
        differences = self.reduced(moved - moved[..., :1])
        keys = [differences[..., k] for k in range(moved.shape[-1])]
        kind = f"chosen {sense}"
        found = [self.random_of(f"{kind} {k}", *keys) for k in range(1, len(keys))]
        rest: Array = self.reduced(1 - sum(found, np.zeros_like(keys[0])))
        return np.moveaxis(np.stack([rest, *found], axis=-1), -1, axis), None


def _half(modulus: Array) -> Array:
    half: Array = (modulus + 1) // 2
    return half


def _any(bad: Array) -> Array | None:
    return bad if bad.any() else None


def _mixed(state: Array) -> Array:
    """One round of splitmix64: every bit of the state counts for every bit of the result."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(_MIX[0])
    state = (state ^ (state >> np.uint64(27))) * np.uint64(_MIX[1])
    found: Array = state ^ (state >> np.uint64(31))
    return found


def rational(residue: int, prime: int, height: int) -> Fraction | None:
    """The fraction of small height that a residue stands for, by Euclid's algorithm."""
    before, now, above, below = prime, residue, 0, 1
    while now > height:
        quotient = before // now
        before, now = now, before - quotient * now
        above, below = below, above - quotient * below
    if below == 0 or abs(below) > height:
        return None
    return Fraction(now, below)
