"""The expression tree of a derivation: immutable, with source spans, never simplified.

What the author wrote is what the tree holds: ``(a-y)/(a(1-a)) \\cdot a(1-a)`` keeps both
factors, because the step that cancels them is exactly what has to be judged. Equality and
hashing look at the mathematics only; a span is where a node was read and never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction

from gradcheck.document import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of the tree; ``span`` is its place in the document, brackets included."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True, repr=False)

    def children(self) -> tuple[Expression, ...]:
        """The direct sub-expressions, in source order."""
        return ()


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """An exact number, not negative; decimals are exact rationals (``0.5`` is 1/2)."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A name with its decorations: ``\\hat{y}_i`` is base ``y``, accent ``hat``, subscript ``i``.

    ``base`` has no backslash (``sigma``, ``delta``, ``w``, ``Loss``); ``superscript`` is an index
    with its own brackets (``(1)``, ``[l]``, ``(i)``), never a power; ``qualifier`` is ``pred`` in
    ``y(pred)``; ``accent`` is ``hat``, ``bar``, ``tilde``, ``dot``, ``cal`` (calligraphic) or
    several joined by a space, outermost first. Bold, roman and italic are not kept.
    """

    base: str
    subscript: str = ""
    superscript: str = ""
    accent: str = ""
    qualifier: str = ""

    @property
    def key(self) -> str:
        """One string for the name, e.g. ``hat(y)_i``, ``W^[l]``, ``y(pred)``, ``Loss_MSE``."""
        text = self.base
        for accent in reversed(self.accent.split()):
            text = f"{accent}({text})"
        if self.qualifier:
            text += f"({self.qualifier})"
        if self.subscript:
            text += f"_{self.subscript}"
        if self.superscript:
            text += f"^{self.superscript}"
        return text


@dataclass(frozen=True, slots=True)
class FunctionName(Expression):
    """A function that is named without an argument: ``\\tanh``, ``\\tanh'``, ``g'``."""

    function: Name
    order: int = 0  # how many primes

    def children(self) -> tuple[Expression, ...]:
        return (self.function,)


@dataclass(frozen=True, slots=True)
class Add(Expression):
    """A sum of two or more terms; ``a - b`` is ``Add((a, Negate(b)))``."""

    terms: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.terms


@dataclass(frozen=True, slots=True)
class Negate(Expression):
    operand: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Multiply(Expression):
    """A product of two or more factors; a bracketed product stays a factor of its own."""

    factors: tuple[Expression, ...]

    def children(self) -> tuple[Expression, ...]:
        return self.factors


@dataclass(frozen=True, slots=True)
class Divide(Expression):
    numerator: Expression
    denominator: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Power(Expression):
    base: Expression
    exponent: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.base, self.exponent)


@dataclass(frozen=True, slots=True)
class Apply(Expression):
    """A function applied to arguments: ``\\sigma'(z_1)`` has order 1."""

    function: Name
    arguments: tuple[Expression, ...]
    order: int = 0  # how many primes

    def children(self) -> tuple[Expression, ...]:
        return (self.function, *self.arguments)


@dataclass(frozen=True, slots=True)
class Partial(Expression):
    """A derivative that is written, not carried out: ``\\frac{\\partial L}{\\partial w_1}``."""

    of: Expression
    by: Expression
    order: int = 1

    def children(self) -> tuple[Expression, ...]:
        return (self.of, self.by)


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """A sum sign with its body; index and bounds are None where the author wrote none."""

    body: Expression
    index: Name | None = None
    lower: Expression | None = None
    upper: Expression | None = None

    def children(self) -> tuple[Expression, ...]:
        parts = (self.index, self.lower, self.upper, self.body)
        return tuple(part for part in parts if part is not None)


@dataclass(frozen=True, slots=True)
class Transpose(Expression):
    operand: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Cancel(Expression):
    """Something struck out: it may stand for itself or for nothing (1 as a factor, 0 as a term)."""

    operand: Expression

    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Underbrace(Expression):
    """``\\underbrace{X}_{Y}``: it is X; that X = Y is a statement of its own."""

    operand: Expression
    label: Expression | None = None

    def children(self) -> tuple[Expression, ...]:
        return (self.operand,) if self.label is None else (self.operand, self.label)


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, the expression itself first, depth first in source order."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children()))


def names_in(expression: Expression) -> set[str]:
    """The keys of all names that occur, function names included."""
    return {node.key for node in walk(expression) if isinstance(node, Name)}


def contains(expression: Expression, kind: type[Expression]) -> bool:
    """Whether a node of this kind occurs anywhere."""
    return any(isinstance(node, kind) for node in walk(expression))


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Rebuild the tree bottom up: ``change`` is given each node with its children already changed.

    Spans are kept unless ``change`` sets others.
    """
    changed: dict[str, object] = {}
    for slot in fields(expression):
        value = getattr(expression, slot.name)
        if isinstance(value, Expression):
            new: object = transform(value, change)
        elif isinstance(value, tuple) and value and isinstance(value[0], Expression):
            new = tuple(transform(item, change) for item in value)
        else:
            continue
        if new != value or new is not value:
            changed[slot.name] = new
    return change(replace(expression, **changed) if changed else expression)  # type: ignore[arg-type]


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """Put an expression for every name whose key is in ``values`` (function heads excepted)."""

    def change(node: Expression) -> Expression:
        return values.get(node.key, node) if isinstance(node, Name) else node

    return _substitute(expression, change)


def _substitute(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    if isinstance(expression, Apply):
        arguments = tuple(_substitute(argument, change) for argument in expression.arguments)
        return replace(expression, arguments=arguments)
    if isinstance(expression, FunctionName):
        return expression
    if isinstance(expression, Sum):
        return replace(expression, body=_substitute(expression.body, change))
    changed: dict[str, object] = {}
    for slot in fields(expression):
        value = getattr(expression, slot.name)
        if isinstance(value, Expression):
            changed[slot.name] = _substitute(value, change)
        elif isinstance(value, tuple) and value and isinstance(value[0], Expression):
            changed[slot.name] = tuple(_substitute(item, change) for item in value)
    return change(replace(expression, **changed) if changed else expression)  # type: ignore[arg-type]


def to_key(expression: Expression | None) -> str:
    """The tree as an S-expression, the notation of ``gradcheck read --tree`` and of the test key.

    ``(+ a (- b))``, ``(* a b)``, ``(/ a b)``, ``(^ a b)``, ``(call sigma' z_1)``, ``(fun tanh')``,
    ``(d L w_1)``, ``(d2 L w_1)``, ``(sum i 1 m body)`` with ``_`` for what is not written,
    ``(T a)``, ``(cancel a)``, ``(underbrace a b)``.
    """
    if expression is None:
        return "_"
    match expression:
        case Number(value=value):
            return str(value)
        case Name():
            return expression.key
        case FunctionName(function=function, order=order):
            return f"(fun {function.key}{chr(39) * order})"
        case Add(terms=terms):
            return _list("+", terms)
        case Negate(operand=operand):
            return _list("-", (operand,))
        case Multiply(factors=factors):
            return _list("*", factors)
        case Divide(numerator=numerator, denominator=denominator):
            return _list("/", (numerator, denominator))
        case Power(base=base, exponent=exponent):
            return _list("^", (base, exponent))
        case Apply(function=function, arguments=arguments, order=order):
            return _list(f"call {function.key}{chr(39) * order}", arguments)
        case Partial(of=of, by=by, order=order):
            return _list("d" if order == 1 else f"d{order}", (of, by))
        case Sum(body=body, index=index, lower=lower, upper=upper):
            return _list("sum", (index, lower, upper, body))
        case Transpose(operand=operand):
            return _list("T", (operand,))
        case Cancel(operand=operand):
            return _list("cancel", (operand,))
        case Underbrace(operand=operand, label=label):
            return _list("underbrace", (operand, label))
    raise TypeError(f"not an expression of a derivation: {expression!r}")


def _list(head: str, items: tuple[Expression | None, ...]) -> str:
    return f"({head} {' '.join(to_key(item) for item in items)})"
