"""The report as text for people: what was understood, the tables, what is wrong, the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradcheck.report.renderers.code import code_section, comparison_section
from gradcheck.report.renderers.findings import findings
from gradcheck.report.renderers.table import table
from gradcheck.report.renderers.terminal import WIDTH, Palette, labelled, wrapped
from gradcheck.report.renderers.wording import counted, example_code, mark_of, outcome, quiet, tally
from gradcheck.report.results import DocumentResult, Report, SetupResult, missed

if TYPE_CHECKING:
    from gradcheck.report.descents import Descent

LEGEND = (
    "document, numeric, backprop: largest difference from the gradient derived symbolically, "
    "relative to its largest entry; bound: what the numeric gradient may be off by."
)


def render(report: Report, *, colour: bool = False, numpy: bool = False) -> str:
    """The whole report in lines of at most 100 columns; ``numpy`` adds counterexamples as code."""
    return "".join(pieces(report, colour=colour, numpy=numpy))


def pieces(report: Report, *, colour: bool = False, numpy: bool = False) -> Iterator[str]:
    """The same text, a document at a time."""
    palette = Palette(colour)
    for result in report.documents:
        yield "\n".join([*_document(result, palette, numpy), "", ""])
    yield "\n".join([*_end(report, palette), ""])


def _end(report: Report, palette: Palette) -> list[str]:
    """What stands below the documents: the legend, the gradient code, the outcome."""
    lines: list[str] = []
    if any(result.setups for result in report.documents):
        lines += [*(palette.paint(line, "dim") for line in wrapped(LEGEND, "")), ""]
    lines += _code(report, palette)
    lines += _not_found(report, palette)
    lines += wrapped(tally(report), "")
    lines += [palette.paint(line, "dim") for line in [quiet(report)] if line]
    verdict = {0: "green", 1: "red"}.get(report.exit_status, "yellow")
    lines += [palette.paint(line, verdict) for line in wrapped(outcome(report), "")]
    code = example_code(report)
    if code:
        from gradcheck.rules import EXPLANATIONS

        example = ", with an example" if EXPLANATIONS[code].bad else ""
        lines += wrapped(f"'gradcheck rule {code}' explains {code}{example}.", "")
    return lines


def _not_found(report: Report, palette: Palette) -> list[str]:
    """The documents of folders in which a gradient was not found, by the reason."""
    reasons: dict[str, list[str]] = {}
    for error in report.not_found:
        at = "" if error.line is None else f":{error.line}"
        reasons.setdefault(error.message, []).append(f"{error.path}{at}")
    colour = "red" if missed(report) else "yellow"
    lines = []
    for reason, places in reasons.items():
        lines += [palette.paint(line, colour) for line in wrapped(reason, "")]
        lines += wrapped(", ".join(places), "  ")
    return [*lines, ""] if lines else []


def _code(report: Report, palette: Palette) -> list[str]:
    """The gradient code that the user named, and what its table says."""
    if not report.code:
        return []
    from gradcheck.code.grid import LEGEND as LEGEND_OF_CODE

    lines = [line for item in report.code for line in [*code_section(item, palette), ""]]
    return [*lines, *(palette.paint(line, "dim") for line in wrapped(LEGEND_OF_CODE, "")), ""]


def _document(result: DocumentResult, palette: Palette, numpy: bool) -> list[str]:
    lines = [palette.paint(line, "bold") for line in wrapped(result.path, "", "    ")]
    lines += _read_back(result, palette)
    for setup in result.setups:
        lines += ["", *_setup(result, setup, palette)]
    for descent in result.descents:
        lines += ["", *_descent(descent)]
    for comparison in result.comparisons:
        gap = [""] if comparison.setup is not None or result.setups else []
        lines += [*gap, *comparison_section(comparison, palette)]
    return lines + findings(result, palette, numpy=numpy)


def _descent(descent: Descent | str) -> list[str]:
    from gradcheck.report.descents import as_text

    return [
        line
        for text in as_text(descent).splitlines()
        for line in (
            [f"  {text}"] if len(text) <= WIDTH - 2 else wrapped(text, _margin(text), "    ")
        )
    ]


def _margin(text: str) -> str:
    return " " * (2 + len(text) - len(text.lstrip()))


def _read_back(result: DocumentResult, palette: Palette) -> list[str]:
    """Forward equations and loss as understood, what differs in later setups, the readings."""
    lines: list[str] = []
    before: tuple[str, ...] = ()
    shown: list[tuple[str, str]] = []
    place = result.document.place
    for setup in result.setups:
        changed = [item for item in setup.forward if item not in (*before, setup.loss)]
        since = f"from {place(setup.line)}" if before else ""
        if changed:
            lines += labelled(since or "read as", ", ".join(changed), palette)
        if setup.loss not in before:
            label = since if since and not changed else "loss"
            lines += labelled(label, setup.loss, palette)
        before = (*setup.forward, setup.loss)
        told = _axes(setup)
        lines += [
            line
            for label, text in told
            if (label, text) not in shown
            for line in labelled(label, text, palette)
        ]
        shown = told
    if result.forward:
        lines += labelled("read as", ", ".join(result.forward), palette)
        lines += labelled("axes", "; ".join(result.axes), palette) if result.axes else []
        lines += labelled("loss", "none is defined", palette)
    elif not result.setups:
        lines += labelled("read", f"{counted(result.formulas, 'formula')}, no gradient", palette)
    for reading in result.readings:
        lines += labelled("reading", reading, palette)
    for item in result.unjudged:
        lines += labelled("not judged", item, palette)
    return lines


def _axes(setup: SetupResult) -> list[tuple[str, str]]:
    """The axes of a setup, what is given and what is abstract: a label and its text."""
    found = {
        "axes": "; ".join(setup.axes),
        "given": ", ".join(setup.given),
        "any function": ", ".join(setup.abstract),
    }
    return [(label, text) for label, text in found.items() if text]


def _setup(result: DocumentResult, setup: SetupResult, palette: Palette) -> list[str]:
    heading = (
        f"{setup.name}, hidden layer {setup.hidden} (from {result.document.place(setup.line)})"
    )
    lines = [palette.paint(line, "bold") for line in wrapped(heading, "  ")]
    marks = tuple(mark_of(result, row) for row in setup.parameters)
    lines += ["  " + line for line in table(result.document, setup, marks, palette).split("\n")]
    lines += _notes(setup, palette)
    return [line.rstrip() for line in lines]


def _notes(setup: SetupResult, palette: Palette) -> list[str]:
    """Why numbers are missing, and what else the setup has to say."""
    notes = [
        f"{row.source_name}: {row.note}"
        for row in setup.parameters
        if row.note and not any(row.note in note for note in setup.notes)
    ]
    if setup.backprop != "compared":
        notes.insert(0, f"backprop not compared: {setup.backprop}")
    return [
        palette.paint(line, "dim")
        for note in (*setup.notes, *notes)
        for line in wrapped(note, "  ")
    ]
