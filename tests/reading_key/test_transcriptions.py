"""The transcriptions hold every formula of their source, to the letter and in its order.

The sources lie outside the repository; ``formulas/NNN.txt`` holds their formulas, copied by
machine, separated by lines of three hyphens.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
DERIVATIONS = HERE.parents[1] / "derivations"
SOURCES = {
    "000": "000_5f857489b6c6c18e.txt",
    "001": "001_90733024138c81b5.txt",
    "002": "002_b3765474f07d6fd6.txt",
    "003": "003_68efd508947c2c35.txt",
    "004": "004_8f0a9bd3b8a173de.txt",
}
FORMULAS_IN_ALL_SOURCES = 148

_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)


def listed(number: str) -> list[str]:
    """The formulas of a source, from the verbatim list."""
    text = (HERE / "formulas" / f"{number}.txt").read_text(encoding="utf-8")
    return text.removesuffix("\n").split("\n---\n")


def transcribed(number: str) -> tuple[dict[str, str], list[str]]:
    """Front matter and formulas of a transcription."""
    text = (DERIVATIONS / f"source-{number}.md").read_text(encoding="utf-8")
    _, front_matter, body = text.split("---\n", 2)
    return yaml.safe_load(front_matter), [
        display or inline for display, inline in _FORMULA.findall(body)
    ]


@pytest.mark.parametrize("number", sorted(SOURCES))
def test_the_formulas_are_those_of_the_source(number: str) -> None:
    _, formulas = transcribed(number)
    expected = listed(number)
    for place, (actual, source) in enumerate(zip(formulas, expected, strict=False), start=1):
        assert actual == source, f"formula {place} of source {number}"
    assert len(formulas) == len(expected)


@pytest.mark.parametrize("number", sorted(SOURCES))
def test_the_front_matter_names_the_source(number: str) -> None:
    front_matter, _ = transcribed(number)
    assert front_matter["source"] == SOURCES[number]
    assert front_matter["title"]


def test_no_formula_is_missing_from_the_lists() -> None:
    assert sum(len(listed(number)) for number in SOURCES) == FORMULAS_IN_ALL_SOURCES
