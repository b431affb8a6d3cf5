"""Axes: what a page sums over besides its samples, and what must not be judged because of it.

Names lose their indices when they are resolved, so that ``\\sum_j v_j h_j`` becomes ``v h``. That
is right for the samples' index alone. Where a forward equation or the loss sums over another
index, or carries one, what depends on it is held back: not decided, with one reason. This stop is
here and in `gradcheck.comparison.held`; it falls when axes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcheck.derivation.bindings import Binding, CanonicalStatement
from gradcheck.derivation.naming import Naming, is_loss_name
from gradcheck.derivation.roles import BIASES, WEIGHTS, looks_like_prediction, reachable
from gradcheck.expression import (
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
from gradcheck.model import Held, Model

AXES = "axes are not kept yet"
"""The one reason of this stop."""

_OF_ALL = frozenset("softmax softmin logsoftmax logsumexp lse layernorm batchnorm argmax".split())
"""Functions whose entries depend on every entry of their argument, wherever they stand."""

_OF_ALL_UNITS = frozenset("mean avg average sum max min norm".split())
"""The same in a forward equation; in a loss they may be about the samples."""

_USUAL = frozenset("ijk")
"""Letters that are indices wherever they stand below a name."""

_SHIFTED = re.compile(r"([A-Za-z])\s*[-+]\s*\d")


@dataclass(frozen=True)
class Page:
    """What of a document tells which letters are indices."""

    statements: Sequence[CanonicalStatement]
    naming: Naming
    trained: Sequence[str]
    bindings: Sequence[Binding]

    @cached_property
    def bound(self) -> frozenset[str]:
        """The letters that sums run over, anywhere."""
        sums = (n for _, side in self.written for n in walk(side) if isinstance(n, Sum))
        return frozenset(node.index.base for node in sums if node.index is not None)

    @cached_property
    def written(self) -> tuple[tuple[CanonicalStatement, Expression], ...]:
        """Every side that was read, as it is written: with its indices."""
        return tuple(
            (statement, side.expression)
            for statement in self.statements
            for side in statement.statement.sides
            if side.expression is not None
        )

    def letters_of(self, name: Name) -> set[str]:
        """The index letters that a name carries: ``w_{ji}`` j and i, ``b_out`` none."""
        indices = self.bound | (_USUAL - self.naming.named)
        found: set[str] = set()
        for token in re.findall(r"[A-Za-z]+", f"{name.subscript} {name.superscript}"):
            if token in indices:
                found.add(token)
            elif len(token) < 4 and set(token) <= indices:
                found |= set(token)
        return found

    @cached_property
    def carried(self) -> dict[str, set[str]]:
        """The index letters that a name has anywhere, by its canonical key."""
        found: dict[str, set[str]] = {}
        for _, side in self.written:
            for node in walk(side):
                if isinstance(node, Name):
                    key = self.naming.canonical(node).key
                    found.setdefault(key, set()).update(self.letters_of(node))
        return found

    @cached_property
    def of_parameters(self) -> frozenset[str]:
        """The index letters of trained names; ``w_i`` beside ``w_1`` stands for any layer."""
        trained = set(self.trained)
        found: set[str] = set()
        for statement, side in self.written:
            for node in walk(side) if not statement.is_update else ():
                if not isinstance(node, Name) or self.naming.is_layer_rule(node):
                    continue
                typical = WEIGHTS.match(node.base) or BIASES.match(node.base)
                if self.naming.canonical(node).key in trained and (
                    typical or not looks_like_prediction(node)
                ):
                    found |= self.letters_of(node)
        return frozenset(found)

    @cached_property
    def heads(self) -> dict[str, set[str]]:
        """The index letters of every defined name where it is defined."""
        found: dict[str, set[str]] = {}
        for _, side in self.written:
            if isinstance(side, Name):
                key = self.naming.canonical(side).key
                found.setdefault(key, set()).update(self.letters_of(side))
        return found

    @cached_property
    def totals(self) -> frozenset[str]:
        """Losses that are defined as a sum of named losses: ``E = E_1 + E_2``."""
        losses = {b.key for b in self.bindings if is_loss_name(b.name)}
        return frozenset(
            b.key
            for b in self.bindings
            if b.key in losses and isinstance(b.body, Add) and _adds_losses(b.body, losses)
        )


def _adds_losses(body: Add, losses: set[str]) -> bool:
    """Whether every term is a name, and one at least that of a loss that the page defines."""
    names = [term for term in body.terms if isinstance(term, Name)]
    return len(names) == len(body.terms) and any(name.key in losses for name in names)


Modelled = Callable[[dict[str, Expression], tuple[str, ...]], Model | None]
"""The model with other definitions, in which some names are data."""


def held_back(
    page: Page,
    loss: str,
    bodies: Mapping[str, Expression],
    sources: Mapping[str, Binding],
    labels: Sequence[str],
    modelled: Modelled,
) -> Held | None:
    """What of a setup is held back; None where every sum and every index is the samples'.

    ``bodies`` are the definitions in force, ``sources`` the bindings that they come from.
    """
    totals = page.totals - {loss}
    axes = _Axes(page, loss, bodies, sources, frozenset(labels))
    if not axes.letters and not axes.sums:
        return Held(AXES, totals=totals) if totals else None
    inside = {k for s in axes.sums.values() for n in value_keys(s) for k in reachable(n, bodies)}
    whole = loss in axes.touched
    model = None if whole else modelled(axes.opaque, tuple(axes.sums))
    return Held(
        AXES,
        parameters=frozenset(inside) | axes.touched,
        names=axes.touched,
        letters=axes.letters,
        functions=_OF_ALL | {"norm"},
        totals=totals,
        whole=whole or model is None,
        model=model,
    )


@dataclass(frozen=True)
class _Axes:
    """The index letters of one setup that are not the samples', and what they touch."""

    page: Page
    loss: str
    bodies: Mapping[str, Expression]
    sources: Mapping[str, Binding]
    labels: frozenset[str]

    @cached_property
    def below(self) -> list[str]:
        return [key for key in reachable(self.loss, self.bodies) if key in self.bodies]

    @cached_property
    def forward(self) -> set[str]:
        """What is computed without the labels."""
        free = (k for k in self.below if not self.labels & set(reachable(k, self.bodies)))
        return set(free) - {self.loss}

    def _written(self, key: str) -> Expression:
        """A definition with its indices."""
        binding = self.sources.get(key)
        statements = self.page.statements
        found = [s for s in statements if binding is not None and s.number == binding.statement]
        side = found[0].statement.sides[binding.side].expression if found and binding else None
        return self.bodies[key] if side is None else side

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
        below = {name for key in self.below for name in reachable(key, self.bodies)}
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
        key = self.page.naming.canonical(node).key
        family = any(
            (head.base, head.accent) == (node.base, node.accent) and head.key != node.key
            for head in self._heads
        )
        own = set(_SHIFTED.findall(f"{node.subscript} {node.superscript}"))
        return own if family and key not in self.bodies else set()

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
            return base in _OF_ALL or (alone and base in _OF_ALL_UNITS)
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
        waiting = {key: set(value_keys(body)) for key, body in bodies.items()}
        found |= {k for k, b in bodies.items() if any(self._is_axis(n, k) for n in walk(b))}
        while more := {k for k, names in waiting.items() if k not in found and names & found}:
            found |= more
        return frozenset(found)


def _bent_norms(node: Expression) -> list[Expression]:
    """Norms other than the squares that a loss adds up: only of these is the gradient entrywise."""
    match node:
        case Add() | Negate() | Sum():
            return [norm for child in node.children() for norm in _bent_norms(child)]
        case Divide(numerator=numerator, denominator=denominator):
            return [*_bent_norms(numerator), *_norms(denominator)]
        case Multiply(factors=factors) if sum(bool(_norms(factor)) for factor in factors) < 2:
            return [norm for factor in factors for norm in _bent_norms(factor)]
        case Power(base=Apply() as base, exponent=Number(value=two)) if two == 2 and _norms(base):
            return [norm for argument in base.arguments for norm in _norms(argument)]
    return _norms(node)


def _norms(node: Expression) -> list[Expression]:
    return [n for n in walk(node) if isinstance(n, Apply) and n.function.base == "norm"]


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
