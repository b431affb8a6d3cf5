"""The evidence about one setup as a whole."""

from __future__ import annotations

from pathlib import Path

from gradcheck import verify

FORWARD = r"""
$$h = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 h + b_2, \quad L = \frac{1}{2} (\hat{y} - y)^2$$

$$\frac{\partial L}{\partial w_2} = (\hat{y} - y) h$$
"""
ALL_AT_ONCE = r"""
$$\nabla_\theta L = \begin{pmatrix} \hat{y} - y \\ 1 \end{pmatrix}$$
"""


def test_a_name_outside_the_network_leaves_the_others_their_numbers(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text(FORWARD + ALL_AT_ONCE, encoding="utf-8")
    (result,) = verify(document).documents
    rows = {row.role: row for row in result.setups[0].parameters}
    assert rows["theta"].status == "not read"
    assert rows["theta"].numeric_error is None
    assert rows["w_2"].status == "exact"
    assert rows["w_2"].numeric_error is not None
    errors = [finding.rule.code for finding in result.findings if finding.rule.severity == "error"]
    assert errors == ["GC002"]
    assert not [finding for finding in result.findings if finding.rule.code == "GC301"]
