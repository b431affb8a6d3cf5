"""Settings: where they are found, what they mean, and what is refused."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.configuration import (
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
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path / "gradcheck.toml", text)
    with pytest.raises(ConfigurationError, match=words) as failure:
        settings(path)
    assert path in str(failure.value)


def test_the_starting_point_says_what_holds_without_it(tmp_path: Path) -> None:
    made = settings(write(tmp_path / "gradcheck.toml", STARTING_POINT))
    assert replace(made, origins={}, folder=".") == Settings()
    everything = STARTING_POINT.replace("# [[", "[[").replace("# [", "[")
    lines = [x.removeprefix("# ") if "=" in x else x for x in everything.splitlines()]
    assert set(tomllib.loads("\n".join(lines))) <= {*Settings.__dataclass_fields__}
