"""Settings: where they are found, what they mean, and what is refused."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.command.cli import main
from gradcheck.project.configuration import (
    STARTING_POINT,
    ConfigurationError,
    FileRule,
    Points,
    Settings,
    find,
    matches,
    settings,
)


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    shared = write(tmp_path / "pyproject.toml", "[tool.gradcheck]\nstrict = true\n")
    write(tmp_path / "a" / "pyproject.toml", "[project]\nname = 'x'\n")  # does not speak of it
    assert find(str(inner)) == shared
    own = write(tmp_path / "gradcheck.toml", "seed = 3\n")
    assert find(str(inner)) == own
    assert settings(own).seed == 3


def test_all_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
[tool.gradcheck]
paths = ["notes"]
exclude = ["drafts"]
select = ["gc1"]
ignore = ["GC105"]
strict = true
baseline = "known.json"
seed = 7

[[tool.gradcheck.files]]
files = "old/*.md"
ignore = ["GC3"]

[tool.gradcheck.points]
total = 20
"""
    made = settings(write(tmp_path / "pyproject.toml", text))
    assert replace(made, origins={}) == Settings(
        paths=("notes",),
        exclude=("drafts",),
        select=("GC1",),
        ignore=("GC105",),
        strict=True,
        baseline="known.json",
        seed=7,
        files=(FileRule("old/*.md", (), ("GC3",)),),
        points=Points(total=20.0),
        folder=str(tmp_path),
    )
    assert made.codes_for("old/a.md") == (("GC1",), ("GC105", "GC3"))
    assert made.codes_for("new/a.md") == (("GC1",), ("GC105",))
    assert made.excludes("drafts/deep/a.md") and not made.excludes("notes/a.md")
    assert set(made.origins) >= {"paths", "seed", "points"}


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a/b.md", "a", True),
        ("a/b.md", "*.md", True),
        ("a/b.md", "b.md", True),
        ("a/b.md", "a/*", True),
        ("c/a/b.md", "a/*", False),
        ("ab/c.md", "a", False),
        ("a/b.md", "./a/", True),
        ("a/b.md", "a\\b.md", True),
        ("a/c/b.md", "a/**/b.md", True),
    ],
)
def test_patterns(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern, ".") is expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strict = 1", "true or false"),
        ("strikt = true", "did you mean strict"),
        ("select = ['E501']", "no rule has a code"),
        ("paths = 'a'", "list of strings"),
        ("seed = -1", "whole number"),
        ("files = 3", "tables"),
        ("[[files]]\nignore = ['GC1']", "is missing"),
        ("[points]\nfollows = 2", "share from 0 to 1"),
        ("[points]\nbonus = 2", "there is no setting 'bonus'"),
        ("= 3", "not valid TOML"),
        ("jobs = 65", "at most 64"),
        ("budget = 0", "seconds above 0"),
        ("budget = true", "seconds above 0"),
        ("budget = inf", "at most 86,400"),
        ("budget = nan", "seconds above 0"),
        ("paths = ['']", "this folder"),
        ("exclude = ['/abs']", "no pattern"),
        ("exclude = ['../notes']", "no pattern"),
        ("exclude = ['']", "no pattern"),
        ("[[files]]\nfiles = 3", "no pattern"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path / "gradcheck.toml", text)
    with pytest.raises(ConfigurationError, match=words) as failure:
        settings(path)
    assert path in str(failure.value)


def test_a_project_without_paths_is_the_folder_one_works_in(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("seed = 3\n", "paths = []\n"):
        write(project / "gradcheck.toml", text)
        assert main(["verify", "--show-settings"]) == 0
        assert 'paths = ["."]' in capsys.readouterr().out
        assert main(["verify"]) == 1
    monkeypatch.chdir(project / "notes")
    write(project / "gradcheck.toml", 'exclude = ["notes/drafts"]\n')
    assert main(["verify"]) == 0


def test_the_settings_shown_name_their_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--show-settings"]) == 0
    assert capsys.readouterr().out.startswith(f"# settings: {project / 'gradcheck.toml'}\n")
    assert main(["verify", "--show-settings", "--isolated"]) == 0
    assert capsys.readouterr().out.startswith("# settings: none\n")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a right document, one that is wrong in one gradient, and settings."""
    right = r"$$\hat{y} = w x + b, \quad L = \frac{1}{2} (\hat{y} - y)^2$$" + "\n\n"
    right += r"$$\frac{\partial L}{\partial w} = (\hat{y} - y) x$$" + "\n\n"
    write(tmp_path / "notes" / "right.md", right)
    wrong = r"$$\frac{\partial L}{\partial b} = y - \hat{y}$$" + "\n"
    write(tmp_path / "notes" / "drafts" / "wrong.md", right + wrong)
    write(tmp_path / "gradcheck.toml", 'paths = ["notes"]\nexclude = ["notes/drafts"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_are_used(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert "1 document;" in capsys.readouterr().out
    assert main(["verify", "notes", "--isolated"]) == 1
    assert main(["verify", "notes/drafts/wrong.md"]) == 1  # named by hand
    assert main(["verify", "notes/drafts"]) == 2  # nothing left to check
    assert "excluded" in capsys.readouterr().err


def test_codes_for_some_documents(project: Path) -> None:
    write(project / "gradcheck.toml", "[[files]]\nfiles = 'notes/drafts/*'\nignore = ['GC1']\n")
    assert main(["verify", "notes"]) == 0
    assert main(["verify", "notes", "--config", "gone.toml"]) == 2


def test_the_command_line_wins(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project / "gradcheck.toml", "strict = true\nseed = 4\n")
    assert main(["verify", "notes/right.md"]) == 1  # b is not claimed
    assert main(["verify", "notes/right.md", "--no-strict"]) == 0
    capsys.readouterr()
    assert main(["verify", "--show-settings", "--no-strict"]) == 0
    shown = capsys.readouterr().out
    assert "strict = false  # command line" in shown
    assert "seed = 4  # " in shown and "gradcheck.toml\n" in shown
    assert "ignore = []  # default" in shown


def test_the_settings_shown_are_a_file_that_means_the_same(project: Path, capsys) -> None:
    text = """
paths = ["notes"]
exclude = ["a \\"b\\"/*", "ŷ"]
baseline = "known.json"
[[files]]
files = "notes/drafts/*"
ignore = ["GC3", "GC1"]
[points]
total = 7.5
"""
    path = write(project / "gradcheck.toml", text)
    before = settings(path)
    assert main(["verify", "--show-settings"]) == 0
    after = settings(write(project / "gradcheck.toml", capsys.readouterr().out))
    assert replace(after, origins={}) == replace(before, origins={})


def test_a_bad_configuration_is_one_clear_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project / "gradcheck.toml", "strikt = true\n")
    assert main(["verify"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_settings_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "gradcheck.toml"
    path.write_text("seed = 3\n", encoding="utf-8-sig")
    assert settings(str(path)).seed == 3


def test_a_file_or_none_but_not_both(project: Path) -> None:
    with pytest.raises(SystemExit):
        main(["verify", "notes", "--isolated", "--config", "gradcheck.toml"])


def test_init_does_not_take_the_place_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "pyproject.toml", "[tool.gradcheck]\nstrict = true\n")
    assert main(["init"]) == 2
    assert "pyproject.toml has [tool.gradcheck]" in capsys.readouterr().err
    assert not (tmp_path / "gradcheck.toml").exists()
    assert main(["init", "--force"]) == 0


def test_init(project: Path) -> None:
    assert main(["init"]) == 2  # there is one
    assert main(["init", "--force"]) == 0
    assert (project / "gradcheck.toml").read_text(encoding="utf-8") == STARTING_POINT


def test_an_untrusted_document_has_no_say(project: Path) -> None:
    wrong = (project / "notes" / "drafts" / "wrong.md").read_text(encoding="utf-8")
    place = r"$$\frac{\partial L}{\partial b}"
    declared = wrong.replace(place, "<!-- gradcheck: ignore[GC103] mine -->\n" + place)
    write(project / "a.md", declared)
    assert main(["verify", "a.md"]) == 0
    assert main(["verify", "a.md", "--untrusted"]) == 1
    write(project / "b.md", "---\nparameters: [w]\n---\n" + wrong)
    assert main(["verify", "b.md", "--untrusted"]) == 1


def test_the_starting_point_says_what_holds_without_it(tmp_path: Path) -> None:
    made = settings(write(tmp_path / "gradcheck.toml", STARTING_POINT))
    assert [Path(path) for path in made.paths] == [tmp_path]
    assert replace(made, paths=(".",), origins={}, folder=".") == Settings()
    everything = STARTING_POINT.replace("# [[", "[[").replace("# [", "[")
    lines = [x.removeprefix("# ") if "=" in x else x for x in everything.splitlines()]
    assert set(tomllib.loads("\n".join(lines))) <= {*Settings.__dataclass_fields__}
