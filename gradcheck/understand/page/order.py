"""The page in order: its definitions, and which of them a name refers to where it stands.

A use refers to the last definition before it, to a later one only if there is none before. A
definition that is made anew is either another one for the same quantity (``a_1 = \\tanh z_1``
instead): then everything computed from it follows; or a name used again (``z = w_2 a + b_2`` where
a comes from the old z; a new error term δ): then what was computed before keeps the old value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    FunctionName,
    Name,
    Number,
    Partial,
    Power,
    Sum,
    Underbrace,
    contains,
    names_in,
    to_key,
    transform,
    value_keys,
    walk,
)
from gradcheck.language.names import BIAS, TRAINED, WEIGHT
from gradcheck.language.notation import to_text
from gradcheck.language.statement import ReadDocument, Statement
from gradcheck.understand.bindings import (
    EQUALITIES,
    Binding,
    CanonicalStatement,
    collect_bindings,
    with_whole_sum,
)
from gradcheck.understand.naming import is_loss_name
from gradcheck.understand.page.layer_ranges import counts_down
from gradcheck.understand.page.symbols import Census, Symbols, Unmeant, quantities
from gradcheck.understand.readings import ReadingLog
from gradcheck.understand.spelling import usual_spelling

_HELPERS = re.compile(r"delta|Delta|epsilon|varepsilon|u|v|g|e|r|d[a-zA-Z]\w*|err|error|grad")
"""Bases of names that are set anew for the next layer."""


@dataclass(frozen=True)
class Defined:
    """A definition in document order, the ``version`` of its name counted from 0."""

    binding: Binding
    head: Name
    version: int
    again: str = ""  # "" the first; "other": the same quantity otherwise; "anew": a name used again
    doubt: str = ""  # why it is not sure that this is what the name means

    @property
    def place(self) -> int:
        return self.binding.start

    @property
    def body(self) -> Expression:
        return self.binding.body


@dataclass(frozen=True)
class InOrder:
    """The statements of a page, with its definitions.

    ``statements`` have the names as the author writes them, indices included. Behind ``own`` the
    definitions of a reference stand; what they define, the page's own definitions do not.
    """

    read: ReadDocument
    statements: tuple[CanonicalStatement, ...]
    trained: frozenset[str]
    valued: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # arrays as functions
    own: int | None = None  # where the page's own text ends, if a reference follows

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Every definition of a value that counts, in document order."""
        if self.own is None:
            return self._written
        lent = {self.symbol(b.name) for b in self._written if b.start >= self.own}
        losses = any(is_loss_name(b.name) for b in self._written if b.start >= self.own)
        return tuple(
            b
            for b in self._written
            if b.start >= self.own
            or not (self.symbol(b.name) in lent or (losses and is_loss_name(b.name)))
        )

    def is_own(self, place: int) -> bool:
        """Whether a place is in the page's own text, not in a reference's."""
        return self.own is None or place < self.own

    @cached_property
    def _written(self) -> tuple[Binding, ...]:
        """Every definition of a value."""
        found = [*self._collected, *self._named_at_the_end()]
        values = [_whole(replace(b, formals=())) for b in found if self._is_value(b)]
        return tuple(sorted(filter(self._defines, values), key=lambda b: (b.start, b.span)))

    @cached_property
    def _collected(self) -> tuple[Binding, ...]:
        return collect_bindings(self.statements, set(self.trained))

    def _is_value(self, binding: Binding) -> bool:
        """Whether a name, or a function of what the page has (``f(x) = w x + b``), is defined."""
        return not binding.formals or not is_of_formals(binding.formals, binding.body)

    def _named_at_the_end(self) -> Iterator[Binding]:
        """``∂L/∂z = δ``: a name that nothing else defines stands for the derivative."""
        heads = [s.sides[0] for s in self.statements]
        known = {(n.base, n.accent) for n in heads if isinstance(n, Name)}
        known |= {(b.name.base, b.name.accent) for b in self._collected}
        forward = {k for b in self._collected for k in value_keys(b.body)} | set(self.trained)
        for statement in self.statements:
            first, last = statement.sides[0], statement.sides[-1]
            if len(statement.sides) != 2 or first is None or not isinstance(last, Name):
                continue
            braced = statement.statement.origin == "underbrace"
            named = isinstance(first, Partial) and is_helper(last)
            new = (last.base, last.accent) not in known and last.key not in forward
            if new and (named or (braced and not isinstance(first, Name))):
                span = statement.statement.sides[0].span
                yield Binding(
                    last.key, last, (), first, statement.number, 0, span, (), statement.position
                )

    @cached_property
    def functions(self) -> dict[str, Span]:
        """Functions that the page defines, with the place of the head that does it."""
        found: dict[str, Span] = {}
        for binding in self._collected:
            if binding.formals and binding.key not in found:
                heads = [s.sides for s in self.statements if s.number == binding.statement]
                for side in heads[0] if heads else ():
                    if isinstance(side, Apply) and side.function.key == binding.key:
                        found[binding.key] = side.span
                        break
        return found

    def _defines(self, binding: Binding) -> bool:
        """Whether something is defined: not by ``i = j`` or ``l = L``, nor by a number alone."""
        if binding.name.key in self.index_letters and len(binding.name.key) == 1:
            return False
        if counts_down(binding.name, binding.body, self.statements):
            return False
        return bool(value_keys(binding.body))

    @cached_property
    def index_letters(self) -> frozenset[str]:
        sums = (n for e in self.expressions for n in walk(e) if isinstance(n, Sum))
        return frozenset(s.index.base for s in sums if s.index is not None)

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Every side that was read."""
        return tuple(side for s in self.statements for side in s.sides if side is not None)

    @cached_property
    def symbols(self) -> Symbols:
        """How the names of the page are taken apart."""
        heads = tuple(b.name for b in self._written)
        valued = [
            x for s in self.statements if not _is_of_letters(s) for x in s.sides if x is not None
        ]
        return Census(self.expressions, heads, quantities(valued)).symbols()

    @cached_property
    def first_claim(self) -> int:
        """Where the first derivative is claimed; past the end if none is."""
        for statement in self.statements:
            head = statement.sides[0]
            if len(statement.sides) > 1 and isinstance(head, Partial):
                return statement.position
        return len(self.read.document.text) + 1

    @cached_property
    def heads(self) -> frozenset[str]:
        """Keys of the names at the head of an equation, read or not."""
        return frozenset(
            s.sides[0].key
            for s in self.statements
            if isinstance(s.sides[0], Name) and len(s.sides) > 1 and not s.is_update
        )

    @cached_property
    def unread(self) -> dict[str, tuple[int, ...]]:
        """The places of definitions that could not be read, by the key of their heads."""
        found: dict[str, tuple[int, ...]] = {}
        for statement in self.statements:
            head = statement.sides[0]
            if not isinstance(head, Name) or len(statement.sides) < 2:
                continue
            binds = statement.statement.relations[0].symbol in EQUALITIES
            if statement.sides[1] is None and binds:
                found[head.key] = (*found.get(head.key, ()), statement.position)
        return found

    @cached_property
    def losses(self) -> tuple[Binding, ...]:
        """Definitions of losses, in document order."""
        named = tuple(b for b in self.bindings if is_loss_name(b.name) and not _is_signal(b.body))
        if named:
            return named
        derived = self._derived_of
        sinks = [b for b in self.bindings if b.name.key in derived and self._is_sink(b)]
        return tuple(sinks)

    @cached_property
    def _derived_of(self) -> frozenset[str]:
        """Keys of what is differentiated at the head of a chain, by something trained."""
        heads = [s.sides[0] for s in self.statements if len(s.sides) > 1]
        return frozenset(
            h.of.key
            for h in heads
            if isinstance(h, Partial) and isinstance(h.of, Name) and isinstance(h.by, Name)
            if h.by.key in self.trained
        )

    def _is_sink(self, binding: Binding) -> bool:
        return all(binding.key not in names_in(b.body) for b in self.bindings if b is not binding)

    @cached_property
    def opaque(self) -> frozenset[str]:
        """Keys of losses that are only differentiated: of which the page says nothing else."""
        if self.losses or _NAMED_LOSS.search(self.read.document.text):
            return frozenset()
        heads = {s.sides[0].key for s in self.statements if isinstance(s.sides[0], Name)}
        derived = {
            n.of for e in self.expressions for n in walk(e) if isinstance(n, Partial)
            if isinstance(n.of, Name)
        }  # fmt: skip
        return frozenset(n.key for n in derived if is_loss_name(n) and n.key not in heads)

    @cached_property
    def outermost(self) -> tuple[Binding, ...]:
        """The definitions that nothing else is computed from: what an unknown loss is about."""
        closed = [b for b in self.bindings if is_closed(b.body) and not _is_signal(b.body)]
        used = {self.symbol(n) for b in closed for n in _names(b.body)}
        return tuple(b for b in closed if self.symbol(b.name) not in used)

    @cached_property
    def bodies(self) -> dict[str, tuple[tuple[str, ...], Expression]]:
        """Functions of their arguments alone: formal arguments and bodies, as written."""
        found: dict[str, tuple[tuple[str, ...], Expression]] = {}
        for binding in self._collected:
            if binding.formals and is_of_formals(binding.formals, binding.body):
                found.setdefault(binding.key, (binding.formals, binding.body))
        return found

    def loss_at(self, place: int) -> Binding | None:
        """The loss that is meant at a place: the last total before it, else the first after."""
        totals = [b for b in self.losses if not self.is_part(b)]
        before = [b for b in totals if b.start <= place]
        if before:
            return before[-1]
        return totals[0] if totals else None

    def rival_of(self, loss: Binding) -> Binding | None:
        """Another loss beside one, with nothing derived between them: either may be meant."""
        totals = [b for b in self.losses if not self.is_part(b) and b.start < loss.start]
        if not totals or totals[-1].key == loss.key:
            return None
        between = (s for s in self.statements if totals[-1].start < s.position < loss.start)
        derived = any(isinstance(s.sides[0], Partial) for s in between)
        return None if derived else totals[-1]

    def is_part(self, binding: Binding) -> bool:
        """Whether another loss is computed from it: E_1 of ``E = E_1 + E_2``."""
        return any(
            self.symbol(binding.name) in {self.symbol(n) for n in _names(other.body)}
            for other in self.losses
            if other is not binding and other.name.key != binding.name.key
        )

    def symbol(self, name: Name) -> str:
        """The symbol of a name, its indices left out."""
        try:
            return self.symbols.written(name).symbol
        except Unmeant:
            return name.key

    def passes_on(self, start: int, end: int) -> bool:
        """Whether the text between two places passes on to something else."""
        text = self.read.document.text[start:end]
        return bool(_INSTEAD.search(text) or _HEADING.search(text))


def _is_of_letters(statement: CanonicalStatement) -> bool:
    """Whether a statement compares indices only: ``k \\ne i``, ``i = 1``."""
    return all(
        isinstance(side, Number) or (isinstance(side, Name) and len(side.key) == 1)
        for side in statement.sides
    ) and not isinstance(statement.sides[-1], Number)


_INSTEAD = re.compile(r"\b(?:instead|alternatively)\b", re.I)
_HEADING = re.compile(r"^\s*#|\\(?:sub)*section\b", re.M)
_MAY_PASS_ON = re.compile(r"\b(?:now|otherwise|next|second|other)\b", re.I)
"""Words that pass on to something else if what follows is about something else, too."""


_NAMED_LOSS = re.compile(
    r"mean[- ]squared|squared error|least squares|cross[- ]entropy|log[- ]loss|hinge|likelihood|"
    r"absolute error|\bMSE\b|\bBCE\b",
    re.I,
)
"""Words that name a loss: it is known then, though no equation gives it."""


def _is_signal(body: Expression) -> bool:
    """Whether a formula has slopes in it: an error signal, and no loss."""
    return any(
        isinstance(node, Partial) or (isinstance(node, Apply | FunctionName) and node.order > 0)
        for node in walk(body)
    )


def is_helper(name: Name) -> bool:
    """Whether a name is one that pages set anew: an error term, a shorthand."""
    return bool(_HELPERS.fullmatch(name.base))


def in_order(read: ReadDocument, own: int | None = None) -> InOrder:
    """The page with its definitions; ``own`` is where its own text ends, if not at the end."""
    written = tuple(_statements(read))
    derived = _derived_functions(written)
    valued = _valued_functions(written, derived)
    differentials = _differentials(written)
    heads = frozenset(s.sides[0].key for s in written if isinstance(s.sides[0], Name))
    usual = [_as_written(s, derived, valued, differentials) for s in written]
    statements = tuple(_solved(s, heads) for s in usual)
    return InOrder(read, statements, _trained(statements), valued, own)


def _valued_functions(
    statements: Sequence[CanonicalStatement], derived: frozenset[str]
) -> dict[str, tuple[str, ...]]:
    """Values that are written as functions of names with indices, and those names' bases.

    ``\\sigma(z_k) = e^{z_k}/\\sum_l e^{z_l}`` is an array with the index k, and no function of one
    number.
    """
    found: dict[str, tuple[str, ...]] = {}
    for statement in statements:
        head, body = statement.sides[0], statement.sides[1] if len(statement.sides) > 1 else None
        if not isinstance(head, Apply) or head.order or body is None:
            continue
        key = head.function.key
        formals = [a for a in head.arguments if isinstance(a, Name)]
        if len(formals) != len(head.arguments) or key in derived or is_loss_name(head.function):
            continue
        if not is_of_formals([a.key for a in formals], body):
            found.setdefault(key, tuple(a.base for a in formals))
    return found


def _differentials(statements: Sequence[CanonicalStatement]) -> frozenset[tuple[str, str]]:
    """Names such as ``dw`` and ``dz`` of gradients, beside w and z, that head an equation."""
    sides = [side for s in statements for side in s.sides if side is not None]
    names = [n for side in sides for n in walk(side) if isinstance(n, Name)]
    plain = {(n.base, n.accent) for n in names}
    trained = {n.by.base for s in sides for n in walk(s)
               if isinstance(n, Partial) and isinstance(n.by, Name)}  # fmt: skip
    if not any(is_loss_name(n) for n in names):
        return frozenset()  # dU = T dS is none of a loss
    weights = TRAINED | trained
    if not any(re.fullmatch(r"d[A-Za-z]+", n.base) and n.base[1:] in weights for n in names):
        return frozenset()
    heads = [s.sides[0] for s in statements if len(s.sides) > 1 and not s.is_update]
    return frozenset(
        (h.base, h.accent)
        for h in heads
        if isinstance(h, Name) and re.fullmatch(r"d[A-Za-z]+", h.base)
        if (h.base[1:], h.accent) in plain
    )


def _solved(statement: CanonicalStatement, heads: frozenset[str]) -> CanonicalStatement:
    """``s^2 = …`` where s stands nowhere else on the left gives s: the root."""
    head = statement.sides[0]
    if len(statement.sides) < 2 or not isinstance(head, Power) or statement.sides[1] is None:
        return statement
    square = isinstance(head.exponent, Number) and head.exponent.value == 2
    if not isinstance(head.base, Name) or head.base.key in heads or not square:
        return statement
    if contains(statement.sides[1], Partial) or head.base.key in names_in(statement.sides[1]):
        return statement
    roots = tuple(
        None if side is None else Apply(Name("sqrt"), (side,), span=side.span)
        for side in statement.sides[1:]
    )
    return replace(statement, sides=(head.base, *roots))


def _value_of(node: Apply, valued: Mapping[str, tuple[str, ...]]) -> Name | None:
    """``\\sigma(z_k)`` as the name of an entry, where σ is an array of the page."""
    bases = valued.get(node.function.key)
    given = [a.base if isinstance(a, Name) else "" for a in node.arguments]
    if node.order or bases is None or tuple(given) != bases:
        return None
    marks = [a for a in node.arguments if isinstance(a, Name)]
    below = ",".join(filter(None, [node.function.subscript, *(m.subscript for m in marks)]))
    above = "".join(filter(None, [node.function.superscript, *(m.superscript for m in marks)]))
    return replace(node.function, subscript=below, superscript=above, span=node.span)


def _derived_functions(statements: Sequence[CanonicalStatement]) -> frozenset[str]:
    """Functions that the page defines at the names by which it derives them: ``S(a, b)``."""
    sides = [side for s in statements for side in s.sides if side is not None]
    partials = [n for side in sides for n in walk(side) if isinstance(n, Partial)]
    by = {n.by.key for n in partials if isinstance(n.by, Name)}
    of = {n.of.function.key if isinstance(n.of, Apply) else to_key(n.of) for n in partials}
    heads = [s.sides[0] for s in statements if len(s.sides) > 1]
    return frozenset(
        h.function.key
        for h in heads
        if isinstance(h, Apply) and not h.order and h.function.key in of and len(h.arguments) > 1
        if all(isinstance(a, Name) and a.key in by for a in h.arguments)
    )


def _statements(read: ReadDocument) -> Iterator[CanonicalStatement]:
    usual = usual_spelling(read.statements, ReadingLog(read.document).silent())
    for statement in map(_without_overwriting, usual):
        sides = tuple(side.expression for side in statement.sides)
        yield CanonicalStatement(statement, sides, ("",) * len(sides), ((),) * len(sides))


def _whole(binding: Binding) -> Binding:
    """A loss whose sum is meant to take in all terms, though no bracket says so."""
    if not is_loss_name(binding.name):
        return binding
    return replace(binding, body=with_whole_sum(binding.body))


def _without_overwriting(statement: Statement) -> Statement:
    """``δ := δ w_2`` gives a helper its next value: it is no rule of descent."""
    head = statement.sides[0].expression
    body = statement.sides[1].expression if len(statement.sides) > 1 else None
    own = isinstance(head, Name) and head.base not in TRAINED and not isinstance(body, Add)
    if not own or body is None or statement.relations[0].symbol not in (":=", "<-"):
        return statement
    relation = replace(statement.relations[0], symbol="=")
    return replace(statement, relations=(relation, *statement.relations[1:]))


def _as_written(
    statement: CanonicalStatement,
    derived: frozenset[str],
    valued: Mapping[str, tuple[str, ...]],
    differentials: frozenset[tuple[str, str]],
) -> CanonicalStatement:
    """Losses without their arguments; labels of braces are statements of their own.

    ``derived`` are functions of trained names alone that something derives: ``S(a, b)``.
    """

    def change(node: Expression) -> Expression:
        if isinstance(node, Underbrace):
            return replace(node, label=None)
        if isinstance(node, Name) and (node.base, node.accent) in differentials:
            by = replace(node, base=node.base[1:])
            return Partial(Name("loss", span=node.span), by, span=node.span)
        if not isinstance(node, Apply):
            return node
        value = _value_of(node, valued)
        if value is not None:
            return value
        if not node.order and (is_loss_name(node.function) or node.function.key in derived):
            return replace(node.function, span=node.span)
        if node.order == 1 and is_loss_name(node.function) and len(node.arguments) == 1:
            return Partial(node.function, node.arguments[0], span=node.span)
        return node

    sides = tuple(None if s is None else transform(s, change) for s in statement.sides)
    return replace(statement, sides=sides)


def _trained(statements: Sequence[CanonicalStatement]) -> frozenset[str]:
    """Keys of names that something is derived by, or that an update trains, and nothing defines.

    What the page only solves for in the end (``b = \\bar y - w \\bar x``) is not defined by that.
    """
    by: dict[str, Name] = {}
    first: dict[str, int] = {}  # where something is first derived by a name
    heads: dict[str, int] = {}
    used: dict[str, int] = {}
    for at, statement in enumerate(statements):
        head = statement.sides[0]
        if statement.is_update:
            if isinstance(head, Name):
                by.setdefault(head.key, head)
            continue
        if isinstance(head, Name) and len(statement.sides) > 1:
            heads.setdefault(head.key, at)
        for side in statement.sides:
            for node in walk(side) if side is not None else ():
                if isinstance(node, Partial) and isinstance(node.by, Name):
                    by.setdefault(node.by.key, node.by)
                    first.setdefault(node.by.key, at)
        if isinstance(head, Name):
            for side in statement.sides[1:]:
                for key in value_keys(side) if side is not None else ():
                    used.setdefault(key, at)
    return frozenset(
        key
        for key, name in by.items()
        if key not in heads
        or (max(used.get(key, 10**9), first.get(key, 10**9)) < heads[key] and _is_typical(name))
    )


def _is_typical(name: Name) -> bool:
    return bool(name.base in WEIGHT.names() or name.base in BIAS.names()) and not name.accent


def _names(expression: Expression) -> list[Name]:
    return [node for node in walk(expression) if isinstance(node, Name)]


def versions(page: InOrder, array_of: Callable[[Name], str]) -> dict[str, list[Defined]]:
    """The definitions of every array, in document order.

    A definition that repeats the last one, or says in closed form what a derivative that was
    given a name is, makes no new version. ``array_of`` raises Unmeant for what is no name of one.
    """
    found: dict[str, list[Defined]] = {}
    for binding in page.bindings:
        try:
            array = array_of(binding.name)
        except Unmeant:
            continue
        several = found.setdefault(array, [])
        if several and _is_claim(several[-1].binding, binding):
            continue
        if several and not is_closed(binding.body) and _is_near(page, several[-1], binding):
            continue
        again = _again(page, several[-1].binding, binding) if several else ""
        doubt = _doubt(page, several[-1].binding, binding) if again == "other" else ""
        several.append(Defined(binding, binding.name, len(several), again, doubt))
    return found


def _is_claim(old: Binding, new: Binding) -> bool:
    return to_key(old.body) == to_key(new.body) or not is_closed(old.body)


def _is_near(page: InOrder, old: Defined, new: Binding) -> bool:
    """Whether a name was used by no claim since it was defined: ``δ = …, where δ = ∂L/∂z``.

    What it is said to be the derivative of is a claim about it then.
    """
    if page.passes_on(old.binding.span.end, new.start):
        return False
    between = (s for s in page.statements if old.place < s.position < new.start)
    return not any(isinstance(s.sides[0], Partial) for s in between)


def _doubt(page: InOrder, old: Binding, new: Binding) -> str:
    """Why a forward equation that is made again is not sure to replace the first.

    It replaces it where the text passes on to something else; two before anything is derived are
    alternatives, of which the last counts.
    """
    text = page.read.document.text[old.span.end : new.start]
    others = set(value_keys(old.body)) != set(value_keys(new.body))
    if _INSTEAD.search(text) or (others and _MAY_PASS_ON.search(text)):
        return ""
    headings = list(_HEADING.finditer(text))
    if headings and _begins_anew(page, old.span.end + headings[-1].start(), new):
        return ""
    document = page.read.document
    lines = sorted({document.line_of(old.span), document.line_of(new.span)})
    places = " and ".join(map(str, lines))
    return f"{to_text(new.name)} is defined twice, lines {places}"


def _again(page: InOrder, old: Binding, new: Binding) -> str:
    if is_helper(new.name) or _comes_from(page, old, new):
        return "anew"
    return "other"


def _begins_anew(page: InOrder, heading: int, new: Binding) -> bool:
    """Whether a section gives more of the network again: then it is another one."""
    earlier = {page.symbol(b.name) for b in page.bindings if b.start < heading}
    again = [b for b in page.bindings if b.start > heading and page.symbol(b.name) in earlier]
    others = {page.symbol(b.name) for b in again if not is_helper(b.name)}
    return len(others - {page.symbol(new.name)}) > 0


def _comes_from(page: InOrder, old: Binding, new: Binding) -> bool:
    """Whether the new body uses what was computed from the old value."""
    bodies: dict[str, Expression] = {}
    for binding in page.bindings:
        if binding.start < new.start or binding is new:
            bodies[binding.key] = binding.body
    seen: set[str] = set()
    stack = list(value_keys(new.body))
    while stack:
        key = stack.pop()
        if key == old.key:
            return True
        if key not in seen and key in bodies:
            seen.add(key)
            stack += value_keys(bodies[key])
    return False


def is_of_formals(formals: Sequence[str], body: Expression) -> bool:
    """Whether a formula has its arguments alone, as numbers: no other name, no sum of entries."""
    return set(value_keys(body)) <= {*formals, "e"} and not contains(body, Sum)


def is_closed(expression: Expression) -> bool:
    """Whether no derivative is left in it."""
    return not contains(expression, Partial)
