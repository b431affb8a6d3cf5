"""The report as GitHub workflow commands: ``::error file=…,line=…::message``, a line a finding.

GitHub shows only the first ten of a kind, so causes come before what follows from them.
"""

from __future__ import annotations

import re
from pathlib import Path

from gradcheck.code.target import file_of
from gradcheck.language.problem import InputError
from gradcheck.report.renderers.annotation import Annotation, annotated
from gradcheck.report.renderers.objections import objections, remarks
from gradcheck.report.renderers.terminal import visible
from gradcheck.report.renderers.wording import outcome, quiet
from gradcheck.report.results import Report

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """Inputs that failed, findings, what else fails the run, then a line with the outcome."""
    lines = [_error(error, "input") for error in report.errors]
    lines += [_annotation(item) for item in annotated(report)]
    lines += [_error(item, "gradcheck") for item in objections(report)]
    lines += [_error(item, "gradcheck", "warning") for item in remarks(report)]
    lines += [line for line in [quiet(report)] if line]
    lines.append(_escape_message(outcome(report)).replace("::", ": :"))
    return "\n".join(lines) + "\n"


def _annotation(item: Annotation) -> str:
    if item.cell is not None:  # a line of a cell is none of the file
        title = f"{item.rule.code} {item.rule.name}"
        text = f"{item.place}: {item.text}"
        level = _COMMANDS[item.severity]
        return _command(level, item.path, None, None, None, None, title, text)
    return _command(
        _COMMANDS[item.severity],
        item.path,
        item.line,
        item.column,
        item.end_line,
        item.end_column,
        f"{item.rule.code} {item.rule.name}",
        item.text,
    )


def _error(error: InputError, title: str, level: str = "error") -> str:
    file = file_of(error.path)
    message = error.message if file == error.path else f"{error.path}: {error.message}"
    return _command(level, file, error.line, error.column, None, None, title, message)


def _command(
    level: str,
    path: str,
    line: int | None,
    column: int | None,
    end_line: int | None,
    end_column: int | None,
    title: str,
    message: str,
) -> str:
    places = {"line": line, "col": column, "endLine": end_line, "endColumn": end_column}
    if end_line is not None and end_line != line:  # columns are only valid within one line
        places["col"] = places["endColumn"] = None
    properties = [f"file={_escape_property(Path(path).as_posix())}"]
    properties += [f"{name}={value}" for name, value in places.items() if value is not None]
    properties.append(f"title={_escape_property(title)}")
    return f"::{level} {','.join(properties)}::{_escape_message(message)}"


def _escape_message(text: str) -> str:
    """Line ends as GitHub takes them; no other control character may reach a log."""
    return _escaped("".join(mark if mark in "\r\n" else visible(mark) for mark in text))


def _escape_property(text: str) -> str:
    """The name of a file stays as it is, but for what could steer a terminal."""
    bare = _CONTROL.sub(lambda control: visible(control.group()), text)
    return _escaped(bare).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
