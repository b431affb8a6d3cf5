"""The README is one page, and what it shows is understood; test_docs.py runs its examples."""

from __future__ import annotations

import re
from pathlib import Path

from gradcheck.language.document import Document
from gradcheck.read.files.directives import parse_directives
from gradcheck.read.files.front_matter import parse_front_matter
from reports.examples import FENCE

README = Path(__file__).resolve().parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return [found["content"] for found in FENCE.finditer(TEXT) if found["language"] == language]


def test_there_is_something_to_run() -> None:
    assert blocks("console")
    assert blocks("pycon")
    assert "homework.md" in [found["file"] for found in FENCE.finditer(TEXT)]


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        if target != "LICENSE":  # not beside the tests of an installed wheel
            assert (README.parent / target).exists() or target == "CHANGELOG.md"


def test_front_matter_example_is_accepted() -> None:
    examples = [block for block in blocks("markdown") if block.startswith("---\n")]
    assert examples
    assert all(parse_front_matter(block)[0] for block in examples)


def test_the_expect_example_is_understood() -> None:
    examples = [block for block in blocks("markdown") if "expect[" in block]
    assert examples
    for block in examples:
        directives = parse_directives(Document("README.md", block))
        assert directives.expectations
        assert not directives.findings
