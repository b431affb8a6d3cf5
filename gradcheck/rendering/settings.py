"""The settings that hold, one a line, each with the place where it was set."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

from gradcheck.configuration import Settings
from gradcheck.rendering.terminal import printable


def listing(settings: Settings) -> str:
    """``strict = true  (gradcheck.toml)``; what nobody set is a default."""
    plain = asdict(settings)
    names = [item.name for item in fields(settings) if item.name not in ("folder", "origins")]
    lines = [
        printable(f"{name} = {json.dumps(plain[name], ensure_ascii=False)}")
        + f"  ({printable(settings.origins.get(name, 'default'))})"
        for name in names
    ]
    return "\n".join(lines) + "\n"
