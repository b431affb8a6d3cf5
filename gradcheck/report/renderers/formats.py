"""Every format by its name; a module is imported when its format is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from gradcheck.report.results import Report

FORMATS = {
    "text": "text",
    "json": "json_format",
    "github": "github",
    "markdown": "markdown",
    "junit": "junit",
    "sarif": "sarif",
    "concise": "concise",
    "csv": "csv_format",
    "gradescope": "gradescope",
    "mistakes": "mistakes",
}
"""Names as ``--format`` takes them, with the module that renders them."""

LONG = ("text", "json")
"""What grows with every step of a document: made a document at a time."""

TELL_ERRORS = ("concise", "github")
"""Formats of lines for people, among them one for every input that failed."""


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in this format. Raises KeyError for an unknown one."""
    module: Any = import_module(f"gradcheck.report.renderers.{FORMATS[name]}")
    render: Callable[[Report], str] = module.render
    return render


def pieces(name: str, report: Report) -> Iterator[str]:
    """What `renderer` gives, bit by bit: a class of thousands is never held as one text."""
    if name not in LONG:
        return iter([renderer(name)(report)])
    module: Any = import_module(f"gradcheck.report.renderers.{FORMATS[name]}")
    made: Iterator[str] = module.pieces(report)
    return made
