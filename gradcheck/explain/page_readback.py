"""How a page with axes was understood, in words: its equations, its axes, what was not judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gradcheck.judge.page_verdicts import PageVerdicts
from gradcheck.language.document import Document
from gradcheck.language.expression import Apply
from gradcheck.language.functions import BY_NAME
from gradcheck.report.results import CHAIN_RULE_ONLY, SetupResult, StepResult
from gradcheck.understand.bindings import Binding
from gradcheck.understand.references import References, functions_of, names_of

MOODS = {
    "condition": "= 0 is a condition, it says where the optimum is",
    "solved": "solved from a condition",
    "value": "values put in, checked as arithmetic only",
    "fact": "facts about the data",
    "range": "what an index runs over, or a case of it",
    "given": "taken as given, for the loss is not on the page",
}
"""Why an assertion is not judged, in words; definitions are shown, and need none."""


@dataclass(frozen=True)
class ReadBack:
    """What is said of one page before its verdicts."""

    document: Document
    verdicts: PageVerdicts

    @cached_property
    def references(self) -> References:
        return References(self.verdicts.page)

    # ------------------------------------------------------------------ equations and axes

    def forward(self, loss: Binding) -> tuple[str, ...]:
        """The equations that the loss is computed from, then the loss, indices in brackets."""
        page, text = self.verdicts.page, self.references.text
        found = [
            f"{text(d.head)} = {text(d.body)}"
            for several in page.versions.values()
            for d in several
            if d.binding.span in page.layout.forward and d.binding.span != loss.span
        ]
        return (*found, f"{text(loss.name)} = {text(loss.body)}")

    @property
    def definitions(self) -> tuple[str, ...]:
        """Everything that the page defines, in order, indices in brackets."""
        text = self.references.text
        return tuple(f"{text(b.name)} = {text(b.body)}" for b in self.verdicts.page.order.bindings)

    def hidden(self, loss: Binding) -> str:
        """The functions of the hidden layers: all that are applied below the prediction."""
        page = self.verdicts.page
        last = {page.order.symbol(name) for name in names_of([loss.body])}
        found: dict[str, None] = {}
        for binding in page.order.bindings:
            if binding.span not in page.layout.forward or binding.span == loss.span:
                continue
            body = binding.body
            if page.order.symbol(binding.name) in last and isinstance(body, Apply):
                inside = functions_of(body.arguments)
            else:
                inside = functions_of([body])
            for function in inside:
                meaning = self.verdicts.judge.functions.get(function.key)
                known = meaning.known if meaning is not None else BY_NAME.get(function.key)
                found[known or self.references.text(function)] = None
        return ", ".join(found) or "identity"

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes with their letters and the arrays that carry them."""
        axes = self.references.axes
        known = [axis.words for axis in axes if axis.letters]
        if not any(axis.samples for axis in axes):
            known.append("no index is the samples'")
        return tuple(known)

    def given(self, loss: Binding) -> tuple[str, ...]:
        """What is neither defined nor a parameter, in the equations of the loss."""
        page = self.verdicts.page
        parameters = {array for array, _ in self.verdicts.parameters(loss)}
        found: dict[str, None] = {}
        for statement in page.order.statements:
            if not any(side.span in page.layout.forward for side in statement.statement.sides):
                continue
            for reference in self.references.of(statement):
                free = reference.kind in ("data", "free", "count")
                if free and reference.array not in parameters:
                    found[reference.shown] = None
        return tuple(found)

    @property
    def abstract(self) -> tuple[str, ...]:
        """Functions of which nothing is known: what holds for them holds for any."""
        meanings = self.verdicts.judge.functions
        used = {f.key: f for f in functions_of(self.verdicts.page.order.expressions)}
        found = [
            key
            for key in used
            if (meaning := meanings.get(key)) is not None
            if meaning.known is None and meaning.body is None
        ]
        return tuple(self.references.text(used[key]) for key in sorted(found))

    # ------------------------------------------------------------------ what was not judged

    def unjudged(
        self, sides: Sequence[tuple[StepResult, int]], setups: Sequence[SetupResult]
    ) -> tuple[str, ...]:
        """What has no verdict, with the reason; ``sides`` are the steps with their right sides."""
        return (*self._exempt(sides), *self._chains(setups))

    def _exempt(self, sides: Sequence[tuple[StepResult, int]]) -> Iterator[str]:
        """What is exempt, by its mood."""
        found: dict[str, dict[str, None]] = {}
        for step, side in sides:
            asserted, judged = self.verdicts.step(step.statement, side)
            if step.verdict is not None or asserted is None or judged is not None:
                continue
            if asserted.exempt in MOODS:
                text = self.references.text
                shown = f"{text(asserted.left)} = {text(asserted.right)}"
                place = self.document.place_of(asserted.span)
                found.setdefault(asserted.exempt, {})[f"{shown} ({place})"] = None
        for mood, several in found.items():
            yield f"{MOODS[mood]}: {', '.join(several)}"

    def _chains(self, setups: Sequence[SetupResult]) -> Iterator[str]:
        rows = [row for s in setups for row in s.parameters if row.status == CHAIN_RULE_ONLY]
        for row in rows:
            yield f"the gradient by {row.role}: chain rule only, no closed form is given"
