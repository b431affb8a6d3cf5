"""The README's examples are run, and print what it says."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEXT = README.read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with the files that the README shows."""
    for name, content in FILE.findall(TEXT):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def blocks(language: str) -> list[str]:
    return [content for found, content in FENCE.findall(TEXT) if found == language]


def sessions() -> list[tuple[str, str]]:
    """Every command of the console blocks with the output printed below it."""
    found = []
    for block in blocks("console"):
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
        found += list(zip(parts[::2], parts[1::2], strict=True))
    return found


def test_there_is_something_to_run() -> None:
    assert sessions()
    assert blocks("pycon")
    assert "homework.md" in dict(FILE.findall(TEXT))


@pytest.mark.parametrize(("command", "output"), sessions(), ids=lambda text: text[:40])
def test_console(command: str, output: str, folder: Path, run_gradcheck) -> None:
    name, *arguments = shlex.split(command)
    assert name == "gradcheck"
    done = run_gradcheck(*arguments, cwd=folder)
    assert done.stdout == output


def test_python(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for number, block in enumerate(blocks("pycon")):
        test = doctest.DocTestParser().get_doctest(block, names, f"block {number}", "README.md", 0)
        result = doctest.DocTestRunner(verbose=False).run(test, clear_globs=False)
        assert result.failed == 0


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        if target != "LICENSE":  # not beside the tests of an installed wheel
            assert (README.parent / target).exists() or target == "CHANGELOG.md"


def test_front_matter_example_is_accepted() -> None:
    from gradcheck.front_matter import parse_front_matter

    examples = [block for block in blocks("markdown") if block.startswith("---\n")]
    assert examples
    assert all(parse_front_matter(block)[0] for block in examples)


def test_the_expect_example_is_understood() -> None:
    from gradcheck.directives import parse_directives
    from gradcheck.document import Document

    examples = [block for block in blocks("markdown") if "expect[" in block]
    assert examples
    for block in examples:
        directives = parse_directives(Document("README.md", block))
        assert directives.expectations
        assert not directives.findings
