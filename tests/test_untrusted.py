"""Strangers' folders: no settings, baseline, code or .gitignore counts that was not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.command.cli import main

RIGHT = r"""
$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$
"""
WRONG = (
    RIGHT
    + r"""
$$\frac{\partial L}{\partial b} = y - \hat{y}$$
"""
)
EVIL = "import pathlib\npathlib.Path('ran').touch()\ncase = None\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's folder in another one, with a wrong document."""
    inner = tmp_path / "stranger"
    inner.mkdir()
    (inner / "wrong.md").write_text(WRONG, encoding="utf-8")
    (inner / "evil.py").write_text(EVIL, encoding="utf-8")
    monkeypatch.chdir(inner)
    return inner


SETTINGS = [
    ("gradcheck.toml", 'ignore = ["GC1"]\n'),
    ("pyproject.toml", '[tool.gradcheck]\nignore = ["GC1"]\n'),
    ("gradcheck.toml", 'select = ["GC4"]\n'),
    ("gradcheck.toml", 'exclude = ["*.md"]\n'),
    ("gradcheck.toml", 'baseline = "known.json"\n'),
    ("gradcheck.toml", 'against = "task.md"\n'),
    ("gradcheck.toml", "[[files]]\nfiles = '*'\nignore = ['GC1']\n"),
    ("gradcheck.toml", "= no TOML at all\n"),
    ("pyproject.toml", "= no TOML at all\n"),
    (".gitignore", "*\n"),
]


@pytest.mark.parametrize(("name", "text"), SETTINGS)
@pytest.mark.parametrize("above", [False, True])
def test_no_file_of_a_stranger_has_a_say(folder: Path, name: str, text: str, above: bool) -> None:
    (folder / "known.json").write_text('{"schema": 1, "findings": []}', encoding="utf-8")
    (folder / "task.md").write_text(RIGHT.replace("w x + b", "w x - b"), encoding="utf-8")
    (folder.parent / name if above else folder / name).write_text(text, encoding="utf-8")
    assert main(["verify", "--untrusted", "wrong.md"]) == 1
    assert main(["verify", "--untrusted", "."]) == 1
    assert main(["verify", "--untrusted"]) == 1


def test_the_settings_that_count_without_the_option(folder: Path) -> None:
    """The inputs of the test above do something."""
    (folder / "gradcheck.toml").write_text('ignore = ["GC1"]\n', encoding="utf-8")
    assert main(["verify", "wrong.md"]) == 0
    assert main(["verify", "--untrusted", "wrong.md"]) == 1
    assert main(["verify", "--untrusted", "--config", "gradcheck.toml", "wrong.md"]) == 0


def test_a_baseline_counts_only_if_it_is_named(folder: Path) -> None:
    assert main(["verify", "wrong.md", "--baseline", "known.json", "--write-baseline"]) == 0
    (folder / "gradcheck.toml").write_text('baseline = "known.json"\n', encoding="utf-8")
    assert main(["verify", "wrong.md"]) == 0
    assert main(["verify", "--untrusted", "wrong.md"]) == 1
    assert main(["verify", "--untrusted", "--baseline", "known.json", "wrong.md"]) == 0


@pytest.mark.parametrize("target", ["evil.py:case", "evil:case", "evil.py"])
def test_settings_run_no_code(
    folder: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "gradcheck.toml"
    path.write_text(f'paths = ["{target}"]\n', encoding="utf-8")
    assert main(["verify", "--untrusted"]) == 1  # the folder's document is wrong
    assert not (folder / "ran").exists()
    assert main(["verify", "--untrusted", "--config", str(path)]) == 2
    assert not (folder / "ran").exists()
    assert "not run: with --untrusted" in capsys.readouterr().err
    path.write_text(f'paths = ["{target}", "wrong.md"]\n', encoding="utf-8")
    assert main(["verify", "--untrusted", "--config", str(path)]) == 1
    assert not (folder / "ran").exists()


def test_code_that_the_command_line_names_runs(folder: Path) -> None:
    main(["verify", "--untrusted", "evil.py:case"])
    assert (folder / "ran").exists()


def test_front_matter_names_no_code(folder: Path) -> None:
    (folder / "a.md").write_text(f"---\ncode: evil.py:case\n---\n{RIGHT}", encoding="utf-8")
    assert main(["verify", "--untrusted", "a.md"]) == 0
    assert not (folder / "ran").exists()


@pytest.fixture
def base(folder: Path) -> Path:
    """A copy of the project before the stranger came."""
    copy = folder.parent / "base"
    (copy / "ci").mkdir(parents=True)
    return copy


def test_settings_of_a_copy_count_for_this_folder(folder: Path, base: Path) -> None:
    (folder / "notes").mkdir()
    (folder / "wrong.md").rename(folder / "notes" / "wrong.md")
    (base / "gradcheck.toml").write_text('paths = ["notes"]\n', encoding="utf-8")
    (folder / "gradcheck.toml").write_text('ignore = ["GC1"]\n', encoding="utf-8")
    command = ["verify", "--untrusted", "--base", str(base)]
    assert main(command) == 1
    (base / "gradcheck.toml").write_text('exclude = ["notes"]\n', encoding="utf-8")
    assert main(command) == 2
    rule = "[[files]]\nfiles = 'notes/*'\nignore = ['GC1']\n"
    (base / "gradcheck.toml").write_text(rule, encoding="utf-8")
    assert main(command) == 0
    (base / "gradcheck.toml").unlink()
    (base.parent / "gradcheck.toml").write_text('ignore = ["GC1"]\n', encoding="utf-8")
    assert main(command) == 1  # nothing above the copy counts


def test_baseline_and_reference_are_those_of_the_copy(folder: Path, base: Path) -> None:
    (folder / "ci").mkdir()
    known = ["--baseline", "ci/known.json"]
    assert main(["verify", "wrong.md", *known, "--write-baseline"]) == 0
    command = ["verify", "--untrusted", "--base", str(base), "wrong.md"]
    assert main([*command, *known]) == 2  # the stranger's is none
    (folder / "ci" / "known.json").rename(base / "ci" / "known.json")
    assert main([*command, *known]) == 0
    (base / "gradcheck.toml").write_text('baseline = "ci/known.json"\n', encoding="utf-8")
    assert main(command) == 0
    (base / "task.md").write_text(RIGHT, encoding="utf-8")
    (folder / "task.md").write_text(RIGHT.replace("w x + b", "w x - b"), encoding="utf-8")
    (folder / "minus.md").write_text(WRONG.replace("w x + b", "w x - b"), encoding="utf-8")
    minus = ["verify", "--untrusted", "--base", str(base), "minus.md"]
    assert main(minus) == 0
    assert main([*minus, "--against", "task.md"]) == 1
    (base / "gradcheck.toml").write_text('against = "task.md"\n', encoding="utf-8")
    assert main(minus) == 1


def test_a_copy_is_not_written_to(folder: Path, base: Path) -> None:
    command = ["verify", "wrong.md", "--base", str(base), "--baseline", "k.json"]
    assert main([*command, "--write-baseline"]) == 2
    assert main(["verify", "wrong.md", "--base", str(folder / "nowhere")]) == 2
