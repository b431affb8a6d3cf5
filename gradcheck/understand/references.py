"""What the names of a page refer to where they stand, and how they are shown: ``h[j]``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.language.expression import Apply, Expression, Name, walk
from gradcheck.language.functions import BY_NAME
from gradcheck.language.names import BIAS, INPUT, LABEL, RATE, WEIGHT
from gradcheck.language.notation import to_text
from gradcheck.understand.bindings import CanonicalStatement
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.assertions import Page
from gradcheck.understand.page.order import Defined
from gradcheck.understand.page.page_axes import SAMPLE_SLOT
from gradcheck.understand.page.symbols import Slot, Unmeant, Written, base_of
from gradcheck.understand.page.translation import Translator

UNWRITTEN = "·"
"""Stands for the samples' index where the page writes none."""


@dataclass(frozen=True)
class Reference:
    """A name in a statement, with what it means there."""

    shown: str  # with its axes: ``w[j,i]``
    kind: str  # "defined", "parameter", "data", "count", "function", "free" …
    place: int | None  # where its definition begins
    words: str = ""  # what is known besides
    array: str = ""  # its array in the typed tree
    decided: str = ""  # the file that says so


@dataclass(frozen=True)
class References:
    """Looks up the names of one page."""

    page: Page

    @cached_property
    def display(self) -> Mapping[str, str]:
        """For every name with axes, by its key, how it is shown."""
        found: dict[str, str] = {}
        for statement in self.page.order.statements:
            for name in names_of(statement.sides):
                shown = self.shown(name)
                if shown != to_text(name):
                    found[name.key] = shown
        return found

    def text(self, expression: Expression) -> str:
        """An expression with the axes of its names."""
        return to_text(expression, self.display)

    def shown(self, name: Name) -> str:
        """A name with its indices in brackets; as it is written if it has none."""
        try:
            array, written = self.page.layout.array(name)
        except Unmeant:
            return to_text(name)
        slots = self.page.layout.slots.get(array, ())
        if not slots:
            return to_text(name)
        given = dict(written.indices)
        return f"{symbol_of(name, written)}[{','.join(self._index(s, given) for s in slots)}]"

    def _index(self, slot: Slot, given: Mapping[Slot, str]) -> str:
        written = given.get(slot)
        return written if written is not None else self.sample_letter

    @cached_property
    def sample_letter(self) -> str:
        """The letter of the samples, if the page has just one."""
        layout = self.page.layout
        samples = {layout.sorts.union.find(a) for a in layout.samples}
        found = sorted(x for x, axes in self.letters.items() if samples & set(axes))
        return found[0] if len(found) == 1 else UNWRITTEN

    @cached_property
    def letters(self) -> Mapping[str, tuple[str, ...]]:
        """The axes that every letter runs over, as they are called after all merging."""
        union = self.page.layout.sorts.union
        return {
            letter: tuple(dict.fromkeys(union.find(a) for a in axes))
            for letter, axes in self.page.layout.letters.items()
        }

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of the page, the samples' first, with their letters and the arrays on them."""
        layout = self.page.layout
        samples = {layout.sorts.union.find(a) for a in layout.samples}
        names = self._names_of_arrays
        found: dict[str, dict[str, None]] = {}
        for array, slots in layout.slots.items():
            for slot in slots:
                axis = layout.sorts.union.find(layout.axis(array, slot))
                found.setdefault(axis, {})[names.get(array, array)] = None
        made = []
        for axis, arrays in found.items():
            letters = tuple(sorted(x for x, several in self.letters.items() if axis in several))
            counts = [k for k, a in layout.counts.items() if layout.sorts.union.find(a) == axis]
            length = next(
                (n for a, n in layout.lengths.items() if layout.sorts.union.find(a) == axis), None
            )
            made.append(
                Axis(letters, tuple(arrays), axis in samples, tuple(sorted(counts)), length)
            )
        return tuple(sorted(made, key=lambda a: (not a.samples, a.letters, a.arrays)))

    @cached_property
    def _names_of_arrays(self) -> dict[str, str]:
        """How the symbol of every array is written."""
        found: dict[str, str] = {}
        for statement in self.page.order.statements:
            near = self.page.layout.near([s for s in statement.sides if s is not None])
            for name in names_of(statement.sides):
                try:
                    array, written = self.page.layout.array(name, near)
                except Unmeant:
                    continue
                found.setdefault(array, symbol_of(name, written))
        return found

    # ------------------------------------------------------------------ references

    def of(self, statement: CanonicalStatement) -> tuple[Reference, ...]:
        """What the names and functions of a statement refer to, each once."""
        sides = [side for side in statement.sides if side is not None]
        near = self.page.layout.near(sides)
        found: dict[str, Reference] = {}
        for name in names_of(statement.sides):
            if name.key in self.page.layout.symbols.letters and not self._is_value(name):
                continue
            try:
                array, _ = self.page.layout.array(name, near)
            except Unmeant as trouble:
                shown = to_text(name)
                found[shown] = Reference(
                    shown,
                    "not understood",
                    None,
                    trouble.reason,
                    decided=_file(self.page.layout.symbols),
                )
                continue
            meant = replace(self._reference(name, array, statement), array=array)
            found.setdefault(self.shown(name), meant)
        for function in functions_of(sides):
            if not self.page.versions.get(function.key):  # \\hat y(x) is a value
                found.setdefault(to_text(function), self._function(function))
        return tuple(found.values())

    def _is_value(self, name: Name) -> bool:
        return name.key in self.page.versions or name.key in self.page.layout.counts

    def _reference(self, name: Name, array: str, statement: CanonicalStatement) -> Reference:
        shown, page = self.shown(name), self.page
        defined = self.defined(array, statement)
        if defined is not None:
            again = {"anew": "the name is used again", "other": "defined anew"}
            words = again.get(defined.again, "")
            return Reference(shown, "defined", defined.place, words, decided=_file(self.page.order))
        if name.key in page.layout.counts:
            axis = page.layout.sorts.union.find(page.layout.counts[name.key])
            letters = [x for x, axes in self.letters.items() if axis in axes]
            return Reference(
                shown,
                "count",
                None,
                f"of {', '.join(sorted(letters))}",
                decided=_file(self.page.layout),
            )
        fact = page.facts.get(array)
        if fact is not None:
            how = "" if fact.stated else ", read from the loss"
            return Reference(shown, "data", fact.span.start, fact.words + how, decided=_file(fact))
        if name.key in page.order.trained:
            return Reference(shown, "parameter", None, "", decided=_file(self.page.order))
        if is_loss_name(name):
            return self._loss(shown, statement)
        if name.key == "e":
            return Reference(shown, "number", None, "Euler's", decided="translation")
        kind = free_kind(name)
        words = "by its name" if kind == "parameter" else self._carried(array)
        return Reference(
            shown, kind, None, words, decided=_file(self.page.layout) if kind == "free" else "names"
        )

    def _loss(self, shown: str, statement: CanonicalStatement) -> Reference:
        """The name of a loss that nothing defines: it means the loss of the place."""
        meant = self.page.order.loss_at(statement.position)
        if meant is None:
            return Reference(shown, "not defined", None, "", decided=_file(self.page.order))
        return Reference(
            shown,
            "defined",
            meant.start,
            f"{self.shown(meant.name)}",
            decided=_file(self.page.order),
        )

    def _carried(self, array: str) -> str:
        """What is added to a name that carries the samples' index unwritten."""
        carried = SAMPLE_SLOT in self.page.layout.slots.get(array, ())
        return "one a sample, though no index says so" if carried else ""

    def defined(self, array: str, statement: CanonicalStatement) -> Defined | None:
        """The definition that a name in a statement refers to; its own where it makes one."""
        several = self.page.versions.get(array, [])
        own = [d for d in several if d.binding.statement == statement.number]
        if own:
            return own[0]
        looking = Translator(self.page.layout, {}, self.page.versions, statement.position)
        return looking.refers(array, statement.position)

    def _function(self, function: Name) -> Reference:
        shown = to_text(function)
        place = self.page.order.functions.get(function.key)
        if place is not None:
            return Reference(shown, "function", place.start, "", decided=_file(self.page.order))
        known = BY_NAME.get(function.key)
        words = f"the {known}" if known and known != function.key else ""
        by = "functions" if known else "translation"
        return Reference(shown, "function", None, words or ("" if known else "any"), decided=by)


@dataclass(frozen=True)
class Axis:
    """An axis of a page: its letters, and the arrays that carry it."""

    letters: tuple[str, ...]
    arrays: tuple[str, ...]
    samples: bool
    counts: tuple[str, ...]
    length: int | None

    @property
    def words(self) -> str:
        """``n: the samples (N of them), of x, h``."""
        letters = ", ".join(self.letters) or "no letter"
        long = [*self.counts, *([str(self.length)] if self.length is not None else [])]
        many = f" ({long[0]} of them)" if long else ""
        what = f"the samples{many}, " if self.samples else f"{long[0]} long, " if long else ""
        return f"{letters}: {what}of {', '.join(sorted(self.arrays))}"


def _file(decider: object) -> str:
    """The file in which it is decided what a name is."""
    return type(decider).__module__.rpartition(".")[2]


def free_kind(name: Name) -> str:
    """What a name that nothing defines and nothing trains is, by what such names usually are."""
    if name.base in INPUT.names() | LABEL.names():
        return "data"
    if name.key in RATE.names():
        return "learning rate"
    if name.base in WEIGHT.names() | BIAS.names() and not name.accent:
        return "parameter"
    return "free"


def symbol_of(name: Name, written: Written) -> str:
    """A name as it is shown without its indices: ``w``, ``W^(2)``, ``ŷ``."""
    bare = to_text(replace(name, subscript="", superscript=""))
    fixed = written.symbol[len(base_of(name)) :]
    return bare + re.sub(r"\^(\w+)", r"^(\1)", fixed)


def names_of(sides: Sequence[Expression | None]) -> Iterator[Name]:
    """The names in some sides, in order; functions excepted."""
    stack = [side for side in reversed(sides) if side is not None]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node
        elif isinstance(node, Apply):
            stack += reversed(node.arguments)
        else:
            stack += reversed(list(node.children()))


def functions_of(sides: Sequence[Expression]) -> Iterator[Name]:
    """The functions that are applied in some sides."""
    for side in sides:
        for node in walk(side):
            if isinstance(node, Apply):
                yield node.function


def is_number(head: Name, page: Page) -> bool:
    """Whether a defined name is one number, or one a sample: it can be a loss."""
    try:
        array, _ = page.layout.array(head)
    except Unmeant:
        return True
    samples = {page.layout.sorts.union.find(a) for a in page.layout.samples}
    slots = page.layout.slots.get(array, ())
    return all(page.layout.sorts.union.find(page.layout.axis(array, s)) in samples for s in slots)
