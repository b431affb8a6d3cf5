"""Folders: the documents below one, and every other file with the reason why it is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gradcheck.language.problem import InputError
from gradcheck.read.files.gitignore import GitIgnore
from gradcheck.read.files.suffixes import is_document, passed_over

NEVER_ENTERED = frozenset({"node_modules", "site-packages", "__pycache__", "__MACOSX"})
"""Folders of what programs put there, beside all hidden ones."""


@dataclass
class Folder:
    """What a folder holds: documents, sorted; other files; parts of it that cannot be read."""

    path: str
    documents: list[str] = field(default_factory=list)
    others: list[InputError] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    excluded: int = 0  # documents that the settings pass over
    ignored: int = 0  # documents and folders that .gitignore leaves out


def searched(
    path: str, excluded: Callable[[str], bool] = lambda path: False, gitignore: bool = False
) -> Folder:
    """Everything below a folder, but for hidden folders and those of `NEVER_ENTERED`.

    ``excluded`` files are passed over, and with ``gitignore`` what such files leave out.
    """
    found = Folder(path)
    ignore = GitIgnore(path) if gitignore else None

    def tell(problem: OSError) -> None:
        reason = f"the folder cannot be read ({(problem.strerror or str(problem)).lower()})"
        found.problems.append(InputError(problem.filename or path, reason))

    for folder, subfolders, names in os.walk(path, onerror=tell):
        subfolders[:] = sorted(_entered(folder, subfolders, ignore, found))
        for name in names:
            file = str(Path(folder, name))
            if ignore is not None and ignore.leaves_out(file):
                found.ignored += is_document(name)
            elif excluded(file):
                found.excluded += is_document(name)
            elif is_document(name):
                found.documents.append(file)
            elif not name.startswith("."):
                found.others.append(InputError(file, passed_over(file)))
    found.documents.sort(key=lambda file: file.split(os.sep))
    found.others.sort(key=lambda item: item.path.split(os.sep))
    return found


def _entered(
    folder: str, names: list[str], ignore: GitIgnore | None, found: Folder
) -> Iterator[str]:
    """The subfolders to search; a link to a folder is not followed, and told."""
    for name in names:
        path = str(Path(folder, name))
        if name.startswith(".") or name in NEVER_ENTERED:
            continue
        if ignore is not None and ignore.leaves_out(path, is_folder=True):
            found.ignored += 1
        elif os.path.islink(path):
            found.others.append(InputError(path, "a link to a folder is not followed"))
        else:
            yield name
