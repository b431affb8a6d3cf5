r"""LaTeX documents of several files: ``\input``, ``\include`` and their kin, put in place.

Only files in the document's own folder or below it are followed, to a depth and a number, each of
them once in a chain; every other such command stays, and the reader tells of it. Places are those
of the file in which something stands.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from gradcheck.language.document import Part

DEPTH = 8
"""Files within files."""
FILES = 200
"""Files of one document."""
NAMES = 1_000
"""Names that are looked up."""
_ENDINGS = (".tex", ".ltx", ".sty")
_NAMES = re.compile(
    r"(?P<passed>\\[\\%]|%[^\n]*)"  # in a comment nothing is named
    r"|\\(?:(?:sub)?import\s*\{(?P<folder>[^{}\n]*)\}\s*\{(?P<inner>[^{}\n]+)\}"
    r"|(?:input|include|subfile)(?:\s*\{(?P<braced>[^{}\n]+)\}|[ ]+(?P<bare>[^\s{}\\%]+))"
    r"|usepackage\s*\{(?P<package>[\w./-]+)\})"
)
_BODY = re.compile(r"(?m)^[^%\n]*?\\begin\s*\{document\}")
_BODY_END = re.compile(r"\\end\s*\{document\}")


def included(
    path: str, text: str, size: int, read: Callable[[str], str | None]
) -> tuple[str, tuple[Part, ...]]:
    """The text with the files that it names in place of the names, and where each part stands.

    ``size`` is how much there may be in all, in code points; ``read`` gives a file's text, None if
    it has none. A name that is followed becomes a comment of the same length.
    """
    composition = _Composition(path, size - len(text), read)
    composition.add(path, text, 1, (os.path.realpath(path),))
    if not composition.files:
        return text, ()
    return "".join(composition.pieces), tuple(composition.parts)


class _Composition:
    """The text in the making, and its parts."""

    def __init__(self, path: str, room: int, read: Callable[[str], str | None]) -> None:
        self.root = os.path.dirname(os.path.realpath(path))
        self.shown = os.path.dirname(path)
        self.room = room
        self.read = read
        self.pieces: list[str] = []
        self.parts: list[Part] = []
        self.line = 1
        self.files = self.names = 0

    def add(self, path: str, text: str, first: int, within: tuple[str, ...]) -> None:
        """A file's text from its line ``first`` on, with what it names; it ends a line."""
        start, pad = 0, ""
        for found in _NAMES.finditer(text):
            if found["passed"] or found.start() < start:
                continue
            inner = self._named(found, within)
            if inner is None:
                continue
            sign = "%" + " " * (found.end() - found.start() - 1)
            self._put(path, pad + text[start : found.start()] + sign + "\n", first)
            self.add(*inner)
            first += text.count("\n", start, found.end())
            end = text.find("\n", found.end()) + 1 or len(text)
            rest = text[found.end() : end].strip()
            if rest and not rest.startswith("%"):  # it goes on at its own column
                start = found.end()
                pad = " " * (start - text.rfind("\n", 0, start) - 1)
            else:
                start, pad = end, ""
                first += 1
        if start < len(text) or not text:
            self._put(path, pad + text[start:].removesuffix("\n") + "\n", first)

    def _put(self, path: str, text: str, first: int) -> None:
        self.parts.append(Part(path, self.line, first))
        self.pieces.append(text)
        self.line += text.count("\n")

    def _named(
        self, found: re.Match[str], within: tuple[str, ...]
    ) -> tuple[str, str, int, tuple[str, ...]] | None:
        """Path, text, first line and chain of the file that is named, if it may be followed."""
        self.names += 1
        if self.names > NAMES or self.files >= FILES or len(within) > DEPTH:
            return None
        target = self._target(found, os.path.dirname(within[-1]))
        if target is None or target in within:
            return None
        text = self.read(target)
        if text is None or len(text) > self.room:
            return None
        self.files += 1
        self.room -= len(text)
        first = 1
        body = _BODY.search(text)
        if body is not None:  # a subfile, which can also stand alone
            end = _BODY_END.search(text, body.end())
            first += text.count("\n", 0, body.end())
            text = text[body.end() : end.start() if end else len(text)]
        shown = os.path.join(self.shown, os.path.relpath(target, self.root))
        return shown, text, first, (*within, target)

    def _target(self, found: re.Match[str], beside: str) -> str | None:
        """The file that a name means: from the document's folder, or from the naming file's."""
        inner, package = found["inner"], found["package"]
        name = os.path.join(found["folder"], inner) if inner else found["braced"] or found["bare"]
        name = f"{package}.sty" if package else name.strip().strip('"')
        name += "" if name.lower().endswith(_ENDINGS) else ".tex"
        for folder in dict.fromkeys((self.root, beside)):
            target = os.path.realpath(os.path.join(folder, name))
            if target.startswith(os.path.join(self.root, "")) and os.path.isfile(target):
                return target
        return None


def included_files(parts: Sequence[Part], own: str) -> set[str]:
    """The files that a document is made of, but its own."""
    return {os.path.realpath(part.path) for part in parts} - {os.path.realpath(own)}
