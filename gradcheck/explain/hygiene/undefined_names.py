"""Names: one that nothing defines, one that stands for two things."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.judge.updates.lines import plain_text
from gradcheck.judge.updates.written import rules_of
from gradcheck.language.expression import (
    Apply,
    Expression,
    FunctionName,
    Name,
    Partial,
    Sum,
    names_in,
    walk,
)
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.functions import BY_NAME, FUNCTIONS, UNITS
from gradcheck.language.model import Derivation, Model, Setup, Step
from gradcheck.language.notation import to_text
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.resolution import Unresolved

UNDEFINED = "is not defined in the document"


def undefined_names(derivation: Derivation) -> list[Finding]:
    """Names that a claim uses and nothing gives a meaning: told once a name, at the first place."""
    found: dict[str, Finding] = {}
    for step in derivation.steps:
        setup = _setup(derivation, step)
        if step.kind != "claim" or setup is None:
            continue
        for side, resolved in (
            (step.left_written, step.left_expression),
            (step.right_written, step.right_expression),
        ):
            if side is None or resolved is not None or setup.resolve is None:
                continue
            try:
                setup.resolve(side)
            except Unresolved as trouble:
                if trouble.reason.endswith(UNDEFINED):
                    shown = trouble.reason.removesuffix(UNDEFINED).strip()
                    message = f"{shown} is used here, but the document never says what it is"
                    found.setdefault(shown, Finding(RULES["GC303"], trouble.span, message))
    return list(found.values())


def _setup(derivation: Derivation, step: Step) -> Setup | None:
    at = step.setup
    return derivation.setups[at] if at is not None and at < len(derivation.setups) else None


def two_meanings(derivation: Derivation) -> list[Finding]:
    """One name for two things: data bound to an activation, counts and rates that are others."""
    found = [*_rebound(derivation), *_counts(derivation), *_rates(derivation)]
    first: dict[tuple[str, str], Finding] = {}
    for finding in found:
        first.setdefault((finding.rule.code, finding.message), finding)
    return list(first.values())


def _rebound(derivation: Derivation) -> Iterator[Finding]:
    """``y = \\tanh = …`` where y is the label: at the definition."""
    for step in derivation.steps:
        setup = _setup(derivation, step)
        head, body = step.left_written, step.right_written
        if setup is None or step.kind != "definition" or not isinstance(head, Name):
            continue
        role = _data_role(head.key, setup.model)
        kind = _activation(body) if body is not None else None
        if role is None or kind is None or step.left_written is None:
            continue
        shown = to_text(head)
        message = f"{shown} is the {role}, and here also the output of {kind}"
        yield Finding(RULES["GC304"], head.span, message, _renamed(setup.model, kind))


def _data_role(key: str, model: Model) -> str | None:
    if key in model.labels:
        return "label"
    if key in model.inputs:
        return "input"
    return "number of samples" if key == model.sample_count else None


def _activation(body: Expression) -> str | None:
    """The activation that a side is, named alone or applied; None for anything else."""
    if isinstance(body, FunctionName | Apply) and body.order == 0:
        key = body.function.key
        kind = BY_NAME.get(key, key)
        return kind if kind in UNITS and kind != "identity" else None
    return None


def _renamed(model: Model, kind: str) -> str | None:
    """The hidden layer's own name for it: ``a_1 = \\tanh(z_1)``."""
    second = next((p.key for p in model.parameters if p.role == "w_2"), None)
    if second is None:
        return None
    for key in model.ancestors(model.loss):
        body = model.definitions[key]
        if isinstance(body, Apply) and len(body.arguments) == 1:
            argument = body.arguments[0]
            below = {k for name in names_in(argument) for k in _below(model, name)}
            if second not in below and isinstance(argument, Name):
                left = plain_text(model.names.get(key, Name(key)))
                inner = plain_text(model.names.get(argument.key, argument))
                return f"{left} = {FUNCTIONS[kind].latex or kind}({inner})"
    return None


def _below(model: Model, key: str) -> set[str]:
    if key not in model.definitions:
        return {key}
    found = {key}
    for name in model.ancestors(key):
        found |= names_in(model.definitions[name])
    return found


def _counts(derivation: Derivation) -> Iterator[Finding]:
    """A sum whose bound is a parameter, an input or the label: ``\\sum_{i=1}^{b}``."""
    for step in derivation.steps:
        setup = _setup(derivation, step)
        if setup is None or step.right_written is None:
            continue
        roles = {p.key: f"the parameter {p.source_name}" for p in setup.model.parameters}
        roles |= dict.fromkeys(setup.model.inputs, "the input")
        roles |= dict.fromkeys(setup.model.labels, "the label")
        for node in walk(step.right_written):
            if not isinstance(node, Sum) or not isinstance(node.upper, Name):
                continue
            if node.upper.key in roles and not _sums_units(node):
                shown = to_text(node.upper)
                message = f"{shown} counts the samples here, and is {roles[node.upper.key]}"
                yield Finding(RULES["GC304"], node.upper.span, message)


def _sums_units(node: Sum) -> bool:
    return node.lower is None


def _rates(derivation: Derivation) -> Iterator[Finding]:
    """A learning rate that has the name of something in the model: told where it is updated."""
    for update in rules_of(derivation):
        by = update.gradient_of
        if by is not None or update.rate is not None:
            continue
        partials = [n for n in walk(update.direction) if isinstance(n, Partial)]
        own = [
            node
            for node in getattr(update.direction, "factors", ())
            if isinstance(node, Name) and not is_loss_name(node)
        ]
        if len(partials) == 1 and len(own) == 1:
            shown = to_text(own[0])
            message = f"{shown} is the learning rate here, and has another meaning above"
            yield Finding(RULES["GC304"], own[0].span, message)
