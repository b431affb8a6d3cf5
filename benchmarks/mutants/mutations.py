"""One token changed: the mistakes people make, by kind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from benchmarks.mutants.latex import Notation, NotWritten, parse, render
from benchmarks.mutants.oracle import Ratio, same_value, step_ratios
from benchmarks.mutants.terms import (
    PER_SAMPLE,
    Call,
    Derivation,
    Minus,
    Num,
    Partial,
    Path,
    Plus,
    Power,
    Term,
    Times,
    Total,
    Var,
    num,
    put,
    times,
    walk,
)

KINDS = ("sign", "symbol", "index", "constant", "prime", "exponent", "bracket", "factor")
OTHER_LAYER = {"w1": "w2", "b1": "b2", "z1": "z2", "a1": "p", "d1": "d2"}
OTHER_LAYER |= {other: one for one, other in OTHER_LAYER.items()}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A derivation with one side changed. ``constant``: the change is one of a constant only."""

    kind: str
    statement: int
    side: int
    derivation: Derivation
    constant: bool


def mutants(
    derivation: Derivation, notation: Notation, rng: random.Random, count: int
) -> Iterator[Mutant]:
    """Up to ``count`` changes that make the derivation wrong, or change what it leaves out."""
    known = _known_names(derivation)
    before = step_ratios(derivation)
    sites = [(i, j) for i, s in enumerate(derivation.statements) for j in range(len(s.sides))]
    made: set[tuple[int, int, Term]] = set()
    found = tries = 0
    while found < count and tries < 20 * count:
        tries += 1
        kind = rng.choice(KINDS)
        edit = _draw(kind, derivation, notation, sites, known, rng)
        if edit is None or edit in made:
            continue
        made.add(edit)
        mutant = _judge(derivation, before, kind, *edit)
        if mutant is not None:
            found += 1
            yield mutant


def _draw(
    kind: str,
    derivation: Derivation,
    notation: Notation,
    sites: list[tuple[int, int]],
    known: tuple[str, ...],
    rng: random.Random,
) -> tuple[int, int, Term] | None:
    """A change of this kind at a random side, of those that allow one."""
    for i, j in rng.sample(sites, len(sites)):
        old = derivation.statements[i].sides[j]
        options = [
            new
            for new in edits(kind, old, notation, known)
            if new != old and (j > 0 or type(new) is type(old))
        ]
        if options:
            return i, j, rng.choice(options)
    return None


def _judge(
    derivation: Derivation, before: list[list[Ratio]], kind: str, i: int, j: int, new: Term
) -> Mutant | None:
    """None where the meaning is the same, or another derivation came out that is right too."""
    statement = derivation.statements[i]
    sides = (*statement.sides[:j], new, *statement.sides[j + 1 :])
    if same_value(derivation, statement.sides[j], new):
        return None
    mutated = derivation.replaced(i, replace(statement, sides=sides))
    after = step_ratios(mutated)
    if after == before:
        return None
    constant = not any(isinstance(ratio, str) for chain in after for ratio in chain)
    return Mutant(kind, i, j, mutated, constant)


def _known_names(derivation: Derivation) -> tuple[str, ...]:
    """The names the derivation uses, in a fixed order."""
    used = {
        node.key
        for statement in derivation.statements
        for side in statement.sides
        for _, node in walk(side)
        if isinstance(node, Var)
    }
    return tuple(sorted(used))


def edits(kind: str, side: Term, notation: Notation, known: tuple[str, ...]) -> Iterator[Term]:
    """All changes of one kind to one side."""
    if kind == "bracket":
        yield from _brackets(side, notation)
        return
    for path, node in walk(side):
        for new in _node_edits(kind, path, node, known):
            changed = put(side, path, new)
            if changed is not None:
                yield changed


def _node_edits(kind: str, path: Path, node: Term, known: tuple[str, ...]) -> Iterator[Term | None]:
    inside_partial = any(name in ("of", "by") for name, _ in path)
    match kind:
        case "sign" if path == () or (path[-1][0] == "terms" and not inside_partial):
            yield node.body if isinstance(node, Minus) else Minus(node)
        case "symbol":
            yield from _symbols(node, known, path)
        case "index" if isinstance(node, Var) and OTHER_LAYER.get(node.key) in known:
            yield Var(OTHER_LAYER[node.key])
        case "constant" if isinstance(node, Num) and node.value > 0:
            for other in (1, 2, 3, 4):
                if other != node.value:
                    yield num(Fraction(other))
        case "prime" if isinstance(node, Call) and node.function != "log":
            yield replace(node, primed=not node.primed)
        case "exponent" if not inside_partial:
            yield from _exponents(node)
        case "factor" if not inside_partial:
            yield from _factors(path, node, known)


def _symbols(node: Term, known: tuple[str, ...], path: Path) -> Iterator[Term]:
    by = bool(path) and path[-1][0] == "by"
    if isinstance(node, Var):
        for key in known:
            if key == OTHER_LAYER.get(node.key) or (by and key in ("N", "rate", "L", "x", "y")):
                continue
            yield Var(key)
    elif isinstance(node, Call) and node.function in ("sigmoid", "tanh"):
        yield replace(node, function="tanh" if node.function == "sigmoid" else "sigmoid")


def _exponents(node: Term) -> Iterator[Term]:
    if isinstance(node, Power):
        yield node.base
        yield Power(node.base, 3)
    elif isinstance(node, Var) and node.key not in ("L", "N", "rate"):
        yield Power(node, 2)


def _factors(path: Path, node: Term, known: tuple[str, ...]) -> Iterator[Term | None]:
    if path and path[-1][0] == "factors":
        yield None
    whole_term = not path or (path[-1][0] in ("terms", "body") and path[-1][1] >= -1)
    if not whole_term or isinstance(node, Minus | Total | Plus):
        return
    for key in ("x", "a1", "w2", "y"):
        if key in known and key in (*PER_SAMPLE, "w2"):
            yield times(node, Var(key))
    front = node.factors if isinstance(node, Times) else (node,)
    if not any(isinstance(factor, Num) for factor in front):
        yield Times((num(2), *front))


def _brackets(side: Term, notation: Notation) -> Iterator[Term]:
    """A pair of brackets lost, or closed too early."""
    if any(isinstance(node, Partial) for _, node in walk(side)):
        return
    text = render(side, notation)
    for opening, closing in _pairs(text):
        inside = text[opening + 1 : closing]
        for changed in (
            text[:opening] + inside + text[closing + 1 :],
            *_closed_early(text, opening, closing),
        ):
            try:
                yield parse(changed, notation)
            except NotWritten:
                continue


def _closed_early(text: str, opening: int, closing: int) -> Iterator[str]:
    depth = 0
    for place in range(opening + 1, closing):
        depth += (text[place] in "({[") - (text[place] in ")}]")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            yield text[:place] + ")" + text[place:closing] + text[closing + 1 :]
            return


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the round brackets that belong together, outside of names."""
    stack: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            stack.append(place)
        elif character == ")" and stack:
            opening = stack.pop()
            if text[opening - 1 : opening] != "{":
                yield opening, place
