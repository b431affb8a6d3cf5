"""Every setup of a document with the reference's network and loss, and where the two differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gradcheck.against.merging import Merged, merged
from gradcheck.document import Document, Span
from gradcheck.expression import Expression, Name, Sum, transform
from gradcheck.finding import RULES, Finding
from gradcheck.model import Derivation, Setup
from gradcheck.notation import to_tex, to_text
from gradcheck.verdict import Constant


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
    for index, setup in enumerate(derivation.setups):
        at = partner(reference.setups, setup, index)
        used.append(at)
        both = merged(reference.setups[at], setup)
        differences = _differences(both, setup)
        found += [finding for _, finding in differences]
        setups.append(_judged(both, reference.setups[at], setup, differences))
    found += _not_derived(reference.setups, used, derivation)
    unique = {(f.rule.code, f.span): f for f in reversed(found)}
    ordered = sorted(unique.values(), key=lambda f: (f.span.start, f.rule.code))
    return replace(derivation, setups=tuple(setups)), ordered


def _judged(
    both: Merged, reference: Setup, student: Setup, differences: Sequence[tuple[str, Finding]]
) -> Setup:
    """The setup whose claims are judged.

    Squared error on the plain output and log loss on the sigmoid have gradients that look alike:
    where both loss and prediction are others, the document's prediction stays its own.
    """
    other = {key for key, finding in differences if finding.rule.code == "GC311"}
    model = both.setup.model
    if model.loss in other and model.prediction in other:
        return merged(reference, student, own_prediction=True).setup
    return both.setup


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


def _differences(both: Merged, student: Setup) -> list[tuple[str, Finding]]:
    """Where the document's own definitions are not the reference's, by the key defined."""
    from gradcheck.symbolic import Algebra, Outcome

    found: list[tuple[str, Finding]] = []
    model = both.setup.model
    if both.setup.model_problem is not None:
        return found
    algebra = Algebra(model.one_sample())
    spans = {source.key: source.span for source in student.sources}
    for key, body in both.own.items():
        decision = algebra.decide(Name(key), _one_sample(body))
        span = spans.get(key, student.span)
        if decision.outcome is Outcome.DIFFERENT:
            found.append((key, _other(both, key, body, span)))
        elif decision.outcome is Outcome.CONSTANT and decision.left_out is not None:
            if key == model.loss:
                found.append((key, _constant(both, key, span, decision.left_out)))
            else:
                found.append((key, _other(both, key, body, span)))
    if both.left_open is not None:
        message = f"{both.left_open} is left open here: the reference says {both.setup.hidden}"
        found.append(("", Finding(RULES["GC314"], student.span, message)))
    return found


def _one_sample(body: Expression) -> Expression:
    return transform(body, lambda node: node.body if isinstance(node, Sum) else node)


def _line(both: Merged, key: str) -> str:
    """The reference's definition in the document's names, as people write LaTeX."""
    model = both.setup.model
    left = to_tex(model.names.get(key, Name(key)))
    written = f"{left} = {to_tex(model.definitions[key])}"
    written = re.sub(r"([_^])\{(\w)\}", r"\1\2", written)
    written = written.replace("\\text{sigmoid}", "\\sigma")
    written = re.sub(r"\\left\(([^()]*)\\right\)", r"(\1)", written)
    return re.sub(r" \\cdot (?=[A-Za-z\\])(?!\\left)", " ", written)  # a_1 (x) would be a call


def _other(both: Merged, key: str, body: Expression, span: Span) -> Finding:
    model = both.setup.model
    shown = to_text(model.names.get(key, Name(key)))
    what = "the loss" if key == model.loss else shown
    message = (
        f"{what} is {to_text(body)} here, in the reference {to_text(model.definitions[key])}: "
        "what follows is judged by the reference"
    )
    return Finding(RULES["GC311"], span, message, _line(both, key))


def _constant(both: Merged, key: str, span: Span, constant: Constant) -> Finding:
    message = f"the reference's loss is {constant} times the one defined here"
    return Finding(RULES["GC312"], span, message, _line(both, key))


def completed(document: Document, reference: Derivation) -> Document:
    """A document that defines no loss of its own, the reference's definitions set below its text.

    Places in the document's own text stay what they are.
    """
    wanted = {source.span for setup in reference.setups for source in setup.sources}
    lines = [
        f"$${step.left} = {step.right}$$"
        for step in reference.steps
        if step.span in wanted and step.kind == "definition"
    ]
    text = document.text.rstrip("\n") + "\n\n" + "\n\n".join(dict.fromkeys(lines)) + "\n"
    return replace(document, text=text)
