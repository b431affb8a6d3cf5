"""Mistakes that people make with indices, each as edits of one side of a derivation."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from benchmarks.indices.terms import (
    Add,
    Cases,
    Entry,
    Index,
    Kronecker,
    Mul,
    Number,
    Partial,
    Slope,
    Sum,
    Term,
    changed,
    minus,
    number,
    times,
    walk,
)
from benchmarks.indices.writing import Notation


@dataclass(frozen=True)
class Surroundings:
    """What an edit may use: the letters on the page, the arrays, the notation, the left side."""

    indices: tuple[Index, ...]
    shapes: dict[str, tuple[str, ...]]
    notation: Notation
    own: tuple[Index, ...]
    softmax: bool

    def as_written(self, entry: Entry) -> Entry:
        """The array that a reader takes an entry for: one base may name two, told apart by axis."""
        base = (self.notation.bases[entry.name], self.notation.layers.get(entry.name))
        axes = tuple(index.axis if isinstance(index, Index) else None for index in entry.indices)
        alike = [
            name
            for name in self.shapes
            if (self.notation.bases.get(name), self.notation.layers.get(name)) == base
        ]
        exact = [name for name in alike if self.shapes[name] == axes]
        return replace(entry, name=exact[0]) if exact else entry


Edit = Callable[[Term, Surroundings], Iterator[Term]]


def _entries(side: Term) -> Iterator[tuple[tuple[int, ...], Entry]]:
    """The entries that may be mistaken: not those of a partial, which are its name."""
    for path, node in walk(side):
        if isinstance(node, Entry):
            yield path, node


def index_swapped(side: Term, at: Surroundings) -> Iterator[Term]:
    """One index for another: h_i for h_j."""
    for path, entry in _entries(side):
        for place, index in enumerate(entry.indices):
            for other in _others(index, at):
                indices = (*entry.indices[:place], other, *entry.indices[place + 1 :])
                yield changed(side, path, at.as_written(replace(entry, indices=indices)))


def _others(index: Index | int, at: Surroundings) -> Iterator[Index | int]:
    if isinstance(index, int):
        yield 3 - index
    elif index.axis != "sample":
        yield from (each for each in at.indices if each != index and each.axis != "sample")


def letters_exchanged(side: Term, at: Surroundings) -> Iterator[Term]:
    """Two letters change places: δ_k h_j becomes δ_j h_k."""
    found = [(path, entry) for path, entry in _entries(side) if len(_units(entry)) == 1]
    for one, (path, entry) in enumerate(found):
        for other_path, other in found[one + 1 :]:
            (first,), (second,) = _units(entry), _units(other)
            if first == second:
                continue
            new = at.as_written(_with_unit(entry, second))
            second_new = at.as_written(_with_unit(other, first))
            yield changed(changed(side, path, new), other_path, second_new)


def _units(entry: Entry) -> list[Index]:
    return [each for each in entry.indices if isinstance(each, Index) and each.axis != "sample"]


def _with_unit(entry: Entry, unit: Index) -> Entry:
    return replace(
        entry,
        indices=tuple(
            unit if isinstance(each, Index) and each.axis != "sample" else each
            for each in entry.indices
        ),
    )


def transposed(side: Term, at: Surroundings) -> Iterator[Term]:
    """w_{ij} for w_{ji}."""
    for path, entry in _entries(side):
        if len(entry.indices) == 2 and entry.name.startswith("w"):
            one, other = entry.indices
            if one != other:
                yield changed(side, path, replace(entry, indices=(other, one)))


def sum_missing(side: Term, at: Surroundings) -> Iterator[Term]:
    """The sum over units or outputs is forgotten."""
    for path, node in walk(side):
        if isinstance(node, Sum) and node.index.axis not in ("sample", "feature"):
            yield changed(side, path, node.body)


def sum_superfluous(side: Term, at: Surroundings) -> Iterator[Term]:
    """A sum over the parameter's own index, or over one that does not occur."""
    for index in at.indices:
        bound = {node.index.letter for _, node in walk(side) if isinstance(node, Sum)}
        if index.axis == "sample" or index.letter in bound or isinstance(side, Add):
            continue
        for path, node in walk(side):
            if isinstance(node, Sum) and node.index.axis == "sample":
                yield changed(side, path, replace(node, body=Sum(index, node.body)))
                break
        else:
            sign = isinstance(side, Mul) and side.factors[0] == number(-1)
            yield minus(Sum(index, minus(side))) if sign else Sum(index, side)


def bound_wrong(side: Term, at: Surroundings) -> Iterator[Term]:
    """A sum that begins late, ends early, or runs to another axis's size."""
    for path, node in walk(side):
        if not isinstance(node, Sum) or node.index.axis == "sample" or not at.notation.bounds:
            continue  # without bounds the page does not say what a bound would be
        yield changed(side, path, replace(node, low=2))
        yield changed(side, path, replace(node, low=0))
        yield changed(side, path, replace(node, fewer=1))
        for axis in sorted({each.axis for each in at.indices} - {node.index.axis, "sample"}):
            yield changed(side, path, replace(node, upto=axis))


def kronecker_lost(side: Term, at: Surroundings) -> Iterator[Term]:
    """δ_{kj} is taken for 1 or for 0, or the two cases for one."""
    for path, node in walk(side):
        if isinstance(node, Kronecker):
            yield changed(side, path, number(1))
        if isinstance(node, Add) and any(isinstance(part, Kronecker) for part in node.terms):
            rest = [part for part in node.terms if not isinstance(part, Kronecker)]
            yield changed(side, path, times(*rest))
        if isinstance(node, Cases):
            yield node.same
            yield node.apart


def softmax_slope(side: Term, at: Surroundings) -> Iterator[Term]:
    """The slope of softmax taken for p(1 - p), as if each output were alone."""
    if not at.softmax:
        return
    for path, node in walk(side):
        if not isinstance(node, Add) or node.paths:
            continue
        outputs = [part for part in node.terms if isinstance(part, Entry) and part.name[0] == "h"]
        if outputs and any(_is_label(part) for part in node.terms):
            p = outputs[0]
            slope = (p, Add((number(1), minus(p))))
            yield changed(side, path, times(node, *slope))
            label = next(part for part in node.terms if _is_label(part))
            y = times(label, number(-1)) if isinstance(label, Mul) else label
            hit = times(y, Add((number(1), minus(p))))
            yield changed(side, path, hit if y is label else minus(hit))


def _is_label(term: Term) -> bool:
    parts = term.factors if isinstance(term, Mul) else (term,)
    return any(isinstance(part, Entry) and part.name == "y" for part in parts)


def slope_of_another(side: Term, at: Surroundings) -> Iterator[Term]:
    """The slope at another unit or layer: h_j (1 - h_j) for o_k (1 - o_k)."""
    for path, node in walk(side):
        if not isinstance(node, Slope):
            continue
        for index in at.indices:
            if _units(node.value) in ([], [index]) or index.axis == "sample":
                continue
            value = _with_unit(node.value, index)
            layer = [
                name
                for name, axes in at.shapes.items()
                if name[0] == "h" and [axis for axis in axes if axis != "sample"] == [index.axis]
            ]
            if layer:
                yield changed(side, path, Slope(node.function, replace(value, name=layer[0])))


def slope_wrong(side: Term, at: Surroundings) -> Iterator[Term]:
    """The slope of the activation is forgotten, or that of the other one."""
    for path, node in walk(side):
        if isinstance(node, Slope):
            yield changed(side, path, number(1))
            other = {"sigmoid": "tanh", "tanh": "sigmoid"}[node.function]
            yield changed(side, path, Slope(other, node.value))


def path_missing(side: Term, at: Surroundings) -> Iterator[Term]:
    """One of several ways from the parameter to the loss is left out."""
    for path, node in walk(side):
        if isinstance(node, Add) and node.paths:
            for place in range(len(node.terms)):
                rest = node.terms[:place] + node.terms[place + 1 :]
                new = rest[0] if len(rest) == 1 else replace(node, terms=rest)
                yield changed(side, path, new)


def sign(side: Term, at: Surroundings) -> Iterator[Term]:
    """+ for -, in front or inside."""
    if not isinstance(side, Add):
        yield minus(side)
    for path, node in walk(side):
        if isinstance(node, Add):
            terms = (*node.terms[:-1], minus(node.terms[-1]))
            yield changed(side, path, replace(node, terms=terms))


def factor(side: Term, at: Surroundings) -> Iterator[Term]:
    """A 2 too much, or one factor left out."""
    for path, node in walk(side):
        if isinstance(node, Mul) and not any(isinstance(part, Partial) for part in node.factors):
            plain = [part for part in node.factors if not isinstance(part, Number)]
            for place, part in enumerate(node.factors):
                if len(plain) > 1 and not isinstance(part, Number | Slope | Sum):
                    rest = node.factors[:place] + node.factors[place + 1 :]
                    yield changed(side, path, times(*rest))
    yield times(number(2), side) if not isinstance(side, Add) else side


MISTAKES: dict[str, Edit] = {
    "index swapped": index_swapped,
    "letters exchanged": letters_exchanged,
    "array transposed": transposed,
    "sum missing": sum_missing,
    "sum superfluous": sum_superfluous,
    "bound wrong": bound_wrong,
    "Kronecker lost": kronecker_lost,
    "softmax slope": softmax_slope,
    "slope of another": slope_of_another,
    "slope wrong": slope_wrong,
    "path missing": path_missing,
    "sign": sign,
    "factor": factor,
}


def edits(mistake: str, side: Term, at: Surroundings, rng: random.Random) -> list[Term]:
    """All ways to make a mistake in one side, in a random order."""
    found = [each for each in MISTAKES[mistake](side, at) if each != side]
    rng.shuffle(found)
    return found
