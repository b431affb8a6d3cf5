"""Every rule is explained, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from gradcheck import verify
from gradcheck.language.finding import RULES
from gradcheck.report.renderers.catalogue import explanation, overview
from gradcheck.report.renderers.terminal import WIDTH
from gradcheck.rules import EXPLANATIONS, FOLDER, LARGEST, closest, find, understood

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


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_a_rule_is_the_file_that_is_named_after_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rule, explanation = understood(text)
    assert path.stem == f"{rule.code}-{rule.name}"
    assert RULES[rule.code] == rule
    assert EXPLANATIONS[rule.code] == explanation
    facts = yaml.safe_load(text.split("---\n")[1])
    assert facts == {
        "code": rule.code,
        "name": rule.name,
        "class": rule.kind,
        "severity": rule.severity,
    }
    assert text.count("\n## ") == 2 + 2 * bool(explanation.bad) + bool(explanation.reference)


def test_every_file_beside_the_rules_is_a_rule() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.name != "__pycache__"}
    assert files == {f"{r.code}-{r.name}.md" for r in RULES.values()} | {"__init__.py"}


FILE = """---
code: GC999
name: a-name
class: reading
severity: note
---

# one line: it says all

## Meaning

Two lines
of prose.

## Remedy

None.

## Bad

````markdown
---
setup: none
---

# a title

## Meaning

    x
````

## Good

````markdown
y
````
"""


def test_a_rule_is_read_from_its_file() -> None:
    rule, told = understood(FILE)
    assert (rule.code, rule.name, rule.kind, rule.severity) == (
        "GC999",
        "a-name",
        "reading",
        "note",
    )
    assert rule.summary == "one line: it says all"
    assert (told.meaning, told.remedy, told.good) == ("Two lines of prose.", "None.", "y\n")
    assert told.bad == "---\nsetup: none\n---\n\n# a title\n\n## Meaning\n\n    x\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("code: GC999\n", ""),
        ("name: a-name\n", "name: a-name\nsummary: more\n"),
        ("severity: note\n---", "severity: note"),
        ("# one line: it says all\n", ""),
        ("## Remedy", "# Remedy"),
        ("## Remedy", "## What to do"),
        ("## Bad", "## Worse"),
        ("````markdown\ny", "y"),
        ("Two lines", "Two lines" + "!" * LARGEST),
    ],
)
def test_a_file_that_is_no_rule_is_refused(old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"^a rule "):
        understood(FILE.replace(old, new, 1))


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
