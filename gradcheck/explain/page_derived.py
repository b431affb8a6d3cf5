"""The true gradient by a parameter, in the document's own names.

What is proposed is read as the page is read, and compared with the derivative: what the field does
not find equal to it for all sizes is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gradcheck.evidence.field import decide
from gradcheck.explain.page_products import NoForm
from gradcheck.explain.page_slopes import Backwards
from gradcheck.explain.page_writing import Writer, to_tex_of
from gradcheck.judge.page_verdicts import JudgedGradient, PageVerdicts
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, Name, Number, Partial
from gradcheck.language.notation import to_text
from gradcheck.language.typed import Entry, Slope, World
from gradcheck.report.results import ParameterResult
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import omitted
from gradcheck.understand.bindings import Binding
from gradcheck.understand.page.symbols import Unmeant
from gradcheck.understand.page.translation import Translator

PLACE = 1 << 41
"""A scope that no statement of the page has."""


@dataclass
class Gradients:
    """The gradients of one page, each derived once."""

    verdicts: PageVerdicts
    _known: dict[tuple[Span, str, int], Expression | None] = field(default_factory=dict)

    def of(self, name: Name, loss: Binding, place: int) -> Expression | None:
        """The gradient by an array, as seen from a place, or None."""
        key = loss.span, name.key, place
        if key not in self._known:
            self._known[key] = derived(self.verdicts, name, loss, place)
        return self._known[key]

    def of_claim(self, item: JudgedGradient) -> str:
        """What should stand where a gradient is claimed, as text; empty if that is not known."""
        loss = self.verdicts.page.order.loss_at(item.claim.place)
        found = None if loss is None else self.of(item.claim.by, loss, item.claim.place)
        return "" if found is None else to_text(found)

    def of_row(
        self, row: ParameterResult, name: Name, loss: Binding, place: int
    ) -> ParameterResult:
        """A row with the gradient derived."""
        found = self.of(name, loss, place)
        if found is None:
            return row
        tex = to_tex_of(self.verdicts.page.layout, found)
        return replace(row, derived=to_text(found), derived_tex=tex)


@omitted("a gradient in the page's names", SEARCH)
def derived(verdicts: PageVerdicts, name: Name, loss: Binding, place: int) -> Expression | None:
    """The gradient of a loss by an array as it is written, as seen from a place of the page."""
    translator = verdicts.translator(max(place, loss.span.end))
    written = Partial(loss.name, name)
    scope, position = f"s{PLACE}", max(place, loss.span.end)
    try:
        (slope,) = translator.terms([written], scope, position)
        world = translator.world([slope])
    except Unmeant:
        return None
    if not isinstance(slope, Slope) or not isinstance(slope.of, Entry) or translator.misfits:
        return None
    found = _proposed(verdicts, translator, slope, world)
    if found is None:
        return None
    expression, by_fact = found
    fresh = verdicts.translator(position)
    try:
        left, right = fresh.terms([written, expression], scope, position)
        world = fresh.world([left, right])
    except Unmeant:
        return None
    if fresh.misfits:
        return None
    if by_fact:
        world = with_facts(verdicts, world)
    decision = decide(left, right, world, seed=verdicts.judge.seed, constants=False)
    return expression if decision.outcome == "equal" and not decision.reach else None


def _proposed(
    verdicts: PageVerdicts, translator: Translator, slope: Slope, world: World
) -> tuple[Expression, bool] | None:
    assert isinstance(slope.of, Entry)
    told = with_facts(verdicts, world)
    one_hot = {n: f.one_hot for n, f in told.free.items() if f.one_hot is not None}
    backwards = Backwards(world, slope.by, one_hot)
    try:
        summand = backwards.gradient(slope.of.name)
        if summand is None:
            return None
        writer = Writer(verdicts.page.layout, translator.names, verdicts.judge.functions)
        own = {letter.name: letter.name for letter in backwards.heads.get(slope.by.name, ())}
        found = writer.summand(summand, own)
    except NoForm:
        return None
    return None if isinstance(found, Number) else (found, backwards.used_fact)


def with_facts(verdicts: PageVerdicts, world: World) -> World:
    """The world with what the page says of its data."""
    layout = verdicts.page.layout
    free = dict(world.free)
    for array, fact in verdicts.page.facts.items():
        if array in free:
            slots = layout.slots.get(array, ())
            at = slots.index(fact.one_hot) if fact.one_hot in slots else None
            free[array] = replace(free[array], one_hot=at, labels=fact.values)
    return replace(world, free=free)
