"""Terms to LaTeX in one notation, and back: a small parser for nothing but what is written here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.mutants.terms import (
    Call,
    Minus,
    Num,
    Over,
    Partial,
    Plus,
    Power,
    Term,
    Times,
    Total,
    Var,
    num,
    times,
)

FUNCTIONS = {"sigmoid": r"\sigma", "tanh": r"\tanh", "log": r"\log", "exp": r"\exp"}


@dataclass(frozen=True, slots=True)
class Notation:
    """How one author writes."""

    names: Mapping[str, str]
    dot: str = " "  # between factors
    partial: str = "frac"  # frac | dfrac | slash | roman
    sum: str = r"\sum"
    index: tuple[str, ...] = ()  # names that carry the sample's index under a sum
    left: str = "("
    right: str = ")"
    logarithm: str = r"\log"
    sigmoid: str = r"\sigma"


def render(term: Term, notation: Notation) -> str:
    return _Writer(notation).write(term, 0, False)


class _Writer:
    """Levels: 0 a sum of terms, 1 a term, 2 a factor, 3 the base of a power."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation

    def write(self, term: Term, level: int, indexed: bool, last: bool = True) -> str:
        match term:
            case Num(value):
                if value.denominator == 1:
                    return str(value.numerator)
                return self._group(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", level > 2)
            case Var(key):
                name = self._name(key, indexed)
                return self._group(name, level > 2 and "^" in name)
            case Plus(terms):
                return self._group(self._sum(terms, indexed), level > 0)
            case Minus(body):
                return self._group("-" + self.write(body, 1, indexed, last), level > 0)
            case Times(factors):
                return self._group(self._product(factors, indexed), level > 1)
            case Over(top, bottom):
                above, below = (self.write(part, 0, indexed) for part in (top, bottom))
                return self._group(rf"\frac{{{above}}}{{{below}}}", level > 2)
            case Power(base, exponent):
                return self._group(f"{self.write(base, 3, indexed)}^{exponent}", level > 2)
            case Call(function, argument, primed):
                head = {"log": self.notation.logarithm, "sigmoid": self.notation.sigmoid}.get(
                    function, FUNCTIONS[function]
                )
                inner = self.write(argument, 0, indexed)
                return self._group(f"{head}{chr(39) * primed}({inner})", level > 2)
            case Partial():
                return self._group(self._partial(term), level > 2)
            case Total(body, True):
                written = f"{self.notation.sum} {self.write(body, 1, True)}"
                return self._group(written, (level > 1 and not last) or level > 2)
            case Total(body, False):
                return self.write(body, level, indexed, last)
        raise AssertionError(term)

    def _group(self, text: str, needed: bool) -> str:
        return f"{self.notation.left}{text}{self.notation.right}" if needed else text

    def _name(self, key: str, indexed: bool) -> str:
        name = self.notation.names[key]
        return f"{name}_i" if indexed and key in self.notation.index else name

    def _sum(self, terms: tuple[Term, ...], indexed: bool) -> str:
        text = ""
        for term in terms:
            if isinstance(term, Minus):
                text += (" - " if text else "-") + self.write(term.body, 1, indexed)
            else:
                text += (" + " if text else "") + self.write(term, 1, indexed)
        return text

    def _product(self, factors: tuple[Term, ...], indexed: bool) -> str:
        text = ""
        for position, factor in enumerate(factors):
            last = position == len(factors) - 1
            level = 2 if len(factors) > 1 else 1
            piece = self.write(factor, level, indexed, last)
            if not text:
                text = piece
                continue
            digit = piece[0].isdigit()
            dot = self.notation.dot
            text += (r" \cdot " if digit and not dot.strip(" \\,") else dot) + piece
        return text

    def _partial(self, term: Partial) -> str:
        by = self._name(term.by.key, False)
        d = {"roman": r"\mathrm{d}", "plain": "d"}.get(self.notation.partial, r"\partial ")
        head = r"\dfrac" if self.notation.partial == "dfrac" else r"\frac"
        if term.operator:
            return (
                rf"{head}{{{d.strip()}}}{{{d}{by}}} \left[ {self.write(term.of, 0, False)} \right]"
            )
        of = self.write(term.of, 2, False)
        if self.notation.partial == "slash":
            return f"{d}{of} / {d}{by}"
        return rf"{head}{{{d}{of}}}{{{d}{by}}}"


class NotWritten(Exception):
    """Text that is not of the little language above."""


_TOKEN = re.compile(r"\s*(\\left|\\right|\\[A-Za-z]+|\\[,;!]|\d+(?:\.\d+)?|.)")
_SPACES = frozenset({r"\left", r"\right", r"\,", r"\;", r"\!", r"\quad", r"\qquad", "&"})
_DOTS = frozenset({r"\cdot", r"\times", "*", r"\,"})


def parse(text: str, notation: Notation) -> Term:
    """The term that a text in this notation means. Raises `NotWritten`."""
    reader = _Reader(text, notation)
    term = reader.sum()
    if reader.rest:
        raise NotWritten(text)
    return term


class _Reader:
    def __init__(self, text: str, notation: Notation) -> None:
        self.notation = notation
        by_length = sorted(notation.names.items(), key=lambda item: -len(item[1]))
        self.names = [(_bare(name), key) for key, name in by_length]
        self.rest = _bare(text)

    def take(self, piece: str) -> bool:
        if self.rest.startswith(piece):
            self.rest = self.rest[len(piece) :]
            return True
        return False

    def need(self, piece: str) -> None:
        if not self.take(piece):
            raise NotWritten(f"{piece} before {self.rest[:20]}")

    def sum(self) -> Term:
        terms: list[Term] = []
        while True:
            if self.take("-"):
                terms.append(Minus(self.product()))
            elif self.take("+") or not terms:
                terms.append(self.product())
            else:
                break
            if not self.rest.startswith(("+", "-")):
                break
        return terms[0] if len(terms) == 1 else Plus(tuple(terms))

    def product(self) -> Term:
        factors: list[Term] = []
        while self.rest and self.rest[0] not in "+-)]}=,/":
            if self.take(r"\cdot") or self.take(r"\times") or self.take("*"):
                continue
            factors.append(self.factor())
        if not factors:
            raise NotWritten(f"a term before {self.rest[:20]}")
        return times(*factors)

    def factor(self) -> Term:
        for written in (_bare(self.notation.sum), r"\sum_{i=1}^{N}", r"\sum_i", r"\sum"):
            if self.take(written):
                return Total(self.product())
        base = self.atom()
        if self.take("^"):
            digits = self.group() if self.rest.startswith("{") else self.digit()
            if not digits.isdigit():
                raise NotWritten(digits)
            return Power(base, int(digits))
        return base

    def digit(self) -> str:
        first, self.rest = self.rest[:1], self.rest[1:]
        return first

    def group(self) -> str:
        """The text of a braced group, which is taken."""
        depth = 0
        for position, character in enumerate(self.rest):
            depth += (character == "{") - (character == "}")
            if depth == 0:
                inside, self.rest = self.rest[1:position], self.rest[position + 1 :]
                return inside
        raise NotWritten(self.rest)

    def atom(self) -> Term:
        for opening, closing in (("(", ")"), ("[", "]"), ("{", "}")):
            if self.take(opening):
                inner = self.sum()
                self.need(closing)
                return inner
        for head in (r"\dfrac", r"\frac"):
            if self.take(head):
                return self.fraction(self.group(), self.group())
        if self.take(r"\partial"):
            return self.slash()
        heads = {**FUNCTIONS, "log": self.notation.logarithm, "sigmoid": self.notation.sigmoid}
        for function, head in heads.items():
            if self.rest.startswith((_bare(head) + "(", _bare(head) + "'(")):
                self.need(_bare(head))
                primed = self.take("'")
                self.need("(")
                argument = self.sum()
                self.need(")")
                return Call(function, argument, primed)
        name = self.name()
        if name is not None:
            return Var(name)
        number = re.match(r"\d+(?:\.\d+)?", self.rest)
        if number is None:
            raise NotWritten(self.rest[:20])
        self.rest = self.rest[number.end() :]
        return Num(Fraction(number.group()))

    def name(self) -> str | None:
        for name, key in self.names:
            if key in self.notation.index and self.take(name + "_i"):
                return key
            if self.take(name):
                return key
        return None

    def fraction(self, top: str, bottom: str) -> Term:
        for d in (r"\partial", r"\mathrm{d}", "d"):
            if bottom.startswith(d) and (top == d or top.startswith(d)):
                by = parse(bottom[len(d) :], self.notation)
                if not isinstance(by, Var):
                    raise NotWritten(bottom)
                if top == d:
                    return Partial(self.factor(), by, operator=True)
                return Partial(parse(top[len(d) :], self.notation), by)
        return Over(parse(top, self.notation), parse(bottom, self.notation))

    def slash(self) -> Term:
        of = self.factor()
        self.need("/")
        self.need(r"\partial")
        by = self.name()
        if by is None:
            raise NotWritten(self.rest)
        return Partial(of, Var(by))


def _bare(text: str) -> str:
    """The text without spaces; ``\\frac12`` and unknown spacing are left as they are."""
    pieces = _TOKEN.findall(text)
    return "".join(piece for piece in pieces if piece not in _SPACES)


def braced(value: Fraction) -> Term:
    """A fraction as a quotient of numbers, the way it is parsed."""
    if value.denominator == 1:
        return num(value)
    return Over(num(value.numerator), num(value.denominator))
