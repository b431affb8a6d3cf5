r"""Formulas as people type them without LaTeX: ``∂L/∂w₂ = (ŷ − y)·a₁``.

This knows the LaTeX of the repository's own derivations and no more; it is independent of the
reader, which has to make the same of both.
"""

from __future__ import annotations

import re
import unicodedata

from gradcheck.language.document import Document
from tests.formats.conversion import formulas_of

SIGNS = {
    "cdot": "· ", "times": "× ", "leftarrow": "← ", "Rightarrow": "⇒ ", "rightarrow": "→ ",
    "therefore": "∴ ", "neq": "≠ ", "partial": "∂", "sum": "Σ", "sigma": "σ", "delta": "δ",
    "alpha": "α", "eta": "η", "log": "log ", "tanh": "tanh ", "quad": "    ", "qquad": "    ",
    "sin": "sin", "left": "", "right": "",
}  # fmt: skip
DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LATEX_ONLY = re.compile(r"\\(?:cancel|underbrace)|\\text\{when")
"""What has no spelling on the keyboard."""


def to_unicode(markdown: Document) -> tuple[str, list[tuple[int, int]]]:
    r"""The document without LaTeX, and the line in it of every row, after the row's offset.

    Displays go into fences, a row a line; what has no such spelling stays in its dollars, and
    with it what stands in sentences.
    """
    alone = not LATEX_ONLY.search(markdown.text)
    text = ""
    at = markdown.body_start
    places: list[tuple[int, int]] = []
    for block in formulas_of(markdown):
        text += markdown.text[at : block.outer.start]
        at = block.outer.end
        formula = markdown.source(block.content)
        kept = bool(LATEX_ONLY.search(formula)) or not (block.display or alone)
        if kept or not block.display:
            places.append((block.content.start, text.count("\n") + 1))
            text += markdown.source(block.outer) if kept else in_unicode(formula)
            continue
        text += "```\n"
        start = block.content.start
        for row in formula.split(r"\\"):
            places.append((start, text.count("\n") + 1))
            text += in_unicode(re.sub(r"\\(?:begin|end)\{[a-z]+\*?\}", "", row)) + "\n"
            start += len(row) + 2
        text += "```"
    return text + markdown.text[at:], places


def in_unicode(latex: str) -> str:
    """One row of LaTeX in Unicode."""
    text = latex.replace("&", "")
    text = re.sub(r"\\hat\{(\w)\}", lambda m: unicodedata.normalize("NFC", m[1] + "\u0302"), text)
    text = re.sub(r"\\text\{([^{}]*)\}", r"\1", text)
    text = _groups(text)
    text = re.sub(r"\\([A-Za-z]+) ?", lambda m: SIGNS[m[1]], text)
    text = re.sub(r"\^\{(-?\w+)\}", r"^(\1)", text).replace("^2", "²")
    text = re.sub(r"\^\{(.*?)\}", r"^\1", text)
    text = re.sub(r"_([0-9])(?![0-9])", lambda m: m[1].translate(DIGITS), text)
    return text.replace("-", "−").strip()


def _groups(text: str) -> str:
    r"""``\frac{a}{b}`` and ``\boxed{a}``, innermost last."""
    while (found := re.search(r"\\(frac|boxed)\{", text)) is not None:
        first = _closing(text, found.end())
        inner = _groups(text[found.end() : first])
        if found[1] == "boxed":
            text = text[: found.start()] + inner + text[first + 1 :]
            continue
        second = _closing(text, first + 2)
        below = _groups(text[first + 2 : second])
        rest = text[second + 1 :]
        text = text[: found.start()] + _quotient(inner, below, rest) + rest
    return text


def _closing(text: str, at: int) -> int:
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at - 1


def _quotient(above: str, below: str, rest: str) -> str:
    above, below = above.strip(), below.strip()
    if below.startswith("\\partial") and above.startswith("\\partial"):
        of = above.removeprefix("\\partial").strip()
        if of and not re.fullmatch(r"\w+(\(\w+\))?|\(.*\)|\[.*\]|\\left.*", of):
            of = f"({of})"
        space = " " if rest[:2].strip(" \\)]}") else ""
        return f"\\partial {of}/{below}{space}"
    if re.search(r"[ +/]|-", above) or below.startswith("\\partial"):
        above = f"({above})"
    if not re.fullmatch(r"\w|\\partial \w+", below):
        below = f"({below})"
    whole = f"{above}/{below}"
    return f"({whole})" if rest.strip()[:1] not in ("", "=", ")", "]", ",") else whole
