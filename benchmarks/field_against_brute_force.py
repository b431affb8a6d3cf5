"""Decisions in the field against brute force over components: random pairs of typed terms.

    python benchmarks/field_against_brute_force.py [PAIRS [SEED]]

Half of the pairs are equal: the right side is the left one rewritten by rules that keep its value
(commuted, distributed, functions by their definitions, sums split, letters renamed, derivatives by
the product and the chain rule). The others have one change: a sign, a letter, a function, a factor
left out. `decide` and the witness must not disagree on any.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

from gradcheck.evidence.field import decide
from gradcheck.evidence.witness import Outcome, compare
from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Free,
    Letter,
    Over,
    Plus,
    Position,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
    letters,
    nodes,
)

ONE, TWO, MINUS = (Constant(Fraction(n)) for n in (1, 2, -1))
AXES = ("sample", "unit")
LETTERS = {axis: [Letter(f"{axis[0]}{k}", axis) for k in range(3)] for axis in AXES}
ARRAYS = {
    "a": ("sample",),
    "b": ("unit",),
    "x": ("sample", "unit"),
    "w": ("unit", "unit"),
    "c": (),
    "t": (),
}
FUNCTIONS = ("sigmoid", "tanh", "exp", "relu", "g", "sin", "softplus")


@dataclass
class Pair:
    """Two terms of one world, and whether they were made to be equal."""

    left: Term
    right: Term
    world: World
    equal: bool


def pair(random: Random) -> Pair:
    """A random pair."""
    made = _Maker(random)
    left = made.top()
    equal = random.random() < 0.5
    right = made.rewritten(left)
    if not equal:
        right = made.changed(right)
    return Pair(left, right, made.world, equal)


class _Maker:
    def __init__(self, random: Random) -> None:
        self.random = random
        free = {name: Free(name, axes) for name, axes in ARRAYS.items()}
        self.world = World({}, free)
        sample, unit = LETTERS["sample"][0], LETTERS["unit"][0]
        body = self.term({"sample": sample, "unit": unit}, 2)
        h = Definition("h", (sample, unit), body)
        total = Total(sample, Total(unit, Raised(Entry("h", (sample, unit)), TWO)))
        loss = Definition("L", (), Over(total, Extent("sample")))
        self.world = World({"h": h, "L": loss}, free)

    def top(self) -> Term:
        scope = {axis: LETTERS[axis][0] for axis in AXES if self.random.random() < 0.7}
        if self.random.random() < 0.35:
            return self.slope(scope)
        return self.term(scope, 3)

    def slope(self, scope: dict[str, Letter]) -> Term:
        of: Term = Entry("L") if self.random.random() < 0.6 else self.term(scope, 2)
        name = self.random.choice(["a", "b", "x", "w", "c", "h"])
        axes = ARRAYS.get(name, ("sample", "unit"))
        return Slope(of, Entry(name, tuple(self.random.choice(LETTERS[axis][:2]) for axis in axes)))

    def term(self, scope: dict[str, Letter], depth: int) -> Term:
        """A term whose free letters are in scope."""
        kind = self.random.random()
        if depth == 0 or kind < 0.12:
            return self.leaf(scope)
        if kind < 0.32:
            return Plus((self.term(scope, depth - 1), self.term(scope, depth - 1)))
        if kind < 0.58:
            return Times((self.term(scope, depth - 1), self.term(scope, depth - 1)))
        if kind < 0.74:
            axis = self.random.choice(AXES)
            letter = self.random.choice(LETTERS[axis][1:])
            return Total(letter, self.term({**scope, axis: letter}, depth - 1))
        if kind < 0.90:
            return Call(self.random.choice(FUNCTIONS), (self.term(scope, depth - 1),))
        if kind < 0.95:
            return Raised(self.term(scope, depth - 1), TWO)
        bottom = Plus((TWO, Raised(self.leaf(scope), TWO)))
        return Over(self.term(scope, depth - 1), bottom)

    def leaf(self, scope: dict[str, Letter]) -> Term:
        names = [n for n, axes in ARRAYS.items() if set(axes) <= set(scope)]
        if "h" in self.world.definitions and len(scope) == 2:
            names += ["h", "h"]
        if self.random.random() < 0.15:
            return self.random.choice([ONE, TWO, Constant(Fraction(1, 3)), Extent("sample")])
        name = self.random.choice(names)
        axes = ARRAYS.get(name, ("sample", "unit"))
        return Entry(name, tuple(scope[axis] for axis in axes))

    # -- rules that keep the value -----------------------------------------------------------

    def rewritten(self, term: Term, chance: float = 0.6) -> Term:
        """The same value, written another way."""
        inner = _with_parts(term, lambda part: self.rewritten(part, chance))
        if self.random.random() > chance:
            return inner
        rules = [self.arithmetic, self.function, self.sum, self.derivative]
        return self.random.choice(rules)(inner)

    def arithmetic(self, term: Term) -> Term:
        match term:
            case Plus(terms=terms):
                return Plus(terms[::-1])
            case Times(factors=(one, Plus(terms=terms))):
                return Plus(tuple(Times((one, part)) for part in terms))
            case Times(factors=factors):
                return Times(factors[::-1])
            case Raised(base=base, exponent=exponent) if exponent == TWO:
                return Times((base, base))
            case Over(numerator=above, denominator=below):
                return Times((above, Raised(below, MINUS)))
        return term

    def function(self, term: Term) -> Term:
        match term:
            case Call(function="sigmoid", arguments=(z,), order=0):
                if self.random.random() < 0.5:
                    return Plus(
                        (ONE, Times((MINUS, replace(term, arguments=(Times((MINUS, z)),)))))
                    )
                return Over(ONE, Plus((ONE, Call("exp", (Times((MINUS, z)),)))))
            case Call(function="tanh", arguments=(z,), order=0):
                return Plus((Times((TWO, Call("sigmoid", (Times((TWO, z)),)))), MINUS))
            case Call(function="exp", arguments=(Plus(terms=terms),), order=0):
                return Times(tuple(Call("exp", (part,)) for part in terms))
            case Call(function="relu", arguments=(z,), order=0):
                return Choice(
                    ((Test(z, ">", Constant(Fraction(0))), z), (None, Constant(Fraction(0))))
                )
        return term

    def sum(self, term: Term) -> Term:
        match term:
            case Total(letter=letter, body=Plus(terms=terms), guard=None):
                return Plus(tuple(Total(letter, part) for part in terms))
            case Total(letter=letter, body=body, guard=None) if letter.name not in letters(body):
                return Times((Extent(letter.axis), body))
            case Entry(name="a", at=(Letter() as letter,)):
                other = LETTERS["sample"][2]
                if other == letter:
                    return term
                delta = Choice(
                    (
                        (Test(Position(letter), "=", Position(other)), ONE),
                        (None, Constant(Fraction(0))),
                    )
                )
                return Total(other, Times((delta, replace(term, at=(other,)))))
        return term

    def derivative(self, term: Term) -> Term:
        match term:
            case Slope(of=Plus(terms=terms), by=by):
                return Plus(tuple(Slope(part, by) for part in terms))
            case Slope(of=Times(factors=(one, other)), by=by):
                return Plus((Times((Slope(one, by), other)), Times((one, Slope(other, by)))))
            case Slope(of=Call(arguments=(z,), order=order) as call, by=by):
                return Times((replace(call, order=order + 1), Slope(z, by)))
            case Slope(of=Raised(base=base), by=by):
                return Times((TWO, base, Slope(base, by)))
            case Slope(of=Entry(name="L"), by=Entry(name=("a" | "b" | "c" | "w" | "x")) as by):
                s, u = Letter("s9", "sample"), Letter("u9", "unit")
                h = Entry("h", (s, u))
                return Total(s, Total(u, Times((Slope(Entry("L"), h), Slope(h, by)))))
        return term

    # -- one change --------------------------------------------------------------------------

    def changed(self, term: Term) -> Term:
        """The term with one node changed."""
        at = self.random.randrange(sum(1 for _ in nodes(term)))
        count = -1

        def visit(node: Term) -> Term:
            nonlocal count
            count += 1
            if count == at:
                return self.change(node)
            return _with_parts(node, visit)

        return visit(term)

    def change(self, term: Term) -> Term:
        match term:
            case Call(function=function):
                others = [f for f in FUNCTIONS if f != function]
                return replace(term, function=self.random.choice(others))
            case Times(factors=factors) if len(factors) > 1 and self.random.random() < 0.5:
                return Times(factors[1:])
            case Constant(value=value):
                return Constant(value + 1)
        return Times((MINUS, term)) if self.random.random() < 0.5 else Plus((term, ONE))


def _with_parts(term: Term, change) -> Term:  # type: ignore[no-untyped-def]
    match term:
        case Plus(terms=terms):
            return Plus(tuple(change(part) for part in terms))
        case Times(factors=factors):
            return Times(tuple(change(part) for part in factors))
        case Over(numerator=above, denominator=below):
            return Over(change(above), change(below))
        case Raised(base=base):
            return replace(term, base=change(base))
        case Call(arguments=arguments):
            return replace(term, arguments=tuple(change(part) for part in arguments))
        case Total(body=body):
            return replace(term, body=change(body))
        case Slope(of=of):
            return replace(term, of=change(of))
    return term


@dataclass
class Result:
    """What both programs say of a pair."""

    pair: Pair
    outcome: str
    real: Outcome
    reason: str

    @property
    def disagree(self) -> bool:
        if self.outcome in ("equal", "multiple"):
            wrong = Outcome.DIFFER if self.outcome == "equal" else Outcome.AGREE
            return self.real is wrong
        return self.outcome == "unequal" and (self.real is Outcome.AGREE or self.pair.equal)


def judged(one: Pair) -> Result:
    """A pair, decided by both."""
    decision = decide(one.left, one.right, one.world)
    found = compare(one.left, one.right, one.world)
    return Result(one, decision.outcome, found.outcome, f"{decision.reach} {decision.reason}")


def main(pairs: int, seed: int) -> int:
    """Judges pairs; prints what they came to and every disagreement."""
    random = Random(seed)
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    bad = 0
    start = time.process_time()
    for number in range(pairs):
        result = judged(pair(random))
        made = "equal" if result.pair.equal else "other"
        said = f"{result.outcome}, reals {result.real.value}"
        kinds[f"made {made}: {said}"] += 1
        if result.outcome == "undecided":
            reasons[result.reason] += 1
        if result.disagree:
            bad += 1
            one = result.pair
            print(f"pair {number}: {said}", one.left, one.right, one.world.definitions, sep="\n  ")
    for kind, count in sorted(kinds.items()):
        print(f"{count:6} {kind}")
    for reason, count in reasons.most_common(12):
        print(f"{count:6} undecided: {reason}")
    print(f"{bad} disagreements in {pairs} pairs, {time.process_time() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(given + [10_000, 0][len(given) :])))
