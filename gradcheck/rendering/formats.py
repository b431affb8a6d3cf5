"""Every format by its name; a module is imported when its format is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from gradcheck.report import Report

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


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in this format. Raises KeyError for an unknown one."""
    module: Any = import_module(f"gradcheck.rendering.{FORMATS[name]}")
    render: Callable[[Report], str] = module.render
    return render
