"""Every setup of a document with the reference's network and loss, and where the two differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradcheck.judge.against.merging import Merged, merged, with_head
from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Expression,
    Name,
    Sum,
    names_in,
    substitute,
    transform,
    value_keys,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.model import Derivation, Setup, Step
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.verdict import Constant
from gradcheck.understand.resolution import Unresolved


def judge_against(
    reference: Derivation, derivation: Derivation
) -> tuple[Derivation, list[Finding]]:
    """A derivation whose setups have the reference's forward equations and loss, and the findings.

    Claims and helpers stay the document's; its names for the quantities of the network are kept,
    by role and place. A definition that is not the reference's is a finding at that definition.
    A reference without a setup changes nothing.
    """
    if not reference.setups:
        return derivation, []
    setups: list[Setup] = []
    found: list[Finding] = []
    used: list[int] = []
    meant: list[Mapping[str, str]] = []
    for index, setup in enumerate(derivation.setups):
        at = partner(reference.setups, setup, index)
        used.append(at)
        both = merged(reference.setups[at], setup)
        texts = _texts(reference, reference.setups[at], both.names, setup)
        differences = _differences(both, setup, texts)
        found += [finding for _, finding in differences]
        setups.append(_judged(both, reference.setups[at], setup, differences))
        meant.append(both.heads)
    found += _not_derived(reference.setups, used, derivation)
    steps = tuple(_as_meant(step, meant) for step in derivation.steps)
    unique = {(f.rule.code, f.span): f for f in reversed(found)}
    ordered = sorted(unique.values(), key=lambda f: (f.span.start, f.rule.code))
    return replace(derivation, setups=tuple(setups), steps=steps), ordered


def _as_meant(step: Step, heads: Sequence[Mapping[str, str]]) -> Step:
    """A step with an activation left open read as the one that the reference gives."""
    if step.setup is None or step.setup >= len(heads) or not heads[step.setup]:
        return step
    mine = heads[step.setup]
    left, right = step.left_expression, step.right_expression
    return replace(
        step,
        left_expression=None if left is None else with_head(left, mine),
        right_expression=None if right is None else with_head(right, mine),
    )


def _judged(
    both: Merged, reference: Setup, student: Setup, differences: Sequence[tuple[str, Finding]]
) -> Setup:
    """The setup whose claims are judged.

    Squared error on the plain output and log loss on the sigmoid have gradients that look alike:
    where both loss and prediction are others, the document's prediction stays its own.
    """
    other = {key for key, finding in differences if finding.rule.code == "GC311"}
    model = both.setup.model
    judged = both.setup
    if model.loss in other and model.prediction in other:
        judged = merged(reference, student, own_prediction=True).setup
    return replace(judged, own=student) if other else judged


def partner(setups: Sequence[Setup], setup: Setup, index: int) -> int:
    """The reference's setup for one of the document's: by loss, then activations, then place."""

    def likeness(at: int) -> tuple[bool, bool, bool, bool]:
        other = setups[at]
        same_loss = other.name.split("/")[0] == setup.name.split("/")[0]
        return same_loss, other.hidden == setup.hidden, other.name == setup.name, at == index

    return max(range(len(setups)), key=likeness)


def _not_derived(
    setups: Sequence[Setup], used: Sequence[int], derivation: Derivation
) -> list[Finding]:
    if not derivation.setups:
        return []
    place = derivation.setups[-1].span
    return [
        Finding(RULES["GC313"], place, f"the reference's {setup.name} is not derived here")
        for at, setup in enumerate(setups)
        if at not in used
    ]


def _texts(
    reference: Derivation, setup: Setup, names: Mapping[str, str], student: Setup
) -> dict[str, str]:
    """The reference's definitions in its own words, where the document has the same names."""
    written = {step.span: step.right for step in reference.steps if step.kind == "definition"}
    return {
        source.key: written[source.span]
        for source in setup.sources
        if source.span in written
        and all(
            names.get(key, key) == key
            and (key in student.model.names or key not in setup.model.definitions)
            for key in (source.key, *names_in(setup.model.definitions.get(source.key, _NOTHING)))
        )
    }


_NOTHING = Name("")


def _differences(
    both: Merged, student: Setup, texts: Mapping[str, str]
) -> list[tuple[str, Finding]]:
    """Where the document's own definitions are not the reference's, by the key defined.

    ``texts`` are the reference's bodies that can be suggested as they stand.
    """
    from gradcheck.evidence.symbolic import Algebra, Outcome

    found: list[tuple[str, Finding]] = []
    model = both.setup.model
    if both.setup.model_problem is not None:
        return found
    algebra = Algebra(model.one_sample())
    spans = {source.key: source.span for source in student.sources}
    changed = _changed_since(student)
    for key, body in both.own.items():
        decision = algebra.decide(Name(key), _one_sample(body), shown=False)
        suggested = _line(both, student, key, texts.get(key))
        span = spans.get(key, student.span)
        if key in changed and span < student.span:
            span = student.span  # the text has changed the activation since
        if decision.outcome is Outcome.DIFFERENT:
            found.append((key, _other(both, student, key, body, span, suggested)))
        elif decision.outcome is Outcome.CONSTANT and decision.left_out is not None:
            if key == model.loss:
                found.append((key, _constant(span, decision.left_out, suggested)))
            else:
                found.append((key, _other(both, student, key, body, span, suggested)))
    if both.left_open is not None:
        message = f"{both.left_open} is left open here: the reference says {both.setup.hidden}"
        found.append(("", Finding(RULES["GC314"], student.span, message)))
    return found


def _changed_since(student: Setup) -> set[str]:
    """The names whose definition in force is no longer what its own line says."""
    found = set()
    for source in student.sources:
        body = student.model.definitions.get(source.key)
        if student.resolve is None or body is None:
            continue
        try:
            written = student.resolve(source.written)
        except Unresolved:
            continue
        if written != body:
            found.add(source.key)
    return found


def _body(both: Merged, student: Setup, key: str) -> Expression:
    """The reference's definition, without names that only the reference has."""
    model = both.setup.model
    lent = {
        name: body for name, body in model.definitions.items() if name not in student.model.names
    }
    body = model.definitions[key]
    for _ in lent:
        if not names_in(body) & lent.keys():
            break
        body = substitute(body, lent)
    return body


def _one_sample(body: Expression) -> Expression:
    return transform(body, lambda node: node.body if isinstance(node, Sum) else node)


def _line(both: Merged, student: Setup, key: str, text: str | None) -> str:
    """The reference's definition in the document's names, as people write LaTeX."""
    model = both.setup.model
    display = {parameter.key: parameter.source_name for parameter in model.parameters}
    left = to_tex(model.names.get(key, Name(key)), display)
    left = re.sub(r"([_^])\{(\w)\}", r"\1\2", left)
    if text is not None:
        return f"{left} = {text}"
    written = f"{left} = {to_tex(_body(both, student, key), display)}"
    written = re.sub(r"([_^])\{(\w)\}", r"\1\2", written)
    written = written.replace("\\text{sigmoid}", "\\sigma")
    written = re.sub(r"\\left\(([^()]*)\\right\)", r"(\1)", written)
    return re.sub(r" \\cdot (?=[A-Za-z\\])(?!\\left)", " ", written)  # a_1 (x) would be a call


def _other(
    both: Merged, student: Setup, key: str, body: Expression, span: Span, suggested: str
) -> Finding:
    model = both.setup.model
    shown = to_text(model.names.get(key, Name(key)))
    what = "the loss" if key == model.loss else shown
    message = (
        f"{what} is {to_text(body)} here, in the reference {to_text(_body(both, student, key))}: "
        "what follows is judged by the reference"
    )
    return Finding(RULES["GC311"], span, message, suggested)


def _constant(span: Span, constant: Constant, suggested: str) -> Finding:
    message = f"the reference's loss is {constant} times the one defined here"
    return Finding(RULES["GC312"], span, message, suggested)


def derive_against(
    reference: Derivation, document: Document, derivation: Derivation
) -> tuple[Derivation, list[Finding]]:
    """`judge_against` for a document that may leave out what the assignment already says.

    Where it defines no loss, or no network below its loss, it is understood with the reference's
    definitions; nothing that stands outside the document's own text is handed back as a step.
    """
    problem = any(setup.model_problem is not None for setup in derivation.setups)
    if reference.setups and (problem or not derivation.setups or _lacking(reference, derivation)):
        from gradcheck.read import read
        from gradcheck.understand import understand

        whole = understand(read(completed(document, reference, derivation)))
        end = len(document.text)
        steps = tuple(step for step in whole.steps if step.span.start < end)
        lent = not derivation.setups
        readings = tuple(
            reading
            for reading in whole.readings
            if reading.span.start < end
            and not (lent and reading.rule in ("loss-after", "loss-later"))
        )
        setups = tuple(_within(setup, end) for setup in whole.setups)
        derivation = replace(whole, steps=steps, readings=readings, setups=setups)
    return judge_against(reference, derivation)


def _lacking(reference: Derivation, derivation: Derivation) -> bool:
    """Whether the document uses quantities that it never defines and the reference does.

    Only in the reference's own letters: all that they are computed from is known by its name.
    """
    known = {key for s in derivation.setups for key in s.model.below(s.model.loss)}
    used = {
        key
        for step in derivation.steps
        for side in (step.left_written, step.right_written)
        for key in (value_keys(side) if side is not None and step.unresolved else ())
    }
    return any(
        key in used - known and names_in(body) <= known | used
        for setup in reference.setups
        for key, body in setup.model.definitions.items()
    )


def _within(setup: Setup, end: int) -> Setup:
    """A setup that begins in the document's own text: at its first claim, if its loss is lent."""
    sources = tuple(source for source in setup.sources if source.span.start < end)
    if setup.span.start < end:
        return replace(setup, sources=sources)
    spans = [claim.span for claim in setup.claims]
    return replace(setup, span=min(spans, default=Span(0, 0)), sources=sources)


def completed(
    document: Document, reference: Derivation, derivation: Derivation | None = None
) -> Document:
    """A document with the definitions that only the reference makes set below its text.

    Places in the document's own text stay what they are. ``derivation`` is what the document says
    by itself; without it, it is taken to define nothing.
    """
    steps = derivation.steps if derivation is not None else ()
    own = {
        step.left_written.key
        for step in steps
        if step.kind == "definition" and isinstance(step.left_written, Name)
    }
    has_loss = derivation is not None and bool(derivation.setups)
    losses = {setup.model.loss for setup in reference.setups} if has_loss else set()
    wanted = {
        source.span
        for setup in reference.setups
        for source in setup.sources
        if source.key not in own | losses
    }
    lines = [
        f"$${step.left} = {step.right}$$"
        for step in reference.steps
        if step.span in wanted and step.kind == "definition"
    ]
    text = document.text.rstrip("\n") + "\n\n" + "\n\n".join(dict.fromkeys(lines)) + "\n"
    return replace(document, text=text)
