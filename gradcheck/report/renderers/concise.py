"""One line a finding, ``path:line:column: GC101 error: message``: for editors and for grep.

Inputs that failed, and what ``--strict`` objects to, have the same form without a code.
"""

from __future__ import annotations

from gradcheck.language.problem import InputError
from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.objections import objections, remarks
from gradcheck.report.renderers.terminal import printable
from gradcheck.report.renderers.wording import outcome, quiet
from gradcheck.report.results import Report


def render(report: Report) -> str:
    """Inputs that failed, findings in the order of their causes, then the outcome."""
    lines = [_failed(item, "input") for item in report.errors]
    lines += [
        f"{item.path}{_place(item)}: {item.rule.code} {item.severity}: {item.text}"
        for item in annotated(report)
    ]
    lines += [_failed(item, "error") for item in objections(report)]
    lines += [_failed(item, "note") for item in remarks(report)]
    lines += [line for line in [quiet(report)] if line]
    return "\n".join(printable(line) for line in [*lines, outcome(report)]) + "\n"


def _failed(item: InputError, kind: str) -> str:
    return f"{item.path}{_at(item.line, item.column)}: {kind}: {item.message}"


def _place(item: Annotation) -> str:
    cell = "" if item.cell is None else f":cell {item.cell}"
    return cell + _at(item.line, item.column)


def _at(*numbers: int | None) -> str:
    return "".join(f":{number}" for number in numbers if number is not None)
