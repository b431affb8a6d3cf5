"""Documents in index notation against a reference: its network, the document's names."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.language.verdict import Verdict
from gradcheck.report.results import DocumentResult

REFERENCE = r"""
$$z_j = \sum_k w_{jk} x_k + b_j, \qquad h_j = \tanh(z_j)$$

$$o_k = \sum_j v_{kj} h_j + c_k, \qquad E = \frac{1}{2} \sum_k (o_k - t_k)^2$$
"""
NETWORK = r"""
$$z_j = \sum_i w_{ji} x_i + b_j, \qquad h_j = \tanh(z_j)$$

$$o_k = \sum_j v_{kj} h_j + c_k$$
"""
LOSS = r"""
$$C = \frac{1}{2} \sum_k (o_k - t_k)^2$$
"""
GRADIENTS = r"""
$$\delta_k = \frac{\partial C}{\partial o_k} = o_k - t_k$$

$$\frac{\partial C}{\partial v_{kj}} = \delta_k h_j, \qquad \frac{\partial C}{\partial c_k} = \delta_k$$

$$\frac{\partial C}{\partial b_j} = (1 - h_j^2) \sum_k \delta_k v_{kj}$$

$$\frac{\partial C}{\partial w_{ji}} = (1 - h_j^2) x_i \sum_k \delta_k v_{kj}$$
"""
WHOLE = NETWORK + LOSS + GRADIENTS


def against(text: str, folder: Path, reference: str = REFERENCE) -> DocumentResult:
    (folder / "task.md").write_text(reference, encoding="utf-8")
    (folder / "page.md").write_text(text, encoding="utf-8")
    report = verify([folder / "page.md"], against=folder / "task.md")
    assert not report.errors
    return report.documents[0]


def rows(result: DocumentResult) -> list[str]:
    return [
        row.verdict.value if row.verdict is not None else "none"
        for setup in result.setups
        for row in setup.parameters
    ]


def codes(result: DocumentResult) -> list[str]:
    return [finding.rule.code for finding in result.findings if not finding.follows_from]


SAME = {
    "the same network": WHOLE,
    "only the gradients": GRADIENTS,
    "without the loss": NETWORK + GRADIENTS,
    "another name of a weight": WHOLE.replace("w_{ji}", "u_{ji}"),
    "another name of a value": WHOLE.replace("h_j", "a_j"),
    "the weights swapped": WHOLE.replace("w_{", "Q_{").replace("v_{", "w_{").replace("Q_{", "v_{"),
    "a weight's indices in the other order": WHOLE.replace("w_{ji}", "w_{ij}"),
    "terms in another order": WHOLE.replace(r"\sum_i w_{ji} x_i + b_j", r"b_j + \sum_i x_i w_{ji}"),
    "a count above": WHOLE.replace(r"\sum_i w", r"\sum_{i=1}^n w"),
}


@pytest.mark.parametrize("name", SAME)
def test_gradients_of_the_reference_are_exact(name: str, tmp_path: Path) -> None:
    result = against(SAME[name], tmp_path)
    assert rows(result) == ["exact"] * 4
    assert codes(result) == []


WRONG = {
    "a slope left out": ("(1 - h_j^2) x_i", "x_i"),
    "a sum left out": (r"x_i \sum_k \delta_k v_{kj}", r"x_i \delta_j v_{jj}"),
    "an index": (r"\frac{\partial C}{\partial v_{kj}} = \delta_k h_j",
                 r"\frac{\partial C}{\partial v_{kj}} = \delta_j h_k"),
    "a sign": ("= o_k - t_k", "= t_k - o_k"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("before", ["", NETWORK, NETWORK + LOSS])
def test_what_is_wrong_is_found_however_little_is_said(
    name: str, before: str, tmp_path: Path
) -> None:
    result = against(before + GRADIENTS.replace(*WRONG[name]), tmp_path)
    assert any(step.verdict is Verdict.WRONG for step in result.steps)
    assert any(code.startswith("GC1") for code in codes(result))


def test_another_definition_is_told_and_what_follows_from_it(tmp_path: Path) -> None:
    text = WHOLE.replace(r"\tanh(z_j)", r"\sigma(z_j)").replace("(1 - h_j^2)", "h_j (1 - h_j)")
    result = against(text, tmp_path)
    assert sorted(rows(result)) == ["exact", "exact", "wrong", "wrong"]
    assert codes(result) == ["GC311"]
    (told,) = [f for f in result.findings if f.rule.code == "GC311"]
    assert told.message == (
        "h_j is σ(z_j) here, in the reference (task.md, line 2) tanh(z_j): "
        "what follows is judged by the reference"
    )


def test_a_loss_without_its_half_is_a_constant(tmp_path: Path) -> None:
    text = WHOLE.replace(r"\frac{1}{2} \sum_k (o", r"\sum_k (o")
    result = against(text, tmp_path)
    assert rows(result) == ["exact"] * 4
    assert codes(result) == ["GC312"]


def test_an_easier_loss_is_another_one(tmp_path: Path) -> None:
    text = WHOLE.replace(r"\sum_k (o_k - t_k)^2", r"\sum_k (o_k - t_k)")
    result = against(text.replace("= o_k - t_k", r"= \frac{1}{2}"), tmp_path)
    assert codes(result)[0] == "GC311"
    wrong = [s.line for s in result.steps if s.verdict is Verdict.WRONG]
    assert wrong == [6, 8]


def test_a_helper_of_the_reference_is_none_of_the_document(tmp_path: Path) -> None:
    reference = REFERENCE + r"$$\delta_k = (o_k - t_k)^2$$"
    assert rows(against(WHOLE, tmp_path, reference)) == ["exact"] * 4


def test_gradients_in_the_reference_are_not_believed(tmp_path: Path) -> None:
    reference = REFERENCE + r"$$\frac{\partial E}{\partial c_k} = t_k - o_k$$"
    result = against(WHOLE, tmp_path, reference)
    assert rows(result) == ["exact"] * 4


def test_softmax_and_cross_entropy(tmp_path: Path) -> None:
    reference = r"""
$$z_k = \sum_j v_{kj} x_j + c_k, \qquad p_k = \frac{e^{z_k}}{\sum_l e^{z_l}}$$

$$L = -\sum_k y_k \log p_k, \qquad \sum_k y_k = 1$$
"""
    right = r"""
$$\frac{\partial L}{\partial v_{kj}} = (p_k - y_k) x_j, \qquad \frac{\partial L}{\partial c_k} = p_k - y_k$$
"""
    assert rows(against(right, tmp_path, reference)) == ["exact", "exact"]
    wrong = right.replace("= p_k - y_k", r"= \sum_k (p_k - y_k)")
    assert "wrong" in rows(against(wrong, tmp_path, reference))
