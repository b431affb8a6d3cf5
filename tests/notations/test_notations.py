"""Documents as authors write them, in every notation: each declares its findings, no more, no less.

Lecture notes, homework, papers, documentation, notebooks: ``right-*`` declare nothing, ``wrong-*``
have one mistake (or the few that follow from it), declared by a comment above it in the format's
own way; of ``undecided-*`` no gradient is decided, right or wrong. An error or warning that is not declared fails, and so does a declared one that is absent.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import gradcheck
from gradcheck.language.verdict import Verdict
from gradcheck.read.files.suffixes import SUFFIXES
from gradcheck.report.results import DocumentResult, Report
from tests.fence.digests import check, of_document

HERE = Path(__file__).parent
NAMES = sorted(path.name for path in HERE.iterdir() if path.name.endswith(SUFFIXES))
RIGHT = [name for name in NAMES if name.startswith("right-")]
WRONG = [name for name in NAMES if name.startswith("wrong-")]
UNDECIDED = [name for name in NAMES if name.startswith("undecided-")]


@cache
def reported(name: str) -> Report:
    return gradcheck.verify([HERE / name])


def verified(name: str) -> DocumentResult:
    report = reported(name)
    assert report.errors == ()
    (document,) = report.documents
    return document


@pytest.mark.parametrize("name", NAMES)
def test_the_fence_stands(name: str) -> None:
    check(f"tests/notations/{name}", of_document(reported(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_are_those_declared(name: str) -> None:
    found = [
        (f.rule.code, verified(name).document.place_of(f.span), f.message)
        for f in verified(name).findings
        if f.rule.severity != "note" and not f.expected
    ]
    assert found == []


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_in_a_right_one_is_doubted(name: str) -> None:
    document = verified(name)
    rows = [row for setup in document.setups for row in setup.parameters]
    held = [row for row in rows if row.verdict in (Verdict.EXACT, Verdict.CONVENTION)]
    assert held
    assert {row.verdict for row in rows} <= {Verdict.EXACT, Verdict.CONVENTION, None}
    doubted = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNREAD)
    assert [step.line for step in document.steps if step.verdict in doubted] == []
    assert not any(finding.expected for finding in document.findings)


@pytest.mark.parametrize("name", UNDECIDED)
def test_nothing_in_an_undecided_one_is_decided(name: str) -> None:
    rows = [row for setup in verified(name).setups for row in setup.parameters]
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_one_fails_without_its_declaration(name: str) -> None:
    assert any(finding.expected for finding in verified(name).findings)
    assert gradcheck.verify([HERE / name], inline=False).exit_status == 1


def test_there_are_enough_of_each_kind() -> None:
    assert len(NAMES) >= 60
    assert min(len(RIGHT), len(WRONG)) >= 28
    for ending, least in ((".tex", 15), (".rst", 8), (".ipynb", 10), (".md", 20)):
        assert sum(name.endswith(ending) for name in NAMES) >= least
