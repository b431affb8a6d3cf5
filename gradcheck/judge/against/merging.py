"""A student's setup with the reference's network and loss, in the student's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gradcheck.judge.against.counterparts import PLACES, PREDICTION, aliases_of, places_of
from gradcheck.language.expression import Apply, Expression, Name, names_in, substitute, transform
from gradcheck.language.functions import BASIC
from gradcheck.language.model import ROLES, Claim, Model, Parameter, Setup
from gradcheck.language.notation import to_tex
from gradcheck.understand.claims import forward_equations
from gradcheck.understand.roles import assign_layers, classify

APART = "(ref)"
"""Ends the key of a quantity of the reference whose name means another one in the document."""


@dataclass(frozen=True)
class Merged:
    """The setup to judge, and which of the student's definitions stand for the reference's.

    ``own`` maps the keys that the reference defines to the student's bodies, resolved;
    ``left_open`` is the student's abstract activation that the reference gives, if there is one.
    """

    setup: Setup
    own: dict[str, Expression]
    left_open: str | None = None
    heads: Mapping[str, str] = field(default_factory=dict)  # which function is read as which
    names: Mapping[str, str] = field(default_factory=dict)  # the reference's key → the document's


def merged(reference: Setup, student: Setup, own_prediction: bool = False) -> Merged:
    """The student's setup, its forward equations and loss replaced by the reference's.

    With ``own_prediction`` the student's prediction stays what the student defined; the loss is
    the reference's all the same, of its own prediction.
    """
    heads = _heads(reference, student)
    theirs = _with_heads(student.model, heads)
    ours = _with_biases(_with_heads(reference.model, heads))
    names = _mapping(ours, theirs, own_prediction)
    definitions, own = _definitions(ours, theirs, names)
    parameters = _parameters(ours, theirs, names)
    replaced = frozenset(names.get(key, key) for key in ours.definitions)
    prediction = names.get(ours.prediction, ours.prediction) if ours.prediction else None
    prediction, definitions = _written_out(prediction, _ordered(definitions))
    model = Model(
        definitions=definitions,
        loss=theirs.loss,
        prediction=prediction,
        parameters=parameters,
        inputs=tuple(names.get(key, key) for key in ours.inputs),
        labels=tuple(names.get(key, key) for key in ours.labels),
        sample_count=_count(ours, theirs, names),
        constants=tuple(dict.fromkeys(names.get(key, key) for key in ours.constants)),
        names=_spellings(ours, theirs, names),
    )
    roles = {parameter.role for parameter in parameters}
    setup = replace(
        student,
        name=reference.name,
        hidden=heads.get(reference.hidden, reference.hidden),
        model=model,
        claims=tuple(_claim(claim, heads) for claim in student.claims if claim.parameter in roles),
        forward=forward_equations(model),
        model_problem=reference.model_problem,
        given=replaced,
    )
    opened = [head for head in sorted(student.model.abstract_functions) if head in heads]
    return Merged(setup, own, opened[0] if opened else None, heads, names)


# -- functions ------------------------------------------------------------------------------------


def _heads(reference: Setup, student: Setup) -> dict[str, str]:
    """Which abstract activation stands for which: the more definite of the two is meant."""
    ours = sorted(reference.model.abstract_functions)
    theirs = sorted(student.model.abstract_functions)
    if len(ours) == 1 and len(theirs) == 1:
        return {} if ours == theirs else {ours[0]: theirs[0]}
    if len(theirs) == 1 and not ours and _known(reference.hidden):
        return {theirs[0]: reference.hidden}
    if len(ours) == 1 and not theirs and _known(student.hidden):
        return {ours[0]: student.hidden}
    return {}


def _known(hidden: str) -> bool:
    return hidden in BASIC or hidden == "identity"


def with_head(expression: Expression, heads: Mapping[str, str]) -> Expression:
    """An expression with every function that stands for another read as that one."""

    def change(node: Expression) -> Expression:
        if not isinstance(node, Apply) or node.function.key not in heads:
            return node
        head = heads[node.function.key]
        if head == "identity" and node.order == 0 and len(node.arguments) == 1:
            return node.arguments[0]
        return replace(node, function=Name(head)) if head != "identity" else node

    return transform(expression, change) if heads else expression


def _with_heads(model: Model, heads: Mapping[str, str]) -> Model:
    bodies = {key: with_head(body, heads) for key, body in model.definitions.items()}
    return replace(model, definitions=bodies)


def _claim(claim: Claim, heads: Mapping[str, str]) -> Claim:
    if claim.expression is None:
        return claim
    return replace(claim, expression=with_head(claim.expression, heads))


def _with_biases(model: Model) -> Model:
    """An assignment derives nothing: its biases look like constants, its prediction like none."""
    known = [parameter.key for parameter in model.parameters]
    roles = {parameter.role for parameter in model.parameters}
    layers = assign_layers(model.loss, model.definitions, [*known, *model.constants])
    found = [
        Parameter(role, key, to_tex(model.names.get(key, Name(key))))
        for role, key in layers.items()
        if key in model.constants and role not in roles
    ]
    trained = {parameter.key for parameter in found}
    every = sorted((*model.parameters, *found), key=_place)
    constants = tuple(key for key in model.constants if key not in trained)
    whole = replace(model, parameters=tuple(every), constants=constants)
    if whole.prediction is not None:
        return whole
    keys = [parameter.key for parameter in every]
    counts = [model.sample_count] if model.sample_count is not None else []
    roles_found = classify(model.loss, model.definitions, keys, counts, {})
    return replace(whole, prediction=roles_found.prediction)


def _place(parameter: Parameter) -> int:
    return ROLES.index(parameter.role) if parameter.role in ROLES else len(ROLES)


# -- names ----------------------------------------------------------------------------------------


def _mapping(ours: Model, theirs: Model, own_prediction: bool) -> dict[str, str]:
    """The reference's keys → the student's, by role and by place; the rest kept apart."""
    names: dict[str, str] = {ours.loss: theirs.loss}
    roles = {parameter.role: parameter.key for parameter in theirs.parameters}
    for parameter in ours.parameters:
        if parameter.role in roles:
            names[parameter.key] = roles[parameter.role]
    names.update(zip(ours.inputs, theirs.inputs, strict=False))
    names.update(zip(ours.labels, theirs.labels, strict=False))
    if ours.sample_count is not None and theirs.sample_count is not None:
        names[ours.sample_count] = theirs.sample_count
    our_places, their_places = places_of(ours), places_of(theirs)
    taken = set(names.values())
    for place in reversed(PLACES):  # a name with two places is the later one's
        if place == PREDICTION and own_prediction:
            continue
        key, other = our_places.get(place), their_places.get(place)
        if key is not None and other is not None and key not in names and other not in taken:
            names[key] = other
            taken.add(other)
    below = set(theirs.ancestors(theirs.loss))
    pairs = list(zip(_aliases(ours, our_places), _aliases(theirs, their_places), strict=False))
    pairs += [(key, key) for key in ours.ancestors(ours.loss) if key in below]
    if own_prediction:
        own = {their_places.get(PREDICTION), *_aliases(theirs, their_places)}
        pairs = [(key, other) for key, other in pairs if other not in own]
    for key, other in pairs:
        if key not in names and other not in taken:
            names[key] = other
            taken.add(other)
    occupied = {*taken, *theirs.definitions, *theirs.inputs, *theirs.labels, *theirs.constants}
    occupied |= {parameter.key for parameter in theirs.parameters}
    for key in (*ours.definitions, *_free(ours)):
        if key not in names and key in occupied and key not in ours.constants:
            names[key] = key + APART
    return names


def _aliases(model: Model, places: Mapping[str, str]) -> list[str]:
    """The names that the prediction is set equal to, places left out."""
    if PREDICTION not in places:
        return []
    stops = {key for place, key in places.items() if place != PREDICTION}
    return aliases_of(model, places[PREDICTION], stops)


def _free(model: Model) -> list[str]:
    count = [model.sample_count] if model.sample_count is not None else []
    return [*(p.key for p in model.parameters), *model.inputs, *model.labels, *count]


def _name(key: str, ours: Model, theirs: Model) -> Name:
    """A name for a key in the merged model."""
    if key in theirs.names:
        return theirs.names[key]
    plain = key.removesuffix(APART)
    name = ours.names.get(plain, Name(plain))
    return replace(name, qualifier="ref") if key.endswith(APART) else name


def _spellings(ours: Model, theirs: Model, names: Mapping[str, str]) -> dict[str, Name]:
    found = dict(theirs.names)
    for key in (*ours.definitions, *_free(ours), *ours.constants):
        new = names.get(key, key)
        found.setdefault(new, _keyed(new, _name(new, ours, theirs)))
    return found


def _keyed(key: str, name: Name) -> Name:
    """The name if it has this key, else a plain name that has it."""
    return name if name.key == key else Name(key)


def _parameters(ours: Model, theirs: Model, names: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The reference's parameters as the student writes them, then the student's others."""
    written = {parameter.role: parameter for parameter in theirs.parameters}
    found = [
        written.get(p.role, Parameter(p.role, names.get(p.key, p.key), p.source_name))
        for p in ours.parameters
    ]
    known = {parameter.role for parameter in found}
    return (*found, *(p for p in theirs.parameters if p.role not in known))


def _count(ours: Model, theirs: Model, names: Mapping[str, str]) -> str | None:
    if ours.sample_count is None:
        return theirs.sample_count
    return names.get(ours.sample_count, ours.sample_count)


# -- definitions ----------------------------------------------------------------------------------


def _definitions(
    ours: Model, theirs: Model, names: Mapping[str, str]
) -> tuple[dict[str, Expression], dict[str, Expression]]:
    """All definitions of the merged model, and the student's bodies that they replace."""
    renamed = {
        key: _keyed(new, _name(new, ours, theirs)) for key, new in names.items() if key != new
    }
    values: dict[str, Expression] = dict(renamed)
    found: dict[str, Expression] = {}
    own: dict[str, Expression] = {}
    for key in ours.ancestors(ours.loss):
        new = names.get(key, key)
        found[new] = substitute(ours.definitions[key], values)
        if new in theirs.definitions:
            own[new] = theirs.definitions[new]
    their_places = places_of(theirs)
    prediction = their_places.get(PREDICTION)
    alias = _aliases(theirs, their_places) if prediction in found else []
    for key, body in theirs.definitions.items():
        if key in found:
            continue
        found[key] = Name(str(prediction)) if key in alias else body
    return found, own


def _written_out(
    prediction: str | None, bodies: dict[str, Expression]
) -> tuple[str | None, dict[str, Expression]]:
    """The definitions with each quantity written out whose name means another one in the text.

    Nobody wrote ``ŷ(ref)``; ``z_2``, which it is in the reference, can be shown.
    """
    found: dict[str, Expression] = {}
    apart: dict[str, Expression] = {}
    for key, body in bodies.items():
        written = substitute(body, apart)
        (apart if key.endswith(APART) else found)[key] = written
    if prediction in apart:
        body = apart[prediction]
        prediction = body.key if isinstance(body, Name) else None
    return prediction, found


def _ordered(bodies: Mapping[str, Expression]) -> dict[str, Expression]:
    """The definitions, each after those it uses; what runs in a circle is left out."""
    ordered: dict[str, Expression] = {}
    broken: set[str] = set()

    def visit(key: str, trail: tuple[str, ...]) -> bool:
        if key not in bodies or key in ordered:
            return True
        if key in trail or key in broken:
            return False
        uses = sorted(names_in(bodies[key]) & bodies.keys())
        if all(visit(inner, (*trail, key)) for inner in uses):
            ordered[key] = bodies[key]
            return True
        broken.add(key)
        return False

    for key in bodies:
        visit(key, ())
    return ordered
