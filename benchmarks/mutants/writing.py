"""A derivation as a Markdown document, with the place of every side."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.mutants.latex import Notation, render
from benchmarks.mutants.terms import Derivation, Statement


@dataclass(frozen=True, slots=True)
class Written:
    """``places`` maps (statement, side) to offsets in the text."""

    text: str
    places: dict[tuple[int, int], tuple[int, int]]

    def line(self, statement: int, side: int) -> int:
        return self.text.count("\n", 0, self.places[statement, side][0]) + 1

    def block(self, statement: int) -> tuple[int, int]:
        """The offsets from a statement's first side to its last."""
        spans = [span for (owner, _), span in self.places.items() if owner == statement]
        return min(start for start, _ in spans), max(end for _, end in spans)


def write(derivation: Derivation, notation: Notation) -> Written:
    """Markdown with a block a statement, unless the statement is joined to the one before."""
    text = "# A network with one hidden layer\n\n"
    places: dict[tuple[int, int], tuple[int, int]] = {}
    last = len(derivation.statements)
    for index, statement in enumerate(derivation.statements):
        joined = statement.layout == "joined" and index > 0
        if statement.prose:
            text += f"{statement.prose}\n\n"
        text += r", \quad " if joined else "$$"
        if statement.layout == "aligned":
            text += "\\begin{aligned}\n"
        text = _sides(text, index, statement, notation, places)
        if statement.layout == "aligned":
            text += "\n\\end{aligned}"
        following = derivation.statements[index + 1].layout if index + 1 < last else ""
        if following != "joined":
            text += "$$\n\n"
    return Written(text, places)


def _sides(
    text: str,
    index: int,
    statement: Statement,
    notation: Notation,
    places: dict[tuple[int, int], tuple[int, int]],
) -> str:
    aligned = statement.layout == "aligned"
    for side, term in enumerate(statement.sides):
        if side > 0:
            relation = statement.relation if side == 1 else "="
            new_row = " \\\\\n" if aligned and side > 1 else " "
            text += f"{new_row}&{relation} " if aligned else f" {relation} "
        written = render(term, notation)
        places[index, side] = (len(text), len(text) + len(written))
        text += written
    return text
