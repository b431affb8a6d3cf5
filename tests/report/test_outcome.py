"""The exit status, branch by branch, and the counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import (
    ClaimResult,
    DocumentResult,
    ParameterResult,
    Report,
    SetupResult,
    StepResult,
    count_gradients,
    count_steps,
    exit_status,
)

HERE = Span(0, 1)


def row(verdict: Verdict | None, role: str = "w_1") -> ParameterResult:
    claim = None if verdict is None else ClaimResult(HERE, 1, "x", verdict)
    return ParameterResult(
        role=role,
        source_name=role,
        verdict=verdict,
        status="",
        claim=claim,
        claims=() if claim is None else (claim,),
        derived_tex="",
        derived="",
    )


def document(
    *verdicts: Verdict | None, findings: tuple[str, ...] = (), steps: tuple[StepResult, ...] = ()
) -> DocumentResult:
    setup = SetupResult("mse/identity", "sigmoid", 1, (), "", tuple(map(row, verdicts)), "compared")
    return DocumentResult(
        document=Document("t.md", "x"),
        readings=(),
        setups=(setup,),
        steps=steps,
        findings=tuple(Finding(RULES[code], HERE, "") for code in findings),
        formulas=1,
    )


def expected(result: DocumentResult) -> DocumentResult:
    return replace(result, findings=tuple(replace(f, expected=True) for f in result.findings))


def status(*documents: DocumentResult, errors: int = 0, strict: bool = False) -> int:
    problems = tuple(InputError(f"{k}.md", "not found") for k in range(errors))
    report = Report(documents, problems, strict)
    assert report.exit_status == exit_status(report)
    return exit_status(report)


EXACT, CONVENTION = Verdict.EXACT, Verdict.CONVENTION


def test_all_exact() -> None:
    assert status(document(EXACT, EXACT)) == 0
    assert status(document(EXACT, EXACT), strict=True) == 0


ERRORS = sorted(code for code, rule in RULES.items() if rule.severity == "error")
OTHERS = sorted(code for code, rule in RULES.items() if rule.severity != "error")


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_fails_unless_it_is_expected(code: str) -> None:
    result = document(EXACT, findings=(code,))
    assert status(result) == 1
    assert status(document(EXACT), result, document(EXACT)) == 1
    assert status(expected(result)) == 0
    assert status(expected(result), strict=True) == 0


@pytest.mark.parametrize("code", OTHERS)
def test_warnings_and_notes_do_not_fail(code: str) -> None:
    assert status(document(EXACT, findings=(code,))) == 0


@pytest.mark.parametrize("code", [c for c in OTHERS if RULES[c].severity == "warning"])
def test_a_warning_fails_under_strict_unless_it_is_expected(code: str) -> None:
    result = document(EXACT, findings=(code,))
    assert status(result, strict=True) == 1
    assert status(expected(result), strict=True) == 0


def test_conventions_fail_under_strict_only() -> None:
    assert status(document(EXACT, CONVENTION)) == 0
    assert status(document(EXACT, CONVENTION), strict=True) == 1


def test_gradients_that_are_not_claimed_fail_under_strict_only() -> None:
    assert status(document(EXACT, None)) == 0
    assert status(document(EXACT, None), strict=True) == 1


def test_nothing_checked_is_never_a_quiet_0() -> None:
    assert status() == 2
    assert status(document()) == 2
    assert status(document(None, None)) == 2
    assert status(replace(document(), setups=())) == 2


def test_one_checked_document_is_enough_if_no_input_was_refused() -> None:
    assert status(document(EXACT), document(None)) == 0
    assert status(document(EXACT), document(None), errors=1) == 2


def test_an_input_that_could_not_be_read() -> None:
    assert status(errors=1) == 2
    assert status(document(EXACT), errors=1) == 2


def test_an_error_in_a_document_counts_before_an_input_that_could_not_be_read() -> None:
    assert status(document(EXACT, findings=("GC101",)), errors=1) == 1
    assert status(document(CONVENTION), errors=1, strict=True) == 1


def step(verdict: Verdict | None) -> StepResult:
    return StepResult(1, 1, 0, "claim", "=", "a", "b", verdict)


def test_steps_are_the_sum_of_the_other_counts() -> None:
    verdicts = [None, EXACT, EXACT, Verdict.UNREAD, None, Verdict.WRONG, CONVENTION]
    counts = count_steps(document(steps=tuple(map(step, verdicts))))
    assert counts == {
        "steps": 7, "exact": 2, "convention": 1, "wrong": 1, "undecided": 0, "unread": 1,
        "unjudged": 2,
    }  # fmt: skip
    assert counts["steps"] == sum(n for name, n in counts.items() if name != "steps")


def test_gradients_are_counted_with_those_never_claimed() -> None:
    counts = count_gradients(document(EXACT, Verdict.WRONG, None, Verdict.UNDECIDED))
    assert counts["gradients"] == 4
    assert (counts["exact"], counts["wrong"], counts["undecided"]) == (1, 1, 1)
    assert counts["unclaimed"] == 1
    assert counts["gradients"] == sum(n for name, n in counts.items() if name != "gradients")
