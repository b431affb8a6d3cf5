"""What is told about the sides of updates that the algebra has decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from gradcheck.judge.updates.lines import corrected, head_text, relation_text, source_text
from gradcheck.judge.updates.sides import Says, SideResult
from gradcheck.judge.updates.written import Update, UpdateSide
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Add, Expression, Name, Negate, Partial, names_in, walk
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Sense
from gradcheck.language.notation import to_tex
from gradcheck.language.verdict import Constant
from gradcheck.understand.descending import bare
from gradcheck.understand.naming import is_loss_name

ONE = Constant()


@dataclass(frozen=True)
class DecidedSide:
    """A side with what the algebra says of it."""

    side: UpdateSide
    result: SideResult

    @cached_property
    def update(self) -> Update:
        """Its parts, with the rate that the algebra has found; made up where it had none."""
        update = self.side.update
        if update is not None:
            return update if update.rate is not None else replace(update, rate=self.result.rate)
        step, target = self.side.step, self.side.target
        written = step.right_written
        assert written is not None
        start = _own_name(written, target) or replace(target, span=step.span)
        return Update(
            step=step,
            head=self.side.head,
            target=target,
            start=start,
            source=target,
            sign=-1,
            rate=self.result.rate,
            number=Fraction(1),
            direction=written,
            line=self.side.line,
            sense=self.side.sense,
            increment=self.side.increment,
        )


def side_findings(
    decided: Sequence[DecidedSide],
    sides: Sequence[UpdateSide],
    names: Mapping[str, str],
    document: Document | None,
) -> Iterator[tuple[DecidedSide, list[Finding]]]:
    """Every decided side with its finding, if there is one; ``names`` are the parameters'."""
    telling = _Telling(decided, sides, names, document)
    for item in decided:
        found = telling.finding(item)
        yield item, [] if found is None else [found]


def goes_astray(update: Update, sense: Sense, shown: str, document: Document | None) -> Finding:
    """The finding that an update leads the wrong way, with its sign turned round."""
    message = f"the update of {shown} adds the gradient: the loss climbs"
    if sense is Sense.UP:
        message = f"the update of {shown} takes the gradient off: what is maximised falls"
    return Finding(RULES["GC403"], update.step.span, message, _turned(update, document))


@dataclass(frozen=True)
class _Telling:
    decided: Sequence[DecidedSide]
    sides: Sequence[UpdateSide]
    names: Mapping[str, str]
    document: Document | None

    def finding(self, item: DecidedSide) -> Finding | None:
        says, step = item.result.says, item.side.step
        shown = self._shown(item.side.target)
        match says:
            case Says.FOLLOWS:
                return self._constant(item)
            case Says.TURNED:
                sense = item.result.setup.setup.sense
                found = goes_astray(item.update, sense, shown, self.document)
                if item.side.update is None:
                    found = replace(found, suggestion=self._right(item))
                return found
            case Says.UNDECIDED:
                return self._undecided(item)
            case Says.NOT_PLAIN if self._plain_elsewhere(item):
                return None  # w ← w + Δw = w - η ∂L/∂w
            case Says.NOT_PLAIN:
                message = f"the update of {shown} is not plain gradient descent: it is not judged"
                return Finding(RULES["GC409"], step.span, message)
            case Says.ELSEWHERE:
                message = f"the update of {shown} starts from {self._start(item)}, not from {shown}"
                return Finding(RULES["GC401"], step.span, message, self._right(item))
            case Says.OUTSIDE:
                message = (
                    f"a part of the step of {shown} stands outside the learning rate: "
                    "a bracket is lost, or a term is too many"
                )
                return Finding(RULES["GC402"], step.span, message, self._right(item))
        return Finding(RULES["GC402"], step.span, self._another(item), self._right(item))

    def _plain_elsewhere(self, item: DecidedSide) -> bool:
        """Whether another side of the chain says what the update is."""
        return any(
            other.step.statement == item.side.step.statement and other.step is not item.side.step
            for other in self.sides
        )

    def _shown(self, name: Name) -> str:
        return self.names.get(name.key, to_tex(name))

    def _undecided(self, item: DecidedSide) -> Finding | None:
        if item.result.setup.setup.model_problem is not None:
            return None  # an error already says that nothing can be judged
        message = f"the update of {self._shown(item.side.target)} is not decided"
        message += f": {item.result.reason}" if item.result.reason else ""
        return Finding(RULES["GC008"], item.side.step.span, message)

    def _another(self, item: DecidedSide) -> str:
        shown = self._shown(item.side.target)
        owner = item.result.owner
        if owner is not None:
            return f"the update of {shown} uses the gradient by {self.names.get(owner, owner)}"
        at = item.side.step.span.start
        if item.result.closed and item.result.setup.claimed(item.side.target.key, at) is not None:
            return f"the gradient in the update of {shown} is not the one claimed for it"
        return f"the update of {shown} does not follow the gradient by {shown}"

    def _start(self, item: DecidedSide) -> str:
        """What a side starts from, as written, where that is one term."""
        step, rate = item.side.step, item.result.rate
        written = step.right_written
        if isinstance(written, Add) and rate is not None:
            terms = [term for term in written.terms if rate.key not in names_in(term)]
            if len(terms) == 1 and _within(terms[0], step.span):
                sign = "-" if isinstance(terms[0], Negate) else ""
                text = _text(step.right, step.span, terms[0])
                return text if text.startswith("-") else sign + text
        return "something else"

    # -- constants ----------------------------------------------------------------------------

    def _constant(self, item: DecidedSide) -> Finding | None:
        """A constant that the other updates do not have: they do not follow the gradient."""
        own = item.result.constant
        if own is None or item.result.rate is None:
            return None  # without a rate there is nothing to absorb it: told apart
        usual = self._usual(item)
        if own == usual:
            return None
        factor = Constant(usual.rational / own.rational, usual.power - own.power, own.count)
        shown = self._shown(item.side.target)
        message = f"the gradient in the update of {shown} is {factor} times what the others use"
        if len(self._pool(item)) < 2:
            message = f"the gradient in the update of {shown} is {factor} times the one before it"
        suggestion = self._right(item) if usual.is_one else None
        return Finding(RULES["GC402"], item.side.step.span, message, suggestion)

    def _pool(self, item: DecidedSide) -> list[DecidedSide]:
        """The sides that must have the same constant: of this setup, of this form."""
        return [
            other
            for other in self.decided
            if other.result.says is Says.FOLLOWS
            and other.result.constant is not None
            and other.result.rate is not None
            and other.result.setup is item.result.setup
            and other.result.closed == item.result.closed
        ]

    def _usual(self, item: DecidedSide) -> Constant:
        pool = self._pool(item)
        constants = [other.result.constant or ONE for other in pool]
        alone = len({other.side.target.key for other in pool}) < 2
        chained = any(
            side.step.statement == item.side.step.statement
            and side.step.span != item.side.step.span
            for side in self.sides
        )
        if alone and chained:
            return (item.result.constant or ONE) if item.result.exact else ONE
        usual, times = Counter(constants).most_common(1)[0]
        if 2 * times > len(constants):
            return usual
        return ONE if ONE in constants else constants[0]

    # -- the line as it should be -------------------------------------------------------------

    def _right(self, item: DecidedSide) -> str | None:
        """``w \\leftarrow w - rate (gradient)`` in the author's own spelling, if all is known."""
        update = item.update
        gradient = self._partial(item) if not item.result.closed else self._claimed(item)
        if gradient is None or update.defined_apart:
            return None
        rate = self._rate(item)
        head = item.side.line.left
        symbol = relation_text(update, self.document)
        sign = "+" if item.result.setup.setup.sense is Sense.UP else "-"
        if item.side.increment:
            minus = "-" if (item.side.sense > 0) != (sign == "+") else ""
            return " ".join(f"{head} {symbol} {minus}{rate}{gradient}".split())
        if item.side.sense:
            return " ".join(f"{head} {sign}= {rate}{gradient}".split())
        start = _start_text(item)
        return " ".join(f"{head} {symbol} {start} {sign} {rate}{gradient}".split())

    def _rate(self, item: DecidedSide) -> str:
        """The rate as this side writes it, else as the others do."""
        for other in (item, *self.decided):
            rate = other.result.rate
            if rate is not None:
                text = source_text(other.update, rate)
                return f"{text if rate.superscript or '^' not in text else to_tex(rate)} "
        for side in self.sides:
            if side.update is not None and side.update.rate is not None:
                return f"{source_text(side.update, side.update.rate)} "
        return ""

    def _partial(self, item: DecidedSide) -> str | None:
        """The partial by the target, made from the partials of this side."""
        step, target = item.side.step, item.side.target
        written = step.right_written
        partials = [n for n in walk(written) if isinstance(n, Partial)] if written else []
        own = [n for n in partials if isinstance(n.by, Name) and n.by.key == target.key]
        for node in [*own, *partials]:
            if not (_within(node.by, step.span) and _within(node.of, step.span)):
                continue
            edits = [] if node in own else [(node.by, head_text(item.side))]
            if not _of_loss(node):
                loss = self._loss()
                if loss is None:
                    continue
                edits.append((node.of, loss))
            return _edited(step.right, step.span, node, edits)
        return None

    def _loss(self) -> str | None:
        """The loss as another update writes it."""
        for side in self.sides:
            step = side.step
            for node in walk(step.right_written) if step.right_written is not None else ():
                if isinstance(node, Partial) and _of_loss(node) and _within(node.of, step.span):
                    return _text(step.right, step.span, node.of)
        return None

    def _claimed(self, item: DecidedSide) -> str | None:
        """The gradient claimed for the target, if that one is right."""
        setup, key = item.result.setup, item.side.target.key
        if self.document is None:
            return None
        for claim in reversed(setup.claims_before(key, item.side.step.span.start)):
            if claim.expression is not None and setup.with_truth(key, claim.expression).same:
                source = " ".join(self.document.source(claim.span).split())
                step = item.side.step
                start = (
                    step.span.start if step.left_written is None else step.left_written.span.start
                )
                line = self.document.source(Span(start, step.span.end))
                plain = "\\" not in line + source  # typed as plain text, where no bracket grows
                return f"({source})" if plain else rf"\left({source}\right)"
        return None


def _own_name(written: Expression, target: Name) -> Name | None:
    """The target as a side writes it, outside of partials."""
    inside = [n.by.span for n in walk(written) if isinstance(n, Partial)]
    for node in walk(written):
        if isinstance(node, Name) and bare(node).key == target.key and node.span not in inside:
            return node
    return None


def _start_text(item: DecidedSide) -> str:
    """The target as it stands on the right: marked as old where the line marks it."""
    step, side = item.side.step, item.side
    own = _own_name(step.right_written, side.target) if step.right_written is not None else None
    if own is None or side.head == side.target:
        return head_text(side)
    return source_text(item.update, own)


def _of_loss(node: Partial) -> bool:
    return isinstance(node.of, Name) and is_loss_name(node.of)


def _edited(
    source: str, span: Span, node: Expression, edits: Sequence[tuple[Expression, str]]
) -> str:
    """The text of a node with other text for some of its parts."""
    text = _text(source, span, node)
    for part, new in sorted(edits, key=lambda edit: -edit[0].span.start):
        begin, end = part.span.start - node.span.start, part.span.end - node.span.start
        text = text[:begin] + new + text[end:]
    return text


def _within(node: Expression, span: Span) -> bool:
    return span.start <= node.span.start < node.span.end <= span.end


def _text(source: str, span: Span, node: Expression) -> str:
    if not _within(node, span):
        return ""
    return source[node.span.start - span.start : node.span.end - span.start]


def _turned(update: Update, document: Document | None) -> str | None:
    """The line with the sign between source and step turned round, where it is plain."""
    if update.defined_apart:
        return None
    if update.increment:
        text = update.step.right.lstrip()
        turned = text[1:].lstrip() if text[:1] in ("-", "−") else f"-{text}"
        return corrected(replace(update, step=replace(update.step, right=turned)), document)
    if update.sense:
        if update.step.side > 1:
            return None
        other = "-=" if update.step.relation == "+=" else "+="
        return corrected(update, document, relation=other)
    start, base = update.start.span.end - update.step.span.start, update.step.right
    after = base[start:]
    sign = after.lstrip()[:1]
    if sign not in ("+", "-", "−"):
        return None
    at = start + len(after) - len(after.lstrip()) + update.step.span.start
    edit = (Span(at, at + 1), "-" if sign == "+" else "+")
    return corrected(update, document, edits=[edit])
