"""The acceptance test: what must come out for every sample document, no more and no less.

Each ``NAME.md`` here declares in its front matter, setup by setup, the verdict on each of the four
parameters, worked out by hand: ``exact``, ``wrong``, ``unread``, ``not claimed``, ``chain rule
only`` or ``convention`` with the constant and, as ``sum``, the sum that are left out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.fence.digests import check, of_document

if TYPE_CHECKING:
    from gradcheck.report.results import ParameterResult, Report

HERE = Path(__file__).parent
SAMPLES = sorted(path.stem for path in HERE.glob("*.md"))
ROLES = ("w_1", "b_1", "w_2", "b_2")
SETUP_KEYS = ("setup", "hidden", *ROLES)
PLAIN = ("exact", "wrong", "unread", "undecided", "not claimed", "chain rule only")
FAILING = ("wrong", "unread", "undecided")


def declared(sample: str) -> list[dict[str, str]]:
    """The setups that a sample declares, in its order."""
    text = (HERE / f"{sample}.md").read_text(encoding="utf-8")
    front_matter: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])
    return [dict(setup) for setup in front_matter["verdicts"]]


def outcome(row: ParameterResult) -> str:
    """A row's verdict in the words of the front matter."""
    from gradcheck.language.verdict import Verdict

    if row.verdict is None:
        return row.status
    if row.verdict is not Verdict.CONVENTION or row.claim is None:
        return row.verdict.value
    words = [row.verdict.value]
    if row.claim.left_out is not None and not row.claim.left_out.is_one:
        words.append(str(row.claim.left_out))
    if row.claim.sum_left_out:
        words.append("sum")
    return " ".join(words)


def found(report: Report) -> list[dict[str, str]]:
    """The setups of a report; one that nothing is claimed for counts only if it is declared."""
    assert [error.message for error in report.errors] == []
    (document,) = report.documents
    setups = []
    for setup in document.setups:
        rows = {row.role: outcome(row) for row in setup.parameters}
        if set(rows.values()) != {"not claimed"}:
            setups.append({"setup": setup.name, "hidden": setup.hidden, **rows})
    return setups


@cache
def verified(sample: str) -> Report:
    import gradcheck

    return gradcheck.verify([HERE / f"{sample}.md"])


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_fence_stands(sample: str) -> None:
    check(f"tests/samples/{sample}.md", of_document(verified(sample)))


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_verdicts_are_those_declared(sample: str) -> None:
    expected = declared(sample)
    report = verified(sample)
    assert found(report) == expected
    fails = any(setup[role] in FAILING for setup in expected for role in ROLES)
    errors = [finding.message for finding in report.documents[0].findings if finding.fails]
    assert report.exit_status == int(fails), errors


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_declaration_is_complete(sample: str) -> None:
    setups = declared(sample)
    assert setups
    for setup in setups:
        assert tuple(setup) == SETUP_KEYS
        for role in ROLES:
            assert setup[role] in PLAIN or setup[role].startswith("convention ")
    verdicts = {setup[role] for setup in setups for role in ROLES}
    kind = sample.split("-")[0]
    assert kind in ("right", "wrong", "unread")
    assert ("wrong" in verdicts) == (kind == "wrong")
    assert ("unread" in verdicts) == (kind == "unread")


def test_there_are_enough_samples() -> None:
    right = [sample for sample in SAMPLES if sample.startswith("right-")]
    assert len(SAMPLES) >= 45
    assert len(right) >= len(SAMPLES) * 3 // 5
