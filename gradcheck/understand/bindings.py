"""Bindings: the steps of a document that give a name, or a function, its meaning."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from functools import cached_property

from gradcheck.language.document import Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Negate,
    Partial,
    Sum,
    Underbrace,
    contains,
    names_in,
    transform,
    value_keys,
    walk,
)
from gradcheck.language.functions import BY_NAME
from gradcheck.language.names import INPUT, LIKELY
from gradcheck.language.statement import Seen, Statement
from gradcheck.understand.descending import is_rule
from gradcheck.understand.naming import Naming, index_slip, is_loss_name
from gradcheck.understand.ranges import ranges

EQUALITIES = frozenset({"=", ":=", "<-"})


@dataclass(frozen=True, slots=True)
class Binding:
    """``key`` (with ``formals``, if it is a function) is bound to ``body``, canonical names."""

    key: str
    name: Name
    formals: tuple[str, ...]
    body: Expression
    statement: int  # number
    side: int  # index of the body's side
    span: Span  # of the body's side
    sides: tuple[Expression, ...] = ()  # every partial-free side of the chain after the name
    start: int = 0  # where its statement begins

    @property
    def position(self) -> int:
        return self.span.start


@dataclass(frozen=True)
class CanonicalStatement:
    """A statement with canonical names; ``sides[k]`` is None if that side was not read."""

    statement: Statement
    sides: tuple[Expression | None, ...]
    slips: tuple[str, ...] = ()  # a side: what is wrong with its indices, or nothing
    seen: tuple[tuple[Seen, ...], ...] = ()  # a side that was not read: the derivatives in it

    @property
    def number(self) -> int:
        return self.statement.number

    @property
    def position(self) -> int:
        return self.statement.span.start

    @cached_property
    def is_update(self) -> bool:
        """Whether it is a rule of gradient descent."""
        if len(self.sides) < 2 or self.statement.origin == "underbrace":
            return False
        return is_rule(self.sides, self.statement.relations[0].symbol)


def canonical_statement(statement: Statement, naming: Naming) -> CanonicalStatement:
    """The statement with every name replaced by its canonical one."""

    def change(node: Expression) -> Expression:
        if isinstance(node, Name):
            return naming.canonical(node)
        if isinstance(node, Underbrace):  # what it says of its operand is a statement of its own
            return replace(node, label=None)
        if isinstance(node, Apply) and not node.order and is_loss_name(node.function):
            return replace(node.function, span=node.span)  # L(y, ŷ) and J(w, b) are L and J
        if isinstance(node, Apply) and node.order == 1 and is_loss_name(node.function):
            by = node.arguments[0]
            if len(node.arguments) == 1 and isinstance(by, Name):
                return Partial(node.function, by, span=node.span)  # L'(w)
        return node

    return CanonicalStatement(
        statement,
        tuple(
            None if side.expression is None else transform(side.expression, change)
            for side in statement.sides
        ),
        tuple(
            "" if side.expression is None else index_slip(side.expression, naming)
            for side in statement.sides
        ),
        tuple(
            tuple(replace(s, partial=transform(s.partial, change)) for s in side.seen)  # type: ignore[arg-type]
            for side in statement.sides
        ),
    )


def collect_bindings(
    statements: tuple[CanonicalStatement, ...], trained: set[str]
) -> tuple[Binding, ...]:
    """Every binding in document order; ``trained`` names (parameters) are never bound."""
    found: list[Binding] = []
    known: set[str] = set()
    used: set[str] = set(trained)
    lefts = {s.sides[0].key for s in statements if isinstance(s.sides[0], Name)}
    indices = ranges([statement.sides for statement in statements])
    for at, statement in enumerate(statements):
        if not statement.is_update and not names_factor(statement) and at not in indices:
            found.extend(_bindings_of(statement, trained, known, lefts))
            last = _bound_at_the_end(statement, used)
            found.extend(last)
            known.update(binding.key for binding in last)
        used |= {key for side in statement.sides if side is not None for key in names_in(side)}
    return tuple(found)


def _bound_at_the_end(statement: CanonicalStatement, used: set[str]) -> list[Binding]:
    """``∂L/∂z = \\hat{y} - y =: δ``: a name that nobody used before, for the side before it."""
    first, last = statement.sides[0], statement.sides[-1]
    if first is None or not isinstance(last, Name) or not contains(first, Partial):
        return []
    at = len(statement.sides) - 2
    body = statement.sides[at]
    if body is None or contains(body, Partial) or statement.statement.relations[at].symbol != "=":
        return []
    keys = set(value_keys(body)) - {"e"}
    if last.key in used or last.key in keys or not keys or last.key in names_in(first):
        return []
    span, start = statement.statement.sides[at].span, statement.position
    return [Binding(last.key, last, (), body, statement.number, at, span, (body,), start)]


def names_factor(statement: CanonicalStatement) -> bool:
    """Whether it is ``\\underbrace{x}_{\\partial z/\\partial w}``, which says where an x comes
    from and defines none."""
    label = statement.sides[-1]
    braced = statement.statement.origin == "underbrace"
    return braced and label is not None and contains(label, Partial)


def _bindings_of(
    statement: CanonicalStatement, trained: set[str], bound: set[str], lefts: set[str]
) -> list[Binding]:
    found: list[Binding] = []
    for at in range(len(statement.sides) - 1):
        head = statement.sides[at]
        if statement.statement.relations[at].symbol not in EQUALITIES or head is None:
            continue
        whole = is_hypothesis(head, lefts)
        if at > 0 and not _binds_in_the_middle(head, bound, whole):
            continue
        binding = _bind(statement, at, head, trained, lefts)
        if binding is not None:
            found.append(binding)
            bound.add(binding.key)
    return found


def is_hypothesis(side: Expression | None, lefts: Container[str]) -> bool:
    """Whether a side is what a model gives for its input: ``h_\\theta(x)``, ``f(x; w, b)``.

    In ``\\hat{y} = h_\\theta(x) = \\sigma(w x + b)`` it is one more name for the prediction.
    ``lefts`` are the names that have an equation of their own: those are no input.
    """
    if not isinstance(side, Apply) or side.order or side.function.key in BY_NAME:
        return False
    names = [argument for argument in side.arguments if isinstance(argument, Name)]
    inputs = [name for name in names if name.base in INPUT.names(LIKELY)]
    return len(names) == len(side.arguments) and any(name.key not in lefts for name in inputs)


def _binds_in_the_middle(head: Expression, bound: set[str], whole: bool) -> bool:
    """In ``L = MSE = …`` the middle name is bound too; in ``a_1 = \\sigma(z_1) = 1/(1+e^{-z_1})``
    the function is."""
    if isinstance(head, Name):
        return head.key not in bound
    if isinstance(head, Apply):
        single = len(head.arguments) == 1
        return head.order == 0 and head.function.key not in bound and (single or whole)
    return isinstance(head, FunctionName) and head.order == 0


def _bind(
    statement: CanonicalStatement,
    at: int,
    head: Expression,
    trained: set[str],
    lefts: Container[str] = (),
) -> Binding | None:
    follow = _equal_sides(statement, at)
    if not follow:
        return None
    closed = [(k, side) for k, side in follow if not contains(side, Partial)]
    valued = [pair for pair in closed if set(value_keys(pair[1])) - {"e"}]
    if isinstance(head, Name):  # what the model's own name stands for comes after it
        valued = [pair for pair in valued if not is_hypothesis(pair[1], lefts)] or valued
    side, body = next(iter(valued or closed or follow))
    span = statement.statement.sides[side].span
    sides = tuple(expression for _, expression in closed)
    start = statement.position
    if isinstance(head, Name) and head.key not in trained:
        if closed and contains(follow[0][1], Partial):
            # δ = ∂L/∂z = … : its value is the chain's last closed form, where that is no number
            side, body = valued[-1] if valued else follow[0]
            span = statement.statement.sides[side].span
        return Binding(head.key, head, (), body, statement.number, side, span, sides, start)
    if isinstance(head, Apply) and head.order == 0:
        formals = tuple(a.key for a in head.arguments if isinstance(a, Name))
        if len(formals) != len(head.arguments) or _applies(body, head.function.key):
            return None
        if not set(value_keys(body)) - {"e"}:
            return None  # σ(z_1) = 0.73 is a worked number
        more = set(value_keys(body)) - {*formals, "e"}
        if at > 0 and more and not is_hypothesis(head, lefts):
            return None  # g(z_2) = w_2 a_1 + b_2 equates two values, and defines no function
        key = head.function.key
        return Binding(
            key, head.function, formals, body, statement.number, side, span, sides, start
        )
    if isinstance(head, FunctionName) and head.order == 0:
        formals = _formal_of(body)
        key = head.function.key
        return Binding(
            key, head.function, formals, body, statement.number, side, span, sides, start
        )
    return None


def _equal_sides(statement: CanonicalStatement, at: int) -> list[tuple[int, Expression]]:
    """The read sides that the chain equates with side ``at``, those to its right only."""
    found: list[tuple[int, Expression]] = []
    for k in range(at, len(statement.statement.relations)):
        if statement.statement.relations[k].symbol not in EQUALITIES:
            break
        side = statement.sides[k + 1]
        if side is not None:
            found.append((k + 1, side))
        elif not found:
            break  # the first side is not read: what follows may not be what the name was set to
    return found


def _formal_of(body: Expression) -> tuple[str, ...]:
    """In ``\\tanh = (e^x - e^{-x})/(e^x + e^{-x})`` the argument is the one name besides e."""
    names = sorted(names_in(body) - {"e"})
    return tuple(names) if len(names) == 1 else ()


def _applies(body: Expression, key: str) -> bool:
    """Whether a function occurs in what would be its own definition: that is a claim about it."""
    return any(node.function.key == key for node in heads_applied(body))


def factors_of(expression: Expression) -> list[Expression]:
    """The factors of a product, nested products and signs opened."""
    if isinstance(expression, Multiply):
        return [f for factor in expression.factors for f in factors_of(factor)]
    if isinstance(expression, Negate):
        return factors_of(expression.operand)
    return [expression]


def with_whole_sum(body: Expression) -> Expression:
    """``-\\frac{1}{n} \\sum y \\log p + (1-y) \\log(1-p)``: the sum is meant to take in both terms.

    Read to the letter the second term would be no sample's; only log losses are written so.
    """
    if not isinstance(body, Add) or not is_logarithmic(body.terms[0]):
        return body
    first, rest = body.terms[0], body.terms[1:]
    sums = [node for node in walk(first) if isinstance(node, Sum)]
    if len(sums) != 1 or not all(is_logarithmic(t) and not contains(t, Sum) for t in rest):
        return body
    whole = replace(sums[0], body=Add((sums[0].body, *rest)))
    return transform(first, lambda node: whole if node is sums[0] or node == sums[0] else node)


def is_logarithmic(term: Expression) -> bool:
    """Whether a logarithm occurs, to whatever base."""
    return any(node.function.base in ("log", "lg") for node in heads_applied(term))


def heads_applied(expression: Expression) -> list[Apply]:
    """Every application in an expression, outermost first."""
    return [node for node in walk(expression) if isinstance(node, Apply)]
