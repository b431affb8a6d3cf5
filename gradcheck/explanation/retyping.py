"""A definition that gives the wrong name, or holds itself: what all would hold with.

Nothing can be derived from such a document, so an edit is tried by reading the edited text anew:
it counts if everything that is claimed then holds, and if it is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradcheck.comparison import Evidence
from gradcheck.derivation import understand
from gradcheck.document import Span
from gradcheck.expression import (
    Apply,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Number,
    Sum,
    names_in,
    walk,
)
from gradcheck.finding import RULES, Finding
from gradcheck.model import FUNCTIONS, Step
from gradcheck.notation import to_text
from gradcheck.reading import read
from gradcheck.verdict import Verdict

MAX_TRIED = 40
MAX_JUDGED = 6
HOLDS = (Verdict.EXACT, Verdict.CONVENTION)


@dataclass(frozen=True, slots=True)
class Retyped:
    """An edit of a definition: the place and its new text, the side as it should read."""

    place: Span
    text: str
    side: Span
    words: str
    code: str


def retyped(evidence: Evidence) -> Finding | None:
    """The finding at the one definition whose edit makes everything hold, if there is one."""
    if not _adrift(evidence):
        return None
    search = _Retyping(evidence)
    for edits in (search.dropped(), search.targets(), search.exchanged()):
        found = search.holding(edits)
        if len(found) == 1:
            return search.finding(found[0])
        if found:
            return None
    return None


def _adrift(evidence: Evidence) -> bool:
    """Whether the definitions do not hang together: a circle, a name that nothing defines."""
    if not evidence.setup.claims:
        return False
    if evidence.setup.model_problem is not None:
        return True
    undefined = any(
        item.verdict is Verdict.UNDECIDED and "not defined" in item.reason
        for item in evidence.judged
    )
    return undefined or any(
        evidence.of(parameter) and _is_zero(evidence.derived.get(parameter.key))
        for parameter in evidence.setup.model.parameters
    )


def _is_zero(node: Expression | None) -> bool:
    return isinstance(node, Number) and node.value == 0


@dataclass
class _Retyping:
    evidence: Evidence
    tried: int = 0
    judged: int = 0

    @property
    def definitions(self) -> list[Step]:
        """The definitions before the first claim, with names on their left."""
        first = min(claim.statement for claim in self.evidence.setup.claims)
        return [
            step
            for step in self.evidence.steps
            if step.kind == "definition"
            and step.statement < first
            and step.side == 1
            and isinstance(step.left_written, Name)
            and step.right_written is not None
        ]

    def _sides(self) -> Iterator[Expression]:
        for step in self.evidence.steps:
            for side in (step.left_written, step.right_written):
                if side is not None:
                    yield side

    def _names(self) -> dict[str, Name]:
        """Every quantity of the setup, as it is first written: no function, index or count."""
        found: dict[str, Name] = {}
        model = self.evidence.setup.model
        other = set(FUNCTIONS | model.abstract_functions) | {model.sample_count, "e"}
        for side in self._sides():
            for node in walk(side):
                if isinstance(node, Apply | FunctionName):
                    other.add(node.function.key)
                elif isinstance(node, Sum):
                    other |= {
                        name
                        for bound in (node.index, node.lower, node.upper)
                        if bound is not None
                        for name in names_in(bound)
                    }
        for side in self._sides():
            for node in walk(side):
                if isinstance(node, Name) and node.span.start >= 0 and node.key not in other:
                    found.setdefault(node.key, node)
        return found

    def targets(self) -> Iterator[Retyped]:
        """Another name on the left: one that is used, and that nothing defines."""
        defined = {s.left_written.key for s in self.definitions if isinstance(s.left_written, Name)}
        model = self.evidence.setup.model
        known = {p.key for p in model.parameters if self.evidence.of(p)} | {*model.labels}
        for step in self.definitions:
            target = step.left_written
            assert isinstance(target, Name)
            assert step.right_written is not None
            own = names_in(step.right_written)
            for key, name in self._names().items():
                if key in defined or key in known or key in own:
                    continue
                text = self.evidence.document.source(name.span).strip()
                words = f"{to_text(name)} for {to_text(target)} on the left"
                yield Retyped(target.span, text, target.span, words, "GC120")

    def dropped(self) -> Iterator[Retyped]:
        """A factor less, where a definition holds what is computed from it."""
        for step, path in self._circular():
            above, node = path[-2:] if len(path) > 1 else (None, path[-1])
            if not isinstance(above, Multiply) or step.right_written is None:
                continue
            at = next(k for k, factor in enumerate(above.factors) if factor is node)
            if at:
                gone = Span(above.factors[at - 1].span.end, node.span.end)
            else:
                gone = Span(node.span.start, above.factors[1].span.start)
            words = f"remove the factor {to_text(node)}"
            yield Retyped(gone, "", step.right_written.span, words, "GC101")

    def exchanged(self) -> Iterator[Retyped]:
        """Another name in a definition that holds what is computed from it, or in any."""
        names = self._names()
        for step, path in self._circular():
            node = path[-1]
            assert isinstance(step.left_written, Name)
            for name in names.values():
                if name.key in (node.key, step.left_written.key):  # type: ignore[attr-defined]
                    continue
                text = self.evidence.document.source(name.span).strip()
                words = f"{to_text(name)} for {to_text(node)}"
                assert step.right_written is not None
                yield Retyped(node.span, text, step.right_written.span, words, "GC120")

    def _circular(self) -> Iterator[tuple[Step, list[Expression]]]:
        """Names in definitions that are computed from what is defined, with what holds them."""
        bodies: dict[str, set[str]] = {}
        for step in self.definitions:
            assert isinstance(step.left_written, Name)
            assert step.right_written is not None
            bodies.setdefault(step.left_written.key, set()).update(names_in(step.right_written))
        for step in self.definitions:
            assert isinstance(step.left_written, Name)
            assert step.right_written is not None
            for path in _paths(step.right_written, []):
                node = path[-1]
                if isinstance(node, Name) and _reaches(bodies, node.key, step.left_written.key):
                    yield step, path

    def holding(self, edits: Iterator[Retyped]) -> list[Retyped]:
        """Those after which everything holds."""
        found: list[Retyped] = []
        for edit in edits:
            self.tried += 1
            if self.tried > MAX_TRIED or self.judged > MAX_JUDGED:
                return []  # more could hold
            if self._holds(edit):
                found.append(edit)
        return found

    def _edited(self, edit: Retyped, span: Span) -> str:
        text = self.evidence.document.text
        before, after = text[span.start : edit.place.start], text[edit.place.end : span.end]
        space = " " if before[-1:].isalpha() and "\\" in before and edit.text[:1].isalpha() else ""
        return before + space + edit.text + after

    def _holds(self, edit: Retyped) -> bool:
        document = self.evidence.document
        text = self._edited(edit, Span(0, len(document.text)))
        changed = replace(document, text=text)
        derivation = understand(read(changed))
        count = len(self.evidence.setup.claims)
        if len(derivation.setups) > 1:
            self.tried = MAX_TRIED  # one setup's mend may be another's mistake
        if len(derivation.setups) != 1 or len(derivation.setups[0].claims) < count:
            return False
        setup = derivation.setups[0]
        model = setup.model
        if setup.model_problem is not None or len(model.parameters) < 2:
            return False
        above = {n for key in model.ancestors(model.loss) for n in names_in(model.definitions[key])}
        if any(parameter.key not in above for parameter in model.parameters):
            return False
        self.judged += 1
        steps = [step for step in derivation.steps if step.setup == 0]
        tried = Evidence(setup, steps, changed, self.evidence.options)
        bad = (Verdict.WRONG, Verdict.UNDECIDED)
        return all(item.verdict in HOLDS for item in tried.judged) and not any(
            item.verdict in bad for item in tried.judged_steps
        )

    def finding(self, edit: Retyped) -> Finding:
        """The error at the definition, with its mended side."""
        message = f"{edit.words}: with it everything that is claimed here holds"
        return Finding(RULES[edit.code], edit.side, message, self._edited(edit, edit.side))


def _paths(node: Expression, above: list[Expression]) -> Iterator[list[Expression]]:
    """Every node with all that holds it, the outermost first."""
    path = [*above, node]
    yield path
    for child in node.children():
        yield from _paths(child, path)


def _reaches(bodies: dict[str, set[str]], start: str, goal: str) -> bool:
    """Whether a name is computed from another one (or is it)."""
    seen, waiting = set[str](), [start]
    while waiting:
        key = waiting.pop()
        if key == goal:
            return True
        if key not in seen:
            seen.add(key)
            waiting += sorted(bodies.get(key, ()))
    return False
