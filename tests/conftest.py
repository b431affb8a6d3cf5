"""Fixtures for all tests: where the checkout's files are, and how to run the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no deadline: a busy machine must not fail a test.
settings.register_profile("gradcheck", deadline=None, derandomize=True)
settings.load_profile("gradcheck")

ROOT = Path(__file__).resolve().parent.parent

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds tests/, derivations/, reports/ and the README."""
    return ROOT


@pytest.fixture
def run_gradcheck(tmp_path: Path) -> Run:
    """Run ``python -m gradcheck`` in a process of its own, in an empty folder."""

    def run(
        *arguments: str,
        cwd: Path | None = None,
        stdin: str | bytes = "",
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        inherited = {"PYTHONPATH": _package_path(), **os.environ}
        completed = subprocess.run(
            [sys.executable, "-m", "gradcheck", *arguments],
            cwd=cwd or tmp_path,
            input=data,
            capture_output=True,
            timeout=60,
            env={**inherited, **(environment or {})},
        )
        return subprocess.CompletedProcess(
            completed.args,
            completed.returncode,
            completed.stdout.decode("utf-8"),
            completed.stderr.decode("utf-8"),
        )

    return run


def _package_path() -> str:
    """The folder from which these tests import gradcheck, for processes started elsewhere."""
    import gradcheck

    return str(Path(gradcheck.__file__).resolve().parent.parent)
