"""Pages with indices: what is derived, what mends a wrong line, and the numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.report.results import DocumentResult

NETWORK = r"""
$$h_j = \sigma(\sum_i w_{ji} x_i + b_j), \qquad o_k = \sum_j v_{kj} h_j + c_k$$

$$E = \frac12 \sum_k (o_k - t_k)^2$$

"""
BATCH = r"""
$$o_n = \sum_i w_i x_{ni}, \qquad E = \frac{1}{2 N} \sum_{n=1}^N (o_n - d_n)^2$$

"""
SOFTMAX = r"""
$$s_k = \sum_i w_{ki} x_i, \qquad p_k = \frac{e^{s_k}}{\sum_r e^{s_r}}$$

$$L = -\sum_k t_k \log p_k$$

The targets are one-hot, $\sum_k t_k = 1$.

"""


def checked(tmp_path: Path, network: str, by: str, side: str, of: str = "E") -> DocumentResult:
    path = tmp_path / "page.md"
    claim = rf"$$\frac{{\partial {of}}}{{\partial {by}}} = {side}$$"
    path.write_text(f"{network}{claim}\n", encoding="utf-8")
    return verify(path).documents[0]


@pytest.mark.parametrize(
    ("network", "of", "by", "side", "derived"),
    [
        (NETWORK, "E", "v_{kj}", "(o_k - t_k) h_j", "(o_k - t_k)·h_j"),
        (
            NETWORK, "E", "w_{ji}", r"h_j (1 - h_j) x_i \sum_k (o_k - t_k) v_{kj}",
            "h_j·(1 - h_j)·x_i·Σ_k (o_k - t_k)·v_kj",
        ),
        (
            BATCH, "E", "w_i", r"\frac1N \sum_{n=1}^N (o_n - d_n) x_{ni}",
            "1/N·Σ_{n=1}^N (o_n - d_n)·x_ni",
        ),
        (SOFTMAX, "L", "w_{ki}", "(p_k - t_k) x_i", "(p_k - t_k)·x_i"),
    ],
)  # fmt: skip
def test_the_gradient_is_derived_in_the_pages_own_names(
    tmp_path: Path, network: str, of: str, by: str, side: str, derived: str
) -> None:
    result = checked(tmp_path, network, by, side, of)
    row = next(r for s in result.setups for r in s.parameters if r.claim is not None)
    assert (row.status, row.derived) == ("exact", derived)
    assert row.document_error is not None and row.document_error < 1e-12
    assert row.numeric_error is not None and row.numeric_bound is not None
    assert row.numeric_error <= row.numeric_bound


@pytest.mark.parametrize(
    ("network", "of", "by", "side", "code", "mended"),
    [
        (NETWORK, "E", "v_{kj}", "(o_k - t_k) h_k", "GC137", "(o_k - t_k) h_j"),
        (NETWORK, "E", "v_{kj}", "(t_k - o_k) h_j", "GC103", "(o_k - t_k) h_j"),
        (NETWORK, "E", "v_{kj}", "(o_k - t_k)", "GC102", "(o_k - t_k) h_{j}"),
        (NETWORK, "E", "c_k", r"\sum_k (o_k - t_k)", "GC131", "(o_k - t_k)"),
        (NETWORK, "E", "c_k", "(o_k - t_k) o_k", "GC101", "(o_k - t_k)"),
        (NETWORK, "E", "v_{kj}", "(o_k - c_k) h_j", "GC120", "(o_k - t_{k}) h_j"),
        (
            NETWORK, "E", "w_{ji}", r"h_j (1 - h_j) x_i (o_k - t_k) v_{kj}", "GC132",
            r"\sum_k h_j (1 - h_j) x_i (o_k - t_k) v_{kj}",
        ),
        (
            NETWORK, "E", "w_{ji}", r"h_j (1 - h_j) x_i \sum_k (o_k - t_k) v_{jk}", "GC137",
            r"h_j (1 - h_j) x_i \sum_k (o_k - t_k) v_{kj}",
        ),
        (
            NETWORK, "E", "w_{ji}", r"(1 - h_j^2) x_i \sum_k (o_k - t_k) v_{kj}", "GC124",
            r"h_j (1 - h_j) x_i \sum_k (o_k - t_k) v_{kj}",
        ),
        (SOFTMAX, "L", "w_{ki}", "(p_k - t_k) p_k (1 - p_k) x_i", "GC101", "(p_k - t_k) x_i"),
    ],
)  # fmt: skip
def test_a_wrong_line_gets_the_edit_that_mends_it(
    tmp_path: Path, network: str, of: str, by: str, side: str, code: str, mended: str
) -> None:
    result = checked(tmp_path, network, by, side, of)
    found = next(f for f in result.findings if f.fails)
    assert found.derived
    assert (found.rule.code, found.suggestion) == (code, mended)
    again = checked(tmp_path, network, by, mended, of)
    assert not [f for f in again.findings if f.fails]


def test_what_no_single_edit_mends_gets_no_suggestion(tmp_path: Path) -> None:
    result = checked(tmp_path, NETWORK, "w_{ji}", r"\sum_k v_{jk} t_k b_j^3")
    found = next(f for f in result.findings if f.fails)
    assert found.suggestion is None
    assert found.derived == "h_j·(1 - h_j)·x_i·Σ_k (o_k - t_k)·v_kj"


def test_a_wrong_claim_shows_how_far_off_it_is_and_where(tmp_path: Path) -> None:
    result = checked(tmp_path, NETWORK, "v_{kj}", "2 (t_k - o_k) h_j")
    row = next(r for s in result.setups for r in s.parameters if r.claim is not None)
    assert row.document_error == pytest.approx(3)
    assert row.worst_entry is not None and len(row.worst_entry) == 2


def test_a_helper_that_is_not_its_derivative_is_the_cause(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    network = (
        NETWORK
        + r"""
$$\delta_k = o_k - t_k, \qquad \delta_j = h_j (1 - h_j) \sum_k v_{jk} \delta_k$$

$$\frac{\partial E}{\partial w_{ji}} = \delta_j x_i$$

$$\frac{\partial E}{\partial b_j} = \delta_j$$
"""
    )
    path.write_text(network, encoding="utf-8")
    failing = [f for f in verify(path).documents[0].findings if f.fails]
    (cause,) = [f for f in failing if f.follows_from is None]
    assert cause.suggestion == r"h_j (1 - h_j) \sum_k v_{kj} \delta_k"
    assert "stands for ∂E/∂b_j" in cause.message
    assert len(failing) == 3
    path.write_text(network.replace("v_{jk}", "v_{kj}"), encoding="utf-8")
    assert not [f for f in verify(path).documents[0].findings if f.fails]
