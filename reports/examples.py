"""The examples in the README and in docs/: run, with the output that they print today.

A page is run from top to bottom in an empty folder. A fence below ``<!-- file: NAME -->`` is a
file that the page's reader has from there on, a ``diff`` below ``<!-- edit: NAME -->`` changes it.
Of a ``console`` fence every ``$`` command is run,
and of a ``pycon`` fence every ``>>>`` statement; what stands below them is their output. A page
with ``<!-- needs: torch, jax -->`` is run where these can be imported.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from gradcheck.command import cli

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(
    r"^(?P<mark>(?:<!-- (?P<verb>file|edit): (?P<file>\S+) -->\n)?)(?P<ticks>`{3,})"
    r"(?P<language>[\w{}-]*)\n"
    r"(?P<content>.*?)^(?P=ticks)$",
    re.MULTILINE | re.DOTALL,
)
_NEEDS = re.compile(r"^<!-- needs: (.*?) -->$", re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*)\n", re.MULTILINE)
_SECONDS = re.compile(r" in \d+\.\d+s")


def pages(root: Path = ROOT) -> list[Path]:
    """The README and all pages of docs/."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def missing(text: str) -> list[str]:
    """The modules that a page needs and that are not installed."""
    needed = [name.strip() for found in _NEEDS.findall(text) for name in found.split(",")]
    return [name for name in needed if importlib.util.find_spec(name) is None]


def with_output(text: str, folder: Path) -> str:
    """The page with what its examples print today; ``folder`` is an empty one to run them in."""
    names: dict[str, object] = {"__name__": "__main__"}
    session = _Session()

    def remade(fence: re.Match[str]) -> str:
        content = fence["content"]
        if fence["verb"]:
            place = folder / fence["file"]
            place.parent.mkdir(parents=True, exist_ok=True)
            written = content if fence["verb"] == "file" else _edited(place, content)
            place.write_text(written, encoding="utf-8")
        run = {"console": session.run, "pycon": lambda block: _statements(block, names)}
        shown = run.get(fence["language"], str)(content)
        head = f"{fence['mark']}{fence['ticks']}{fence['language']}\n"
        shown = shown.replace(str(folder.resolve()), "/home/ada/project")
        return f"{head}{shown}{fence['ticks']}"

    with chdir(folder), _as_on_a_terminal(), _modules_of(folder.resolve()):
        return FENCE.sub(remade, text)


def _edited(place: Path, diff: str) -> str:
    """A file after a diff without line numbers: what is taken out must stand there once."""
    text = place.read_text(encoding="utf-8")
    lines = diff.splitlines()
    old, new = ("\n".join(line[1:] for line in lines if line[0] != sign) for sign in "+-")
    if text.count(old) != 1:
        raise ValueError(f"{place.name}: this stands there {text.count(old)} times:\n{old}")
    return text.replace(old, new)


@contextmanager
def _as_on_a_terminal() -> Iterator[None]:
    """The same output everywhere: no settings of a job that runs us, modules of the folder.

    Where pytest sees ``CI`` it prints more than on a reader's terminal.
    """
    kept = (name for name in os.environ if not name.startswith("PYTEST_"))
    clean = {name: os.environ[name] for name in kept if name not in ("CI", "BUILD_NUMBER")}
    clean["PYTHONPATH"] = os.pathsep.join([".", str(Path(cli.__file__).parent.parent)])
    clean["COLUMNS"] = "80"
    with mock.patch.dict(os.environ, clean, clear=True):
        yield


@contextmanager
def _modules_of(folder: Path) -> Iterator[None]:
    """Modules in the folder can be imported, and are forgotten afterwards."""
    with mock.patch.object(sys, "path", [str(folder), *sys.path]):
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for name in [name for name, module in sys.modules.items() if _is_in(module, folder)]:
                del sys.modules[name]


def _is_in(module: object, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder)


class _Session:
    """A terminal: the commands of a page one after the other, and the last exit status."""

    def __init__(self) -> None:
        self.status = 0

    def run(self, block: str) -> str:
        """A console block with the output of its commands as it is today."""
        commands = _COMMAND.findall(block)
        return "".join(f"$ {command}\n{self.output(command)}" for command in commands)

    def output(self, command: str) -> str:
        if command == "echo $?":
            return f"{self.status}\n"
        name, *arguments = shlex.split(command)
        return _PROGRAMS[name](self, arguments)

    def gradcheck(self, arguments: list[str]) -> str:
        """Standard output and standard error, as a terminal shows them both."""
        text = io.StringIO()
        with redirect_stdout(text), redirect_stderr(text):
            try:
                self.status = cli.main(arguments)
            except SystemExit as stopped:
                self.status = int(stopped.code or 0)
        return text.getvalue()

    def cat(self, arguments: list[str]) -> str:
        self.status = 0
        return "".join(Path(name).read_text(encoding="utf-8") for name in arguments)

    def pytest(self, arguments: list[str]) -> str:
        """In a process of its own; how long it takes is no part of the output."""
        bare = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
        plugin = [] if _plugin_is_installed() else ["-p", "gradcheck.pytest_plugin"]
        command = [sys.executable, "-m", "pytest", *bare, *plugin, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.status = done.returncode
        return _SECONDS.sub(" in 0.50s", done.stdout + done.stderr)


def _plugin_is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(point.value == "gradcheck.pytest_plugin" for point in entry_points(group="pytest11"))


_PROGRAMS: dict[str, Callable[[_Session, list[str]], str]] = {
    "gradcheck": _Session.gradcheck,
    "cat": _Session.cat,
    "pytest": _Session.pytest,
}


def _statements(block: str, names: dict[str, object]) -> str:
    """A pycon block with the output of its statements as it is today."""
    shown = []
    for example in doctest.DocTestParser().get_examples(block):
        first, *rest = example.source.splitlines()
        shown += [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
        text = io.StringIO()
        with redirect_stdout(text):
            exec(compile(example.source, "<page>", "single"), names)  # noqa: S102, our own pages
        shown += text.getvalue().splitlines()
    return "\n".join(shown) + "\n"
