"""What a file is by the end of its name: a document, or a format that is not read, and why."""

from __future__ import annotations

import os
import re

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
"""What a file is, whatever it holds."""
SUFFIXES = (*FORMATS, ".txt")
"""Folders are searched for these."""
READ = (
    "gradcheck reads Markdown, notebooks, LaTeX, reStructuredText and plain text "
    f"({', '.join(SUFFIXES)})"
)
ASK = "ask for the source (Markdown, LaTeX or plain text)"

_BY_TEXT = frozenset(".txt .text .mkd .mkdn .mdwn .mdown .mdtext .mdx .myst .latex .rest".split())
"""Read by what they hold, like a file whose name has no ending."""
_PAGES = {
    "PDF": ".pdf",
    "Word file": ".doc .docx .docm .dot .dotx",
    "word processor's file": ".odt .ott .fodt .rtf .pages .wpd .wps .hwp .gdoc",
    "PostScript file": ".ps .eps .xps .djvu .dvi",
    "slide file": ".ppt .pptx .odp .key .gslides",
    "book": ".epub .mobi .azw3",
    "picture": ".png .jpg .jpeg .jfif .gif .bmp .tif .tiff .webp .heic .heif .svg .avif .psd",
    "recording": ".mp3 .m4a .wav .ogg .mp4 .mov .avi .mkv .webm",
}
"""Shown or printed pages: a person who handed one in has the source of it."""
_TEXTS = {
    "AsciiDoc": ".adoc .asciidoc .asc",
    "Org": ".org",
    "HTML": ".html .htm .xhtml .mhtml",
    "Typst": ".typ",
    "Textile": ".textile",
    "Wiki text": ".wiki .mediawiki .creole .dokuwiki",
    "LyX": ".lyx",
    "TeXmacs": ".tm",
    "Texinfo": ".texi .texinfo",
    "a computer algebra system's notebook": ".nb .cdf .mw .mws .wxmx .sagews .mlx",
    "an archive": ".zip .tar .gz .tgz .bz2 .xz .7z .rar .zst",
}
_NOT_READ = {
    **{
        end: f"a {name} is not read: {ASK}" for name, ends in _PAGES.items() for end in ends.split()
    },
    **{end: f"{name} is not read; {READ}" for name, ends in _TEXTS.items() for end in ends.split()},
}
_ENDING = re.compile(r"\.[a-z][a-z0-9_+-]{0,9}")
_MAGIC = {
    b"%PDF-": f"a PDF, whatever its name says: {ASK}",
    b"PK\x03\x04": f"a Word file or an archive, whatever its name says: {ASK}",
    b"{\\rtf": f"a word processor's file, whatever its name says: {ASK}",
}


def is_document(path: str) -> bool:
    """Whether a file found in a folder is taken for a document, by its name."""
    return path.lower().endswith(SUFFIXES)


def not_read(path: str) -> str | None:
    """Why a file is not read, if its name says that it has another format."""
    return _NOT_READ.get(_ending(path))


def is_unknown(path: str) -> bool:
    """Whether the name says that a file has a format, and not which that could be read."""
    ending = _ending(path)
    return ending not in FORMATS and ending not in _BY_TEXT and bool(_ENDING.fullmatch(ending))


def passed_over(path: str) -> str:
    """Why a file in a folder was not taken for a document."""
    ending = _ending(path)
    known = not_read(path)
    if known is not None:
        return known
    shown = f"{ending} is not read" if _ENDING.fullmatch(ending) else "no ending that is known"
    return f"{shown}; {READ}"


def unknown(path: str) -> str:
    """What to say of a named file of a format that nobody here knows."""
    return f"{_ending(path)} is no format that is read; {READ}"


def disguised(data: bytes) -> str | None:
    """Why the bytes of a file are no text, if they begin as those of another format do."""
    return next((why for magic, why in _MAGIC.items() if data.startswith(magic)), None)


def _ending(path: str) -> str:
    return os.path.splitext(path.lower())[1]
