"""Settings of a project: ``[tool.gradcheck]`` in pyproject.toml, or a gradcheck.toml of its own.

The nearest such file at or above the working folder counts, never one beside a document: a
stranger's submission must not say how it is to be judged. What the command line says wins. Paths
and patterns are relative to the file's own folder.

Where the working folder itself is a stranger's (a pull request), settings can come from a copy of
the project before it: paths and patterns then mean the working folder, and the baseline and the
reference are those of the copy.
"""

from __future__ import annotations

import fnmatch
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gradcheck.project.selection import matches_a_rule
from gradcheck.run.budget import DEFAULT
from gradcheck.run.budget import LARGEST as LARGEST_BUDGET
from gradcheck.run.jobs import MOST_JOBS

OWN_FILE = "gradcheck.toml"
SHARED_FILE = "pyproject.toml"
LARGEST = 1_000_000  # bytes of a configuration file


class ConfigurationError(ValueError):
    """A configuration that cannot be used; the message names file, key and what was expected."""


@dataclass(frozen=True, slots=True)
class FileRule:
    """Other codes for the documents whose path matches a pattern, such as ``drafts/*``."""

    files: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Points:
    """What a gradient is worth in a class: its share of ``total``, what a document with every
    gradient right gets.

    ``convention`` is the share of that for a gradient that is right up to a convention, ``follows``
    for one that is wrong only because of an error that was counted before (error carried forward),
    ``undecided`` for one that was not decided or read, or has only a chain-rule form.
    """

    total: float = 100.0
    convention: float = 1.0
    follows: float = 1.0
    undecided: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project says. ``origins`` tells for each key that was set in which file.

    Without paths, the folder one works in is what is verified.
    """

    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    baseline: str | None = None
    against: str | None = None
    seed: int = 0
    jobs: int = 0
    budget: float = DEFAULT
    files: tuple[FileRule, ...] = ()
    points: Points = field(default_factory=Points)
    folder: str = "."
    origins: Mapping[str, str] = field(default_factory=dict)
    file: str | None = field(default=None, compare=False)  # that they were read from

    def codes_for(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is selected and ignored for one document: the project's, then its patterns'."""
        select, ignore = list(self.select), list(self.ignore)
        for rule in self.files:
            if matches(path, rule.files, self.folder):
                select += rule.select
                ignore += rule.ignore
        return tuple(select), tuple(ignore)

    def excludes(self, path: str) -> bool:
        """Whether a file found in a folder is passed over."""
        return any(matches(path, pattern, self.folder) for pattern in self.exclude)


def matches(path: str, pattern: str, folder: str) -> bool:
    """Whether a path, seen from ``folder``, or a folder above it, matches a pattern."""
    try:
        shown = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        shown = Path(path).as_posix()
    parts = shown.split("/")
    wanted = pattern.replace("\\", "/").removeprefix("./").rstrip("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return any(fnmatch.fnmatchcase(place, wanted) for place in above) or (
        "/" not in wanted and any(fnmatch.fnmatchcase(part, wanted) for part in parts)
    )


def find(start: str = ".") -> str | None:
    """The configuration file that counts in this folder: the nearest, a gradcheck.toml first."""
    folder = Path(start).resolve()
    places = (folder, *folder.parents)
    return next((file for place in places if (file := find_in(str(place))) is not None), None)


def find_in(folder: str) -> str | None:
    """The configuration file of this very folder."""
    own, shared = Path(folder, OWN_FILE), Path(folder, SHARED_FILE)
    if own.is_file():
        return str(own)
    if shared.is_file() and "gradcheck" in _tool(_parsed(str(shared)), str(shared)):
        return str(shared)
    return None


def settings(path: str | None, base: str | None = None) -> Settings:
    """The settings in a file, or what holds without one. Raises ConfigurationError.

    ``base`` is a copy of the working folder that the file is part of: its paths and patterns are
    seen from the working folder, its baseline and reference from the copy.
    """
    if path is None:
        return Settings()
    content = _parsed(path)
    if Path(path).name == SHARED_FILE:
        content = _tool(content, path).get("gradcheck", {})
    return _settings(content, path, base)


def _parsed(path: str) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > LARGEST:
            raise ConfigurationError(f"{path}: larger than 1 MB")
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise ConfigurationError(f"{path}: {(problem.strerror or str(problem)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ConfigurationError(f"{path}: not valid TOML: {problem}") from None


def _tool(content: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    tool = content.get("tool", {})
    if not isinstance(tool, dict):
        raise ConfigurationError(f"{path}: tool: expected a table")
    return tool


def _settings(content: object, path: str, base: str | None) -> Settings:
    table = _table(content, path, "gradcheck", tuple(_READERS))
    values: dict[str, Any] = {}
    for key, value in table.items():
        values[key] = _READERS[key](value, path, key)
    folder = os.path.dirname(path) or "."
    for key in ("baseline", "against"):
        if key in values:
            values[key] = _from(folder, values[key])
    if base is not None:
        folder = os.path.relpath(folder, base)
    if "paths" in values:
        values["paths"] = tuple(_from(folder, item) for item in values["paths"] or ["."])
    return Settings(**values, folder=folder, origins=dict.fromkeys(values, path), file=path)


def _from(folder: str, path: str) -> str:
    """A path of the file as seen from the working folder, short where that is possible."""
    place = os.path.join(folder, path)
    try:
        near = os.path.relpath(place)
    except ValueError:  # another drive
        return place
    return place if near.startswith("..") else near


def _table(value: object, path: str, name: str, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path}: {name}: expected a table")
    for key in value:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            raise ConfigurationError(f"{path}: {name}: there is no setting {key!r}; {hint}")
    return value


def _strings(value: object, path: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f'{path}: {key}: expected a list of strings, such as ["notes"]')
    return tuple(value)


def _paths(value: object, path: str, key: str) -> tuple[str, ...]:
    found = _strings(value, path, key)
    if not all(item.strip() for item in found):
        raise ConfigurationError(f'{path}: {key}: "" is no path; "." is this folder')
    return found


def _patterns(value: object, path: str, key: str) -> tuple[str, ...]:
    return tuple(_pattern(item, path, key) for item in _strings(value, path, key))


def _pattern(value: object, path: str, key: str) -> str:
    pattern = value if isinstance(value, str) else ""
    if not pattern.strip() or os.path.isabs(pattern) or ".." in Path(pattern).parts:
        raise ConfigurationError(
            f"{path}: {key}: {value!r} is no pattern of files in this folder; write for example "
            '"drafts/*"'
        )
    return pattern


def _codes(value: object, path: str, key: str) -> tuple[str, ...]:
    codes = tuple(code.upper() for code in _strings(value, path, key))
    for code in codes:
        if not matches_a_rule(code):
            raise ConfigurationError(
                f"{path}: {key}: no rule has a code that begins with {code!r}; write for example "
                '["GC1", "GC402"]'
            )
    return codes


def _string(value: object, path: str, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{path}: {key}: expected the path of a file")
    return value


def _flag(value: object, path: str, key: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{path}: {key}: expected true or false")
    return value


def _count(value: object, path: str, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**18:
        raise ConfigurationError(f"{path}: {key}: expected a whole number from 0")
    return value


def _jobs(value: object, path: str, key: str) -> int:
    number = _count(value, path, key)
    if number > MOST_JOBS:
        raise ConfigurationError(f"{path}: {key}: expected at most {MOST_JOBS} processes")
    return number


def _seconds(value: object, path: str, key: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value <= LARGEST_BUDGET:  # type: ignore[operator]
        raise ConfigurationError(
            f"{path}: {key}: expected seconds above 0, at most {LARGEST_BUDGET:,}"
        )
    return float(value)  # type: ignore[arg-type]


def _number(value: object, path: str, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
        raise ConfigurationError(f"{path}: {key}: expected a number from 0 to 1000000")
    return float(value)


def _file_rules(value: object, path: str, key: str) -> tuple[FileRule, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{path}: {key}: expected tables: [[tool.gradcheck.files]]")
    rules = []
    for item in value:
        table = _table(item, path, key, ("files", "select", "ignore"))
        if "files" not in table:
            raise ConfigurationError(f'{path}: {key}: files = "drafts/*" is missing')
        rules.append(
            FileRule(
                _pattern(table["files"], path, f"{key}.files"),
                _codes(table.get("select", []), path, f"{key}.select"),
                _codes(table.get("ignore", []), path, f"{key}.ignore"),
            )
        )
    return tuple(rules)


def _points(value: object, path: str, key: str) -> Points:
    table = _table(value, path, key, ("total", "convention", "follows", "undecided"))
    points = Points(**{name: _number(item, path, f"{key}.{name}") for name, item in table.items()})
    for name in ("convention", "follows", "undecided"):
        if getattr(points, name) > 1:
            raise ConfigurationError(f"{path}: {key}.{name}: expected a share from 0 to 1")
    return points


_READERS: dict[str, Callable[[object, str, str], Any]] = {
    "paths": _paths,
    "exclude": _patterns,
    "select": _codes,
    "ignore": _codes,
    "strict": _flag,
    "baseline": _string,
    "against": _string,
    "seed": _count,
    "jobs": _jobs,
    "budget": _seconds,
    "files": _file_rules,
    "points": _points,
}

STARTING_POINT = """\
# Settings of gradcheck (https://toml.io). Everything is optional, and all of it
# is the default. In pyproject.toml the same goes under [tool.gradcheck].

paths = ["."]       # what 'gradcheck verify' checks when no path is given
exclude = []        # patterns of files in folders to pass over, such as "drafts/*"
select = []         # codes or beginnings of codes; none: all
ignore = []         # the same for what is left out, such as "GC2": conventions are not shown
strict = false      # fail also on conventions, warnings and gradients not claimed
# baseline = "gradcheck-baseline.json"  # findings in this file do not fail the run
# against = "assignment.md"             # judge by the equations and the loss of this document
seed = 0            # of the random points at which the numbers are compared
jobs = 0            # processes; 0: as many as pay
budget = 10         # seconds that one document may cost; what is over it is not decided

# [[files]]         # other codes for some documents ([[tool.gradcheck.files]] in pyproject.toml)
# files = "drafts/*"  # the pattern of their paths, from this file's folder
# select = []       # added to the project's
# ignore = ["GC3"]  # added to the project's

# [points]          # for classes: --format csv and gradescope
# total = 100       # for a document with every gradient right
# convention = 1.0  # share for a gradient that is right up to a convention
# follows = 1.0     # share for one that is wrong only because of an error counted already
# undecided = 0.0   # share for one that was not decided or not read: a person has to look
"""
"""What ``gradcheck init`` writes; it says what holds without it."""
