"""Judging update rules: target and source, sign, gradient, learning rate, completeness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from gradcheck.document import Document, Span
from gradcheck.expression import Expression, Name, Negate, walk
from gradcheck.finding import RULES, Finding
from gradcheck.model import ROLES, Derivation
from gradcheck.notation import to_tex
from gradcheck.updates.evidence import SetupEvidence, evidence_of, followed, setup_of
from gradcheck.updates.lines import corrected, source_text
from gradcheck.updates.rules import Update, network_parameters, rules_of
from gradcheck.verdict import Constant

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
    rules = rules_of(derivation)
    if not rules:
        return []
    judge = _Judge(derivation, document, conventions or {}, rules)
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
    rules: Sequence[Update]

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
        for update in self.rules:
            if not update.general and update.target.key not in self.names:
                continue  # not a parameter: an average, a count, a velocity
            slip = self._names_differ(update)
            if slip is not None:
                finding, meant = slip
                found.append(finding)
                trained.append(_Trained(update, meant))
                continue
            trained.append(_Trained(update, update.target.key))
            found += self._direction(update)
        found += self._rates(trained)
        found += self._missing(trained)
        return found

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
            text = source_text(update, update.head)
            suggestion = corrected(update, self.document, edits=[(update.start.span, text)])
        return Finding(RULES["GC401"], update.step.span, message, suggestion), meant

    def _other_gradient(self, update: Update, gradient: str) -> tuple[Finding, str]:
        by = update.gradient_of
        assert by is not None
        shown, other = self._shown(update.target), self._shown(by)
        message = f"the update of {shown} uses the gradient by {other}"
        text = source_text(update, update.head)
        by_text = source_text(update, by)
        twin = any(self._trains(rule, update.target.key) for rule in self.rules if rule != update)
        lost = not any(self._trains(rule, gradient) for rule in self.rules if rule != update)
        if twin and lost:  # it is the other parameter's update, its names forgotten
            edits = [(update.start.span, by_text)]
            suggestion = corrected(update, self.document, head=by_text, edits=edits)
            return Finding(RULES["GC402"], update.step.span, message, suggestion), gradient
        suggestion = corrected(update, self.document, edits=[(by.span, text)])
        return Finding(RULES["GC402"], update.step.span, message, suggestion), update.target.key

    def _trains(self, update: Update, key: str) -> bool:
        by = update.gradient_of
        return update.target.key == update.source.key == key and (by is None or by.key == key)

    def _shown(self, name: Name) -> str:
        return self.names.get(name.key, to_tex(name))

    # -- direction ----------------------------------------------------------------------------

    def _direction(self, update: Update) -> list[Finding]:
        """Sign and value of the gradient of an update whose names agree."""
        if update.gradient_of is not None:
            return [self._climbs(update)] if update.sign > 0 else []
        setup = setup_of(update, self.evidence)
        if setup is None or update.target.key not in setup.parameters:
            return []
        down = followed(update, setup)
        if down is None:
            return []
        return self._substituted(update, setup, down)

    def _climbs(self, update: Update) -> Finding:
        shown = self._shown(update.target)
        message = f"the update of {shown} adds the gradient: the loss climbs"
        return Finding(RULES["GC403"], update.step.span, message, self._turned(update))

    def _turned(self, update: Update) -> str | None:
        """The line with the sign between source and step turned round, where it is plain."""
        if update.defined_apart:
            return None
        if update.step.relation in ("+=", "-=") and update.step.side == 1:
            other = "-=" if update.step.relation == "+=" else "+="
            return corrected(update, self.document, relation=other)
        start, base = update.start.span.end - update.step.span.start, update.step.right
        after = base[start:]
        sign = after.lstrip()[:1]
        if sign not in ("+", "-", "−"):
            return None
        at = start + len(after) - len(after.lstrip()) + update.step.span.start
        edit = (Span(at, at + 1), "-" if sign == "+" else "+")
        return corrected(update, self.document, edits=[edit])

    def _substituted(self, update: Update, setup: SetupEvidence, down: Expression) -> list[Finding]:
        key, at = update.target.key, update.step.span.start
        up = Negate(down)
        claimed = setup.with_claim(key, down, at)
        if claimed is not None and claimed.same:
            return []
        true = setup.with_truth(key, down)
        if true.same:
            return []
        turned = setup.with_claim(key, up, at)
        if (turned is not None and turned.same) or setup.with_truth(key, up).same:
            return [self._climbs(update)]
        if not true.decided or (claimed is not None and not claimed.decided):
            return []
        shown = self._shown(update.target)
        owner = next(
            (k for k in setup.parameters if k != key and setup.with_truth(k, down).same), None
        )
        if owner is not None:
            message = f"the update of {shown} uses the gradient by {self.names.get(owner, owner)}"
        elif claimed is not None:
            message = f"the gradient in the update of {shown} is not the one claimed for it"
        else:
            message = f"the update of {shown} does not follow the gradient by {shown}"
        return [Finding(RULES["GC402"], update.step.span, message, self._written(update, setup))]

    def _written(self, update: Update, setup: SetupEvidence) -> str | None:
        """The line with the claimed gradient, if that one is right."""
        claim = setup.claimed(update.target.key, update.step.span.start)
        if claim is None or claim.expression is None or self.document is None:
            return None
        if not setup.with_truth(update.target.key, claim.expression).same:
            return None
        source = self.document.source(claim.span)
        gradient = " ".join(source.split())
        rate = f"{source_text(update, update.rate)} " if update.rate is not None else ""
        start = source_text(update, update.start)
        head = update.line.left if update.line is not None else update.step.left
        symbol = "\\leftarrow" if update.step.relation == "<-" else update.step.relation
        if update.step.relation in ("+=", "-="):
            return f"{head} -= {rate}\\left({gradient}\\right)"
        return f"{head} {symbol} {start} - {rate}\\left({gradient}\\right)"

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
        """Chains restate an update: what one side of it says counts for all of them."""
        return any(
            self._states_rate(item.update)
            for item in trained
            if item.update.step.statement == update.step.statement
        )

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
        if place < update.start.span.end and update.step.relation not in ("-=", "+="):
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
        return [Finding(RULES["GC408"], other.update.step.span, message)]

    # -- completeness -------------------------------------------------------------------------

    def _missing(self, trained: Sequence[_Trained]) -> list[Finding]:
        """One of the four parameters without an update, where the three others have one."""
        if any(item.update.general for item in trained) or not self.derivation.setups:
            return []
        parameters = [p for p in self.derivation.setups[0].model.parameters if p.role in ROLES]
        meant = {item.meant for item in trained}
        lost = [parameter for parameter in parameters if parameter.key not in meant]
        if len(parameters) != len(ROLES) or len(lost) != 1:
            return []
        message = f"{lost[0].source_name} is never updated, the other parameters are"
        last = trained[-1].update.step.span
        return [Finding(RULES["GC406"], last, message)]


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


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("{}", "()", "[]"))
