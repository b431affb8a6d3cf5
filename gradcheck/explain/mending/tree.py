"""Places in an expression tree, by child indices from the root, and what stands there in the text.

The children counted here are those that an edit may change: terms, factors, operands, the body of
a sum, the arguments of a function, both names of a partial; not function heads or bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradcheck.language.document import Document, Span
from gradcheck.language.expression import (
    Add,
    Apply,
    Cancel,
    Divide,
    Expression,
    Multiply,
    Negate,
    Partial,
    Power,
    Sum,
    Underbrace,
)

Path = tuple[int, ...]


def parts(node: Expression) -> tuple[Expression, ...]:
    """The children of a node that an edit may change, in order."""
    match node:
        case Add(terms=terms):
            return terms
        case Multiply(factors=factors):
            return factors
        case Apply(arguments=arguments):
            return arguments
        case Divide(numerator=first, denominator=second):
            return first, second
        case Power(base=first, exponent=second) | Partial(of=first, by=second):
            return first, second
        case Negate(operand=inner) | Cancel(operand=inner) | Underbrace(operand=inner):
            return (inner,)
        case Sum(body=inner):
            return (inner,)
    return ()


def with_part(node: Expression, at: int, part: Expression) -> Expression:
    """The node with one of its `parts` replaced."""
    match node:
        case Add(terms=terms):
            return Add((*terms[:at], part, *terms[at + 1 :]), span=node.span)
        case Multiply(factors=factors):
            return Multiply((*factors[:at], part, *factors[at + 1 :]), span=node.span)
        case Negate():
            return Negate(part, span=node.span)
        case Apply(arguments=arguments):
            return replace(node, arguments=(*arguments[:at], part, *arguments[at + 1 :]))
        case Divide():
            return replace(node, numerator=part) if at == 0 else replace(node, denominator=part)
        case Power():
            return replace(node, base=part) if at == 0 else replace(node, exponent=part)
        case Partial():
            return replace(node, of=part) if at == 0 else replace(node, by=part)
        case Sum():
            return replace(node, body=part)
        case Cancel() | Underbrace():
            return replace(node, operand=part)
    raise IndexError(f"{type(node).__name__} has no part {at}")


def at_path(root: Expression, path: Path) -> Expression:
    """The node at a path."""
    for at in path:
        root = parts(root)[at]
    return root


def replaced(root: Expression, path: Path, node: Expression) -> Expression:
    """The tree with another node at a path; the rest is shared."""
    if not path:
        return node
    inner = replaced(parts(root)[path[0]], path[1:], node)
    return with_part(root, path[0], inner)


def places(root: Expression, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every node with its path, the root first, in source order."""
    yield path, root
    for at, part in enumerate(parts(root)):
        yield from places(part, (*path, at))


def exponent_start(document: Document, power: Power) -> int:
    """Where the exponent of a power begins in the text, its ``^`` included."""
    start = power.exponent.span.start
    caret = document.text.rfind("^", power.span.start, start)
    between = document.text[caret + 1 : start] if caret >= 0 else "no caret"
    return caret if not between.strip(" {") else start


def exponent_end(document: Document, power: Power) -> int:
    """Where the exponent of a power ends in the text, its closing brace included."""
    end = power.exponent.span.end
    if document.text[exponent_start(document, power) : power.exponent.span.start].find("{") >= 0:
        closing = document.text.find("}", end)
        return closing + 1 if closing >= 0 else end
    return end


def base_span(document: Document, power: Power) -> Span:
    """The base of a power without its exponent; the reader lets the base's span run over it."""
    span = power.base.span
    end = min(span.end, exponent_start(document, power))
    while end > span.start and document.text[end - 1].isspace():
        end -= 1
    return Span(span.start, end)


def text_spans(document: Document, root: Expression) -> dict[Path, Span]:
    """For every place the stretch of text that is its own."""
    found: dict[Path, Span] = {}
    for path, node in places(root):
        span = node.span
        if path and path[-1] == 0:
            above = at_path(root, path[:-1])
            if isinstance(above, Power):
                span = base_span(document, above)
        found[path] = span
    return found
