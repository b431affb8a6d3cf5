"""Sorts: the axis of every index, from the forward equations and the loss, never from claims.

Inside one equation a letter is one axis, and a symbol has one axis at each of its slots. Solving
that by unification gives every slot its axis. A symbol that stands under different letters in
different equations may be two arrays, told apart by the letter (the weights ``w_{ji}`` and
``w_{kj}``, the outputs ``y_j`` and ``y_k``): they are kept apart unless their axes turn out to be
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gradcheck.language.expression import Apply, Expression, FunctionName, Name, Partial, Sum
from gradcheck.understand.page.symbols import Slot, Symbols, Unmeant, Written


@dataclass
class Union:
    """Classes of axes, by union-find over strings; the first name of a class is its own."""

    parents: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str:
        """The class of a name."""
        root = name
        while self.parents.setdefault(root, root) != root:
            root = self.parents[root]
        while self.parents[name] != root:
            self.parents[name], name = root, self.parents[name]
        return root

    def join(self, one: str, other: str) -> None:
        """Make two classes one."""
        first, second = self.find(one), self.find(other)
        if first != second:
            self.parents[second] = first


@dataclass(frozen=True)
class Use:
    """A name in an equation: its symbol and indices, and by which scope each letter is bound."""

    name: Name
    written: Written
    scopes: Mapping[str, str]  # letter → scope


def bound_scope(scope: str, node: Sum) -> str:
    """The scope of the letter of a sum: told by its place, which no other sum has."""
    letter = node.index.base if node.index is not None else ""
    return f"{scope}.{letter}.{node.span.start}"


def uses(side: Expression, symbols: Symbols, scope: str) -> Iterator[Use]:
    """Every name that stands for a value, with the scopes of its letters. Raises Unmeant."""
    stack: list[tuple[Expression, dict[str, str]]] = [(side, {})]
    while stack:
        node, bound = stack.pop()
        if isinstance(node, Name):
            written = symbols.written(node)
            yield Use(node, written, {x: bound.get(x, f"{scope}.{x}") for x in written.letters})
        elif isinstance(node, Sum):
            inner = dict(bound)
            if node.index is not None:
                inner[node.index.base] = bound_scope(scope, node)
            stack.append((node.body, inner))
        elif isinstance(node, Partial):
            stack += [(node.by, bound), (node.of, bound)]
        else:
            stack += [(child, bound) for child in reversed(_valued(node))]


def _valued(node: Expression) -> tuple[Expression, ...]:
    if isinstance(node, Apply):
        return node.arguments
    return () if isinstance(node, FunctionName) else node.children()


Near = Mapping[str, frozenset[tuple[str, ...]]]
"""The letters under which each symbol stands in one statement."""

NOTHING_NEAR: Near = {}


def near_in(uses_: Iterable[Use]) -> Near:
    """The letters of every symbol among some uses."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for use in uses_:
        found.setdefault(use.written.symbol, set()).add(use.written.letters)
    return {symbol: frozenset(letters) for symbol, letters in found.items()}


@dataclass(frozen=True)
class Equation:
    """A forward equation or a loss: its head, its body, and a name for its scope."""

    head: Name
    body: Expression
    scope: str


@dataclass(frozen=True)
class Sorts:
    """The axes of the symbols of a page.

    ``variants`` maps a symbol that is several arrays to the letters of each: ``w`` to ``ji`` and
    ``kj``. ``axes`` maps a symbol or variant and a slot to its axis.
    """

    union: Union
    slots: Mapping[str, tuple[Slot, ...]]
    variants: Mapping[str, tuple[tuple[str, ...], ...]]

    def variant(self, written: Written, near: Near = NOTHING_NEAR) -> str:
        """The array that a written name means. Raises Unmeant if the letters do not tell.

        ``near`` are the letters of each symbol in the same equation: under a letter of its own
        (``\\sum_l e^{z_l}`` beside ``z_k``) the array that stands there is meant.
        """
        several = self.variants.get(written.symbol)
        if several is None:
            return written.symbol
        letters = written.letters
        if letters in several:
            return _variant(written.symbol, letters)
        beside = [v for v in several if v in near.get(written.symbol, ())]
        if len(beside) == 1 and len(beside[0]) == len(letters):
            return _variant(written.symbol, beside[0])
        same = [v for v in several if sorted(v) == sorted(letters)]
        if len(same) == 1:
            return _variant(written.symbol, same[0])
        shown = " or ".join(f"{written.symbol}_{''.join(v)}" for v in several)
        raise Unmeant(f"{written.symbol} with the index {''.join(letters)}: {shown}?")

    def axis(self, array: str, slot: Slot) -> str | None:
        """The axis of a slot, or None where no forward equation has it."""
        if slot not in self.slots.get(array, ()):
            return None
        return self.union.find(f"{array}/{slot}")


def _variant(symbol: str, letters: tuple[str, ...]) -> str:
    return f"{symbol}@{''.join(letters)}"


def sorts_of(equations: Sequence[Equation], symbols: Symbols) -> Sorts:
    """The axes by unification over the forward equations; what has no meaning is left out."""
    found = [(e, _uses_of(e, symbols)) for e in equations]
    variants = _tentative(found)
    solved = _solve(found, variants)
    kept = {s: v for s, v in variants.items() if not _is_one(s, v, solved)}
    return solved if kept == variants else _solve(found, kept)


def _uses_of(equation: Equation, symbols: Symbols) -> list[Use]:
    found: list[Use] = []
    for side in (equation.head, equation.body):
        try:
            found += list(uses(side, symbols, equation.scope))
        except Unmeant:
            continue
    return found


def _tentative(
    found: Sequence[tuple[Equation, list[Use]]],
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Symbols that may be several arrays, with the letters of each."""
    heads: dict[str, set[tuple[str, ...]]] = {}
    tuples: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {}  # letters → those that are free
    for equation, inside in found:
        if not inside:
            continue
        head = inside[0].written
        heads.setdefault(head.symbol, set()).add(head.letters)
        for use in inside:
            letters = use.written.letters
            free = tuple(x for x in letters if use.scopes[x] == f"{equation.scope}.{x}")
            known = tuples.setdefault(use.written.symbol, {})
            known[letters] = tuple(dict.fromkeys((*known.get(letters, ()), *free)))
    several = {}
    for symbol, uses_ in tuples.items():
        if len({len(t) for t in uses_}) != 1 or len(uses_) < 2:
            continue
        own = heads.get(symbol, set())
        if len(own) > 1:
            several[symbol] = tuple(letters for letters in uses_ if letters in own)
        elif own:
            if _in_itself(symbol, found):
                several[symbol] = tuple(uses_)
        elif any(_apart(a, b, uses_) for a in uses_ for b in uses_):
            anchored = [a for a in uses_ if any(_apart(a, b, uses_) for b in uses_)]
            several[symbol] = tuple(anchored)
    return several


def _apart(
    one: tuple[str, ...],
    other: tuple[str, ...],
    free: Mapping[tuple[str, ...], tuple[str, ...]],
) -> bool:
    """Whether letters tell two arrays apart.

    One letter at different slots does (``ji`` and ``kj``, but not ``ij`` and ``ji``), and so do two
    letters at one slot that both stand on the left sides of their equations (``b_j``, ``b_k``).
    """
    if one == other or sorted(one) == sorted(other):
        return False
    if any(a == b and i != j for i, a in enumerate(one) for j, b in enumerate(other)):
        return True
    return any(
        a != b and a in free[one] and b in free[other] for a, b in zip(one, other, strict=True)
    )


def _in_itself(symbol: str, found: Sequence[tuple[Equation, list[Use]]]) -> bool:
    """Whether the symbol's own equation uses it under another letter: ``y_k`` from ``y_j``."""
    return any(
        inside
        and inside[0].written.symbol == symbol
        and any(u.written.symbol == symbol and u.written != inside[0].written for u in inside[1:])
        for _, inside in found
    )


def _solve(
    found: Sequence[tuple[Equation, list[Use]]],
    variants: Mapping[str, tuple[tuple[str, ...], ...]],
) -> Sorts:
    union = Union()
    slots: dict[str, dict[Slot, None]] = {}
    sorts = Sorts(union, {}, variants)
    for _, inside in found:
        near = near_in(inside)
        for use in inside:
            try:
                array = sorts.variant(use.written, near)
            except Unmeant:
                continue
            for slot, text in use.written.indices:
                slots.setdefault(array, {})[slot] = None
                if not text.isdigit():
                    union.join(f"{array}/{slot}", use.scopes[text])
                else:
                    union.find(f"{array}/{slot}")
    return Sorts(union, {array: tuple(s) for array, s in slots.items()}, variants)


def _is_one(symbol: str, variants: tuple[tuple[str, ...], ...], solved: Sorts) -> bool:
    """Whether all variants have the same axes: then they are one array."""
    axes = {
        tuple(solved.axis(array, slot) for slot in solved.slots.get(array, ()))
        for array in (_variant(symbol, letters) for letters in variants)
    }
    return len(axes) == 1
