"""Judging the arithmetic of worked examples, with the values that the document gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby
from math import log10

from gradcheck.judge.worked.figures import Figure, Reckoner, come_to_the_same, is_figure
from gradcheck.language.document import Document
from gradcheck.language.expression import (
    Apply,
    Expression,
    Name,
    Negate,
    Number,
    Partial,
    Sum,
    contains,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Setup, Step
from gradcheck.understand.descending import bare
from gradcheck.understand.resolution import Unresolved

EQUAL = frozenset({"=", ":=", "<-", "~"})
DEPTH = 30
FEW_MORE = 3  # digits in which 0.125 is shown to who wrote 0.25
"""Definitions followed for the value of a name."""


def arithmetic_findings(derivation: Derivation, document: Document) -> list[Finding]:
    """Steps of worked examples whose numbers do not come out: the first one of every chain.

    Two numbers are compared to the digits written; a name counts with the value that the document
    gives it last, a name without one through its definition.
    """
    example = _Example(derivation, document)
    found = []
    for _, steps in groupby(derivation.steps, lambda step: step.statement):
        finding = example.chain(list(steps))
        if finding is not None:
            found.append(finding)
    return found


@dataclass
class _Example:
    """The values that hold at a place of the document."""

    derivation: Derivation
    document: Document
    given: dict[str, Figure] = field(default_factory=dict)
    computed: dict[str, Figure] = field(default_factory=dict)
    moved: dict[str, Figure | None] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    written: set[Fraction] = field(default_factory=set)
    setup: Setup | None = None
    at: int = 0

    def chain(self, steps: Sequence[Step]) -> Finding | None:
        """The first step of a chain that does not come out; then what the chain gives values."""
        at = steps[0].setup
        known = at is not None and at < len(self.derivation.setups)
        self.setup = self.derivation.setups[at] if known and at is not None else None
        self.at = steps[0].span.start
        finding = None
        self._move(steps)
        if self.given or self.computed or any(self._plain(step) for step in steps):
            finding = next(self._failing(steps), None)
        self._learn(steps)
        key = _key(steps[0].left_written)
        if finding is not None and key is not None:
            self.doubtful.add(key)  # nobody can say which of two values the author goes on with
        else:
            self.doubtful.discard(key or "")
        return finding

    def _plain(self, step: Step) -> bool:
        sides = step.left_written, step.right_written
        return all(side is not None and is_figure(side) for side in sides)

    def _failing(self, steps: Sequence[Step]) -> Iterator[Finding]:
        for step in steps:
            left, right = step.left_written, step.right_written
            if step.relation not in EQUAL or left is None or right is None:
                continue
            if not is_figure(right) or (step.kind == "update" and step.side == 1):
                continue
            before, after = self._left(step, left), self._reckoner.figure(right)
            if before is None or after is None or come_to_the_same(before, after):
                continue
            yield self._finding(step, before, after)

    def _left(self, step: Step, left: Expression) -> Figure | None:
        """What stands before a number; a name is what its definition gives."""
        if isinstance(left, Name) and step.side == 1:
            return self._defined(left, DEPTH)
        return self._reckoner.figure(left)

    def _finding(self, step: Step, before: Figure, after: Figure) -> Finding:
        left = " ".join(step.left.split())
        shown = _shown(before, after.unit)
        subject = left if len(left) <= 60 else "the side before it"
        message = f"the numbers do not come out: {subject} is {shown} here"
        suggestion = shown if after.unit is not None and after.unit <= 1 else None
        return Finding(RULES["GC140"], step.span, message, suggestion)

    # -- values -------------------------------------------------------------------------------

    @property
    def _reckoner(self) -> Reckoner:
        return Reckoner(
            self.document,
            frozenset(self.written),
            lambda name: self._named(name, DEPTH),
            self._slope,
            self._function,
        )

    def _named(self, name: Name, depth: int) -> Figure | None:
        key = bare(name).key
        if key in self.doubtful:
            return None
        found = self.computed.get(key) or self.given.get(key)
        return found or self._defined(name, depth)

    def _defined(self, name: Name, depth: int) -> Figure | None:
        """A name's value by its definition, where all below it have one."""
        setup = self.setup
        body = setup.model.definitions.get(name.key) if setup is not None else None
        if body is None or depth == 0 or contains(body, Sum) or contains(body, Partial):
            return None
        inner = replace(self._reckoner, named=lambda other: self._named(other, depth - 1))
        found = inner.figure(body)
        return None if found is None else replace(found, unit=None)

    def _slope(self, partial: Partial) -> Figure | None:
        """The value of the last closed form claimed for a gradient, else of the true one."""
        key = _key(partial) or ""
        if key in self.doubtful or key in self.computed:
            return None if key in self.doubtful else self.computed[key]
        setup, by = self.setup, partial.by
        if setup is None or not isinstance(by, Name) or not isinstance(partial.of, Name):
            return None
        roles = {p.key: p.role for p in setup.model.parameters}
        claims = [
            claim
            for claim in setup.claims
            if claim.parameter == roles.get(bare(by).key) and claim.span.start < self.at
        ]
        body = claims[-1].expression if claims else self._true(setup, bare(by).key)
        loss = partial.of.key in (setup.model.loss, *(c.loss for c in claims))
        if body is None or not loss or contains(body, Sum) or contains(body, Partial):
            return None
        found = replace(self._reckoner, slope=lambda _: None).figure(body)
        return None if found is None else replace(found, unit=None)

    def _true(self, setup: Setup, key: str) -> Expression | None:
        """The true gradient, where nothing is claimed; None where it is summed over samples."""
        from gradcheck.evidence.symbolic import Algebra, Undecided

        known = {parameter.key for parameter in setup.model.parameters}
        if key not in known or setup.model.loss_has_sum or setup.model_problem is not None:
            return None
        try:
            return Algebra(setup.model).gradient(key)
        except Undecided:
            return None

    def _function(self, node: Apply) -> str | None:
        """The known function that a head is in this setup."""
        setup = self.setup
        if setup is None or setup.resolve is None:
            return node.function.key
        try:
            meant = setup.resolve(replace(node, arguments=(Number(Fraction(1)),)))
        except Unresolved:
            return None
        return meant.function.key if isinstance(meant, Apply) else None

    def _comes_to(self, step: Step, found: Figure) -> bool:
        """Whether a side comes to exactly this, nothing rounded."""
        side = step.right_written
        if side is None or (step.kind == "update" and step.side == 1):
            return False
        own = self._reckoner.figure(side)
        if own is None or own.unit is not None or own.slack:
            return False
        return abs(own.value - found.value) <= 1e-9 * max(1.0, abs(found.value))

    # -- what a chain gives values ------------------------------------------------------------

    def _learn(self, steps: Sequence[Step]) -> None:
        head = steps[0].left_written
        values = [s.right_written for s in steps if s.right_written and is_figure(s.right_written)]
        key = _key(head)
        if key is None or steps[0].relation not in EQUAL:
            return
        found = self._reckoner.figure(values[-1]) if values else None
        if steps[0].kind == "update":
            self.moved[key] = found
            return
        if found is None:
            return
        alone = len(steps) == 1 and steps[0].relation != "~"
        exact = alone or any(self._comes_to(step, found) for step in steps)
        figure = Figure(found.value, 0.0 if exact else max(found.slack, found.unit or 0.0))
        if alone and isinstance(head, Name):
            self._give(key, figure, values[-1])
        else:
            self.computed[key] = figure

    def _give(self, key: str, figure: Figure, written: Expression) -> None:
        if key in self.given and self.given[key].value != figure.value:
            self.computed.clear()  # another example
        self.computed.pop(key, None)
        self.given[key] = figure
        literal = written.operand if isinstance(written, Negate) else written
        if isinstance(literal, Number):
            self.written.add(literal.value)

    def _move(self, steps: Sequence[Step]) -> None:
        """The parameters of the next round, once something is computed anew with them.

        All updates of one round start from the values before it.
        """
        computes = len(steps) > 1 or steps[0].relation == "~"
        if not self.moved or steps[0].kind == "update" or not computes:
            return
        for key, figure in self.moved.items():
            self.given.pop(key, None)
            if figure is not None:
                self.given[key] = Figure(figure.value, figure.slack or figure.unit or 0.0)
        self.moved.clear()
        self.computed.clear()


def _key(head: Expression | None) -> str | None:
    """What a value is kept by: the name, or the derivative."""
    if isinstance(head, Name):
        return bare(head).key
    if isinstance(head, Partial) and isinstance(head.of, Name) and isinstance(head.by, Name):
        return f"{head.of.key} by {bare(head.by).key}"
    return None


def _shown(found: Figure, unit: float | None) -> str:
    """A value to the places that the author wrote, or to six digits; in full if it has few more."""
    value = found.value
    places = None if unit is None or unit > 1 else round(-log10(unit))
    text = f"{value:.6g}" if places is None else f"{value:.{places}f}"
    if places is not None and not found.slack:
        more = f"{value:.{places + FEW_MORE}f}".rstrip("0").rstrip(".")
        text = more if abs(float(more) - value) <= 1e-12 and len(more) > len(text) else text
    return text.lstrip("-") if not float(text) else text
