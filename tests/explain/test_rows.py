"""What a wrong claim got wrong, for its row and its finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.language.finding import Finding

FORWARD = r"""
$$a_1 = \sigma(w_1 x + b_1), \quad \hat{y} = w_2 a_1 + b_2, \quad L = \frac{1}{2} (\hat{y} - y)^2$$
"""
OTHERS = {
    "w_2": r"(\hat{y} - y) a_1",
    "b_2": r"\hat{y} - y",
    "w_1": r"(\hat{y} - y) w_2 a_1 (1 - a_1) x",
    "b_1": r"(\hat{y} - y) w_2 a_1 (1 - a_1)",
}


def error(tmp_path: Path, parameter: str, claim: str) -> Finding:
    """The only error of a document whose other gradients are right."""
    claims = {**OTHERS, parameter: claim}
    lines = [rf"$$\frac{{\partial L}}{{\partial {key}}} = {side}$$" for key, side in claims.items()]
    document = tmp_path / "document.md"
    document.write_text(FORWARD + "\n" + "\n\n".join(lines) + "\n", encoding="utf-8")
    (result,) = verify(document).documents
    (finding,) = [f for f in result.findings if f.rule.severity == "error"]
    return finding


def test_the_root_of_a_square_is_no_matter_of_sign(tmp_path: Path) -> None:
    finding = error(tmp_path, "b_2", r"\sqrt{(\hat{y} - y)^2}")
    assert finding.rule.code == "GC105"
    assert "never negative" in finding.message
    assert error(tmp_path, "b_2", r"-(\hat{y} - y)").rule.code == "GC103"


@pytest.mark.parametrize("parameter", ["b_1", "b_2"])
def test_no_sign_of_the_very_parameter_is_offered_elsewhere(tmp_path: Path, parameter: str) -> None:
    finding = error(tmp_path, parameter, f"-({OTHERS[parameter]})")
    assert finding.rule.code == "GC103"
    assert "or line" not in finding.message
    assert finding.suggestion is not None
