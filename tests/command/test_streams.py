"""Standard streams that are closed or full, and other things that a process may lack."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import gradcheck
from tests.command.test_destinations import RIGHT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")

CLOSED = "gradcheck: the output cannot be written: the standard output is closed\n"
FULL = "gradcheck: the output cannot be written: no space left on device\n"


def shell(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line, in which ``gradcheck`` is this one."""
    (folder / "a.md").write_text(RIGHT, encoding="utf-8")
    (folder / "b.md").write_text(RIGHT, encoding="utf-8")
    command = f"{shlex.quote(sys.executable)} -m gradcheck"
    here = str(Path(gradcheck.__file__).resolve().parent.parent)
    return subprocess.run(
        ["/bin/sh", "-c", f'gradcheck() {{ {command} "$@"; }}; {line}'],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": here, "PYTHONUNBUFFERED": "", **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "status", "errors"),
    [
        ("gradcheck rule GC101 >&-", 2, CLOSED),
        ("gradcheck rule GC101 2>&-", 0, ""),
        ("gradcheck rule nothing <&- >&- 2>&-", 2, ""),
        ("gradcheck read - <&-", 2, "gradcheck: <stdin>: cannot be read (bad file descriptor)\n"),
        pytest.param("gradcheck --help >/dev/full", 2, FULL, marks=full),
        pytest.param("gradcheck rule GC101 >/dev/full 2>&1", 2, "", marks=full),
        pytest.param("gradcheck nonsense 2>/dev/full", 2, "", marks=full),
    ],
)
def test_streams_that_are_closed_or_full(
    tmp_path: Path, line: str, status: int, errors: str
) -> None:
    done = shell(tmp_path, line)
    assert (done.returncode, done.stderr) == (status, errors)
    assert done.stdout == "" or (status == 0 and "GC101" in done.stdout)


def test_a_report_is_written_whatever_became_of_the_streams(tmp_path: Path) -> None:
    """The first file that is opened must not get the number of a closed stream."""
    seen = shell(tmp_path, "gradcheck verify a.md gone.md --output csv=r.csv <&- >&- 2>&-")
    assert (seen.returncode, seen.stdout, seen.stderr) == (2, "", "")
    assert [row.split(",")[0] for row in (tmp_path / "r.csv").read_text().splitlines()] == [
        "document", "a.md", "gone.md",
    ]  # fmt: skip


def test_few_file_handles_are_enough(tmp_path: Path) -> None:
    done = shell(tmp_path, "ulimit -n 8 && gradcheck verify a.md b.md --jobs 2 --output csv=r.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 3
    (tmp_path / "model.py").write_text("case = None\n")
    done = shell(tmp_path, "ulimit -n 8 && gradcheck verify model.py:case")
    assert done.returncode == 2
    assert done.stderr == (
        "gradcheck: model.py:case: its process cannot start: too many open files\n"
    )


def test_no_environment_is_enough(tmp_path: Path) -> None:
    shell(tmp_path, "true")
    code = f"import sys; sys.path.insert(0, {str(Path(gradcheck.__file__).parents[1])!r})"
    code += "; from gradcheck.__main__ import command; command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "verify", "a.md"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
