"""The GitHub Action's steps run as the shell would run them, and the pre-commit hook's entry."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parent.parent
WRONG = r"""
$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$

$$\frac{\partial L}{\partial b} = (y - \hat{y})$$
"""


def action() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with a right and a wrong document, and gradcheck on the path."""
    (tmp_path / "my notes").mkdir()
    (tmp_path / "my notes" / "right.md").write_text(
        WRONG.replace(r"(y - \hat{y})", r"\hat{y} - y"), encoding="utf-8"
    )
    (tmp_path / "my notes" / "wrong.md").write_text(WRONG, encoding="utf-8")
    command = tmp_path / "bin" / "gradcheck"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m gradcheck "$@"\n')
    command.chmod(0o755)
    return tmp_path


def environment(project: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(project),
        "GITHUB_STEP_SUMMARY": str(project / "summary.md"),
        **more,
    }


def value_of(expression: str, values: dict[str, str]) -> str:
    """What GitHub puts in place of an expression: an input, or the first value of the event."""
    found = [values.get(name.removeprefix("inputs."), "") for name in expression.split(" || ")]
    return next(filter(None, found), "")


def run_action(project: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The step that verifies, with its inputs put into its environment as GitHub does."""
    step = action()["runs"]["steps"][-1]
    values = {name: item["default"] for name, item in action()["inputs"].items()} | inputs
    assert "${{" not in step["run"]
    given = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: value_of(m[1], values), text)
        for name, text in step["env"].items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=project,
        env=environment(project, **given),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_annotates_and_summarises(project: Path) -> None:
    done = run_action(project, paths="my notes/right.md\nmy notes/wrong.md\n", sarif="out.sarif")
    assert done.returncode == 1, done.stderr
    assert "::error file=my notes/wrong.md,line=6" in done.stdout
    summary = (project / "summary.md").read_text(encoding="utf-8")
    assert "## gradcheck" in summary and "GC103" in summary
    assert (project / "out.sarif").exists()


def test_the_action_passes_where_all_is_right(project: Path) -> None:
    assert run_action(project, paths="my notes/right.md").returncode == 0
    assert run_action(project, paths="gone.md").returncode == 2


def test_the_action_never_takes_nothing_for_a_pass(project: Path) -> None:
    """Neither the documents that come with gradcheck nor a misspelt switch."""
    done = run_action(project)
    assert done.returncode == 2 and "::error title=gradcheck::there is nothing" in done.stdout
    (project / "gradcheck.toml").write_text("strict = true\n", encoding="utf-8")
    assert run_action(project).returncode == 2
    (project / "gradcheck.toml").write_text('paths = ["my notes/right.md"]\n', encoding="utf-8")
    assert run_action(project).returncode == 0
    assert run_action(project, strict="yes").returncode == 2
    half = WRONG.rsplit("$$\\frac", 1)[0]
    (project / "half.md").write_text(half, encoding="utf-8")
    assert run_action(project, paths="half.md").returncode == 0
    assert run_action(project, paths="half.md", strict="True").returncode == 1
    done = run_action(project, baseline="gone.json")
    assert done.returncode == 2 and "could not run" in done.stdout


def test_the_summary_has_room_on_github(project: Path) -> None:
    (project / "bin" / "gradcheck").write_text(
        "#!/bin/sh\n"
        'for item; do case "$item" in markdown=*) path="${item#markdown=}";; esac; done\n'
        '{ echo "## first"; yes "| ❌ a row |" | head -n 100000; } > "$path"\n'
    )
    assert run_action(project, paths="my notes").returncode == 0
    summary = (project / "summary.md").read_bytes()
    assert 900_000 < len(summary) < 1024 * 1024
    lines = summary.decode("utf-8").splitlines()
    assert lines[0] == "## first" and "cut off" in lines[-1]
    assert set(lines[1:-2]) == {"| ❌ a row |"} | {""}


def test_an_input_is_never_a_command(project: Path) -> None:
    hostile = "$(touch hacked)\n`touch hacked`\n; touch hacked\n--help"
    done = run_action(project, paths=hostile, baseline="$(touch hacked)")
    assert done.returncode == 2
    assert not (project / "hacked").exists()


def test_inputs_are_documented_and_used() -> None:
    text = (TOP / "action.yml").read_text(encoding="utf-8")
    for name, item in action()["inputs"].items():
        assert item["description"]
        assert f"inputs.{name} " in text


def test_the_pre_commit_hook(project: Path) -> None:
    (hook,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert re.search(hook["files"], "derivations/a.md")
    assert not re.search(hook["files"], "README.md")
    for name, status in (("right.md", 0), ("wrong.md", 1)):
        done = subprocess.run(
            [*shlex.split(hook["entry"]), f"my notes/{name}"],
            cwd=project,
            env=environment(project),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status
    assert re.search(r"wrong\.md:6:\d+: GC103 error: ", done.stdout)
