"""The field in which two sides are compared: rational functions of independent generators.

Names are generators; so is every application of a function to an argument that is new, and the
argument, an element of the field itself, tells whether it is. What keeps them independent:

- exponentials: exponents are compared by linear algebra over the rationals, so that ``e^{-z}``,
  ``σ(z)`` and ``tanh(z/2)`` all come out as rational functions of one generator. That one is
  ``σ(z)`` if it is met first (then ``e^z = A/(1-A)``), ``tanh(z)`` likewise, else ``e^z``.
- logarithms: the argument is split into irreducible factors, and ``log e^u = u``. That the
  factors are positive is assumed, and recorded.
- square roots: of distinct irreducible factors; r² is replaced by what it is the root of.
- sine and cosine: rational functions of the tangent of half the angle.
- an abstract ``g`` and its derivatives: independent values, one for every argument.

By the structure theorem of Risch (1979) exponentials of exponents that are independent over the
rationals, and logarithms of multiplicatively independent arguments, are algebraically
independent as functions, and an element is zero as a function iff it is zero here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.combination import linear_combination
from gradcheck.evidence.symbolic.decision import Refinement, Undecided
from gradcheck.evidence.symbolic.factorisation import factors
from gradcheck.evidence.symbolic.polynomial import (
    LANE,
    MAX_GENERATORS,
    Budget,
    Polynomial,
    lane_mask,
)
from gradcheck.evidence.symbolic.rational import MAX_POWER, ONE, Rational
from gradcheck.language.expression import Name
from gradcheck.language.functions import FUNCTIONS

Result = tuple[Rational, tuple[Rational, ...]]
"""An element, and what was taken to be positive in computing it."""

MAX_DIVISOR = 12
_MAX_INTEGER_IN_LOG = 10**6


@dataclass(frozen=True, slots=True)
class Generator:
    """What a generator stands for: a name, or a function (with primes) of an element.

    ``function`` is empty for a name; ``root`` for a square root; ``half-tangent`` of the argument.
    ``name`` is the name, or that of an abstract function.
    """

    function: str
    order: int = 0
    argument: Rational | None = None
    name: Name | None = None

    @property
    def has_kink(self) -> bool:
        return self.function in FUNCTIONS and FUNCTIONS[self.function].kink is not None


@dataclass(slots=True)
class _Base:
    """An exponent (or angle) that the later ones are combinations of, and its exponential."""

    exponent: Rational
    value: Rational  # exp(exponent), or tan(angle / 2)
    lane: int


class Tower:
    """The generators met so far. ``divisor``: every new exponent is divided by it."""

    def __init__(self, budget: Budget, divisor: int = 1) -> None:
        self.budget = budget
        self.divisor = divisor
        self.generators: list[Generator] = []
        self.sample_mask = 0  # the lanes of the generators that have one value a sample
        self.constants: set[int] = set()  # the lanes of names that stand for positive constants
        self._assumed: dict[Rational, None] = {}  # taken to be positive, by what is computed now
        self._ever_assumed: dict[Rational, None] = {}
        self._symbols: dict[str, Rational] = {}
        self._applications: dict[tuple[str, int, Rational], Result] = {}
        self._formal: dict[tuple[str, Rational], Rational] = {}  # logarithms and roots
        self._exponentials: list[_Base] = []
        self._angles: list[_Base] = []
        self._log_signs: dict[Rational, tuple[int, Rational]] = {}
        self._log_lanes: dict[int, Rational] = {}  # lane of a logarithm → its argument
        self._roots: dict[int, Rational] = {}  # lane of a root → what it is the root of
        self._root_mask = 0

    # -- elements -----------------------------------------------------------------------------

    def number(self, value: Fraction | int) -> Rational:
        return Rational.number(value, self.budget)

    def symbol(self, name: Name, per_sample: bool, signed: bool = False) -> Rational:
        """The generator of a name; one that is not ``signed`` is a positive constant."""
        found = self._symbols.get(name.key)
        if found is None:
            found = self._symbols[name.key] = self._new(Generator("", name=name), per_sample)
            if not signed:
                self.constants.add(len(self.generators) - 1)
        return found

    def is_per_sample(self, element: Rational) -> bool:
        return element.uses(self.sample_mask)

    def apply(self, head: Name, order: int, argument: Rational) -> Result:
        """A known function (order 0), or any other one taken as abstract, of an element."""
        key = (head.key, order, argument)
        found = self._applications.get(key)
        if found is None:
            rule = _RULES.get(head.key) if order == 0 else None
            if rule is None:
                found = self._opaque(head, order, argument), ()
            else:
                found = self._recording(lambda: rule(self, argument))
            self._applications[key] = found
        return found

    def _recording(self, compute: Callable[[], Rational]) -> Result:
        """An element together with what is taken to be positive in computing it."""
        self._assumed = {}
        element = compute()
        return element, tuple(self._assumed)

    @property
    def has_roots(self) -> bool:
        """Whether a square root was met, so that elements have to be reduced to be compared."""
        return bool(self._root_mask)

    def reduce(self, element: Rational) -> Rational:
        """Replace the squares of square roots, and clear roots from the denominator."""
        if not self._root_mask or not element.uses(self._root_mask):
            return element
        for lane, radicand in self._roots.items():
            mask = lane_mask(lane)
            if not element.uses(mask):
                continue
            top, top_root = self._split(element.numerator, lane, radicand)
            under, under_root = self._split(element.denominator, lane, radicand)
            root = Rational(poly.generator(lane), ONE, self.budget)
            if under_root.is_zero:
                element = top / under + root * (top_root / under)
            else:
                norm = under * under - under_root * under_root * radicand
                element = (top * under - top_root * under_root * radicand) / norm + root * (
                    (top_root * under - top * under_root) / norm
                )
        return element

    def power(self, base: Rational, exponent: Rational) -> Result:
        """base ^ exponent: integers, halves, and symbolic exponents as exp(exponent · log base)."""
        return self._recording(lambda: self._power(base, exponent))

    def _power(self, base: Rational, exponent: Rational) -> Rational:
        number = exponent.as_number
        if number is None:
            return self.exponential(exponent * self.logarithm(base))
        return self.reduce(self._power_of(base, number))

    def _power_of(self, base: Rational, exponent: Fraction) -> Rational:
        if exponent.denominator == 1:
            return base ** _small(exponent.numerator)
        if exponent.denominator == 2:
            return self.square_root(base) ** _small(exponent.numerator)
        raise Undecided(f"the exponent {exponent}")

    # -- exponentials -------------------------------------------------------------------------

    def exponential(self, exponent: Rational) -> Rational:
        """exp of an element, as a product of powers of the exponentials there are."""
        found = self._product_of_exponentials(exponent)
        if found is None:
            base = exponent / self.number(self.divisor)
            found = self._add_exponential(Generator("exp", argument=base), base) ** self.divisor
        return found

    def sigmoid(self, argument: Rational) -> Rational:
        found = self._product_of_exponentials(argument)
        if found is None and self.divisor == 1:
            generator = Generator("sigmoid", argument=argument)
            value = self._add_exponential(generator, argument)
            one = self.number(1)
            self._exponentials[-1].value = value / (one - value)
            return value
        found = self.exponential(argument) if found is None else found
        return found / (self.number(1) + found)

    def tanh(self, argument: Rational) -> Rational:
        one, doubled = self.number(1), argument + argument
        found = self._product_of_exponentials(doubled)
        if found is None and self.divisor == 1:
            value = self._add_exponential(Generator("tanh", argument=argument), doubled)
            self._exponentials[-1].value = (one + value) / (one - value)
            return value
        found = self.exponential(doubled) if found is None else found
        return (found - one) / (found + one)

    def _add_exponential(self, generator: Generator, exponent: Rational) -> Rational:
        self._no_roots(exponent)
        value = self._new(generator, self.is_per_sample(exponent))
        self._exponentials.append(_Base(exponent, value, len(self.generators) - 1))
        return value

    def _product_of_exponentials(self, exponent: Rational) -> Rational | None:
        """exp of a rational combination of earlier exponents and of logarithms, if it is one."""
        if exponent.is_zero:
            return self.number(1)
        bases = [base.exponent for base in self._exponentials]
        logarithms = [
            (Rational(poly.generator(lane), ONE, self.budget), argument)
            for lane, argument in self._log_lanes.items()
            if exponent.uses(lane_mask(lane))
        ]
        weights = self._combination(exponent, [*bases, *(log for log, _ in logarithms)])
        if weights is None:
            return None
        product = self.number(1)
        for weight, (_, argument) in zip(weights[len(bases) :], logarithms, strict=True):
            product = product * self._power_of(argument, weight)
        whole = self._whole(weights[: len(bases)])
        for base, power in zip(self._exponentials, whole, strict=True):
            product = product * base.value**power
        return self.reduce(product)

    def _combination(self, element: Rational, bases: Sequence[Rational]) -> list[Fraction] | None:
        """Weights q with element = Σ q · base; None if there are none."""
        return linear_combination(element, bases, self.budget) if bases else None

    def _whole(self, weights: Sequence[Fraction]) -> list[int]:
        """The weights as integers. Raises Refinement if they are not."""
        divisor = lcm(*(weight.denominator for weight in weights))
        if divisor > 1:
            if divisor * self.divisor > MAX_DIVISOR:
                raise Undecided("an exponential of too small a fraction of an exponent")
            raise Refinement(divisor * self.divisor)
        return [_small(weight.numerator) for weight in weights]

    # -- logarithms ---------------------------------------------------------------------------

    def logarithm(self, element: Rational) -> Rational:
        """log of an element, as a sum over its irreducible factors."""
        if element.is_zero:
            raise Undecided("the logarithm of something that is always zero")
        self._no_roots(element)
        top, above = factors(element.numerator, self.budget)
        bottom, below = factors(element.denominator, self.budget)
        parts = above + [(part, -exponent) for part, exponent in below]
        total = self._log_of_number(Fraction(abs(top), abs(bottom)))
        sign = 1 if top > 0 else -1
        for part, exponent in parts:
            if exponent % 2:
                sign *= self._sign_assumed(part)
        for part, exponent in parts:
            if sign < 0 and exponent % 2 and self._flip(part):
                sign = 1
            total = total + self._log_of_factor(part) * self.number(exponent)
        if sign < 0:
            raise Undecided("the logarithm of something negative")
        return total

    def softplus(self, argument: Rational) -> Rational:
        sigmoid = self.sigmoid(argument)
        return -self.logarithm(self.number(1) - sigmoid)

    def bell(self, argument: Rational) -> Rational:
        """The density of the standard normal distribution: ``e^{-u²/2} / √(2π)``."""
        two = self.number(2)
        power = self.exponential(self.reduce(-(argument * argument) / two))
        return self.reduce(power / self.square_root(two * self.symbol(Name("pi"), False)))

    def _log_of_number(self, value: Fraction) -> Rational:
        total = self.number(0)
        for integer, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, exponent in _prime_factors(integer):
                log = self._log_generator(self.number(prime))
                total = total + log * self.number(sign * exponent)
        return total

    def _log_of_factor(self, part: Polynomial) -> Rational:
        """log of an irreducible polynomial, or of its negative where that is the positive one."""
        signed = Rational(poly.scale(part, self._sign_assumed(part)), ONE, self.budget)
        one = self.number(1)
        for base in self._exponentials:
            kind = self.generators[base.lane].function
            value = Rational(poly.generator(base.lane), ONE, self.budget)
            if kind == "exp" and signed == value:
                return base.exponent
            if (kind == "sigmoid" and signed == value) or (
                kind == "tanh" and signed == one + value
            ):
                return base.exponent + self._log_generator(one - value)
        return self._log_generator(signed)

    def _log_generator(self, argument: Rational) -> Rational:
        key = ("log", argument)
        found = self._formal.get(key)
        if found is None:
            generator = Generator("log", argument=argument)
            found = self._formal[key] = self._new(generator, self.is_per_sample(argument))
            self._log_lanes[len(self.generators) - 1] = argument
        self._assume(argument)
        return found

    def _sign_assumed(self, part: Polynomial) -> int:
        """1 or −1: which of the polynomial and its negative is taken to be positive."""
        element = Rational(part, ONE, self.budget)
        known = self._log_signs.get(element)
        if known is None:
            for base in self._exponentials:
                if self.generators[base.lane].function in ("sigmoid", "tanh"):
                    value = Rational(poly.generator(base.lane), ONE, self.budget)
                    if -element == self.number(1) - value:
                        return -1
            return 1
        return known[0]

    def _flip(self, part: Polynomial) -> bool:
        """Take the negative of a polynomial to be positive, if nothing is settled about it yet."""
        element = Rational(part, ONE, self.budget)
        if element in self._log_signs or len(part) == 1 or self._sign_assumed(part) < 0:
            return False
        if element in self._ever_assumed or self.is_positive(element):
            return False
        self._log_signs[element] = (-1, element)
        return True

    def _assume(self, element: Rational) -> None:
        if not self.is_positive(element):
            self._assumed[element] = None
            self._ever_assumed[element] = None

    def is_positive(self, element: Rational) -> bool:
        """Whether it is positive whatever the values: numbers, e^u, σ(u), 1 − σ(u), 1 ± tanh(u)."""
        above, below = self._sign(element.numerator), self._sign(element.denominator)
        return above * below > 0

    def _sign(self, polynomial: Polynomial) -> int:
        """1 or −1 where every value has that sign; 0 where that is not seen."""
        for sign in (1, -1):
            signed = poly.scale(polynomial, sign)
            if self._has_positive_terms(signed) or self._is_complement(signed):
                return sign
        return 0

    def _is_complement(self, polynomial: Polynomial) -> bool:
        """1 − σ(u), 1 ± tanh(u)."""
        one, element = self.number(1), Rational(polynomial, ONE, self.budget)
        for base in self._exponentials:
            value = Rational(poly.generator(base.lane), ONE, self.budget)
            kind = self.generators[base.lane].function
            if kind in ("sigmoid", "tanh") and element == one - value:
                return True
            if kind == "tanh" and element == one + value:
                return True
        return False

    def _has_positive_terms(self, polynomial: Polynomial) -> bool:
        return all(value > 0 for value in polynomial.values()) and all(
            self._positive_monomial(monomial) for monomial in polynomial
        )

    def _positive_monomial(self, monomial: int) -> bool:
        return all(
            exponent % 2 == 0
            or self.generators[lane].function in ("exp", "sigmoid", "root")
            or lane in self.constants
            for lane, exponent in poly.exponents(monomial)
        )

    # -- roots, angles, abstract functions ----------------------------------------------------

    def square_root(self, element: Rational) -> Rational:
        """√ of an element: whole powers leave the root, each other factor has a root of its own."""
        if element.is_zero:
            return element
        self._no_roots(element)
        top, above = factors(element.numerator, self.budget)
        bottom, below = factors(element.denominator, self.budget)
        sign = 1 if top * bottom > 0 else -1
        value = self._root_of_number(Fraction(abs(top), abs(bottom)))
        for part, exponent in above + [(part, -exponent) for part, exponent in below]:
            if exponent % 2:
                sign *= self._sign_assumed(part)
        for part, exponent in above + [(part, -exponent) for part, exponent in below]:
            if exponent % 2 and sign < 0 and self._flip(part):
                sign = 1
            positive = Rational(poly.scale(part, self._sign_assumed(part)), ONE, self.budget)
            if exponent % 4 == 2:
                positive = self._modulus(positive)
            value = value * positive ** (exponent // 2)
            if exponent % 2:
                value = value * self._root(positive)
        if sign < 0:
            raise Undecided("the square root of something negative")
        return self.reduce(value)

    def _modulus(self, element: Rational) -> Rational:
        """|u| = √(u²), which is u where u is positive whatever the values."""
        if self.is_positive(element):
            return element
        return self.apply(Name("abs"), 0, element)[0]

    def _root_of_number(self, value: Fraction) -> Rational:
        root = self.number(1)
        for integer, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, exponent in _prime_factors(integer):
                root = root * self.number(prime) ** (sign * exponent // 2)
                if exponent % 2:
                    root = root * self._root(self.number(prime))
        return root

    def _root(self, radicand: Rational) -> Rational:
        """The square root of an irreducible element."""
        for base in self._exponentials:
            if self.generators[
                base.lane
            ].function == "exp" and radicand.numerator == poly.generator(base.lane):
                return self.exponential(base.exponent / self.number(2))
        key = ("root", radicand)
        found = self._formal.get(key)
        if found is None:
            generator = Generator("root", argument=radicand)
            found = self._formal[key] = self._new(generator, self.is_per_sample(radicand))
            lane = len(self.generators) - 1
            self._roots[lane] = radicand
            self._root_mask |= lane_mask(lane)
        self._assume(radicand)
        return found

    def _split(
        self, polynomial: Polynomial, lane: int, radicand: Rational
    ) -> tuple[Rational, Rational]:
        """(a, b) with polynomial = a + b·√radicand, the even powers of the root replaced."""
        parts = [self.number(0), self.number(0)]
        by_power: dict[int, Polynomial] = {}
        for monomial, value in polynomial.items():
            exponent = poly.exponent_of(monomial, lane)
            by_power.setdefault(exponent, {})[monomial - (exponent << (LANE * lane))] = value
        for exponent, coefficient in sorted(by_power.items()):
            term = Rational(coefficient, ONE, self.budget) * radicand ** (exponent // 2)
            parts[exponent % 2] = parts[exponent % 2] + term
        return parts[0], parts[1]

    def sine(self, argument: Rational) -> Rational:
        return self._sine_cosine(argument)[0]

    def cosine(self, argument: Rational) -> Rational:
        return self._sine_cosine(argument)[1]

    def _sine_cosine(self, argument: Rational) -> tuple[Rational, Rational]:
        one, zero = self.number(1), self.number(0)
        if argument.is_zero:
            return zero, one
        known = self._combination(argument, [angle.exponent for angle in self._angles])
        if known is None:
            self._no_roots(argument)
            base = argument / self.number(self.divisor)
            value = self._new(
                Generator("half-tangent", argument=base), self.is_per_sample(argument)
            )
            self._angles.append(_Base(base, value, len(self.generators) - 1))
            known = [Fraction(0)] * (len(self._angles) - 1) + [Fraction(self.divisor)]
        sine, cosine = zero, one
        for angle, weight in zip(self._angles, self._whole(known), strict=True):
            norm = one + angle.value * angle.value
            step_sine = (angle.value + angle.value) / norm
            step_cosine = (one - angle.value * angle.value) / norm
            for _ in range(abs(weight)):
                turn = step_sine if weight > 0 else -step_sine
                sine, cosine = (
                    sine * step_cosine + cosine * turn,
                    cosine * step_cosine - sine * turn,
                )
        return sine, cosine

    def _opaque(self, head: Name, order: int, argument: Rational) -> Rational:
        self._no_roots(argument)
        generator = Generator(head.key, order, argument, head)
        return self._new(generator, self.is_per_sample(argument))

    # -- inner --------------------------------------------------------------------------------

    def _no_roots(self, argument: Rational) -> None:
        """An argument with a root would be another key when it is written otherwise."""
        if self._root_mask and argument.uses(self._root_mask):
            raise Undecided("a function of a square root")

    def _new(self, generator: Generator, per_sample: bool) -> Rational:
        lane = len(self.generators)
        if lane >= MAX_GENERATORS:
            raise Undecided("too large")
        self.generators.append(generator)
        if per_sample:
            self.sample_mask |= lane_mask(lane)
        return Rational(poly.generator(lane), ONE, self.budget)


_RULES = {
    "exp": Tower.exponential,
    "log": Tower.logarithm,
    "sqrt": Tower.square_root,
    "sigmoid": Tower.sigmoid,
    "tanh": Tower.tanh,
    "softplus": Tower.softplus,
    "normal_pdf": Tower.bell,
    "sin": Tower.sine,
    "cos": Tower.cosine,
}


def _small(exponent: int) -> int:
    if abs(exponent) > MAX_POWER:
        raise Undecided(f"an exponent beyond {MAX_POWER}")
    return exponent


def _prime_factors(integer: int) -> list[tuple[int, int]]:
    if integer > _MAX_INTEGER_IN_LOG:
        raise Undecided("the logarithm or root of a large number")
    found = []
    prime = 2
    while prime * prime <= integer:
        exponent = 0
        while integer % prime == 0:
            integer //= prime
            exponent += 1
        if exponent:
            found.append((prime, exponent))
        prime += 1
    return [*found, (integer, 1)] if integer > 1 else found
