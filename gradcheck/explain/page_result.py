"""The result of a page that was judged with axes: rows, steps and findings.

Where a page has axes, its verdicts are those found with them. Where it has none, the scalar
algebra stays; what it left open, or judged by a definition that was not meant, is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.explain.page_causes import Causes, HelperCause
from gradcheck.explain.page_derived import Gradients
from gradcheck.explain.page_gaps import says_gradient, unread_gradients
from gradcheck.explain.page_mends import PageMends
from gradcheck.explain.page_numbers import PageNumbers
from gradcheck.explain.page_readback import ReadBack
from gradcheck.explain.page_reference import OtherDefinitions
from gradcheck.explain.page_rows import row_of
from gradcheck.explain.page_words import diagnosis, of_cause, witness_words
from gradcheck.explain.setup_findings import constant_left_out
from gradcheck.judge.in_order import JudgedPair
from gradcheck.judge.loss_constants import unexplained
from gradcheck.judge.page_verdicts import HELD, JudgedGradient, PageVerdicts
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Apply, Name, Partial, value_names, walk
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Held, Setup
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import (
    CHAIN_RULE_ONLY,
    ClaimResult,
    DocumentResult,
    ParameterResult,
    SetupResult,
    StepResult,
)
from gradcheck.run.parts import have_failed
from gradcheck.understand.bindings import Binding
from gradcheck.understand.loss_kinds import loss_kind
from gradcheck.understand.page.assertions import Assertion
from gradcheck.understand.page.order import is_closed
from gradcheck.understand.page.translation import NOT_READ
from gradcheck.understand.references import is_number

_DECIDED = (*HELD, Verdict.WRONG)
_DOUBTFUL = (None, Verdict.UNDECIDED, Verdict.WRONG)
INDEXED = "its equations have indices"
SEVERAL = "it is not one of two layers with one output"
_NOT_ASSERTED = ("condition", "solved", "fact", "range")
"""What is not judged on any page; numbers put in are, where the arithmetic can."""
_REPLACED = ("GC005", "GC008", "GC006")
"""What is told of verdicts that are open; with those verdicts it goes."""


def _is_a_choice(judged: StepResult | ParameterResult) -> bool:
    """Whether something is wrong by one admissible reading, and not by another: that stays.

    What is open because a name is defined twice is no such choice: the order of the page decides.
    """
    return bool(judged.otherwise) and judged.verdict is Verdict.WRONG


@dataclass(frozen=True)
class PageResult:
    """Revises the result of one document by the verdicts with axes.

    ``alone`` are the verdicts by the page's own definitions, where a reference gives others.
    """

    document: Document
    derivation: Derivation
    verdicts: PageVerdicts
    alone: PageVerdicts | None = None

    @cached_property
    def governs(self) -> bool:
        """Whether the verdicts with axes are those of the page: it has axes, or no other setup."""
        setups = self.derivation.setups
        broken = bool(setups) and all(s.model_problem is not None for s in setups)
        page = self.verdicts.page
        if not setups or not page.order.losses or (broken and page.layout.indexed):
            return True
        held = any(s.held is not None for s in setups)
        if page.layout.indexed:
            return held or self._is_decided
        if held and not self._is_held:  # a total of named losses
            return True
        return self._lacks_rows(setups)

    @cached_property
    def _is_decided(self) -> bool:
        """Whether every gradient that is claimed is decided with axes."""
        judged = [item.judged.verdict for item in self.verdicts.gradients]
        return Verdict.UNDECIDED not in judged and Verdict.UNREAD not in judged

    def _has_no_loss(self, result: DocumentResult) -> bool:
        """Whether a plain page lacks the loss that it derives: then the cause of that is told."""
        page = self.verdicts.page
        told = any(finding.rule.code == "GC006" for finding in result.findings)
        if not told or page.layout.indexed or page.order.losses:
            return False
        judged = [j.verdict for _, j in self.verdicts.steps.values() if j is not None]
        judged += [item.judged.verdict for item in self.verdicts.gradients]
        of_loss = [item.judged.verdict for item in self.verdicts.gradients]
        return not any(v in (*HELD, Verdict.WRONG) for v in (of_loss or judged))

    def _lacks_rows(self, setups: Sequence[Setup]) -> bool:
        """Whether gradients are decided here for which the other verdicts have no row."""
        rows = {p.key for s in setups for p in s.model.parameters}
        claims = self.verdicts.page.claims
        if all(claim.by.key in rows or claim.parameter in rows for claim in claims):
            return False
        return self._is_decided

    @cached_property
    def gradients(self) -> Gradients:
        """What the gradients are."""
        return Gradients(self.verdicts)

    @cached_property
    def mends(self) -> PageMends:
        """What mends wrong sides."""
        return PageMends(self.document, self.verdicts)

    def revised(self, result: DocumentResult) -> DocumentResult:
        """The result with the verdicts found with axes."""
        if self._has_no_loss(result):
            return result
        steps = self._steps(result.steps)
        if self.governs:
            indexed = self.verdicts.page.layout.indexed
            setups = self._setups(result) if self._losses or indexed else result.setups
            return replace(
                result,
                readings=(*self._readings(result), *self._given()),
                setups=setups,
                steps=steps,
                findings=self._told(result, all_=True),
                unjudged=self._unjudged(steps, setups),
                forward=self._read_back.definitions if not setups else (),
                axes=self._read_back.axes if indexed and not setups else (),
            )
        setups = tuple(self._amended(setup) for setup in result.setups)
        return replace(
            result,
            setups=setups,
            steps=steps,
            findings=self._told(result, all_=False),
            unjudged=self._unjudged(steps, ()),
        )

    @cached_property
    def _read_back(self) -> ReadBack:
        return ReadBack(self.document, self.verdicts)

    def _unjudged(
        self, steps: Sequence[StepResult], setups: Sequence[SetupResult]
    ) -> tuple[str, ...]:
        sides = [step.side for step in self.derivation.steps]
        return self._read_back.unjudged(list(zip(steps, sides, strict=True)), setups)

    def _readings(self, result: DocumentResult) -> Iterator[str]:
        """The readings that hold with axes as well: no sum is carried out by shapes."""
        if not self.verdicts.page.layout.indexed:
            yield from result.readings
            return
        for shown, reading in zip(result.readings, self.derivation.readings, strict=True):
            if reading.rule != "unit-sum":
                yield shown

    def _given(self) -> Iterator[str]:
        """What was taken of the data for verdicts that hold only by that."""
        pairs = [judged for _, judged in self.verdicts.steps.values()]
        pairs += [item.judged for item in self.verdicts.gradients]
        facts = dict.fromkeys(p.given for p in pairs if p is not None and p.given is not None)
        for loss, arrays in self.verdicts.page.given.items():
            for array, (_, span, _, _) in arrays.items():
                where = self.document.place_of(span)
                yield f"{where}: ∂{loss}/∂{array} is taken as given: {loss} is not on the page"
        for fact in facts:
            how = "as the page says" if fact.stated else "as labels of a cross-entropy do"
            yield f"{self.document.place_of(fact.span)}: {fact.words}, {how}"

    # ------------------------------------------------------------------ steps

    def _steps(self, steps: Sequence[StepResult]) -> tuple[StepResult, ...]:
        return tuple(
            self._step(shown, step.statement, step.side)
            for shown, step in zip(steps, self.derivation.steps, strict=True)
        )

    def _step(self, shown: StepResult, statement: int, side: int) -> StepResult:
        if not self.governs and shown.verdict not in _DOUBTFUL:
            return shown
        asserted, judged = self.verdicts.step(statement, side)
        if asserted is None:
            return shown
        if self.governs and (statement, side) in self._loose:
            return replace(shown, verdict=Verdict.WRONG)
        if judged is None:
            return self._exempt(shown, asserted.exempt)
        constant = self._reference.constants.get(asserted.span)
        if constant is not None:
            return replace(shown, verdict=Verdict.CONVENTION, left_out=constant)
        if not self.governs and (
            _is_a_choice(shown) or not self._overrules(shown.verdict, judged.verdict, asserted)
        ):
            return shown
        return replace(
            shown,
            verdict=judged.verdict,
            left_out=judged.left_out,
            sum_left_out=judged.sum_left_out,
        )

    @cached_property
    def _is_held(self) -> bool:
        """Whether a plain page is about arrays that it writes without indices: a dot product.

        Its names are no numbers then, and no equality of numbers says anything.
        """
        held = [s.held for s in self.derivation.setups if s.held is not None]
        return any(not self._is_of_totals(h) for h in held)

    def _is_of_totals(self, held: Held) -> bool:
        """Whether all that is held is a loss that is a sum of named losses: nothing of arrays."""
        about_arrays = held.whole or held.names or held.letters or held.open_sum
        sides = self.verdicts.page.order.expressions
        used = {n.function.key for e in sides for n in walk(e) if isinstance(n, Apply)}
        return bool(held.totals) and not about_arrays and not (used & held.functions)

    def _exempt(self, shown: StepResult, why: str) -> StepResult:
        if why == "definition":
            if shown.verdict is Verdict.WRONG and shown.kind == "definition":
                return shown
            if not self.governs:
                return shown
            defines = shown.kind == "definition" or bool(self.derivation.setups)
            return replace(shown, verdict=Verdict.EXACT if defines else None)
        if self.governs or (why in _NOT_ASSERTED and shown.verdict in _DOUBTFUL):
            return replace(shown, verdict=None)
        return shown

    def _overrules(self, old: Verdict | None, new: Verdict, asserted: Assertion | None) -> bool:
        """Whether a verdict with axes stands against one of the scalar algebra on a plain page.

        What it left open is right, or what it calls wrong, where the right side is closed. Nothing
        is newly called wrong: what is told of the line would not say so.
        """
        if (
            have_failed()
            or old is None
            or new in (Verdict.UNDECIDED, Verdict.UNREAD)
            or self._is_held
        ):
            return False
        closed = asserted is None or is_closed(asserted.right)
        if old is Verdict.UNDECIDED:
            return new in HELD
        return old is Verdict.WRONG and new is Verdict.EXACT and closed

    @cached_property
    def _loose(self) -> frozenset[tuple[int, int]]:
        return frozenset((x.statement, x.side) for x in self.verdicts.loose)

    # ------------------------------------------------------------------ rows

    def _amended(self, setup: SetupResult) -> SetupResult:
        return replace(setup, parameters=tuple(self._row_of(row) for row in setup.parameters))

    def _row_of(self, row: ParameterResult) -> ParameterResult:
        claims = []
        exempt = self._conditions
        for claim in row.claims:
            if claim.span in exempt:
                continue
            if claim.reason.startswith("wrong constant"):
                claims.append(claim)
                continue
            asks = claim.verdict in _DOUBTFUL or bool(self.verdicts.page.order.unread)
            item = self.verdicts.gradient(claim.span) if asks else None
            if item is not None:
                better = not _is_a_choice(row) and self._overrules(
                    claim.verdict, item.judged.verdict, None
                )
                if better or self._rests_on_unread(item.judged):
                    claim = self._claim(item)
            claims.append(claim)
        if tuple(claims) == row.claims:
            return row
        return row_of(row.role, row.source_name, tuple(claims), row.status == CHAIN_RULE_ONLY, row)

    @staticmethod
    def _rests_on_unread(judged: JudgedPair) -> bool:
        """Whether a gradient is not decided because a definition below it is not read."""
        return judged.reason.startswith(NOT_READ)

    @cached_property
    def _conditions(self) -> frozenset[Span]:
        """The places of zeros that only say where the optimum is."""
        exempt = (a for a in self.verdicts.page.assertions if a.exempt == "condition")
        return frozenset(a.span for a in exempt)

    def _setups(self, result: DocumentResult) -> tuple[SetupResult, ...]:
        return tuple(self._setup(loss, result) for loss in self._losses)

    @cached_property
    def _losses(self) -> tuple[Binding, ...]:
        """The losses that gradients are claimed of; where none is, those of the page.

        What has a value for every unit is no loss.
        """
        page = self.verdicts.page
        last = [b for b in page.order.losses if not page.order.is_part(b)][-1:]
        found = self.verdicts.losses or tuple(last if page.layout.indexed else ())
        return tuple(loss for loss in found if is_number(loss.name, page))

    def _setup(self, loss: Binding, result: DocumentResult) -> SetupResult:
        places = [item.claim.span for item in self.verdicts.gradients]
        lent = not self.verdicts.page.order.is_own(loss.start)
        line = self.document.line_of(min(places, default=Span(0, 0)) if lent else loss.span)
        old = next((s for s in result.setups if s.line == line), None)
        old = old or (result.setups[0] if len(result.setups) == 1 else None)
        forward = self._read_back.forward(loss)
        rows = tuple(self._parameter(a, n, loss) for a, n in self.verdicts.parameters(loss))
        bodies = {b.key: b.body for b in self.verdicts.page.order.bindings}
        name = old.name if old is not None else loss_kind(loss.key, bodies)
        return SetupResult(
            name, self._read_back.hidden(loss), line, forward,
            forward[-1] if forward else "", rows,
            f"another network: {INDEXED if self.verdicts.page.layout.indexed else SEVERAL}",
            axes=self._read_back.axes,
            given=self._read_back.given(loss),
            abstract=self._read_back.abstract,
        )  # fmt: skip

    def _parameter(self, array: str, name: Name, loss: Binding) -> ParameterResult:
        own = [
            item
            for item in self.verdicts.gradients
            if item.claim.parameter == array
            and self.verdicts.page.order.loss_at(item.claim.place) == loss
        ]
        claims = tuple(self._claim(item) for item in own)
        chain = any(
            isinstance(a.left, Partial) and isinstance(a.left.by, Name) and a.left.by == name
            for a in self.verdicts.page.assertions
        )
        source = self.document.source(name.span) or to_tex(name)
        row = row_of(to_text(name), source, claims, chain, None)
        place = own[-1].claim.place if own else 0
        row = self.gradients.of_row(row, name, loss, place)
        shown = [i.judged for i in own if row.claim is not None and i.claim.span == row.claim.span]
        judged = shown[0] if shown else None
        return PageNumbers(self.verdicts).of_row(row, name, loss, place, judged)

    def _claim(self, item: JudgedGradient) -> ClaimResult:
        judged = item.judged
        return ClaimResult(
            span=item.claim.span,
            line=self.document.line_of(item.claim.span),
            source=" ".join(self.document.source(item.claim.span).split()),
            verdict=judged.verdict,
            left_out=judged.left_out,
            sum_left_out=judged.sum_left_out,
            reason=judged.reason,
            witness=witness_words(judged),
        )

    # ------------------------------------------------------------------ findings

    def _told(self, result: DocumentResult, all_: bool) -> tuple[Finding, ...]:
        """The findings: those about verdicts that no longer stand go, the new ones come."""
        settled = self._settled_spans(result.steps) | self._settled_claims(result.setups)
        kept = [f for f in result.findings if not self._falls(f, settled, all_)]
        if all_:
            new = [*self._wrong(), *self._open(), *unread_gradients(self.verdicts), *self._held()]
        else:
            new = list(self._below_unread(result.setups))
        unread = {f.span for f in new if f.rule.code == "GC002"}
        kept = [f for f in kept if f.rule.code != "GC001" or f.span not in unread]
        return tuple(kept + [f for f in new if f.span not in {k.span for k in kept if k.fails}])

    def _below_unread(self, setups: Sequence[SetupResult]) -> Iterator[Finding]:
        """Gradients of plain pages that rest on a definition which is not read."""
        if not self.verdicts.page.order.unread:
            return
        claims = (c for setup in setups for row in setup.parameters for c in row.claims)
        for claim in claims:
            item = self.verdicts.gradient(claim.span) if claim.verdict in HELD else None
            if item is not None and self._rests_on_unread(item.judged):
                words = f"∂loss/∂{to_text(item.claim.by)} is not decided: {item.judged.reason}"
                yield Finding(RULES["GC005"], claim.span, words)

    def _falls(self, finding: Finding, settled: Mapping[Span, Verdict], all_: bool) -> bool:
        code = finding.rule.code
        of_mathematics = code.startswith(("GC1", "GC2", "GC301", "GC31")) and code not in (
            "GC140", "GC190", "GC191",
        )  # fmt: skip
        if code == "GC006" and not self._decides:
            return False
        if code == "GC002" and all_:
            return finding.span in self._known_spans
        if all_:
            return of_mathematics or code in (*_REPLACED, "GC190", "GC303", "GC305", "GC306")
        if not (of_mathematics or code in _REPLACED):
            return False
        return settled.get(finding.span) in HELD or self._line_held(finding.span, settled)

    @cached_property
    def _decides(self) -> bool:
        """Whether anything but definitions is decided here."""
        judged = [j for _, j in self.verdicts.steps.values()]
        judged += [item.judged for item in self.verdicts.gradients]
        return any(j is not None and j.verdict in _DECIDED for j in judged)

    @cached_property
    def _known_spans(self) -> frozenset[Span]:
        """The places of gradients that have a verdict here, unread ones included."""
        page = self.verdicts.page
        return frozenset((*(c.span for c in page.claims), *(a.span for a in page.assertions)))

    def _line_held(self, span: Span, settled: Mapping[Span, Verdict]) -> bool:
        inside = [v for s, v in settled.items() if span.start <= s.start and s.end <= span.end]
        inside += [v for s, v in settled.items() if s.start <= span.start and span.end <= s.end]
        return bool(inside) and all(v in HELD for v in inside)

    def _settled_claims(self, setups: Sequence[SetupResult]) -> dict[Span, Verdict]:
        """The same of the claims in rows, which numbers may have left open."""
        found: dict[Span, Verdict] = {}
        rows = (row for setup in setups for row in setup.parameters if not _is_a_choice(row))
        for claim in (claim for row in rows for claim in row.claims):
            if claim.verdict not in _DOUBTFUL or claim.reason.startswith("wrong constant"):
                continue
            item = self.verdicts.gradient(claim.span)
            if item is not None and self._overrules(claim.verdict, item.judged.verdict, None):
                found[claim.span] = item.judged.verdict
        return found

    def _settled_spans(self, before: Sequence[StepResult]) -> dict[Span, Verdict]:
        """The places of verdicts that overrule what was found without axes."""
        found: dict[Span, Verdict] = {}
        for shown, step in zip(before, self.derivation.steps, strict=True):
            if shown.verdict not in _DOUBTFUL or _is_a_choice(shown):
                continue
            asserted, judged = self.verdicts.step(step.statement, step.side)
            if asserted is not None and judged is not None:
                if self._overrules(shown.verdict, judged.verdict, asserted):
                    found[asserted.span] = judged.verdict
            elif asserted is not None and asserted.exempt in _NOT_ASSERTED:
                found[asserted.span] = Verdict.EXACT
        return found

    def _wrong(self) -> Iterator[Finding]:
        """The first wrong side of every chain."""
        yield from self._others
        defined_otherwise = {finding.span for finding in self._others}
        told: set[int] = set()
        following: dict[Span, str] = {}
        for found in self._causes:
            told.add(found.statement)
            following |= dict.fromkeys(found.following, self.document.place_of(found.span))
            yield of_cause(found)
        accused = {found.span for found in self._causes}
        roots = [x for x in self.verdicts.loose if x.span not in accused]
        for loose in roots:
            told.add(loose.statement)
            if loose.letter is None:
                words = "an index stands where another one belongs"
                yield Finding(RULES["GC137"], loose.span, words)
                continue
            words = f"the index {loose.letter.name} stands on the right side only"
            words += f": a sum over {loose.letter.name} is missing, or the index is another's"
            yield Finding(RULES["GC132"], loose.span, words)
        cause = self.document.place_of(roots[0].span) if roots else None
        gradients = {item.claim.span: item for item in self.verdicts.gradients}
        for (statement, _), (asserted, judged) in sorted(self.verdicts.steps.items()):
            item = gradients.get(asserted.span)
            if item is not None and item.judged.verdict is Verdict.WRONG:
                judged = item.judged
            if judged is None or judged.verdict is not Verdict.WRONG or statement in told:
                continue
            if asserted.span in defined_otherwise:
                continue
            told.add(statement)
            origin = self._follows_own(asserted.span) or following.get(asserted.span, cause)
            mend = None if asserted.span in following else self.mends.of(asserted, item)
            told_of = diagnosis(asserted, item, judged, mend)
            if item is not None:
                told_of = replace(told_of, derived=self.gradients.of_claim(item))
            yield replace(told_of, follows_from=origin) if origin else told_of

    @cached_property
    def _reference(self) -> OtherDefinitions:
        return OtherDefinitions(self.document, self.verdicts)

    @property
    def _others(self) -> tuple[Finding, ...]:
        """Definitions that are not the reference's, where there is one."""
        return self._reference.findings

    def _follows_own(self, span: Span) -> str:
        """The first definition that is not the reference's, of what holds by the page's own."""
        other = [f.span for f in self._others if f.rule.code == "GC311"]
        if not other or self.alone is None or not self.alone.holds(span):
            return ""
        return self.document.place_of(min(other))

    @cached_property
    def _causes(self) -> tuple[HelperCause, ...]:
        """Helpers that are no derivative they stand for, and explain what is wrong."""
        otherwise = {finding.span for finding in self._others}
        gradients = {item.claim.span: item for item in self.verdicts.gradients}
        wrong = [
            (asserted, gradients.get(asserted.span))
            for _, (asserted, judged) in sorted(self.verdicts.steps.items())
            if judged is not None
            and judged.verdict is Verdict.WRONG
            and asserted.span not in otherwise
        ]
        return Causes(self.verdicts, self.mends).of(wrong)

    def _open(self) -> Iterator[Finding]:
        """Gradients that are not decided, or not read, are errors; other steps are warnings."""
        told: set[int] = set()
        for item in self.verdicts.gradients:
            if item.judged.verdict is Verdict.UNDECIDED and item.claim.statement not in told:
                told.add(item.claim.statement)
                words = f"∂loss/∂{to_text(item.claim.by)} is not decided: {item.judged.reason}"
                yield Finding(RULES["GC005"], item.claim.span, words)
            if item.judged.verdict is Verdict.UNREAD and item.claim.statement not in told:
                told.add(item.claim.statement)
                words = (
                    f"the gradient by {to_text(item.claim.by)} is not read: {item.judged.reason}"
                )
                yield Finding(RULES["GC002"], item.claim.span, words)
        for (statement, _), (asserted, judged) in sorted(self.verdicts.steps.items()):
            if judged is None or judged.verdict is not Verdict.UNDECIDED or statement in told:
                continue
            told.add(statement)
            code = "GC005" if says_gradient(asserted, self.verdicts) else "GC008"
            yield Finding(RULES[code], asserted.span, f"not decided: {judged.reason}")

    def _foreign(self, item: JudgedGradient) -> str:
        """Why a constant that is left out does not come from the loss; empty if it does."""
        page, claim, constant = self.verdicts.page, item.claim.right, item.judged.left_out
        loss = page.order.loss_at(item.claim.place)
        if loss is None or claim is None or constant is None:
            return ""
        bodies = {b.key: b.body for b in page.order.bindings}
        forward = {b.key for b in page.order.bindings if b.span in page.layout.forward}
        helped = any(n.key in bodies and n.key not in forward for n in value_names(claim))
        return unexplained(loss.body, bodies, claim, constant, helped)

    def _held(self) -> Iterator[Finding]:
        """What is left out, each told once."""
        held = [i for i in self.verdicts.gradients if i.judged.verdict is Verdict.CONVENTION]
        constants = [i for i in held if i.judged.left_out is not None]
        if constants:
            first = constants[0]
            constant = first.judged.left_out
            yield constant_left_out(constant, first.claim.span, self._foreign(first))
        sums = [i for i in held if i.judged.sum_left_out]
        if sums:
            words = "the sum over the samples is left out: the line is one sample's gradient"
            yield Finding(RULES["GC202"], sums[0].claim.span, words)
