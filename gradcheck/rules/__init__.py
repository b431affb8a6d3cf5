"""The rules: one file a rule, which says what it is called, what it means, and shows it.

A file is named ``GC101-extra-factor.md``. It begins with code, name, class and severity between
lines of ``---``; its title is the summary; its sections are ``Meaning``, ``Remedy``, and, where a
document can show the rule, ``Bad`` and ``Good`` (and ``Reference``, which both are judged against),
each a whole document between fences of four backticks. To add a rule, add its file.

Most runs tell of few rules, so a file is read when its rule is first asked for; codes and names
are known from the names of the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).resolve().parent
LARGEST = 20_000
"""Characters of a rule that are read: what is cut off is no rule any more."""

_FILE = re.compile(r"(GC\d{3})-([a-z]+(?:-[a-z]+)*)\.md")
_FACTS = ("code", "name", "class", "severity")
_PROSE = {"meaning", "remedy"}
_EXAMPLES = {"bad", "good", "reference"}
_FENCE = "````"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding. ``kind`` is the class of design.md (`calculus`, `notation`, …)."""

    code: str
    name: str
    kind: str
    severity: str  # error | warning | note
    summary: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``bad`` and ``good`` are documents; both are empty where no document can show the rule.

    They are verified against ``reference`` where there is one.
    """

    meaning: str
    remedy: str
    bad: str = ""
    good: str = ""
    reference: str = ""


def understood(text: str) -> tuple[Rule, Explanation]:
    """A rule and its explanation from the text of its file. Raises ValueError if it is not one."""
    parts = re.fullmatch(r"---\n(.*?\n)---\n(.*)", text[:LARGEST], re.DOTALL)
    stated = dict(re.findall(r"^(\w+): (.+)$", parts[1], re.MULTILINE)) if parts else {}
    if parts is None or tuple(stated) != _FACTS:
        raise ValueError(f"a rule begins with {', '.join(_FACTS)}, between lines of ---")
    summary, sections = _sections(parts[2])
    code, name, kind, severity = stated.values()
    return Rule(code, name, kind, severity, summary), Explanation(**sections)


def _sections(body: str) -> tuple[str, dict[str, str]]:
    """The title, and the text of every section: prose as one line, an example as it stands."""
    titles: list[str] = []
    sections: dict[str, list[str]] = {}
    inside = False
    for line in body.splitlines():
        if line.startswith(_FENCE):
            inside = not inside
        elif not inside and line.startswith("# "):
            titles.append(line[2:])
        elif not inside and line.startswith("## "):
            sections[line[3:].lower()] = []
        elif sections:
            sections[list(sections)[-1]].append(line)
    if inside or len(titles) != 1 or not _PROSE <= set(sections) <= _PROSE | _EXAMPLES:
        raise ValueError("a rule has one title, a meaning, a remedy, and examples between fences")
    return titles[0], {
        name: " ".join(" ".join(lines).split())
        if name in _PROSE
        else "\n".join(lines).strip("\n") + "\n"
        for name, lines in sections.items()
    }


@cache
def _files() -> dict[str, tuple[str, str]]:
    """Of every code: the name of its rule, and of its file; by code."""
    found = filter(None, map(_FILE.fullmatch, sorted(os.listdir(FOLDER))))
    return {match[1]: (match[2], match[0]) for match in found}


@cache
def _entry(code: str) -> tuple[Rule, Explanation]:
    return understood((FOLDER / _files()[code][1]).read_text(encoding="utf-8"))


class _Lazy(Mapping[str, Value]):
    """A table whose keys are known and whose values are read when they are asked for."""

    def __init__(self, codes: Callable[[], dict[str, str]], value: Callable[[str], Value]) -> None:
        self._codes = codes
        self._value = value

    def __getitem__(self, key: str) -> Value:
        return self._value(self._codes()[key])

    def __contains__(self, key: object) -> bool:
        return key in self._codes()

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes())

    def __len__(self) -> int:
        return len(self._codes())


@cache
def _by_code() -> dict[str, str]:
    return {code: code for code in _files()}


@cache
def _by_name() -> dict[str, str]:
    return {name: code for code, (name, _) in _files().items()}


RULES: Mapping[str, Rule] = _Lazy(_by_code, lambda code: _entry(code)[0])
"""Every rule by its code."""
NAMES_OF_RULES: Mapping[str, Rule] = _Lazy(_by_name, lambda code: _entry(code)[0])
"""Every rule by its name."""
EXPLANATIONS: Mapping[str, Explanation] = _Lazy(_by_code, lambda code: _entry(code)[1])
"""What every rule means, by its code."""


def find(text: str) -> Rule | None:
    """The rule with this code (``GC101``) or name (``extra-factor``), however it is capitalised."""
    wanted = text.strip()
    return RULES.get(wanted.upper()) or NAMES_OF_RULES.get(wanted.lower())


def closest(text: str) -> str | None:
    """The code or name that was probably meant, if there is one."""
    from difflib import get_close_matches

    wanted = text.strip()
    codes = get_close_matches(wanted.upper(), sorted(RULES), n=1)
    names = get_close_matches(wanted.lower(), sorted(NAMES_OF_RULES), n=1)
    return next(iter([*codes, *names]), None)
