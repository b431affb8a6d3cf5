"""The derivations that ship with gradcheck: in the wheel, or beside the checkout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.report.results import DocumentResult, Report

_PACKAGE = Path(__file__).resolve().parents[1]
NAME = "derivations"
_PLACES = (_PACKAGE / "shipped_derivations", _PACKAGE.parent / NAME)


def shipped_derivations() -> Path:
    """The folder of the documents that ``gradcheck demo`` verifies.

    Relative to the working folder where it lies below it, so that a report names the files as
    their author would. Raises `FileNotFoundError` if the installation lacks the folder.
    """
    for place in _PLACES:
        if place.is_dir():
            here = Path.cwd()
            return place.relative_to(here) if place.is_relative_to(here) else place
    raise FileNotFoundError("this installation of gradcheck came without its derivations")


def named_as_in_the_project(report: Report, folder: Path) -> Report:
    """The report with short names, ``derivations/mse-tanh.md``: the same wherever it is made."""
    from gradcheck.run.shelf import changed

    def renamed(result: DocumentResult) -> DocumentResult:
        path = Path(NAME) / Path(result.path).relative_to(folder)
        return replace(result, document=replace(result.document, path=str(path)))

    return replace(report, documents=changed(report.documents, renamed))
