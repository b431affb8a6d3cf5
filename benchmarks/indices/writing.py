"""Expressions in LaTeX, in the notation of one author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from benchmarks.indices.terms import (
    Add,
    Call,
    Cases,
    Entry,
    Index,
    Kronecker,
    Mul,
    Number,
    Partial,
    Quotient,
    Size,
    Slope,
    Square,
    Statement,
    Sum,
    Term,
)


@dataclass(frozen=True)
class Notation:
    """How one author writes; ``bases`` names every quantity, ``layers`` its upper number."""

    bases: Mapping[str, str]
    layers: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, str] = field(default_factory=dict)  # axis: N, H, K
    prefixes: Mapping[str, str] = field(default_factory=dict)  # the h of net_{h1}
    input_first: bool = False  # w_{ij} leads from i to j
    comma: bool = False
    sample_above: bool = False  # x^{(n)} for x_n
    bounds: bool = True
    product: str = " "
    bracket: str = ""  # "", "left" or "Big"
    logarithm: str = r"\log"
    exponential: bool = False  # \exp(z) for e^z
    half: str = "frac"

    def tex(self, term: Term) -> str:
        """An expression by itself."""
        match term:
            case Number(value):
                return self._fraction(value)
            case Size(axis):
                return self.counts[axis]
            case Entry():
                return self.entry(term)
            case Sum():
                return self._sum(term)
            case Add(terms):
                return self._added(terms)
            case Mul(factors):
                return self._multiplied(factors)
            case Quotient(above, below):
                return rf"\frac{{{self.tex(above)}}}{{{self.tex(below)}}}"
            case Square(base):
                return self._squared(base)
            case Call():
                return self._called(term)
            case Slope():
                return self._slope(term)
            case Kronecker(one, other):
                return rf"\delta_{{{one.letter}{other.letter}}}"
            case Cases(one, other, same, apart):
                rows = [
                    rf"{self.tex(same)} & {one.letter} = {other.letter}",
                    rf"{self.tex(apart)} & {one.letter} \neq {other.letter}",
                ]
                return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
            case Partial(of, by):
                return rf"\frac{{\partial {self.entry(of)}}}{{\partial {self.entry(by)}}}"
        raise TypeError(term)

    def entry(self, entry: Entry) -> str:
        """A name with its indices."""
        above: list[str] = []
        below: list[str] = []
        for index in entry.indices:
            written = index.letter if isinstance(index, Index) else str(index)
            is_above = isinstance(index, Index) and index.axis == "sample" and self.sample_above
            (above if is_above else below).append(written)
        if self.input_first and entry.name.startswith("w"):
            below.reverse()
        upper = [f"({letter})" for letter in above]
        if entry.name in self.layers:
            upper.insert(0, self.layers[entry.name])
        base = self.bases[entry.name]
        if upper:
            base += f"^{{{','.join(upper)}}}"
        if not below:
            return base
        lower = self.prefixes.get(entry.name, "") + (", " if self.comma else "").join(below)
        return f"{base}_{lower}" if len(lower) == 1 else f"{base}_{{{lower}}}"

    def _fraction(self, value: Fraction) -> str:
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        if self.half == "tight" and abs(value) == Fraction(1, 2):
            return rf"{sign}\frac12"
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"

    def _sum(self, term: Sum) -> str:
        letter = term.index.letter
        odd = term.low != 1 or term.fewer or term.upto
        if self.bounds or odd:
            top = self.counts[term.upto or term.index.axis]
            top += f"-{term.fewer}" if term.fewer else ""
            sign = rf"\sum_{{{letter}={term.low}}}^{{{top}}}" if len(top) > 1 else (
                rf"\sum_{{{letter}={term.low}}}^{top}"
            )  # fmt: skip
        else:
            sign = rf"\sum_{letter}"
        body = self._in_brackets(term.body) if isinstance(term.body, Add) else self.tex(term.body)
        return f"{sign} {body}"

    def _added(self, terms: tuple[Term, ...]) -> str:
        text = ""
        for term in terms:
            written = self.tex(term)
            if not text:
                text = written
            elif written.startswith("-"):
                text += f" - {written[1:].lstrip()}"
            else:
                text += f" + {written}"
        return text

    def _multiplied(self, factors: tuple[Term, ...]) -> str:
        numbers = [factor for factor in factors if isinstance(factor, Number)]
        others = [factor for factor in factors if not isinstance(factor, Number)]
        coefficient = Fraction(1)
        for each in numbers:
            coefficient *= each.value
        written = [] if abs(coefficient) == 1 and others else [self._fraction(abs(coefficient))]
        for place, factor in enumerate(others):
            written.append(self._factor(factor, place == len(others) - 1))
        sign = "-" if coefficient < 0 else ""
        return sign + self.product.join(written)

    def _factor(self, term: Term, last: bool) -> str:
        if isinstance(term, Add) or (isinstance(term, Sum) and not last):
            return self._in_brackets(term)
        if isinstance(term, Slope) and term.function == "tanh" and term.argument is None:
            return f"({self._slope(term)})"
        text = self.tex(term)
        return f"({text})" if text.startswith("-") else text

    def _in_brackets(self, term: Term) -> str:
        text = self.tex(term)
        if self.bracket == "left" or "frac" in text or "sum" in text:
            if self.bracket == "Big":
                return rf"\Big( {text} \Big)"
            return rf"\left( {text} \right)"
        return f"({text})"

    def _squared(self, base: Term) -> str:
        text = self.tex(base)
        plain = isinstance(base, Entry) and "^" not in text
        return f"{text}^2" if plain else f"{self._in_brackets(base)}^2"

    def _called(self, term: Call) -> str:
        text = self.tex(term.argument)
        if term.function == "identity":
            return text
        if term.function == "exp":
            return rf"\exp({text})" if self.exponential else f"e^{{{text}}}"
        name = {"sigmoid": r"\sigma", "tanh": r"\tanh", "log": self.logarithm}[term.function]
        if term.function == "log" and isinstance(term.argument, Entry):
            return f"{name} {text}"
        return f"{name}{self._in_brackets(term.argument)}"

    def _slope(self, term: Slope) -> str:
        if term.argument is not None:
            name = {"sigmoid": r"\sigma'", "tanh": r"\tanh'"}[term.function]
            return f"{name}({self.entry(term.argument)})"
        value = self.entry(term.value)
        if term.function == "sigmoid":
            return f"{value}{self.product}(1 - {value})"
        return f"1 - {self._squared(term.value)}"

    def statement(self, statement: Statement) -> list[str]:
        """The head and the sides, each in LaTeX."""
        return [self.tex(statement.head), *(self.tex(side) for side in statement.sides)]
