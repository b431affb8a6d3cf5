"""Every example in the README and in docs/ is run, and the pages are built without a warning."""

from __future__ import annotations

import importlib
import io
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from gradcheck.command.options import command_line
from gradcheck.language.finding import RULES
from gradcheck.project.configuration import ConfigurationError, settings
from gradcheck.understand.readings import CHARITIES
from reports.examples import FENCE, missing, pages, with_output

TOP = Path(__file__).resolve().parent.parent
DOCS = TOP / "docs"
PAGES = pages(TOP)
LANGUAGES = {
    "console", "pycon", "python", "markdown", "tex", "rst", "json", "toml", "yaml", "diff", "sh",
    "text", "{eval-rst}",
}  # fmt: skip
FILE_ONLY = {"python", "tex", "rst", "json", "diff"}
"""Of these every one is a file that a command of the page uses, or changes one."""


@pytest.fixture(scope="module")
def generated() -> ModuleType:
    """The Sphinx extension that makes parts of pages; it needs no Sphinx."""
    sys.path.insert(0, str(DOCS / "_extensions"))
    try:
        return importlib.import_module("generated")
    finally:
        sys.path.pop(0)


def fences(page: Path, language: str) -> list[str]:
    return [
        found["content"]
        for found in FENCE.finditer(page.read_text(encoding="utf-8"))
        if found["language"] == language
    ]


def test_there_are_pages_with_examples() -> None:
    assert len(PAGES) > 15
    for name in ("index", "tutorial", "code", "classes", "documents", "outputs"):
        assert fences(DOCS / f"{name}.md", "console"), name
    assert sum(len(fences(page, "pycon")) for page in PAGES) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if missing(text):
        pytest.skip(f"needs {', '.join(missing(text))}")
    shown = with_output(text, tmp_path).splitlines()
    assert shown == text.splitlines(), "run: python reports/make.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_fence_escapes(page: Path) -> None:
    for found in FENCE.finditer(page.read_text(encoding="utf-8")):
        assert found["language"] in LANGUAGES, found[0]
        if found["language"] in FILE_ONLY:
            assert found["verb"], found[0]
        assert (found["language"] == "diff") == (found["verb"] == "edit")
        if found["language"] == "console":
            assert found["content"].startswith("$ ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_and_workflows_are_valid(page: Path, tmp_path: Path) -> None:
    for block in fences(page, "toml"):
        file = tmp_path / ("pyproject.toml" if "tool" in tomllib.loads(block) else "gradcheck.toml")
        file.write_text(block, encoding="utf-8")
        assert settings(str(file)).origins
    for block in fences(page, "json"):
        assert json.loads(block)
    for block in fences(page, "yaml"):
        steps(yaml.safe_load(block))


def steps(content: dict[str, Any]) -> None:
    """Every step that uses this action gives inputs that it has; every hook is one of ours."""
    inputs = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))["inputs"]
    hooks = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    found = 0
    for job in content.get("jobs", {}).values():
        for step in job["steps"]:
            if "/gradcheck@" in step.get("uses", ""):
                assert set(step["with"]) <= set(inputs)
                found += 1
    for repository in content.get("repos", ()):
        for hook in repository["hooks"]:
            assert hook["id"] in {ours["id"] for ours in hooks}
            command_line().parse_args(["verify", *hook.get("args", ())])
            found += 1
    assert found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_are_not_run_are_understood(page: Path) -> None:
    for line in "".join(fences(page, "sh")).splitlines():
        words = shlex.split(line)
        if words[0] == "gradcheck":
            command_line().parse_args(words[1:])
        else:
            assert words[0] in ("python", "python3", ".venv/bin/python"), line


def test_output_that_is_no_longer_printed_is_noticed(tmp_path: Path) -> None:
    page = "<!-- file: a.md -->\n```markdown\n$a = 1$\n```\n\n```console\n$ cat a.md\nold\n```\n"
    assert "\nold\n" not in with_output(page, tmp_path)
    assert "```console\n$ cat a.md\n$a = 1$\n```" in with_output(page, tmp_path)
    page = "```pycon\n>>> 1 + 1\n3\n```\n"
    assert with_output(page, tmp_path) == "```pycon\n>>> 1 + 1\n2\n```\n"
    with pytest.raises(ValueError, match="stands there 0 times"):
        with_output("<!-- edit: a.md -->\n```diff\n-$b\n+$c\n```\n", tmp_path)
    with pytest.raises(KeyError):
        with_output("```console\n$ rm a.md\n```\n", tmp_path)


def test_every_rule_reading_and_setting_is_told(generated: ModuleType, tmp_path: Path) -> None:
    rules = generated.filled((DOCS / "rules.md").read_text(encoding="utf-8"))
    for rule in RULES.values():
        assert f"\n### {rule.code} {rule.name}\n" in rules
    readings = generated.filled((DOCS / "reading.md").read_text(encoding="utf-8"))
    for name in CHARITIES:
        assert f"\n| `{name}` | " in readings
    told = generated.filled((DOCS / "configuration.md").read_text(encoding="utf-8"))
    file = tmp_path / "gradcheck.toml"
    file.write_text("nothing = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="expected one of ") as problem:
        settings(str(file))
    keys = str(problem.value).split("expected one of ")[1].split(", ")
    assert "points" in keys
    keys.remove("points")  # a table of its own
    for key in [*keys, "total", "convention", "follows", "undecided"]:
        assert re.search(rf"\n\| `{key}` \| `[^`]+` \| \w", told), key
    for option in ("--format", "--untrusted", "--hint", "--jobs"):
        assert f"`{option}`" in told


def test_an_unknown_part_is_refused(generated: ModuleType) -> None:
    with pytest.raises(KeyError):
        generated.filled("<!-- generated: nothing -->")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_the_pages_are_built_without_a_warning(tmp_path: Path) -> None:
    application = pytest.importorskip("sphinx.application")
    pytest.importorskip("myst_parser")
    pytest.importorskip("furo")
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said = io.StringIO()
    with patch_docutils(str(DOCS)), docutils_namespace():
        application.Sphinx(
            DOCS, DOCS, tmp_path / "html", tmp_path / "trees", "html",
            status=None, warning=said, freshenv=True,
        ).build()  # fmt: skip
    assert said.getvalue() == ""
    assert "extra-factor" in (tmp_path / "html" / "rules.html").read_text(encoding="utf-8")
