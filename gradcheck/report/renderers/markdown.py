"""The report as Markdown: for a pull request's step summary, a comment, a page.

What a document or a message says is escaped or put in code, so that it cannot make headings,
links or HTML of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.objections import objections, remarks
from gradcheck.report.renderers.table import HEADERS, cells
from gradcheck.report.renderers.terminal import clipped, printable
from gradcheck.report.renderers.wording import counted, mark_of, outcome, quiet, tally
from gradcheck.report.results import DocumentResult, Report, SetupResult

_LONGEST = 300
_ICONS = {"error": "❌", "warning": "⚠️", "note": "ℹ️"}
_SPECIAL = "\\`*_{}[]<>()#+!|~$&"


def render(report: Report) -> str:
    """The outcome, then each document with its tables and findings."""
    parts = [f"## gradcheck\n\n**{escaped(outcome(report))}** {escaped(tally(report))}"]
    parts += [escaped(line) for line in [quiet(report)] if line]
    parts += [f"- ❌ {code(error.path)}: {escaped(error.message)}" for error in report.errors]
    parts += [f"- ❌ {code(item.path)}: {escaped(item.message)}" for item in objections(report)]
    parts += [f"- ⚠️ {code(item.path)}: {escaped(item.message)}" for item in remarks(report)]
    found = annotated(report)
    for result in report.documents:
        own = [item for item in found if item.path == result.path and item.line is not None]
        parts.append(_document(result, own))
    for check in report.code:
        rows = [(r.name, r.verdict.words, f"{r.checked} of {r.entries}") for r in check.rows]
        parts.append(f"### {code(check.target)}")
        parts.append(_table(("parameter", "verdict", "checked"), rows))
        own = [item for item in found if item.target == check.target]
        parts += [_item(item) for item in own]
    return "\n\n".join(parts) + "\n"


def _document(result: DocumentResult, found: list[Annotation]) -> str:
    parts = [f"### {code(result.path)}"]
    if not result.setups:
        parts.append(f"{counted(result.formulas, 'formula')}, no gradient")
    parts += [_setup(result, setup) for setup in result.setups]
    if found:
        parts.append("\n".join(_item(item) for item in found))
    return "\n\n".join(parts)


def _setup(result: DocumentResult, setup: SetupResult) -> str:
    rows = [cells(result.document, row, mark_of(result, row)) for row in setup.parameters]
    heading = f"**{escaped(setup.name)}**, hidden layer {escaped(setup.hidden)}"
    return f"{heading}\n\n{_table(HEADERS, rows)}"


def _table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    from tabulate import tabulate

    shown = [[escaped(text) for text in row] for row in rows]
    return tabulate(shown, headers, tablefmt="github", disable_numparse=True)


def _item(item: Annotation) -> str:
    place = f"{item.place}: " if item.place else ""
    mark = f" ({item.mark})" if item.mark else ""
    parts = [f"- {_ICONS[item.severity]} {place}{escaped(item.message)}{mark} `{item.rule.code}`"]
    if item.source.strip():
        parts.append(f"  {code(clipped(printable(item.source), _LONGEST))}")
    if item.suggestion:
        parts.append(f"  try {code(printable(item.suggestion))}")
    if item.follows_from:
        parts.append(f"  follows from {escaped(item.follows_from)}")
    return "  \n".join(parts)


def escaped(text: str) -> str:
    """Plain text on one line that Markdown shows as it is."""
    shown = "".join(f"\\{mark}" if mark in _SPECIAL else mark for mark in printable(text))
    return shown.replace("@", "@\u2060")  # no mention of anybody


def code(text: str) -> str:
    """A code span that no number of backticks inside can end."""
    shown = printable(text)
    ticks = "`"
    while ticks in shown:
        ticks += "`"
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"
