"""Steps: every adjacent pair of every chain, with its kind, its setup, and what both sides mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.language.document import Document
from gradcheck.language.expression import (
    Apply,
    Cancel,
    Expression,
    FunctionName,
    Name,
    Partial,
    contains,
    transform,
    value_keys,
    walk,
)
from gradcheck.language.model import Step
from gradcheck.understand.bindings import EQUALITIES, Binding, CanonicalStatement
from gradcheck.understand.claims import is_number, is_reckoned, is_worked_number
from gradcheck.understand.modelling import SegmentModel
from gradcheck.understand.ranges import ranges
from gradcheck.understand.resolution import Resolver, Unresolved
from gradcheck.understand.segments import Segment


@dataclass(frozen=True)
class Chains:
    """All chains of a document, with what is known of the definitions among them.

    ``functions`` are the places (statement number, key) at which a function gets its meaning;
    ``others`` those of definitions that count in no setup (another output activation, a name that
    stays the label);
    ``locals`` maps a helper to the loss that a passage expresses by it (``Let u = … and L = u^2``).
    """

    statements: tuple[CanonicalStatement, ...]
    document: Document
    segments: Sequence[Segment]
    models: Sequence[SegmentModel]
    functions: frozenset[tuple[int, str]]
    others: frozenset[tuple[int, str]]
    locals: Mapping[str, Binding]
    numbers: int  # where the text first gives a number to a name

    def steps(self) -> tuple[Step, ...]:
        """Every step in document order."""
        found: list[Step] = []
        indices = ranges([statement.sides for statement in self.statements])
        for at, statement in enumerate(self.statements):
            owner = self._owner(statement) if at not in indices else None
            found += [
                self._step(statement, k, owner) for k in range(len(statement.statement.relations))
            ]
        return tuple(found)

    def _owner(self, statement: CanonicalStatement) -> int | None:
        """The segment that a statement belongs to: by its claim, else by where it stands."""
        for k, segment in enumerate(self.segments):
            if any(claim.statement.number == statement.number for claim in segment.claims):
                return k
        for k, segment in enumerate(self.segments):
            low = segment.start if segment.hidden is not None else segment.zone[0] + 1
            high = segment.end - 1 if segment.parted else segment.zone[1]
            if low <= statement.position <= high:
                return k
        return len(self.segments) - 1 if self.segments else None

    def _step(self, statement: CanonicalStatement, at: int, owner: int | None) -> Step:
        whole = statement.statement
        left, right = whole.sides[at], whole.sides[at + 1]
        kind = _kind(statement, at)
        if kind == "claim" and right.span.start >= self.numbers:
            kind = "mention" if self._is_value(statement, at) else kind
        written = (statement.sides[at], statement.sides[at + 1])
        resolver = self._resolver(owner, kind, statement.sides[0])
        meant, trouble = self._both(resolver, written)
        slip = next((s for s in statement.slips[at : at + 2] if s), "")
        if slip and kind == "claim":
            meant, trouble = (None, None), slip
        unread = (side.unread.reason for side in (left, right) if side.unread is not None)
        return Step(
            statement=whole.number,
            side=at + 1,
            span=right.span,
            kind=kind,
            relation=whole.relations[at].symbol,
            left=self.document.source(left.span),
            right=self.document.source(right.span),
            setup=owner,
            unread=next(unread, None),
            left_expression=meant[0],
            right_expression=meant[1],
            left_written=written[0],
            right_written=written[1],
            binds=self._binds(written[0], whole.number),
            elsewhere=(whole.number, _head(written[0])) in self.others,
            unresolved=trouble,
            neutral=self._neutral(resolver, written),
            stands_for=self._stands_for(owner, written[0], whole.number),
        )

    @cached_property
    def _has_differentials(self) -> bool:
        """Whether a dw of the document is the loss's derivative by a parameter."""
        loss = Name("loss")
        return any(
            isinstance(s.sides[0], Partial) and s.sides[0].of == loss for s in self.statements
        )

    def _stands_for(
        self, owner: int | None, head: Expression | None, statement: int
    ) -> Partial | None:
        """Beside ``dw_1``, the helper ``dz_1`` is the loss's derivative by z_1."""
        if owner is None or not isinstance(head, Name) or not self._has_differentials:
            return None
        model = self.models[owner].model
        inner = replace(head, base=head.base[1:])
        named = re.fullmatch(r"d[A-Za-z]+", head.base) and inner.base
        below = model.ancestors(model.loss)
        if not named or inner.key not in below or self._binds(head, statement) is None:
            return None
        return Partial(Name(model.loss), inner, span=head.span)

    def _is_value(self, statement: CanonicalStatement, at: int) -> bool:
        """``\\partial L/\\partial b_2 = 9``, where numbers have been put in."""
        left, right = statement.sides[at], statement.sides[at + 1]
        if left is None or right is None or not is_number(right):
            return False
        losses = {model.model.loss for model in self.models}
        return any(isinstance(n, Partial) and _key(n.of) in losses for n in walk(left))

    def _resolver(self, owner: int | None, kind: str, head: Expression | None) -> Resolver | None:
        if owner is None:
            return None
        resolver = self.models[owner].resolver
        known = resolver.values or frozenset()
        if kind == "update":  # a learning rate is no name of the model
            return replace(resolver, defined=known, values=None)
        if isinstance(head, Apply):  # g'(z) = … is about any z
            free = {argument.key for argument in head.arguments if isinstance(argument, Name)}
            return replace(resolver, values=known | free)
        return resolver

    def _both(
        self, resolver: Resolver | None, written: tuple[Expression | None, Expression | None]
    ) -> tuple[tuple[Expression | None, Expression | None], str]:
        trouble = ""
        meant: list[Expression | None] = []
        for side in written:
            try:
                missing = resolver is None or side is None
                meant.append(None if missing else self._meaning(resolver, side))  # type: ignore[arg-type]
            except Unresolved as reason:
                meant.append(None)
                trouble = trouble or reason.reason
        return (meant[0], meant[1]), trouble

    def _meaning(self, resolver: Resolver, side: Expression) -> Expression:
        local = self.locals
        if any(isinstance(n, Partial) and _key(n.by) in local for n in walk(side)):
            resolver = replace(resolver, values=(resolver.values or frozenset()) | set(local))

        def change(node: Expression) -> Expression:
            if isinstance(node, Partial) and _key(node.of) == resolver.loss:
                binding = local.get(_key(node.by))
                if binding is not None:
                    return replace(node, of=resolver.resolve(binding.body))
            return node

        return transform(resolver.resolve(side), change)

    def _binds(self, head: Expression | None, statement: int) -> str | None:
        """The name or function that takes its meaning from this statement, if its head does."""
        key = _head(head)
        if (statement, key) in self.functions and isinstance(head, Apply | FunctionName | Name):
            return key
        return key if isinstance(head, Name) and (statement, key) in self._in_force else None

    @cached_property
    def _in_force(self) -> frozenset[tuple[int, str]]:
        """Statement and key of the definitions that are meant."""
        bindings = [b for model in self.models for b in model.bindings]
        return frozenset((b.statement, b.key) for b in (*bindings, *self.locals.values()))

    def _neutral(
        self, resolver: Resolver | None, written: tuple[Expression | None, Expression | None]
    ) -> tuple[Expression, Expression] | None:
        """Both sides with what is struck out taken for nothing, where anything is struck out."""
        if resolver is None or not any(s is not None and contains(s, Cancel) for s in written):
            return None
        (left, right), _ = self._both(replace(resolver, neutral=True), written)
        return None if left is None or right is None else (left, right)


def _is_example(left: Expression | None, right: Expression | None) -> bool:
    """``x = 0.5`` and ``0.2 \\cdot 0.5 + 0.1 = 0.2`` belong to a worked example."""
    if left is None or right is None:
        return False
    value = isinstance(left, Name) and not set(value_keys(right)) - {"e"}
    return value or any(map(is_worked_number, (left, right))) or is_reckoned(left, right)


def _key(node: Expression) -> str:
    return node.key if isinstance(node, Name) else ""


def _head(node: Expression | None) -> str:
    if isinstance(node, Apply | FunctionName):
        return node.function.key if not node.order else ""
    return node.key if isinstance(node, Name) else ""


def _kind(statement: CanonicalStatement, at: int) -> str:
    if statement.is_update:
        return "update"
    if statement.statement.relations[at].symbol not in EQUALITIES:
        return "mention"
    head = statement.sides[at]
    if _is_example(head, statement.sides[at + 1]):
        return "mention"
    if isinstance(head, Partial) and head == statement.sides[at + 1]:
        return "mention"  # ∂L/∂w = ∂L/∂w
    named = isinstance(head, Name) or (isinstance(head, Apply) and head.order == 0 and at == 0)
    return "definition" if at == 0 and named else "claim"
