"""The smallest edit of a wrong side under which it holds, on a page with indices.

An edit is one of the author's text. What it gives is read back, compared with the other side at
a point, and judged like any other line, in the same place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np

from gradcheck.evidence.field import Refused, at_point
from gradcheck.explain.page_derived import with_facts
from gradcheck.explain.page_edits import PageEdit, SideEdits, Surroundings
from gradcheck.explain.page_reading import Reader, changed
from gradcheck.judge.in_order import JudgedPair
from gradcheck.judge.page_verdicts import HELD, JudgedGradient, PageVerdicts
from gradcheck.language.document import Document
from gradcheck.language.expression import Expression, Name
from gradcheck.language.typed import Call, Term, World, letters
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.rules import NAMES_OF_RULES, Rule
from gradcheck.run.budget import SEARCH, spend
from gradcheck.run.parts import omitted
from gradcheck.understand.page.assertions import Assertion
from gradcheck.understand.page.symbols import Unmeant
from gradcheck.understand.page.translation import Translator

SHOWN = 2
"""Edits that are told together where several would do."""
LINES = 6
"""Wrong lines of a page for each of which an edit is looked for."""
EDITS = 400
"""Edits that are tried of one side, the likeliest first."""
JUDGED = 8
"""Edits of one weight that are judged: more that agree at a point say nothing of what was meant."""
CLOSE = 1e-8


@dataclass(frozen=True)
class PageMend:
    """What mends a side: its rule, the words, the corrected text (None: several would do)."""

    rule: Rule
    words: str
    replacement: str | None
    expression: Expression


@dataclass(frozen=True)
class PageMends:
    """Looks for what mends the wrong sides of one page."""

    document: Document
    verdicts: PageVerdicts

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.document)

    @omitted("a suggestion", SEARCH)
    def of(self, asserted: Assertion, item: JudgedGradient | None) -> PageMend | None:
        """The mend of a wrong pair; ``item`` is the claim for a gradient that its side is."""
        self._searched.add(asserted.statement)
        if len(self._searched) > LINES:
            return None
        edits = SideEdits(self.around(asserted.left), asserted.right, asserted.span).all()
        ordered = sorted(edits, key=lambda edit: edit.weight)[:EDITS]
        for _, tier in groupby(ordered, key=lambda edit: edit.weight):
            found = self._holding(asserted, item, list(tier))
            if found:
                return _told(found)
        return None

    @cached_property
    def _searched(self) -> set[int]:
        """Statements of which a side was searched."""
        return set()

    # ------------------------------------------------------------------ the page

    def around(self, left: Expression) -> Surroundings:
        """What edits of a side may use, beside this left side."""
        names = self._names
        return Surroundings(
            self.document, self.verdicts.page.layout, names, self._activations, left
        )

    @cached_property
    def _names(self) -> dict[str, Name]:
        """The quantities of the losses, and the helpers, as the page writes them."""
        page = self.verdicts.page
        found: dict[str, Name] = {}
        for loss in self.verdicts.losses:
            translator = self.verdicts.translator(loss.span.end)
            try:
                array, _ = page.layout.array(loss.name)
                translator.refer(array, loss.name, loss.span.end)
            except Unmeant:
                continue
            for name, written in translator.names.items():
                if name != array:
                    found.setdefault(name.partition("#")[0], written)
        for array, several in page.versions.items():
            if page.layout.slots.get(array):
                found.setdefault(array, several[0].head)
        return dict(sorted(found.items(), key=lambda item: item[1].span.start))

    @cached_property
    def _activations(self) -> dict[str, str]:
        """The functions of which quantities are the value."""
        found: dict[str, str] = {}
        for loss in self.verdicts.losses:
            translator = self.verdicts.translator(loss.span.end)
            try:
                array, _ = self.verdicts.page.layout.array(loss.name)
                translator.refer(array, loss.name, loss.span.end)
            except Unmeant:
                continue
            for name, definition in translator.definitions.items():
                if isinstance(definition.body, Call) and not definition.body.order:
                    found[name.partition("#")[0]] = definition.body.function
        return found

    # ------------------------------------------------------------------ trying

    def _holding(
        self, asserted: Assertion, item: JudgedGradient | None, edits: Sequence[PageEdit]
    ) -> list[tuple[PageEdit, str, Expression]]:
        """Those edits under which the side holds."""
        found: list[tuple[PageEdit, str, Expression]] = []
        told: set[str] = set()
        judged = 0
        for edit, text, side in self._likely(asserted, edits):
            judged += edit.words not in told
            if judged > JUDGED:
                break
            if edit.words in told or not self._holds(asserted, item, side):
                continue
            told.add(edit.words)
            found.append((edit, text, side))
        return found

    def _likely(
        self, asserted: Assertion, edits: Sequence[PageEdit]
    ) -> Iterator[tuple[PageEdit, str, Expression]]:
        """Those that can be read, and come to the same as the other side at one point."""
        read: list[tuple[PageEdit, str, Expression]] = []
        for edit in edits:
            text = changed(self.document, asserted.span, edit.changes)
            side = self.reader.side(text, asserted.span.start)
            if side is not None and side != asserted.right:
                read.append((edit, text, side))
        trial = Trial(self.verdicts, asserted, tuple(c for c, _ in self._usual))
        agreeing = trial.agreeing([side for _, _, side in read])
        for found, agrees in zip(read, agreeing, strict=True):
            if agrees:
                yield found

    def _holds(self, asserted: Assertion, item: JudgedGradient | None, side: Expression) -> bool:
        judged = self.verdicts.judge.assertion(replace(asserted, right=side))
        if not self._accepted(judged):
            return False
        if item is None:
            return True
        return self._accepted(self.verdicts.judge.claim(replace(item.claim, right=side)))

    def _accepted(self, judged: JudgedPair) -> bool:
        """Whether a mended side leaves out no more than the other gradients do."""
        if judged.verdict is Verdict.EXACT:
            return True
        left_out = judged.left_out or Constant()
        return (
            judged.verdict is Verdict.CONVENTION and (left_out, judged.sum_left_out) in self._usual
        )

    @cached_property
    def _usual(self) -> set[tuple[Constant, bool]]:
        held = [i.judged for i in self.verdicts.gradients if i.judged.verdict in HELD]
        found = {(j.left_out or Constant(), j.sum_left_out) for j in held}
        return found or {(Constant(), True)}


def _told(found: Sequence[tuple[PageEdit, str, Expression]]) -> PageMend:
    edit, text, side = found[0]
    rule = NAMES_OF_RULES[edit.rule]
    if len(found) == 1 or (len({e.rule for e, _, _ in found}) == 1 and edit.rule == "wrong-sign"):
        return PageMend(rule, edit.words, text, side)
    words = ", or ".join(e.words for e, _, _ in found[:SHOWN])
    same = {e.rule for e, _, _ in found[:SHOWN]}
    rule = rule if len(same) == 1 else NAMES_OF_RULES["wrong-gradient"]
    return PageMend(rule, words, None, side)


@dataclass
class Trial:
    """Compares many sides with one other at a point where all axes have lengths of their own."""

    verdicts: PageVerdicts
    asserted: Assertion
    left_out: tuple[Constant, ...]  # what a side may leave out

    def agreeing(self, sides: Sequence[Expression]) -> list[bool]:
        """Whether each comes to what the left side does; those with another sample are let by."""
        translator = self.verdicts.translator(self.asserted.place)
        left = self._term(translator, self.asserted.left, self.asserted.left)
        if left is None:
            return [True] * len(sides)
        self._term(translator, self.asserted.left, self.asserted.right)
        terms = [self._term(translator, self.asserted.left, side) for side in sides]
        try:
            world = translator.world([left, *(t for t in terms if t is not None)])
            world = with_facts(self.verdicts, world)
            lengths = sizes_of(world)
            target = at_point(left, world, lengths, self.verdicts.judge.seed)
        except (Unmeant, Refused):
            return [True] * len(sides)
        return [
            term is not None and self._agrees(translator, left, term, world, lengths, target)
            for term in terms
        ]

    def _term(self, translator: Translator, left: Expression, side: Expression) -> Term | None:
        """The term of a side beside the left one; None where its indices do not fit."""
        before = set(translator.misfits)
        scope = f"s{self.asserted.statement}"
        try:
            terms = translator.terms([left, side], scope, self.asserted.place)
            translator.world(terms)
        except Unmeant:
            return None
        return None if translator.misfits - before else terms[1]

    def _agrees(
        self,
        translator: Translator,
        left: Term,
        term: Term,
        world: World,
        lengths: dict[str, int],
        target: tuple[np.ndarray, tuple[str, ...]],
    ) -> bool:
        more = [x for x in letters(term).values() if x.name not in letters(left)]
        if more:
            return len(more) == 1 and translator.is_sample(more[0])
        spend(300)
        try:
            found = at_point(term, world, lengths, self.verdicts.judge.seed)
        except Refused:
            return False
        page = self.verdicts.page
        samples = [lengths[translator.axis(a)] for a in page.layout.samples if a in lengths]
        count = samples[0] if samples else 1
        values = [1.0, *(constant.value(count) for constant in self.left_out)]
        return any(_close(target, found, value) for value in values)


def sizes_of(world: World) -> dict[str, int]:
    """A length of its own for every axis, but for those that the page fixes."""
    axes = {axis for free in world.free.values() for axis in free.axes}
    axes |= {a.axis for d in world.definitions.values() for a in d.letters}
    return {axis: world.lengths.get(axis, 3 + k) for k, axis in enumerate(sorted(axes))}


def _close(
    one: tuple[np.ndarray, tuple[str, ...]],
    other: tuple[np.ndarray, tuple[str, ...]],
    factor: float,
) -> bool:
    """Whether an array is a number times another one."""
    a, b = spread(one, other[1]), spread(other, one[1])
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return True
    return bool(np.abs(a - factor * b).max() <= CLOSE * np.abs(a).max())


def spread(value: tuple[np.ndarray, tuple[str, ...]], others: tuple[str, ...]) -> np.ndarray:
    """An array with its dimensions in the order of the letters, a dimension for each of both."""
    array, own = value
    names = sorted({*own, *others})
    order = [own.index(n) for n in names if n in own]
    shape = [array.shape[own.index(n)] if n in own else 1 for n in names]
    return np.asarray(array.transpose(order).reshape(shape))
