"""relu and abs: both sides in every case of the signs of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from gradcheck.evidence.symbolic import polynomial as poly
from gradcheck.evidence.symbolic.decision import Undecided
from gradcheck.evidence.symbolic.normal_form import NormalForm
from gradcheck.evidence.symbolic.polynomial import Budget, Polynomial, lane_mask
from gradcheck.evidence.symbolic.rational import ONE, Rational
from gradcheck.evidence.symbolic.tower import Generator, Tower

MAX_KINKS = 5


def cases(tower: Tower, *forms: NormalForm) -> Iterator[tuple[NormalForm, ...]]:
    """The forms with relu(u) = u or 0 and abs(u) = u or −u, for each choice of signs.

    The first derivatives are 1, 0 and ±1, the higher ones 0: the kink itself is left out, unless
    an argument is 0 throughout a case (relu' at relu(u)): there the slope is 0, as in programs.
    No case at all if there are no such functions. Raises Undecided if there are too many of them.
    """
    lanes = _kinks(tower, forms)
    if not lanes:
        return
    arguments = list(dict.fromkeys(_argument(tower, lane) for lane in lanes))
    if len(arguments) > MAX_KINKS:
        raise Undecided("too many functions with a kink")
    for signs in product((1, -1), repeat=len(arguments)):
        sign = dict(zip(arguments, signs, strict=True))
        values = _values(tower, lanes, sign)
        at_kink = [one for one in arguments if _put(one, values).is_zero]  # relu'(relu(u)), u < 0
        if any(sign[one] > 0 for one in at_kink):
            continue
        if at_kink:
            values = _values(tower, lanes, {**sign, **dict.fromkeys(at_kink, 0)})
        if not _consistent([(_put(one, values), chosen) for one, chosen in sign.items()]):
            continue
        yield tuple(
            NormalForm(_put(form.plain, values), _put(form.summed, values)) for form in forms
        )


def _kinks(tower: Tower, forms: tuple[NormalForm, ...]) -> list[int]:
    """The lanes of relu and abs that the forms use, or their arguments do, ascending."""
    found: set[int] = set()
    elements = [element for form in forms for element in (form.plain, form.summed)]
    while elements:
        element = elements.pop()
        for lane, generator in enumerate(tower.generators):
            inner = generator.has_kink or generator.function in ("log", *_EXPONENTIALS)
            if inner and lane not in found and element.uses(lane_mask(lane)):
                found.add(lane)
                elements.append(_argument(tower, lane))
    return sorted(lane for lane in found if tower.generators[lane].has_kink)


def _values(tower: Tower, lanes: list[int], sign: dict[Rational, int]) -> dict[int, Rational]:
    """What stands for each lane; sign 0 is the kink itself, where the slope is taken as 0."""
    # a later generator's argument may hold an earlier one, never the other way round
    kinks = {
        lane: _value(tower, tower.generators[lane], sign[_argument(tower, lane)])
        for lane in reversed(lanes)
    }
    inner = {**_again(tower, _EXPONENTIALS, kinks), **kinks}
    return {**_again(tower, {"log": Tower.logarithm}, inner), **inner}


def _again(
    tower: Tower,
    rules: Mapping[str, Callable[[Tower, Rational], Rational]],
    values: dict[int, Rational],
) -> dict[int, Rational]:
    """Functions of what has a kink: ``e^{-|z|}`` is ``e^{-z}`` or ``e^z``, no generator of its own.

    A logarithm only where its argument is positive in this case: nothing is assumed for a case.
    """
    found: dict[int, Rational] = {}
    for lane, generator in enumerate(tower.generators):
        rule = rules.get(generator.function)
        if rule is None or generator.argument is None or generator.order:
            continue
        argument = _put(generator.argument, values)
        defined = generator.function != "log" or tower.is_positive(argument)
        if defined and argument != generator.argument:
            found[lane] = rule(tower, argument)
    return found


_EXPONENTIALS = {"exp": Tower.exponential, "sigmoid": Tower.sigmoid, "tanh": Tower.tanh}


def _argument(tower: Tower, lane: int) -> Rational:
    argument = tower.generators[lane].argument
    assert argument is not None
    return argument


def _consistent(signs: list[tuple[Rational, int]]) -> bool:
    """Whether no two arguments have signs that contradict each other, as far as that is seen.

    Neither do multiples of each other have, nor ``z`` and ``z/(1 + |z|)``.
    """
    known = [(element, sign) for element, sign in signs if not element.is_zero]
    for place, (one, sign) in enumerate(known):
        for other, other_sign in known[:place]:
            ratio = one / other
            found = _sign(ratio.numerator, known, ratio.budget)
            found *= _sign(ratio.denominator, known, ratio.budget)
            if found and (found > 0) != (sign == other_sign):
                return False
    return True


def _sign(polynomial: Polynomial, known: list[tuple[Rational, int]], budget: Budget) -> int:
    """The sign of ``c + d·u`` where that of u is known and c and d u have the same; 0: not seen."""
    constant = polynomial.get(0, 0)
    rest = Rational({k: v for k, v in polynomial.items() if k}, ONE, budget)
    if rest.is_zero:
        return (constant > 0) - (constant < 0)
    for element, sign in known:
        factor = (rest / element).as_number
        if factor is not None:
            slope = sign if factor > 0 else -sign
            return slope if constant * slope >= 0 else 0
    return 0


def _value(tower: Tower, generator: Generator, sign: int) -> Rational:
    assert generator.argument is not None
    slope = tower.number(sign if generator.function == "abs" else (1 + sign) // 2)
    if generator.order == 0:
        return slope * generator.argument
    return slope if generator.order == 1 else tower.number(0)


def _put(element: Rational, values: dict[int, Rational]) -> Rational:
    """The element with generators replaced, in the order of ``values``."""
    for lane, value in values.items():
        if element.uses(lane_mask(lane)):
            top = _put_in(element.numerator, lane, value)
            element = top / _put_in(element.denominator, lane, value)
    return element


def _put_in(polynomial: Polynomial, lane: int, value: Rational) -> Rational:
    by_power: dict[int, Polynomial] = {}
    for monomial, coefficient in polynomial.items():
        exponent = poly.exponent_of(monomial, lane)
        rest = monomial - exponent * (1 << (poly.LANE * lane))
        by_power.setdefault(exponent, {})[rest] = coefficient
    total = Rational({}, ONE, value.budget)
    for exponent, coefficients in sorted(by_power.items()):
        total = total + Rational(coefficients, ONE, value.budget) * value**exponent
    return total
