"""From the statements of a document to its derivation, readable top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Expression,
    Name,
    Partial,
    Sum,
    contains,
    to_key,
    value_keys,
    walk,
)
from gradcheck.language.model import Derivation, Held, Model, Setup, Source, Value, WorkedOut
from gradcheck.language.names import LABEL
from gradcheck.language.notation import to_text
from gradcheck.language.statement import ReadDocument
from gradcheck.understand.absent_loss import without_loss
from gradcheck.understand.anew import rivals
from gradcheck.understand.axes import held_back
from gradcheck.understand.bindings import Binding, with_whole_sum
from gradcheck.understand.claims import claims_of, forward_equations
from gradcheck.understand.indices import Page
from gradcheck.understand.loss_kinds import loss_kind
from gradcheck.understand.modelling import SegmentModel, build_model, is_function
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.objective import sense_of, sense_without_loss
from gradcheck.understand.passages import Passages, settle
from gradcheck.understand.pins import unmet_setups
from gradcheck.understand.readings import Instead
from gradcheck.understand.resolution import Resolver
from gradcheck.understand.roles import count_names, reachable
from gradcheck.understand.sample_counts import Counted, called_so, divides_all
from gradcheck.understand.segments import (
    GradientSide,
    Segment,
    choose_definitions,
    divide,
    equality_override,
    gradient_sides,
    loss_bindings,
    output_kind,
    unread_gradients,
)
from gradcheck.understand.steps import Chains


def understand(read: ReadDocument) -> Derivation:
    """Find the setups of a document, what is claimed for each, and the steps of all its chains."""
    return derive(settle(read), {})


def derive(settled: Passages, instead: Instead) -> Derivation:
    """The derivation of a document, with the readings ``instead`` made otherwise than usual."""
    passages = replace(settled, log=settled.log.choosing(instead))
    document = passages.read.document
    losses, local = loss_bindings(
        _values_only(passages), passages.statements, set(passages.trained), passages.log
    )
    keys = {loss.key for loss in losses} | _aliases_of(losses, passages.bindings)
    claims = gradient_sides(passages.statements, set(passages.trained), keys)
    claims += unread_gradients(passages.statements, set(passages.trained), keys, claims)
    if not losses:
        steps = _chains(passages, (), (), ()).steps()
        sense = sense_without_loss(passages.read)
        told = without_loss(passages.read, passages.statements, claims, sense)
        findings = (*passages.pins.findings, *told)
        return Derivation((), steps, passages.log.readings(), findings, sense)
    segments = divide(
        losses,
        claims,
        passages.bindings,
        lambda: _first_hidden(passages, losses, claims),
        passages.log,
        len(document.text) + 1,
    )
    segments = [s for s in segments if s.claims] or segments[:1]
    models = [_model_of(segment, passages, len(losses) > 1) for segment in segments]
    setups, places = _merge(
        [
            replace(_setup(s, m, passages, keys), sense=sense_of(s, segments, m, passages.read))
            for s, m in zip(segments, models, strict=True)
        ]
    )
    steps = tuple(
        step if step.setup is None else replace(step, setup=places[step.setup])
        for step in _chains(passages, segments, models, local).steps()
    )
    unmet = unmet_setups(passages.pins, document, [setup.name for setup in setups])
    findings = (*passages.pins.findings, *unmet)
    sense = sense_without_loss(passages.read)
    return Derivation(tuple(setups), steps, passages.log.readings(), findings, sense)


def _chains(
    passages: Passages,
    segments: Sequence[Segment],
    models: Sequence[SegmentModel],
    local: Sequence[Binding],
) -> Chains:
    bindings, statements = passages.bindings, passages.statements
    functions = [b for b in bindings if is_function(b)]
    in_force = {b.span for model in models for b in model.bindings}
    others = [b for b in bindings if b.span not in in_force and _is_other(b, passages, models)]
    others += [b for model in models for b in model.overridden]
    helpers = {key: binding for binding in local for key in value_keys(binding.body)}
    return Chains(
        statements,
        passages.read.document,
        segments,
        models,
        frozenset((b.statement, b.key) for b in functions),
        frozenset((b.statement, b.key) for b in others),
        helpers,
        _first_number(passages),
    )


def _is_other(binding: Binding, passages: Passages, models: Sequence[SegmentModel]) -> bool:
    """Whether a definition that counts nowhere is an alternative, not a slip of another one.

    An alternative has another output activation than the one that counts, or calls a label's
    name something else.
    """
    known = {key: meaning.known for key, meaning in passages.functions.items()}
    if any(binding.key in model.model.labels for model in models) or is_loss_name(binding.name):
        return True
    same = [other for other in passages.bindings if other.key == binding.key]
    return len({output_kind(other, known) for other in same}) > 1


def _values_only(passages: Passages) -> list[Binding]:
    return [binding for binding in passages.bindings if not is_function(binding)]


def _aliases_of(losses: Sequence[Binding], bindings: Sequence[Binding]) -> set[str]:
    """Names that stand for a loss (``L = MSE``), and one-sample losses that a loss totals."""
    keys = {loss.key for loss in losses}
    found = set()
    for binding in bindings:
        if isinstance(binding.body, Name) and binding.body.key in keys:
            found.add(binding.key)
        if is_loss_name(binding.name):
            found.add(binding.key)
    return found


def _first_hidden(
    passages: Passages, losses: Sequence[Binding], claims: Sequence[GradientSide]
) -> str | None:
    whole = Segment(losses[0].position, 10**9, losses[0], losses[0].span, (-1, 10**9))
    return _model_of(
        replace(whole, claims=tuple(claims)), passages, len(losses) > 1, quiet=True
    ).hidden


def _model_of(
    segment: Segment, passages: Passages, several: bool, quiet: bool = False
) -> SegmentModel:
    log = passages.log.silent() if quiet else passages.log
    kind = loss_kind(segment.loss.key, {segment.loss.key: segment.loss.body})
    known = {key: meaning.known for key, meaning in passages.functions.items()}
    values = _values_only(passages)
    below = set(reachable(segment.loss.key, {b.key: b.body for b in (*values, segment.loss)}))
    values = [b for b in values if b.key != segment.loss.key]
    values = [b for b in values if b.key in below or not is_loss_name(b.name)]
    values = _without_labels(values, segment.loss, passages.trained)
    pinned = passages.pins.outputs.get(kind)
    chosen = choose_definitions(segment, values, kind, several, known, pinned, log)
    bodies = {key: binding.body for key, binding in chosen.items()}
    offered: dict[str, list[Expression]] = {}
    for binding in values:
        offered.setdefault(binding.key, []).append(binding.body)
    unique = {key: b for key, b in chosen.items() if _one_meaning(offered.get(key, []))}
    overrides = equality_override(segment, unique, passages.statements, log)
    identities = frozenset(to_key(bodies[key]) for key in overrides)
    bodies.update(overrides)
    bodies[segment.loss.key] = with_whole_sum(segment.loss.body)
    if bodies[segment.loss.key] != segment.loss.body:
        log.note("sum-extent", segment.loss.span, to_text(segment.loss.name))
    functions = dict(passages.functions)
    resolver = Resolver(
        naming=passages.naming,
        functions=functions,
        bound=frozenset(b.key for b in passages.bindings) | frozenset(passages.trained),
        log=log,
        loss=segment.loss.key,
        identities=identities,
        refused=_unread_definitions(passages),
    )
    model = build_model(
        segment.loss.key,
        bodies,
        passages.trained,
        resolver,
        passages.pins,
        passages.spellings,
        segment.hidden,
        passages.read.document,
        _counts_elsewhere(passages),
    )
    held = _held(segment, passages, resolver, model, bodies, chosen)
    overridden = tuple(b for b in chosen.values() if to_key(b.body) in resolver.identities)
    chosen[segment.loss.key] = segment.loss
    sources = [Source(key, b.span, b.body) for key, b in chosen.items()]
    return replace(
        model,
        sources=tuple(sorted(sources, key=lambda source: source.span)),
        bindings=tuple(b for b in chosen.values() if b not in overridden),
        overridden=overridden,
        held=held,
        rivals=rivals(
            passages.read.document,
            _values_only(passages),
            {key: binding for key, binding in chosen.items() if key not in overrides},
            [claim.position for claim in segment.claims],
            model.resolver,
        ),
    )


def _held(
    segment: Segment,
    passages: Passages,
    resolver: Resolver,
    model: SegmentModel,
    bodies: Mapping[str, Expression],
    chosen: Mapping[str, Binding],
) -> Held | None:
    """What is not judged of a segment until axes are kept."""
    silent = replace(resolver, log=passages.log.silent())

    def modelled(opaque: dict[str, Expression], data: tuple[str, ...]) -> Model | None:
        pins = replace(passages.pins, inputs=(*passages.pins.inputs, *data))
        found = build_model(
            segment.loss.key,
            opaque,
            passages.trained,
            silent,
            pins,
            passages.spellings,
            segment.hidden,
            passages.read.document,
            _counts_elsewhere(passages),
        )
        return found.model if found.problem is None else None

    page = Page(
        passages.statements,
        passages.naming,
        passages.trained,
        passages.bindings,
        passages.read.document,
    )
    sources = {**chosen, segment.loss.key: segment.loss}
    return held_back(page, segment.loss.key, bodies, sources, model.model, modelled)


def _unread_definitions(passages: Passages) -> dict[str, str]:
    """Names whose definition could not be read, with its line and the reason."""
    document = passages.read.document
    found: dict[str, str] = {}
    for statement in passages.statements:
        head, sides = statement.sides[0], statement.statement.sides
        if not isinstance(head, Name) or len(sides) < 2 or sides[1].unread is None:
            continue
        place = document.place_of(sides[1].span)
        found[head.key] = f"its definition ({place}) is not read: {sides[1].unread.reason}"
    return found


def _counts_elsewhere(passages: Passages) -> Counted:
    """What sums run to, and what gradients are divided by, anywhere in the document."""
    called = called_so(passages.read.document.text)
    sure: list[str] = []
    divisors: list[str] = []
    for statement in passages.statements:
        for side in statement.sides[1:]:
            if side is None:
                continue
            uppers = [n.upper for n in walk(side) if isinstance(n, Sum) and n.upper is not None]
            sure += [key for upper in uppers for key in value_keys(upper)]
            sure += [name.key for name in count_names(side) if name.key in called]
            divisors += [name.key for name in divides_all(side)]
    return Counted(tuple(dict.fromkeys(sure)), tuple(dict.fromkeys(divisors)))


def _without_labels(
    bindings: Sequence[Binding], loss: Binding, trained: Sequence[str]
) -> list[Binding]:
    """A label stays a label where the text calls something else by its name (``y = \\tanh``).

    A name with a hat is none: that is how a prediction is written.
    """
    bodies = {b.key: b.body for b in bindings}
    direct = set(value_keys(loss.body))
    return [
        b
        for b in bindings
        if not (
            b.key in direct
            and b.name.base in LABEL.names()
            and "hat" not in b.name.accent
            and not set(reachable(b.key, bodies)) & set(trained)
        )
    ]


def _one_meaning(bodies: Sequence[Expression]) -> bool:
    """Whether a name is not offered both as an activation's value and as a plain alias."""
    different = {to_key(body) for body in bodies}
    return len(different) == 1 or not any(isinstance(body, Name) for body in bodies)


def _setup(segment: Segment, model: SegmentModel, passages: Passages, losses: set[str]) -> Setup:
    claims, chain_only = claims_of(segment, model, losses, _first_number(passages))
    return Setup(
        name=model.name,
        hidden=model.hidden,
        span=segment.span,
        model=model.model,
        claims=claims,
        chain_only=chain_only,
        forward=forward_equations(model.model) if not model.circle else (),
        model_problem=model.problem,
        problem_span=_first_forward_reference(model),
        sources=model.sources,
        resolve=model.resolver.resolve,
        values=_values(passages),
        worked_out=tuple(_worked_out(passages)),
        held=model.held,
        rivals=model.rivals,
    )


def _values(passages: Passages) -> tuple[Value, ...]:
    """Names that the text sets to a number: ``Let x = 2 and h = 3``."""
    found = []
    for statement in passages.statements:
        head = statement.sides[0]
        number = statement.sides[1] if len(statement.sides) == 2 else None
        if isinstance(head, Name) and number is not None and not value_keys(number):
            found.append(Value(head.key, statement.statement.span, number))
    return tuple(found)


def _worked_out(passages: Passages) -> Iterator[WorkedOut]:
    """Formulas that a chain works out to a number: ``dL/dz = p = 0.562``."""
    for statement in passages.statements:
        *sides, number = statement.sides
        if number is None or value_keys(number) or statement.is_update:
            continue
        closed = [s for s in sides if s is not None and value_keys(s) and not contains(s, Partial)]
        if closed:
            yield WorkedOut(closed[-1], number, statement.statement.span)


def _first_number(passages: Passages) -> int:
    """Where the text first sets a name to a number; its end if it never does."""
    starts = [value.span.start for value in _values(passages)]
    return min(starts, default=len(passages.read.document.text) + 1)


def _merge(setups: list[Setup]) -> tuple[list[Setup], list[int]]:
    """Setups that a restated loss has cut in two are one; and where each of them went."""
    merged: list[Setup] = []
    places: list[int] = []
    for setup in setups:
        same = next((k for k, other in enumerate(merged) if _same(setup, other)), None)
        places.append(len(merged) if same is None else same)
        if same is None:
            merged.append(setup)
        else:
            merged[same] = _joined(merged[same], setup)
    return merged, places


def _first_forward_reference(model: SegmentModel) -> Span | None:
    """In a circle of definitions, the one that uses a name which is only defined after it."""
    bindings = {binding.key: binding for binding in model.bindings}
    edges = [
        bindings[key]
        for key, inner in zip(model.circle, model.circle[1:], strict=False)
        if key in bindings and inner in bindings
        and bindings[inner].position >= bindings[key].position
    ]  # fmt: skip
    return min((binding.span for binding in edges), default=None)


def _joined(first: Setup, second: Setup) -> Setup:
    claims = tuple(sorted((*first.claims, *second.claims), key=lambda claim: claim.span.start))
    claimed = {claim.parameter for claim in claims}
    chain = dict.fromkeys((*first.chain_only, *second.chain_only))
    chain_only = tuple(role for role in chain if role not in claimed)
    return replace(first, claims=claims, chain_only=chain_only)


def _same(a: Setup, b: Setup) -> bool:
    if (a.name, a.hidden) != (b.name, b.hidden):
        return False
    first = [to_key(a.model.definitions[key]) for key in a.model.ancestors(a.model.loss)]
    second = [to_key(b.model.definitions[key]) for key in b.model.ancestors(b.model.loss)]
    return sorted(first) == sorted(second)
