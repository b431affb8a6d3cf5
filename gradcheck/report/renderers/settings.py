"""The settings that hold, as TOML, each with the place where it was set."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from gradcheck.project.configuration import Settings
from gradcheck.report.renderers.terminal import printable

HIDDEN = ("folder", "origins", "file")
"""What a file cannot say."""


def listing(settings: Settings) -> str:
    """``strict = true  # gradcheck.toml``; what nobody set is a default.

    It is a ``gradcheck.toml`` for the working folder that means the same. The first line tells
    which file was read.
    """
    plain = asdict(settings)
    names = [item.name for item in fields(settings) if item.name not in HIDDEN]
    lines = [f"# settings: {printable(settings.file or 'none')}"]
    for name in names:
        origin = printable(settings.origins.get(name, "default"))
        value = plain[name]
        shown = f"# {name} is not set" if value is None else f"{name} = {printable(_toml(value))}"
        lines.append(f"{shown}  # {origin}" if value is not None else f"{shown} ({origin})")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A value on one line; TOML writes strings, numbers, true and false as JSON does."""
    match value:
        case Mapping():
            return f"{{ {', '.join(f'{key} = {_toml(item)}' for key, item in value.items())} }}"
        case str() | bool() | int() | float():
            return json.dumps(value, ensure_ascii=False)
        case Sequence():
            return f"[{', '.join(map(_toml, value))}]"
    raise TypeError(f"{type(value).__name__}: no setting has such a value")
