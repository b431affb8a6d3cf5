"""Loading: from the paths a user names to documents, with a clear line for each that is none.

Offsets in a document are those of the file, or of the files that are one document: line ends are
not translated, columns count code points. Only a byte order mark is dropped.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from gradcheck.language.document import Cell, Document, Part
from gradcheck.language.problem import InputError
from gradcheck.read.files.folders import Folder, searched
from gradcheck.read.files.front_matter import FrontMatterError, parse_front_matter
from gradcheck.read.files.inclusion import included, included_files
from gradcheck.read.files.suffixes import (
    FORMATS,
    SUFFIXES,
    disguised,
    is_unknown,
    not_read,
    unknown,
)

BYTES_PER_FILE = 1_000_000
BYTES_PER_NOTEBOOK = 20_000_000
"""Pictures and output included; its Markdown has the limit of any file."""
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


@dataclass(frozen=True)
class Found:
    """What the paths that a user named lead to.

    ``errors`` are those of named inputs. Of folders, ``held`` are the documents, ``unreadable``
    the files that could not be read, and ``others`` those that are no documents of their own.
    """

    documents: tuple[Document, ...] = ()
    errors: tuple[InputError, ...] = ()
    held: frozenset[str] = frozenset()
    unreadable: tuple[InputError, ...] = ()
    others: tuple[InputError, ...] = ()


def load_all(
    paths: Iterable[str | os.PathLike[str]],
    excluded: Callable[[str], bool] = lambda path: False,
    trusted: bool = True,
) -> tuple[tuple[Document, ...], tuple[InputError, ...]]:
    """Every document the paths lead to, in order and each once, and an error for each failure."""
    found = find_all(paths, excluded, trusted)
    return found.documents, (*found.errors, *found.unreadable)


def find_all(
    paths: Iterable[str | os.PathLike[str]],
    excluded: Callable[[str], bool] = lambda path: False,
    trusted: bool = True,
    gitignore: bool = False,
) -> Found:
    """Every document the paths lead to, in order and each once, and whatever else lies there.

    A path is a file, a folder (all documents below it, sorted), or ``-`` for standard input.
    Of a folder, ``excluded`` files are passed over, and with ``gitignore`` what a ``.gitignore``
    leaves out. If not ``trusted``, what a front matter says does not count.
    """
    places = [os.fspath(path) for path in paths]
    files = [path for path in places if path == "-" or not os.path.isdir(path)]
    search = _Search(trusted, frozenset(map(_identity, files)))
    folders: list[Folder] = []
    for path in places:
        if path in files:
            search.take(path)
            continue
        folder = searched(path, excluded, gitignore)
        folders.append(folder)
        nothing = _nothing_in(folder)
        if nothing is not None:
            search.errors.append(nothing)
        else:
            search.unreadable += folder.problems
        for file in sorted(folder.documents, key=os.path.islink):  # of two names, the file's own
            search.take(file)
    return search.found(folders)


class _Search:
    """Documents and failures in the making; each file counts once."""

    def __init__(self, trusted: bool, named: frozenset[str]) -> None:
        self.trusted = trusted
        self.named = named  # by identity
        self.documents: list[Document] = []
        self.errors: list[InputError] = []
        self.held: set[str] = set()
        self.unreadable: list[InputError] = []
        self.seen: dict[str, str] = {}
        self.again: list[InputError] = []

    def take(self, file: str) -> None:
        """Load a file that was named, or that a folder holds."""
        identity = _identity(file)
        if identity in self.seen:
            if os.path.islink(file) and file != self.seen[identity]:
                self.again.append(InputError(file, f"a link to {self.seen[identity]}"))
            return
        self.seen[identity] = file
        held = identity not in self.named
        try:
            if held:
                _check_regular(file)
            self.documents.append(load(file, self.trusted))
            if held:
                self.held.add(file)
        except LoadError as failure:
            (self.unreadable if held else self.errors).append(failure.error)

    def found(self, folders: Sequence[Folder]) -> Found:
        """All of it: parts of another document are none of their own, unless they were named."""
        whole = _wholes(self.documents)
        parts = [d for d in self.documents if d.path in whole and d.path in self.held]
        others = [item for folder in folders for item in folder.others]
        others += [InputError(d.path, f"part of {whole[d.path]}, verified there") for d in parts]
        left_out = {document.path for document in parts}
        taken = set(self.seen) - set(map(_identity, left_out))
        return Found(
            tuple(d for d in self.documents if d.path not in left_out),
            tuple(self.errors),
            frozenset(self.held - left_out),
            tuple(self.unreadable),
            (*(item for item in others if _identity(item.path) not in taken), *self.again),
        )


def _wholes(documents: Sequence[Document]) -> dict[str, str]:
    """The documents that are part of another one, each with one that it is part of."""
    holds = {
        _identity(document.path): (document.path, included_files(document.parts, document.path))
        for document in documents
        if document.parts
    }
    found: dict[str, str] = {}
    for document in documents:
        own = _identity(document.path)
        _, others = holds.get(own, ("", set[str]()))
        for other, (path, files) in holds.items():
            if own in files and other not in others:
                found.setdefault(document.path, path)
    return found


def _nothing_in(folder: Folder) -> InputError | None:
    """Why there is no document in a folder, if there is none."""
    if folder.documents:
        return None
    if folder.excluded:
        why = f"all {folder.excluded} documents in this folder are excluded by settings"
    elif folder.problems:
        return folder.problems[0]
    else:
        why = f"no document ({', '.join(SUFFIXES)}) in this folder or below"
        if folder.ignored:
            why += " that no .gitignore leaves out"
        why += "; name a file, or a folder that holds some"
    return InputError(folder.path, why)


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


def load(path: str, trusted: bool = True) -> Document:
    """The document in one file, or on standard input for ``-``. Raises `LoadError`."""
    shown = STANDARD_INPUT if path == "-" else path
    data = _read(path)
    otherwise = not_read(path)
    if otherwise is not None:
        raise LoadError(shown, otherwise)
    text = _decode(data, shown)
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
    """``markdown``, ``latex``, ``rst`` or ``notebook``: by the file's name, else by its text.

    Raises `LoadError` for a format that is none of these.
    """
    known = FORMATS.get(os.path.splitext(path.lower())[1])
    if known is not None:
        return known
    if _LATEX.search(text, 0, 20_000):
        return "latex"
    if text.lstrip().startswith("{") and '"nbformat"' in text:
        return "notebook"
    if is_unknown(path):
        raise LoadError(path, unknown(path))
    return "rst" if ".. math::" in text else "markdown"


def _markdown(text: str, shown: str) -> tuple[str, tuple[Cell, ...]]:
    """The Markdown of a notebook, with its cells."""
    from gradcheck.read.files.notebooks import NotebookError, markdown_of

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


def raw_text(path: str) -> str | None:
    """All that a file holds, as far as it is text in any encoding; None where that cannot be told.

    It is for looking at what could not be read, never for judging it.
    """
    if not os.path.isfile(path):  # a pipe would be waited for
        return None
    try:
        with open(path, "rb") as file:
            data = file.read(BYTES_PER_NOTEBOOK + 1)
    except (OSError, ValueError):
        return None
    if len(data) > BYTES_PER_NOTEBOOK or disguised(data):
        return None
    utf16 = data.startswith(_UTF16_MARKS)
    return data.decode("utf-16" if utf16 else "utf-8", "replace")


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
    why = disguised(data)
    if why is not None:
        raise LoadError(path, why)
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
