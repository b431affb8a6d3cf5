"""Packages that only an adapter needs: imported where it is called, named where they are absent."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def peer(module: str, extra: str) -> Any:
    """The module. Raises ImportError that says what to install."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"gradcheck.{extra} needs {module}: pip install 'gradcheck[{extra}]'"
        ) from error
