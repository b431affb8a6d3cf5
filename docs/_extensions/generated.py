"""A Sphinx extension: parts of pages that are made from the code, at build time.

A line ``<!-- generated: rules -->`` in a page stands for what `PARTS` makes under that name, in
Markdown. Nothing of it is committed, so nothing of it can be out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from gradcheck.command.options import command_line
from gradcheck.language.finding import RULES, Rule
from gradcheck.project.configuration import STARTING_POINT, FileRule, Points, Settings
from gradcheck.rules import EXPLANATIONS
from gradcheck.understand.readings import CHARITIES

TOP = Path(__file__).resolve().parent.parent.parent
_PLACE = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
_FAMILIES = {
    "GC0": "Reading",
    "GC1": "Wrong gradients and steps",
    "GC2": "Conventions",
    "GC3": "Names, shapes, and what the reference says",
    "GC4": "Update rules",
    "GC5": "Gradient code",
    "GC9": "Comments of gradcheck",
}


def filled(text: str) -> str:
    """A page with its generated parts. Raises KeyError for a name that is none of them."""
    return _PLACE.sub(lambda place: PARTS[place[1]](), text)


def rules() -> str:
    """Every rule: what it means, a bad and a good example, what to do."""
    rows = [(f"[{r.code}](#{r.code.lower()})", r.name, r.severity, r.summary) for r in _sorted()]
    parts = [_table(("code", "name", "severity", "what it says"), rows)]
    for prefix, title in _FAMILIES.items():
        family = [rule for rule in _sorted() if rule.code.startswith(prefix)]
        parts += [f"## {title}", *map(_rule, family)]
    return "\n\n".join(parts)


def _sorted() -> list[Rule]:
    return sorted(RULES.values(), key=lambda rule: rule.code)


def _rule(rule: Rule) -> str:
    told = EXPLANATIONS[rule.code]
    examples = (
        ("The reference, given with `--against`:", told.reference),
        ("Bad:", told.bad),
        ("Good:", told.good),
    )
    return "\n\n".join(
        [
            f"({rule.code.lower()})=\n### {rule.code} {rule.name}",
            f"*{rule.kind}, {rule.severity}.* {_prose(told.meaning)}",
            *(f"{title}\n\n{_fence(text)}" for title, text in examples if text),
            f"What to do: {_prose(told.remedy)}",
        ]
    )


def _fence(text: str) -> str:
    return f"````markdown\n{text.strip()}\n````"


def _prose(text: str) -> str:
    """Plain text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>$#|^~{}])", r"\\\1", text)


def readings() -> str:
    """The closed list of readings, as the output words them."""
    rows = [(f"`{name}`", _prose(text.format(a="…", b="…"))) for name, text in CHARITIES.items()]
    return _table(("name", "what the output says"), rows)


def settings() -> str:
    """Every key of the configuration with its default, and what its comment says."""
    parts = []
    for title, kind, told in zip(
        ("", "`[[files]]`: other codes for some documents", "`[points]`: points for a class"),
        (Settings, FileRule, Points),
        re.split(r"^# \[.*$", STARTING_POINT, flags=re.MULTILINE),
        strict=True,
    ):
        said = dict(re.findall(r"^(?:# )?(\w+) = [^#\n]*# (.*)$", told, re.MULTILINE))
        default: Any = kind("") if kind is FileRule else kind()
        rows = [
            (f"`{key}`", f"`{_toml(getattr(default, key))}`", _prose(words))
            for key, words in said.items()
        ]
        parts += [title, _table(("key", "default", ""), rows)]
    return "\n\n".join(part for part in parts if part)


def _toml(value: object) -> str:
    match value:
        case None | "":
            return "none"
        case bool():
            return str(value).lower()
        case tuple():
            return "[]"
    return f"{value}"


def options() -> str:
    """Every option of ``gradcheck verify``, as its help tells it, a table a group."""
    (commands,) = (a for a in command_line()._actions if isinstance(a.choices, dict))
    parts = []
    for group in commands.choices["verify"]._action_groups:
        rows = [
            (", ".join(f"`{name}`" for name in action.option_strings), _prose(action.help or ""))
            for action in group._group_actions
            if action.option_strings and action.dest != "help"
        ]
        if rows:
            title = (group.title or "").capitalize()
            parts += [f"### {title}", _table(("option", "what it does"), rows)]
    return "\n\n".join(parts)


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def action() -> str:
    """The inputs of the GitHub Action."""
    inputs = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))["inputs"]
    rows = [
        (
            f"`{name}`",
            f"`{told['default']}`" if told["default"] else "",
            _prose(told["description"]),
        )
        for name, told in inputs.items()
    ]
    return _table(("input", "default", "what it does"), rows)


PARTS = {
    "rules": rules,
    "readings": readings,
    "settings": settings,
    "options": options,
    "action": action,
}


def setup(app: Any) -> dict[str, bool]:
    """Fill every page as Sphinx reads it."""

    def fill(app: Any, name: str, source: list[str]) -> None:
        source[0] = filled(source[0])

    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
