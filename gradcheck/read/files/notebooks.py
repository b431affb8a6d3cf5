"""Notebooks: the Markdown of a ``.ipynb`` file as one text that knows its cells.

Only Markdown cells are taken, and code cells that are marked up instead: ``%%latex``,
``%%markdown``. Other code and all output are neither read nor executed. nbformat reads and upgrades
the file; it is imported where there is one.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Sequence
from typing import Any

from gradcheck.language.document import Cell

DEPTH = 200
"""Levels of nesting in a notebook's JSON."""


_MARKUP = re.compile(r"%%(?:latex|markdown)[ \t]*(?=\r?\n)")
"""The first line of a code cell that shows what it holds as text."""


class NotebookError(ValueError):
    """A notebook that cannot be used; the message says why and what to do."""


def markdown_of(text: str) -> tuple[str, tuple[Cell, ...]]:
    """The Markdown cells of a notebook, blank lines between, and where each of them begins.

    Raises NotebookError if the text is no notebook, or nbformat is not installed.
    """
    try:
        import nbformat
    except ImportError:
        raise NotebookError(
            "this installation lacks nbformat, which reads notebooks: pip install nbformat"
        ) from None
    _check_depth(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids are as good to us
            notebook = nbformat.reads(_completed(text), as_version=4)  # type: ignore[no-untyped-call]
        sources = [
            (number, _MARKUP.sub(_blank, str(cell.source), count=1))
            for number, cell in enumerate(notebook.cells, start=1)
            if cell.cell_type == "markdown" or _is_markup(cell)
        ]
    except (nbformat.reader.NotJSONError, RecursionError):
        raise NotebookError("not a notebook: not valid JSON") from None
    except (AttributeError, KeyError, TypeError):
        raise NotebookError("not a notebook: JSON, but no object with cells") from None
    except NotebookError:
        raise
    except Exception as problem:  # nbformat's many: validation, missing keys, odd versions
        words = " ".join(str(problem).split())[:120]
        raise NotebookError(f"not a notebook that nbformat can read: {words}") from None
    return _joined(sources)


def _is_markup(cell: Any) -> bool:
    return cell.cell_type == "code" and _MARKUP.match(str(cell.source)) is not None


def _blank(found: re.Match[str]) -> str:
    """As many spaces: the lines of a cell keep their numbers."""
    return " " * len(found.group())


def _completed(text: str) -> str:
    """The notebook without output and pictures, and with what some programs leave out.

    Raises NotebookError if it is not JSON, or does not say which version of the format it is.
    """
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise NotebookError("not a notebook: not valid JSON") from None
    if not isinstance(notebook, dict):
        return text
    if notebook and "nbformat" not in notebook:
        raise NotebookError("not a notebook: it does not say which nbformat it is")
    sheets = notebook.get("worksheets")
    holders = [notebook, *(sheets if isinstance(sheets, list) else ())]
    for holder in holders:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, dict):
                _complete(cell)
    return json.dumps(notebook)


def _complete(cell: dict[str, Any]) -> None:
    cell.setdefault("metadata", {})
    cell.pop("attachments", None)
    if "input" not in cell:  # that is the source, in version 3
        cell["source"] = cell.get("source") or ""
    if cell.get("cell_type") == "code":
        cell["outputs"] = []
        cell.setdefault("execution_count", None)


def _joined(sources: Sequence[tuple[int, str]]) -> tuple[str, tuple[Cell, ...]]:
    parts: list[str] = []
    cells: list[Cell] = []
    line = 1
    start = 0
    for number, source in sources:
        cells.append(Cell(number, start, line))
        part = source.replace("\r\n", "\n") + "\n\n"
        parts.append(part)
        start += len(part)
        line += part.count("\n")
    return "".join(parts), tuple(cells)


def _check_depth(text: str) -> None:
    """Refuse what would exhaust a JSON parser, before it is called."""
    depth = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    if deepest > DEPTH:
        raise NotebookError(f"not a notebook: nested more than {DEPTH} levels deep")
