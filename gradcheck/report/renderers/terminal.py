"""What a terminal needs: lines that fit, colour where it is wanted, no control characters."""

from __future__ import annotations

import textwrap
import unicodedata
from dataclasses import dataclass

WIDTH = 100
LABEL = 15
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
    return "".join(visible(character) for character in " ".join(text.split()))


def visible(character: str) -> str:
    """A character as a terminal may show it: white space as a space, control as an escape."""
    if character.isspace():
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co"):
        return character.encode("unicode_escape").decode("ascii")
    return character


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


def labelled(label: str, text: str, palette: Palette, indent: int = 2) -> list[str]:
    """A line with its label in a column of its own; long text continues under the text."""
    first = f"{'':{indent}}{label:<{LABEL}}"
    lines = wrapped(text, first, " " * (indent + LABEL))
    lines[0] = palette.paint(first, "dim") + lines[0][len(first) :]
    return lines
