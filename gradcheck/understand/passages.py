"""Passages: a document with its names, functions and bindings settled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Expression,
    Multiply,
    Name,
    Partial,
    contains,
    transform,
    value_keys,
    walk,
)
from gradcheck.language.names import BIAS, INPUT, LABEL, WEIGHT
from gradcheck.language.notation import to_text
from gradcheck.language.statement import ReadDocument, Statement
from gradcheck.understand.activations import recognise
from gradcheck.understand.arguments import with_named_arguments
from gradcheck.understand.bindings import (
    Binding,
    CanonicalStatement,
    canonical_statement,
    collect_bindings,
    names_factor,
)
from gradcheck.understand.descending import (
    bare,
    increment_of,
    is_increment,
    stands_for_any,
    with_moments,
)
from gradcheck.understand.modelling import function_table, is_function
from gradcheck.understand.naming import (
    Naming,
    derived_for_keys,
    expressions_of,
    is_general,
    is_loss_name,
    understand_names,
)
from gradcheck.understand.pins import Pins, note_pins, pins_of, without_contradictions
from gradcheck.understand.readings import BY_READER, ReadingLog
from gradcheck.understand.resolution import FunctionMeaning
from gradcheck.understand.roles import looks_like_prediction
from gradcheck.understand.sample_losses import with_sample_losses
from gradcheck.understand.spelling import usual_spelling


@dataclass(frozen=True)
class Passages:
    """A document with its names settled: what every segment is built from, in every reading.

    ``log`` holds the readings made so far, all of them without an alternative.
    """

    read: ReadDocument
    statements: tuple[CanonicalStatement, ...]
    naming: Naming
    trained: tuple[str, ...]
    bindings: tuple[Binding, ...]
    functions: Mapping[str, FunctionMeaning]
    spellings: Mapping[str, Name]
    pins: Pins
    log: ReadingLog


def settle(read: ReadDocument) -> Passages:
    """Settle the names, functions and bindings of a document: what no choice of readings alters."""
    log = ReadingLog(read.document)
    statements = usual_spelling(read.statements, log)
    _note_how_read(statements, log)
    naming = understand_names(statements, _defined_raw(statements), derived_for_keys(statements))
    canonical = tuple(canonical_statement(statement, naming) for statement in statements)
    sides = with_moments([statement.sides for statement in canonical])
    canonical = tuple(replace(s, sides=new) for s, new in zip(canonical, sides, strict=True))
    _note_cases(statements, naming, log)
    pins = pins_of(read.document, canonical)
    log.pinned = pins.readings
    plain = canonical
    canonical = _joined_differentials(plain)
    trained = _trained(canonical, pins)
    canonical = _with_differentials(canonical, trained, read.document, plain)
    _note_differentials(plain, canonical, log)
    bindings = collect_bindings(canonical, set(trained))
    bindings = tuple(b for b in bindings if value_keys(b.body) or b.formals)
    bindings = with_sample_losses(bindings, naming, log)
    bindings = with_named_arguments(bindings, canonical, trained, log)
    spellings = _spellings(canonical)
    kinds = {b.key: recognise(b.formals, b.body) if is_function(b) else None for b in bindings}
    pins = without_contradictions(pins, read.document, kinds, trained)
    note_pins(pins, read.document, log)
    functions = function_table(read, bindings, canonical, pins.activations, log)
    return Passages(read, canonical, naming, trained, bindings, functions, spellings, pins, log)


def _note_how_read(statements: Sequence[Statement], log: ReadingLog) -> None:
    """The readings made while the formulas were read, and the names found in the text."""
    for statement in statements:
        for note in statement.notes:
            if note in BY_READER:
                log.note(BY_READER[note], statement.span)
        head = statement.sides[0].expression
        if statement.origin == "prose" and isinstance(head, Name):
            log.note("name-in-text", statement.span, to_text(head))


def _note_differentials(
    before: Sequence[CanonicalStatement], after: Sequence[CanonicalStatement], log: ReadingLog
) -> None:
    """Name the differentials that are taken for derivatives of the loss."""
    for old, new in zip(before, after, strict=True):
        for left, right in zip(old.sides, new.sides, strict=True):
            if left is None or right is None or left == right:
                continue
            for node in walk(right):
                if not isinstance(node, Partial) or node.of != Name("loss"):
                    continue
                if _after_d(node.span, log.document) != node.span:  # else a table's heading says so
                    log.note("differential", node.span, to_text(node.by))


def _note_cases(statements: Sequence[Statement], naming: Naming, log: ReadingLog) -> None:
    """Name the case variants that are taken for one name, at the first place of each."""
    for expression in expressions_of(statements):
        for node in walk(expression):
            if isinstance(node, Name) and naming.cases:
                merged = naming.canonical(node)
                if merged.base != node.base:
                    shown = replace(node, subscript=merged.subscript, superscript="")
                    log.note("case", node.span, to_text(shown), to_text(merged))


def _defined_raw(statements: Sequence[Statement]) -> set[str]:
    found = set()
    for statement in statements:
        sides = [side.expression for side in statement.sides]
        if len(sides) > 1 and isinstance(sides[0], Name):
            whole = CanonicalStatement(statement, tuple(sides))
            named = any(side is not None and value_keys(side) for side in sides[1:])
            if not whole.is_update and named:
                found.add(sides[0].key)
    return found


def _trained(statements: Sequence[CanonicalStatement], pins: Pins) -> tuple[str, ...]:
    """The names that something is derived for or that an update trains, and nothing defines."""
    defined: set[str] = set()
    updated: list[str] = []
    derived: list[Name] = []
    used: set[str] = set()
    forward = _used_in_definitions(statements)
    for statement in statements:
        head = statement.sides[0]
        if statement.is_update and isinstance(head, Name):
            inner = increment_of(head) if is_increment(head, statement.sides[1:]) else None
            if not _is_for_any_layer(inner or head, forward):
                updated.append((inner or bare(head)).key)
            continue
        used |= {
            key for side in statement.sides[1:] if side is not None for key in value_keys(side)
        }
        named = any(side is not None and value_keys(side) for side in statement.sides[1:])
        if named and isinstance(head, Name) and not names_factor(statement):
            defined.add(head.key)
    for statement in statements:
        for side in statement.sides:
            derived += [
                bare(node.by)
                for node in (walk(side) if side is not None else ())
                if isinstance(node, Partial) and isinstance(node.by, Name)
            ]
        derived += [
            bare(one.partial.by)
            for one in (s for side in statement.seen for s in side)
            if isinstance(one.partial.by, Name)
            and isinstance(one.partial.of, Name)
            and is_loss_name(one.partial.of)
        ]
    found = []
    claimed = _claimed(statements)
    inside = forward & _below_losses(statements)
    for name in derived:
        typical = bool(name.base in WEIGHT.names() or name.base in BIAS.names())
        other = (
            (looks_like_prediction(name) and (name.accent or name.key not in inside))
            or is_loss_name(name)
            or _is_input(name, used)
            or name.base in LABEL.names()
        )
        free = name.key not in defined and (typical or not other)
        trains = name.key in updated and (typical or name.key not in defined)
        general = _is_for_any_layer(name, forward) or _of_any(name, used, claimed)
        if (trains or free) and not general:
            found.append(name.key)
    found += _of_differentials(statements, defined)
    updated = [key for key in updated if key in (found if key in defined else used)]
    return tuple(dict.fromkeys([*pins.trained, *found, *updated]))


def _is_input(name: Name, used: set[str]) -> bool:
    """Whether a letter is that of an input; beside an ``x``, others are free to be parameters."""
    plain = any(key.split("_")[0] in ("x", "X") for key in used)
    return bool(name.base in INPUT.names()) and not (plain and name.base in ("u", "s"))


def _is_for_any_layer(name: Name, forward: set[str]) -> bool:
    """``w_j`` in a rule for any layer; not where it is the unit j of the forward equations.

    Beside a ``w_1`` of theirs, ``w_j`` stands for any.
    """
    numbered = re.compile(rf"{re.escape(name.base)}[_^][(\[]?\d[)\]]?")
    unit = name.key in forward and not any(numbered.fullmatch(key) for key in forward)
    return is_general(name) and not unit


def _of_any(name: Name, used: set[str], claimed: set[str]) -> bool:
    """``w_{ij}`` or ``\\theta`` in a rule for any parameter, where no equation has such a name.

    A gradient that is written out by a name without index is one by that name: if the forward
    equations lack it, that is a finding.
    """
    own = name.key in claimed and not name.subscript
    return name.key not in used and stands_for_any(name) and not own


def _claimed(statements: Sequence[CanonicalStatement]) -> set[str]:
    """Names by which a derivative stands at the head of a chain that is no update."""
    heads = (s.sides[0] for s in statements if len(s.sides) > 1 and not s.is_update)
    return {
        bare(head.by).key
        for head in heads
        if isinstance(head, Partial) and isinstance(head.by, Name)
    }


def _used_in_definitions(statements: Sequence[CanonicalStatement]) -> set[str]:
    """Names that forward equations are written with: what stands there is no prediction."""
    found: set[str] = set()
    for statement in statements:
        head = statement.sides[0]
        if isinstance(head, Name) and not is_loss_name(head) and not statement.is_update:
            for side in statement.sides[1:]:
                if side is not None and not contains(side, Partial):
                    found |= set(value_keys(side))
    return found


def _below_losses(statements: Sequence[CanonicalStatement]) -> set[str]:
    """Names by which a loss is differentiated: ``∂L/∂p``; in ``dt/dz`` z is any number."""
    return {
        node.by.key
        for statement in statements
        for side in statement.sides
        for node in (walk(side) if side is not None else ())
        if isinstance(node, Partial)
        and isinstance(node.by, Name)
        and isinstance(node.of, Name)
        and is_loss_name(node.of)
    }


def _of_differentials(statements: Sequence[CanonicalStatement], defined: set[str]) -> list[str]:
    """Parameters of which the document writes ``db_2 = …``, though it never writes ∂L/∂b_2."""
    names = {
        node.key: node
        for statement in statements
        for side in statement.sides
        for node in (walk(side) if side is not None else ())
        if isinstance(node, Name)
    }
    heads = [s.sides[0] for s in statements if len(s.sides) > 1]
    found = []
    for head in heads:
        if isinstance(head, Name) and re.fullmatch(r"d[A-Za-z]+", head.base):
            inner = names.get(replace(head, base=head.base[1:]).key)
            known = inner is not None and inner.key not in defined
            if (
                inner is not None
                and known
                and (inner.base in WEIGHT.names() or inner.base in BIAS.names())
            ):
                found.append(inner.key)
    return found


def _joined_differentials(
    statements: Sequence[CanonicalStatement],
) -> tuple[CanonicalStatement, ...]:
    """``\\delta W_1 = …`` as ``dW_1 = …``, where nothing says what δ is."""
    named = {side.key for s in statements for side in s.sides if isinstance(side, Name)}

    def joined(statement: CanonicalStatement) -> CanonicalStatement:
        match statement.sides[:2]:
            case (Multiply(factors=(Name() as sign, Name() as by)) as product, _):
                if sign.key in _DIFFERENTIALS - named:
                    head = replace(by, base=f"d{by.base}", span=product.span)
                    return replace(statement, sides=(head, *statement.sides[1:]))
        return statement

    return tuple(map(joined, statements))


_DIFFERENTIALS = frozenset(("delta", "grad", "gradient", "diff", "D"))
"""Names that stand before a parameter's for the gradient by it, if for anything."""


def _with_differentials(
    statements: Sequence[CanonicalStatement],
    trained: Sequence[str],
    document: Document,
    plain: Sequence[CanonicalStatement],
) -> tuple[CanonicalStatement, ...]:
    """``dW_1`` is the loss's derivative by ``W_1``, where W_1 is a parameter.

    Unless the document has it as a step of descent: ``dW_1 = -\\eta …``. What was joined to be
    such a one, and is none, is as it stood in ``plain``.
    """
    steps = {
        s.sides[0].key
        for s in statements
        if isinstance(s.sides[0], Name) and is_increment(s.sides[0], s.sides[1:])
    }

    def change(node: Expression) -> Expression:
        if not isinstance(node, Name) or not re.fullmatch(r"d[A-Za-z]+", node.base):
            return node
        inner = increment_of(node)
        if inner is None or node.key in steps:
            return node
        for key in (inner.key, inner.key.lower(), inner.key[:1].upper() + inner.key[1:]):
            if key in trained:
                span = _after_d(node.span, document)
                by = replace(inner, base=key.split("_")[0].split("^")[0], span=span)
                return Partial(Name("loss", span=node.span), by, span=node.span)
        return node

    found = []
    for joined, own in zip(statements, plain, strict=True):
        head = joined.sides[0]
        kept = own if head is not None and change(head) is head else joined
        sides = tuple(None if x is None else transform(x, change) for x in kept.sides)
        found.append(replace(kept, sides=sides))
    return tuple(found)


def _after_d(span: Span, document: Document) -> Span:
    """The place of the parameter in ``dW_1``; the whole where no d stands (in a table)."""
    written = _D.match(document.source(span))
    return span if written is None else Span(span.start + written.end(), span.end)


_D = re.compile(
    r"(?:d|\\delta|δ|\\[a-z]+\s*\{\s*(?:d|D|diff|grad|gradient)\s*\}|grad(?:ient)?_)"
    r"(?:\\[,;:! ]|\s)*"
)
"""What makes a parameter's name that of the gradient by it."""


def _spellings(statements: Sequence[CanonicalStatement]) -> dict[str, Name]:
    found: dict[str, Name] = {}
    for statement in statements:
        for side in statement.sides:
            for node in walk(side) if side is not None else ():
                if isinstance(node, Name):
                    found.setdefault(node.key, node)
    return found
