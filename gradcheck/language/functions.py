"""The functions that gradcheck knows: one row each, and every list of functions is made of them.

A new function is a row here. Where a source of evidence has formulas of its own (in NumPy, in
many digits, in the field), a test names the tables that lack it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gradcheck.language.expression import (
    Add,
    Apply,
    Divide,
    Expression,
    Multiply,
    Name,
    Negate,
    Number,
    Power,
)

Rule = Callable[..., Any]
"""Of a function's value f, its argument u, and ``of``, which applies another function by name.

Made of +, -, *, / and whole powers only, it takes fractions, floats, SymPy's symbols and trees.
"""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its name in resolved expressions, what it is called, and what it is.

    ``names`` are what formulas call it besides ``name``; ``plain`` are words that a
    text may use otherwise (``(linear output)``); ``letters`` mean it only where nothing else is
    said, which is told as a reading. ``prose`` is a pattern for the text. ``value`` is None
    for a family: ``LeakyReLU`` has no value before its slope is given. ``of_output`` is the slope
    from the value alone, as authors write it: ``written`` (of the value, and of it squared), a
    product of ``factors``. ``forms`` say what it means by other functions, and its slope. ``numpy``
    are value and slope in code. ``bare``: it needs no brackets round its argument.
    """

    name: str
    title: str = ""  # in sentences, where that is not the name
    noun: str = ""  # as the subject of a sentence, where that is not the title
    sign: str = ""  # in plain text
    code: str = ""  # its slope in NumPy, of the input z and the output a, for diagnoses
    value: Callable[[float], float] | None = None
    names: str = ""
    plain: str = ""
    letters: str = ""
    prose: str = ""
    latex: str = ""
    slope: Rule | None = None
    of_output: Callable[[Any], Any] | None = None
    written: str = ""
    factors: tuple[str, ...] = ()
    forms: tuple[Rule, ...] = ()
    numpy: tuple[str, ...] = ()
    kink: Callable[[float], float] | None = None  # the slope beside a kink at 0
    positive: bool = False  # the domain; else all numbers
    unit: bool = False  # what units of a layer respond by
    bare: bool = False

    @property
    def called(self) -> str:
        """The function in a sentence."""
        return self.title or self.name

    @property
    def is_basic(self) -> bool:
        """Whether it stays in resolved expressions: all others are put in other words."""
        return bool(self.slope or self.of_output or self.kink) and not self.forms

    def derivative(self, value: Any, argument: Any, of: Any) -> Any:
        """The slope by the table's rule, in whatever numbers it is given; None if there is none."""
        if self.of_output is not None:
            return self.of_output(value)
        return None if self.slope is None else self.slope(value, argument, of)


def _sigmoid(u: float) -> float:
    return 1 / (1 + math.exp(-u)) if u > -700 else 0.0


def _normal_cdf(u: float) -> float:
    return math.erfc(-u / math.sqrt(2)) / 2


_NORMAL = r"(?:normal|gaussian)(?: distribution)?(?:'s)? "


def _exponentials(u: Any, of: Any, sign: int) -> Any:
    return of("exp", u) + of("exp", -u) if sign > 0 else of("exp", u) - of("exp", -u)


_ROWS = (
    Function(
        "identity",
        value=lambda u: u,
        names="Identity",
        plain="linear Linear",
        letters="I_d I Id id",
        unit=True,
    ),
    Function(
        "sigmoid",
        noun="the sigmoid",
        code="a * (1 - a)",
        sign="σ",
        value=_sigmoid,
        names="Sigmoid logistic expit sig sigm",
        letters="sigma",
        prose=r"sigmoid|logistic function",
        latex=r"\sigma",
        of_output=lambda f: f * (1 - f),
        written="{0} (1 - {0})",
        factors=("{0}", "1-{0}"),
        numpy=("1 / (1 + np.exp(-({0})))", "1 / (2 + np.exp({0}) + np.exp(-({0})))"),
        unit=True,
    ),
    Function(
        "tanh",
        code="1 - a**2",
        value=math.tanh,
        names="Tanh",
        prose=r"\btanh\b|hyperbolic tangent|\\tanh",
        latex=r"\tanh",
        of_output=lambda f: 1 - f**2,
        written="1 - {1}",
        factors=("1-{0}", "1+{0}"),
        numpy=("np.tanh({0})", "1 - np.tanh({0})**2"),
        unit=True,
        bare=True,
    ),
    Function(
        "relu",
        noun="ReLU",
        code="(z > 0)",
        value=lambda u: max(u, 0.0),
        names="ReLU Relu RELU",
        prose=r"\brelu\b|rectified linear",
        latex=r"\operatorname{ReLU}",
        numpy=("np.maximum(0, {0})", "({0} > 0) * 1.0"),
        kink=lambda u: float(u > 0),
        unit=True,
    ),
    Function(
        "softplus",
        code="1 / (1 + np.exp(-z))",
        value=lambda u: math.log1p(math.exp(u)),
        names="Softplus",
        prose=r"softplus",
        latex=r"\operatorname{softplus}",
        slope=lambda f, u, of: of("sigmoid", u),
        numpy=("np.log(1 + np.exp({0}))", "1 / (1 + np.exp(-({0})))"),
        unit=True,
    ),
    Function(
        "silu",
        code="s * (1 + z * (1 - s)), where s is the sigmoid of z",
        title="SiLU",
        value=lambda u: u * _sigmoid(u),
        names="SiLU Silu swish Swish",
        prose=r"\bsilu\b|\bswish\b|sigmoid[- ]linear unit|sigmoid[- ]weighted linear",
        latex=r"\operatorname{SiLU}",
        forms=(
            lambda f, u, of: u * of("sigmoid", u),
            lambda f, u, of: of("sigmoid", u) + u * of("sigmoid", u, 1),
            lambda f, u, of: 2 * of("sigmoid", u, 1) + u * of("sigmoid", u, 2),
        ),
        unit=True,
    ),
    Function(
        "gelu",
        code="P + z * p, where P and p are the normal distribution function and density at z",
        title="GELU",
        value=lambda u: u * _normal_cdf(u),
        names="GELU Gelu GeLU",
        prose=r"\bgelu\b|gaussian[- ]error linear",
        latex=r"\operatorname{GELU}",
        forms=(
            lambda f, u, of: u * of("normal_cdf", u),
            lambda f, u, of: of("normal_cdf", u) + u * of("normal_pdf", u),
            lambda f, u, of: 2 * of("normal_pdf", u) + u * of("normal_pdf", u, 1),
        ),
        unit=True,
    ),
    Function(
        "softsign",
        code="(1 + abs(z))**-2",
        value=lambda u: u / (1 + abs(u)),
        names="Softsign SoftSign",
        prose=r"\bsoft-?sign\b",
        latex=r"\operatorname{softsign}",
        forms=(
            lambda f, u, of: u / (1 + of("abs", u)),
            lambda f, u, of: 1 / (1 + of("abs", u)) ** 2,
        ),
        unit=True,
    ),
    Function(
        "leaky_relu",
        title="leaky ReLU",
        names="LeakyReLU leakyrelu LeakyRelu lrelu LReLU PReLU prelu",
        prose=r"\b(?:leaky|parametric)[- ](?:relu|rectif\w+(?: linear)?)|\b(?:leaky|p|l)relu\b",
        latex=r"\operatorname{LeakyReLU}",
        unit=True,
    ),
    Function(
        "elu",
        title="ELU",
        names="ELU elu Elu SELU selu CELU celu",
        prose=r"\b[sc]?elu\b|exponential linear",
        latex=r"\operatorname{ELU}",
        unit=True,
    ),
    Function(
        "normal_cdf",
        title="normal distribution function",
        sign="Φ",
        value=_normal_cdf,
        names="normcdf",
        prose=_NORMAL + r"(?:cumulative )?distribution function|" + _NORMAL + r"c\.?d\.?f"
        r"|distribution function of (?:the|a) (?:standard )?(?:normal|gaussian)",
        latex=r"\Phi",
        slope=lambda f, u, of: of("normal_pdf", u),
        numpy=("(1 + np.vectorize(math.erf)(({0}) / np.sqrt(2))) / 2",),
    ),
    Function(
        "normal_pdf",
        title="normal density",
        sign="φ",
        value=lambda u: math.exp(-u * u / 2) / math.sqrt(2 * math.pi),
        names="normpdf",
        prose=_NORMAL + r"(?:probability )?density|" + _NORMAL + r"p\.?d\.?f"
        r"|density of (?:the|a) (?:standard )?(?:normal|gaussian)",
        latex=r"\varphi",
        slope=lambda f, u, of: -(u * f),
        numpy=("np.exp(-({0})**2 / 2) / np.sqrt(2 * np.pi)",),
    ),
    Function(
        "erf",
        value=math.erf,
        prose=r"\berf\b|\berror function of gauss|gauss(?:ian)? error function",
        latex=r"\operatorname{erf}",
        forms=(
            lambda f, u, of: 2 * of("normal_cdf", of("sqrt", 2) * u) - 1,
            lambda f, u, of: 2 * of("sqrt", 2) * of("normal_pdf", of("sqrt", 2) * u),
        ),
        bare=True,
    ),
    Function(
        "exp",
        code="a",
        value=math.exp,
        latex=r"\exp",
        of_output=lambda f: f,
        numpy=("np.exp({0})",),
        bare=True,
    ),
    Function(
        "log",
        code="1 / z",
        value=math.log,
        names="ln",
        latex=r"\log",
        slope=lambda f, u, of: 1 / u,
        numpy=("np.log({0})",),
        positive=True,
        bare=True,
    ),
    Function(
        "sqrt",
        noun="the square root",
        code="0.5 / a",
        value=math.sqrt,
        latex=r"\sqrt",
        slope=lambda f, u, of: 1 / (2 * f),
        numpy=("np.sqrt({0})",),
        positive=True,
    ),
    Function(
        "sin",
        noun="sine",
        code="np.cos(z)",
        value=math.sin,
        latex=r"\sin",
        slope=lambda f, u, of: of("cos", u),
        numpy=("np.sin({0})",),
        bare=True,
    ),
    Function(
        "cos",
        noun="cosine",
        code="-np.sin(z)",
        value=math.cos,
        latex=r"\cos",
        slope=lambda f, u, of: -of("sin", u),
        numpy=("np.cos({0})",),
        bare=True,
    ),
    Function(
        "tan",
        value=math.tan,
        latex=r"\tan",
        forms=(
            lambda f, u, of: of("sin", u) / of("cos", u),
            lambda f, u, of: 1 / of("cos", u) ** 2,
        ),
        bare=True,
    ),
    Function(
        "arctan",
        code="1 / (1 + z**2)",
        value=math.atan,
        names="atan",
        latex=r"\arctan",
        slope=lambda f, u, of: 1 / (1 + u**2),
        numpy=("np.arctan({0})", "1 / (1 + ({0})**2)"),
        bare=True,
    ),
    Function(
        "sinh",
        value=math.sinh,
        latex=r"\sinh",
        forms=(
            lambda f, u, of: _exponentials(u, of, -1) / 2,
            lambda f, u, of: _exponentials(u, of, 1) / 2,
        ),
        bare=True,
    ),
    Function(
        "cosh",
        value=math.cosh,
        latex=r"\cosh",
        forms=(
            lambda f, u, of: _exponentials(u, of, 1) / 2,
            lambda f, u, of: _exponentials(u, of, -1) / 2,
        ),
        bare=True,
    ),
    Function(
        "sech",
        value=lambda u: 1 / math.cosh(u),
        forms=(
            lambda f, u, of: 2 / _exponentials(u, of, 1),
            lambda f, u, of: -((2 / _exponentials(u, of, 1)) * of("tanh", u)),
        ),
        bare=True,
    ),
    Function(
        "abs",
        value=abs,
        numpy=("np.abs({0})", "np.sign({0})"),
        kink=lambda u: float(u > 0) - float(u < 0),
    ),
    Function(
        "sign",
        value=lambda u: float(u > 0) - float(u < 0),
        names="sgn",
        forms=(lambda f, u, of: of("abs", u, 1), lambda f, u, of: of("abs", u, 2)),
        bare=True,
    ),
)

FUNCTIONS: Mapping[str, Function] = {row.name: row for row in _ROWS}
"""Every function by its name in resolved expressions."""

NUMBERS: Mapping[str, float] = {"pi": math.pi}
"""Names that are numbers, where the document does not use them otherwise; e is ``exp(1)``."""

BASIC = frozenset(name for name, row in FUNCTIONS.items() if row.is_basic)
"""Those that stay in resolved expressions."""

BY_NAME: Mapping[str, str] = {
    called: row.name
    for row in _ROWS
    if row.value is not None
    for called in (row.name, *f"{row.names} {row.plain} {row.letters}".split())
}
"""What a function means by its name alone, where the document does not define it."""

BY_CONVENTION = frozenset(letter for row in _ROWS for letter in row.letters.split())
"""Names that mean a function by a convention only."""

WITHOUT_MEANING = frozenset("max min csch coth det tr lg sgn".split())
"""Names of functions that need no brackets either, and mean nothing by themselves here."""

WORDS = frozenset("softmax Softmax diag act activation step heaviside".split()) | frozenset(
    called
    for row in _ROWS
    for called in (row.name, *row.names.split(), *row.letters.replace("sigma", "").split())
    if len(called) > 1 and called.isalpha()
)
"""Words that name a function."""

HEADS = frozenset(row.name for row in _ROWS if row.bare and row.latex == f"\\{row.name}")
"""Those that LaTeX has a command for."""

PROSE = {row.name: row.prose for row in _ROWS if row.prose}
"""How a sentence names them: patterns."""

UNITS = tuple(row.name for row in _ROWS if row.unit and row.value is not None)
"""Activations: what a layer's units respond by."""

BY_OUTPUT = tuple(row for row in _ROWS if row.unit and row.of_output is not None)
"""Activations whose slope authors write by the value: ``a (1 - a)``."""


class _Term:
    """A tree that a rule can reckon with."""

    def __init__(self, tree: Expression) -> None:
        self.tree = tree

    def __add__(self, other: object) -> _Term:
        return _Term(Add((self.tree, _tree(other))))

    def __radd__(self, other: object) -> _Term:
        return _Term(Add((_tree(other), self.tree)))

    def __sub__(self, other: object) -> _Term:
        return _Term(Add((self.tree, Negate(_tree(other)))))

    def __rsub__(self, other: object) -> _Term:
        return _Term(Add((_tree(other), Negate(self.tree))))

    def __neg__(self) -> _Term:
        return _Term(Negate(self.tree))

    def __mul__(self, other: object) -> _Term:
        return _Term(Multiply((self.tree, _tree(other))))

    def __rmul__(self, other: object) -> _Term:
        return _Term(Multiply((_tree(other), self.tree)))

    def __truediv__(self, other: object) -> _Term:
        return _Term(Divide(self.tree, _tree(other)))

    def __rtruediv__(self, other: object) -> _Term:
        return _Term(Divide(_tree(other), self.tree))

    def __pow__(self, other: object) -> _Term:
        return _Term(Power(self.tree, _tree(other)))


def _tree(value: object) -> Expression:
    if isinstance(value, _Term):
        return value.tree
    assert isinstance(value, int)
    return Number(Fraction(value))


def _applied(name: str, argument: _Term | int, order: int = 0) -> _Term:
    return _Term(Apply(Name(name), (_tree(argument),), order))


def tree_of(rule: Rule, *parts: Expression) -> Expression:
    """What a rule makes of trees."""
    return _tree(rule(*map(_Term, parts), _applied))


def form_of(name: str, order: int, argument: Expression) -> Expression | None:
    """What a function that is put in other words is at an argument; None: nobody has said it."""
    forms = FUNCTIONS[name].forms
    if order >= len(forms):
        return None
    return _tree(forms[order](None, _Term(argument), _applied))


def slope_of(name: str, argument: Expression) -> Expression | None:
    """The slope of a basic function at an argument, as a tree; None beside a kink."""
    if name not in BASIC:
        return None
    term = _Term(argument)
    slope = FUNCTIONS[name].derivative(_applied(name, term), term, _applied)
    return None if slope is None else _tree(slope)


def slope_by_output(row: Function, value: Expression) -> Expression:
    """The slope as authors write it by the function's value: ``a (1 - a)``."""
    assert row.of_output is not None
    return _tree(row.of_output(_Term(value)))


def value_at(name: str, argument: float, order: int = 0) -> float:
    """A function or its slope at a number. KeyError for what has none."""
    row = FUNCTIONS[name]
    if row.value is None or order > (1 if row.kink is None else 2):
        raise KeyError(name)
    if order and row.kink is not None:
        return row.kink(argument) if order == 1 else 0.0
    value = row.value(argument)
    if order == 0:
        return value
    rule = row.forms[1](value, argument, value_at) if len(row.forms) > 1 else None
    found = row.derivative(value, argument, value_at) if rule is None else rule
    if found is None:
        raise KeyError(name)
    return float(found)
