"""Writing expressions: as plain text for people, and as LaTeX that reads back as the same tree."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction

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
)
from gradcheck.language.functions import FUNCTIONS, HEADS

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ell": "ℓ",
    "infty": "∞", "varsigma": "ς", "vartheta": "ϑ", "Pi": "Π", "iota": "ι", "varrho": "ϱ",
}  # fmt: skip
_COMMAND_FUNCTIONS = HEADS | {"max", "min", "det"}
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_ACCENTS = {
    "hat": "hat", "bar": "bar", "tilde": "tilde", "dot": "dot", "cal": "mathcal", "bb": "mathbb",
}  # fmt: skip
# How tightly a node holds together; a looser one inside a tighter one needs brackets.
_SUM, _SIGN, _PRODUCT, _FACTOR, _ATOM = range(5)


def to_text(expression: Expression, display: Mapping[str, str] | None = None) -> str:
    """Plain Unicode text, such as ``(ŷ - y)·w_2·σ'(z_1)·x``; ``display`` maps keys to names."""
    return _Text(display or {}).write(expression)


def to_tex(expression: Expression, display: Mapping[str, str] | None = None) -> str:
    """LaTeX that the reader reads back as the same tree (if no ``display`` renames anything)."""
    return _Tex(display or {}).write(expression)


class _Writer:
    """What both notations share: which node needs brackets where."""

    def __init__(self, display: Mapping[str, str]) -> None:
        self.display = display

    def write(self, node: Expression) -> str:
        return self.at_least(_SUM, node)

    def at_least(self, level: int, node: Expression) -> str:
        """The node, in brackets if it holds together less tightly than ``level``."""
        text, own = self.node(node)
        return text if own >= level else self.bracket(text)

    def node(self, node: Expression) -> tuple[str, int]:
        match node:
            case Add(terms=terms):
                return self._add(terms), _SUM
            case Negate(operand=operand):
                return "-" + self._negated(operand), _SIGN
            case Multiply(factors=factors):
                return self.product(factors), _PRODUCT
            case Name():
                return self.name(node), _ATOM
            case Number(value=value):
                return self.number(value)
        return self.special(node)

    def _add(self, terms: tuple[Expression, ...]) -> str:
        parts = [self.at_least(_SIGN, terms[0])]
        for term in terms[1:]:
            if isinstance(term, Negate):
                parts.append(f" - {self._negated(term.operand)}")
            else:
                parts.append(f" + {self.at_least(_PRODUCT, term)}")
        return "".join(parts)

    def _negated(self, operand: Expression) -> str:
        return self.at_least(_PRODUCT, operand)

    def bracket(self, text: str) -> str:
        raise NotImplementedError

    def product(self, factors: tuple[Expression, ...]) -> str:
        raise NotImplementedError

    def name(self, name: Name) -> str:
        raise NotImplementedError

    def number(self, value: Fraction) -> tuple[str, int]:
        raise NotImplementedError

    def special(self, node: Expression) -> tuple[str, int]:
        raise NotImplementedError

    def factors(self, factors: tuple[Expression, ...]) -> list[str]:
        """Each factor as written; only the last may be a sum sign, which takes what follows."""
        last = len(factors) - 1
        return [
            self.at_least(_PRODUCT, factor)
            if isinstance(factor, Sum) and at == last
            else self.at_least(_FACTOR, factor)
            for at, factor in enumerate(factors)
        ]


def _differential(name: Name) -> tuple[str, str]:
    """The d of ``d\\hat{y}`` and ``d\\theta``, and the base after it; else no d and the base."""
    base = name.base
    apart = base[:1] == "d" and ((name.accent and len(base) == 2) or base[1:] in _GREEK)
    return ("d", base[1:]) if apart else ("", base)


class _Text(_Writer):
    def bracket(self, text: str) -> str:
        return f"({text})"

    def product(self, factors: tuple[Expression, ...]) -> str:
        return "·".join(self.factors(factors))

    def number(self, value: Fraction) -> tuple[str, int]:
        return str(value), _ATOM if value.denominator == 1 else _PRODUCT

    def name(self, name: Name) -> str:
        if name.key in self.display:
            return self.display[name.key]
        prefix, base = _differential(name)
        text = _GREEK.get(base, base)
        for accent in reversed(name.accent.split()):
            if accent in _MARKS and len(text) == 1:
                text = unicodedata.normalize("NFC", text + _MARKS[accent])
            elif accent == "Delta":
                text = f"Δ{text}"
            elif accent == "cal":
                text = {"L": "ℒ"}.get(text, text)
            elif accent == "bb":
                text = {"R": "ℝ"}.get(text, text)
            else:
                text = f"{accent}({text})"
        text = prefix + text
        if name.qualifier:
            text += f"({name.qualifier})"
        if name.subscript:
            text += f"_{name.subscript}"
        if name.superscript:
            text += name.superscript if name.superscript[0] == "'" else f"^{name.superscript}"
        return text

    def function(self, name: Name) -> str:
        known = FUNCTIONS.get(name.key)
        return known.sign if known is not None and known.sign else self.name(name)

    def special(self, node: Expression) -> tuple[str, int]:
        match node:
            case FunctionName(function=function, order=order):
                return self.function(function) + "'" * order, _ATOM
            case Divide(numerator=numerator, denominator=denominator):
                level = _ATOM if isinstance(numerator, (Divide, Sum)) else _PRODUCT
                above, below = self.at_least(level, numerator), self.at_least(_ATOM, denominator)
                return f"{above}/{below}", _FACTOR if _is_plain(numerator) else _PRODUCT
            case Power(base=base, exponent=exponent):
                return f"{self.at_least(_ATOM, base)}^{self.at_least(_ATOM, exponent)}", _FACTOR
            case Apply(function=function, arguments=arguments, order=order):
                inner = ", ".join(self.write(argument) for argument in arguments)
                if function == Name(INDICATOR):
                    return f"[{inner} > 0]", _ATOM
                if function == Name("abs") and order < 2:
                    return (f"sign({inner})" if order else f"|{inner}|"), _ATOM
                return f"{self.function(function)}{chr(39) * order}({inner})", _ATOM
            case Partial(of=of, by=by, order=order):
                return self._partial(of, by, order), _FACTOR
            case Sum():
                return self._sum(node), _PRODUCT
            case Transpose(operand=operand):
                return f"{self.at_least(_ATOM, operand)}ᵀ", _ATOM
            case Cancel(operand=operand):
                return f"[struck: {self.write(operand)}]", _ATOM
            case Underbrace(operand=operand):
                return self.at_least(_FACTOR, operand), _FACTOR
        raise TypeError(f"not an expression of a derivation: {node!r}")

    def _partial(self, of: Expression, by: Expression, order: int) -> str:
        power = "" if order == 1 else f"^{order}"
        of_text = self.at_least(_ATOM, of)
        return f"∂{power}{of_text}/∂{self.at_least(_ATOM, by)}{power}"

    def _sum(self, node: Sum) -> str:
        sign = "Σ"
        if node.index is not None and node.lower is not None:
            sign += f"_{{{self.name(node.index)}={self.write(node.lower)}}}"
        elif node.index is not None or node.lower is not None:
            only = node.index if node.index is not None else node.lower
            assert only is not None
            sign += f"_{self.at_least(_ATOM, only)}"
        if node.upper is not None:
            sign += f"^{self.at_least(_ATOM, node.upper)}"
        return f"{sign} {self.at_least(_PRODUCT, node.body)}"


def _is_plain(node: Expression) -> bool:
    return isinstance(node, (Number, Name))


class _Tex(_Writer):
    def bracket(self, text: str) -> str:
        return rf"\left({text}\right)"

    def product(self, factors: tuple[Expression, ...]) -> str:
        return r" \cdot ".join(self.factors(factors))

    def number(self, value: Fraction) -> tuple[str, int]:
        denominator = value.denominator
        if denominator == 1:
            return str(value.numerator), _ATOM
        places = 0
        while (10**places) % denominator:
            places += 1
            if places > 25:
                return rf"\frac{{{value.numerator}}}{{{denominator}}}", _FACTOR
        digits = str(value.numerator * 10**places // denominator).rjust(places + 1, "0")
        return f"{digits[:-places]}.{digits[-places:]}", _ATOM

    def name(self, name: Name) -> str:
        if name.key in self.display:
            return self.display[name.key]
        prefix, base = _differential(name)
        text = self._base(base)
        for accent in reversed(name.accent.split()):
            text = rf"\Delta {text}" if accent == "Delta" else rf"\{_ACCENTS[accent]}{{{text}}}"
        text = prefix + text
        if name.subscript:
            text += f"_{{{self._script(name.subscript)}}}"
        if name.superscript:
            text += f"^{{{self._script(name.superscript)}}}"
        if name.qualifier:
            text += rf"(\text{{{name.qualifier}}})"
        return text

    def _base(self, base: str) -> str:
        if base in _GREEK:
            return f"\\{base}"
        return base if len(base) == 1 else rf"\text{{{base}}}"

    def _script(self, script: str) -> str:
        return rf"\text{{{script}}}" if script.isalpha() and len(script) > 1 else script

    def function(self, name: Name, order: int) -> str:
        if name == Name(name.base) and name.base in _COMMAND_FUNCTIONS:
            return f"\\{name.base}" + "'" * order
        if name.base in FUNCTIONS and "_" in name.base:  # no author's name
            return FUNCTIONS[name.base].latex + "'" * order
        return self.name(name) + "'" * order

    def special(self, node: Expression) -> tuple[str, int]:
        match node:
            case FunctionName(function=function, order=order):
                return self.function(function, order), _ATOM
            case Divide(numerator=numerator, denominator=denominator):
                return rf"\frac{{{self.write(numerator)}}}{{{self.write(denominator)}}}", _FACTOR
            case Power(base=base, exponent=exponent):
                return f"{self._powered(base)}^{{{self.write(exponent)}}}", _FACTOR
            case Apply(function=function, arguments=arguments, order=order):
                return self._apply(function, arguments, order), _ATOM
            case Partial(of=of, by=by, order=order):
                power = "" if order == 1 else f"^{{{order}}}"
                above = rf"\partial{power} {self.write(of)}"
                return rf"\frac{{{above}}}{{\partial {self.write(by)}{power}}}", _FACTOR
            case Sum():
                return self._sum(node), _PRODUCT
            case Transpose(operand=operand):
                return f"{self._powered(operand)}^T", _FACTOR
            case Cancel(operand=operand):
                return rf"\cancel{{{self.write(operand)}}}", _ATOM
            case Underbrace(operand=operand, label=label):
                under = r"\text{(no formula)}" if label is None else self.write(label)
                return rf"\underbrace{{{self.write(operand)}}}_{{{under}}}", _FACTOR
        raise TypeError(f"not an expression of a derivation: {node!r}")

    def _powered(self, base: Expression) -> str:
        if isinstance(base, (Number, Apply)) and not self._is_fraction(base):
            return self.at_least(_ATOM, base)
        if isinstance(base, Name) and not base.superscript and not base.qualifier:
            return self.name(base)
        return self.bracket(self.write(base))

    @staticmethod
    def _is_fraction(base: Expression) -> bool:
        return isinstance(base, Apply) and base.function.base == "norm"

    def _apply(self, function: Name, arguments: tuple[Expression, ...], order: int) -> str:
        inner = ", ".join(self.write(argument) for argument in arguments)
        if function == Name(INDICATOR):
            return rf"\mathbb{{1}}[{inner} > 0]"
        if function == Name("sqrt") and len(arguments) == 1 and not order:
            return rf"\sqrt{{{inner}}}"
        if function == Name("abs") and len(arguments) == 1 and not order:
            return rf"\left|{inner}\right|"
        if function.base == "norm" and len(arguments) == 1:
            under = f"_{{{function.subscript}}}" if function.subscript else ""
            return rf"\left\|{inner}\right\|{under}"
        return f"{self.function(function, order)}{self.bracket(inner)}"

    def _sum(self, node: Sum) -> str:
        sign = r"\sum"
        if node.index is not None and node.lower is not None:
            sign += f"_{{{self.name(node.index)}={self.write(node.lower)}}}"
        elif node.index is not None or node.lower is not None:
            only = node.index if node.index is not None else node.lower
            assert only is not None
            sign += f"_{{{self.write(only)}}}"
        if node.upper is not None:
            sign += f"^{{{self.write(node.upper)}}}"
        return f"{sign} {self.at_least(_PRODUCT, node.body)}"
