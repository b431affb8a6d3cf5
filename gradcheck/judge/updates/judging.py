"""Judging update rules: target and source, sign, gradient, learning rate, completeness."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from gradcheck.judge.updates.followed_gradient import (
    SetupEvidence,
    evidence_of,
    followed,
    setup_for,
    setup_of,
)
from gradcheck.judge.updates.lines import corrected, plain_text, source_text, target_text
from gradcheck.judge.updates.sides import Says, SideJudge, SideResult
from gradcheck.judge.updates.telling import DecidedSide, goes_astray, side_findings
from gradcheck.judge.updates.written import (
    Update,
    UpdateSide,
    network_parameters,
    sides_of,
    steps_apart,
)
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Expression, Name, names_in, walk
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import ROLES, Derivation, Parameter, Sense
from gradcheck.language.notation import to_tex
from gradcheck.language.verdict import Constant
from gradcheck.understand.naming import squeezed

Conventions = Mapping[int, Constant | None]


def update_findings(
    derivation: Derivation,
    document: Document | None = None,
    conventions: Conventions | None = None,
) -> list[Finding]:
    """What is wrong with the update rules of a document, in document order.

    ``conventions`` maps the index of a setup to the constant that its gradients leave out alike,
    or to None; without it, what is left out is not named.
    """
    sides = sides_of(derivation)
    if not sides:
        return []
    judge = _Judge(derivation, document, conventions or {}, sides)
    return sorted(judge.findings(), key=lambda f: (f.span.start, f.rule.code, f.message))


@dataclass(frozen=True, slots=True)
class _Trained:
    """An update with the parameter that it was meant for."""

    update: Update
    meant: str


@dataclass
class _Judge:
    derivation: Derivation
    document: Document | None
    conventions: Conventions
    sides: Sequence[UpdateSide]

    @cached_property
    def rules(self) -> list[Update]:
        return [side.update for side in self.sides if side.update is not None]

    @cached_property
    def evidence(self) -> list[SetupEvidence]:
        return evidence_of(self.derivation)

    @cached_property
    def names(self) -> dict[str, str]:
        """Every parameter's key with how the document writes it."""
        found: dict[str, str] = {}
        for setup in self.derivation.setups:
            for parameter in network_parameters(setup.model):
                found.setdefault(parameter.key, parameter.source_name)
        return found

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        trained: list[_Trained] = []
        decided: list[DecidedSide] = []
        astray: set[int] = set()
        meant_for: set[str] = set()
        for side in self.sides:
            update = side.update
            if side.target.key not in self.names and not (update is not None and update.general):
                found += [] if side.step.statement in astray else self._astray(side)
                astray.add(side.step.statement)
                meant_for |= {update.source.key} if update is not None else set()
                continue
            slip = self._names_differ(update) if update is not None else None
            if slip is not None:
                finding, meant = slip
                found.append(finding)
                assert update is not None
                trained.append(_Trained(update, meant))
            elif update is not None and (update.general or self._known_gradient(update)):
                trained.append(_Trained(update, side.target.key))
                found += self._turned(side, update)
            else:
                result = self._judged(side)
                if result is not None:
                    decided.append(DecidedSide(side, result))
        for item, said in side_findings(decided, self.sides, self.names, self.document):
            found += [finding for finding in said if not self._told(item, finding)]
            if not said and item.result.says is Says.FOLLOWS:
                trained.append(_Trained(item.update, item.side.target.key))
        known = (
            meant_for
            | {item.meant for item in trained}
            | {item.side.target.key for item in decided}
        )
        found += self._rates(sorted(trained, key=lambda item: item.update.step.span))
        found += self._missing(trained, known)
        return found

    def _told(self, item: DecidedSide, finding: Finding) -> bool:
        """Whether what is wrong with a substituted gradient is told of it as a claim."""
        place = item.side.step.statement, item.side.step.side
        claims = [claim for setup in self.derivation.setups for claim in setup.claims]
        claimed = any(c.in_update and (c.statement, c.side) == place for c in claims)
        return claimed and finding.rule.code == "GC402"

    # -- names --------------------------------------------------------------------------------

    def _names_differ(self, update: Update) -> tuple[Finding, str] | None:
        """The finding where target, source and gradient are not of one parameter."""
        target, source = update.target.key, update.source.key
        gradient = self._followed(update)
        if source == target and gradient in (target, None):
            return None
        if source != target:
            return self._other_source(update, gradient)
        assert gradient is not None
        return self._other_gradient(update, gradient)

    def _known_gradient(self, update: Update) -> bool:
        """Whether the step is a whole ``∂L/∂w`` by a parameter."""
        return update.gradient_of is not None and update.gradient_of.key in self.names

    def _followed(self, update: Update) -> str | None:
        """The parameter whose gradient an update follows, by name or by value; None: not known."""
        by = update.gradient_of
        if by is not None:
            known = update.general or by.key in self.names
            return by.key if known else None
        setup = setup_of(update, self.evidence)
        if setup is None or update.source.key == update.target.key:
            return None
        return _owner(update, setup)

    def _other_source(self, update: Update, gradient: str | None) -> tuple[Finding, str]:
        target, source = update.target.key, update.source.key
        shown, other = self._shown(update.target), self._shown(update.source)
        message = f"the update of {shown} starts from {other}"
        suggestion = None
        meant = target
        if gradient == source:
            message += f" and follows the gradient by {other}: it trains {other}"
            head = source_text(update, update.start)
            suggestion = corrected(update, self.document, head=head)
            meant = source
        elif gradient == target:
            message += f", though it follows the gradient by {shown}"
            if update.start == update.source:  # else nobody knows how its old value is spelled
                edits = [(update.start.span, self._plain(update))]
                suggestion = corrected(update, self.document, edits=edits)
        return Finding(RULES["GC401"], update.step.span, message, suggestion), meant

    def _plain(self, update: Update) -> str:
        """The target without what says new, as the document writes it."""
        if update.head == update.target:
            return source_text(update, update.head)
        return self.names.get(update.target.key, plain_text(update.target))

    def _other_gradient(self, update: Update, gradient: str) -> tuple[Finding, str]:
        by = update.gradient_of
        assert by is not None
        shown, other = self._shown(update.target), self._shown(by)
        message = f"the update of {shown} uses the gradient by {other}"
        text = target_text(update)
        by_text = source_text(update, by)
        twin = any(self._trains(rule, update.target.key) for rule in self.rules if rule != update)
        lost = not any(self._trains(rule, gradient) for rule in self.rules if rule != update)
        if (
            twin and lost and not update.sense
        ):  # it is the other parameter's update, its names forgotten
            edits = [(update.start.span, by_text)]
            suggestion: str | None = corrected(update, self.document, head=by_text, edits=edits)
            return Finding(RULES["GC402"], update.step.span, message, suggestion), gradient
        if update.defined_apart:
            suggestion = None
        else:
            suggestion = corrected(update, self.document, edits=[(by.span, text)])
        return Finding(RULES["GC402"], update.step.span, message, suggestion), update.target.key

    def _trains(self, update: Update, key: str) -> bool:
        by = update.gradient_of
        return update.target.key == update.source.key == key and (by is None or by.key == key)

    def _shown(self, name: Name) -> str:
        return self.names.get(name.key, to_tex(name))

    # -- direction ----------------------------------------------------------------------------

    def _turned(self, side: UpdateSide, update: Update) -> list[Finding]:
        """The finding where an update with a whole ``∂L/∂w`` leads the wrong way."""
        setup = setup_for(side, side.target.key, self.evidence)
        sense = setup.setup.sense if setup is not None else self.derivation.sense
        wrong = {Sense.DOWN: update.sign > 0, Sense.UP: update.sign < 0}
        if not wrong.get(sense):
            return []
        return [goes_astray(update, sense, self._shown(update.target), self.document)]

    # -- sides decided by the algebra -----------------------------------------------------------

    @cached_property
    def _apart(self) -> dict[str, Expression]:
        return steps_apart(self.derivation)

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """Names used outside of updates: one that is not defined was lost, and is no new idea."""
        return frozenset(
            name
            for step in self.derivation.steps
            if step.kind != "update" and step.right_written is not None
            for name in names_in(step.right_written)
        )

    def _judged(self, side: UpdateSide, target: Name | None = None) -> SideResult | None:
        """What the algebra says of a side; None where its setup has no such parameter."""
        target = target or side.target
        setup = setup_for(side, target.key, self.evidence)
        if setup is None:
            return None
        convention = self.conventions.get(setup.index)
        judge = SideJudge(setup, convention, self._apart, self._elsewhere)
        return judge.judge(side, target)

    def _astray(self, side: UpdateSide) -> list[Finding]:
        """An update whose left side is no parameter, though it trains one."""
        update = side.update
        if update is None or update.source.key not in self.names:
            return []
        source, head = update.source, update.head
        setup = setup_for(side, source.key, self.evidence)
        rates = {rule.rate.key for rule in self.rules if rule.rate is not None}
        if setup is None or not (head.key in setup.known or head.key in rates):
            return []
        by = update.gradient_of
        result = None if by is not None else self._judged(side, source)
        trains = by.key == source.key if by is not None else _follows(result)
        other = self._shown(source)
        message = f"{to_tex(head)} is no parameter, though its update starts from {other}"
        message += f": it trains {other}" if trains else ""
        text = source_text(update, update.start)
        suggestion = corrected(update, self.document, head=text) if trains else None
        return [Finding(RULES["GC401"], side.step.span, message, suggestion)]

    # -- rates --------------------------------------------------------------------------------

    def _rates(self, trained: Sequence[_Trained]) -> list[Finding]:
        """A rate in every update, and the same one."""
        found: list[Finding] = []
        stated = [item for item in trained if self._states_rate(item.update)]
        for item in trained:
            update = item.update
            if not self._carries_rate(update, trained):
                found += self._no_rate(item, stated)
            elif update.rate is None and self._literal(update):
                message = f"the learning rate of {self._name(item)} is the number {update.number}"
                found.append(Finding(RULES["GC405"], update.step.span, message))
        found += self._unlike(stated)
        return found

    def _name(self, item: _Trained) -> str:
        if item.meant in self.names:
            return self.names[item.meant]
        return self._shown(item.update.target)

    def _states_rate(self, update: Update) -> bool:
        return update.rate is not None or self._literal(update)

    def _literal(self, update: Update) -> bool:
        """Whether a bare number stands for the rate, not for a factor of the gradient."""
        if update.rate is not None or not update.numbers:
            return False
        if update.gradient_of is not None:
            return True
        setup = setup_of(update, self.evidence)
        if setup is None or update.target.key not in setup.parameters:
            return True
        down = followed(update, setup)
        if down is None:
            return True
        claimed = setup.with_claim(update.target.key, down, update.step.span.start)
        exact = claimed if claimed is not None else setup.with_truth(update.target.key, down)
        return exact.left_out is None or not exact.left_out.is_one

    def _carries_rate(self, update: Update, trained: Sequence[_Trained]) -> bool:
        """A side of a chain that puts numbers in has the rate among them."""
        if self._states_rate(update):
            return True
        whole = update.gradient_of is not None or self._is_gradient(update)
        return not whole and any(
            self._states_rate(item.update)
            for item in trained
            if item.update.step.statement == update.step.statement
        )

    def _is_gradient(self, update: Update) -> bool:
        """Whether the step is the gradient itself, no rate among its numbers."""
        setup = setup_of(update, self.evidence)
        if setup is None or update.target.key not in setup.parameters:
            return False
        down = followed(update, setup)
        return down is not None and setup.with_truth(update.target.key, down).same

    def _no_rate(self, item: _Trained, stated: Sequence[_Trained]) -> list[Finding]:
        update = item.update
        name = self._name(item)
        setup = setup_of(update, self.evidence)
        constant = self.conventions.get(setup.index) if setup is not None else None
        lost = "" if constant is None or constant.is_one else str(constant)
        absorbed = f": the {lost} left out of the gradients is not absorbed here" if lost else ""
        others = list(dict.fromkeys(self._name(other) for other in stated))
        if others:
            message = f"{name} is updated without the learning rate that {_listed(others)} "
            message += "has" if len(others) == 1 else "have"
            suggestion = self._with_rate(update, [other.update for other in stated])
            return [Finding(RULES["GC404"], update.step.span, message + absorbed, suggestion)]
        if lost:
            message = f"{name} is updated without a learning rate{absorbed}"
            return [Finding(RULES["GC404"], update.step.span, message)]
        message = f"{name} is updated without a learning rate"
        return [Finding(RULES["GC407"], update.step.span, message)]

    def _with_rate(self, update: Update, stated: Sequence[Update]) -> str | None:
        """The line with the other updates' rate, spelled as they spell it."""
        model = next((u for u in stated if u.rate is not None and not u.defined_apart), None)
        if model is None or model.rate is None or update.defined_apart:
            return None
        base = model.step.span.start
        after = [
            node.span.start
            for node in walk(model.direction)
            if node.span.start >= model.rate.span.end
        ]
        begin, end = model.rate.span.start - base, min(after, default=model.rate.span.end) - base
        written = model.step.right[begin:end]
        if any(bracket in written for bracket in "{}()") and not _balanced(written):
            written = source_text(model, model.rate) + " "
        place = update.direction.span.start
        if place < update.start.span.end and not update.sense:
            return None
        return corrected(update, self.document, edits=[(Span(place, place), written)])

    def _unlike(self, stated: Sequence[_Trained]) -> list[Finding]:
        """Rates of different names or numbers among the parameters."""
        named = [i for i in stated if not i.update.general and i.update.rate is not None]
        named = named or [i for i in stated if not i.update.general]
        rates = [(item, _rate_key(item.update)) for item in named]
        if len({key for _, key in rates}) < 2:
            return []
        counts: dict[tuple[str, Fraction], int] = {}
        for _, key in rates:
            counts[key] = counts.get(key, 0) + 1
        usual = max(counts, key=lambda key: counts[key])
        first, other = rates[0], next(item for item, key in rates if key != usual)
        like = next((item for item, key in rates if key == usual), first[0])
        message = (
            f"the learning rate of {self._name(other)} is not that of {self._name(like)}: "
            "together they do not follow the gradient"
        )
        same = _rate_name(other) == _rate_name(like) != ""
        suggestion = self._whole(other.update) if same else None
        return [Finding(RULES["GC408"], other.update.step.span, message, suggestion)]

    def _whole(self, update: Update) -> str | None:
        """The line without its bare numbers, where each of them is a factor in front."""
        text, base = update.step.right, update.step.span.start
        edits = []
        for span in update.numbers:
            before, after = text[: span.start - base].rstrip(), text[span.end - base :]
            if update.defined_apart or not re.search(r"[\w*+(-]$(?<!frac)", before):
                return None
            mark = re.match(r"\s*(\\cdot|\\times|\\,|\*)?\s*", after)
            end = span.end + (mark.end() if mark is not None else 0)
            edits.append((Span(span.start, end), ""))
        return corrected(update, self.document, edits=edits)

    # -- completeness -------------------------------------------------------------------------

    def _missing(self, trained: Sequence[_Trained], meant: set[str]) -> list[Finding]:
        """One of the four parameters without an update, where the three others have one."""
        if any(item.update.general for item in trained) or not self.derivation.setups:
            return []
        parameters = [p for p in self.derivation.setups[0].model.parameters if p.role in ROLES]
        lost = [p for p in parameters if p.key not in meant and not self._unread(p)]
        if len(parameters) != len(ROLES) or len(lost) != 1:
            return []
        message = f"{lost[0].source_name} is never updated, the other parameters are"
        last = self.sides[-1].step.span
        return [Finding(RULES["GC406"], last, message)]

    def _unread(self, parameter: Parameter) -> bool:
        """Whether a line about the parameter could not be read: it may be its update."""
        name = squeezed(parameter.source_name)
        return any(
            step.unread is not None and squeezed(step.left).startswith(name)
            for step in self.derivation.steps
        )


def _follows(result: SideResult | None) -> bool:
    return result is not None and result.says is Says.FOLLOWS


def _owner(update: Update, setup: SetupEvidence) -> str | None:
    """Whose gradient a substituted direction is: of the target, of the source, or unknown."""
    down = followed(update, setup)
    if down is None:
        return None
    for key in (update.target.key, update.source.key):
        if key not in setup.parameters:
            continue
        claimed = setup.with_claim(key, down, update.step.span.start)
        if (claimed is not None and claimed.same) or setup.with_truth(key, down).same:
            return key
    return None


def _rate_key(update: Update) -> tuple[str, Fraction]:
    """The rate's name, with its number where the direction is a whole gradient."""
    number = update.number if update.gradient_of is not None or update.rate is None else None
    return (update.rate.key if update.rate is not None else "", number or Fraction(1))


def _rate_name(item: _Trained) -> str:
    return item.update.rate.key if item.update.rate is not None else ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("{}", "()", "[]"))
