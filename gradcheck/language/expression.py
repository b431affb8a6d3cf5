"""The expression tree of a derivation: immutable, with source spans, never simplified.

What the author wrote is what the tree holds: ``(a-y)/(a(1-a)) \\cdot a(1-a)`` keeps both
factors, because the step that cancels them is exactly what has to be judged. Equality and
hashing look at the mathematics only; a span is where a node was read and never part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain

from gradcheck.language.document import NOWHERE, Span


class _Kept:
    """What is worked out once of a node, when it is first asked for; no part of the node."""

    __slots__ = ("_below", "_evaluated_keys", "_hash", "_value_keys")
    _hash: int
    _below: tuple[Expression, ...]
    _evaluated_keys: tuple[str, ...]
    _value_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expression(_Kept):
    """A node of the tree; ``span`` is its place in the document, brackets included."""

    span: Span = field(default=NOWHERE, compare=False, kw_only=True, repr=False)

    def children(self) -> tuple[Expression, ...]:
        """The direct sub-expressions, in source order."""
        return ()

    def below(self) -> tuple[Expression, ...]:
        """Every node inside this one, depth first in source order."""
        try:
            return self._below
        except AttributeError:
            found: list[Expression] = []
            stack = [*reversed(self.children())]
            while stack:
                node = stack.pop()
                found.append(node)
                children = node.children()
                if children:  # most nodes are leaves
                    stack.extend(children[::-1])
            object.__setattr__(self, "_below", tuple(found))
            return self._below


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

    ``key`` is one string for the name: ``hat(y)_i``, ``W^[l]``, ``y(pred)``, ``Loss_MSE``.
    """

    base: str
    subscript: str = ""
    superscript: str = ""
    accent: str = ""
    qualifier: str = ""
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        text = self.base
        if self.accent:
            for accent in reversed(self.accent.split()):
                text = f"{accent}({text})"
        if self.qualifier:
            text += f"({self.qualifier})"
        if self.subscript:
            text += f"_{self.subscript}"
        if self.superscript:
            text += f"^{self.superscript}"
        object.__setattr__(self, "key", text)


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


def _kept(worked_out: Callable[[Expression], int]) -> Callable[[Expression], int]:
    """A hash that is worked out once: trees are looked up far more often than they are made."""

    def kept(node: Expression) -> int:
        try:
            return node._hash
        except AttributeError:
            object.__setattr__(node, "_hash", worked_out(node))
            return node._hash

    return kept


for _kind in Expression.__subclasses__():
    setattr(_kind, "__hash__", _kept(_kind.__hash__))  # noqa: B010


INDICATOR = "indicator"
"""The function that is 1 where its argument is positive and 0 where it is negative: ``[z > 0]``."""


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, the expression itself first, depth first in source order."""
    return chain((expression,), expression.below())


def names_in(expression: Expression) -> set[str]:
    """The keys of all names that occur, function names included."""
    return {node.key for node in walk(expression) if isinstance(node, Name)}


def value_names(expression: Expression) -> list[Name]:
    """Every name that stands for a value (function heads left out), in source order."""
    found: list[Name] = []
    stack = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            found.append(node)
        elif isinstance(node, Apply):
            stack.extend(reversed(node.arguments))
        else:
            stack.extend(reversed(node.children()))
    return found


def value_keys(expression: Expression) -> list[str]:
    """The keys of `value_names`, each once, in source order."""
    try:
        return list(expression._value_keys)
    except AttributeError:
        keys = dict.fromkeys(name.key for name in value_names(expression))
        object.__setattr__(expression, "_value_keys", tuple(keys))
        return list(keys)


def evaluated_keys(expression: Expression) -> tuple[str, ...]:
    """The keys of the names whose values the value of an expression is computed from.

    No function head, no index or bound of a sum; a partial has its value from a graph of its own.
    """
    try:
        return expression._evaluated_keys
    except AttributeError:
        found: dict[str, None] = {}
        stack = [expression]
        while stack:
            node = stack.pop()
            if isinstance(node, Name):
                found[node.key] = None
            elif isinstance(node, Apply):
                stack.extend(reversed(node.arguments))
            elif isinstance(node, Sum):
                stack.append(node.body)
            elif not isinstance(node, Partial | FunctionName):
                stack.extend(reversed(node.children()))
        object.__setattr__(expression, "_evaluated_keys", tuple(found))
        return expression._evaluated_keys


def contains(expression: Expression, kind: type[Expression]) -> bool:
    """Whether a node of this kind occurs anywhere."""
    return any(isinstance(node, kind) for node in walk(expression))


def transform(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Rebuild the tree bottom up: ``change`` is given each node with its children already changed.

    Spans are kept unless ``change`` sets others.
    """
    children = expression.children()
    if not children:
        return change(expression)
    changed = tuple(transform(child, change) for child in children)
    if all(new is old for new, old in zip(changed, children, strict=True)):
        return change(expression)
    return change(with_children(expression, changed))


def with_children(node: Expression, children: tuple[Expression, ...]) -> Expression:
    """The same node with other children, in the order of `Expression.children`."""
    span = node.span
    match node:
        case Add():
            return Add(children, span=span)
        case Multiply():
            return Multiply(children, span=span)
        case Apply(order=order):
            return Apply(_name(children[0]), children[1:], order, span=span)
        case FunctionName(order=order):
            return FunctionName(_name(children[0]), order, span=span)
        case Partial(order=order):
            return Partial(children[0], children[1], order, span=span)
        case Sum():
            return _sum_of(node, children)
        case Underbrace(label=label):
            return Underbrace(children[0], None if label is None else children[1], span=span)
        case Divide() | Power():
            return type(node)(children[0], children[1], span=span)
        case Negate() | Transpose() | Cancel():
            return type(node)(children[0], span=span)
    raise TypeError(f"a node without children: {node!r}")


def _sum_of(node: Sum, children: tuple[Expression, ...]) -> Sum:
    rest = iter(children)
    index = None if node.index is None else _name(next(rest))
    lower = None if node.lower is None else next(rest)
    upper = None if node.upper is None else next(rest)
    return Sum(next(rest), index, lower, upper, span=node.span)


def _name(node: Expression) -> Name:
    if not isinstance(node, Name):
        raise TypeError(f"a function or an index must be a name, not {node!r}")
    return node


def substitute(expression: Expression, values: dict[str, Expression]) -> Expression:
    """Put an expression for every name whose key is in ``values``.

    Function heads, the index of a sum and its bounds are no values and stay.
    """
    match expression:
        case Name():
            return values.get(expression.key, expression)
        case FunctionName():
            return expression
        case Apply(function=function, arguments=arguments):
            inner: tuple[Expression, ...] = (function, *(substitute(a, values) for a in arguments))
        case Sum(body=body):
            return replace(expression, body=substitute(body, values))
        case _:
            inner = tuple(substitute(child, values) for child in expression.children())
    return with_children(expression, inner) if inner else expression


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
