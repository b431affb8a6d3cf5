"""A report made by hand, with every verdict in it, for the renderers."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from gradcheck.language.document import Document, Span
from gradcheck.language.finding import RULES, Finding
from gradcheck.language.problem import InputError
from gradcheck.language.verdict import Constant, Verdict
from gradcheck.report.results import (
    ClaimResult,
    DocumentResult,
    ParameterResult,
    Report,
    SetupResult,
    StepResult,
)

TEXT = r"""Forward: $z_1 = W_1 x + b_1$

$$\partial L/\partial W_1 = (\hat{y} - y) w_2 a_1 (1-a_1) x$$

$$\partial L/\partial b_1 = (\hat{y} - y) w_2 a_1 (1-a_1) x$$

$$\partial L/\partial w_2 = (\hat{y} - y) \times$$

$$\partial L/\partial b_2 = \hat{y} - h(y)$$

$$b_1 \leftarrow b_2 - \alpha \partial L/\partial b_1$$
"""
TWO_OVER_N = Constant(Fraction(2), -1)


def span_of(source: str, nth: int = 1) -> Span:
    """The place of the nth occurrence of a string."""
    start = -1
    for _ in range(nth):
        start = TEXT.index(source, start + 1)
    return Span(start, start + len(source))


def line_of(span: Span) -> int:
    return TEXT.count("\n", 0, span.start) + 1


def claim(source: str, verdict: Verdict, nth: int = 1, **more: object) -> ClaimResult:
    span = span_of(source, nth)
    return ClaimResult(span, line_of(span), source, verdict, **more)  # type: ignore[arg-type]


def row(
    role: str, name: str, status: str, made: ClaimResult | None, *numbers: float | None, **more: str
) -> ParameterResult:
    return ParameterResult(
        role,
        name,
        made.verdict if made else None,
        status,
        made,
        (made,) if made else (),
        r"(\hat{y} - y) w_2",
        "(ŷ - y) w_2",
        *numbers,
        **more,  # type: ignore[arg-type]
    )


def made_rows() -> tuple[ParameterResult, ...]:
    wrong = claim(
        r"(\hat{y} - y) w_2 a_1 (1-a_1) x",
        Verdict.WRONG,
        2,
        derived="2/N Σ (ŷ - y) w_2 a_1 (1 - a_1)",
        quotient="extra factor x",
        witness="x = 2, y = 1: claimed 0.5, true 0.25",
    )
    convention = claim(
        r"(\hat{y} - y) w_2 a_1 (1-a_1) x",
        Verdict.CONVENTION,
        left_out=TWO_OVER_N,
        sum_left_out=True,
    )
    unread = claim(
        r"(\hat{y} - y) \times", Verdict.UNREAD, reason=r"\times without a right operand"
    )
    undecided = claim(r"\hat{y} - h(y)", Verdict.UNDECIDED, reason="h is not defined")
    return (
        row("w_1", "W_1", "up to 2/N, Σ", convention, 3e-16, 2e-11, 4e-10, 1e-16),
        row("b_1", "b_1", "WRONG", wrong, 0.4321, 2e-11, 4e-10, 1e-16),
        row("w_2", "w_2", "not read", unread, None, 2e-11, 4e-10, None),
        row("b_2", "b_2", "not decided", undecided, None, math.inf, math.nan, None, note="no h"),
    )


def made_document(*findings: Finding) -> DocumentResult:
    forward = ("z_1 = W_1 x + b_1", "a_1 = σ(z_1)", "z_2 = w_2 a_1 + b_2", "ŷ = z_2")
    exact = claim(r"\hat{y} - h(y)", Verdict.EXACT)
    loss = "L = 1/N Σ (ŷ - y)²"
    setups = (
        SetupResult("mse/identity", "sigmoid", 1, forward, loss, made_rows(), "compared"),
        SetupResult(
            "mse/identity",
            "tanh",
            9,
            forward,
            loss,
            (row("w_1", "W_1", "exact", exact, 0.0, 0.0, 0.0, 0.0),),
            "another network: three layers",
        ),
    )
    steps = (
        StepResult(3, 1, 1, "claim", "=", "a", "b", Verdict.EXACT),
        StepResult(5, 1, 2, "claim", "=", "a", "b", Verdict.CONVENTION, TWO_OVER_N, True, "x"),
        StepResult(5, 9, 2, "mention", "=", "b", "c"),
    )
    return DocumentResult(
        Document("notes/made.md", TEXT), ("g is σ",), setups, steps, findings, formulas=7
    )


@pytest.fixture
def made_findings() -> tuple[Finding, ...]:
    """An expected error inside a claim, an error outside, one that follows from it, a note."""
    wrong = span_of(r"(\hat{y} - y) w_2 a_1 (1-a_1) x", 2)
    update = span_of(r"b_1 \leftarrow b_2")
    return (
        Finding(RULES["GC101"], wrong, "extra factor x", expected=True),
        Finding(RULES["GC402"], span_of(r"\alpha \partial"), "follows", follows_from="line 11"),
        Finding(RULES["GC401"], update, "b_1 starts from b_2", "write b_1 ← b_1 - …"),
        Finding(RULES["GC202"], span_of(r"\hat{y} - h(y)"), "100% sure:\nthe sum, left out"),
    )


@pytest.fixture
def made_report(made_findings: tuple[Finding, ...]) -> Report:
    return Report((made_document(*made_findings),), (InputError("gone.md", "no such file"),))
