"""What a ``.gitignore`` leaves out of a folder, as git and ruff understand it.

Each ``.gitignore`` counts for its own folder and below, the deeper one first, up to the folder that
holds the repository. Patterns are pathspec's; git itself is not asked: it is not always there, and
what the configuration of a repository makes it run is no business of ours.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

NAME = ".gitignore"
LARGEST = 1_000_000  # bytes; more is no list of patterns


class GitIgnore:
    """The ``.gitignore`` files of a folder, of those below it, and of those above it in its
    repository. The folder itself is never left out."""

    def __init__(self, root: str = ".") -> None:
        self.root = os.path.abspath(root)
        self._specs: dict[str, GitIgnoreSpec | None] = {}
        self._tops: dict[str, bool] = {}
        self._top = self._repository() or self.root

    def leaves_out(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a file or folder is left out by a pattern that it matches itself.

        What lies in a folder that is left out goes with it: whoever walks does not enter.
        """
        path = os.path.abspath(path)
        folder = os.path.dirname(path)
        while True:
            spec = self._spec(folder)
            if spec is not None:
                shown = os.path.relpath(path, folder).replace(os.sep, "/")
                include = spec.check_file(shown + "/" * is_folder).include
                if include is not None:
                    return include
            above = os.path.dirname(folder)
            if folder in (self._top, above) or self._is_top(folder):
                return False
            folder = above

    def leaves_out_with_folder(self, path: str) -> bool:
        """The same for a file that nobody walked to: a folder that it is in may be left out."""
        folder = os.path.dirname(os.path.abspath(path))
        left_out = self.leaves_out(path)
        while not left_out and folder.startswith(os.path.join(self.root, "")):
            left_out = self.leaves_out(folder, is_folder=True)
            folder = os.path.dirname(folder)
        return left_out

    def _repository(self) -> str | None:
        """The folder at or above the root that holds its repository."""
        folder = self.root
        while not self._is_top(folder):
            above = os.path.dirname(folder)
            if above == folder:
                return None
            folder = above
        return folder

    def _is_top(self, folder: str) -> bool:
        """Whether a folder holds the repository: what lies above it has no say."""
        if folder not in self._tops:
            self._tops[folder] = os.path.exists(os.path.join(folder, ".git"))
        return self._tops[folder]

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            spec = _read(os.path.join(folder, NAME))
            if spec is not None and self.root.startswith(os.path.join(folder, "")):
                # Above the root, one that leaves it out would leave out all that is in it.
                shown = os.path.relpath(self.root, folder).replace(os.sep, "/")
                spec = None if spec.check_file(f"{shown}/").include else spec
            self._specs[folder] = spec
        return self._specs[folder]


def _read(path: str) -> GitIgnoreSpec | None:
    """The patterns of a file; a line that is none leaves nothing out."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = file.read(LARGEST).splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
