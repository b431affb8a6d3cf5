"""Modelling: from the definitions that count in a segment to the model of its setup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.language.document import Document
from gradcheck.language.expression import (
    INDICATOR,
    Apply,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Number,
    Power,
    Sum,
    substitute,
    to_key,
    transform,
    value_keys,
    value_names,
    walk,
)
from gradcheck.language.functions import BASIC, BY_CONVENTION, BY_NAME, FUNCTIONS, NUMBERS, UNITS
from gradcheck.language.model import ROLES, Held, Model, Parameter, Rival, Source
from gradcheck.language.notation import to_tex, to_text
from gradcheck.language.statement import ReadDocument
from gradcheck.understand.activations import (
    from_prose,
    recognise,
    recognise_derivative,
    shape_of,
)
from gradcheck.understand.bindings import Binding, CanonicalStatement, heads_applied
from gradcheck.understand.loss_kinds import loss_kind
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.pins import Pins
from gradcheck.understand.readings import ReadingLog
from gradcheck.understand.resolution import FunctionMeaning, Resolver, Unresolved
from gradcheck.understand.roles import assign_layers, classify, looks_like_prediction, reachable
from gradcheck.understand.sample_counts import Counted

_ANY = Name("any number")


@dataclass(frozen=True)
class SegmentModel:
    """A model with what its setup is called, and how to resolve the sides judged in it."""

    model: Model
    name: str
    hidden: str
    resolver: Resolver
    problem: str | None = None
    sources: tuple[Source, ...] = ()
    circle: tuple[str, ...] = ()  # names defined by each other, if that is the problem
    bindings: tuple[Binding, ...] = ()  # those in force
    overridden: tuple[Binding, ...] = ()  # those that gave way to an equality
    held: Held | None = None  # what is not judged yet
    rivals: tuple[Rival, ...] = ()  # where names are defined anew


def function_table(
    read: ReadDocument,
    bindings: Sequence[Binding],
    statements: Sequence[CanonicalStatement],
    pinned: Mapping[str, str],
    log: ReadingLog,
) -> dict[str, FunctionMeaning]:
    """What every function means: pinned, defined, by name, by prose, or abstract."""
    table: dict[str, FunctionMeaning] = {}
    for key, known in sorted(pinned.items()):
        table[key] = FunctionMeaning(known=known)
    for binding in bindings:
        if binding.key in table or not is_function(binding):
            continue
        if isinstance(binding.body, FunctionName):
            named = binding.body
            slope = Apply(named.function, (_ANY,), named.order)
            table[binding.key] = (
                FunctionMeaning(None, (_ANY.key,), slope)
                if named.order
                else FunctionMeaning(BY_NAME.get(named.function.key))
            )
            continue
        kinds = [recognise(binding.formals, body) for body in binding.sides or (binding.body,)]
        kind = next((kind for kind in kinds if kind is not None), None)
        table[binding.key] = FunctionMeaning(kind, binding.formals, binding.body)
    for statement in statements:
        for side in statement.sides:
            for node in heads_applied(side) if side is not None else ():
                key = node.function.key
                if key not in (*table, INDICATOR) and len(node.arguments) == 1:
                    _settle(read, node, bindings, statements, table, log)
    return table


def is_function(binding: Binding) -> bool:
    """Whether ``f(x) = …`` defines a function to be applied, not a value of the network."""
    if isinstance(binding.body, FunctionName):
        return True
    if not binding.formals or is_loss_name(binding.name):
        return False
    if recognise(binding.formals, binding.body) is not None:
        return True
    return set(value_keys(binding.body)) <= {*binding.formals, "e", *NUMBERS}


def _settle(
    read: ReadDocument,
    node: Apply,
    bindings: Sequence[Binding],
    statements: Sequence[CanonicalStatement],
    table: dict[str, FunctionMeaning],
    log: ReadingLog,
) -> None:
    """Decide what an applied function means that the document does not define."""
    key = node.function.key
    if key == "log":
        log.note("natural-logarithm", node.span, key)
    if (
        key in BASIC
        or node.function.base in ("norm", "log", "lg")
        or is_loss_name(node.function)
        or any(b.key == key for b in bindings)
    ):
        return
    shown = to_text(node.function)
    if key in BY_NAME:
        table[key] = FunctionMeaning(known=BY_NAME[key])
        if key in BY_CONVENTION:
            log.note("activation-by-name", node.span, shown, BY_NAME[key])
        return
    told = from_prose(read.document, read.prose, node.function.base, node.span.start)
    if told is not None:
        table[key] = FunctionMeaning(known=told[0])
        log.note("activation-by-prose", told[1], shown, FUNCTIONS[told[0]].called)
        return
    stated = _stated_derivative(key, bindings, statements)
    if stated is not None:
        table[key] = FunctionMeaning(known=stated[0])
        log.note("activation-by-derivative", stated[1].span, shown, stated[0])
        return
    table[key] = FunctionMeaning()
    log.note("abstract", node.span, shown)


def _stated_derivative(
    key: str, bindings: Sequence[Binding], statements: Sequence[CanonicalStatement]
) -> tuple[str, Expression] | None:
    """``g'(z) = g(z)(1 - g(z))`` tells which function g is."""
    values: dict[str, Expression] = {
        b.key: b.body for b in bindings if isinstance(b.body, Apply) and not b.formals
    }
    for statement in statements:
        for left, right in zip(statement.sides, statement.sides[1:], strict=False):
            if not (isinstance(left, Apply) and left.function.key == key and left.order == 1):
                continue
            if right is None or len(left.arguments) != 1:
                continue
            argument = left.arguments[0]
            if not isinstance(argument, Name):
                continue
            kind = recognise_derivative((argument.key,), substitute(right, values), key)
            if kind is not None:
                return kind, right
    return None


def build_model(
    loss_key: str,
    bodies: dict[str, Expression],
    trained: Sequence[str],
    resolver: Resolver,
    pins: Pins,
    spellings: Mapping[str, Name],
    hidden: str | None,
    document: Document,
    elsewhere: Counted = Counted(),  # noqa: B008
) -> SegmentModel:
    """Resolve the definitions, find out who is who, and put it all into a `Model`."""
    counts = [
        key
        for body in bodies.values()
        for node in walk(body)
        if isinstance(node, Sum) and node.upper is not None
        for key in value_keys(node.upper)
    ]
    resolver_of_bodies = replace(resolver, defined=frozenset([*bodies, *counts]))
    resolved, problems = _resolve_all(bodies, resolver_of_bodies)
    resolved = _with_prediction(loss_key, resolved, trained, problems, resolver)
    ordered = _in_order(_in_one(loss_key, resolved))
    pinned = {"inputs": list(pins.inputs), "labels": list(pins.labels)}
    roles = classify(loss_key, ordered, trained, counts, pinned, elsewhere)
    count = roles.sample_count
    if count is not None and count not in counts and count in spellings:
        resolver.log.note("sample-count", spellings[count].span, to_text(spellings[count]))
    layers = assign_layers(loss_key, ordered, dict.fromkeys([*roles.parameters, *trained]))
    layers = {role: key for role, key in layers.items() if key not in pins.roles.values()}
    layers |= pins.roles
    if hidden is not None:
        ordered = _with_hidden(ordered, layers, hidden)
    parameters = _parameters(layers, [*roles.parameters, *trained], spellings, document)
    numbers = [key for key in NUMBERS if key in spellings and key not in {*ordered, *trained}]
    constants = tuple(dict.fromkeys([*roles.constants, *numbers]))
    values = {*ordered, *roles.inputs, *roles.labels, *constants}
    values |= {parameter.key for parameter in parameters}
    if roles.sample_count:
        values.add(roles.sample_count)
    if loss_key not in ordered:
        return _without(loss_key, problems, _circle(loss_key, resolved), parameters, resolver)
    model = Model(
        definitions=ordered,
        loss=loss_key,
        prediction=roles.prediction,
        parameters=parameters,
        inputs=roles.inputs,
        labels=roles.labels,
        sample_count=roles.sample_count,
        constants=constants,
        names=dict(spellings),
    )
    refused = {**resolver.refused, **_refused(bodies, problems, document)}
    unknown = _with_unknown(model, values, refused, document)
    values -= set(unknown)
    hidden_head = _hidden_activation(model, layers)
    sides = replace(
        resolver,
        loss=loss_key,
        values=frozenset(values),
        hidden=hidden_head,
        refused={**refused, **unknown},
        no_input=frozenset({*roles.labels, *([count] if count is not None else [])}),
        shared=hidden_head is not None and _output_activation(model) == hidden_head[0],
    )
    name = f"{loss_kind(loss_key, ordered)}/{_output_activation(model)}"
    problem = _problem(model, problems, spellings)
    hidden = _hidden_name(model, layers, hidden_head, problem)
    return SegmentModel(model, name, hidden, sides, problem)


def _without(
    loss_key: str,
    problems: Mapping[str, str],
    circle: tuple[str, ...],
    parameters: tuple[Parameter, ...],
    resolver: Resolver,
) -> SegmentModel:
    empty = Model({loss_key: Number(Fraction(0))}, loss_key, None, parameters, (), ())
    reason = f"the loss is not understood: {problems.get(loss_key, 'it is not defined')}"
    if circle:
        rest = ", which is computed from ".join(circle[1:])
        reason = f"{circle[0]} is computed from {rest}"
    return SegmentModel(empty, "loss/identity", "identity", resolver, reason, circle=circle)


def _circle(loss: str, bodies: Mapping[str, Expression]) -> tuple[str, ...]:
    """The first circle of definitions below the loss, its first name again at the end."""
    trail: list[str] = []

    def visit(key: str) -> tuple[str, ...]:
        if key in trail:
            return (*trail[trail.index(key) :], key)
        if key not in bodies:
            return ()
        trail.append(key)
        for inner in value_keys(bodies[key]):
            found = visit(inner)
            if found:
                return found
        trail.pop()
        return ()

    return visit(loss)


def _problem(
    model: Model, problems: Mapping[str, str], spellings: Mapping[str, Name]
) -> str | None:
    needed = [key for key in model.ancestors(model.loss) if key in problems]
    needed += [key for key in reachable(model.loss, model.definitions) if key in problems]
    if needed:
        shown = to_text(spellings[needed[0]]) if needed[0] in spellings else needed[0]
        return f"the definition of {shown} is not understood: {problems[needed[0]]}"
    if not any(p.key in reachable(model.loss, model.definitions) for p in model.parameters):
        return "the loss does not depend on any parameter: are the forward equations missing?"
    return None


def _resolve_all(
    bodies: Mapping[str, Expression], resolver: Resolver
) -> tuple[dict[str, Expression], dict[str, str]]:
    resolved: dict[str, Expression] = {}
    problems: dict[str, str] = {}
    for key, body in bodies.items():
        try:
            resolved[key] = resolver.resolve(body)
        except Unresolved as trouble:
            problems[key] = trouble.reason
    return resolved, problems


def _with_unknown(
    model: Model, values: set[str], refused: Mapping[str, str], document: Document
) -> dict[str, str]:
    """Why helpers of claims are refused that are computed from a name which nothing defines.

    Such a helper has no value: what is claimed with it can be neither right nor wrong.
    """
    found = {}
    below = model.below(model.loss)
    for key in (key for key in model.definitions if key not in below):
        missing = [k for k in reachable(key, model.definitions) if k not in values]
        if missing:
            name = to_text(model.names.get(missing[0], Name(missing[0])))
            place = document.place_of(model.definitions[key].span)
            why = refused.get(missing[0])
            why = f": {why}" if why else ", which the document does not define"
            found[key] = f"its definition ({place}) uses {name}{why}"
    return found


def _refused(
    bodies: Mapping[str, Expression], problems: Mapping[str, str], document: Document
) -> dict[str, str]:
    """Why the definitions that have no meaning have none, each with its line."""
    return {
        key: f"its definition ({document.place_of(bodies[key].span)}) is not understood: {why}"
        for key, why in problems.items()
    }


def _with_prediction(
    loss: str,
    bodies: dict[str, Expression],
    trained: Sequence[str],
    problems: Mapping[str, str],
    resolver: Resolver,
) -> dict[str, Expression]:
    """A prediction that nothing defines is the last forward equation (a reading)."""
    below = reachable(loss, bodies)
    if set(below) & set(trained):
        return bodies
    uppers = (n.upper for body in bodies.values() for n in walk(body) if isinstance(n, Sum))
    counts = {key for upper in uppers if upper is not None for key in value_keys(upper)}
    undefined = [
        name
        for key in below
        for name in (value_names(bodies[key]) if key in bodies else ())
        if name.key not in {*bodies, *problems, *counts} and looks_like_prediction(name)
    ]
    used = {k for key, body in bodies.items() if key != loss for k in value_keys(body)}
    tops = [
        key
        for key in bodies
        if key != loss
        and key not in used
        and set(reachable(key, bodies)) & set(trained)
        and not any(k for k in value_keys(bodies[key]) if k in _labels_below(loss, bodies))
    ]
    if not undefined or not tops:
        return bodies
    name, top = undefined[0], tops[-1]
    others = [key for key in reversed(tops) if key != top]
    words = [f"{to_text(name)} is {key}" for key in others]
    at = resolver.log.choose("prediction", name.span, to_text(name), top, words)
    return {**bodies, name.key: Name([top, *others][at])}


def _labels_below(loss: str, bodies: Mapping[str, Expression]) -> set[str]:
    return {
        name.key
        for key in reachable(loss, bodies)
        if key in bodies
        for name in value_names(bodies[key])
        if name.key not in bodies and not looks_like_prediction(name)
    }


def _in_one(loss: str, bodies: Mapping[str, Expression]) -> dict[str, Expression]:
    """Two names with one formula are one quantity (``ŷ = w_2 a_1 + b_2`` beside ``z_2 = …``).

    The name that the loss is computed from is set equal to the other, so that the partial of the
    loss by either is the same.
    """
    found = dict(bodies)
    below = set(reachable(loss, bodies))
    beside: dict[str, str] = {}
    for key, body in bodies.items():
        if key not in below and not isinstance(body, (Name, Number)):
            beside.setdefault(to_key(body), key)
    for key, body in bodies.items():
        other = beside.pop(to_key(body), None) if key in below and key != loss else None
        if other is not None:
            found[key] = Name(other)
    return found


def _in_order(bodies: Mapping[str, Expression]) -> dict[str, Expression]:
    """Definitions sorted so that each uses earlier ones only; what runs in a circle is left out."""
    ordered: dict[str, Expression] = {}
    state: dict[str, int] = {}

    def visit(key: str, trail: tuple[str, ...]) -> bool:
        if key not in bodies or key in ordered:
            return True
        if key in trail:
            return False
        if state.get(key) == 2:
            return False
        good = all(visit(inner, (*trail, key)) for inner in value_keys(bodies[key]))
        if good:
            ordered[key] = bodies[key]
        else:
            state[key] = 2
        return good

    for key in bodies:
        visit(key, ())
    return ordered


def _parameters(
    layers: Mapping[str, str],
    names: Sequence[str],
    spellings: Mapping[str, Name],
    document: Document,
) -> tuple[Parameter, ...]:
    """The parameters in the order of the roles; those without a role in the network come after."""
    found = [
        Parameter(role, layers[role], _spelling(layers[role], spellings, document))
        for role in ROLES
        if role in layers
    ]
    known = {parameter.key for parameter in found}
    for key in dict.fromkeys(names):
        if key not in known:
            role = key if key not in ROLES else f"{key} (no role)"
            found.append(Parameter(role, key, _spelling(key, spellings, document)))
    return tuple(found)


def _spelling(key: str, spellings: Mapping[str, Name], document: Document) -> str:
    """How the document first writes a name."""
    if key not in spellings:
        return key
    written = " ".join(document.source(spellings[key].span).split())
    return written or to_tex(spellings[key])


def _depends_on(
    expression: Expression, definitions: Mapping[str, Expression], name: str | None
) -> bool:
    return name is not None and any(
        name in reachable(key, definitions) for key in value_keys(expression)
    )


def _hidden_activation(model: Model, layers: Mapping[str, str]) -> tuple[str, Expression] | None:
    """The function between the layers, with its argument: it depends on w_1 and not on w_2."""
    first, second = layers.get("w_1"), layers.get("w_2")
    for key in model.ancestors(model.loss):
        for node in walk(model.definitions[key]):
            shape = shape_of(node)
            if shape is None or (shape[0] in BASIC and shape[0] not in UNITS):
                continue
            argument = shape[1]
            if _depends_on(argument, model.definitions, first) and not _depends_on(
                argument, model.definitions, second
            ):
                return shape
    return None


def _hidden_name(
    model: Model,
    layers: Mapping[str, str],
    head: tuple[str, Expression] | None,
    problem: str | None,
) -> str:
    """What the hidden layer's function is called: ``z \\sigma(z)`` is not the sigmoid."""
    first, second = layers.get("w_1"), layers.get("w_2")

    def below(node: Expression) -> bool:
        return _depends_on(node, model.definitions, first) and not _depends_on(
            node, model.definitions, second
        )

    def bends(node: Expression) -> bool:
        if isinstance(node, Multiply):
            return sum(map(below, node.factors)) > 1
        base = node.base if isinstance(node, Power) else node
        base = node.denominator if isinstance(node, Divide) else base
        return (base is not node and below(base)) or (isinstance(node, Apply) and below(node))

    if head is None and problem is not None:
        return "unknown"
    bodies = [model.definitions[key] for key in model.ancestors(model.prediction or model.loss)]
    stand_in = Name(first or "w_1")

    def plain(node: Expression) -> Expression:
        return stand_in if shape_of(node) == head else node

    bodies = [transform(body, plain) if head is not None else body for body in bodies]
    if any(bends(node) for body in bodies if model.prediction for node in walk(body)):
        return "unnamed"
    return head[0] if head is not None else "identity"


def _output_activation(model: Model) -> str:
    key = model.prediction
    while key is not None and key in model.definitions:
        body = model.definitions[key]
        if isinstance(body, Name):
            key = body.key
            continue
        shape = shape_of(body)
        if shape is None:
            return "identity"
        weights = {p.key for p in model.parameters if p.role == "w_2"}
        argument = value_keys(shape[1])
        below = {k for name in argument for k in reachable(name, model.definitions)}
        return shape[0] if weights & below or not weights else "identity"
    return "identity"


def _with_hidden(
    definitions: dict[str, Expression], layers: Mapping[str, str], hidden: str
) -> dict[str, Expression]:
    """The same definitions with another hidden activation."""
    first, second = layers.get("w_1"), layers.get("w_2")

    def change(node: Expression) -> Expression:
        shape = shape_of(node)
        if shape is None or (shape[0] in BASIC and shape[0] not in UNITS):
            return node
        inner = _depends_on(shape[1], definitions, first)
        outer = _depends_on(shape[1], definitions, second)
        return Apply(Name(hidden), (shape[1],), span=node.span) if inner and not outer else node

    return {key: transform(body, change) for key, body in definitions.items()}
