"""A definition that gives the wrong name, or holds itself: what all would hold with.

Nothing, or something else, is derived from such a document, so an edit is tried by reading the
edited text anew: it counts if the definitions then hang together, if everything that is claimed
holds, and if it is the only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.explain.mending.context import MendContext
from gradcheck.explain.mending.edits import Edits, applied
from gradcheck.explain.wiring import Line, Wiring, is_label, key_of
from gradcheck.judge import Evidence, Options
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Apply,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Sum,
    names_in,
    value_names,
    walk,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.functions import BASIC
from gradcheck.language.model import Derivation, Step
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.verdict import Verdict
from gradcheck.read import read
from gradcheck.understand import understand
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.roles import count_names

MAX_JUDGED = 16
WORK = 1_000_000
"""Definitions that are looked at, over all edits: how they hang together is asked for each edit."""
HOLDS = (Verdict.EXACT, Verdict.CONVENTION)


@dataclass(frozen=True, slots=True)
class Retyped:
    """An edit of a definition: the place and its new text, the side as it should read."""

    place: Span
    text: str
    side: Span
    words: str
    code: str
    line: int  # which definition
    names: Line  # what it is by names, once it is edited


def retyped(
    document: Document,
    derivation: Derivation,
    options: Options,
    loss: str | None = None,
    others: Sequence[Retyped] = (),
) -> Finding | None:
    """The finding at the one definition whose edit makes everything hold, if there is one.

    ``loss`` is the key of the loss as understood; None where the document defines none.
    ``others`` are edits to be tried where the definitions hang together as they are.
    """
    claimed = [setup.model for setup in derivation.setups if setup.claims]
    names = [model.names.get(model.loss) for model in claimed]
    if len(claimed) > 1 and all(name is not None and is_loss_name(name) for name in names):
        return None  # one setup's mend may be another's mistake
    search = _Retyping(document, derivation, options, loss)
    found = search.holding(others)
    meanings = {(edit.code, edit.line, edit.names[0], *sorted(edit.names[1])) for edit in found}
    return search.finding(found[0]) if len(meanings) == 1 else None


def turned(context: MendContext) -> list[Retyped]:
    """Definitions with a minus less: for a loss that has no value anywhere (``log(-p)``)."""
    found = []
    for line, source in enumerate(context.setup.sources):
        span = source.written.span
        if span.start < 0 or source.key not in context.model.ancestors(context.model.loss):
            continue
        for edit in Edits(context, source.written, source.key).all():
            text = applied(context.document.text, span, edit.changes)
            if edit.rule == "wrong-sign" and text and text.count("-") < _minuses(context, span):
                names = source.key, (text,)  # each is an edit of its own
                found.append(Retyped(span, text, span, edit.words, "GC103", line, names))
    return found


def _minuses(context: MendContext, span: Span) -> int:
    return context.document.source(span).count("-")


@dataclass
class _Retyping:
    document: Document
    derivation: Derivation
    options: Options
    loss: str | None

    @cached_property
    def wiring(self) -> Wiring:
        return Wiring.of(self.derivation.steps, self.loss, frozenset(self._other_names()))

    def _sides(self) -> Iterator[Expression]:
        for step in self.derivation.steps:
            for side in (step.left_written, step.right_written):
                if side is not None:
                    yield side

    def _other_names(self) -> set[str]:
        """What is no quantity of the network: functions, indices, counts, rates."""
        other = set(BASIC) | {"e", "pi"}
        for setup in self.derivation.setups:
            other |= setup.model.abstract_functions | {setup.model.sample_count or "e"}
        for side in self._sides():
            other |= {name.key for name in count_names(side)}
            for node in walk(side):
                if isinstance(node, Apply | FunctionName):
                    other.add(node.function.key)
                elif isinstance(node, Sum):
                    bounds = (node.index, node.lower, node.upper)
                    other |= {name for bound in bounds if bound for name in names_in(bound)}
        return other

    @cached_property
    def names(self) -> dict[str, list[Name]]:
        """Every quantity, with all the places where it is written."""
        found: dict[str, list[Name]] = {}
        for side in self._sides():
            for node in value_names(side):
                if node.span.start >= 0 and node.key not in self.wiring.constants:
                    found.setdefault(node.key, []).append(node)
        return found

    def edits(self) -> Iterator[Retyped]:
        """Another name in the place of each one of a definition, or a factor less."""
        for line, step in enumerate(self.wiring.definitions):
            assert isinstance(step.left_written, Name) and step.right_written is not None
            key, names = self.wiring.lines[line]
            for new in () if is_loss_name(step.left_written) else self.names:
                if new != key and not is_label(new):
                    words = f"{self._shown(new)} for {to_text(step.left_written)} on the left"
                    text = self._spelled(new, step.left_written, step)
                    side = step.left_written.span
                    yield Retyped(side, text, side, words, "GC120", line, (new, names))
            for path in _paths(step.right_written, []):
                if isinstance(path[-1], Name):
                    yield from self._of_name(line, step, path)

    def _of_name(self, line: int, step: Step, path: list[Expression]) -> Iterator[Retyped]:
        node, key, right = path[-1], key_of(step), step.right_written
        assert isinstance(node, Name) and right is not None
        above = path[-2] if len(path) > 1 else None
        if isinstance(above, Apply | FunctionName) and above.function is node:
            return
        if isinstance(above, Sum) and above.body is not node:
            return
        places = [name.key for name in value_names(right)]
        places.remove(node.key)
        if isinstance(above, Multiply):
            gone = _cut(above, node)
            words = f"remove the factor {to_text(node)}"
            yield Retyped(gone, "", right.span, words, "GC101", line, (key, tuple(places)))
        for new in self._idle:
            if new != node.key and new != key:
                words = f"the factor {self._shown(new)} is missing after {to_text(node)}"
                text = f"{self.document.source(node.span)}{self._times}"
                text += self._spelled(new, node, step)
                names = key, (*places, node.key, new)
                yield Retyped(node.span, text, right.span, words, "GC102", line, names)
        for new in self.names:
            if new != node.key:
                words = f"{self._shown(new)} for {to_text(node)}"
                names = key, (*places, new)
                text = self._spelled(new, node, step)
                yield Retyped(node.span, text, right.span, words, "GC120", line, names)

    @cached_property
    def _idle(self) -> tuple[str, ...]:
        """What leads nowhere: defined and not used, or used in claims alone."""
        used = {name for _, names in self.wiring.lines for name in names}
        keys = [key for key, _ in self.wiring.lines]
        keys = [key for key in (*keys, *self.wiring.used) if key not in used and key in self.names]
        return tuple(dict.fromkeys(key for key in keys if key != self.wiring.loss))

    @cached_property
    def _times(self) -> str:
        """How this author writes a product of two names."""
        for step in self.wiring.definitions:
            for node in walk(step.right_written) if step.right_written is not None else ():
                if isinstance(node, Multiply) and all(isinstance(f, Name) for f in node.factors):
                    gap = Span(node.factors[0].span.end, node.factors[1].span.start)
                    return self.document.source(gap) or " "
        return " "

    def _shown(self, key: str) -> str:
        return to_text(self.names[key][0])

    def _spelled(self, key: str, instead: Name, step: Step) -> str:
        """A name as the author writes it: with an index of the samples where others have one."""
        indexed = self._is_indexed(instead) or self._indexed_lines[id(step)]
        alike = (name for name in self.names[key] if self._is_indexed(name) == indexed)
        return self.document.source(next(alike, self.names[key][0]).span).strip()

    @cached_property
    def _indexed_lines(self) -> dict[int, bool]:
        """Whether the right side of a definition writes an index of the samples, by its step."""
        return {
            id(step): any(map(self._is_indexed, value_names(step.right_written)))
            for step in self.wiring.definitions
            if step.right_written is not None
        }

    def _is_indexed(self, name: Name) -> bool:
        return len(_letters(self.document.source(name.span))) > len(_letters(to_tex(name)))

    def holding(self, others: Sequence[Retyped]) -> list[Retyped]:
        """The edits that mend the wiring best, or others, after which everything holds."""
        lines = self.wiring.lines
        whole = least = self.wiring.breaks(lines)
        if least and self._most * len(lines) > 2 * WORK:
            return []
        nearest: list[Retyped] = []
        for tried, edit in enumerate(self.edits() if least and lines else ()):
            if tried * len(lines) > WORK:
                return []
            changed = (*lines[: edit.line], edit.names, *lines[edit.line + 1 :])
            breaks = self.wiring.breaks(changed)
            if breaks < least:
                least, nearest = breaks, []
            if breaks == least and (nearest or breaks < whole):
                nearest.append(edit)
        nearest = nearest or list(others)
        if len(nearest) > MAX_JUDGED:
            return []
        return [edit for edit in nearest if self._holds(edit)]

    @property
    def _most(self) -> int:
        """How many edits there are at most."""
        places = sum(1 + len(names) for _, names in self.wiring.lines)
        return places * (1 + len(self.names) + len(self._idle))

    @cached_property
    def _claimed(self) -> int:
        """How many gradients of the loss are claimed as it stands."""
        return sum(
            (claim.loss or setup.model.loss) == self.wiring.loss
            for setup in self.derivation.setups
            for claim in setup.claims
        )

    def _edited(self, edit: Retyped, span: Span) -> str:
        text = self.document.text
        before, after = text[span.start : edit.place.start], text[edit.place.end : span.end]
        command = "\\" in before[-20:].rpartition(" ")[2]
        space = " " if before[-1:].isalpha() and command and edit.text[:1].isalpha() else ""
        return before + space + edit.text + after

    def _holds(self, edit: Retyped) -> bool:
        text = self._edited(edit, Span(0, len(self.document.text)))
        changed = replace(self.document, text=text)
        derivation = understand(read(changed))
        if len(derivation.setups) != 1:
            return False
        setup = derivation.setups[0]
        model = setup.model
        if len(setup.claims) < max(self._claimed, 1) or setup.model_problem is not None:
            return False
        if edit.place == edit.side and len(setup.claims) < 2:
            return False  # one gradient alone makes no loss of whatever it fits
        above = {n for key in model.ancestors(model.loss) for n in names_in(model.definitions[key])}
        if len(model.parameters) < 2 or any(p.key not in above for p in model.parameters):
            return False
        steps = [step for step in derivation.steps if step.setup == 0]
        tried = Evidence(setup, steps, changed, self.options)
        tried.judge.shows = False
        if any(tried.judge.judge(c).verdict not in HOLDS for c in setup.claims if c.expression):
            return False  # most end here, without any numbers
        bad = (Verdict.WRONG, Verdict.UNDECIDED)
        return all(item.verdict in HOLDS for item in tried.judged) and not any(
            item.verdict in bad for item in tried.judged_steps
        )

    def finding(self, edit: Retyped) -> Finding:
        """The error at the definition, with its mended side."""
        message = f"{edit.words}: with it everything that is claimed here holds"
        return Finding(RULES[edit.code], edit.side, message, self._edited(edit, edit.side))


def _cut(product: Multiply, node: Expression) -> Span:
    """A factor with what joins it to the others."""
    at = next(k for k, factor in enumerate(product.factors) if factor is node)
    if at:
        return Span(product.factors[at - 1].span.end, node.span.end)
    return Span(node.span.start, product.factors[1].span.start)


def _paths(node: Expression, above: list[Expression]) -> Iterator[list[Expression]]:
    """Every node with all that holds it, the outermost first."""
    path = [*above, node]
    yield path
    for child in node.children():
        yield from _paths(child, path)


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
