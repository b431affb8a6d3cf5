"""The five source documents without their comments: exactly the verdicts that were worked out.

The sources lie outside the repository; the transcriptions hold the same formulas to the letter
(tests/reading_key proves it), so they stand for them here. Lines are found by the formula's text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import gradcheck
from gradcheck.report.results import DocumentResult, ParameterResult, Report, SetupResult

DERIVATIONS = Path(__file__).resolve().parent.parent / "derivations"
SOURCES = ("000", "001", "002", "003", "004")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "seeds"

Row = tuple[str | None, str | None, bool]
"""Verdict, what is left out, whether the sum is."""

EXACT: Row = ("exact", None, False)
WRONG: Row = ("wrong", None, False)
WRONG_SUMS: Row = ("wrong", None, True)
UNREAD: Row = ("unread", None, False)
NOT_CLAIMED: Row = (None, None, False)

TABLE: dict[str, dict[tuple[str, str], dict[str, Row]]] = {
    "000": {("mse/identity", "sigmoid"): dict.fromkeys("w_1 b_1 w_2 b_2".split(), ("convention", "1/m", True))},
    "001": {("mse/identity", "g"): dict.fromkeys("w_1 b_1 w_2 b_2".split(), ("convention", None, True))},
    "002": {("mse/identity", "sigmoid"): {"w_1": EXACT, "b_1": WRONG, "w_2": EXACT, "b_2": WRONG}},
    "003": {
        ("mse/identity", "sigmoid"): {
            "w_1": ("convention", "2/N", True),
            "b_1": WRONG_SUMS,
            "w_2": ("convention", "2/N", True),
            "b_2": ("convention", "2/N", True),
        },
        ("mse/identity", "tanh"): {
            "w_1": UNREAD, "b_1": WRONG_SUMS, "w_2": NOT_CLAIMED, "b_2": NOT_CLAIMED,
        },
    },
    "004": {
        ("mse/identity", "sigmoid"): {
            "w_1": UNREAD,
            "b_1": ("convention", "2/N", False),
            "w_2": ("convention", "2/N", False),
            "b_2": ("convention", "2/N", False),
        },
        ("logloss/sigmoid", "sigmoid"): dict.fromkeys("w_1 b_1 w_2 b_2".split(), EXACT),
    },
}  # fmt: skip

FAILS = {
    "000": (),
    "001": (),
    "002": (
        r"$$\partial Loss / \partial b2 = \delta2$$",
        r"$$\partial Loss / \partial b1 = \delta1$$",
        r"b1 \leftarrow b2 - \eta \frac{\partial Loss}{\partial b2}$$",
        r"b1 \leftarrow b2 - \eta \frac{\partial Loss}{\partial b1}$$",
    ),
    "003": (
        r"\frac{\partial L}{\partial b_1} = (a_2 - y) w_2 \cdot a_1(1-a_1) x$$",
        r"\frac{\partial L}{\partial w_1} = (a_2 - y) \cdot w_2 \cdot (1 - y^2) \times$$",
        r"\frac{\partial L}{\partial b_1} = (a_2 - y) \cdot w_2 \cdot (1 - y^2)$$",
    ),
    "004": (
        r"\boxed{\frac{\partial L}{\partial w_1} = \sum (a_2 - y) w_2 a_1 (1 - a_1) \times}$$",
    ),
}
"""The ends of the lines on which an error-level finding of a gradient or update must stand."""

ALSO = {
    "002": (r"Output layer:  $y(pred) = W2 * a1 + b1$",),
    "003": (
        r"$$y = \tanh = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$",
        r"$$\tanh' = 1 - y^2$$",
    ),
    "004": (
        r"$$\begin{cases} w_1 \leftarrow w_1 - \text{lr} \cdot \frac{\partial L}{\partial w_1} \\ w_2 \leftarrow w_2 - \text{lr} \cdot \frac{\partial L}{\partial w_2} \\ b_1 \leftarrow b_1 - \frac{\partial L}{\partial b_1} \\ b_2 \leftarrow b_2 - \frac{\partial L}{\partial b_2} \end{cases}$$",
        r"\frac{\text{when } g(z_1) = \sin(z_1)}{g'(z_1) = \sin(z_1) (1 - \sin(z_1))}$$",
    ),
}
"""Where more may stand, once every step is judged: the known mistakes of the documents."""

CLAIMS = {
    ("000", 0, "w_1"): r"&= (\hat{y} - y) \cdot w_2 \cdot x \cdot \sigma'(z_1)\end{aligned}$$",
    ("000", 0, "b_2"): r"&= (\hat{y} - y)\end{aligned}$$",
    ("001", 0, "w_2"): r"\frac{\partial \hat{y}}{\partial w_2} = \frac{-2(y - \hat{y})}{n} a_1$$",
    ("002", 0, "w_1"): r"$$\partial Loss / \partial W1 = \delta1 \cdot x$$",
    ("002", 0, "b_1"): FAILS["002"][1],
    ("002", 0, "b_2"): FAILS["002"][0],
    ("003", 0, "b_1"): FAILS["003"][0],
    ("003", 0, "w_2"): r"= -a_1 (y - \hat{y}) = -a_1 (y - a_2) = (a_2 - y) a_1$$",
    ("003", 1, "w_1"): FAILS["003"][1],
    ("003", 1, "b_1"): FAILS["003"][2],
    ("004", 0, "w_1"): FAILS["004"][0],
    ("004", 0, "b_2"): r"\sum [(a_2 - y)(1)] = \sum (a_2 - y)}$$",
    ("004", 1, "w_1"): r"$$\Rightarrow \boxed{\frac{\partial L}{\partial w_1} = (a_2-y) w_2 (a_1)(1-a_1) X}$$",
    ("004", 1, "b_2"): r"$$\Rightarrow \boxed{\frac{\partial L}{\partial b_2} = (a_2-y)}$$",
}  # fmt: skip
"""The end of the line that a row shows, for rows of every kind."""


@cache
def raw(number: str) -> Report:
    return gradcheck.verify([DERIVATIONS / f"source-{number}.md"], inline=False)


def only(report: Report) -> DocumentResult:
    assert report.errors == ()
    (document,) = report.documents
    return document


def row_of(row: ParameterResult) -> Row:
    verdict = row.verdict.value if row.verdict is not None else None
    if row.claim is None:
        return verdict, None, False
    left_out = row.claim.left_out
    return verdict, None if left_out is None else str(left_out), row.claim.sum_left_out


def line_that_ends(document: DocumentResult, end: str) -> int:
    lines = [
        k for k, text in enumerate(document.document.text.splitlines(), 1) if text.endswith(end)
    ]
    assert len(lines) == 1, (end, lines)
    return lines[0]


@pytest.mark.parametrize("number", SOURCES)
def test_the_verdicts(number: str) -> None:
    setups = {(s.name, s.hidden): s for s in only(raw(number)).setups}
    found = {
        key: {row.role: row_of(row) for row in setup.parameters} for key, setup in setups.items()
    }
    assert found == TABLE[number]
    assert list(found) == list(TABLE[number])


@pytest.mark.parametrize("number", SOURCES)
def test_the_errors_stand_where_the_mistakes_are(number: str) -> None:
    document = only(raw(number))
    found = {document.document.line_of(f.span) for f in document.findings if f.fails}
    needed = {line_that_ends(document, end) for end in FAILS[number]}
    text = document.document.text.splitlines()
    known = {k for k, row in enumerate(text, 1) if row.endswith(ALSO.get(number, "\0"))}
    assert needed <= found <= needed | known


@pytest.mark.parametrize(("number", "setup", "role"), CLAIMS)
def test_a_row_shows_the_line_of_its_claim(number: str, setup: int, role: str) -> None:
    document = only(raw(number))
    row = next(row for row in document.setups[setup].parameters if row.role == role)
    assert row.claim is not None
    assert row.claim.line == line_that_ends(document, CLAIMS[number, setup, role])


def test_what_is_said_about_the_mistakes() -> None:
    document = only(raw("003"))
    sigmoid, tanh = document.setups
    assert _claim(sigmoid, "b_1").quotient == "extra factor x"
    assert _claim(tanh, "b_1").witness != ""
    codes = [f.rule.code for f in document.findings if f.fails]
    assert "GC101" in codes
    assert "GC135" in codes
    assert "GC190" not in codes
    assert _claim(only(raw("002")).setups[0], "b_2").derived == "0"


def _claim(setup: SetupResult, role: str) -> gradcheck.report.results.ClaimResult:
    row = next(row for row in setup.parameters if row.role == role)
    assert row.claim is not None
    return row.claim


@pytest.mark.parametrize("number", SOURCES)
def test_the_numbers_agree_wherever_there_are_any(number: str) -> None:
    for setup in only(raw(number)).setups:
        for row in setup.parameters:
            assert row.numeric_error is not None, (row.role, row.note)
            assert row.numeric_error < 1e-9
            assert row.numeric_bound is not None
            assert row.numeric_error <= 8 * row.numeric_bound
            if row.verdict is not None and row.verdict.value in ("exact", "convention"):
                assert row.document_error is not None, (row.role, row.note)
                assert row.document_error < 1e-12
        if number == "002":
            assert setup.backprop.startswith("another network")
        else:
            assert setup.backprop == "compared"
            assert all((row.backprop_error or 0.0) < 1e-13 for row in setup.parameters)


@pytest.mark.parametrize("number", SOURCES)
def test_the_exit_status(number: str) -> None:
    assert raw(number).exit_status == int(bool(FAILS[number]))
    report = gradcheck.verify([DERIVATIONS / f"source-{number}.md"])
    assert report.exit_status == 0
    (document,) = report.documents
    assert all(
        finding.expected for finding in document.findings if finding.rule.severity == "error"
    )
    assert [[row_of(r) for r in s.parameters] for s in document.setups] == [
        [row_of(r) for r in s.parameters] for s in only(raw(number)).setups
    ]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sources lie outside the repository")
@pytest.mark.parametrize("number", SOURCES)
def test_the_sources_themselves(number: str) -> None:
    (path,) = SHARED.glob(f"{number}_*.txt")
    report = gradcheck.verify([path])
    found = {
        (s.name, s.hidden): {row.role: row_of(row) for row in s.parameters}
        for s in only(report).setups
    }
    assert found == TABLE[number]
    assert report.exit_status == int(bool(FAILS[number]))


@pytest.mark.parametrize("name", ["mse-sigmoid", "mse-tanh", "logloss-sigmoid"])
def test_the_references_are_exact(name: str) -> None:
    report = gradcheck.verify([DERIVATIONS / f"{name}.md"], inline=False, strict=True)
    (setup,) = only(report).setups
    assert [row_of(row) for row in setup.parameters] == [EXACT] * 4
    assert all(claim.verdict.value == "exact" for row in setup.parameters for claim in row.claims)
    assert only(report).findings == ()
    assert report.exit_status == 0
