"""One derivation by its seed: right, or with a mistake that the oracle has verified."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.indices.authors import Author, author
from benchmarks.indices.kinds import KINDS, Outline, letters
from benchmarks.indices.mistakes import MISTAKES, Surroundings, edits
from benchmarks.indices.oracle import World, equal, factor, letters_of, values, world
from benchmarks.indices.terms import Entry, Partial, Statement, Term, walk

SQUARE = {"feature": 3, "hidden": 3, "second": 3, "output": 3, "sample": 3}
APART = {"feature": 4, "hidden": 3, "second": 5, "output": 2, "sample": 3}
POINTS = ((APART, 11), (APART, 12), (SQUARE, 14))
"""Sizes and seeds of the points: sizes all but alike, and all alike, where every index fits."""


@dataclass(frozen=True)
class Drawn:
    """A derivation, and what is wrong in it: ``(statement, side)`` of steps that do not hold."""

    seed: int
    kind: str
    outline: Outline
    author: Author
    mistake: str = ""
    planted: tuple[int, int] | None = None
    false: frozenset[tuple[int, int]] = frozenset()
    untrue: frozenset[tuple[int, int]] = frozenset()  # sides that are not what stands first

    @property
    def wrong(self) -> frozenset[int]:
        """The statements at which the mistake may be told."""
        planted = [self.planted[0]] if self.planted else []
        return frozenset([*planted, *(place for place, _ in self.false)])


def draw(seed: int, kind: str = "") -> Drawn:
    """The right derivation of a seed; the oracle has looked at every step of it."""
    rng = random.Random(seed)
    names = list(KINDS)
    kind = kind or names[seed % len(names)]
    at = letters(rng)
    outline = KINDS[kind](rng, at)
    drawn = Drawn(seed, kind, outline, author(rng, outline))
    found, _ = false_steps(outline)
    if found:
        raise AssertionError(f"seed {seed} ({kind}) is not right: {sorted(found)}")
    return drawn


def worlds(outline: Outline) -> Iterator[World]:
    """The points at which all is looked at."""
    shares = {"y": "one"} if outline.sums_to_one else {}
    for sizes, seed in POINTS:
        yield world(outline.statements, outline.shapes, {**sizes, **outline.sizes}, shares, seed)


Steps = set[tuple[int, int]]


def false_steps(outline: Outline) -> tuple[Steps, Steps]:
    """The steps whose two sides differ at a point, and the sides that differ from the first."""
    return _false_at(outline, tuple(worlds(outline)), range(len(outline.statements)))


def _false_at(outline: Outline, at: Sequence[World], places: Iterable[int]) -> tuple[Steps, Steps]:
    """The same, of some statements only."""
    false: Steps = set()
    untrue: Steps = set()
    for here in at:
        for place in places:
            statement = outline.statements[place]
            if statement.kind != "claim":
                continue
            truth = before = values(here, statement.head, statement.head)
            if truth is None:
                raise AssertionError(f"no value of {statement.head}")
            for number, side in enumerate(statement.sides, 1):
                after = values(here, statement.head, completed(outline, side))
                if not equal(before, after):
                    false.add((place, number))
                if not equal(truth, after):
                    untrue.add((place, number))
                before = after
    return false, untrue


def completed(outline: Outline, side: Term) -> Term:
    """A side with the mean over the samples put back, where the author leaves it out."""
    return outline.network.over_samples(side) if outline.left_out and outline.network else side


SELDOM = frozenset(
    ["Kronecker lost", "softmax slope", "path missing", "array transposed", "bound wrong"]
)
"""Mistakes that few derivations have a place for: they are tried earlier."""


def mutant(drawn: Drawn) -> Drawn | None:
    """The derivation with one mistake that changes a value and is no matter of convention."""
    rng = random.Random(drawn.seed * 7919 + 1)
    right = tuple(worlds(drawn.outline))
    names = sorted(MISTAKES, key=lambda name: rng.random() * (0.4 if name in SELDOM else 1))
    for mistake in names:
        for place, number, side in _candidates(drawn, mistake, rng):
            statements = list(drawn.outline.statements)
            sides = list(statements[place].sides)
            sides[number] = side
            statements[place] = replace(statements[place], sides=tuple(sides))
            outline = replace(drawn.outline, statements=tuple(statements))
            is_claim = statements[place].kind == "claim"
            wrong = right if is_claim else tuple(worlds(outline))
            if not _sensible(drawn, outline, place, mistake, (right[-1], wrong[-1])):
                continue
            all_of_them = range(len(statements))
            false, untrue = _false_at(outline, wrong, [place] if is_claim else all_of_them)
            if false and not _is_convention(outline, wrong):
                return replace(
                    drawn,
                    outline=outline,
                    mistake=mistake,
                    planted=(place, number + 1),
                    false=frozenset(false),
                    untrue=frozenset(untrue),
                )
    return None


def _candidates(drawn: Drawn, mistake: str, rng: random.Random) -> Iterator[tuple[int, int, Term]]:
    """Up to six edits, in sides of claims and helpers."""
    outline = drawn.outline
    places = [
        (place, number)
        for place, statement in enumerate(outline.statements)
        if statement.kind in ("claim", "helper")
        for number in range(len(statement.sides))
    ]
    rng.shuffle(places)
    count = 0
    for place, number in places:
        statement = outline.statements[place]
        if mistake == "factor" and not _may_scale(outline, statement, number):
            continue
        own = tuple(letters_of(statement.head).values())
        softmax = drawn.kind in ("softmax", "softmax, batch", "jacobian")
        at = Surroundings(outline.indices, outline.shapes, drawn.author.notation, own, softmax)
        for side in edits(mistake, statement.sides[number], at, rng)[:2]:
            yield place, number, side
            count += 1
            if count == 6:
                return


def _may_scale(outline: Outline, statement: Statement, number: int) -> bool:
    """Whether a constant would be a mistake there, and not a convention of one chain."""
    if outline.left_out:
        return False  # all leave something out: no majority would say which is wrong
    if statement.kind == "helper":
        return True
    head, last = statement.head, len(statement.sides) - 1
    assert isinstance(head, Partial)
    if any(isinstance(node, Partial) for _, node in walk(statement.sides[number])):
        return False
    return number == last and head.by.name[0] in "wb"


def _sensible(
    drawn: Drawn, outline: Outline, place: int, mistake: str, at: tuple[World, World]
) -> bool:
    """At equal sizes every index fits: there, too, a mistake must show (but a wrong bound)."""
    if mistake == "bound wrong":
        return True
    head = outline.statements[place].head
    sides = zip(drawn.outline.statements[place].sides, outline.statements[place].sides, strict=True)
    return any(
        not equal(
            values(at[0], head, completed(drawn.outline, before)),
            values(at[1], head, completed(outline, after)),
        )
        for before, after in sides
    )


def _is_convention(outline: Outline, at: Sequence[World]) -> bool:
    """Whether every gradient is off by one and the same positive constant."""
    factors = set()
    for here in at:
        for statement in outline.statements:
            head = statement.head
            if statement.kind == "claim" and isinstance(head, Partial) and _is_gradient(head):
                truth = values(here, head, head)
                for side in statement.sides:
                    claim = values(here, head, completed(outline, side))
                    factors.add(_rounded(factor(truth, claim)))
    return len(factors) == 1 and None not in factors and factors != {1.0}


def _is_gradient(head: Partial) -> bool:
    return head.of == Entry("loss") and head.by.name[0] in "wb"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
