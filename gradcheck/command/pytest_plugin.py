"""The pytest plugin: ``pytest --gradcheck`` collects documents and gradient cases as tests.

A document is an item; it fails where ``gradcheck verify`` would, also if it cannot be read, and is
skipped, with the reason, where it holds nothing to check; a text file that speaks of no gradient is
none, and what a ``.gitignore`` leaves out is passed over, unless it is named. A `GradientCase` or
`BackwardCase` at the top level of a test module is an item of its own. The project's settings hold
(see `gradcheck.project.configuration`).

Nothing of gradcheck is imported unless the option is given.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.project.configuration import Settings
    from gradcheck.report.baseline import Baseline
    from gradcheck.report.results import Report

_SETTINGS = pytest.StashKey[Any]()
_BASELINE = pytest.StashKey[Any]()
_GITIGNORE = pytest.StashKey[Any]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--gradcheck`` and ``--gradcheck-strict``."""
    group = parser.getgroup("gradcheck", "gradients that somebody wrote down")
    group.addoption(
        "--gradcheck",
        action="store_true",
        help="collect derivation documents and gradient cases as tests",
    )
    group.addoption(
        "--gradcheck-strict",
        action="store_true",
        help="documents fail also on conventions, warnings and gradients not claimed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the project's settings; those that cannot be used stop the run."""
    if not config.getoption("gradcheck"):
        if config.getoption("gradcheck_strict"):
            raise pytest.UsageError("--gradcheck-strict needs --gradcheck")
        return
    from gradcheck.project.configuration import ConfigurationError, find, settings
    from gradcheck.read.files.gitignore import GitIgnore
    from gradcheck.report.baseline import BaselineError, load

    config.stash[_GITIGNORE] = GitIgnore(str(config.rootpath))
    try:
        found = settings(find(str(config.rootpath)))
        config.stash[_SETTINGS] = found
        config.stash[_BASELINE] = None if found.baseline is None else load(found.baseline)
    except (ConfigurationError, BaselineError) as problem:
        raise pytest.UsageError(f"gradcheck: {problem}") from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A document that neither the settings nor a ``.gitignore`` leave out."""
    config = parent.config
    if not config.getoption("gradcheck"):
        return None
    from gradcheck.read.files.suffixes import is_document

    path = str(file_path)
    if not is_document(path) or config.stash[_SETTINGS].excludes(path):
        return None
    if not _is_named(file_path, config):
        plain = file_path.suffix.lower() == ".txt" and not _speaks(path)
        if plain or config.stash[_GITIGNORE].leaves_out_with_folder(path):
            return None
    return DocumentFile.from_parent(parent, path=file_path)


def _is_named(path: Path, config: pytest.Config) -> bool:
    return any(Path(item.split("::")[0]).absolute() == path for item in config.args)


def _speaks(path: str) -> bool:
    """Whether a text file may hold a derivation; requirements and logs do not."""
    from gradcheck.read.files.loading import raw_text
    from gradcheck.read.files.traces import speaks_of_gradients

    text = raw_text(path)
    return text is None or speaks_of_gradients(text)


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Item | None:
    """A gradient case that a test module holds by a name of its own."""
    if not collector.config.getoption("gradcheck"):
        return None
    case = sys.modules.get("gradcheck.code.case")  # nobody can have made one without it
    if case is None or not isinstance(obj, case.GradientCase | case.BackwardCase):
        return None
    return CaseItem.from_parent(collector, name=name, case=obj)


class GradientFailure(Exception):
    """What is wrong, in words for people: no traceback helps here."""


class DocumentFile(pytest.File):
    """A derivation document."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item, for a document is checked as a whole; none for an empty file."""
        if self.path.stat().st_size == 0:
            return
        yield DocumentItem.from_parent(self, name="derivation")


class DocumentItem(pytest.Item):
    """The verification of one document."""

    def runtest(self) -> None:
        """Verify; fail with the findings, skip where there is nothing to check."""
        from gradcheck.report.baseline import against
        from gradcheck.report.renderers.text import render
        from gradcheck.report.renderers.wording import outcome
        from gradcheck.verification import verify

        project: Settings = self.config.stash[_SETTINGS]
        known: Baseline | None = self.config.stash[_BASELINE]
        report: Report = verify(
            [_shown(self.path)],
            seed=project.seed,
            strict=project.strict or self.config.getoption("gradcheck_strict"),
            against=project.against,
            settings=project,
        )
        report = against(report, known) if known else report
        if report.exit_status == 1:
            raise GradientFailure(f"{outcome(report)}\n\n{render(report)}")
        why = "; ".join(error.message for error in report.errors)
        if report.exit_status and not report.documents:
            raise GradientFailure(why)
        if report.exit_status:
            pytest.skip(why or "nothing to check")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone, where it is a report."""
        return _failure(self, excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The document's path stands for it."""
        return self.path, None, f"derivation {_shown(self.path)}"


class CaseItem(pytest.Item):
    """The check of one gradient case."""

    def __init__(self, *, case: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case

    def runtest(self) -> None:
        """Check; anything but `agrees` fails with the table."""
        report = self.case.check(target=self.name)
        if not report:
            raise GradientFailure(str(report))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The table alone, where it is a table."""
        return _failure(self, excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The name of the case within its module."""
        return self.path, None, f"gradient {self.name}"


def _failure(item: pytest.Item, info: pytest.ExceptionInfo[BaseException], style: Any) -> Any:
    if isinstance(info.value, GradientFailure):
        return str(info.value)
    package = str(Path(__file__).parents[1])
    theirs = info.traceback.filter(lambda entry: not str(entry.path).startswith(package))
    if theirs:  # an error of the case: the way to it through here helps nobody
        info.traceback = theirs
    return pytest.Item.repr_failure(item, info, style)


def _shown(path: Path) -> str:
    """The path from the working folder, as a person would write it."""
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if near.startswith("..") else near
