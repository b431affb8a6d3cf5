"""What can be written on the command line: the options, their values, and the help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gradcheck.project.configuration import OWN_FILE
from gradcheck.project.version import __version__
from gradcheck.report.renderers.formats import FORMATS
from gradcheck.run.budget import DEFAULT
from gradcheck.run.jobs import MOST_JOBS, TIMEOUT

LARGEST_SIZE = 512
LONGEST_TIMEOUT = 86_400
SIZES = {"features": 3, "hidden": 4, "samples": 5}

_DESCRIPTION = """\
gradcheck finds out whether a gradient that somebody wrote down is right. It reads a derivation
(Markdown, a notebook, LaTeX, reStructuredText or plain text), derives the gradients itself from
the document's own equations, compares them with finite differences and with backprop code, and
says line by line what holds, what holds only up to a convention, and what is wrong. Gradient code
is compared with finite differences of its own loss, and with the document that it belongs to."""

_VERIFY_DESCRIPTION = """\
Verify the gradients in derivation documents and in Python code. Without a path, what the project's
settings name, or else every document in this folder and below that no .gitignore leaves out. Files
that hold no gradient are counted; 'gradcheck demo' shows what the output is like."""

_DEMO_DESCRIPTION = """\
Verify the derivations that come with gradcheck: five as students wrote them, with their mistakes
declared, and three in which every step is exact. A first look at what the output is like, from any
folder and with no settings; the exit status is that of 'gradcheck verify'."""

_VERIFY_EPILOG = """\
verdicts:
  exact               equal for all values
  up to 2/N, Σ        equal once the constant and the sum that the author left out are put back
  WRONG               not equal; the output shows a point where the two sides differ
  not decided         could not be decided; the reason is given
  not read            could not be understood; the reason and the place are given
  agrees              (gradient code) differs by no more than finite differences can be off

gradient code:
  FILE.py:NAME or package.module:NAME names a gradcheck.GradientCase(loss, gradient, parameters), a
  gradcheck.BackwardCase(forward, backward, inputs), or a function without arguments that returns
  one. It runs in a process of its own. A document can name the code that belongs to it in its
  front matter, 'code: FILE.py:NAME'; that runs only if the same is named here too, and then the
  document, SymPy and the code are compared with each other.

exit status:
  0   everything was checked and nothing is wrong
  1   a gradient is wrong, not read or not decided, or there is another error
  2   the command was not understood, an input could not be read or held nothing to check, or
      nothing at all was checked

folders:
  Every document in a folder and below is verified, but for hidden folders and those of programs
  (node_modules, site-packages). One that holds no gradient is only counted; one that speaks of
  gradients and yields none is named, and fails the run with --strict or --untrusted.

strangers' documents:
  With --untrusted nothing counts but what this command line names: no comments or front matter of
  the documents, no .gitignore, no gradcheck.toml or pyproject.toml unless it is named by --config,
  no code but what is named here. --base names a copy of the project that is trusted, such as the
  base of a pull request: settings, baseline and --against are then taken from it.

findings:
  --select and --ignore take codes or their beginnings: --ignore GC2,GC301 leaves out conventions
  and GC301. They choose what is shown and what counts for the exit status; verdicts and tables
  stay, and gradient code that is not right fails in any case. 'gradcheck rule' lists the codes,
  'gradcheck rule GC101' explains one.

known mistakes:
  A line <!-- gradcheck: expect[GC101] reason --> above an equation declares a finding in it: it
  is still shown, but does not fail the run. <!-- gradcheck: ignore[GC101] reason --> silences it.
  --no-inline disregards such lines.

examples:
  gradcheck verify                          every document in this folder and below
  gradcheck verify homework.md              one document
  gradcheck verify notes/ --strict          every document in a folder, conventions fail too
  gradcheck verify --select GC1,GC4 a.md    wrong gradients and update rules only
  gradcheck verify --against task.md a.md   by the model and the loss of the assignment
  gradcheck verify model.py:case a.md       gradient code, and a document
  gradcheck verify --format json - <a.md    from standard input, for another program
"""

_EPILOG = """\
examples:
  gradcheck verify homework.md     verify the gradients of a document
  gradcheck verify                 verify every document in this folder and below
  gradcheck demo                   verify the derivations that come with gradcheck
  gradcheck read homework.md       show how each formula is understood
  gradcheck rule GC101             explain a finding, with a bad and a good example

'gradcheck verify --help' explains the verdicts and the exit status.
"""


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line, understood. Usage errors raise ``SystemExit(2)``.

    ``command`` is None where none was given; ``help`` is what then is to be shown.
    """
    parser = command_line()
    options, rest = parser.parse_known_args(arguments)
    options.help = parser.format_help()
    unknown = [item for item in rest if item.startswith("-") and item != "-"]
    if unknown or (rest and options.command != "verify"):
        parser.error(f"unrecognized arguments: {' '.join(unknown or rest)}")
    if rest:  # argparse takes paths from one place only: verify a.md --strict b.md
        options.paths = [*options.paths, *rest]
    return options


def command_line() -> argparse.ArgumentParser:
    """The parser of the command, with those of its subcommands."""
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="gradcheck",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=style,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    verify = commands.add_parser(
        "verify",
        help="verify the gradients in documents",
        description=_VERIFY_DESCRIPTION,
        epilog=_VERIFY_EPILOG,
        formatter_class=style,
        allow_abbrev=False,
    )
    _add_verify_arguments(verify)
    demo = commands.add_parser(
        "demo",
        help="verify the derivations that come with gradcheck: a first look",
        description=_DEMO_DESCRIPTION,
        allow_abbrev=False,
    )
    _add_output(demo)
    read = commands.add_parser(
        "read",
        help="show how each formula of a document is understood",
        description="Show every statement of a document as gradcheck understands it.",
        allow_abbrev=False,
    )
    read.add_argument("file", metavar="FILE", help="a document, or - for standard input")
    read.add_argument("--tree", action="store_true", help="show the expression trees as well")
    read.add_argument(
        "--facts",
        action="store_true",
        help="show instead what each statement is, what its names refer to, and their axes",
    )
    init = commands.add_parser(
        "init",
        help=f"write a {OWN_FILE} to start from",
        description=f"Write a {OWN_FILE} with every setting and its default into this folder.",
        allow_abbrev=False,
    )
    init.add_argument("--force", action="store_true", help="overwrite one that is there")
    rule = commands.add_parser(
        "rule",
        help="explain a finding, or list all of them",
        description="Explain a kind of finding, with a bad and a good example; list all without.",
        allow_abbrev=False,
    )
    rule.add_argument("code", nargs="?", metavar="CODE", help="such as GC101 or extra-factor")
    return parser


def _add_verify_arguments(verify: argparse.ArgumentParser) -> None:
    _add_inputs(verify.add_argument_group("what is checked"))
    _add_findings(verify.add_argument_group("what counts"))
    _add_output(verify.add_argument_group("what is shown"))
    _add_settings(verify.add_argument_group("settings"))


def _add_inputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a document, a folder (every document below it), - for standard input, or gradient "
        "code, FILE.py:NAME",
    )
    group.add_argument(
        "--against",
        metavar="FILE",
        help="judge the documents by the forward equations and the loss of this one",
    )
    group.add_argument(
        "--timeout",
        type=_seconds,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"how long each target of gradient code may take (default {TIMEOUT:g})",
    )
    group.add_argument(
        "--budget",
        type=_seconds,
        metavar="SECONDS",
        help="what a document may cost; what is over it is not decided, and the next document "
        f"goes on (default {DEFAULT:g})",
    )
    group.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="processes to share the documents among (default: as many as pay)",
    )
    group.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="seed of the random points at which the numbers are compared (default 0)",
    )
    group.add_argument(
        "--sizes",
        type=_sizes,
        default=tuple(SIZES.values()),
        metavar="SIZES",
        help="sizes of the network for the numbers (default features=3,hidden=4,samples=5)",
    )


def _add_findings(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        help="fail also on conventions, unread side remarks and gradients not claimed",
    )
    group.add_argument(
        "--select",
        action="extend",
        type=_codes,
        default=[],
        metavar="CODES",
        help="only findings whose codes begin so, such as GC1,GC402",
    )
    group.add_argument(
        "--ignore",
        action="extend",
        type=_codes,
        default=[],
        metavar="CODES",
        help="no findings whose codes begin so; of --select and --ignore the longer one wins",
    )
    group.add_argument(
        "--no-inline",
        dest="inline",
        action="store_false",
        help="disregard the expect and ignore comments in the documents",
    )
    group.add_argument(
        "--untrusted",
        dest="trusted",
        action="store_false",
        help="for strangers' documents: nothing counts that the command line does not name, no "
        "comments and front matter, no settings, no .gitignore, no code",
    )
    group.add_argument(
        "--baseline",
        metavar="FILE",
        help="findings in this file are known: they are shown, but do not fail the run",
    )
    group.add_argument(
        "--write-baseline",
        action="store_true",
        help="write everything that is found to the file of --baseline",
    )


def _add_output(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--format",
        choices=tuple(FORMATS),
        default="text",
        metavar="FORMAT",
        help="what is printed: text (default) for people; concise, a line a finding; markdown; "
        "json, sarif, junit and github for programs; csv, gradescope and mistakes for classes",
    )
    group.add_argument(
        "--output",
        action="append",
        type=_output,
        default=[],
        metavar="FORMAT=FILE",
        help="also write the report to a file in this format; may be given several times",
    )
    group.add_argument(
        "--descent",
        action="store_true",
        help="train with the document's gradients and the true ones, and compare the losses",
    )
    group.add_argument(
        "--numpy",
        action="store_true",
        help="show each counterexample also as NumPy code to paste",
    )
    group.add_argument(
        "--hint",
        action="store_true",
        help="say where to look and what kind of mistake it is, without the answer",
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour the text (default auto: on a terminal, unless NO_COLOR is set)",
    )


def _add_settings(group: argparse._ArgumentGroup) -> None:
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--config",
        metavar="FILE",
        help="settings from this file (default: gradcheck.toml or pyproject.toml, the nearest)",
    )
    which.add_argument("--isolated", action="store_true", help="no settings from any file")
    group.add_argument(
        "--base",
        metavar="FOLDER",
        help="take settings, baseline and --against from this copy of the project (the base of a "
        "pull request) instead of the working folder",
    )
    group.add_argument(
        "--show-settings", action="store_true", help="show what holds, and where it was set"
    )


def _output(text: str) -> tuple[str, str]:
    """``sarif=report.sarif``"""
    name, equals, path = text.partition("=")
    if name not in FORMATS or not equals or not path:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write FORMAT=FILE with one of {', '.join(FORMATS)}"
        )
    return name, path


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed; write a number such as 0 or 7")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds above 0, at most {LONGEST_TIMEOUT}"
        )
    return seconds


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of processes from 0 to {MOST_JOBS}"
        )
    return int(text)


def _codes(text: str) -> list[str]:
    """``GC1,GC402``: codes or beginnings of codes, each of a rule that there is."""
    from gradcheck.project.selection import matches_a_rule
    from gradcheck.rules import closest

    codes = [item.strip().upper() for item in text.split(",")]
    for code in codes:
        if not matches_a_rule(code):
            hint = closest(code)
            raise argparse.ArgumentTypeError(
                f"no rule has a code that begins with {code!r}"
                + (f"; did you mean {hint}?" if hint else "; write for example GC1,GC402")
            )
    return codes


def _sizes(text: str) -> tuple[int, int, int]:
    """``features=3,hidden=4,samples=5``, or some of them; the others stay as they are."""
    sizes = dict(SIZES)
    for item in text.split(","):
        name, _, number = (part.strip() for part in item.partition("="))
        if name not in SIZES:
            raise argparse.ArgumentTypeError(
                f"{item!r} is not a size; write for example features=3,hidden=4,samples=5"
            )
        whole = number.isascii() and number.isdigit() and len(number) <= 6
        if not whole or not 1 <= int(number) <= LARGEST_SIZE:
            raise argparse.ArgumentTypeError(
                f"{name}={number}: the size must be a whole number from 1 to {LARGEST_SIZE}"
            )
        sizes[name] = int(number)
    return sizes["features"], sizes["hidden"], sizes["samples"]
