"""The comparison table of one setup: a row a parameter, a column a source of evidence."""

from __future__ import annotations

import math

from gradcheck.language.document import Document
from gradcheck.language.verdict import Verdict
from gradcheck.report.renderers.terminal import Palette, cell
from gradcheck.report.results import ParameterResult, SetupResult

ERROR_FLOOR = 1e-12
DIFFERENCE_FLOOR = 1e-9
_REAL_DIFFERENCE = 1e-3
HEADERS = ("gradient", "line", "verdict", "document", "numeric", "bound", "backprop", "worst at")
_ALIGNMENT = ("left", "right", "left", "right", "right", "right", "right", "left")
COLOURS = {
    Verdict.EXACT: "green",
    Verdict.CONVENTION: "yellow",
    Verdict.WRONG: "red",
    Verdict.UNDECIDED: "magenta",
    Verdict.UNREAD: "magenta",
}


def table(document: Document, setup: SetupResult, marks: tuple[str, ...], palette: Palette) -> str:
    """The table as text; ``marks`` stand after the verdicts ("expected", "ignored", "")."""
    from tabulate import tabulate

    rows = [
        _row(document, parameter, mark, palette)
        for parameter, mark in zip(setup.parameters, marks, strict=True)
    ]
    return tabulate(
        rows,
        headers=HEADERS,
        tablefmt="simple",
        colalign=_ALIGNMENT,
        disable_numparse=True,
        preserve_whitespace=True,
    )


def magnitude(error: float | None, floor: float) -> str:
    """An error as text that another processor prints too.

    Below the floor it is rounding noise and only the floor is shown; a real difference has two
    digits; what lies between is noise of an unknown size, and only its power of ten is shown.
    """
    if error is None or not math.isfinite(error):
        return "–"
    if error < floor:
        return f"< {_power_of_ten(math.log10(floor))}"
    if error < _REAL_DIFFERENCE:
        return f"< {_power_of_ten(math.floor(math.log10(error)) + 1)}"
    return f"{error:.2g}".replace("e+0", "e").replace("e+", "e")


def _power_of_ten(exponent: float) -> str:
    return f"1e{round(exponent)}"


def _row(document: Document, parameter: ParameterResult, mark: str, palette: Palette) -> list[str]:
    name, line, status, *numbers, worst = cells(document, parameter, mark)
    verdict = cell(status, 20)
    if parameter.verdict is not None:
        verdict = palette.paint(verdict, COLOURS.get(parameter.verdict, "bold"))
    return [cell(name, 12), line, verdict, *numbers, cell(worst, 12)]


def cells(document: Document, parameter: ParameterResult, mark: str) -> tuple[str, ...]:
    """A row as plain text, one for each of `HEADERS`; ``mark`` stands after the verdict."""
    return (
        parameter.source_name,
        document.short_place(parameter.claim.line) if parameter.claim else "–",
        parameter.status + (f" ({mark})" if mark else ""),
        magnitude(parameter.document_error, ERROR_FLOOR),
        magnitude(parameter.numeric_error, DIFFERENCE_FLOOR),
        magnitude(parameter.numeric_bound, DIFFERENCE_FLOOR),
        magnitude(parameter.backprop_error, ERROR_FLOOR),
        _worst(parameter),
    )


def _worst(parameter: ParameterResult) -> str:
    """Where the largest difference is: only if it is one, for the place of noise means nothing."""
    error, entry = parameter.document_error, parameter.worst_entry
    if error is None or error < _REAL_DIFFERENCE or not entry:
        return "–"
    return f"[{', '.join(str(index) for index in entry)}]"
