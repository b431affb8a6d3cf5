"""Symbol hygiene: what is found, where, and that right documents are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.explain.hygiene import hygiene_findings
from gradcheck.explain.hygiene.shapes import stated_shapes
from gradcheck.language.document import Document, Span
from gradcheck.language.finding import Finding
from gradcheck.language.statement import ReadDocument
from gradcheck.read import read
from gradcheck.read.files import loading
from gradcheck.understand import understand

ROOT = Path(__file__).resolve().parents[3]
FORWARD = r"$$z_1 = w_1 x + b_1, \quad a_1 = \sigma(z_1), \quad z_2 = w_2 a_1 + b_2$$" + "\n"
MEAN = r"$$L = \frac{1}{N} \sum_{i=1}^N (z_2 - y)^2$$" + "\n"
CLAIMS = r"""
$$\frac{\partial L}{\partial w_2} = (z_2 - y) a_1, \quad \frac{\partial L}{\partial b_2} = z_2 - y$$
$$\frac{\partial L}{\partial w_1} = (z_2 - y) w_2 a_1 (1 - a_1) x$$
$$\frac{\partial L}{\partial b_1} = (z_2 - y) w_2 a_1 (1 - a_1)$$
"""


def findings(text: str) -> list[tuple[str, int, str, str | None]]:
    """Code, line, marked source and suggestion of each finding."""
    document = Document("test.md", text)
    return [_row(document, finding) for finding in _found(document)]


def _found(document: Document) -> list[Finding]:
    statements = read(document)
    return hygiene_findings(understand(statements), statements, document)


def _row(document: Document, finding: Finding) -> tuple[str, int, str, str | None]:
    source = document.source(finding.span)
    return finding.rule.code, document.line_of(finding.span), source, finding.suggestion


RIGHT = sorted(
    [*(ROOT / "tests" / "samples").glob("right-*.md")]
    + [
        p
        for p in (ROOT / "derivations").glob("*.md")
        if not p.name.startswith("source-") and p.stem != "softmax-components"  # δ with two indices
    ]
)


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_right_documents_are_left_in_peace(path: Path) -> None:
    (document,), _ = loading.load_all([str(path)])
    assert _found(document) == []


# -- sums -----------------------------------------------------------------------------------------

TOO_MANY = [
    (r"\frac{1}{N} \sum_{i=0}^N (z_2 - y)^2", r"\sum_{i=1}^N (z_2 - y)^2"),
    (r"\frac{1}{2m} \sum_{i=0}^{m} (z_2 - y)^2", r"\sum_{i=1}^{m} (z_2 - y)^2"),
    (r"\frac{\sum_{i=0}^N (z_2 - y)^2}{N}", r"\sum_{i=1}^N (z_2 - y)^2"),
    (r"\frac{1}{2} \left(\frac{1}{N} \sum_{i=0}^N (z_2 - y)^2\right)", r"\sum_{i=1}^N (z_2 - y)^2"),
]


@pytest.mark.parametrize(("loss", "suggestion"), TOO_MANY)
def test_one_term_too_many(loss: str, suggestion: str) -> None:
    ((code, line, source, mended),) = findings(FORWARD + f"$$L = {loss}$$\n" + CLAIMS)
    assert (code, line, mended) == ("GC302", 2, suggestion)
    assert source.startswith(r"\sum")


@pytest.mark.parametrize(
    "loss",
    [
        r"\frac{1}{N} \sum_{i=1}^N (z_2 - y)^2",
        r"\frac{1}{N} \sum_{i=0}^{N-1} (z_2 - y)^2",
        r"\frac{1}{N} \sum_{i} (z_2 - y)^2",
        r"\frac{1}{N+1} \sum_{i=0}^N (z_2 - y)^2",
        r"\sum_{i=0}^N (z_2 - y)^2",
        r"\frac{1}{2} \sum_{i=0}^N (z_2 - y)^2",
    ],
)
def test_bounds_that_fit(loss: str) -> None:
    assert findings(FORWARD + f"$$L = {loss}$$\n" + CLAIMS) == []


# -- names ----------------------------------------------------------------------------------------


def test_a_name_that_nothing_defines() -> None:
    claims = CLAIMS.replace(r"(z_2 - y) a_1,", r"(z_2 - y) q_1,")
    ((code, line, source, _),) = findings(FORWARD + MEAN + claims)
    assert (code, line, source) == ("GC303", 4, "q_1")


def test_the_label_is_also_an_activation() -> None:
    text = FORWARD + MEAN + CLAIMS
    text += r"$$y = \tanh = \frac{e^x - e^{-x}}{e^x + e^{-x}}$$" + "\n"
    text += r"$$\frac{\partial L}{\partial b_1} = (z_2 - y) w_2 (1 - y^2)$$"
    rows = [row for row in findings(text) if row[0] == "GC304"]
    assert rows == [("GC304", 7, "y", r"a_1 = \tanh(z_1)")]


def test_the_bias_also_counts_the_samples() -> None:
    text = FORWARD.replace("b_1", "b").replace("b_2", "c")
    text += r"$$L = \sum_{i=1}^{b} (z_2 - y)^2$$" + "\n"
    text += r"$$\frac{\partial L}{\partial b} = 2 \sum_{i=1}^{b} (z_2 - y) w_2 a_1 (1 - a_1)$$"
    assert {row[0] for row in findings(text)} == {"GC304"}


def test_the_learning_rate_has_the_name_of_an_activation() -> None:
    text = FORWARD.replace("a_1", "a") + MEAN + CLAIMS.replace("a_1", "a")
    text += r"$$w_2 \leftarrow w_2 - a \frac{\partial L}{\partial w_2}$$"
    ((code, line, source, _),) = findings(text)
    assert (code, line, source) == ("GC304", 7, "a")


# -- constants ------------------------------------------------------------------------------------


def test_a_constant_changes_on_the_way() -> None:
    claim = r"$$\frac{\partial L}{\partial w_2} = \frac{\partial \frac{1}{2}(z_2 - y)^2}{\partial w_2}$$"
    ((code, line, source, mended),) = findings(FORWARD + MEAN + CLAIMS + claim)
    assert (code, line) == ("GC306", 7)
    assert source == r"\frac{1}{2}(z_2 - y)^2"
    assert mended == r"\frac{1}{N}(z_2 - y)^2"


@pytest.mark.parametrize(
    "restated",
    [
        r"\left[\frac{1}{N} (z_2 - y)^2\right]",
        r"\left[\frac{1}{N} \sum_{i=1}^N (y - z_2)^2\right]",
        r"\left[\sum (z_2 - y)^2\right]",  # left out as a whole: a convention
        r"\left[(y - z_2)^2\right]",
        r"\left[\frac{1}{2} z_2\right]",  # not the loss
    ],
)
def test_a_constant_that_stays_or_is_left_out(restated: str) -> None:
    claim = (
        rf"$$\frac{{\partial L}}{{\partial w_2}} = \frac{{\partial}}{{\partial w_2}} {restated}$$"
    )
    assert findings(FORWARD + MEAN + CLAIMS + claim) == []


# -- shapes ---------------------------------------------------------------------------------------

MATRICES = FORWARD.replace("x", "X").replace("w_1", "W_1")
DATA = "X : input features $[n \\times f]$\n\ny : labels $[n \\times 1]$\n\n"


def shape_findings(text: str) -> list[tuple[str, str | None]]:
    return [(row[2], row[3]) for row in findings(text) if row[0] == "GC305"]


def test_a_product_over_the_samples() -> None:
    assert shape_findings(DATA + MATRICES + MEAN + CLAIMS) == [("W_1 X", "X W_1")]


@pytest.mark.parametrize(
    "stated",
    [
        r"$X \in \mathbb{R}^{n \times f}$ and $W_1 \in \mathbb{R}^{h \times f}$" + "\n\n",
        "X: data [n × f]\n\nW_1: weights [h × f]\n\n",
        "- $X$ is the input [n × f]\n- $W_1$ is the weight matrix [h × f]\n\n",
    ],
)
def test_two_stated_shapes(stated: str) -> None:
    assert shape_findings(stated + MATRICES + MEAN + CLAIMS) == [("W_1 X", "W_1 X^T")]


FITTING = [
    ("", MATRICES),
    (DATA, MATRICES.replace("W_1 X", "X W_1")),
    (DATA.replace(r"n \times f", r"f \times n").replace(r"n \times 1", r"1 \times n"), MATRICES),
    (DATA, FORWARD),  # x is one sample, X are all of them
    ("X : input features $[n \\times f]$\n\n", MATRICES),  # which axis is the samples' is not told
    (r"$X \in \mathbb{R}^{f \times n}$, $W_1 \in \mathbb{R}^{h \times f}$" + "\n\n", MATRICES),
    (r"$X \in \mathbb{R}^{n \times n}$, $y \in \mathbb{R}^{n \times 1}$" + "\n\n", MATRICES),
]


@pytest.mark.parametrize(("stated", "forward"), FITTING)
def test_products_that_may_fit(stated: str, forward: str) -> None:
    assert shape_findings(stated + forward + MEAN + CLAIMS) == []


def test_the_shapes_that_are_read() -> None:
    text = DATA + r"$\mathbf{W}_1 \in \mathbb{R}^{h\times f}$" + "\n\n```\nV : code [a × b]\n```\n"
    document = Document("test.md", text)
    shapes = stated_shapes(read(document), document)
    assert shapes == {"X": ("n", "f"), "y": ("n", "1"), "W_1": ("h", "f")}


@pytest.mark.parametrize(
    "text", ["a" * 300_000, " " * 300_000, "X : " + "a " * 150_000, "X \\in " * 40_000]
)
def test_long_lines_cost_no_more_than_their_length(text: str) -> None:
    document = Document("test.md", text)
    assert stated_shapes(ReadDocument(document, (), (Span(0, len(text)),)), document) == {}
