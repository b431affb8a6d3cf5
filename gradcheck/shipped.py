"""Where the derivations that ship with gradcheck are: in the wheel, or beside the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "shipped_derivations", _PACKAGE.parent / "derivations")


def shipped_derivations() -> Path:
    """The folder of the documents that are verified when no path is named.

    Relative to the working folder where it lies below it, so that a report names the files as
    their author would. Raises `FileNotFoundError` if the installation lacks the folder.
    """
    for place in _PLACES:
        if place.is_dir():
            here = Path.cwd()
            return place.relative_to(here) if place.is_relative_to(here) else place
    raise FileNotFoundError("this installation of gradcheck came without its derivations")
