"""Fixtures for all tests: where the checkout's files are, and how to run the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import pytest
from hypothesis import settings

from tests.forking import ask

# The same examples in every run, and no deadline: a busy machine must not fail a test.
settings.register_profile("gradcheck", deadline=None, derandomize=True)
settings.load_profile("gradcheck")

ROOT = Path(__file__).resolve().parent.parent
FORKING = str(ROOT / "tests" / "forking.py")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds tests/, derivations/, reports/ and the README."""
    return ROOT


@pytest.fixture(scope="session")
def commands() -> Iterator[str | None]:
    """The address at which commands are run without the cost of imports (see `forking`)."""
    if not hasattr(os, "fork"):
        yield None
        return
    with TemporaryDirectory(prefix="gradcheck-") as folder:
        address = f"{folder}/commands"
        server = subprocess.Popen(
            [sys.executable, FORKING, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _package_path()},
        )
        with server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield address
            assert server.stdin is not None
            server.stdin.close()


@pytest.fixture
def run_gradcheck(tmp_path: Path, commands: str | None) -> Run:
    """Run the command in an empty folder, in a process of its own that has imported all it needs.

    The environment is this one's and what is given.
    """

    def run(
        *arguments: str,
        cwd: Path | None = None,
        stdin: str | bytes = "",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        around = {**os.environ, **(environment or {})}
        folder = str(cwd or tmp_path)
        if commands is None:
            return _started(arguments, folder, stdin, around)
        with TemporaryFile() as given, TemporaryFile() as output, TemporaryFile() as errors:
            given.write(stdin.encode() if isinstance(stdin, str) else stdin)
            streams = (given, output, errors)
            given.seek(0)
            status = ask(commands, arguments, folder, around, [s.fileno() for s in streams])
            for stream in (output, errors):
                stream.seek(0)
            said = [stream.read().decode("utf-8") for stream in (output, errors)]
        return subprocess.CompletedProcess([*arguments], status, *said)

    return run


@pytest.fixture
def start_gradcheck(tmp_path: Path) -> Run:
    """Run ``python -m gradcheck`` in a process that starts afresh, in an empty folder."""

    def run(
        *arguments: str,
        cwd: Path | None = None,
        stdin: str | bytes = "",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        around = {**os.environ, **(environment or {})}
        return _started(arguments, str(cwd or tmp_path), stdin, around)

    return run


def _started(
    arguments: Sequence[str], folder: str, stdin: str | bytes, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    completed = subprocess.run(
        [sys.executable, "-m", "gradcheck", *arguments],
        cwd=folder,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=60,
        env={"PYTHONPATH": _package_path(), **environment},
    )
    said = (completed.stdout.decode("utf-8"), completed.stderr.decode("utf-8"))
    return subprocess.CompletedProcess(completed.args, completed.returncode, *said)


def _package_path() -> str:
    """The folder from which these tests import gradcheck, for processes started elsewhere."""
    import gradcheck

    return str(Path(gradcheck.__file__).resolve().parent.parent)
