"""The numbers of a row of a page with indices, at one seeded point with axes of unlike lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.evidence.field import Refused, at_point, by_differences
from gradcheck.explain.page_derived import with_facts
from gradcheck.explain.page_mends import sizes_of, spread
from gradcheck.judge.in_order import JudgedPair
from gradcheck.judge.page_verdicts import PageVerdicts
from gradcheck.language.expression import Name, Partial
from gradcheck.language.typed import Slope, Term, World, letters
from gradcheck.report.results import ParameterResult
from gradcheck.run.budget import CLAIM
from gradcheck.run.parts import attempt
from gradcheck.understand.bindings import Binding
from gradcheck.understand.page.symbols import Unmeant

Array = NDArray[np.float64]
Value = tuple[Array, tuple[str, ...]]
TRUNCATION = 1e-9
"""Relative to the largest entry, what the differences' own step may be off by."""
SIZE = 1e6
"""Values beyond this size, or below its inverse, say nothing in floating point."""


@dataclass(frozen=True)
class PageNumbers:
    """The numbers of the rows of one page."""

    verdicts: PageVerdicts

    def of_row(
        self, row: ParameterResult, name: Name, loss: Binding, place: int, judged: JudgedPair | None
    ) -> ParameterResult:
        """The row with what could be computed; the rest stays None."""
        return attempt(
            "the numbers of a gradient",
            lambda: self._claimed(self._numeric(row, name, loss, place), judged),
            lambda _: row,
            share=CLAIM / 2,
        )

    def _numeric(
        self, row: ParameterResult, name: Name, loss: Binding, place: int
    ) -> ParameterResult:
        """With finite differences of the loss against its slope."""
        position = max(place, loss.span.end)
        translator = self.verdicts.translator(position)
        try:
            (slope,) = translator.terms([Partial(loss.name, name)], "s-numbers", position)
            world = with_facts(self.verdicts, translator.world([slope]))
        except Unmeant:
            return row
        if not isinstance(slope, Slope) or translator.misfits:
            return row
        lengths, seed = sizes_of(world), self.verdicts.judge.seed
        try:
            truth = at_point(slope, world, lengths, seed)
            numeric = by_differences(slope, world, lengths, seed)
            level = float(np.abs(at_point(slope.of, world, lengths, seed)[0]).max())
        except Refused:
            return row
        compared = _difference(numeric, truth, tuple(letters(slope)))
        if compared is None:
            return row
        error, entry, scale = compared
        bound = TRUNCATION + 1e3 * 2**-52 * max(level, 1.0) / (1e-3 * max(scale, 1e-300))
        return replace(row, numeric_error=error, numeric_bound=bound, worst_entry=entry)

    def _claimed(self, row: ParameterResult, judged: JudgedPair | None) -> ParameterResult:
        """With the claim, completed by what it left out, against the slope."""
        if judged is None or judged.left is None or judged.right is None or judged.world is None:
            return row
        world = judged.world if judged.given is None else with_facts(self.verdicts, judged.world)
        try:
            found = self._sides(judged, judged.left, judged.right, world)
        except Refused:
            return row
        if found is None:
            return row
        return replace(row, document_error=found[0], worst_entry=found[1])

    def _sides(
        self, judged: JudgedPair, left: Term, right: Term, world: World
    ) -> tuple[float, tuple[int, ...]] | None:
        own = letters(left)
        if set(letters(right)) - set(own):
            return None  # an index that the gradient does not have
        lengths, seed = sizes_of(world), self.verdicts.judge.seed
        truth = at_point(left, world, lengths, seed)
        array, names = at_point(right, world, lengths, seed)
        if judged.left_out is not None:
            layout = self.verdicts.page.layout
            union = layout.sorts.union
            samples = {union.find(a) for a in layout.samples} & set(lengths)
            if judged.left_out.power and len(samples) != 1:
                return None
            count = lengths[samples.pop()] if samples else 1
            array = array * judged.left_out.value(count)
        compared = _difference((array, names), truth, tuple(own))
        return None if compared is None else compared[:2]


def _difference(
    array: Value, truth: Value, order: tuple[str, ...]
) -> tuple[float, tuple[int, ...], float] | None:
    """The largest difference relative to the truth's largest entry, where it is, and that entry.

    The indices are in the order of the gradient's own. None where something has no value.
    """
    a, b = spread(array, truth[1]), spread(truth, array[1])
    a, b = np.broadcast_arrays(a, b)
    if not a.size or not np.isfinite(a).all() or not np.isfinite(b).all():
        return None
    gap, scale = np.abs(a - b), float(np.abs(b).max())
    if not 1 / SIZE < scale < SIZE and scale:
        return None
    worst = np.unravel_index(int(np.argmax(gap)), gap.shape) if gap.ndim else ()
    at = dict(zip(sorted({*array[1], *truth[1]}), worst, strict=True))
    entry = tuple(int(at[name]) for name in order if name in at)
    largest = float(gap.max())
    return (largest / scale if scale else largest), entry, scale
