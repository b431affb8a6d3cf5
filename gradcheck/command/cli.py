"""The command line: the only place that prints, and the only one that sets the exit status."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from gradcheck.command.destinations import Unwritable, check, save, save_all, spare
from gradcheck.command.options import parsed
from gradcheck.command.streams import prepare, printing, silence
from gradcheck.language.problem import InputError
from gradcheck.project.configuration import (
    OWN_FILE,
    SHARED_FILE,
    STARTING_POINT,
    ConfigurationError,
    Settings,
    find,
    find_in,
    settings,
)
from gradcheck.report.renderers.formats import TELL_ERRORS, pieces
from gradcheck.report.renderers.terminal import printable
from gradcheck.report.results import Report, is_anything_checked
from gradcheck.run.jobs import STOPPED
from gradcheck.run.progress import SHOWN_AFTER, Progress
from gradcheck.run.stopping import Signals, kept

USAGE_ERROR = 2
INTERRUPTED = 130
COMMAND_LINE = "command line"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status. Usage errors raise ``SystemExit(2)``."""
    gc.set_threshold(100_000, 50, 100)  # trees by the thousand, hardly a cycle among them
    prepare()
    with Signals() as signals:
        status = _run(arguments)
    return signals.status if signals.number else status


def last_words() -> int:
    """Print what is left to be printed; the exit status if that fails."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        silence(sys.stderr)
    try:
        with printing():
            pass
    except Unwritable as problem:
        _complain(str(problem))
        return USAGE_ERROR
    return 0


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with printing():
            options = parsed(arguments)
        if options.command == "verify":
            return _verify(options)
        if options.command == "demo":
            return _demo(options)
        if options.command == "read":
            return _read(options)
        if options.command == "init":
            return _init(options)
        if options.command == "rule":
            return _rule(options)
        print(options.help, file=sys.stderr, end="")
        return USAGE_ERROR
    except KeyboardInterrupt:
        _complain("interrupted before the result was written" if kept() else STOPPED)
        return INTERRUPTED
    except (Unwritable, Unusable, ConfigurationError) as problem:
        _complain(str(problem))
        return USAGE_ERROR
    except (Exception, RecursionError, MemoryError) as problem:
        if os.environ.get("GRADCHECK_DEBUG"):
            raise
        _complain(
            f"internal error ({type(problem).__name__}: {problem}); please report it with the "
            "document (GRADCHECK_DEBUG=1 shows where it happened)"
        )
        return USAGE_ERROR


def _verify(options: argparse.Namespace) -> int:
    from gradcheck.verification import verify

    project = _settings(options)
    if options.show_settings:
        from gradcheck.report.renderers.settings import listing

        _write(listing(project))
        return 0
    if options.write_baseline and (project.baseline is None or options.base):
        _complain("--write-baseline needs --baseline FILE, the file to write, and no --base")
        return USAGE_ERROR
    paths, refused = _paths(options, project)
    written = [path for _, path in options.output]
    if options.write_baseline:
        written.append(project.baseline)
    check(written)
    report = verify(
        paths,
        seed=project.seed,
        sizes=options.sizes,
        inline=options.inline,
        strict=project.strict,
        jobs=project.jobs,
        budget=project.budget,
        progress=_progress(),
        descent=options.descent,
        against=project.against,
        settings=project,
        trusted=options.trusted,
        timeout=options.timeout,
        gitignore=not options.paths,
    )
    report = replace(report, errors=(*refused, *report.errors))
    spare(written, report, (project.against, project.file))
    if project.baseline is not None:
        report = _known(report, project, options)
    if not options.paths and not is_anything_checked(report):
        _complain("nothing was checked here; 'gradcheck demo' verifies what comes with gradcheck")
    return _told(report, options)


def _told(report: Report, options: argparse.Namespace) -> int:
    """Print the report and write it to files; the exit status."""
    if options.hint:
        from gradcheck.report.hinting import hinted

        report = hinted(report)
    if options.format not in TELL_ERRORS:
        for error in report.errors:
            _complain(_place(error))
    unwritten = save_all((path, pieces(name, report)) for name, path in options.output)
    for problem in unwritten:
        _complain(problem)
    _write_all(_rendered(report, options))
    if report.interrupted:
        return INTERRUPTED
    return USAGE_ERROR if unwritten else report.exit_status


def _progress() -> Progress:
    """A bar; where there is none, one line on a terminal that says how to get it."""
    if find_spec("tqdm") is not None or not sys.stderr.isatty():
        return None
    began, told = monotonic(), False

    def tell(done: int, expected: int) -> None:
        nonlocal told
        if not told and monotonic() - began > SHOWN_AFTER:
            told = True
            _complain(f"{done} of {expected} done; pip install 'gradcheck[progress]' shows a bar")

    return tell


def _demo(options: argparse.Namespace) -> int:
    """What ``verify`` does, for the documents that come with gradcheck and by no settings."""
    from gradcheck.command.shipped import NAME, named_as_in_the_project, shipped_derivations
    from gradcheck.verification import verify

    try:
        folder = shipped_derivations()
    except FileNotFoundError as problem:
        raise Unusable(str(problem)) from None
    written = [path for _, path in options.output]
    check(written)
    report = verify(folder, jobs=Settings().jobs, progress=_progress(), descent=options.descent)
    spare(written, report)
    if str(folder) != NAME:
        _complain(f"these documents are in {folder}")
        report = named_as_in_the_project(report, folder)
    return _told(report, options)


def _paths(
    options: argparse.Namespace, project: Settings
) -> tuple[Sequence[str], tuple[InputError, ...]]:
    """What to verify, and what of the settings is not: a stranger's folder runs no code."""
    if options.paths or options.trusted:
        return options.paths or project.paths, ()
    from gradcheck.code.target import is_code

    why = "not run: with --untrusted, code runs only if the command line names it"
    refused = tuple(InputError(path, why) for path in project.paths if is_code(path))
    return [path for path in project.paths if not is_code(path)], refused


def _known(report: Report, project: Settings, options: argparse.Namespace) -> Report:
    """The report with the findings of the baseline marked, which is written first if asked for."""
    from gradcheck.report import baseline

    path, write = str(project.baseline), options.write_baseline
    try:
        if write and report.interrupted:
            raise Unusable(f"{path}: not written, because the run was interrupted")
        if write:
            baseline.spare(path)
            for problem in save_all([(path, [baseline.written(report, path)])]):
                lost = InputError(path, problem.removeprefix(f"{path}: "))
                return replace(report, errors=(*report.errors, lost))
        known = baseline.load(path, options.base)
    except baseline.BaselineError as problem:
        raise Unusable(str(problem)) from None
    gone = baseline.gone(report, known, project)
    if gone:
        findings = "1 finding in it is" if gone == 1 else f"{gone} findings in it are"
        _complain(f"{path}: {findings} no longer there; --write-baseline takes out what is gone")
    return baseline.against(report, known)


class Unusable(Exception):
    """A file that the user named cannot be used."""


def _settings(options: argparse.Namespace) -> Settings:
    """The project's settings; what was given on the command line wins.

    With ``--base``, files are those of that copy of the project. In a stranger's folder no file
    counts that was not named.
    """
    base = options.base
    if base is not None and not os.path.isdir(base):
        raise Unusable(f"{base}: no folder; --base names a copy of the project")
    named = {name: getattr(options, name) for name in ("config", "baseline", "against")}
    if base is not None:
        named = {name: path and os.path.join(base, path) for name, path in named.items()}
    path = named.pop("config")
    if path is None and not options.isolated:
        path = find_in(base) if base is not None else _found(options)
    project = settings(path, base)
    names = ("select", "ignore", "strict", "seed", "jobs", "budget")
    given = {name: getattr(options, name) for name in names} | named
    given = {name: value for name, value in given.items() if value not in (None, [])}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    origins = {**project.origins, **dict.fromkeys(given, COMMAND_LINE)}
    return replace(project, **values, origins=origins)


def _found(options: argparse.Namespace) -> str | None:
    """The settings of the folder one works in; of a stranger's, none, and that is told."""
    if options.trusted:
        return find()
    if Path(OWN_FILE).is_file():
        _complain(f"{OWN_FILE} does not count with --untrusted; --config {OWN_FILE} takes it")
    return None


def _init(options: argparse.Namespace) -> int:
    if Path(OWN_FILE).exists() and not options.force:
        _complain(f"{OWN_FILE} is there already; --force overwrites it")
        return USAGE_ERROR
    if find() == str(Path(SHARED_FILE).resolve()) and not options.force:
        _complain(
            f"{SHARED_FILE} has [tool.gradcheck] already, and {OWN_FILE} would take its place; "
            "--force writes it"
        )
        return USAGE_ERROR
    save(OWN_FILE, [STARTING_POINT])
    _write(f"wrote {OWN_FILE}; 'gradcheck verify --show-settings' shows what holds")
    return 0


def _rule(options: argparse.Namespace) -> int:
    from gradcheck.report.renderers.catalogue import explanation, overview
    from gradcheck.rules import closest, find

    if options.code is None:
        _write(overview())
        return 0
    rule = find(options.code)
    if rule is None:
        hint = f"did you mean {closest(options.code)}? " if closest(options.code) else ""
        _complain(f"there is no rule {options.code!r}; {hint}'gradcheck rule' lists all")
        return USAGE_ERROR
    _write(explanation(rule))
    return 0


def _read(options: argparse.Namespace) -> int:
    from gradcheck.read import read
    from gradcheck.read.files.loading import LoadError, load
    from gradcheck.read.listing import listing

    try:
        document = load(options.file)
    except LoadError as failure:
        _complain(_place(failure.error))
        return USAGE_ERROR
    understood = read(document)
    if not understood.statements:
        _complain(f"{document.path}: no formulas found; write them between $ or $$ signs")
        return USAGE_ERROR
    if options.facts:
        from gradcheck.report.renderers.page_facts import facts

        _write(facts(understood))
        return 0
    _write(listing(understood, tree=options.tree))
    return 0


def _rendered(report: Report, options: argparse.Namespace) -> Iterator[str]:
    if options.format != "text":
        return pieces(options.format, report)
    from gradcheck.report.renderers.text import pieces as of_text

    return of_text(report, colour=_wants_colour(options.color, sys.stdout), numpy=options.numpy)


def _wants_colour(color: str, stream: TextIO) -> bool:
    if color != "auto":
        return color == "always"
    quiet = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not quiet and stream.isatty()


def _write(text: str) -> None:
    """Print a text with a line break at its end."""
    _write_all([text if text.endswith("\n") else text + "\n"])


def _write_all(texts: Iterable[str]) -> None:
    with printing():
        sys.stdout.writelines(texts)


def _complain(message: str) -> None:
    try:
        print(f"gradcheck: {printable(message)}", file=sys.stderr)
    except (OSError, ValueError):  # there is nobody to tell
        silence(sys.stderr)


def _place(error: InputError) -> str:
    parts = [error.path]
    if error.line is not None:
        parts.append(str(error.line))
        if error.column is not None:
            parts.append(str(error.column))
    return f"{':'.join(parts)}: {error.message}"
