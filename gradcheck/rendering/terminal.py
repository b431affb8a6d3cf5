"""What a terminal needs: lines that fit, colour where it is wanted, no control characters."""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass

WIDTH = 100
_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "1;31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours text, or leaves it alone where colour is off."""

    on: bool = False

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour; every line on its own, so that lines can be moved about."""
        if not self.on or not text:
            return text
        code = _CODES[colour]
        return "\n".join(
            f"\x1b[{code}m{line}\x1b[0m" if line else line for line in text.split("\n")
        )


def printable(text: str) -> str:
    """One line without control characters: a document must not steer the terminal.

    White space runs become one space; other control, format and surrogate characters are shown
    as escapes.
    """
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co") else
        character.encode("unicode_escape").decode("ascii")
        for character in " ".join(text.split())
    )  # fmt: skip


def wrapped(text: str, first: str, rest: str | None = None, width: int = WIDTH) -> list[str]:
    """The text in lines of at most ``width``; ``first`` begins the first one.

    The other lines are indented by ``rest``, or by as much as ``first`` is long.
    """
    lines = textwrap.wrap(
        printable(text),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def cell(text: str, width: int) -> str:
    """A table cell of at most ``width`` columns, on as many lines as it needs."""
    return "\n".join(textwrap.wrap(printable(text), width, break_on_hyphens=False))


def clipped(text: str, length: int) -> str:
    """The text, or its beginning and end if it is longer: enough to recognise it."""
    if len(text) <= length:
        return text
    tail = length // 3
    return f"{text[: length - tail - 3]} … {text[-tail:]}"
