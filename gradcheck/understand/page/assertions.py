"""Assertions: what a page says that can be true or false, in order, and why some is not judged.

An assertion is a pair of neighbours in a chain. A claim says besides what the gradient of the loss
by a parameter is: its sides are the derivative at the chain's head and a side without derivatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Name,
    Number,
    Partial,
    to_key,
    value_keys,
    value_names,
    walk,
)
from gradcheck.language.functions import BY_NAME
from gradcheck.language.statement import ReadDocument
from gradcheck.understand.bindings import EQUALITIES, Binding, CanonicalStatement, names_factor
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.index_conditions import Condition, IndexConditions
from gradcheck.understand.page.known_data import Fact, facts_of, is_constraint
from gradcheck.understand.page.layer_ranges import counts_down
from gradcheck.understand.page.order import Defined, InOrder, in_order, is_closed, versions
from gradcheck.understand.page.page_axes import Layout, layout_of
from gradcheck.understand.page.solving import solving
from gradcheck.understand.page.symbols import Unmeant


@dataclass(frozen=True)
class Assertion:
    """``left = right``, where it stands, and what is to be done with it."""

    statement: int
    side: int  # of the right one
    span: Span  # of the right side
    place: int  # where its statement begins
    left: Expression
    right: Expression
    exempt: str = ""  # why it is not judged, if it is not: a condition, a definition
    apart: tuple[str, str] | None = None  # index letters that are said to differ
    together: tuple[str, str] | None = None  # … or to be the same


@dataclass(frozen=True)
class GradientClaim:
    """What a page says the gradient of a loss by a parameter is."""

    parameter: str  # array
    by: Name  # as written
    statement: int
    side: int
    span: Span
    place: int
    left: Partial
    right: Expression | None  # None: the side was not read
    reason: str = ""


@dataclass(frozen=True)
class Page:
    """A page in order with its axes: definitions, assertions, claims."""

    order: InOrder
    layout: Layout
    versions: dict[str, list[Defined]]

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """What the page says of its data, by array."""
        return facts_of(self.layout)

    @cached_property
    def introduced(self) -> frozenset[str]:
        """Symbols of what the page defines, computes with or differentiates by."""
        order = self.order
        names = [n for b in order.bindings for n in (b.name, *value_names(b.body))]
        partials = (n for side in order.expressions for n in walk(side) if isinstance(n, Partial))
        names += [partial.by for partial in partials if isinstance(partial.by, Name)]
        return frozenset(order.symbol(name) for name in names)

    @cached_property
    def assertions(self) -> tuple[Assertion, ...]:
        """What is asserted, in document order."""
        found: list[Assertion] = []
        for at, statement in enumerate(self.order.statements):
            judged = self.order.is_own(statement.position) and not names_factor(statement)
            if judged and not statement.is_update:
                before = self.order.statements[at - 1].sides[-1] if at else None
                found += self._of(statement, before, self.conditions.of(at))
        return tuple(found)

    def _of(
        self,
        statement: CanonicalStatement,
        before: Expression | None,
        condition: Condition,
    ) -> Iterator[Assertion]:
        apart, together = condition
        for k, relation in enumerate(statement.statement.relations):
            left, right = statement.sides[k], statement.sides[k + 1]
            if self._is_alias(left) and k and self._defined_in(statement.number):
                left = statement.sides[k - 1]  # another name of what stands before it
            if left is None or right is None or relation.symbol not in EQUALITIES:
                continue
            if k and before is not None and self._is_because(statement):
                left = before  # what follows the remark goes on from what stood before it
                before = None
            yield Assertion(
                statement.number, k + 1, statement.statement.sides[k + 1].span,
                statement.position, left, right, self._exempt(statement, k), apart, together,
            )  # fmt: skip

    def _is_because(self, statement: CanonicalStatement) -> bool:
        """Whether a chain begins as a remark: ``\\because z = w x + b``."""
        start = statement.statement.span.start
        return self.order.read.document.text[:start].rstrip().endswith(("\\because", "∵"))

    def _exempt(self, statement: CanonicalStatement, k: int) -> str:
        """Why the pair k, k + 1 is not judged; empty if it is."""
        left, right = statement.sides[k], statement.sides[k + 1]
        defined_here = self._defined_in(statement.number)
        for defined in defined_here:
            if left == defined.head and k < defined.binding.side:
                return "definition"
            if defined.binding.side == k and right == defined.head:
                return "definition"
        if k == 0 and self._is_function_head(left):
            return "definition"
        if defined_here and self._is_alias(right):
            return "definition"
        both = left is not None and right is not None
        if k == 0 and both and is_constraint(self.layout, left, right):
            return "fact"
        if self._is_range(left, right):
            return "range"
        if self._is_given(statement, k):
            return "given"
        if statement.number in self._solving:
            return "solved"
        if isinstance(left, Name) and k == 0:
            if left.key in self.order.trained:
                return "solved"
            if right is not None and not value_keys(right):
                return "value"
        if k == 0 and both and self._is_of_free_names(left, right):
            return "fact"
        if self._has_values(statement, k):
            return "value"
        if isinstance(right, Number) and right.value == 0 and self._is_condition(statement, k):
            return "condition"
        return ""

    @cached_property
    def _solving(self) -> frozenset[int]:
        computed = frozenset(b.key for b in self.order.bindings)
        return solving(self.order.statements, computed, self.order.read.document.text)

    def _is_range(self, left: Expression | None, right: Expression | None) -> bool:
        """``l = L``: an index and its values."""
        if not isinstance(left, Name) or len(left.key) != 1 or left.key in self.versions:
            return False
        marks = (f"{n.subscript} {n.superscript}" for n in self._names)
        marked = any(left.key in re.findall("[A-Za-z]", mark) for mark in marks)
        if marked and isinstance(right, Name | Number | Add):
            return True
        return counts_down(left, right, self.order.statements)

    @cached_property
    def _names(self) -> list[Name]:
        return [n for e in self.order.expressions for n in walk(e) if isinstance(n, Name)]

    def _is_of_free_names(self, left: Expression | None, right: Expression | None) -> bool:
        """A constraint of the data, ``u + v = 10``: about nothing that the page defines."""
        assert left is not None and right is not None
        if not is_closed(left) or not is_closed(right) or isinstance(left, Name):
            return False
        slopes = (n for n in walk(left) if isinstance(n, Apply) and n.order)
        if not isinstance(right, Number) or any(slopes):
            return False
        names = [n for n in walk(left) if isinstance(n, Name)]
        functions = {n.function.key for n in walk(left) if isinstance(n, Apply)}
        values = [n for n in names if n.key not in functions]
        return bool(values) and not any(self._is_defined(n) for n in values)

    def _is_defined(self, name: Name) -> bool:
        try:
            return self.layout.array(name)[0] in self.versions
        except Unmeant:
            return True

    def _has_values(self, statement: CanonicalStatement, k: int) -> bool:
        """Whether numbers stand for quantities, which the arithmetic judges."""
        document = self.order.read.document
        spans = [statement.statement.sides[at].span for at in (k, k + 1)]
        found = {d for span in spans for d in _DECIMAL.findall(document.source(span))}
        long = {d for d in found if len(d.partition(".")[2]) > 2}
        if long - self._constants:
            return True
        sides = [statement.sides[at] for at in (k, k + 1)]
        bare = [s for s in sides if s is not None and not value_keys(s)]
        if bare and found - self._constants:
            return True
        return bool(bare) and self._gives_values and not isinstance(bare[0], Number)

    @cached_property
    def _constants(self) -> frozenset[str]:
        """The decimals of the forward equations."""
        document = self.order.read.document
        spans = self.layout.forward
        return frozenset(d for span in spans for d in _DECIMAL.findall(document.source(span)))

    @cached_property
    def _gives_values(self) -> bool:
        """Whether the page gives names numbers: ``x = 2``."""
        return any(
            isinstance(s.sides[0], Name)
            and len(s.sides) == 2
            and s.sides[1] is not None
            and not value_keys(s.sides[1])
            for s in self.order.statements
        )

    def _is_given(self, statement: CanonicalStatement, k: int) -> bool:
        """A closed form for the partial of an unknown loss by what it is about: taken as given."""
        left, right = statement.sides[k], statement.sides[k + 1]
        if not isinstance(left, Partial) or right is None or not is_closed(right):
            return False
        return self.given_place(left) == statement.statement.sides[k + 1].span

    def given_place(self, partial: Partial) -> Span | None:
        """Where the first closed form for such a partial stands, if there is one."""
        given = self.given.get(to_key(partial.of), {}).get(self._array_of(partial.by))
        return given[1] if given is not None else None

    def _array_of(self, side: Expression) -> str:
        try:
            return self.layout.array(side)[0] if isinstance(side, Name) else ""
        except Unmeant:
            return ""

    @cached_property
    def given(self) -> dict[str, dict[str, tuple[CanonicalStatement, Span, Partial, Expression]]]:
        """By unknown loss and outermost array: the closed form that the page gives its partial."""
        found: dict[str, dict[str, tuple[CanonicalStatement, Span, Partial, Expression]]] = {}
        arrays = {self._array_of(b.name) for b in self.order.outermost}
        for statement in self.order.statements:
            head = statement.sides[0]
            if not isinstance(head, Partial) or len(statement.sides) != 2:
                continue
            loss, array, body = to_key(head.of), self._array_of(head.by), statement.sides[1]
            if loss not in self.order.opaque or array not in arrays or body is None:
                continue
            if is_closed(body):
                span = statement.statement.sides[1].span
                found.setdefault(loss, {}).setdefault(array, (statement, span, head, body))
        return found

    def _is_function_head(self, side: Expression | None) -> bool:
        """``g(z)`` where the page says what g is: its first equation defines it."""
        return (
            isinstance(side, Apply)
            and not side.order
            and all(isinstance(a, Name) for a in side.arguments)
            and side.function.key in self.order.functions
            and self.order.functions[side.function.key] == side.span
        )

    def _is_alias(self, side: Expression | None) -> bool:
        """``h_\\theta(x)`` between a prediction and its formula: another name for it."""
        if not isinstance(side, Apply) or side.order or side.function.key in BY_NAME:
            return False
        return side.function.key not in self.order.functions

    def _defined_in(self, statement: int) -> list[Defined]:
        return self._defined.get(statement, [])

    @cached_property
    def _defined(self) -> dict[int, list[Defined]]:
        """The definitions by statement."""
        found: dict[int, list[Defined]] = {}
        for several in self.versions.values():
            for defined in several:
                found.setdefault(defined.binding.statement, []).append(defined)
        return found

    def _is_condition(self, statement: CanonicalStatement, k: int) -> bool:
        """Whether ``= 0`` at the end of a chain asks for an optimum."""
        last = k + 2 == len(statement.sides)
        if not last or not isinstance(statement.sides[0], Partial):
            return False
        text = self.order.read.document.text
        around = text[max(0, statement.position - 240) : statement.statement.span.end + 240]
        return bool(_OPTIMUM.search(around)) or (k > 0 and self._all_end_so(statement.sides[0]))

    def _all_end_so(self, head: Partial) -> bool:
        """Whether every line that derives the same quantity by a name ends in ``= 0``."""
        heads = ((s.sides[0], s.sides) for s in self.order.statements if len(s.sides) > 1)
        ends = [
            sides[-1]
            for other, sides in heads
            if isinstance(other, Partial) and other.order == head.order and other.of == head.of
        ]
        return all(isinstance(e, Number) and e.value == 0 for e in ends)

    @cached_property
    def conditions(self) -> IndexConditions:
        """What is said of indices beside the statements."""
        order = self.order
        return IndexConditions(order.read.document, order.statements, self.layout.symbols.letters)

    @cached_property
    def claims(self) -> tuple[GradientClaim, ...]:
        """What is claimed of gradients, in document order."""
        found: list[GradientClaim] = []
        for statement in self.order.statements:
            parameter = self._parameter(statement)
            if (
                parameter is None
                or statement.is_update
                or not self.order.is_own(statement.position)
            ):
                continue
            head = statement.sides[0]
            assert isinstance(head, Partial) and isinstance(head.by, Name)
            for k in range(1, len(statement.sides)):
                symbol = statement.statement.relations[k - 1].symbol
                if symbol not in EQUALITIES:
                    break
                side = statement.sides[k]
                if side is not None and (not is_closed(side) or self._exempt(statement, k - 1)):
                    continue
                unread = statement.statement.sides[k].unread
                found.append(
                    GradientClaim(
                        parameter,
                        head.by,
                        statement.number,
                        k,
                        statement.statement.sides[k].span,
                        statement.position,
                        head,
                        side,
                        unread.reason if unread is not None else "",
                    )
                )
        return tuple(found)

    def _parameter(self, statement: CanonicalStatement) -> str | None:
        """The array by which a chain derives the loss, if it does so by one that is trained."""
        head = statement.sides[0]
        if not isinstance(head, Partial) or head.order != 1:
            return None
        if not isinstance(head.of, Name) or not isinstance(head.by, Name):
            return None
        if not self._is_whole_loss(head.of, statement.position):
            return None
        try:
            array, _ = self.layout.array(head.by)
        except Unmeant:
            return None
        return None if array in self.versions else array

    def _is_whole_loss(self, name: Name, place: int) -> bool:
        meant = self.order.loss_at(place)
        if meant is None:
            return False
        if meant.name.key == name.key:
            return True
        if not is_loss_name(name):
            return False
        defined = self.order.heads
        return name.key not in defined or not self.order.is_part(self._binding(name, meant))

    def _binding(self, name: Name, default: Binding) -> Binding:
        return next((b for b in self.order.bindings if b.name.key == name.key), default)


_DECIMAL = re.compile(r"\d+\.\d+")
"""A decimal number."""

_OPTIMUM = re.compile(
    r"optim|station|minim|maxim|extrem|solv|\bset(?:ting)?\b|zero|normal equation|critical|vanish",
    re.I,
)


def page_of(read: ReadDocument, own: int | None = None) -> Page:
    """A document's page: its definitions in order, its axes, what it asserts.

    ``own`` is where its own text ends, if the definitions of a reference stand below it.
    """
    order = in_order(read, own)
    layout = layout_of(order)
    found = versions(order, lambda name: layout.array(name)[0])
    return Page(order, layout, found)
