"""Every rule is explained, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.finding import RULES
from gradcheck.rendering.catalogue import explanation, overview
from gradcheck.rendering.terminal import WIDTH
from gradcheck.rules import EXPLANATIONS, closest, find

KINDS = {"calculus", "notation", "transcription", "convention", "update", "reading", "internal"}
WITHOUT_EXAMPLE = {
    "GC009",
    "GC100",
    "GC190",
    "GC191",
    *(code for code in RULES if code.startswith("GC5")),
}
"""Not of documents."""

WITH_EXAMPLE = sorted(set(EXPLANATIONS) - WITHOUT_EXAMPLE)


def findings(text: str, reference: str, folder: Path) -> list:
    """What is found in an example, judged by the reference where there is one."""
    (folder / "example.md").write_text(text, encoding="utf-8")
    against = {}
    if reference:
        (folder / "reference.md").write_text(reference, encoding="utf-8")
        against = {"against": folder / "reference.md"}
    report = verify([folder / "example.md"], **against)
    assert {result.path for result in report.documents} <= {str(folder / "example.md")}
    return [finding for document in report.documents for finding in document.findings]


def test_every_rule_is_explained_and_nothing_else() -> None:
    assert sorted(EXPLANATIONS) == sorted(RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_codes_and_names(code: str) -> None:
    rule = RULES[code]
    assert rule.code == code
    assert re.fullmatch(r"GC\d{3}", code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.severity in ("error", "warning", "note")
    assert rule.kind in KINDS


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_bad_example_gives_the_finding(code: str, tmp_path: Path) -> None:
    found = findings(EXPLANATIONS[code].bad, EXPLANATIONS[code].reference, tmp_path)
    assert code in [finding.rule.code for finding in found]


@pytest.mark.parametrize("code", WITH_EXAMPLE)
def test_the_good_example_does_not(code: str, tmp_path: Path) -> None:
    found = findings(EXPLANATIONS[code].good, EXPLANATIONS[code].reference, tmp_path)
    assert code not in [finding.rule.code for finding in found]
    assert not [finding.message for finding in found if finding.fails]


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_an_explanation_is_complete_and_fits(code: str) -> None:
    entry = EXPLANATIONS[code]
    text = explanation(RULES[code])
    words = " ".join(text.split())
    assert text.startswith(f"{code} {RULES[code].name}: ")
    assert entry.meaning in words
    assert entry.remedy in words
    assert bool(entry.bad) == bool(entry.good) == (code not in WITHOUT_EXAMPLE)
    if code != "GC004":  # its example is about a formula that is too large
        assert max(map(len, text.splitlines())) <= WIDTH + 10
    for example in (entry.bad, entry.good):
        assert all(line.strip() in text for line in example.split("\n"))


def test_the_overview_holds_every_rule_and_fits() -> None:
    text = overview()
    for rule in RULES.values():
        assert re.search(
            rf"^{rule.code} +{rule.name} +{rule.kind} +{rule.severity} ", text, re.MULTILINE
        )
    assert max(map(len, text.splitlines())) <= WIDTH


def test_rules_are_found_by_code_and_name() -> None:
    assert find("GC101") is find(" gc101") is find("Extra-Factor") is RULES["GC101"]
    assert find("GC999") is None
    assert closest("CG101") == "GC101"
    assert closest("extra-facto") == "extra-factor"
    assert closest("?") is None
