"""Typed terms in a notation that fits a line: ``term("total(k, w[j,k]*x[i,k])")``.

Python's own grammar, read with `ast` and never run. A letter's axis is its first character in
`AXES`; ``d(L, w[p,q])`` is a slope, ``total(i, body, j != i)`` a guarded sum, ``N(i)`` the length of
the axis of i, ``pos(i)`` an index as a number, ``when(test, a, b)`` a choice, ``f_1(z)`` the slope
of f, ``w[1, k]`` a fixed place.
"""

from __future__ import annotations

import ast
import re
from fractions import Fraction

from gradcheck.language.typed import (
    Call,
    Choice,
    Constant,
    Definition,
    Entry,
    Extent,
    Extreme,
    Free,
    Index,
    Letter,
    Over,
    Place,
    Plus,
    Position,
    Product,
    Raised,
    Slope,
    Term,
    Test,
    Times,
    Total,
    World,
)

AXES = {
    "i": "sample",
    "n": "sample",
    "j": "unit",
    "p": "unit",
    "k": "feature",
    "q": "feature",
    "c": "class",
    "r": "class",
    "s": "class",
}
_RELATIONS = {ast.Eq: "=", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
MINUS = Constant(Fraction(-1))


def letter(name: str) -> Letter:
    return Letter(name, AXES[name[0]])


class _Reader:
    def __init__(self, axes: dict[str, tuple[str, ...]]) -> None:
        self.axes = axes

    def term(self, node: ast.expr) -> Term:
        match node:
            case ast.Constant(value=int() | float() as value):
                return Constant(Fraction(str(value)))
            case ast.Name(id=name):
                return Entry(name)
            case ast.Subscript(value=ast.Name(id=name), slice=at):
                return Entry(name, self.at(name, at))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Times((MINUS, self.term(operand)))
            case ast.BinOp():
                return self.operation(node)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, args)
        raise AssertionError(ast.dump(node))

    def at(self, name: str, node: ast.expr) -> tuple[Index, ...]:
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        found: list[Index] = []
        for slot, part in enumerate(parts):
            if isinstance(part, ast.Constant):
                found.append(Place(int(part.value), self.axes[name][slot]))
            else:
                assert isinstance(part, ast.Name)
                found.append(letter(part.id))
        return tuple(found)

    def operation(self, node: ast.BinOp) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        match node.op:
            case ast.Add():
                return Plus((left, right))
            case ast.Sub():
                return Plus((left, Times((MINUS, right))))
            case ast.Mult():
                return Times((left, right))
            case ast.Div():
                return Over(left, right)
            case ast.Pow():
                if isinstance(right, Times):  # a negative number
                    right = Constant(-right.factors[1].value)
                if isinstance(right, Over):
                    right = Constant(right.numerator.value / right.denominator.value)
                return Raised(left, right)
        raise AssertionError(ast.dump(node))

    def call(self, name: str, args: list[ast.expr]) -> Term:
        if name in ("total", "prod", "largest", "least"):
            assert isinstance(args[0], ast.Name)
            over, body = letter(args[0].id), self.term(args[1])
            if name == "prod":
                return Product(over, body)
            if name != "total":
                return Extreme(over, body, 1 if name == "largest" else -1)
            return Total(over, body, self.test(args[2]) if args[2:] else None)
        if name == "N":
            return Extent(letter(args[0].id).axis)
        if name == "pos":
            return Position(
                letter(args[0].id)
                if isinstance(args[0], ast.Name)
                else Place(args[0].value, "unit")
            )
        if name == "d":
            by = self.term(args[1])
            assert isinstance(by, Entry)
            return Slope(self.term(args[0]), by, frozenset(a.id for a in args[2:]))
        if name == "when":
            return Choice(((self.test(args[0]), self.term(args[1])), (None, self.term(args[2]))))
        function, _, order = name.partition("_")
        return Call(function, tuple(map(self.term, args)), int(order or 0))

    def test(self, node: ast.expr) -> Test:
        assert isinstance(node, ast.Compare)
        left, right = node.left, node.comparators[0]
        return Test(self.side(left), _RELATIONS[type(node.ops[0])], self.side(right))

    def side(self, node: ast.expr) -> Term:
        if isinstance(node, ast.Name) and node.id[0] in AXES and node.id not in self.axes:
            return Position(letter(node.id))
        return self.term(node)


def term(text: str, axes: dict[str, tuple[str, ...]] | None = None) -> Term:
    """A term; ``axes`` of arrays whose entries stand at fixed places or in tests."""
    return _Reader(axes or {}).term(ast.parse(text, mode="eval").body)


def world(
    free: str = "",
    *lines: str,
    lengths: dict[str, int] | None = None,
    facts: tuple[str, ...] = (),
    given: tuple[Free, ...] = (),
) -> World:
    """``world("x[i,k] w[j,k]", "z[i,j] = total(k, w[j,k]*x[i,k])")``; ``given`` says more of some."""
    arrays: dict[str, Free] = {}
    axes: dict[str, tuple[str, ...]] = {}
    for text in free.split():
        name, _, at = text.rstrip("]").partition("[")
        axes[name] = tuple(letter(index).axis for index in at.split(",") if index)
        arrays[name] = Free(name, axes[name])
    arrays |= {array.name: array for array in given}
    axes |= {array.name: array.axes for array in given}
    definitions: dict[str, Definition] = {}
    for line in lines:
        head, _, body = line.partition(" = ")
        name, _, at = head.strip().rstrip("]").partition("[")
        letters = tuple(letter(index) for index in at.split(",") if index)
        axes[name] = tuple(a.axis for a in letters)
        definitions[name] = Definition(name, letters, term(body.strip(), axes))
    pairs = tuple(tuple(term(side.strip(), axes) for side in fact.split(" == ")) for fact in facts)
    return World(definitions, arrays, lengths or {}, pairs)


def claim(where: World, text: str) -> tuple[Term, Term]:
    """Both sides of ``left == right``; within a choice ``=`` compares."""
    axes = {name: free.axes for name, free in where.free.items()}
    axes |= {name: tuple(a.axis for a in d.letters) for name, d in where.definitions.items()}
    left, right = (side.strip() for side in re.split(r" == ", text))
    return tuple(term(re.sub(r" = ", " == ", side), axes) for side in (left, right))
