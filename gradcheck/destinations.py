"""The files that a run writes: none may be lost by it, and one that cannot be written is named
before anything is verified."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from gradcheck.code.target import file_of
from gradcheck.report import Report


class Unwritable(Exception):
    """A file that the user named cannot be written, or must not be."""


def check(paths: Sequence[str]) -> None:
    """Raises Unwritable for a path that is no file in a folder that there is, or stands twice."""
    seen: set[str] = set()
    for path in paths:
        if path == "-":
            raise Unwritable("-: expected the name of a file; --format chooses what is printed")
        if os.path.isdir(path):
            raise Unwritable(f"{path}: is a folder; name a file in it")
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(folder):
            raise Unwritable(f"{path}: there is no folder {folder!r}")
        if _identity(path) in seen:
            raise Unwritable(f"{path}: is to be written twice; name another file")
        seen.add(_identity(path))


def spare(paths: Sequence[str], report: Report, others: Sequence[str | None] = ()) -> None:
    """Raises Unwritable for a path that is one of the inputs of a run, or one of ``others``."""
    if not paths:
        return
    named: list[str] = []
    for result in report.documents:
        named += [result.path, *(part.path for part in result.document.parts)]
    named += [file_of(path) for path in (*(r.target for r in report.code), *_failed(report))]
    inputs = {_identity(path) for path in (*named, *others) if path}
    for path in paths:
        if os.path.exists(path) and _identity(path) in inputs:
            raise Unwritable(f"{path}: is one of the inputs; write to another file, or exclude it")


def save(path: str, texts: Iterable[str]) -> None:
    """Write a file that the user named, text by text. Raises Unwritable with its name."""
    try:
        with Path(path).open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(texts)
    except (OSError, ValueError) as problem:
        reason = (isinstance(problem, OSError) and problem.strerror) or str(problem)
        raise Unwritable(f"{path}: cannot be written: {reason.lower()}") from None


def _failed(report: Report) -> list[str]:
    return [error.path for error in report.errors]


def _identity(path: str) -> str:
    """The same for two spellings of one file."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a null character
        return path
