"""Notebooks: the Markdown of a ``.ipynb`` file as one text that knows its cells.

Only Markdown cells are taken; code and its output are neither read nor executed. nbformat reads
and upgrades the file (``pip install 'gradcheck[notebook]'``).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from gradcheck.document import Cell

DEPTH = 200
"""Levels of nesting in a notebook's JSON."""


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
            "reading notebooks needs nbformat; install it with: pip install 'gradcheck[notebook]'"
        ) from None
    _check_depth(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without ids are as good to us
            notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        sources = [
            (number, str(cell.source))
            for number, cell in enumerate(notebook.cells, start=1)
            if cell.cell_type == "markdown"
        ]
    except (nbformat.reader.NotJSONError, RecursionError):
        raise NotebookError("not a notebook: not valid JSON") from None
    except (AttributeError, KeyError, TypeError):
        raise NotebookError("not a notebook: JSON, but no object with cells") from None
    except Exception as problem:  # nbformat's many: validation, missing keys, odd versions
        words = " ".join(str(problem).split())[:120]
        raise NotebookError(f"not a notebook that nbformat can read: {words}") from None
    return _joined(sources)


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
