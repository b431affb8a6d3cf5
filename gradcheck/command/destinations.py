"""The files that a run writes: none may be lost by it, and one that cannot be written is named
before anything is verified."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from gradcheck.code.target import file_of
from gradcheck.report.results import Report


class Unwritable(Exception):
    """A file that the user named cannot be written, or must not be."""


def check(paths: Sequence[str]) -> None:
    """Raises Unwritable for a path that is no file in a folder that there is, that is or goes
    through a symbolic link, or that stands twice."""
    seen: set[str] = set()
    for path in paths:
        if path == "-":
            raise Unwritable("-: expected the name of a file; --format chooses what is printed")
        if os.path.isdir(path):
            raise Unwritable(f"{path}: is a folder; name a file in it")
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(folder):
            raise Unwritable(f"{path}: there is no folder {folder!r}")
        if (link := _link_in(path)) is not None:
            raise Unwritable(f"{path}: {link}")
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


def save_all(files: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Write files, each by its path and texts; what is wrong with those that cannot be written."""
    problems = []
    for path, texts in files:
        try:
            save(path, texts)
        except Unwritable as problem:
            problems.append(str(problem))
    return problems


def save(path: str, texts: Iterable[str]) -> None:
    """Write a file that the user named, text by text. Raises Unwritable with its name.

    A regular file is there as a whole or not at all; a device, a pipe or a stream that is open
    already takes what comes.
    """
    try:
        if (link := _link_in(path)) is not None:
            raise Unwritable(f"{path}: {link}")
        if (descriptor := _open_already(path)) is not None:
            _write(os.dup(descriptor), texts)
        elif _is_regular(path):
            _replace(path, texts)
        else:
            _write(os.open(path, os.O_WRONLY | _NO_LINK), texts)
    except (OSError, ValueError) as problem:
        reason = (isinstance(problem, OSError) and problem.strerror) or str(problem)
        raise Unwritable(f"{path}: cannot be written: {reason.lower()}") from None


_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_STREAM = re.compile(r"/dev/std(out|err)|/(?:dev|proc/self)/fd/([0-9]{1,6})")


def _open_already(path: str) -> int | None:
    """The number of the open file that a path stands for: opened once more, it would begin anew."""
    match = _STREAM.fullmatch(path) if os.name == "posix" else None
    if match is None:
        return None
    return int(match[2] or {"out": 1, "err": 2}[match[1]])


def _is_regular(path: str) -> bool:
    """Whether a path is a regular file, or nothing yet."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True


def _link_in(path: str) -> str | None:
    """What is wrong with a symbolic link in a path: it may have come with a stranger's documents,
    to have another file overwritten. What lies above the working folder has not."""
    if _open_already(path) is not None:
        return None
    place = Path(path)
    below = not place.is_absolute()
    for part in reversed([place, *place.parents]):
        if (below or part == place) and os.path.islink(part):
            what = "it" if part == place else f"the folder {str(part)!r}"
            return f"{what} is a symbolic link, which is not followed; name the real one"
        below = below or _is_here(part)
    return None


def _is_here(folder: Path) -> bool:
    try:
        return os.path.samefile(folder, os.curdir)
    except OSError:
        return False


def _replace(path: str, texts: Iterable[str]) -> None:
    """Put a new file in the place of what is there, with its mode, once it is written in full."""
    before = os.lstat(path) if os.path.lexists(path) else None
    if before is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    part = os.path.join(os.path.dirname(path), f".gradcheck-{secrets.token_hex(8)}.part")
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)
    except OSError as problem:
        if before is None or problem.errno not in _IMMOVABLE:
            raise
        _write_in_place(path, texts)
        return
    try:
        if before is not None:
            _like(file, before)
        _write(file, texts)
        try:
            os.replace(part, path)
        except OSError as problem:
            if before is None or problem.errno not in _IMMOVABLE:
                raise
            with open(part, encoding="utf-8", newline="") as whole:
                _write_in_place(path, whole)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part)


_IMMOVABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
"""A file that may be changed, but its folder may not; or it is mounted by itself, or in use."""


def _like(file: int, before: os.stat_result) -> None:
    """Give a new file the owner and the mode of the one that it replaces."""
    if not hasattr(os, "fchmod"):
        return
    with suppress(PermissionError):
        os.fchown(file, before.st_uid, before.st_gid)
    with suppress(PermissionError):
        os.fchmod(file, stat.S_IMODE(before.st_mode))


def _write_in_place(path: str, texts: Iterable[str]) -> None:
    """Overwrite a file: it is emptied if that fails, for half a report is none."""
    try:
        _write(os.open(path, os.O_WRONLY | os.O_TRUNC | _NO_LINK), texts)
    except BaseException:
        os.truncate(path, 0)
        raise


def _write(file: int, texts: Iterable[str]) -> None:
    with open(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
        stream.writelines(texts)


def _failed(report: Report) -> list[str]:
    return [error.path for error in report.errors]


def _identity(path: str) -> str:
    """The same for two spellings of one file."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a null character
        return path
