"""Entries of data that a page sets: ``x_0 = 1`` beside ``\\sum_{j=0}^n \\theta_j x_j``."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.language.expression import Name, Number
from gradcheck.language.notation import to_text
from gradcheck.language.typed import Place, Slope, Term, World, nodes
from gradcheck.understand.page.assertions import Page
from gradcheck.understand.page.symbols import Unmeant


def left_open_by(page: Page, world: World, sides: tuple[Term, Term]) -> str:
    """Why a derivative by one entry may be right for the data that are meant; empty if not.

    The 0th entry that is 1 makes the 0th weight the bias; the random arrays do not have it yet.
    """
    slopes = (n for side in sides for n in nodes(side) if isinstance(n, Slope))
    if not any(isinstance(index, Place) for slope in slopes for index in slope.by.at):
        return ""
    for statement in page.order.statements:
        match statement.sides:
            case [Name() as name, Number(value=Fraction(numerator=1, denominator=1))]:
                try:
                    array, written = page.layout.array(name)
                except Unmeant:
                    continue
                first = any(text == "0" for _, text in written.indices)
                if first and array in world.free:
                    return f"it may hold with {to_text(name)} = 1, which is not put in yet"
    return ""
