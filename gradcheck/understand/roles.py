"""Roles: which names are parameters, inputs, labels, the sample count; which layer each is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gradcheck.language.expression import (
    Add,
    Divide,
    Expression,
    Name,
    Negate,
    Number,
    value_keys,
    value_names,
    walk,
)
from gradcheck.language.model import ROLES
from gradcheck.language.names import BIAS, CONSTANT, COUNT, INPUT, LABEL, OUTPUT, WEIGHT
from gradcheck.run.budget import spend
from gradcheck.understand.bindings import factors_of
from gradcheck.understand.sample_counts import Counted, divides_all


def looks_like_prediction(name: Name) -> bool:
    """Whether a name is written as predictions are (``\\hat{y}``, ``y_{pred}``, ``a_2``)."""
    return (
        "hat" in name.accent
        or "pred" in name.subscript + name.qualifier + name.base
        or name.base in OUTPUT.names()
        or name.qualifier in ("out", "output")
    )


def reachable(start: str, bodies: Mapping[str, Expression]) -> list[str]:
    """The keys that ``start`` is computed from, itself first, breadth first, undefined ones too."""
    found, seen = [start], {start}
    for key in found:
        spend()
        body = bodies.get(key)
        for inner in value_keys(body) if body is not None else ():
            if inner not in seen:
                seen.add(inner)
                found.append(inner)
    return found


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who among the free names of a loss."""

    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    sample_count: str | None
    constants: tuple[str, ...]
    prediction: str | None


def classify(
    loss: str,
    bodies: Mapping[str, Expression],
    trained: Iterable[str],
    counts: Iterable[str],
    pinned: Mapping[str, list[str]],
    elsewhere: Counted = Counted(),  # noqa: B008
) -> Roles:
    """Sort the free names below the loss by what they are.

    ``trained`` are the names that something is derived for or that an update trains; ``counts``
    the upper bounds of sums in it, ``elsewhere`` what sums over samples run to, words call so or
    claims divide by where the loss itself names no count. What the front matter pins comes first;
    then definition and use; last the letter.
    """
    trained = list(trained)
    below = reachable(loss, bodies)
    free = [key for key in below if key not in bodies]
    prediction = _prediction(loss, bodies, trained)
    loss_level = _reach_without(loss, bodies, prediction)
    names = _first_names(bodies)
    count = _sample_count(loss, bodies, free, [*counts], trained, elsewhere.sure)
    if count is None:
        outside = [key for key in elsewhere.divisors if key not in below]
        others = (k for k in (*elsewhere.sure, *outside) if k not in bodies and k not in trained)
        count = next(others, None)
    labels: list[str] = list(pinned.get("labels", []))
    inputs: list[str] = list(pinned.get("inputs", []))
    parameters: list[str] = list(pinned.get("parameters", []))
    constants: list[str] = []
    rest: list[str] = []
    for key in free:
        if key in labels or key in inputs or key in parameters or key == count:
            continue
        if key in trained:
            parameters.append(key)
        else:
            rest.append(key)
    scales = _scales(bodies[key] for key in below if key in bodies)
    for key in rest:
        base = names[key].base if key in names else key
        if key in scales and base not in INPUT.names():
            constants.append(key)
        elif key in loss_level and not (prediction is None and base in INPUT.names()):
            label = not labels and (base in LABEL.names() or not _is_constant_like(base))
            if prediction is None and base in WEIGHT.names():
                parameters.append(key)
            elif label or base in LABEL.names():
                labels.append(key)
            else:
                constants.append(key)
        elif base in INPUT.names() or (not inputs and not _is_parameter_like(base)):
            inputs.append(key)
        elif _is_parameter_like(base):
            parameters.append(key)
        else:
            constants.append(key)
    return Roles(
        tuple(parameters), tuple(inputs), tuple(labels), count, tuple(constants), prediction
    )


def _is_constant_like(base: str) -> bool:
    return base in CONSTANT


def _is_parameter_like(base: str) -> bool:
    return base in WEIGHT.names() or base in BIAS.names()


def _first_names(bodies: Mapping[str, Expression]) -> dict[str, Name]:
    found: dict[str, Name] = {}
    for body in bodies.values():
        for name in value_names(body):
            found.setdefault(name.key, name)
    return found


def _prediction(loss: str, bodies: Mapping[str, Expression], trained: Iterable[str]) -> str | None:
    """The defined name nearest to the loss that depends on parameters, through loss-level helpers.

    A helper such as ``\\delta = \\hat{y} - y`` holds the label too and is passed through.
    """
    trained = set(trained)
    queue = [loss]
    for key in queue:
        for inner in value_keys(bodies[key]) if key in bodies else ():
            if inner not in bodies or inner in queue:
                continue
            below = set(reachable(inner, bodies))
            frees = {k for k in below if k not in bodies}
            if frees & trained and not _mixes_label(inner, bodies, trained):
                return inner
            queue.append(inner)
    return None


def _mixes_label(key: str, bodies: Mapping[str, Expression], trained: set[str]) -> bool:
    """Whether a definition combines a label with something that depends on parameters."""
    body = bodies[key]
    direct = value_keys(body)
    return any(k not in bodies and k not in trained and k in LABEL.names() for k in direct)


def _reach_without(loss: str, bodies: Mapping[str, Expression], stop: str | None) -> set[str]:
    found = [loss]
    for key in found:
        if key == stop or key not in bodies:
            continue
        found.extend(k for k in value_keys(bodies[key]) if k not in found)
    return set(found)


def _sample_count(
    loss: str,
    bodies: Mapping[str, Expression],
    free: list[str],
    counts: list[str],
    trained: list[str],
    called: Collection[str],
) -> str | None:
    """The upper bound of the loss's sum, else a count-like name that divides it as a whole."""
    for key in counts:
        if key not in trained and key not in bodies:
            return key
    found = divides_all(Name(loss), bodies, called)
    return next((name.key for name in found if name.key in free), None)


def _scales(bodies: Iterable[Expression]) -> frozenset[str]:
    """Names that stand nowhere but under a fraction, alone or with numbers: ``z/T``."""
    under: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    for body in bodies:
        everywhere.update(name.key for name in value_names(body))
        for node in walk(body):
            if isinstance(node, Divide):
                factors = factors_of(node.denominator)
                if all(isinstance(factor, Name | Number) for factor in factors):
                    under.update(f.key for f in factors if isinstance(f, Name))
    return frozenset(key for key, times in under.items() if everywhere[key] == times)


def count_names(expression: Expression) -> list[Name]:
    """Names that look like a number of samples and are divided by: ``1/N``."""
    return [
        factor
        for node in walk(expression)
        if isinstance(node, Divide)
        for factor in factors_of(node.denominator)
        if isinstance(factor, Name) and factor.base in COUNT.names()
    ]


def assign_layers(
    loss: str, bodies: Mapping[str, Expression], parameters: Iterable[str]
) -> dict[str, str]:
    """role → parameter, by the structure of the forward equations, then by the digit in the name.

    A parameter that multiplies data is a weight of layer 1 if the data do not depend on any
    parameter, else of layer 2; a bare term beside a weight's term is that layer's bias.
    """
    parameters = list(parameters)
    found: dict[str, str] = {}
    named = {role: key for key in parameters if (role := _role_by_name(key)) is not None}
    for key in reversed(reachable(loss, bodies)):
        body = bodies.get(key)
        if body is None:
            continue
        for node in walk(body):
            for role, name in _layer_of(node, bodies, parameters):
                if name not in found.values():
                    found.setdefault(role, name)
    if set(named) == set(ROLES) and all(named[w] == found.get(w) for w in ("w_1", "w_2")):
        return {role: named[role] for role in ROLES}  # a mistyped bias keeps its own name's role
    for name in parameters:
        by_name = _role_by_name(name)
        if name not in found.values() and by_name is not None and by_name not in found:
            found[by_name] = name
    return {role: found[role] for role in ROLES if role in found}


def _layer_of(
    node: Expression, bodies: Mapping[str, Expression], parameters: list[str]
) -> Iterator[tuple[str, str]]:
    terms = list(node.terms) if isinstance(node, Add) else [node]
    layer = None
    for term in terms:
        weights, others = _split(term, parameters)
        if len(weights) == 1 and others:
            depends = any(_depends(other, bodies, parameters) for other in others)
            layer = "2" if depends else "1"
            if any(_is_data(other) for other in others):
                yield f"w_{layer}", weights[0]
    if layer is None:
        return
    for term in terms:
        operand = term.operand if isinstance(term, Negate) else term
        if isinstance(operand, Name) and operand.key in parameters:
            yield f"b_{layer}", operand.key


def _split(term: Expression, parameters: list[str]) -> tuple[list[str], list[Expression]]:
    factors = factors_of(term)
    weights = [f.key for f in factors if isinstance(f, Name) and f.key in parameters]
    others = [f for f in factors if not (isinstance(f, Name) and f.key in parameters)]
    return weights, others


def _depends(
    expression: Expression, bodies: Mapping[str, Expression], parameters: list[str]
) -> bool:
    return any(
        inner in parameters for key in value_keys(expression) for inner in reachable(key, bodies)
    )


def _is_data(expression: Expression) -> bool:
    """Anything with a name in it: a bare number makes no weight."""
    return bool(value_keys(expression))


def _role_by_name(key: str) -> str | None:
    match = re.match(r"^(?:\w+\()?([A-Za-z]+)\)?[_^]?[\[(]?([12])[\])]?$", key)
    if match is None:
        return None
    base, digit = match.groups()
    if base in WEIGHT.names():
        return f"w_{digit}"
    if base in BIAS.names():
        return f"b_{digit}"
    return None
