"""Loading: from the paths a user names to documents, with a clear line for each that is none.

Offsets in a document are those of the file, or of the files that are one document: line ends are
not translated, columns count code points. Only a byte order mark is dropped.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from gradcheck.document import Cell, Document, Part
from gradcheck.front_matter import FrontMatterError, parse_front_matter
from gradcheck.inclusion import included, included_files
from gradcheck.report import InputError

BYTES_PER_FILE = 1_000_000
BYTES_PER_NOTEBOOK = 20_000_000
"""Pictures and output included; its Markdown has the limit of any file."""
FORMATS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".qmd": "markdown",
    ".rmd": "markdown",
    ".ipynb": "notebook",
    ".tex": "latex",
    ".ltx": "latex",
    ".rst": "rst",
}
"""What a file is, by the end of its name; folders are searched for these."""
SUFFIXES = tuple(FORMATS)
_LATEX = re.compile(r"^[^%\n]*\\(?:documentclass|begin\s*\{document\})", re.MULTILINE)
STANDARD_INPUT = "<stdin>"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class LoadError(Exception):
    """An input that could not be read; ``error`` says which, where and what to do."""

    def __init__(
        self, path: str, message: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.error = InputError(path, message, line, column)


def load_all(
    paths: Iterable[str | os.PathLike[str]],
    excluded: Callable[[str], bool] = lambda path: False,
    trusted: bool = True,
) -> tuple[tuple[Document, ...], tuple[InputError, ...]]:
    """Every document the paths lead to, in order and each once, and an error for each failure.

    A path is a file, a folder (all documents below it, sorted), or ``-`` for standard input.
    Of a folder, ``excluded`` files are passed over. If not ``trusted``, what a front matter says
    does not count.
    """
    documents: list[tuple[Document, bool]] = []  # with whether the user named it
    errors: list[InputError] = []
    seen: set[str] = set()
    for path in paths:
        try:
            files = files_at(os.fspath(path), excluded)
        except LoadError as failure:
            errors.append(failure.error)
            continue
        for file in files:
            identity = _identity(file)
            if identity in seen:
                continue
            seen.add(identity)
            try:
                named = file == os.fspath(path)
                if not named:
                    _check_regular(file)
                documents.append((load(file, trusted), named))
            except LoadError as failure:
                errors.append(failure.error)
    return _not_included(documents), tuple(errors)


def _not_included(documents: Sequence[tuple[Document, bool]]) -> tuple[Document, ...]:
    """Those that the user named, and of a folder those that are no part of another."""
    holds = {
        _identity(document.path): included_files(document.parts, document.path)
        for document, _ in documents
        if document.parts
    }

    def is_part(document: Document) -> bool:
        own = _identity(document.path)
        others = holds.get(own, set())
        return any(own in files for other, files in holds.items() if other not in others)

    return tuple(document for document, named in documents if named or not is_part(document))


def _check_regular(file: str) -> None:
    """Of a folder, only files are read: a pipe in it would be waited for. Raises LoadError."""
    if os.path.islink(file) and not os.path.exists(file):
        raise LoadError(file, "a link to a file that is not there")
    if os.path.exists(file) and not os.path.isfile(file):
        raise LoadError(file, "a pipe or a device, no file")


def _identity(file: str) -> str:
    """The same for two spellings of one file."""
    try:
        return file if file == "-" else os.path.realpath(file)
    except ValueError:  # a null character
        return file


def files_at(path: str, excluded: Callable[[str], bool] = lambda path: False) -> tuple[str, ...]:
    """The files a path names: itself, or the documents below a folder, sorted.

    Hidden folders and ``excluded`` files are passed over. Raises `LoadError` for a
    folder without any.
    """
    if path == "-" or not os.path.isdir(path):
        return (path,)
    found: list[str] = []
    problems: list[OSError] = []
    for folder, subfolders, names in os.walk(path, onerror=problems.append):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found += [str(Path(folder, name)) for name in names if is_document(name)]
    wanted = [file for file in found if not excluded(file)]
    if wanted:
        return tuple(sorted(wanted, key=lambda file: file.split(os.sep)))
    if found:
        raise LoadError(path, f"all {len(found)} documents in this folder are excluded by settings")
    if problems:
        raise LoadError(path, f"the folder cannot be read ({_reason(problems[0])})")
    raise LoadError(
        path,
        f"no document ({', '.join(SUFFIXES)}) in this folder or below; name a file, or a folder "
        "that holds some",
    )


def is_document(path: str) -> bool:
    """Whether a file found in a folder is taken for a document, by its name."""
    return path.lower().endswith(SUFFIXES)


def load(path: str, trusted: bool = True) -> Document:
    """The document in one file, or on standard input for ``-``. Raises `LoadError`."""
    shown = STANDARD_INPUT if path == "-" else path
    text = _decode(_read(path), shown)
    if not text.strip():
        raise LoadError(shown, "the file is empty: nothing to check")
    kind = format_of(path, text)
    cells: tuple[Cell, ...] = ()
    parts: tuple[Part, ...] = ()
    if kind == "latex" and trusted and path != "-":
        text, parts = included(path, text, BYTES_PER_FILE, _text_of)
    if kind == "notebook":
        text, cells = _markdown(text, shown)
    try:
        front_matter, body_start = parse_front_matter(text, trusted)
    except FrontMatterError as problem:
        raise LoadError(shown, problem.message, problem.line, problem.column) from None
    written = "markdown" if cells else kind
    return Document(shown, text, front_matter, body_start, written, cells, parts)


def _text_of(path: str) -> str | None:
    """The text of a file that another names; None if it is none."""
    try:
        return _decode(_read(path), path)
    except LoadError:
        return None


def format_of(path: str, text: str) -> str:
    """``markdown``, ``latex``, ``rst`` or ``notebook``: by the file's name, else by its text."""
    known = FORMATS.get(os.path.splitext(path.lower())[1])
    if known is not None:
        return known
    if _LATEX.search(text, 0, 20_000):
        return "latex"
    if text.lstrip().startswith("{") and '"nbformat"' in text:
        return "notebook"
    return "rst" if ".. math::" in text else "markdown"


def _markdown(text: str, shown: str) -> tuple[str, tuple[Cell, ...]]:
    """The Markdown of a notebook, with its cells."""
    from gradcheck.notebooks import NotebookError, markdown_of

    try:
        written, cells = markdown_of(text)
    except NotebookError as problem:
        raise LoadError(shown, str(problem)) from None
    if not cells:
        raise LoadError(shown, "the notebook has no Markdown cells: nothing to check")
    if len(written) > BYTES_PER_FILE:
        raise LoadError(shown, "more than 1 MB of Markdown; split it")
    return written, cells


def _read(path: str) -> bytes:
    """At most one byte more than the limit, so that an endless device ends too."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(BYTES_PER_FILE + 1)
        with open(path, "rb") as file:
            return file.read(_limit(path) + 1)
    except FileNotFoundError:
        raise LoadError(path, no_such_file(path)) from None
    except (OSError, ValueError) as problem:
        shown = STANDARD_INPUT if path == "-" else path
        raise LoadError(shown, f"cannot be read ({_reason(problem)})") from None


def _limit(path: str) -> int:
    return BYTES_PER_NOTEBOOK if path.lower().endswith(".ipynb") else BYTES_PER_FILE


def _reason(problem: Exception) -> str:
    words = problem.strerror if isinstance(problem, OSError) else None
    return (words or str(problem)).lower()


def no_such_file(path: str) -> str:
    """The message for a missing file, with the name that was probably meant."""
    parent = Path(path).parent
    if not parent.is_dir():
        return f"no such file; there is no folder {str(parent)!r} either"
    try:
        names = sorted(os.listdir(parent))[:2000]
    except OSError:
        return "no such file"
    near = get_close_matches(Path(path).name, names, n=1, cutoff=0.75)
    return f"no such file; did you mean {str(parent / near[0])!r}?" if near else "no such file"


def _decode(data: bytes, path: str) -> str:
    if len(data) > _limit(path):
        size = _limit(path) // 1_000_000
        raise LoadError(
            path, f"larger than {size} MB; split it, a derivation is a few pages of text"
        )
    if data.startswith(_UTF16_MARKS):
        raise LoadError(path, "the text is UTF-16; save it as UTF-8")
    data = data.removeprefix(_BYTE_ORDER_MARK)
    if b"\0" in data:
        raise LoadError(path, "a binary file, not text; name a Markdown or text document")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        start = data.rfind(b"\n", 0, problem.start) + 1
        column = len(data[start : problem.start].decode("utf-8", "replace")) + 1
        byte = data[problem.start]
        raise LoadError(
            path, f"byte 0x{byte:02x} is not UTF-8 text; save the file as UTF-8", line, column
        ) from None
