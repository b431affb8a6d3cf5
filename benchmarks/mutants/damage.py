"""Sample documents damaged at random: characters, tokens, lines and braces, two documents in one.

A damaged document is made of its seed and of the samples alone, so that any can be made again.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("derivations", "tests/samples", "tests/findings", "tests/notations")
SEEDS = Path("../shared/seeds")
SUFFIXES = (".md", ".tex", ".rst", ".ipynb", ".txt")
MOST_EDITS = 4
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|\d+|\s+|.", re.DOTALL)
SIGNS = [
    "{", "}", "(", ")", "[", "]", "$", "$$", "_", "^", "=", "&", "\\\\", "'", "|", "`", "```", "~~",
    "<!--", "-->", "%", "#", "\\", "+", "-", "\\cdot ", "/", ",", ".", ":", " ", "\n", "\n\n",
    "\\frac", "\\partial ", "\\sum_{i}", "\\hat", "\\left(", "\\right)", "\\left\\{", "\\right.",
    "\\begin{aligned}", "\\end{aligned}", "\\begin{cases}", "\\end{cases}", "\\quad ", "\\text{if}",
    "\\over ", "\\sqrt", "\\log ", "\\sigma", "\\nabla", "\\to ", "\\cancel{", "\\underbrace{",
    "e^", "1", "0", "2", "99", "x", "w", "y", "d", "L", "∂", "ŷ", "σ", "′", "₂", "²", "½", "≈", "−",
]  # fmt: skip
"""What may be put in: signs of which each opens, closes, joins or parts something."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A document that is damaged: the path from the root, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged document: what it was, what was done to it, what it is now."""

    seed: int
    path: str
    edits: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.path}, {', '.join(self.edits)}"


def samples(root: Path, folders: Sequence[str] = FOLDERS) -> list[Sample]:
    """All sample documents, in one order, with the raw sources where they are there."""
    files = [path for folder in folders for path in sorted((root / folder).rglob("*"))]
    files += sorted((root / SEEDS).glob("*.txt"))
    texts = [path for path in files if path.suffix in SUFFIXES and path.is_file()]
    return [Sample(os.path.relpath(path, root), path.read_text(encoding="utf-8")) for path in texts]


def damaged(seed: int, documents: Sequence[Sample]) -> Damaged:
    """One sample with one to four edits, each at a random place."""
    rng = random.Random(seed)
    sample = rng.choice(documents)
    text, done = sample.text, []
    for _ in range(rng.randint(1, MOST_EDITS)):
        name = rng.choice(list(_EDITS))
        if name == "splice":
            text = _spliced(text, rng.choice(documents).text, rng)
        else:
            text = _EDITS[name](text, rng)
        done.append(name)
    return Damaged(seed, sample.path, tuple(done), text)


def _place(text: str, rng: random.Random) -> int:
    """A random place, mostly inside a formula: there is most to break."""
    at = rng.randint(0, len(text))
    dollar = text.find("$", at)
    return min(len(text), dollar + rng.randint(0, 30)) if dollar >= 0 and rng.random() < 0.5 else at


def _drop_character(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + text[at + 1 :]


def _double_character(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + text[at : at + 1] * 2 + text[at + 1 :]


def _swap_characters(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _insert(text: str, rng: random.Random) -> str:
    at = _place(text, rng)
    return text[:at] + rng.choice(SIGNS) + text[at:]


def _token(text: str, rng: random.Random) -> re.Match[str] | None:
    return _TOKEN.search(text, _place(text, rng))


def _drop_token(text: str, rng: random.Random) -> str:
    token = _token(text, rng)
    return text if token is None else text[: token.start()] + text[token.end() :]


def _double_token(text: str, rng: random.Random) -> str:
    token = _token(text, rng)
    return text if token is None else text[: token.end()] + token.group() + text[token.end() :]


def _replace_token(text: str, rng: random.Random) -> str:
    """Another token of the same document, or a sign, in a token's place."""
    token, other = _token(text, rng), _token(text, rng)
    if token is None:
        return text
    put = other.group() if other is not None and rng.random() < 0.5 else rng.choice(SIGNS)
    return text[: token.start()] + put + text[token.end() :]


def _swap_tokens(text: str, rng: random.Random) -> str:
    one = _token(text, rng)
    other = None if one is None else _TOKEN.search(text, one.end())
    if one is None or other is None:
        return text
    return text[: one.start()] + other.group() + one.group() + text[other.end() :]


def _unbalance(text: str, rng: random.Random) -> str:
    """One brace or bracket less."""
    found = [match.start() for match in re.finditer(r"[{}()\[\]]", text)]
    if not found:
        return text
    at = rng.choice(found)
    return text[:at] + text[at + 1 :]


def _drop_line(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines)


def _double_line(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines) + 1), lines[at])
    return "\n".join(lines)


def _swap_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _spliced(text: str, other: str, rng: random.Random) -> str:
    """The beginning of one document and the end of another."""
    return text[: _place(text, rng)] + other[_place(other, rng) :]


_EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "drop character": _drop_character,
    "double character": _double_character,
    "swap characters": _swap_characters,
    "insert": _insert,
    "drop token": _drop_token,
    "double token": _double_token,
    "replace token": _replace_token,
    "swap tokens": _swap_tokens,
    "unbalance": _unbalance,
    "drop line": _drop_line,
    "double line": _double_line,
    "swap lines": _swap_lines,
    "splice": lambda text, rng: text,
}
