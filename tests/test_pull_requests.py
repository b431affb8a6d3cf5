"""The GitHub Action's steps run as the shell would run them, and the pre-commit hook's entry."""

from __future__ import annotations

import os
import re
import shlex
import shutil
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
def project(tmp_path: Path, commands: str | None) -> Path:
    """A checkout with a right and a wrong document, and gradcheck on the path."""
    (tmp_path / "my notes").mkdir()
    (tmp_path / "my notes" / "right.md").write_text(
        WRONG.replace(r"(y - \hat{y})", r"\hat{y} - y"), encoding="utf-8"
    )
    (tmp_path / "my notes" / "wrong.md").write_text(WRONG, encoding="utf-8")
    (tmp_path / ".runner").mkdir()
    command = tmp_path / "bin" / "gradcheck"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {_command(commands)} "$@"\n')
    command.chmod(0o755)
    return tmp_path


def _command(commands: str | None) -> str:
    """What stands for ``gradcheck``, as the shell writes it."""
    if commands is None:
        return shlex.join([sys.executable, "-m", "gradcheck"])
    return shlex.join([sys.executable, "-IS", str(TOP / "tests" / "forking.py"), commands, "--as"])


def environment(project: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(project / ".runner"),
        "GITHUB_STEP_SUMMARY": str(project / ".runner" / "summary.md"),
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
    summary = (project / ".runner" / "summary.md").read_text(encoding="utf-8")
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
    assert run_action(project).returncode == 1  # all of this folder
    (project / "gradcheck.toml").write_text('paths = ["my notes/right.md"]\n', encoding="utf-8")
    assert run_action(project).returncode == 0
    assert run_action(project, strict="yes").returncode == 2
    half = WRONG.rsplit("$$\\frac", 1)[0]
    (project / "half.md").write_text(half, encoding="utf-8")
    assert run_action(project, paths="half.md").returncode == 0
    assert run_action(project, paths="half.md", strict="True").returncode == 1
    done = run_action(project, baseline="gone.json")
    assert done.returncode == 2 and "could not run" in done.stdout


def git(project: Path, *arguments: str) -> str:
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *name, *arguments], cwd=project, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(project: Path) -> Path:
    """The project under version control, with settings; `bin` is not part of it."""
    if shutil.which("git") is None:
        pytest.skip("no git here")
    (project / ".gitignore").write_text("bin/\n.runner/\n", encoding="utf-8")
    (project / "gradcheck.toml").write_text('paths = ["my notes"]\n', encoding="utf-8")
    git(project, "init", "-q")
    commit(project)
    return project


def commit(project: Path) -> str:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "more", "--allow-empty")
    return git(project, "rev-parse", "HEAD")


def pull_request(project: Path, base: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The step on a pull request: what is checked out is to be merged into ``base``."""
    event = {"github.event_name": "pull_request", "github.event.pull_request.base.sha": base}
    return run_action(project, **event, **inputs)


STRANGERS = [
    {"gradcheck.toml": 'paths = ["my notes"]\nignore = ["GC1"]\n'},
    {"gradcheck.toml": 'paths = ["my notes/right.md"]\n'},
    {"gradcheck.toml": 'paths = ["my notes"]\nbaseline = "k.json"\n', "k.json": "WRITTEN"},
    {"gradcheck.toml": None, "pyproject.toml": '[tool.gradcheck]\nignore = ["GC1"]\n'},
    {".gitignore": "wrong.md\nbin/\n.runner/\n"},
    {"my notes/wrong.md": WRONG.replace("$$\\frac{\\partial L}{\\partial b", "<!-- gradcheck: ignore[GC103] -->\n$$\\frac{\\partial L}{\\partial b")},
    {".gitattributes": "* eol=crlf\n* export-ignore\n"},
]  # fmt: skip


@pytest.mark.parametrize("files", STRANGERS, ids=lambda files: next(iter(files)))
def test_a_pull_request_does_not_say_how_it_is_judged(
    repository: Path, files: dict[str, str | None]
) -> None:
    base = commit(repository)
    for name, text in files.items():
        if text is None:
            (repository / name).unlink()
        elif text == "WRITTEN":
            verify = [str(repository / "bin" / "gradcheck"), "verify", "my notes", "--isolated"]
            subprocess.run([*verify, "--baseline", name, "--write-baseline"], cwd=repository)
        else:
            (repository / name).write_text(text, encoding="utf-8")
    commit(repository)
    done = pull_request(repository, base)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "::error file=my notes/wrong.md" in done.stdout


def test_a_pull_request_runs_nothing_of_its_own(repository: Path) -> None:
    base = commit(repository)
    (repository / "evil.py").write_text("open('ran', 'w').close()\ncase = None\n")
    (repository / "pip.py").write_text("open('ran', 'w').close()\n")
    (repository / "gradcheck.toml").write_text('paths = ["evil.py:case"]\n', encoding="utf-8")
    commit(repository)
    assert pull_request(repository, base).returncode == 1
    assert not (repository / "ran").exists()
    base = commit(repository)  # merged: code still runs only if the workflow names it
    done = pull_request(repository, base)
    assert done.returncode == 2 and "code runs only if the command line names it" in done.stdout
    assert not (repository / "ran").exists()
    pull_request(repository, base, paths="evil.py:case")
    assert (repository / "ran").exists()
    install = action()["runs"]["steps"][1]["run"]
    assert install.startswith("python -I -m pip ")


def test_settings_and_baseline_of_the_base_count(repository: Path) -> None:
    command = [str(repository / "bin" / "gradcheck"), "verify", "my notes", "--isolated"]
    subprocess.run([*command, "--baseline", "k.json", "--write-baseline"], cwd=repository)
    base = commit(repository)
    assert pull_request(repository, base).returncode == 1
    assert pull_request(repository, base, baseline="k.json").returncode == 0
    (repository / "k.json").write_text("none any more", encoding="utf-8")
    commit(repository)
    assert pull_request(repository, base, baseline="k.json").returncode == 0
    (repository / "gradcheck.toml").write_text('paths = ["my notes"]\nbaseline = "k.json"\n')
    subprocess.run(["git", "checkout", "-q", base, "--", "k.json"], cwd=repository, check=True)
    base = commit(repository)
    (repository / "gradcheck.toml").unlink()
    commit(repository)
    assert pull_request(repository, base).returncode == 0
    done = pull_request(repository, base, baseline="gone.json")
    assert done.returncode == 2 and "could not run" in done.stdout


def test_a_base_without_settings_or_no_base_at_all(repository: Path) -> None:
    with_settings = commit(repository)
    (repository / "gradcheck.toml").unlink()
    base = commit(repository)
    (repository / "gradcheck.toml").write_text('paths = ["my notes/right.md"]\n', encoding="utf-8")
    commit(repository)
    done = pull_request(repository, base)
    assert done.returncode == 2 and "there is nothing to check" in done.stdout
    assert pull_request(repository, base, paths="my notes/right.md").returncode == 0
    config = repository.parent / "trusted.toml"
    config.write_text('ignore = ["GC1"]\n', encoding="utf-8")
    assert pull_request(repository, base, config=str(config)).returncode == 0
    assert pull_request(repository, with_settings, paths="my notes/wrong.md").returncode == 1
    done = pull_request(repository, "0" * 40, paths="my notes/right.md")
    assert done.returncode == 2 and "cannot be fetched" in done.stdout
    for odd in ("$(touch hacked)", "--upload-pack=touch hacked", ""):
        done = pull_request(repository, odd, paths="my notes/right.md")
        assert done.returncode == 2 and "names no base commit" in done.stdout
    assert not (repository / "hacked").exists()


def test_the_summary_has_room_on_github(project: Path) -> None:
    (project / "bin" / "gradcheck").write_text(
        "#!/bin/sh\n"
        'for item; do case "$item" in markdown=*) path="${item#markdown=}";; esac; done\n'
        '{ echo "## first"; yes "| ❌ a row |" | head -n 100000; } > "$path"\n'
    )
    assert run_action(project, paths="my notes").returncode == 0
    summary = (project / ".runner" / "summary.md").read_bytes()
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
