r"""Macros of LaTeX packages for derivatives and brackets, written as the documents write theirs.

What each does is told by its own manual; here is only what it means. ``d`` and ``∂`` forms have one
pattern. A package's macros hold where it is named; a few that mean one thing everywhere, always:
the preamble may stand in another file.
"""

from __future__ import annotations

import re

from gradcheck.language import derivative_signs as signs

USED = re.compile(r"\\(?:usepackage|RequirePackage|require)\s*(?:\[[^\]]{0,400}\])?\s*\{([^{}]*)\}")
"""Where a document names the packages it uses; in MathJax ``\require{physics}``."""

_ORDERED = (
    r"\IfNoValueTF{#ORDER}{\frac{SIGN OF}{SIGN BY}}{\frac{SIGN^{#ORDER} OF}{SIGN BY^{#ORDER}}}"
)


def _ordered(sign: str, order: int, of: str, by: str) -> str:
    """``d^n f / d x^n``, or ``df / dx`` where no order is given."""
    text = _ORDERED.replace("ORDER", str(order)).replace("SIGN", f"{sign} ")
    return text.replace("OF", of).replace("BY", by)


def _braced(name: str, sign: str) -> str:
    r"""``\pdv{f}{x}``, ``\pdv[2]{f}{x}``, ``\pdv{f}{x}{y}``, and ``\pdv{x}``, the operator."""
    mixed = rf"\frac{{{sign}^2 #3}}{{{sign} #4 {sign} #5}}"
    both = rf"\IfNoValueTF{{#5}}{{{_ordered(sign, 2, '#3', '#4')}}}{{{mixed}}}"
    body = rf"\IfNoValueTF{{#4}}{{{_ordered(sign, 2, '', '#3')}}}{{{both}}}"
    return rf"\NewDocumentCommand{{\{name}}}{{s o m g g}}{{{body}}}"


def _both(name: str, sign: str) -> str:
    r"""``\diff{f}{x}`` and ``\diff[2]{f}{x}``; with a star the function stands behind."""
    behind = _ordered(sign, 2, "", "#4")
    body = rf"\IfBooleanTF{{#1}}{{{behind} #3}}{{{_ordered(sign, 2, '#3', '#4')}}}"
    return rf"\NewDocumentCommand{{\{name}}}{{s o m m}}{{{body}}}"


def _starred(*names: str) -> str:
    return "".join(_both(name, signs.STARRED_MACROS[name]) for name in names)


def _round(name: str, opening: str, closing: str) -> str:
    r"""``\qty{x}``: brackets that grow; without braces it only makes those that follow grow."""
    body = rf"\IfNoValueTF{{#2}}{{}}{{\left{opening} #2 \right{closing}}}"
    return rf"\NewDocumentCommand{{\{name}}}{{s g}}{{{body}}}"


_DERIVATIVES = "".join(_braced(name, sign) for name, sign in signs.MACROS.items())
_COMMATH = "".join(
    rf"\NewDocumentCommand{{\{name}}}{{o m m}}{{{_ordered(sign, 1, '#2', '#3')}}}"
    for name, sign in signs.SHORT_MACROS.items()
)
PACKAGES = {
    "latex": r"\newcommand{\ensuremath}[1]{#1}\newcommand{\xspace}{}",
    "derivatives": _DERIVATIVES
    + _starred("diffp", "difp")
    + _round("qty", r"\{", r"\}")
    + _round("pqty", "(", ")")
    + _round("bqty", "[", "]")
    + _round("Bqty", r"\{", r"\}"),
    "physics": _round("vqty", "|", "|")
    + _round("abs", "|", "|")
    + r"\NewDocumentCommand{\dd}{o g}{\mathrm{d}\IfNoValueTF{#2}{}{#2}}"
    r"\newcommand{\grad}{\nabla}\newcommand{\vdot}{\cdot}\newcommand{\cross}{\times}"
    r"\newcommand{\flatfrac}[2]{\frac{#1}{#2}}"
    r"\NewDocumentCommand{\vb}{s m}{\mathbf{#2}}\NewDocumentCommand{\va}{s m}{\vec{#2}}"
    r"\NewDocumentCommand{\vu}{s m}{\hat{#2}}",
    "diffcoeff": _starred("diff", "dif", "difs", "difsp"),
    "esdiff": _starred("diff", "diffp"),
    "commath": _COMMATH
    + r"\newcommand{\dif}{\mathrm{d}}"
    + _round("del", "(", ")")
    + _round("sbr", "[", "]")
    + _round("cbr", r"\{", r"\}")
    + _round("abs", "|", "|"),
    "cool": _starred("pderiv", "deriv") + _both("D", signs.D),
}
PACKAGES["bropd"] = _COMMATH
ALWAYS = ("latex", "derivatives")
_NAMES = "|".join(signs.MACROS)
NAMED = re.compile(rf"\\(?:{_NAMES}|diffp|difp)(?![A-Za-z])")
"""A derivative's macro that means the same everywhere, named or not where it comes from."""
