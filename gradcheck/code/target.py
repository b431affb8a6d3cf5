"""Targets: gradient code as the command line names it, ``FILE.py:NAME`` or ``package.module:NAME``.

Nothing is run here. What a file offers is read from its syntax tree.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from gradcheck.language.document import Document
from gradcheck.language.problem import InputError
from gradcheck.read.files.loading import LoadError, no_such_file

EXPECTED = (
    "a gradcheck.GradientCase or BackwardCase, or a function without arguments that returns one"
)
CASES = ("GradientCase", "BackwardCase")
BYTES_PER_FILE = 1_000_000

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_DOCUMENT_ENDINGS = (".md", ".markdown", ".txt", ".tex", ".ltx", ".rst", ".ipynb", ".html", ".pdf")


@dataclass(frozen=True, slots=True)
class Target:
    """A case by its name; ``source`` is a file's path, or a module to import if not ``is_file``."""

    text: str  # as the user wrote it
    source: str
    name: str
    is_file: bool

    @property
    def identity(self) -> tuple[str, str]:
        """The same for two spellings of one target."""
        return (os.path.realpath(self.source) if self.is_file else self.source), self.name

    def under(self, folder: str) -> Target:
        """The target with its file relative to a folder instead of the working directory."""
        if not self.is_file:
            return self
        return Target(self.text, os.path.join(folder, self.source), self.name, True)


def parse_target(text: str) -> Target | None:
    """The target that a path on the command line names, or None if it is a document's.

    What exists as a file is a document, whatever colons it has, but for a ``.py`` file; so is
    ``a.md:b``, and ``C:\\notes\\a.md``, since no module has such a name.

    Raises `LoadError` for Python code without the name of a case.
    """
    if text.lower().endswith(".py"):
        raise _unnamed(text)
    if os.path.lexists(text):
        return None
    source, colon, name = text.rpartition(":")
    if not colon:
        return None
    if source.lower().endswith(".py"):
        if not _NAME.fullmatch(name):
            raise _unnamed(source, name)
        return Target(text, source, name, is_file=True)
    drive = os.name == "nt" and len(source) == 1
    document = source.lower().endswith(_DOCUMENT_ENDINGS) or drive or os.path.isfile(source)
    if document or not (_NAME.fullmatch(source) and _NAME.fullmatch(name)):
        return None
    return Target(text, source, name, is_file=False)


def is_code(text: str) -> bool:
    """Whether a path means Python code, a case of it named or not."""
    try:
        return parse_target(text) is not None
    except LoadError:
        return True


def split_targets(
    paths: Iterable[str],
) -> tuple[tuple[str, ...], tuple[Target, ...], tuple[InputError, ...]]:
    """What the command line names: documents' paths, targets (each once), and what is neither."""
    documents: list[str] = []
    targets: dict[tuple[str, str], Target] = {}
    errors: list[InputError] = []
    for path in paths:
        try:
            target = parse_target(path)
        except LoadError as failure:
            errors.append(failure.error)
            continue
        if target is None:
            documents.append(path)
        else:
            targets.setdefault(target.identity, target)
    return tuple(documents), tuple(targets.values()), tuple(errors)


def named_in(document: Document) -> Target | None:
    """The target that a document's front matter names, its file relative to the document.

    Raises `LoadError` if it is there and names no target.
    """
    text = document.front_matter.get("code")
    if text is None:
        return None
    target = None
    if isinstance(text, str):
        with suppress(LoadError):
            target = parse_target(text)
    if target is None:
        message = (
            f"front matter key 'code' is {text!r}: expected FILE.py:NAME, or package.module:NAME"
        )
        raise LoadError(document.path, message, 1)
    return target.under(os.path.dirname(document.path))


def targets_of(
    documents: Iterable[Document],
) -> tuple[frozenset[tuple[str, str]], tuple[InputError, ...]]:
    """The targets that documents name, by identity, and what is wrong with those that name none."""
    found: set[tuple[str, str]] = set()
    errors: list[InputError] = []
    for document in documents:
        try:
            target = named_in(document)
        except LoadError as failure:
            errors.append(failure.error)
            continue
        if target is not None:
            found.add(target.identity)
    return frozenset(found), tuple(errors)


def file_of(text: str) -> str:
    """The file that the text of a target names; any other text as it is."""
    source, _, _ = text.rpartition(":")
    return source if source.lower().endswith(".py") else text


def missing(target: Target) -> InputError | None:
    """What is wrong with a target's file, if it can be told without running anything."""
    if not target.is_file or os.path.isfile(target.source):
        return None
    if os.path.isdir(target.source):
        return InputError(target.text, f"{target.source} is a folder: expected a Python file")
    return InputError(target.text, no_such_file(target.source))


def case_names(path: str) -> tuple[str, ...]:
    """The names under which a Python file offers cases, in order, read from its syntax tree.

    Assignments of a `GradientCase` or `BackwardCase`, and functions that return one and can be
    called without arguments. Empty for a file that cannot be read or parsed.
    """
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read(BYTES_PER_FILE))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(dict.fromkeys(name for node in tree.body for name in _offered(node)))


def _offered(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets, value=value) if _makes_case(value):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            if _makes_case(value):
                yield name
        case ast.FunctionDef(name=name, args=arguments):
            required = len(arguments.posonlyargs + arguments.args) > len(arguments.defaults)
            if not required and None not in arguments.kw_defaults and _returns_case(node):
                yield name


def _returns_case(function: ast.FunctionDef) -> bool:
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
    annotation = ast.unparse(function.returns) if function.returns else ""
    return any(map(_makes_case, returned)) or annotation.strip("'\"").split(".")[-1] in CASES


def _makes_case(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in CASES


def _unnamed(path: str, name: str = "") -> LoadError:
    """The error for ``FILE.py`` without a usable name: which names there are."""
    if not os.path.isfile(path):
        return LoadError(f"{path}:{name}" if name else path, no_such_file(path))
    names = case_names(path)
    expected = f"expected {path}:NAME, where NAME is {EXPECTED}"
    if names:
        offered = ", ".join(f"{path}:{found}" for found in names[:10])
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        expected = f"name the case as well: {offered}{more}"
    shown = f"{path}:{name}" if name else path
    return LoadError(shown, f"Python code, and no case of it is named; {expected}")
