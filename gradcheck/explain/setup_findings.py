"""The findings of one setup: the first wrong step of each chain, what is left out, what is unread.

A wrong gradient is reported where the mistake enters its chain; a later line that is wrong by
the same factor follows from it (design.md, "Root cause before consequence").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gradcheck.explain.exchange import exchanged
from gradcheck.explain.mending import DefinitionMend, Mend, is_dangling
from gradcheck.explain.mends import Mends
from gradcheck.explain.quotient import diagnose
from gradcheck.explain.retyping import retyped, turned
from gradcheck.explain.rows import derived_instead, diagnosis_of
from gradcheck.explain.stated import stated
from gradcheck.judge import Evidence, Options
from gradcheck.judge.loss_constants import unexplained
from gradcheck.judge.step_verdicts import JudgedStep
from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import Name, Number, Partial, contains, to_key, value_keys
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Parameter, Step
from gradcheck.language.notation import to_text
from gradcheck.language.statement import Side
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.run.budget import SEARCH
from gradcheck.run.parts import attempt, omitted

MANY = 8
"""Mistakes of a setup of which each has a suggestion and an example: of more, one of each kind."""


def explain(
    evidence: Evidence, derivation: Derivation, sides: Mapping[Span, Side]
) -> list[Finding]:
    """What is to be told about one setup, in document order; ``sides`` are the document's own."""
    mends = Mends(evidence, sides)
    cause = _retyped(evidence, derivation, mends)
    if cause is None:
        return _explained(evidence, mends)
    line = _line(evidence, cause.span)
    others = [replace(f, follows_from=f.follows_from or line) for f in _explained(evidence, mends)]
    return [cause, *(f for f in others if _line(evidence, f.span) != line)]


@omitted("the edit of a name", SEARCH)
def _retyped(evidence: Evidence, derivation: Derivation, mends: Mends) -> Finding | None:
    """The one definition that gives the wrong name, where that explains what is not settled."""
    if not mends.open or mends.settled or evidence.setup.given:
        return None
    loss = evidence.setup.model.loss
    signs = turned(mends.context) if mends.nowhere else []
    return retyped(evidence.document, derivation, evidence.options, loss, signs)


def explain_lost(document: Document, derivation: Derivation, options: Options) -> list[Finding]:
    """What is to be told where gradients of a loss are claimed that nothing defines."""
    cause = _retyped_loss(document, derivation, options) if derivation.findings else None
    if cause is None:
        return list(derivation.findings)
    line = document.place_of(cause.span)
    return [cause, *(replace(finding, follows_from=line) for finding in derivation.findings)]


@omitted("the edit of a name", SEARCH)
def _retyped_loss(document: Document, derivation: Derivation, options: Options) -> Finding | None:
    return retyped(document, derivation, options)


def _explained(evidence: Evidence, mends: Mends) -> list[Finding]:
    if evidence.setup.model_problem is not None:
        return _nothing_judged(evidence)
    told = {
        "what is wrong": lambda: _wrong(evidence, mends),
        "what is undecided": lambda: _undecided(evidence, mends),
        "what is not read": lambda: _unread(evidence, mends),
        "what is left out": lambda: _left_out(evidence),
        "what is left out on the way": lambda: _left_out_between(evidence),
        "what is in no forward equation": lambda: _not_in_forward(evidence, mends),
        "what contradicts": lambda: _contradictions(evidence),
    }
    found: list[Finding] = []
    for part, tell in told.items():
        attempt(part, partial(_tell, tell, found), str)
    return sorted(found, key=lambda finding: (finding.span.start, finding.rule.code))


def _tell(tell: Callable[[], Iterator[Finding]], found: list[Finding]) -> str:
    """Add what there is to be told: what comes before a failure is kept."""
    found.extend(tell())
    return ""


def _nothing_judged(evidence: Evidence) -> list[Finding]:
    if not evidence.setup.claims:
        return []
    message = f"nothing can be judged here: {evidence.setup.model_problem}"
    span = evidence.setup.problem_span or evidence.setup.span
    return [Finding(RULES["GC005"], span, message)]


@dataclass(frozen=True)
class Mistake:
    """A wrong side: the step it enters by, the claim it is (if it is one), its factor."""

    span: Span
    statement: int
    step: JudgedStep | None = None
    claim: JudgedClaim | None = None

    @property
    def factor(self) -> str:
        """Claim ÷ truth, canonically: mistakes with the same factor are one mistake."""
        judged = self.step or self.claim
        assert judged is not None
        decision = judged.decision
        if decision is None or decision.quotient is None:
            return ""
        return to_key(decision.quotient)


def mistakes(evidence: Evidence) -> list[Mistake]:
    """The first wrong side of every chain, in document order."""
    claims = {item.claim.span: item for item in evidence.judged if item.verdict is Verdict.WRONG}
    found: dict[int, Mistake] = {}
    for step in evidence.judged_steps:
        number = step.step.statement
        if step.verdict is Verdict.WRONG and number not in found:
            claim = claims.get(step.step.span)
            found[number] = Mistake(step.step.span, number, step, claim)
    for span, item in claims.items():
        if item.claim.statement not in found:
            found[item.claim.statement] = Mistake(span, item.claim.statement, None, item)
    return sorted(found.values(), key=lambda mistake: mistake.span)


def _wrong(evidence: Evidence, mends: Mends) -> Iterator[Finding]:
    """Mistakes, each with the edit that mends it; first the definition that they follow from."""
    roots: dict[str, Span] = {}
    causes = [cause for cause in (mends.definition, mends.second) if cause is not None]
    for cause in causes:
        yield _definition(evidence, mends, cause)
    pairs = attempt("an exchange of gradients", lambda: exchanged(evidence), lambda _: {})
    for mistake in mistakes(evidence):
        if mistake.span in {cause.span for cause in causes}:
            continue  # said already
        finding = attempt(
            "the explanation of a mistake",
            partial(_mistake, evidence, mends, mistake, causes, pairs, roots),
            partial(_bare, evidence, mistake),
            mistake.span,
        )
        yield finding


def _mistake(
    evidence: Evidence,
    mends: Mends,
    mistake: Mistake,
    causes: Sequence[DefinitionMend],
    pairs: Mapping[Span, Finding],
    roots: dict[str, Span],
) -> Finding:
    """The finding of a mistake: as it follows from a definition, by an exchange, or of its own."""
    return (
        _follows(evidence, mends, mistake, causes)
        or pairs.get(mistake.span)
        or _own(evidence, mends, mistake, roots)
    )


def _bare(evidence: Evidence, mistake: Mistake, _reason: str) -> Finding:
    """A mistake of which nothing is known but that it is one."""
    if mistake.claim is None:
        return Finding(RULES["GC110"], mistake.span, "this does not equal the side before it")
    key = _parameter(evidence, mistake.claim).key
    return Finding(RULES["GC105"], mistake.span, f"this is not the gradient by {key}")


def _follows(
    evidence: Evidence, mends: Mends, mistake: Mistake, causes: Sequence[DefinitionMend]
) -> Finding | None:
    """The finding of a mistake that follows from a definition."""
    origin = _origin(mistake, mends, causes)
    if origin is None:
        return None
    finding = _gradient(evidence, mistake) or _step(mistake, evidence)
    return replace(finding, follows_from=_line(evidence, origin.span))


def _own(evidence: Evidence, mends: Mends, mistake: Mistake, roots: dict[str, Span]) -> Finding:
    """The finding of a mistake of its own, with the edit that mends it; ``roots`` are by factor."""
    told = bool(mistake.factor) and mistake.factor in roots
    briefly = told and mends.many > MANY
    own = None if briefly else _mend(mistake, mends)
    left = None
    if mistake.step is not None and evidence.setup.own is None and not told:
        left = mends.of_left(mistake.step, own)
    if left is not None:
        if mistake.factor:
            roots.setdefault(mistake.factor, mistake.span)
        return _on_the_left(left)
    finding = _gradient(evidence, mistake) or _step(mistake, evidence)
    finding = _by_difference(finding, mistake) if own is None else _with_mend(finding, own)
    finding = _two_meanings(finding, evidence)
    if mends.alternative is not None and not _about(mistake, evidence, mends.alternative, own):
        finding = _or_there(finding, evidence, mends.alternative)
    example = None if briefly else mends.example(mistake.step, mistake.claim)
    if example is not None:
        words, code = example.as_text(), example.as_numpy()
        finding = replace(finding, counterexample=words, numpy=code)
    if finding.rule.code == "GC104":  # one cause: the constants are not alike
        first = roots.setdefault("GC104", mistake.span)
        if first != mistake.span:
            finding = replace(finding, follows_from=_line(evidence, first))
    elif mistake.factor in roots:
        finding = replace(finding, follows_from=_line(evidence, roots[mistake.factor]))
    elif mistake.factor:
        roots[mistake.factor] = mistake.span
    return finding


def _origin(
    mistake: Mistake, mends: Mends, causes: Sequence[DefinitionMend]
) -> DefinitionMend | None:
    """The definition that a mistake follows from."""
    claim = mistake.claim.claim.span if mistake.claim is not None else None
    for cause in causes:
        holds = mistake.step is not None and cause is mends.definition
        if claim in mends.mended(cause) or (holds and mends.follows(mistake.step)):  # type: ignore[arg-type]
            return cause
    return None


def _line(evidence: Evidence, span: Span) -> str:
    return evidence.document.place_of(span)


def _definition(evidence: Evidence, mends: Mends, cause: DefinitionMend) -> Finding:
    """The root cause at a definition: the lines that fail because of it hold once it is mended."""
    mended = [span for span in mends.mended(cause) if span != cause.span]
    lines = sorted({evidence.document.line_of(span) for span in mended})
    which = evidence.document.places(lines)
    verb = "holds" if len(lines) == 1 else "hold"
    what = f"the gradient{'s' * (len(lines) > 1)} in {which}" if lines else "the rest"
    first = mends.definition
    once = f", once {_line(evidence, first.span)} is mended," if first and first != cause else ""
    message = f"{cause.words}: with it{once} {what} {verb}"
    return Finding(cause.rule, cause.span, message, cause.replacement)


def _mend(mistake: Mistake, mends: Mends) -> Mend | None:
    """The edit of a wrong side."""
    if mistake.step is not None:
        return mends.of_step(mistake.step)
    if mistake.claim is None:
        return None
    mend = mends.of_claim(mistake.claim)
    if mend is not None and mistake.claim.claim.in_update and mend.replacement.startswith("-"):
        return replace(mend, replacement=f"({mend.replacement})")  # a factor beside the rate
    return mend


def _with_mend(finding: Finding, mend: Mend | None) -> Finding:
    if mend is None:
        return finding
    message = finding.message
    if finding.rule.code == "GC104":
        return replace(finding, suggestion=mend.replacement)
    if ": " not in message.split(";")[0]:
        head, _, tail = message.partition(";")
        message = f"{head}: {mend.words}" + (f";{tail}" if tail else "")
    return replace(finding, rule=mend.rule, message=message, suggestion=mend.replacement)


def _by_difference(finding: Finding, mistake: Mistake) -> Finding:
    """A term that is missing or too much, where nothing else is known of the mistake."""
    judged = mistake.step or mistake.claim
    decision = judged.decision if judged is not None else None
    if finding.rule.code not in ("GC105", "GC110") or decision is None:
        return finding
    found = diagnose(None, None, difference=decision.difference)
    if not found.words:
        return finding
    head, _, tail = finding.message.partition("; derived")
    message = f"{head}: {found.words}" + (f"; derived{tail}" if tail else "")
    return replace(finding, rule=found.rule, message=message)


def _two_meanings(finding: Finding, evidence: Evidence) -> Finding:
    """A wrong symbol whose name stands for data and for something else (``y = \\tanh``)."""
    model = evidence.setup.model
    for step in evidence.steps if finding.rule.code == "GC120" else ():
        name, value = step.left_written, step.right_written
        if not isinstance(name, Name) or name.key not in (*model.labels, *model.inputs):
            continue
        shown = to_text(name)
        rebound = step.kind == "definition" and step.elsewhere and value is not None
        if rebound and value is not None and f" for {shown}" in finding.message:
            where = _line(evidence, step.span)
            words = f"{finding.message}; {shown} is also {to_text(value)} in {where}"
            return replace(finding, rule=RULES["GC136"], message=words)
    return finding


def _on_the_left(mend: Mend) -> Finding:
    """The right side is another derivative than the one that stands on the left."""
    message = f"the left side is another derivative than the right side: {mend.words}"
    return Finding(mend.rule, mend.span, message, mend.replacement)


def _about(mistake: Mistake, evidence: Evidence, other: DefinitionMend, own: Mend | None) -> bool:
    """Whether the edit of the definition is of the very parameter whose gradient is wrong.

    Its sign or its name could be changed so as to fit any slip of that one gradient; a minus that
    stands there is worth a look, for ``z = w x - b`` is rarely meant.
    """
    if mistake.claim is None:  # another name in a product of partials is no matter of values
        return own is not None and contains(own.expression, Partial)
    if other.replacement.count("-") < evidence.document.source(other.span).count("-"):
        return False
    name = evidence.setup.model.names.get(_parameter(evidence, mistake.claim).key)
    return name is not None and to_text(name) in re.split(r"[\s·();]+", other.words)


def _or_there(finding: Finding, evidence: Evidence, other: DefinitionMend) -> Finding:
    """The same mistake may be that of a definition: one edit there would do as well."""
    words = f"or {_line(evidence, other.span)}: {other.words}"
    head, _, tail = finding.message.partition("; derived")
    return replace(finding, message=f"{head}; {words}" + (f"; derived{tail}" if tail else ""))


def _gradient(evidence: Evidence, mistake: Mistake) -> Finding | None:
    """A wrong gradient, named by its parameter."""
    item = mistake.claim
    if item is None:
        return None
    parameter = _parameter(evidence, item)
    diagnosis = diagnosis_of(evidence, item)
    if item.witness is None:
        return Finding(diagnosis.rule, mistake.span, item.reason)
    words = f": {diagnosis.words}" if diagnosis.words else ""
    message = f"this is not the gradient by {parameter.key}{words}"
    if item.claim.in_update:
        message = f"the update does not follow the gradient by {parameter.key}{words}"
    derived = derived_instead(evidence, item, parameter)
    if derived:
        message += f"; derived instead: {derived}"
    return Finding(diagnosis.rule, mistake.span, message)


def _step(mistake: Mistake, evidence: Evidence) -> Finding:
    """A wrong step: it does not follow from the side before it."""
    assert mistake.step is not None
    step = mistake.step
    quotient = step.decision.quotient if step.decision is not None else None
    diagnosis = diagnose(quotient, evidence.setup.model.sample_count)
    words = f": {diagnosis.words}" if diagnosis.words else ""
    before = " ".join(step.step.left.split())
    rule = diagnosis.rule if diagnosis.rule.code != "GC105" else RULES["GC110"]
    slope = stated(step, evidence.document)
    suggestion = slope.suggestion if slope is not None else None
    if slope is not None and slope.rule is not None:
        rule, words = slope.rule, f": {slope.words}"
    message = f"this does not equal {_short(before)}{words}"
    lost = step.decision.left_out if step.decision is not None and step.of_loss else None
    if lost is not None and not lost.is_one:
        rule = RULES["GC104"]
        message = f"wrong constant: {lost} is left out here and put back later"
    return Finding(rule, mistake.span, message, suggestion)


def _short(text: str) -> str:
    return text if len(text) <= 60 else "the side before it"


def _parameter(evidence: Evidence, item: JudgedClaim) -> Parameter:
    return next(p for p in evidence.setup.model.parameters if p.role == item.claim.parameter)


def _undecided(evidence: Evidence, mends: Mends) -> Iterator[Finding]:
    """Gradients that could not be decided are errors, other steps are warnings."""
    told: set[int] = set()
    for item in evidence.judged:
        if item.verdict is Verdict.UNDECIDED and item.claim.statement not in told:
            told.add(item.claim.statement)
            name = _parameter(evidence, item).key
            message = f"∂loss/∂{name} is not decided: {item.reason}"
            mend = mends.of_slip(item) if item.claim.slip else mends.of_undefined(item)
            rule = RULES["GC137" if item.claim.slip else "GC005"]
            suggestion = mend.replacement if mend is not None else None
            yield Finding(rule, item.claim.span, message, suggestion)
    for step in evidence.judged_steps:
        if step.verdict is Verdict.UNDECIDED and step.step.statement not in told:
            told.add(step.step.statement)
            left = mends.of_left(step, None) if step.step.left_expression is None else None
            if left is not None:
                yield _on_the_left(left)
                continue
            definition = mends.definition
            follows = definition is not None and mends.follows(step)
            cause = _line(evidence, definition.span) if definition and follows else None
            message = f"not decided: {step.reason}"
            yield Finding(RULES["GC008"], step.step.span, message, follows_from=cause)
    for step in evidence.judged_steps:
        if _is_nearly(step.step) and step.step.statement not in told:
            message = f"not judged: {_NO_EQUALITY[step.step.relation]}: write = if it is one"
            yield Finding(RULES["GC008"], step.step.span, message)


_NO_EQUALITY = {"~": "≈ and ∝ claim no equality", "->": "an arrow claims no equality"}


def _is_nearly(step: Step) -> bool:
    """Whether a formula is said to be only nearly a derivative; a number is one of an example."""
    right = step.right_written
    if step.relation not in _NO_EQUALITY or right is None or contains(right, Partial):
        return False
    return isinstance(step.left_written, Partial) and bool(value_keys(right))


def _unread(evidence: Evidence, mends: Mends) -> Iterator[Finding]:
    for parameter in evidence.setup.model.parameters:
        shown = evidence.shown(parameter)
        if shown is not None and shown.verdict is Verdict.UNREAD:
            message = f"the gradient by {parameter.key} is not read: {shown.reason}"
            mend = mends.of_unread(shown)
            suggestion = mend.replacement if mend is not None else None
            rule = RULES["GC135" if is_dangling(shown.reason) else "GC002"]
            yield Finding(rule, shown.claim.span, message, suggestion)


def _left_out(evidence: Evidence) -> Iterator[Finding]:
    """Conventions: the constant and the sum, each told once a setup."""
    held = [item for item in evidence.judged if item.verdict is Verdict.CONVENTION]
    constants = [item for item in held if item.left_out is not None]
    if constants:
        first = constants[0]
        yield constant_left_out(first.left_out, first.claim.span, _foreign(evidence, first))
    sums = [item for item in held if item.sum_left_out]
    if sums:
        message = "the sum over the samples is left out: the line is one sample's gradient"
        yield Finding(RULES["GC202"], sums[0].claim.span, message)


def _left_out_between(evidence: Evidence) -> Iterator[Finding]:
    """A number that a derivative by no parameter leaves out, and the gradients do not.

    A power of the sample count is not told: ``1/m`` in dW alone is a custom.
    """
    held = [item for item in evidence.judged if item.claim.expression is not None]
    usual = {(item.left_out or Constant()).rational for item in held}
    settled = all(item.verdict in (Verdict.EXACT, Verdict.CONVENTION) for item in held)
    if len(usual) != 1 or not settled:
        return
    keys = {parameter.key for parameter in evidence.setup.model.parameters}
    for step in evidence.judged_steps:
        left = step.step.left_expression
        if step.verdict is not Verdict.CONVENTION or step.left_out is None or not step.of_loss:
            continue
        between = (
            isinstance(left, Partial) and isinstance(left.by, Name) and left.by.key not in keys
        )
        number = step.left_out.rational / min(usual)
        if between and number != 1:
            message = f"{Constant(number)} is left out here, though the gradients have it"
            yield Finding(RULES["GC306"], step.step.span, message)


def constant_left_out(constant: Constant | None, span: Span, foreign: str) -> Finding:
    """A constant that all gradients leave out; ``foreign`` tells why the loss does not explain it.

    What the loss gives is a common convention; anything else is a warning.
    """
    message = f"{constant} is left out of all gradients alike: it only rescales the learning rate"
    if foreign:
        return Finding(RULES["GC203"], span, f"{message}, but {foreign}")
    return Finding(RULES["GC201"], span, message)


def _foreign(evidence: Evidence, item: JudgedClaim) -> str:
    """Why a constant that is left out does not come from the loss; empty if it does."""
    model, claim = evidence.setup.model, item.claim.expression
    if claim is None or item.left_out is None:
        return ""
    loss = model.definitions[model.loss]
    return unexplained(loss, model.definitions, claim, item.left_out)


def _not_in_forward(evidence: Evidence, mends: Mends) -> Iterator[Finding]:
    cause = mends.definition
    follows = _line(evidence, cause.span) if cause is not None else None
    for parameter in evidence.setup.model.parameters:
        truth, items = evidence.derived.get(parameter.key), evidence.of(parameter)
        shown = evidence.shown(parameter)
        if shown is None or shown.verdict is Verdict.UNREAD:
            continue
        if isinstance(truth, Number) and truth.value == 0:
            name = parameter.key
            message = f"{name} never appears in the forward equations"
            message += ": is a term missing?" if name in evidence.open else ", so its gradient is 0"
            span = items[0].claim.span
            yield Finding(RULES["GC301"], span, message, follows_from=follows)


def _contradictions(evidence: Evidence) -> Iterator[Finding]:
    """The sources of evidence contradict each other: never the author's fault."""
    for message in evidence.disputed.values():
        yield Finding(RULES["GC190"], evidence.setup.span, message)
    for name in evidence.backprop_disputed:
        message = f"backprop differs from the derived gradient of {name}"
        yield Finding(RULES["GC190"], evidence.setup.span, message)
    for item in evidence.judged:
        if item.contradiction:
            yield Finding(RULES["GC190"], item.claim.span, item.contradiction)
    for step in evidence.judged_steps:
        if step.contradiction:
            yield Finding(RULES["GC190"], step.step.span, step.contradiction)
