"""All verdicts on one page with axes: its steps, its gradients, its definitions of helpers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.judge.constants import accepted
from gradcheck.judge.in_order import JudgedPair, PageJudge
from gradcheck.language.document import Span
from gradcheck.language.expression import Expression, Name, Partial, walk
from gradcheck.language.names import BIAS, LABEL, WEIGHT
from gradcheck.language.notation import to_text
from gradcheck.language.typed import Letter
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.understand.bindings import Binding
from gradcheck.understand.page.assertions import Assertion, GradientClaim, Page
from gradcheck.understand.page.symbols import Unmeant
from gradcheck.understand.page.translation import Translator
from gradcheck.understand.resolution import FunctionMeaning

HELD = (Verdict.EXACT, Verdict.CONVENTION)


@dataclass(frozen=True)
class JudgedGradient:
    """A claim for a gradient with its verdict."""

    claim: GradientClaim
    judged: JudgedPair


@dataclass(frozen=True)
class LooseIndex:
    """A helper whose definition has an index on its right side only, or at two axes (None)."""

    span: Span
    statement: int
    side: int
    head: Name
    letter: Letter | None


@dataclass(frozen=True)
class PageVerdicts:
    """What was found out about a page."""

    page: Page
    judge: PageJudge

    @cached_property
    def steps(self) -> dict[tuple[int, int], tuple[Assertion, JudgedPair | None]]:
        """By statement and right side: the assertion and its verdict; None where it is exempt."""
        return {
            (a.statement, a.side): (a, None if a.exempt else self.judge.assertion(a))
            for a in self.page.assertions
        }

    def holds(self, span: Span) -> bool:
        """Whether what stands at a place is judged and right."""
        found = [j.verdict for a, j in self.steps.values() if a.span == span and j is not None]
        found += [i.judged.verdict for i in self.gradients if i.claim.span == span]
        return bool(found) and all(verdict in HELD for verdict in found)

    def step(self, statement: int, side: int) -> tuple[Assertion | None, JudgedPair | None]:
        """One assertion with its verdict; the others are not judged for it."""
        asserted = self._asserted.get((statement, side))
        if asserted is None or asserted.exempt:
            return asserted, None
        return asserted, self.judge.assertion(asserted)

    @cached_property
    def _asserted(self) -> dict[tuple[int, int], Assertion]:
        return {(a.statement, a.side): a for a in self.page.assertions}

    def gradient(self, span: Span) -> JudgedGradient | None:
        """The claim at a place with its verdict; constants are not compared with the others."""
        for claim in self.page.claims:
            if claim.span == span:
                return JudgedGradient(claim, self.judge.claim(claim))
        return None

    @cached_property
    def gradients(self) -> tuple[JudgedGradient, ...]:
        """The claims for gradients, their constants compared with each other."""
        found = [self._resting(c, self.judge.claim(c)) for c in self.page.claims]
        return tuple(item for group in _by_loss(self.page, found) for item in _settled(group))

    def _resting(self, claim: GradientClaim, judged: JudgedPair) -> JudgedGradient:
        """A claim that holds only if a helper is what the page wrongly says that it is not."""
        if judged.verdict not in HELD or claim.right is None:
            return JudgedGradient(claim, judged)
        for name in (n for n in walk(claim.right) if isinstance(n, Name)):
            if self._array_of(name, claim.right) in self._denied:
                words = f"it rests on what is said of {to_text(name)}, which is wrong"
                return JudgedGradient(claim, replace(judged, verdict=Verdict.WRONG, reason=words))
        return JudgedGradient(claim, judged)

    @cached_property
    def _denied(self) -> frozenset[str]:
        """Helpers of which a wrong closed form stands on the page."""
        found: set[str] = set()
        for asserted, judged in self.steps.values():
            left = asserted.left
            if judged is None or judged.verdict is not Verdict.WRONG or not isinstance(left, Name):
                continue
            if any(isinstance(n, Partial) for n in walk(asserted.right)):
                continue
            found.add(self._array_of(left, asserted.right))
        return frozenset(array for array in found - {""} if not self._is_lent(array))

    def _is_lent(self, array: str) -> bool:
        """Whether a reference defines it: what the page says of it counts for nothing."""
        own = self.page.order.is_own
        return any(not own(defined.place) for defined in self.page.versions.get(array, ()))

    def _array_of(self, name: Name, beside: Expression) -> str:
        near = self.page.layout.near([beside, name])
        try:
            return self.page.layout.array(name, near)[0]
        except Unmeant:
            return ""

    @cached_property
    def losses(self) -> tuple[Binding, ...]:
        """The losses that gradients are claimed of, in order."""
        found = (self.page.order.loss_at(item.claim.place) for item in self.gradients)
        return tuple(dict.fromkeys(b for b in found if b is not None))

    @cached_property
    def loose(self) -> tuple[LooseIndex, ...]:
        """Helpers with an index, not the samples', that only their right side has."""
        found = []
        for array, several in self.page.versions.items():
            for defined in several:
                binding = defined.binding
                if binding.span in self.page.layout.forward:
                    continue
                translator = self.translator(binding.span.end)
                name = array if not defined.version else f"{array}#{defined.version}"
                try:
                    translator.refer(array, defined.head, binding.span.end)
                except Unmeant:
                    continue
                found += [
                    LooseIndex(binding.span, binding.statement, binding.side, defined.head, letter)
                    for letter in translator.carried.get(name, ())
                    if not translator.is_sample(letter)
                ]
                if name in translator.unfit and self._shows:
                    at = binding.span, binding.statement, binding.side
                    found.append(LooseIndex(*at, defined.head, None))
        return tuple(found)

    @cached_property
    def _shows(self) -> bool:
        """Whether a gradient is wrong because an index stands where another one belongs."""
        judged = [item.judged for item in self.gradients]
        return any(j.verdict is Verdict.WRONG and j.misfit is not None for j in judged)

    def translator(self, place: int) -> Translator:
        """What makes terms at a place."""
        page = self.page
        return Translator(page.layout, self.judge.functions, page.versions, place)

    def parameters(self, loss: Binding) -> tuple[tuple[str, Name], ...]:
        """The parameters of a loss, in the order of its equations, with a name as written."""
        page = self.page
        claimed = {
            item.claim.parameter: item.claim.by
            for item in self.gradients
            if page.order.loss_at(item.claim.place) == loss
        }
        translator = self.translator(loss.span.end)
        try:
            array, _ = page.layout.array(loss.name)
            translator.refer(array, loss.name, loss.span.end)
        except Unmeant:
            pass
        found = {
            array: claimed.get(array, name)
            for array, name in sorted(translator.names.items(), key=lambda item: item[1].span.start)
            if array in translator.free
            if array in claimed or self._is_parameter(name)
        }
        return tuple((found | claimed).items())

    def _is_parameter(self, name: Name) -> bool:
        base = name.base
        typical = base in WEIGHT.names() | BIAS.names()
        return typical and (base not in LABEL.names() or base in BIAS.names()) and not name.accent


def page_verdicts(
    page: Page, functions: Mapping[str, FunctionMeaning], seed: int = 0
) -> PageVerdicts:
    """The verdicts of a page; they are found when they are first asked for."""
    judge = PageJudge(page, functions, seed)
    if any(defined.again == "other" for v in page.versions.values() for defined in v):
        judge = judge.settled()
    return PageVerdicts(judge.page, judge)


def _by_loss(page: Page, found: list[JudgedGradient]) -> list[list[JudgedGradient]]:
    groups: dict[Binding | None, list[JudgedGradient]] = {}
    for item in found:
        groups.setdefault(page.order.loss_at(item.claim.place), []).append(item)
    return list(groups.values())


def _settled(group: list[JudgedGradient]) -> list[JudgedGradient]:
    """The same; a constant that is not left out of all alike makes a gradient wrong."""
    last: dict[str, Constant] = {}
    for item in group:
        if item.judged.verdict in HELD:
            last[item.claim.parameter] = item.judged.left_out or Constant()
    if not last:
        return group
    common = accepted(list(last.values()))
    found = []
    for item in group:
        own = item.judged.left_out
        if item.judged.verdict in HELD and own is not None and own != common:
            others = (
                "not alike in all gradients"
                if common.is_one
                else f"{common} in the other gradients"
            )
            reason = (
                f"wrong constant: {own} is left out here, {others}, "
                "so that the update no longer follows the gradient"
            )
            judged = replace(item.judged, verdict=Verdict.WRONG, reason=reason)
            item = JudgedGradient(item.claim, judged)
        found.append(item)
    return found
