"""Derivations of the two-layer network, written in many styles, with a mistake planted or with none.

A `Style` is how an author writes: names, activations, the loss with its constant, what the claims
leave out, single lines or chains. A `Gradient` is one claim, as factors, so that a mistake can be
planted in it; `write` makes the document of it and tells on which line each claim stands. Nothing
here comes from gradcheck but the document and the call that verifies it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.judge import Options
    from gradcheck.report.results import Report

ROLES = ("w_1", "b_1", "w_2", "b_2")

Factor = tuple[Fraction, int]
"""A rational times a power of the sample count."""

ONE: Factor = (Fraction(1), 0)


def times(first: Factor, second: Factor) -> Factor:
    return first[0] * second[0], first[1] + second[1]


def over(first: Factor, second: Factor) -> Factor:
    return first[0] / second[0], first[1] - second[1]


@dataclass(frozen=True)
class Style:
    """How one author writes. ``slope`` is the hidden activation's derivative, as written."""

    names: Mapping[str, str]  # role → LaTeX; also x, y, loss, pred, hidden (the layer's output)
    forward: tuple[str, ...]
    hidden: str
    loss: str  # mse, logloss
    slope: str
    other_slope: str  # the derivative of another activation, in the same terms
    scale: Factor = ONE
    count: str = "m"
    loss_sums: bool = True
    sums: bool = False  # the claims write the sum
    keeps: Factor = ONE  # the constant that the claims write
    layout: str = "lines"  # lines, chains, block
    error: str = "(%s - %s)"
    output: str = ""  # the output activation, where it is not the usual one
    prose: Mapping[str, str] = field(default_factory=dict)

    @property
    def constant(self) -> Factor:
        """The constant of the true gradients."""
        return times(self.scale, (Fraction(2), 0)) if self.loss == "mse" else self.scale

    @property
    def setup(self) -> str:
        usual = "identity" if self.loss == "mse" else "sigmoid"
        return f"{self.loss}/{self.output or usual}"

    @property
    def left_out(self) -> Factor:
        return over(self.constant, self.keeps)


@dataclass(frozen=True)
class Gradient:
    """A claim: sign and constant, then the factors in the order they are written."""

    role: str
    factors: tuple[str, ...]
    constant: Factor
    sign: int = 1


PLAIN = {
    "w_1": ("error", "w_2", "slope", "x"),
    "b_1": ("error", "w_2", "slope"),
    "w_2": ("error", "hidden"),
    "b_2": ("error",),
}


def gradients(style: Style) -> dict[str, Gradient]:
    """The four right claims."""
    return {role: Gradient(role, PLAIN[role], style.keeps) for role in ROLES}


# Writing. ----------------------------------------------------------------------------------------


def constant_tex(constant: Factor, count: str) -> str:
    """``2/N`` as a fraction; nothing for 1."""
    rational, power = constant
    top = str(rational.numerator) if rational.numerator != 1 else ""
    bottom = str(rational.denominator) if rational.denominator != 1 else ""
    for _ in range(abs(power)):
        if power > 0:
            top += f" {count}"
        else:
            bottom += f" {count}"
    if not bottom:
        return top.strip()
    return rf"\frac{{{top.strip() or '1'}}}{{{bottom.strip()}}}"


def claim_tex(gradient: Gradient, style: Style) -> str:
    """The claim's right side."""
    names = style.names
    words = {
        "error": style.error % (names["pred"], names["y"]),
        "swapped": style.error % (names["y"], names["pred"]),
        "slope": style.slope,
        "other slope": style.other_slope,
    }
    factors = [words.get(factor) or names[factor] for factor in gradient.factors]
    parts = [constant_tex(gradient.constant, style.count)]
    if style.sums:
        parts.append(rf"\sum_{{i=1}}^{{{style.count}}}")
    body = " ".join(part for part in (*parts, *factors) if part)
    return body if gradient.sign > 0 else f"-{body}"


def loss_tex(style: Style) -> str:
    """The loss's right side."""
    names, constant = style.names, constant_tex(style.scale, style.count)
    total = rf"\sum_{{i=1}}^{{{style.count}}} " if style.loss_sums else ""
    p, y = names["pred"], names["y"]
    if style.loss == "mse":
        return f"{constant} {total}({p} - {y})^2"
    return rf"-{constant} {total}[{y} \log {p} + (1 - {y}) \log(1 - {p})]"


def partial(style: Style, role: str) -> str:
    return rf"\frac{{\partial {style.names['loss']}}}{{\partial {style.names[role]}}}"


def chain_tex(style: Style, role: str) -> str:
    """The chain rule through the prediction, left as partials."""
    names = style.names
    outer = rf"\frac{{\partial {names['loss']}}}{{\partial {names['pred']}}}"
    return rf"{outer} \cdot \frac{{\partial {names['pred']}}}{{\partial {names[role]}}}"


@dataclass(frozen=True)
class Written:
    """A document's text, and the line of each claim, counted from 1."""

    text: str
    lines: Mapping[str, int]


def write(style: Style, claims: Mapping[str, Gradient], loss: str | None = None) -> Written:
    """The document: forward equations, loss, and the claims in the order given."""
    rows = ["# A network with one hidden layer", ""]
    for equation in style.forward:
        rows += [f"$${equation}$$", ""]
    rows += [f"$${style.names['loss']} = {loss or loss_tex(style)}$$", ""]
    lines = add_claims(rows, style, claims)
    return Written("\n".join(rows) + "\n", lines)


def add_claims(rows: list[str], style: Style, claims: Mapping[str, Gradient]) -> dict[str, int]:
    """Append the claims in the style's layout; on which line each closed form stands."""
    lines: dict[str, int] = {}
    if style.layout == "block":
        rows.append(r"$$\begin{aligned}")
        for role, gradient in claims.items():
            rows.append(rf"{partial(style, role)} &= {claim_tex(gradient, style)} \\")
            lines[role] = len(rows)
        rows += [r"\end{aligned}$$", ""]
        return lines
    for role, gradient in claims.items():
        if style.layout == "chains":
            rows.append(r"$$\begin{aligned}")
            rows.append(rf"{partial(style, role)} &= {chain_tex(style, role)} \\")
            rows.append(rf"&= {claim_tex(gradient, style)}")
            lines[role] = len(rows)
            rows += [r"\end{aligned}$$", ""]
        else:
            rows.append(f"$${partial(style, role)} = {claim_tex(gradient, style)}$$")
            lines[role] = len(rows)
            rows.append("")
    return lines


def verified(text: str, options: Options | None = None, path: str = "planted.md") -> Report:
    """The report on a text, as `gradcheck.verify` makes it."""
    from gradcheck.judge import Options
    from gradcheck.language.document import Document
    from gradcheck.report.results import Report
    from gradcheck.verification import Choices, verify_document

    return Report((verify_document(Document(path, text), Choices(options or Options())),), ())


# The styles. -------------------------------------------------------------------------------------

HALF, TWO = (Fraction(1, 2), 0), (Fraction(2), 0)
MEAN, HALF_MEAN = (Fraction(1), -1), (Fraction(1, 2), -1)

_LOWER = {
    "w_1": "w_1", "b_1": "b_1", "w_2": "w_2", "b_2": "b_2", "x": "x", "y": "y",
    "loss": "L", "pred": r"\hat{y}", "hidden": "a_1",
}  # fmt: skip

_UPPER = {
    "w_1": "W_1", "b_1": "B_1", "w_2": "W_2", "b_2": "B_2", "x": "X", "y": "Y",
    "loss": "J", "pred": r"\hat{Y}", "hidden": "A_1",
}  # fmt: skip

_LAYERS = {
    "w_1": "W^{[1]}", "b_1": "b^{[1]}", "w_2": "W^{[2]}", "b_2": "b^{[2]}", "x": "x", "y": "y",
    "loss": r"\mathcal{L}", "pred": "a^{[2]}", "hidden": "a^{[1]}",
}  # fmt: skip

_COMPACT = {
    "w_1": "v", "b_1": "c", "w_2": r"\omega", "b_2": r"\beta", "x": "x", "y": "t",
    "loss": "E", "pred": "o", "hidden": "h",
}  # fmt: skip

STYLES = {
    "sums and constants left out": Style(
        names=_LOWER,
        forward=(
            "z_1 = w_1 x + b_1",
            r"a_1 = \sigma(z_1)",
            "z_2 = w_2 a_1 + b_2",
            r"\hat{y} = z_2",
        ),
        hidden="sigmoid",
        loss="mse",
        slope=r"\sigma'(z_1)",
        other_slope=r"\tanh'(z_1)",
        scale=HALF_MEAN,
    ),
    "sums and constants kept, chains": Style(
        names={**_LOWER, "pred": "a_2", "loss": "Loss"},
        forward=(
            "z_1 = w_1 x + b_1",
            r"a_1 = \sigma(z_1) = \frac{1}{1 + e^{-z_1}}",
            "z_2 = w_2 a_1 + b_2",
            "a_2 = z_2",
        ),
        hidden="sigmoid",
        loss="mse",
        slope="a_1 (1 - a_1)",
        other_slope="(1 - a_1^2)",
        scale=MEAN,
        count="N",
        sums=True,
        keeps=(Fraction(2), -1),
        layout="chains",
    ),
    "2/N left out, sums kept, capitals, tanh": Style(
        names=_UPPER,
        forward=(
            "Z_1 = W_1 X + B_1",
            r"A_1 = \tanh(Z_1)",
            r"\hat{Y} = W_2 A_1 + B_2",
        ),
        hidden="tanh",
        loss="mse",
        slope="(1 - A_1^2)",
        other_slope="A_1 (1 - A_1)",
        scale=MEAN,
        count="N",
        sums=True,
        layout="block",
    ),
    "one sample, names of one letter": Style(
        names=_COMPACT,
        forward=(r"h = \tanh(v x + c)", r"o = \omega h + \beta"),
        hidden="tanh",
        loss="mse",
        slope="(1 - h^2)",
        other_slope="h (1 - h)",
        scale=HALF,
        loss_sums=False,
    ),
    "1/m kept in claims without a sum": Style(
        names={**_LOWER, "loss": "C"},
        forward=(
            r"g(u) = \frac{1}{1 + e^{-u}}",
            "z_1 = w_1 x + b_1, \\quad a_1 = g(z_1)",
            r"\hat{y} = w_2 a_1 + b_2",
        ),
        hidden="sigmoid",
        loss="mse",
        slope="g'(z_1)",
        other_slope="(1 - a_1^2)",
        scale=HALF_MEAN,
        keeps=MEAN,
    ),
    "log loss of one sample": Style(
        names={**_LOWER, "pred": "p", "hidden": "h"},
        forward=(
            "z_1 = w_1 x + b_1",
            r"h = \sigma(z_1)",
            "z_2 = w_2 h + b_2",
            r"p = \sigma(z_2)",
        ),
        hidden="sigmoid",
        loss="logloss",
        slope="h (1 - h)",
        other_slope="(1 - h^2)",
        loss_sums=False,
        layout="block",
    ),
    "mean log loss, all kept": Style(
        names=_LAYERS,
        forward=(
            "z^{[1]} = W^{[1]} x + b^{[1]}",
            r"a^{[1]} = \tanh(z^{[1]})",
            "z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}",
            r"a^{[2]} = \sigma(z^{[2]})",
        ),
        hidden="tanh",
        loss="logloss",
        slope=r"\tanh'(z^{[1]})",
        other_slope=r"\sigma'(z^{[1]})",
        scale=MEAN,
        sums=True,
        keeps=MEAN,
        layout="chains",
    ),
    "mean log loss, all left out": Style(
        names={**_LOWER, "pred": "a_2"},
        forward=(
            "z_1 = w_1 x + b_1",
            r"a_1 = \sigma(z_1)",
            "z_2 = w_2 a_1 + b_2",
            r"a_2 = \sigma(z_2)",
        ),
        hidden="sigmoid",
        loss="logloss",
        slope=r"\sigma(z_1) (1 - \sigma(z_1))",
        other_slope=r"(1 - \tanh(z_1)^2)",
        scale=MEAN,
        layout="lines",
    ),
}

# The mistakes. -----------------------------------------------------------------------------------

Mistake = Callable[[Gradient, Style], Gradient | None]
"""The claim with the mistake in it; None where it cannot occur."""


def _replaced(old: str, *new: str) -> Mistake:
    def plant(gradient: Gradient, style: Style) -> Gradient | None:
        if old not in gradient.factors:
            return None
        at = gradient.factors.index(old)
        factors = (*gradient.factors[:at], *new, *gradient.factors[at + 1 :])
        return replace(gradient, factors=factors)

    return plant


def _added(new: str, roles: tuple[str, ...]) -> Mistake:
    def plant(gradient: Gradient, style: Style) -> Gradient | None:
        if gradient.role not in roles:
            return None
        return replace(gradient, factors=(*gradient.factors, new))

    return plant


def _scaled(factor: Factor) -> Mistake:
    def plant(gradient: Gradient, style: Style) -> Gradient | None:
        if factor[1] > 0 and gradient.constant[1] >= 0:
            return None  # there is no 1/m to be lost
        if factor[1] and not style.loss_sums:
            return None  # one sample's loss has no count
        return replace(gradient, constant=times(gradient.constant, factor))

    return plant


MISTAKES: dict[str, Mistake] = {
    "wrong sign": lambda gradient, style: replace(gradient, sign=-gradient.sign),
    "prediction and label swapped": _replaced("error", "swapped"),
    "factor 2": _scaled(TWO),
    "factor 1/3": _scaled((Fraction(1, 3), 0)),
    "missing 1/m": _scaled((Fraction(1), 1)),
    "1/m twice": _scaled((Fraction(1), -1)),
    "missing slope": _replaced("slope"),
    "slope twice": _replaced("slope", "slope", "slope"),
    "slope of another activation": _replaced("slope", "other slope"),
    "extra x": _added("x", ("b_1", "w_2", "b_2")),
    "x twice": _replaced("x", "x", "x"),
    "missing x": _replaced("x"),
    "missing w_2": _replaced("w_2"),
    "w_1 for w_2": _replaced("w_2", "w_1"),
    "b_2 for w_2": _replaced("w_2", "b_2"),
    "extra w_2": _added("w_2", ("w_2", "b_2")),
    "hidden output for x": _replaced("x", "hidden"),
    "x for hidden output": _replaced("hidden", "x"),
    "missing hidden output": _replaced("hidden"),
    "extra hidden output": _added("hidden", ("b_1", "b_2")),
    "error lost": _replaced("error", "pred"),
}

CONSTANT_ONLY = frozenset({"factor 2", "factor 1/3", "missing 1/m", "1/m twice"})
"""Mistakes that show only beside the other gradients (design.md, "Constants")."""


def expected_wrong(style: Style, claims: Mapping[str, Gradient], planted: str | None) -> set[str]:
    """Who is wrong by the rule of constants, and the one that a mistake of form was planted in."""
    left_out = {
        role: over(style.constant, claim.constant)
        for role, claim in claims.items()
        if role != planted
    }
    counts = Counter(left_out.values())
    accepted, times_seen = counts.most_common(1)[0]
    if len(counts) > 1 and (ONE in counts or 2 * times_seen <= len(left_out)):
        accepted = ONE
    wrong = {role for role, factor in left_out.items() if factor not in (accepted, ONE)}
    return wrong | ({planted} if planted else set())
