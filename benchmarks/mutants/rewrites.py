"""Changes of form that keep the meaning: what a right derivation may be turned into."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from benchmarks.mutants.documents import draw_notation, draw_plan
from benchmarks.mutants.latex import Notation
from benchmarks.mutants.oracle import definitions_of, same_value, step_ratios
from benchmarks.mutants.terms import (
    Call,
    Derivation,
    Minus,
    Num,
    Over,
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

KINDS = (
    "rename", "reorder factors", "reorder terms", "reorder statements", "expand", "factor",
    "substitute", "fractions", "powers", "derivative", "extra step",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rewrite:
    kind: str
    derivation: Derivation
    notation: Notation


def rewritten(
    derivation: Derivation, notation: Notation, rng: random.Random, count: int
) -> Iterator[Rewrite]:
    """Up to ``count`` rewrites of a right derivation, each confirmed by the oracle."""
    before = [_words(chain) for chain in step_ratios(derivation)]
    found = tries = 0
    while found < count and tries < 40 * count:
        tries += 1
        kind = rng.choice(KINDS)
        if kind == "rename":
            found += 1
            yield Rewrite(kind, derivation, draw_notation(rng, draw_plan(rng)))
        elif kind == "reorder statements":
            found += 1
            yield Rewrite(kind, _shuffled(derivation, rng), notation)
        else:
            changed = _one_side(kind, derivation, rng)
            if changed is None:
                continue
            ratios = step_ratios(changed)
            if kind == "extra step" or [_words(chain) for chain in ratios] == before:
                found += 1
                yield Rewrite(kind, changed, notation)


def _words(chain: list[object]) -> list[str]:
    return [str(ratio) for ratio in chain]


def _shuffled(derivation: Derivation, rng: random.Random) -> Derivation:
    """The claims in another order, where they stand; the same for the updates."""
    statements = list(derivation.statements)
    for kind in ("claim", "update"):
        places = [i for i, statement in enumerate(statements) if statement.kind == kind]
        moved = [statements[i] for i in places]
        rng.shuffle(moved)
        for place, statement in zip(places, moved, strict=True):
            statements[place] = statement
    return replace(derivation, statements=tuple(statements))


def _one_side(kind: str, derivation: Derivation, rng: random.Random) -> Derivation | None:
    index = rng.randrange(len(derivation.statements))
    statement = derivation.statements[index]
    side = rng.randrange(1, len(statement.sides))
    old = statement.sides[side]
    if kind == "extra step":
        return _with_extra_step(derivation, index, side, rng)
    if kind == "factor" and statement.kind == "update":
        return None  # nobody writes w = -(η ∂L/∂w - w)
    options = list(_forms(kind, old, derivation, rng))
    if not options:
        return None
    new = rng.choice(options)
    if new == old or not same_value(derivation, old, new):
        return None
    sides = (*statement.sides[:side], new, *statement.sides[side + 1 :])
    return derivation.replaced(index, replace(statement, sides=sides))


def _with_extra_step(
    derivation: Derivation, index: int, side: int, rng: random.Random
) -> Derivation | None:
    """A side written a second time in another form, after itself."""
    statement = derivation.statements[index]
    kind = rng.choice(("reorder factors", "expand", "factor", "substitute", "powers"))
    old = statement.sides[side]
    options = [new for new in _forms(kind, old, derivation, rng) if new != old]
    if not options or statement.kind != "claim":
        return None
    new = rng.choice(options)
    if not same_value(derivation, old, new):
        return None
    sides = (*statement.sides[: side + 1], new, *statement.sides[side + 1 :])
    return derivation.replaced(index, replace(statement, sides=sides))


def _forms(kind: str, side: Term, derivation: Derivation, rng: random.Random) -> Iterator[Term]:
    change: Callable[[Term], Iterator[Term]] = {
        "reorder factors": lambda node: _reordered(node, rng),
        "reorder terms": _turned,
        "expand": _expanded,
        "factor": _factored,
        "fractions": _fractions,
        "powers": _powers,
        "substitute": lambda node: _substituted(node, derivation),
        "derivative": lambda node: _derivative(node, derivation),
    }[kind]
    for path, node in walk(side):
        if _under_partial(path):
            continue
        for new in change(node):
            changed = put(side, path, new)
            if changed is not None:
                yield _flat(changed)


def _under_partial(path: Path) -> bool:
    return any(name in ("of", "by") for name, _ in path)


def _flat(term: Term) -> Term:
    from benchmarks.mutants.terms import rewrite

    return rewrite(term, lambda node: times(*node.factors) if isinstance(node, Times) else node)


def _reordered(node: Term, rng: random.Random) -> Iterator[Term]:
    if isinstance(node, Times) and not any(isinstance(f, Num | Total) for f in node.factors):
        factors = list(node.factors)
        rng.shuffle(factors)
        yield Times(tuple(factors))


def _turned(node: Term) -> Iterator[Term]:
    if isinstance(node, Plus):
        yield Plus(node.terms[::-1])


def _expanded(node: Term) -> Iterator[Term]:
    """A product multiplied out over one of its sums; the square of a difference."""
    if isinstance(node, Times):
        for place, factor in enumerate(node.factors):
            if isinstance(factor, Plus):
                rest = (*node.factors[:place], *node.factors[place + 1 :])
                yield Plus(tuple(_signed(term, rest) for term in factor.terms))
    if isinstance(node, Power) and isinstance(node.base, Plus) and node.exponent == 2:
        match node.base.terms:
            case (first, Minus(second)):
                middle = Minus(times(num(2), first, second))
                yield Plus((Power(first, 2), middle, Power(second, 2)))


def _signed(term: Term, rest: tuple[Term, ...]) -> Term:
    if isinstance(term, Minus):
        return Minus(times(*rest, term.body))
    return times(*rest, *() if term == num(1) else (term,))


def _factored(node: Term) -> Iterator[Term]:
    """A sign taken out of a difference, or put into one."""
    match node:
        case Times(factors):
            for place, factor in enumerate(factors):
                match factor:
                    case Plus((first, Minus(second))) if first != num(1):
                        turned = Plus((second, Minus(first)))
                        yield Minus(Times((*factors[:place], turned, *factors[place + 1 :])))
        case Plus((first, Minus(second))):
            yield Minus(Plus((second, Minus(first))))
        case Minus(Plus((first, Minus(second)))):
            yield Plus((second, Minus(first)))


def _fractions(node: Term) -> Iterator[Term]:
    match node:
        case Times((Over(top, bottom), *rest)) if not any(isinstance(f, Total) for f in rest):
            yield Over(times(*([] if top == num(1) else [top]), *rest), bottom)
        case Over(Num(value), bottom) if value != 1:
            yield Times((num(value), Over(num(1), bottom)))
        case Over(Plus(terms), bottom):
            yield Plus(
                tuple(
                    Minus(Over(t.body, bottom)) if isinstance(t, Minus) else Over(t, bottom)
                    for t in terms
                )
            )
        case Num(value) if value.denominator == 1 and value.numerator > 1:
            yield Over(num(2 * value), num(Fraction(2)))


def _powers(node: Term) -> Iterator[Term]:
    if isinstance(node, Power) and node.exponent == 2:
        yield Times((node.base, node.base))


def _substituted(node: Term, derivation: Derivation) -> Iterator[Term]:
    bound = definitions_of(derivation)
    if isinstance(node, Var) and node.key in bound and node.key != "L":
        yield bound[node.key]
    for key, term in bound.items():
        if node == term and key != "L":
            yield Var(key)


def _derivative(node: Term, derivation: Derivation) -> Iterator[Term]:
    """The hidden activation's derivative, from its prime to the function and to the value."""
    if not isinstance(node, Call) or not node.primed:
        return
    plain = replace(node, primed=False)
    if node.function == "sigmoid":
        yield times(plain, Plus((num(1), Minus(plain))))
        yield times(Var("a1"), Plus((num(1), Minus(Var("a1")))))
    elif node.function == "tanh":
        yield Plus((num(1), Minus(Power(plain, 2))))
        yield Plus((num(1), Minus(Power(Var("a1"), 2))))
