"""Axes: what a page sums over besides its samples, and what must not be judged because of it.

Names lose their indices when they are resolved, so that ``\\sum_j v_j h_j`` becomes ``v h``. That
is right for the samples' index alone. Where a forward equation or the loss sums over another
index, or carries one, what depends on it is held back: not decided, with one reason. This stop is
here, in `indices`, and in `gradcheck.judge.held`; it falls when axes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
    Sum,
    value_keys,
    walk,
    with_children,
)
from gradcheck.language.model import Held, Model
from gradcheck.language.names import CLASSES
from gradcheck.understand.bindings import Binding, CanonicalStatement
from gradcheck.understand.indices import Page, norms
from gradcheck.understand.roles import reachable

AXES = "axes are not kept yet"
"""The one reason of this stop."""

_OF_ALL_UNITS = frozenset("mean avg average sum max min norm".split())
"""Functions of all units in a forward equation; in a loss they may be about the samples."""

_PRODUCT_OF_ALL = re.compile(r"\b(?:dot|inner|scalar)[ -]products?\b", re.IGNORECASE)

_CLASSES = CLASSES.names()
"""Upper bounds of sums that count classes rather than samples."""

_SHIFTED = re.compile(r"([A-Za-z])\s*[-+]\s*\d")


Modelled = Callable[[dict[str, Expression], tuple[str, ...]], Model | None]
"""The model with other definitions, in which some names are data."""


def held_back(
    page: Page,
    loss: str,
    bodies: Mapping[str, Expression],
    sources: Mapping[str, Binding],
    model: Model,
    modelled: Modelled,
) -> Held | None:
    """What of a setup is held back; None where every sum and every index is the samples'.

    ``bodies`` are the definitions in force, ``sources`` the bindings that they come from.
    """
    totals = page.totals - {loss}
    counted = model.sample_count is not None
    axes = _Axes(page, loss, bodies, sources, frozenset(model.labels), counted)
    functions = page.functions | {"norm"}
    if not axes.letters and not axes.sums:
        some = totals or page.has_norms or axes.is_open
        kept = Held(AXES, functions=functions, totals=totals, open_sum=axes.is_open)
        return kept if some else None
    inside = {k for s in axes.sums.values() for n in value_keys(s) for k in reachable(n, bodies)}
    whole = loss in axes.touched
    opaque = None if whole else modelled(axes.opaque, tuple(axes.sums))
    return Held(
        AXES,
        parameters=frozenset(inside) | axes.touched,
        names=axes.touched,
        letters=axes.letters,
        functions=functions,
        totals=totals,
        open_sum=axes.is_open,
        whole=whole or opaque is None,
        model=opaque,
    )


@dataclass(frozen=True)
class _Axes:
    """The index letters of one setup that are not the samples', and what they touch."""

    page: Page
    loss: str
    bodies: Mapping[str, Expression]
    sources: Mapping[str, Binding]
    labels: frozenset[str]
    counted: bool  # whether the number of samples has a name

    @cached_property
    def below(self) -> list[str]:
        return [key for key in reachable(self.loss, self.bodies) if key in self.bodies]

    @cached_property
    def forward(self) -> set[str]:
        """What is computed without the labels."""
        labelled = _reaching(self.labels, {key: self.bodies[key] for key in self.below})
        return set(self.below) - labelled - {self.loss}

    @cached_property
    def _numbered(self) -> dict[int, CanonicalStatement]:
        """The statements by their numbers."""
        return {statement.number: statement for statement in reversed(self.page.statements)}

    def _written(self, key: str) -> Expression:
        """A definition with its indices."""
        binding = self.sources.get(key)
        found = self._numbered.get(binding.statement) if binding is not None else None
        side = found.statement.sides[binding.side].expression if found and binding else None
        return self.bodies[key] if side is None else side

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The keys of vectors: two of them side by side are multiplied as vectors are."""
        if not _PRODUCT_OF_ALL.search(self.page.document.text):
            return self.page.vectors
        free = {name for body in self.bodies.values() for name in value_keys(body)}
        return self.page.vectors | (free - set(self.bodies))

    @property
    def is_open(self) -> bool:
        """Whether the loss's sum may as well run over outputs: ``½ Σ_k (o_k - t_k)^2``."""
        sums = [n for n in walk(self._written(self.loss)) if isinstance(n, Sum)]
        return any(
            s.index is not None
            and (
                (isinstance(s.upper, Name) and s.upper.base in _CLASSES)
                or (s.upper is None and s.index.base != "i" and not self.counted)
            )
            for s in sums
        )  # fmt: skip

    @cached_property
    def letters(self) -> frozenset[str]:
        """Letters that parameters carry, that forward equations or inner sums run over."""
        found = set(self.page.of_parameters)
        if not self.page.bound and self._is_label(found):
            found = set()
        for key in self.below:
            for node in walk(self._written(key)):
                found |= self._shifts(node)
                if isinstance(node, Sum):
                    inner = [n for n in walk(node.body) if isinstance(n, Sum)]
                    over = [node, *inner] if key in self.forward else inner
                    found |= {n.index.base for n in over if n.index is not None}
        return frozenset(found)

    def _is_label(self, letters: set[str]) -> bool:
        """Whether a letter is part of all names: ``y_j = σ(w_j x + b_j)``, and j of no others."""
        carried, heads = self.page.carried, self.page.heads
        below = {name for key in self.below for name in value_keys(self.bodies[key])}
        trained = [key for key in self.page.trained if key in below]
        return len(letters) == 1 and all(
            letters <= carried.get(key, set()) for key in trained
        ) and all(
            letters <= heads.get(key, set())
            for key in self.below
            if key != self.loss
            and any(letters & carried.get(name, set()) for name in value_keys(self.bodies[key]))
        )  # fmt: skip

    def _shifts(self, node: Expression) -> set[str]:
        """The letters of shifted indices, where no definition is that name's own: ``h_{t-1}``."""
        if not isinstance(node, Name):
            return set()
        own = set(_SHIFTED.findall(f"{node.subscript} {node.superscript}"))
        if not own or self.page.naming.canonical(node).key in self.bodies:
            return set()
        family = ((head.base, head.accent) for head in self._heads if head.key != node.key)
        return own if (node.base, node.accent) in family else set()

    @cached_property
    def _heads(self) -> list[Name]:
        return [b.name for key, b in self.sources.items() if key in self.below]

    def _loose(self, node: Expression, bound: frozenset[str]) -> bool:
        """Whether an axis's letter is carried that neither a sum nor the head binds."""
        if isinstance(node, Sum) and node.index is not None:
            return self._loose(node.body, bound | {node.index.base})
        if isinstance(node, Name):
            return bool((self.page.letters_of(node) & self.letters) - bound)
        return any(self._loose(child, bound) for child in node.children())

    def _is_loose(self, key: str) -> bool:
        written = self._written(key)
        head = frozenset(self.page.heads.get(key, ()))
        return self._loose(written, head) or any(self._shifts(node) for node in walk(written))

    def _is_axis(self, node: Expression, key: str) -> bool:
        """Whether a node of a definition takes in all entries along an axis."""
        if isinstance(node, Apply):
            base = node.function.base.lower()
            alone = len(node.arguments) == 1 and key in self.forward
            return base in self.page.functions or (alone and base in _OF_ALL_UNITS)
        if isinstance(node, Multiply) and key in self.forward:
            vectors = [f for f in node.factors if isinstance(f, Name) and f.key in self.vectors]
            return len(vectors) > 1
        if not isinstance(node, Sum):
            return False
        if node.index is not None:
            return node.index.base in self.letters
        names = (n.key for n in walk(node.body) if isinstance(n, Name))
        carried = self.page.carried
        return key in self.forward or any(carried.get(n, set()) & self.letters for n in names)

    @cached_property
    def _replaced(self) -> tuple[dict[str, Expression], dict[str, Expression]]:
        bodies = dict(self.bodies)
        sums: dict[str, Expression] = {}

        def stand_in(node: Expression) -> Expression:
            at = next((key for key, known in sums.items() if known == node), None)
            name = Name("axis", subscript=str(len(sums)) if at is None else at[5:], span=node.span)
            sums[name.key] = node
            return name

        for key in self.below:
            body = bodies[key]
            bent = [] if key in self.forward else _bent_norms(body)

            def is_axis(node: Expression, key: str = key, bent: list[Expression] = bent) -> bool:
                return self._is_axis(node, key) or any(node is norm for norm in bent)

            loose = self._is_loose(key)
            bodies[key] = stand_in(body) if loose else _outermost(body, is_axis, stand_in)
        return bodies, sums

    @property
    def opaque(self) -> dict[str, Expression]:
        """The definitions with a name for every sum over an axis."""
        return self._replaced[0]

    @property
    def sums(self) -> dict[str, Expression]:
        """The sums over an axis, by the name that stands for each."""
        return self._replaced[1]

    @cached_property
    def touched(self) -> frozenset[str]:
        """Names that carry an axis, and what is computed from them other than by a sum."""
        found = {key for key, own in self.page.carried.items() if own & self.letters}
        bodies = {b.key: b.body for b in self.page.bindings} | self.opaque
        found |= {k for k, b in bodies.items() if any(self._is_axis(n, k) for n in walk(b))}
        return frozenset(_reaching(found, bodies))


def _reaching(names: Iterable[str], bodies: Mapping[str, Expression]) -> set[str]:
    """The names, and everything that is computed from one of them."""
    found = set(names)
    users: dict[str, list[str]] = {}
    for key, body in bodies.items():
        for name in value_keys(body):
            users.setdefault(name, []).append(key)
    waiting = list(found)
    while waiting:
        fresh = [key for key in users.get(waiting.pop(), ()) if key not in found]
        found.update(fresh)
        waiting += fresh
    return found


def _bent_norms(node: Expression) -> list[Expression]:
    """Norms other than the squares that a loss adds up: only of these is the gradient entrywise."""
    match node:
        case Add() | Negate() | Sum():
            return [norm for child in node.children() for norm in _bent_norms(child)]
        case Divide(numerator=numerator, denominator=denominator):
            return [*_bent_norms(numerator), *norms(denominator)]
        case Multiply(factors=factors) if sum(bool(norms(factor)) for factor in factors) < 2:
            return [norm for factor in factors for norm in _bent_norms(factor)]
        case Power(base=Apply() as base, exponent=Number(value=two)) if two == 2 and norms(base):
            return [norm for argument in base.arguments for norm in norms(argument)]
    return norms(node)


def _outermost(
    node: Expression,
    wanted: Callable[[Expression], bool],
    change: Callable[[Expression], Expression],
) -> Expression:
    """The tree with every outermost wanted node changed."""
    if wanted(node):
        return change(node)
    children = node.children()
    changed = tuple(_outermost(child, wanted, change) for child in children)
    same = all(new is old for new, old in zip(changed, children, strict=True))
    return node if same else with_children(node, changed)
