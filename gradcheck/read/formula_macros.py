r"""Macros that make formulas of their own: ``\newcommand{\be}{\begin{equation}}``, and
``\newcommand{\eq}[1]{\begin{align}#1\end{align}}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradcheck.language.document import Span
from gradcheck.read.macros import Argument, Macro, Macros, group_at

_BEGIN = re.compile(r"\\begin\s*\{([A-Za-z]+\*?)\}")
_END = re.compile(r"\\end\s*\{([A-Za-z]+\*?)\}")
_PART = re.compile(
    r"\\begin\s*\{(?P<environment>[A-Za-z]+\*?)\}(?P<one>.*)\\end\s*\{(?P=environment)\}"
    r"|\\\[(?P<two>.*)\\\]|\\\((?P<three>.*)\\\)|\$\$(?P<four>.*)\$\$|\$(?P<five>[^$]*)\$",
    re.DOTALL,
)
_AROUND = re.compile(
    r"\\(?:begin|end)\s*\{(?:split|aligned|gathered)\}|\\label\s*\{[^{}]*\}|\\displaystyle|\s|%"
)
_ONLY = re.compile(r"#([1-9])")
_STAR = re.compile(r"\s*\*")
_OPTIONAL = re.compile(r"\s*\[[^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class FormulaMacros:
    """By name: what opens an environment, what closes one, what makes its argument (counted from
    0) a formula, and what holds an equation of its own."""

    opens: dict[str, str]
    closes: dict[str, str]
    whole: dict[str, tuple[int, bool]]  # with it, whether it is a display
    holds: frozenset[str]


def formula_macros(macros: Macros, math: frozenset[str]) -> FormulaMacros:
    """Those of a document; ``math`` are the environments that are formulas."""
    opens, closes, whole, holds = {}, {}, {}, set()
    for name, known in macros.table.items():
        macro = known[-1][1]
        begun = [e for e in _BEGIN.findall(macro.text) if e.rstrip("*") in math]
        ended = [e for e in _END.findall(macro.text) if e.rstrip("*") in math]
        if begun and not ended:
            opens[name] = begun[0]
        elif ended and not begun:
            closes[name] = ended[-1]
        elif (part := _PART.search(macro.text)) is not None:
            taken = _argument_in(part)
            if taken is not None and taken < len(macro.arguments):
                whole[name] = taken, part["five"] is None and part["three"] is None
            elif "=" in part.group():
                holds.add(name)
    return FormulaMacros(opens, closes, whole, frozenset(holds))


def _argument_in(part: re.Match[str]) -> int | None:
    """Which argument the formula is, if it is nothing else."""
    inside = next(part[group] for group in _GROUPS if part[group] is not None)
    only = _ONLY.fullmatch(_AROUND.sub("", inside))
    return None if only is None else int(only[1]) - 1


_GROUPS = ("one", "two", "three", "four", "five")


def call_arguments(text: str, at: int, macro: Macro) -> list[Span] | None:
    """Where the arguments of a call stand, braces included; None if one is missing or has none."""
    found: list[Span] = []
    for argument in macro.arguments:
        span = _argument(text, at, argument)
        if span is None:
            return None
        found.append(span)
        at = span.end
    return found


def _argument(text: str, at: int, argument: Argument) -> Span | None:
    if argument.kind in ("m", "g"):
        group = group_at(text, at)
        return Span(at, at) if group is None and argument.kind == "g" else group
    pattern = _STAR if argument.kind == "s" else _OPTIONAL
    given = pattern.match(text, at)
    return Span(at, at) if given is None else Span(*given.span())
