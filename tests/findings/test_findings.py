"""The findings of sample documents: each declares its own, and nothing else may be found.

In the front matter, under ``verdicts``: ``findings`` lists every error and warning that is a cause,
with its line, its code and, where one must be made, its suggestion; ``follows`` lists the lines of
those that follow from one. The documents named ``right-*`` declare none; every ``wrong-*`` is a
right one with one mistake (or two) of a class that was found in real derivations.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.fence.digests import check, of_document

if TYPE_CHECKING:
    from gradcheck.report.results import DocumentResult, Report

HERE = Path(__file__).parent
DOCUMENTS = sorted(path.stem for path in HERE.glob("*.md"))
CLASSES = frozenset(
    "sign symbol index factor derivative bracket exponent arithmetic sum update forward".split()
)

PENDING: frozenset[str] = frozenset()
"""What is declared for these is right, and not yet what comes out."""


def declared(document: str) -> dict[str, Any]:
    """What a document says of itself: its class of mistake, its findings and what follows."""
    text = (HERE / f"{document}.md").read_text(encoding="utf-8")
    verdicts: dict[str, Any] = yaml.safe_load(text.split("---\n", 2)[1])["verdicts"]
    return verdicts


@cache
def reported(document: str) -> Report:
    import gradcheck

    return gradcheck.verify([HERE / f"{document}.md"])


def verified(document: str) -> DocumentResult:
    report = reported(document)
    assert [error.message for error in report.errors] == []
    return report.documents[0]


def found(result: DocumentResult) -> tuple[list[dict[str, Any]], list[int]]:
    """The causes with line, code and suggestion, in the order of their lines; what follows."""
    told = [finding for finding in result.findings if finding.rule.severity != "note"]
    causes = [
        {
            "line": result.document.line_of(finding.span),
            "code": finding.rule.code,
            "suggestion": finding.suggestion,
        }
        for finding in told
        if finding.follows_from is None
    ]
    follows = sorted(
        result.document.line_of(finding.span) for finding in told if finding.follows_from
    )
    return sorted(causes, key=lambda cause: (cause["line"], cause["code"])), follows


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_fence_stands(document: str) -> None:
    check(f"tests/findings/{document}.md", of_document(reported(document)))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_findings_are_those_declared(document: str, request: pytest.FixtureRequest) -> None:
    if document in PENDING:
        request.applymarker(pytest.mark.xfail(reason="declared, not yet found so"))
    expected = declared(document)
    causes, follows = found(verified(document))
    shown = [
        {key: cause[key] for key in one}
        for one, cause in zip(expected["findings"], causes, strict=False)
    ]
    assert len(causes) == len(expected["findings"]), causes
    assert shown == expected["findings"]
    assert follows == expected.get("follows", [])


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name.startswith("right")])
def test_no_step_of_a_right_document_is_doubted(document: str) -> None:
    result = verified(document)
    doubted = [
        (step.line, step.verdict)
        for step in result.steps
        if step.verdict is not None and step.verdict.value in ("wrong", "undecided", "unread")
    ]
    assert doubted == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_declaration_is_complete(document: str) -> None:
    verdicts = declared(document)
    kind = document.split("-")[0]
    assert kind in ("right", "wrong")
    assert bool(verdicts["findings"]) == (kind == "wrong")
    assert all({"line", "code"} <= set(finding) for finding in verdicts["findings"])


def test_every_class_of_mistake_has_a_document() -> None:
    kinds = [document.split("-")[0] for document in DOCUMENTS]
    assert kinds.count("right") >= 40
    assert kinds.count("wrong") >= 40
    classes = {declared(name)["mistake"] for name in DOCUMENTS if name.startswith("wrong")}
    assert classes >= CLASSES
