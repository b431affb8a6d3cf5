"""What a .gitignore leaves out: by the patterns of the nearest one, within one repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gradcheck.read.files.gitignore import GitIgnore

FILES = {
    ".gitignore": "*.log.md\n/build/\ndrafts/*\n!drafts/kept.md\n# a comment\nsecret\\ one.md\n**/deep/x.md\n",
    "notes/.gitignore": "!important.log.md\nlocal.md\n",
    **dict.fromkeys(
        [
            "a.md", "a.log.md", "build/a.md", "notes/build/a.md", "drafts/a.md", "drafts/kept.md", "secret one.md",
            "notes/important.log.md", "notes/other.log.md", "notes/local.md", "local.md", "x/y/deep/x.md", "x/y/deep/z.md",
        ],
        "$x$",
    ),
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "project"


def kept(project: Path) -> list[str]:
    ignore = GitIgnore(str(project))
    names = [name for name in FILES if name.endswith(".md")]
    return sorted(n for n in names if not ignore.leaves_out_with_folder(str(project / n)))


EXPECTED = sorted(
    ["a.md", "notes/build/a.md", "drafts/kept.md", "notes/important.log.md", "local.md", "x/y/deep/z.md"]
)  # fmt: skip


def test_nested_files_and_negations(project: Path) -> None:
    assert kept(project) == EXPECTED


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
def test_git_says_the_same(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    command = ["git", "ls-files", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert sorted(line.strip('"') for line in done.stdout.splitlines()) == kept(project)


def test_a_folder_without_a_repository_is_its_own_top(project: Path) -> None:
    (project.parent / ".gitignore").write_text("*.md\n!a.md\n")
    assert kept(project) == EXPECTED
    (project.parent / ".git").mkdir()
    assert kept(project) == sorted(
        ["a.md", "drafts/kept.md", "notes/build/a.md", "notes/important.log.md"]
    )
    (project / ".git").mkdir()
    assert kept(project) == EXPECTED


def test_the_folder_itself_is_never_left_out(project: Path) -> None:
    (project / ".git").mkdir()
    inner = project / "build"
    assert not GitIgnore(str(inner)).leaves_out_with_folder(str(inner / "a.md"))


@pytest.mark.parametrize("text", ["!\n*.md\n", "\\\n*.md\n", "[\n*.md", "\ufeff*.md\r\n"])
def test_a_line_that_is_no_pattern_leaves_nothing_out(tmp_path: Path, text: str) -> None:
    (tmp_path / ".gitignore").write_text(text, encoding="utf-8")
    ignore = GitIgnore(str(tmp_path))
    assert ignore.leaves_out(str(tmp_path / "a.md"))
    assert not ignore.leaves_out(str(tmp_path / "a.txt"))


def test_a_gitignore_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"\xff\xfe\0*.md\n*.rst\n")
    assert GitIgnore(str(tmp_path)).leaves_out(str(tmp_path / "a.rst"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".gitignore").mkdir()
    assert not GitIgnore(str(tmp_path)).leaves_out(str(tmp_path / "sub" / "a.md"))
