"""Resolution: from what is written to what is meant, one expression at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from operator import is_

from gradcheck.language.document import NOWHERE, Span
from gradcheck.language.expression import (
    INDICATOR,
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    FunctionName,
    Multiply,
    Name,
    Negate,
    Number,
    Partial,
    Power,
    Sum,
    Transpose,
    Underbrace,
    contains,
    substitute,
    to_key,
    with_children,
)
from gradcheck.language.functions import BY_NAME, FUNCTIONS, form_of
from gradcheck.language.notation import to_text
from gradcheck.run.budget import spend
from gradcheck.understand.naming import Naming, is_loss_name
from gradcheck.understand.readings import ReadingLog


class Unresolved(Exception):
    """A side whose meaning could not be settled: the reason, and the place."""

    def __init__(self, reason: str, span: Span = NOWHERE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


@dataclass(frozen=True, slots=True)
class FunctionMeaning:
    """A function of the document: ``known`` (of BASIC, or identity), or its formula.

    With neither it is abstract.
    """

    known: str | None = None
    formals: tuple[str, ...] = ()
    body: Expression | None = None  # canonical, not resolved


@dataclass(frozen=True)
class Resolver:
    """Resolves sides against the names and functions of one setup.

    ``values`` are the keys that have a value (defined names, parameters, inputs, labels,
    constants); while the model itself is being built it is None and any name passes.
    """

    naming: Naming
    functions: Mapping[str, FunctionMeaning]
    bound: frozenset[str]
    log: ReadingLog
    loss: str | None = None
    values: frozenset[str] | None = None
    hidden: tuple[str, Expression] | None = None  # the hidden activation's head, its argument
    defined: frozenset[str] = field(default_factory=frozenset)
    identities: frozenset[str] = field(default_factory=frozenset)  # applications that are no more
    refused: Mapping[str, str] = field(default_factory=dict)  # names defined, not understood: why
    no_input: frozenset[str] = frozenset()  # labels and counts: ŷ(m) is none of the samples'
    shared: bool = False  # the output layer has the hidden activation's function too
    depth: int = 0  # how many functions are being put in for their names
    neutral: bool = False  # what is struck out counts for nothing

    def resolve(self, node: Expression) -> Expression:
        """The resolved expression, the node itself where everything in it stays.

        Raises Unresolved with a reason where the meaning cannot be settled.
        """
        spend(3)
        match node:
            case Number():
                return node
            case Name():
                return self._name(node)
            case Apply():
                return self._apply(node)
            case FunctionName():
                return self._function_name(node)
            case Add(terms=terms):
                terms = self._valued(self._standing(terms))
                if len(terms) < 2:
                    return self.resolve(terms[0]) if terms else _ZERO
                return _with(node, terms, tuple([self.resolve(term) for term in terms]))
            case Multiply(factors=factors):
                factors = self._valued(self._standing(factors))
                if len(factors) < 2:
                    return self.resolve(factors[0]) if factors else _ONE
                return _with(node, factors, tuple([self.resolve(f) for f in factors]))
            case Negate() | Divide():
                parts = node.children()
                return _with(node, parts, tuple([self.resolve(part) for part in parts]))
            case Power():
                return self._power(node)
            case Partial():
                return self._partial(node)
            case Sum():
                return self._sum(node)
            case Underbrace(operand=operand):
                return self.resolve(operand)
            case Cancel(operand=operand):
                self.log.note("cancel", node.span)
                if self.neutral:
                    return _ONE
                return self.resolve(operand)
            case Transpose():
                raise Unresolved("matrix notation (a transpose) is not judged yet", node.span)
        raise Unresolved(f"a {type(node).__name__} is not understood here", node.span)

    def _standing(self, parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
        """The terms or factors that are not struck out."""
        if not self.neutral:
            return parts
        return tuple(p for p in parts if not isinstance(p, Cancel) and not _is_struck_term(p))

    def _valued(self, parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
        """Terms or factors as they are; a loss by a name that nothing defines is no value.

        ``\\partial C`` means the loss on a page that calls it L; ``C w_2`` may mean anything.
        """
        if self.values is None:
            return parts
        for part in parts:
            if isinstance(part, Name) and is_loss_name(part) and part.key not in self.values:
                raise Unresolved(f"{to_text(part)} is not defined in the document", part.span)
        return parts

    def _name(self, node: Name) -> Expression:
        if node.key == "e" and "e" not in self.bound:
            return Apply(Name("exp"), (_ONE,), span=node.span)
        known = self.defined if self.values is None else self.values
        if node.key in known:
            return node
        if self.loss is not None and is_loss_name(node):
            if node.base != "loss" and node.key not in self.bound:  # dW_1 names no loss
                self.log.note("loss-before", node.span, to_text(node), self.loss)
            return Name(self.loss, span=node.span)
        if self.values is None:
            return node
        if node.key in self.functions:  # a bare σ is meant at its argument
            return self._function_name(FunctionName(node, 0, span=node.span))
        if node.key in self.refused:
            raise Unresolved(f"{to_text(node)} is not known: {self.refused[node.key]}", node.span)
        raise Unresolved(f"{to_text(node)} is not defined in the document", node.span)

    def _power(self, node: Power) -> Expression:
        exponent = self.resolve(node.exponent)
        if isinstance(node.base, Apply) and _is_norm(node.base) and _is_two(exponent):
            self.log.note("norm", node.base.span)
            return replace(node, base=self.resolve(node.base.arguments[0]), exponent=exponent)
        if isinstance(node.base, Name) and node.base.key == "e" and "e" not in self.bound:
            return Apply(Name("exp"), (exponent,), span=node.span)
        return _with(node, node.children(), (self.resolve(node.base), exponent))

    def _apply(self, node: Apply) -> Expression:
        key = node.function.key
        if self.identities:
            plain = Apply(node.function, node.arguments) if node.order else node
            if to_key(plain) in self.identities:
                return self.resolve(node.arguments[0]) if not node.order else _ONE
        meaning = self.functions.get(key)
        if _is_norm(node) and not node.order:
            self.log.note("norm", node.span)
            return Apply(Name("abs"), (self.resolve(node.arguments[0]),), span=node.span)
        if key == INDICATOR:
            return Apply(Name("relu"), (self.resolve(node.arguments[0]),), 1, span=node.span)
        if key == "max" and len(node.arguments) == 2:
            return self._max(node)
        if node.function.base in ("log", "lg") and len(node.arguments) == 1:
            return self._logarithm(node)
        if meaning is None and (is_loss_name(node.function) or self._is_value(key)):
            return self._applied_value(node)
        arguments = tuple(self.resolve(argument) for argument in node.arguments)
        if meaning is None:
            known = BY_NAME.get(key)
            meaning = FunctionMeaning(known=known) if known else FunctionMeaning()
        if meaning.known == "identity" and len(arguments) == 1:
            return arguments[0] if node.order == 0 else _ONE if node.order == 1 else _ZERO
        known = meaning.known
        if known is not None and FUNCTIONS[known].forms and len(arguments) == 1:
            form = form_of(known, node.order, arguments[0])
            if form is None:
                raise Unresolved(f"derivative {node.order} of {known}", node.span)
            return form
        if known is not None:
            return Apply(Name(known), arguments, node.order, span=node.span)
        if meaning.body is None:
            if len(arguments) != 1:
                raise Unresolved(
                    f"{to_text(node.function)} of {len(arguments)} arguments is not defined",
                    node.span,
                )
            return Apply(node.function, arguments, node.order, span=node.span)
        if node.order:
            raise Unresolved(
                f"the derivative of {to_text(node.function)} is not known to gradcheck", node.span
            )
        body = self._inner().resolve(meaning.body)
        return substitute(body, dict(zip(meaning.formals, arguments, strict=False)))

    def _logarithm(self, node: Apply) -> Expression:
        """The natural one, or by it the one to a base that is written: ``\\log_2``, ``\\lg``."""
        if node.order:
            raise Unresolved("the derivative of a logarithm is written as a formula", node.span)
        written = node.function.subscript
        base = "10" if node.function.base == "lg" and not written else written
        natural = Apply(Name("log"), (self.resolve(node.arguments[0]),), span=node.span)
        if base in ("", "e"):
            return natural
        if base not in ("2", "10"):
            raise Unresolved(f"the logarithm to base {base} is not known", node.span)
        number = Number(Fraction(int(base)))
        return Divide(natural, Apply(Name("log"), (number,)), span=node.span)

    def _inner(self) -> Resolver:
        if self.depth >= 16:
            raise Unresolved("the functions are defined in a circle")
        return replace(self, values=None, depth=self.depth + 1)

    def _is_value(self, key: str) -> bool:
        return key in self.bound or (self.values is not None and key in self.values)

    def _applied_value(self, node: Apply) -> Expression:
        """``L(y, \\hat y)`` and ``\\hat y(x)`` are the values; ``w_2(a_1)`` is a product."""
        value = self._name(node.function)
        loss_like = is_loss_name(node.function) or node.function.key in self.bound
        if loss_like and all(isinstance(argument, Name) for argument in node.arguments):
            odd = [a for a in node.arguments if isinstance(a, Name) and a.key in self.no_input]
            if odd and not is_loss_name(node.function):
                words = f"{to_text(node.function)} is taken at {to_text(odd[0])}, which is no input"
                raise Unresolved(words, node.span)
            return value
        if len(node.arguments) == 1 and not node.order:
            product = f"{to_text(node)}"
            self.log.note("bare-product", node.span, to_text(node.function), product)
            return Multiply((value, self.resolve(node.arguments[0])), span=node.span)
        raise Unresolved(f"{to_text(node.function)} is a value, not a function", node.span)

    def _max(self, node: Apply) -> Expression:
        first, second = node.arguments
        if isinstance(second, Number) and second.value == 0:
            first, second = second, first
        if isinstance(first, Number) and first.value == 0:
            return Apply(Name("relu"), (self.resolve(second),), span=node.span)
        raise Unresolved("a maximum is understood only of 0 and a name", node.span)

    def _function_name(self, node: FunctionName) -> Expression:
        """A bare ``\\sigma'`` is taken at the hidden layer's argument."""
        if self.hidden is not None:
            head, argument = self.hidden
            meaning = self.functions.get(node.function.key, FunctionMeaning())
            known = meaning.known or BY_NAME.get(node.function.key) or node.function.key
            if known == head and self.shared:
                raise Unresolved(
                    f"{to_text(node)} may be meant at more than one place: write where"
                )
            if known == head:
                self.log.note("bare-derivative", node.span, to_text(node), to_text(argument))
                return Apply(Name(head), (argument,), node.order, span=node.span)
        raise Unresolved(f"{to_text(node)} has no argument", node.span)

    def _partial(self, node: Partial) -> Expression:
        by = node.by
        if isinstance(by, Cancel | Underbrace):
            by = by.operand
        if not isinstance(by, Name):
            raise Unresolved("a derivative by something that is not a name", node.by.span)
        of = self.resolve(node.of)
        return _with(node, node.children(), (of, by))

    def _sum(self, node: Sum) -> Expression:
        body = self.resolve(node.body)
        if node.index is not None and node.index.base in self.naming.units | self.naming.named:
            self.log.note("unit-sum", node.span, to_text(node.index))
            return body
        if contains(body, Sum):
            raise Unresolved("a sum inside a sum is not judged yet", node.span)
        return Sum(body, span=node.span)


def _with(
    node: Expression, parts: Sequence[Expression], resolved: tuple[Expression, ...]
) -> Expression:
    """The node with its parts resolved; itself where they stay as they are."""
    same = len(parts) == len(node.children()) and all(map(is_, parts, resolved))
    return node if same else with_children(node, resolved)


_ONE = Number(Fraction(1))


def _is_norm(node: Apply) -> bool:
    return node.function.base == "norm" and len(node.arguments) == 1


def _is_two(node: Expression) -> bool:
    return isinstance(node, Number) and node.value == 2


def _is_struck_term(node: Expression) -> bool:
    return isinstance(node, Negate) and isinstance(node.operand, Cancel)


_ZERO = Number(Fraction(0))
