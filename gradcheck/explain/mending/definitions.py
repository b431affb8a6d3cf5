"""The root cause at a definition: one edit of it under which all failing claims hold.

An edit is refuted by the gradients of the edited model at points, in floats; what is left is proved
by an algebra of the edited model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log

from gradcheck.explain.mending.bracket_edits import bracket_edits
from gradcheck.explain.mending.context import MendContext, without_sums
from gradcheck.explain.mending.edits import Edit, Edits, applied
from gradcheck.explain.mending.flow import Flow
from gradcheck.explain.mending.mend import NAMES_OF_RULES, DefinitionMend
from gradcheck.explain.mending.side_search import mend_side, read_back
from gradcheck.explain.mending.tree import replaced
from gradcheck.explain.mending.values import Undefined
from gradcheck.judge.forms import with_definition
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Name,
    Negate,
    Partial,
    Sum,
    contains,
    names_in,
    to_key,
    walk,
)
from gradcheck.language.model import Claim, Model, Source
from gradcheck.language.verdict import Constant, Verdict

CLOSE = 1e-8
MAX_PROOFS = 4
MANY = 16
"""Definitions of a document of which all are tried."""
WORK = 60_000
"""Definitions, and an eighth of the claims' nodes, looked at over all edits of more."""


@dataclass(frozen=True)
class GradientClaim:
    """A closed form claimed for a gradient: the parameter's key, the loss's, the side resolved.

    ``left_out`` is what it leaves out if it holds (Constant(1): nothing). ``written`` is the side
    as written; with it, a claim that can be mended by itself is not put down to a definition.
    Claims of one ``statement`` are one line of thought; -1: a statement of its own.
    """

    parameter: str
    loss: str
    expression: Expression
    left_out: Constant | None = None
    written: Expression | None = None
    statement: int = -1

    @cached_property
    def left(self) -> Expression:
        """What it is claimed to be."""
        return Partial(Name(self.loss), Name(self.parameter))

    @property
    def of_loss(self) -> bool:
        """Whether a constant may be left out."""
        return True


@dataclass(frozen=True, slots=True)
class StepClaim:
    """A step that is no closed form of a gradient: ``\\partial z_1/\\partial w_1 = x``."""

    left: Expression
    expression: Expression
    left_out: Constant | None = None
    written: Expression | None = None
    statement: int = -1
    of_loss: bool = False


Asked = GradientClaim | StepClaim


def mend_definition(
    context: MendContext,
    failing: Sequence[Asked],
    passing: Sequence[Asked] = (),
    halves: bool = False,
) -> DefinitionMend | None:
    """The edit of a definition that mends what fails and keeps what holds; None if in doubt.

    It must mend everything that fails, or more than half of it and two statements; with ``halves``
    half of it, by a helper that all it mends is written in. Where one edit
    of the only statement that fails would do as well, nobody can say which was meant: such a mend
    is an ``alternative``. Of several, the one that leaves no constant out comes first, then one
    that adds nothing, then what makes a usual loss of an odd one, helpers (``\\delta_1``), forward
    equations, the loss; the nearest edit counts, if it is the only one.
    """
    if not failing or len(context.points) < 3:
        return None
    open_ = _statements(failing) == 1 and any(_mendable(context, claim) for claim in failing)
    search = _Search(context, tuple(failing), tuple(passing), open_, halves)
    if any(search.holds(claim) for claim in failing):
        return None  # it fails by what points cannot tell, a sum
    mends = search.found()
    return mends[0] if mends else None


def _statements(claims: Sequence[Asked]) -> int:
    """In how many statements these stand."""
    own = sum(claim.statement < 0 for claim in claims)
    return own + len({claim.statement for claim in claims if claim.statement >= 0})


def _mendable(context: MendContext, claim: Asked) -> bool:
    """Whether one edit of the claim itself would do."""
    if claim.written is None:
        return False
    strict = context if claim.of_loss else context.leaving_out(Constant())
    mend = mend_side(strict, claim.left, claim.written)
    return mend is not None and mend.edits == 1


@dataclass(frozen=True)
class _Candidate:
    source: Source
    edit: Edit
    body: Expression
    rank: tuple[bool, bool, int, int]
    mended: tuple[int, ...]
    meaning: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Of an edit: which failing claims it mends, whether they leave something out then, whether
    the loss has become a usual one, and the values of what is edited."""

    mended: tuple[int, ...]
    inexact: bool
    restores: bool
    meaning: tuple[float, ...]


def _everywhere(written: Expression, edits: Sequence[Edit]) -> list[Edit]:
    """One name for another wherever it stands: ``z (1 - z)`` for ``a (1 - a)`` is one mistake."""
    alike: dict[tuple[str, Expression], list[Edit]] = {}
    for edit in edits:
        if edit.rule == "wrong-symbol" and isinstance(edit.node, Name):
            alike.setdefault((edit.words, edit.node), []).append(edit)
    found = []
    for (words, _), group in alike.items():
        if len(group) > 1:
            root = written
            for edit in group:
                root = replaced(root, edit.path, edit.node)
            changes = tuple(change for edit in group for change in edit.changes)
            weight = max(edit.weight for edit in group) + 1
            found.append(Edit((), root, changes, "wrong-symbol", words, weight))
    return found


def _repeats(body: Expression) -> bool:
    """Whether a sum has a term twice, which nobody means: ``w_2^2 + w_2^2``."""
    return any(
        isinstance(node, Add) and len({to_key(term) for term in node.terms}) < len(node.terms)
        for node in walk(body)
    )


@dataclass(frozen=True)
class _Search:
    context: MendContext
    failing: tuple[Asked, ...]
    passing: tuple[Asked, ...]
    alternative: bool = False  # only what would do as well as an edit of the claim
    halves: bool = False
    tried: list[str] = field(default_factory=list)  # a key for every edit that was evaluated

    @cached_property
    def model(self) -> Model:
        return self.context.judge.forms.one

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        return tuple(Flow(point, self.model.definitions) for point in self.context.points)

    @cached_property
    def _forward(self) -> frozenset[str]:
        """What the loss is computed from, itself included."""
        return frozenset(self.model.ancestors(self.model.loss))

    def _kind(self, source: Source) -> int:
        """0 for a helper (``\\delta_1``), 1 for a forward equation, 2 for the loss."""
        if source.key not in self._forward:
            return 0
        return 2 if source.key == self.model.loss else 1

    @cached_property
    def _usual_loss(self) -> bool:
        return self._has_usual_loss(self.flows)

    def _has_usual_loss(self, flows: Sequence[Flow]) -> bool:
        """Whether the loss is a squared error or the log loss, up to a constant and 1/N.

        Then it is what the author means: what fails is no reason to make another one of it.
        """
        try:
            losses = [flow.named(self.model.loss) for flow in flows]
            for one_sample in (_squared_error, _log_loss):
                usual = [one_sample(*self._output(flow)) for flow in flows]
                for power in (0, 1):
                    ratios = [
                        loss / value * flow.point.count**power
                        for loss, value, flow in zip(losses, usual, flows, strict=True)
                    ]
                    if all(_same(ratio, ratios[0]) for ratio in ratios):
                        return True
        except (Undefined, ArithmeticError, ValueError):
            pass
        return False

    def _output(self, flow: Flow) -> tuple[float, float]:
        """Prediction and label at a point. Raises Undefined."""
        if self.model.prediction is None or not self.model.labels:
            raise Undefined
        return flow.named(self.model.prediction), flow.named(self.model.labels[0])

    @cached_property
    def _slips(self) -> bool:
        """Whether a failing claim would hold with one edit of its own."""
        return any(_mendable(self.context, claim) for claim in self.failing)

    def holds(self, claim: Asked) -> bool:
        """Whether something holds at the points as it stands."""
        return self._holds(claim, list(self.flows), Constant())

    @cached_property
    def kept(self) -> tuple[Asked, ...]:
        """What holds, as far as points can tell, and must still hold."""
        flows = list(self.flows)
        return tuple(c for c in self.passing if self._holds(c, flows, c.left_out or Constant()))

    def found(self) -> list[DefinitionMend]:
        """The proved candidates, at most one: the nearest, where it is the only one so near."""
        candidates = self._all_candidates()
        whole = [c for c in candidates if len(c.mended) == len(self.failing)]
        if not whole:
            most = max((len(c.mended) for c in candidates), default=0)
            whole = [c for c in candidates if len(c.mended) == most]
            if 2 * most == len(self.failing):  # as much may be wrong for another reason
                whole = [c for c in whole if self.halves and self._is_helper_of(c)]
            elif 2 * most < len(self.failing):
                whole = []
            whole = [c for c in whole if _statements([self.failing[n] for n in c.mended]) > 1]
        if not whole:
            return []
        best = min(c.rank for c in whole)
        nearest = [c for c in whole if c.rank == best]
        first = nearest[0]
        if any(c.source is first.source and not _agree(c, first) for c in nearest[1:]):
            return []
        for candidate in nearest[:MAX_PROOFS]:
            mend = self._proved(candidate)
            if mend is not None:
                return [mend]
        return []

    def _all_candidates(self) -> list[_Candidate]:
        """Those of every definition; of many, the likeliest ones until one mends everything."""
        definitions = len(self.model.definitions)
        if definitions <= MANY:
            return [c for source in self._sources() for c in self._candidates(source)]
        written = sum(len(claim.expression.below()) for claim in self.failing)
        cost = definitions + written // 8
        found: list[_Candidate] = []
        for source in sorted(self._sources(), key=self._unlikely):
            found += self._candidates(source)
            if any(len(c.mended) == len(self.failing) for c in found):
                break
            if len(self.tried) * cost > WORK:
                break
        return found

    def _unlikely(self, source: Source) -> tuple[int, int]:
        """Smaller for helpers, then for what more of the failing claims are about."""
        below = self._below(source.key)
        if source.key not in self._forward:
            return 0, -sum(bool(names_in(c.expression) & below) for c in self.failing)
        own = names_in(source.written) | {source.key}
        return 1, -sum(bool((names_in(c.left) - {self.model.loss}) & own) for c in self.failing)

    def _is_helper_of(self, candidate: _Candidate) -> bool:
        """Whether it is of a helper (``\\delta_2``) that everything it mends is written in."""
        key = candidate.source.key
        helper = key not in self._forward
        mended = [self.failing[number].expression for number in candidate.mended]
        return helper and all(key in names_in(claim) for claim in mended)

    def _sources(self) -> list[Source]:
        """The definitions that mean what they say; one that a reading overrides is not tried.

        Nor is one that a reference gives.
        """
        found = []
        for source in self.context.setup.sources:
            if source.key in self.context.setup.given:
                continue
            body = self.context.model.definitions.get(source.key)
            if body is None or source.written.span.start < 0:
                continue
            if isinstance(body, Name) and source.key in self._forward:  # ŷ = z_2 is another name
                continue
            try:
                meant = self.context.resolve(source.written)
            except Exception as trouble:
                if type(trouble).__name__ != "Unresolved":
                    raise
                continue
            if to_key(meant) == to_key(body):
                found.append(source)
        return found

    def _candidates(self, source: Source) -> list[_Candidate]:
        context = self.context
        edits = Edits(context, source.written, source.key).all()
        edits += bracket_edits(context.document, source.written)
        edits += _everywhere(source.written, edits)
        below = self._below(source.key)
        kind = self._kind(source)
        if not kind and any(self._hangs_on(claim, below) for claim in self.kept):
            return []  # any other value of a helper breaks what is written in it and holds
        found = []
        for edit in edits:
            adds = _adds(context.document.text, edit)
            if (adds and self.alternative) or not self._natural(edit, source, kind, adds):
                continue
            body = self._body(replaced(source.written, edit.path, edit.node))
            if body is None or names_in(body) & below or _repeats(body):
                continue
            outcome = self._outcome(source, body, below)
            if outcome is not None:
                rank = self._rank(edit, source, adds, outcome)
                found.append(_Candidate(source, edit, body, rank, outcome.mended, outcome.meaning))
        return found

    def _hangs_on(self, claim: Asked, below: frozenset[str]) -> bool:
        """Whether a claim is written in what is computed from a name, and its truth is not."""
        written = claim.written is not None and names_in(claim.written) & below
        return bool(
            written and names_in(claim.expression) & below and not names_in(claim.left) & below
        )

    def _rank(
        self, edit: Edit, source: Source, adds: bool, outcome: _Outcome
    ) -> tuple[bool, bool, int, int]:
        """The likelier an edit, the smaller: see `mend_definition`."""
        kind = self._kind(source)
        leading = isinstance(source.written, Negate) and kind > 0
        turned = edit.rule == "wrong-sign" and not edit.path
        if outcome.restores or (turned and (kind == 2 or leading)):  # upside down
            return outcome.inexact, False, -1, edit.weight
        more = adds and edit.rule != "bracket"  # or less, in a helper
        less_likely = more or (edit.rule == "wrong-term" and not kind)
        return outcome.inexact, less_likely, kind, edit.weight

    def _natural(self, edit: Edit, source: Source, kind: int, adds: bool) -> bool:
        """Whether an author may have meant it: nobody writes a network or a loss upside down.

        Another activation is meant only if the claims are not that one's derivative by a slip;
        and one wrong gradient alone says nothing of how the network is built.
        """
        if kind and edit.rule != "wrong-symbol" and len(self.failing) == 1 and not self.passing:
            return False
        if edit.rule == "wrong-function" and self._slips:
            return False
        if not kind or edit.rule != "wrong-sign":
            return True
        logarithm = any(
            isinstance(node, Apply) and node.function.key in ("log", "ln")
            for node in walk(source.written)
        )
        if kind == 2 and not edit.path:
            return logarithm == adds
        return not adds

    def _below(self, key: str) -> frozenset[str]:
        """The names that are computed from this one, itself included."""
        return self.model.above(key)

    def _body(self, written: Expression) -> Expression | None:
        try:
            body = self.context.resolve(written)
        except Exception as trouble:
            if type(trouble).__name__ != "Unresolved":
                raise
            return None
        return body

    def _edited(self, claims: Sequence[Asked], source: Source, body: Expression) -> list[Asked]:
        """Claims after an edit: in ``\\delta_2 = ∂L/∂z_2 = …`` the last side is edited too."""
        span = source.written.span
        return [
            replace(claim, expression=body)
            if claim.written is not None and claim.written.span == span
            else claim
            for claim in claims
        ]

    def _outcome(self, source: Source, body: Expression, below: frozenset[str]) -> _Outcome | None:
        """What an edit does, if it mends something and all that held still does; else None."""
        self.tried.append(source.key)
        key, failing = source.key, self._edited(self.failing, source, body)
        first = [self.flows[0].edited(key, body, below)]
        if not self._may_do(failing, first):
            return None  # most edits end here, at one point
        flows = first + [flow.edited(key, body, below) for flow in self.flows[1:]]
        try:
            for claim in self._edited(self.kept, source, body):
                if not self._holds(claim, flows, claim.left_out or Constant()):
                    return None
            mended = tuple(
                number
                for number, claim in enumerate(failing)
                if self._holds(claim, flows, self._accepted(claim))
            )
            usual = self._has_usual_loss(flows) if mended else False
            if not mended or (self._usual_loss and not usual):
                return None
            inexact = self.context.accepted is None and not all(
                self._holds(failing[number], flows, Constant()) for number in mended
            )
            restores = usual and not self._usual_loss
            meaning = tuple(flow.named(key) for flow in flows)
            return _Outcome(mended, inexact, restores, meaning)
        except Undefined:
            return None

    def _may_do(self, failing: list[Asked], flows: list[Flow]) -> bool:
        """Whether as many of these hold as `found` asks for at the least."""
        spare = len(failing) // 2 if self.halves else (len(failing) - 1) // 2
        for claim in failing:
            if not self._holds(claim, flows, self._accepted(claim)):
                spare -= 1
                if spare < 0:
                    return False
        return True

    def _accepted(self, claim: Asked) -> Constant | None:
        return self.context.accepted if claim.of_loss else Constant()

    def _holds(self, claim: Asked, flows: list[Flow], constant: Constant | None) -> bool:
        """Whether a claim equals its gradient up to this constant (None: up to any)."""
        ratios = []
        for flow in flows:
            try:
                truth = flow.value(claim.left)
                value = flow.value(claim.expression)
            except Undefined:
                return False
            if not value or not truth:
                return False
            count = flow.point.count
            factor = 1.0
            if constant is not None:
                factor = float(constant.rational) * count**constant.power
            ratios.append(truth / value / factor)
            if constant is not None and not _same(ratios[-1], 1.0):
                break
            if len(ratios) == 2 and not _same(*ratios):
                return False
        else:
            return constant is not None or ratios[0] > 0
        own = constant is not None and not constant.is_one and claim.left_out is None
        return own and self._holds(claim, flows, Constant())

    def _proved(self, candidate: _Candidate) -> DefinitionMend | None:
        context, source = self.context, candidate.source
        span = source.written.span
        text = applied(context.document.text, span, candidate.edit.changes)
        body = None if text is None else read_back(context, text)
        if text is None or body is None:
            return None
        edited = with_definition(context.model, source.key, body)
        failing = self._edited(self.failing, source, body)
        mended = [failing[number] for number in candidate.mended]
        if edited is None or not self._all_hold(edited, [*mended, *self.kept]):
            return None
        rule = NAMES_OF_RULES.get(candidate.edit.rule) or NAMES_OF_RULES["wrong-symbol"]
        if candidate.edit.rule == "prime":
            rule = NAMES_OF_RULES["activation-prime"]
        words, numbers = candidate.edit.words, candidate.mended
        return DefinitionMend(source.key, span, text, words, rule, body, numbers, self.alternative)

    def _all_hold(self, model: Model, claims: Sequence[Asked]) -> bool:
        """Whether the claims hold in the edited model, by algebra and by evaluation."""
        from gradcheck.judge.forms import Forms
        from gradcheck.judge.verdicts import Judge

        judge = Judge(Forms(model), {p.role: p.key for p in model.parameters}, shows=False)
        context = replace(self.context, judge=judge)
        roles = {p.key: p.role for p in model.parameters}
        for claim in claims:
            if isinstance(claim, StepClaim):
                accepted = self.context.accepted if claim.of_loss else Constant()
                one = without_sums(claim.left), without_sums(claim.expression)
                if replace(context, accepted=accepted).holds(*one) is None:
                    return False
                continue
            item = judge.judge(
                Claim(
                    roles[claim.parameter],
                    claim.expression.span,
                    0,
                    0,
                    claim.expression,
                    sums=contains(claim.expression, Sum),
                    loss=claim.loss,
                )
            )
            if item.verdict not in (Verdict.EXACT, Verdict.CONVENTION):
                return False
            if not self.context.acceptable(item.left_out or Constant()):
                return False
        return True


def _squared_error(prediction: float, label: float) -> float:
    return (prediction - label) ** 2


def _log_loss(prediction: float, label: float) -> float:
    return label * log(prediction) + (1 - label) * log(1 - prediction)


def _adds(text: str, edit: Edit) -> bool:
    """Whether an edit only adds something to what stands there."""
    return all(
        span.start == span.end or (new.startswith(text[span.start : span.end]) and "^" in new)
        for span, new in edit.changes
    )


def _agree(one: _Candidate, other: _Candidate) -> bool:
    same = one.source.key == other.source.key
    return same and all(map(_same, one.meaning, other.meaning))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(abs(one), abs(other))
