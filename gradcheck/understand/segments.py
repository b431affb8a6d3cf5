"""Segments: the stretches of a document that belong to one loss and one hidden activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    Multiply,
    Name,
    Negate,
    Partial,
    Power,
    Sum,
    Underbrace,
    contains,
    to_key,
    value_keys,
    walk,
)
from gradcheck.language.functions import BY_NAME, UNITS
from gradcheck.language.losses import output_of
from gradcheck.language.notation import to_text
from gradcheck.language.statement import Seen, Statement
from gradcheck.understand.activations import recognise, shape_of
from gradcheck.understand.bindings import EQUALITIES, Binding, CanonicalStatement
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.readings import ReadingLog


@dataclass(frozen=True, slots=True)
class GradientSide:
    """Where a statement says ``∂L/∂w``: the statement, the loss's key, the parameter's key."""

    statement: CanonicalStatement
    loss: str
    parameter: str
    unread: int | None = None  # the side that says so, where that side could not be read

    @property
    def position(self) -> int:
        return self.statement.position


@dataclass(frozen=True)
class Segment:
    """One loss with its stretch of the document.

    ``zone`` is where its own definitions stand: after the last claim of the segment before it, up
    to its own last claim. ``hidden`` replaces the hidden activation, where the text changes it.
    """

    start: int
    end: int
    loss: Binding
    span: Span
    zone: tuple[int, int] = (0, 0)
    hidden: str | None = None
    claims: tuple[GradientSide, ...] = field(default=())
    parted: bool = False  # one of several parts of a loss's stretch: it ends at `end`


def gradient_sides(
    statements: Sequence[CanonicalStatement], parameters: set[str], losses: set[str]
) -> list[GradientSide]:
    """Every statement that equates something with ``∂L/∂w`` for a parameter w."""
    found = []
    for statement in statements:
        if statement.is_update:
            continue
        seen = set()
        for side in statement.sides:
            pair = gradient_of(side, parameters, losses)
            if pair is not None and pair not in seen:
                seen.add(pair)
                found.append(GradientSide(statement, *pair))
    return found


def unread_gradients(
    statements: Sequence[CanonicalStatement],
    parameters: set[str],
    losses: set[str],
    known: Sequence[GradientSide],
) -> list[GradientSide]:
    """Sides in which a gradient is seen to be equated with something, and that could not be read:
    its row says so."""
    found = []
    told = {(claim.statement.number, claim.parameter) for claim in known}
    for statement in statements:
        for at, seen in enumerate(statement.seen if not statement.is_update else ()):
            for one in seen:
                pair = _pair_of(one, statement.statement, at, parameters, losses)
                if pair is not None and (statement.number, pair[1]) not in told:
                    told.add((statement.number, pair[1]))
                    found.append(GradientSide(statement, *pair, at))
    return found


def _pair_of(
    seen: Seen, statement: Statement, at: int, parameters: set[str], losses: set[str]
) -> tuple[str, str] | None:
    """(loss key, parameter key) of a derivative that something is claimed of."""
    relations = statement.relations
    follows = at < len(relations) and relations[at].symbol in EQUALITIES
    beside = (at > 0 and relations[at - 1].symbol in EQUALITIES) or (at == 0 and follows)
    if relations:
        claimed = (seen.leads and beside) or (seen.ends and follows)
    else:
        claimed = seen.leads and seen.related
    partial = seen.partial
    if not claimed or not isinstance(partial.by, Name) or partial.order != 1:
        return None
    if not isinstance(partial.of, Name | Apply):  # the loss written out
        return ("loss", partial.by.key) if partial.by.key in parameters else None
    return gradient_of(partial, parameters, losses)


def gradient_of(
    side: Expression | None, parameters: set[str], losses: set[str]
) -> tuple[str, str] | None:
    """(loss key, parameter key) if a side is just ``∂L/∂w``."""
    if isinstance(side, Underbrace):
        side = side.operand
    if not isinstance(side, Partial) or side.order != 1 or not isinstance(side.by, Name):
        return None
    of = side.of
    if isinstance(of, Apply):
        of = of.function
    if not isinstance(of, Name) or side.by.key not in parameters:
        return None
    return (of.key, side.by.key) if of.key in losses or is_loss_name(of) else None


def loss_bindings(
    bindings: Sequence[Binding],
    statements: Sequence[CanonicalStatement],
    parameters: set[str],
    log: ReadingLog,
) -> tuple[list[Binding], list[Binding]]:
    """The bindings that define a loss, in document order; and the local redefinitions of one."""
    referenced = {key for binding in bindings for key in value_keys(binding.body)}
    differentiated, by = _differentiated(statements, parameters)
    found: list[Binding] = []
    local: list[Binding] = []
    for binding in bindings:
        top = binding.key in differentiated - by - referenced
        if not (is_loss_name(binding.name) or top) or not _is_a_loss(binding.body):
            continue
        if binding.key not in differentiated and _is_signal(binding.body):
            continue
        if found and _is_local(binding, bindings, found):
            shown = to_text(binding.name)
            words = (f"{shown} is redefined there for all that follows",)
            if log.choose("local-let", binding.span, shown, others=words) == 0:
                local.append(binding)
                continue
        found.append(binding)
    if not found:
        found = [b for b in bindings if is_loss_name(b.name) and {b.key} == differentiated - by]
    return _distinct(found), local


def _differentiated(
    statements: Sequence[CanonicalStatement], parameters: set[str]
) -> tuple[set[str], set[str]]:
    of, by = set(), set()
    for statement in statements:
        for side in statement.sides:
            for node in walk(side) if side is not None else ():
                if isinstance(node, Partial) and isinstance(node.by, Name):
                    by.add(node.by.key)
                    if isinstance(node.of, Name) and node.by.key in parameters:
                        of.add(node.of.key)
    return of, by


def _is_a_loss(body: Expression) -> bool:
    """A loss is curved: a plain difference ``y - \\hat{y}`` is an error term, not a loss."""
    return any(isinstance(node, Power | Apply | Sum | Multiply) for node in walk(body))


def _is_signal(body: Expression) -> bool:
    """``E_h = E_o W_o R'(Z_h)``: an error term, with slopes in it, that nothing derives."""
    return any(isinstance(n, Partial) or (isinstance(n, Apply) and n.order) for n in walk(body))


def _is_local(binding: Binding, bindings: Sequence[Binding], losses: list[Binding]) -> bool:
    """``Let u = y - \\hat{y} and L = u^2``: built on a helper that the same passage introduces."""
    if all(binding.key != loss.key for loss in losses):
        return False
    keys = value_keys(binding.body)
    near = {
        other.key
        for other in bindings
        if not other.formals
        and binding.statement - 2 <= other.statement <= binding.statement
        and other.key != binding.key
        and not is_loss_name(other.name)
    }
    return bool(keys) and all(key in near for key in keys)


def _distinct(losses: list[Binding]) -> list[Binding]:
    """Drop restatements, and one-sample losses that a later loss totals (``J = 1/m Σ ℓ``)."""
    kept: list[Binding] = []
    for binding in losses:
        if any(to_key(binding.body) == to_key(other.body) for other in kept):
            continue
        inner = set(value_keys(binding.body))
        kept = [other for other in kept if other.key not in inner or other.key == binding.key]
        kept.append(binding)
    return kept


def divide(
    losses: Sequence[Binding],
    claims: Sequence[GradientSide],
    bindings: Sequence[Binding],
    first_hidden: Callable[[], str | None],
    log: ReadingLog,
    length: int,
) -> list[Segment]:
    """Cut a document into segments, each with the claims that belong to it."""
    starts = [loss.position for loss in losses]
    owner: dict[int, list[GradientSide]] = {k: [] for k in range(len(losses))}
    aliases = {b.key: b.body.key for b in bindings if isinstance(b.body, Name)}
    for claim in claims:
        owner[_owner(claim, losses, claims, aliases, log)].append(claim)
    segments: list[Segment] = []
    before = -1
    for k, loss in enumerate(losses):
        last = max((claim.position for claim in owner[k]), default=max(before, starts[k]))
        end = starts[k + 1] if k + 1 < len(starts) else length
        zone = (before, max(last, starts[k]))
        segment = Segment(starts[k], end, loss, loss.span, zone, None, tuple(owner[k]))
        segments.extend(_by_activation(segment, bindings, first_hidden, log))
        before = max(before, last)
    return segments


def _owner(
    claim: GradientSide,
    losses: Sequence[Binding],
    claims: Sequence[GradientSide],
    aliases: Mapping[str, str],
    log: ReadingLog,
) -> int:
    """Which loss a claim is about: its own if defined before, else the nearest one before."""
    keys = [loss.key for loss in losses]
    wanted = (claim.loss, aliases.get(claim.loss))
    before = [k for k, loss in enumerate(losses) if loss.position <= claim.position]
    own = [
        k for k in before if keys[k] in wanted or claim.loss in value_keys(losses[k].body)
    ]  # a total is the place of its one-sample loss too
    span = claim.statement.statement.span
    if own:
        return _of_two(own, losses, claims, log)
    named = "" if claim.loss == "loss" else claim.loss  # dW_1 names no loss
    if before:
        nearest = losses[before[-1]]
        others = [k for k in reversed(before) if keys[k] != nearest.key]
        if not named and not others:
            return before[-1]
        shown = named or "the loss"
        words = [f"{shown} is {to_text(losses[k].name)}" for k in others]
        at = log.choose("loss-before", span, shown, to_text(nearest.name), words)
        return [before[-1], *others][at]
    own = [k for k, key in enumerate(keys) if key in wanted]
    chosen = own[0] if own else 0
    others = [k for k, key in enumerate(keys) if not own and key != keys[chosen]]
    shown = named or "the loss"
    words = [f"{shown} is {to_text(losses[k].name)}" for k in others]
    name = to_text(losses[chosen].name)
    if shown == name and not words:
        log.note("loss-later", span, name)
        return chosen
    at = log.choose("loss-after", span, shown, name, words)
    return [chosen, *others][at]


def _of_two(
    own: Sequence[int], losses: Sequence[Binding], claims: Sequence[GradientSide], log: ReadingLog
) -> int:
    """The last definition of a loss; that it was defined before, for nothing, is told."""
    last = losses[own[-1]]
    idle = [
        k
        for k in own[:-1]
        if losses[k].key == last.key
        and not any(losses[k].position < c.position < last.position for c in claims)
    ]
    if not idle:
        return own[-1]
    shown = to_text(last.name)
    words = [f"{shown} is {to_text(losses[k].body)}" for k in idle]
    at = log.choose("loss-again", last.span, shown, to_text(last.body), words)
    return [own[-1], *idle][at]


def _by_activation(
    segment: Segment,
    bindings: Sequence[Binding],
    first_hidden: Callable[[], str | None],
    log: ReadingLog,
) -> list[Segment]:
    """Cut a segment where another activation is introduced and claims are made again."""
    claims = sorted(segment.claims, key=lambda claim: claim.position)
    cuts: list[tuple[int, str, Span]] = []
    current: str | None = None
    for binding in bindings:
        later = claims and claims[0].position < binding.start < claims[-1].position
        if not later or binding.key == segment.loss.key:
            continue
        kind = activation_defined(binding)
        if kind is None:
            continue
        current = current or first_hidden()
        if kind == current or current is None:
            continue
        done = {c.parameter for c in claims if c.position < binding.start}
        again = {c.parameter for c in claims if c.position > binding.start}
        if done & again and kind != "identity":
            cuts.append((binding.start, kind, binding.span))
            current = kind
    if not cuts:
        return [segment]
    return _cut(segment, claims, cuts, log)


def _cut(
    segment: Segment,
    claims: list[GradientSide],
    cuts: list[tuple[int, str, Span]],
    log: ReadingLog,
) -> list[Segment]:
    edges = [segment.start, *(at for at, _, _ in cuts), segment.end]
    kinds: list[str | None] = [segment.hidden, *(kind for _, kind, _ in cuts)]
    spans = [segment.span, *(span for _, _, span in cuts)]
    parts = []
    for k in range(len(kinds)):
        low = -1 if k == 0 else edges[k]
        high = edges[k + 1] if k + 1 < len(kinds) else float("inf")
        mine = tuple(c for c in claims if low <= c.position < high)
        start, end = edges[k], edges[k + 1]
        if k > 0:
            log.note("activation-changed", spans[k], kinds[k] or "")
        parts.append(
            Segment(start, end, segment.loss, spans[k], segment.zone, kinds[k], mine, True)
        )
    return parts


def activation_defined(binding: Binding) -> str | None:
    """The activation that a binding introduces: ``g(x) = …``, ``y = \\tanh = …``."""
    for body in (binding.body, *binding.sides):
        names = [key for key in value_keys(body) if key != "e"]
        formals = binding.formals or (tuple(names) if len(names) == 1 else ())
        kind = recognise(formals, body) if len(formals) == 1 else None
        if kind in UNITS and kind != "identity":
            return kind
        shape = shape_of(body)
        if shape is not None and BY_NAME.get(shape[0], "") in UNITS:
            return BY_NAME[shape[0]]
    return None


def choose_definitions(
    segment: Segment,
    bindings: Sequence[Binding],
    loss_kind: str,
    several_losses: bool,
    functions: Mapping[str, str | None],
    pinned: str | None,
    log: ReadingLog,
) -> dict[str, Binding]:
    """For every value name the binding that counts in this segment, by position and the rules.

    ``pinned`` is the output activation that the front matter gives this kind of loss.
    """
    by_key: dict[str, list[Binding]] = {}
    for binding in bindings:
        by_key.setdefault(binding.key, []).append(binding)
    return {
        key: _choose(segment, candidates, loss_kind, several_losses, functions, pinned, log)
        for key, candidates in by_key.items()
    }


def _choose(
    segment: Segment,
    candidates: list[Binding],
    loss_kind: str,
    several_losses: bool,
    functions: Mapping[str, str | None],
    pinned: str | None,
    log: ReadingLog,
) -> Binding:
    low, high = segment.zone
    inside = [b for b in candidates if low < b.position <= high]
    before = [b for b in candidates if b.position <= low]
    after = [b for b in candidates if b.position > high]
    pool = inside or before or after
    bodies = {to_key(binding.body) for binding in pool}
    if len(bodies) == 1:
        return pool[0]
    kinds = [output_kind(binding, functions) for binding in pool]
    if len(set(kinds)) > 1 and pinned in kinds:
        return pool[kinds.index(pinned)]
    wanted = output_of(loss_kind)
    if several_losses and len(set(kinds)) > 1 and wanted in kinds:
        chosen = pool[kinds.index(wanted)]
        others = [kind for kind in dict.fromkeys(kinds) if kind not in (wanted, None)]
        words = [f"{to_text(chosen.name)} is the {kind} output" for kind in others]
        at = log.choose("canonical-output", chosen.span, loss_kind, wanted, words)
        return pool[kinds.index([wanted, *others][at])]
    if segment.hidden is not None and segment.hidden in kinds:
        return pool[kinds.index(segment.hidden)]
    if len(set(kinds)) == 1 and kinds[0] is not None:
        return pool[0]
    early = [binding for binding in pool if binding.position <= segment.start]
    if len({to_key(b.body) for b in early}) > 1:
        return _said(early[-1], pool, log)
    chosen = (early or pool)[0]
    return _said(chosen, pool, log) if len(set(kinds)) > 1 else chosen


def _said(binding: Binding, pool: Sequence[Binding], log: ReadingLog) -> Binding:
    """The binding, or another one of the pool; its choice is told as a reading."""
    bodies = {to_key(other.body): other for other in pool}
    others = [other for key, other in bodies.items() if key != to_key(binding.body)]
    shown = to_text(binding.name)
    words = [f"{shown} is {to_text(other.body)}" for other in others]
    at = log.choose("two-definitions", binding.span, shown, to_text(binding.body), words)
    return [binding, *others][at]


def output_kind(binding: Binding, functions: Mapping[str, str | None]) -> str | None:
    """The activation by which a definition computes its name; ``identity`` for a plain name."""
    body = binding.body
    if isinstance(body, Name):
        return "identity"
    if isinstance(body, Add | Negate):
        return "identity"
    shape = shape_of(body)
    if shape is None:
        return None
    return functions.get(shape[0]) or BY_NAME.get(shape[0]) or shape[0]


def equality_override(
    segment: Segment,
    chosen: dict[str, Binding],
    statements: Sequence[CanonicalStatement],
    log: ReadingLog,
) -> dict[str, Expression]:
    """Definitions ``X = f(Y)`` that an explicit equality ``X = Y`` contradicts: X is Y then."""
    classes = _Classes()
    low, high = segment.zone
    for statement in statements:
        if statement.is_update or not low < statement.position <= high:
            continue
        sides = [side for side in statement.sides if side is not None]
        sides = [side for side in sides if value_keys(side)]  # two names may have one number
        symbols = {relation.symbol for relation in statement.statement.relations}
        if (
            len(sides) > 1
            and symbols <= {"=", ":="}
            and not any(contains(side, Partial) for side in sides)
        ):
            lone = len(sides) == 2 and isinstance(sides[1], Apply)
            if not lone:
                for other in sides[1:]:
                    classes.join(to_key(sides[0]), to_key(other))
    found: dict[str, Expression] = {}
    for key, binding in chosen.items():
        body = binding.body
        if not (isinstance(body, Apply) and len(body.arguments) == 1):
            continue
        argument = body.arguments[0]
        if classes.same(key, to_key(argument)) and key != to_key(argument):
            shown, what = to_text(binding.name), to_text(body)
            words = (f"{shown} is {what}",)
            if log.choose("identity-output", binding.span, shown, what, words) == 0:
                found[key] = argument
    return found


class _Classes:
    """Union-find over the sides that a document equates."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, item: str) -> str:
        while self.parent.get(item, item) != item:
            item = self.parent[item]
        return item

    def join(self, a: str, b: str) -> None:
        self.parent[self.root(a)] = self.root(b)

    def same(self, a: str, b: str) -> bool:
        return self.root(a) == self.root(b)
