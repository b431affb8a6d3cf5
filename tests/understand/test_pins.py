"""Pins of the front matter: each one counts and is named, or is refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify
from gradcheck.report.results import DocumentResult

PAGE = r"""
$$z = w x + b, \quad h = g(z), \quad o = v h + c$$

$$E = \frac{1}{2} (o - t)^2$$

$$\frac{\partial E}{\partial v} = (o - t) h, \quad \frac{\partial E}{\partial c} = o - t$$

$$\frac{\partial E}{\partial w} = (o - t) v (1 - h^2) x$$

$$\frac{\partial E}{\partial b} = (o - t) v (1 - h^2)$$
"""
TWO_OUTPUTS = r"""
$$z_2 = w x + b, \quad a_2 = \sigma(z_2), \quad a_2 = \tanh(z_2)$$

$$\text{BCE} = -y \ln a_2 - (1 - y) \ln(1 - a_2)$$

$$\text{MSE} = \frac{1}{2} (a_2 - y)^2$$
"""


def verified(front: str, page: str, folder: Path) -> DocumentResult:
    (folder / "page.md").write_text(f"---\n{front}\n---\n{page}", encoding="utf-8")
    report = verify([folder / "page.md"])
    assert not report.errors
    return report.documents[0]


def told(result: DocumentResult) -> list[tuple[str, int, str]]:
    """The text under each finding about the front matter, with its line and message."""
    return [
        (result.document.source(f.span), result.document.line_of(f.span), f.message)
        for f in result.findings
        if f.rule.code == "GC007"
    ]


def statuses(result: DocumentResult) -> dict[str, str]:
    return {row.source_name: row.status for s in result.setups for row in s.parameters}


@pytest.mark.parametrize(
    ("front", "reading"),
    [
        ("activations: {g: tanh}", "line 2: g is the tanh, as the front matter says"),
        ("inputs: [x]", "line 2: x is an input, as the front matter says"),
        ("labels: t", "line 2: t is a label, as the front matter says"),
        ("parameters: {w_2: v}", "line 2: v is the parameter w_2, as the front matter says"),
        ("parameters: [v, c]", "line 2: v is a parameter, as the front matter says"),
        (
            "setup: mse/identity",
            "line 2: the output of mse is the identity, as the front matter says",
        ),
    ],
)
def test_a_pin_that_fits_is_named_among_the_readings(
    front: str, reading: str, tmp_path: Path
) -> None:
    result = verified(front, PAGE, tmp_path)
    assert told(result) == []
    assert reading in result.readings


def test_a_pinned_activation_decides(tmp_path: Path) -> None:
    assert statuses(verified("activations: {g: tanh}", PAGE, tmp_path))["w"] == "exact"
    assert statuses(verified("activations: {g: sigmoid}", PAGE, tmp_path))["w"] == "WRONG"
    assert statuses(verified("title: none", PAGE, tmp_path))["w"] == "not decided"


def test_a_pinned_role_leaves_the_other_roles(tmp_path: Path) -> None:
    result = verified("parameters: {w_2: v}\nactivations: {g: tanh}", PAGE, tmp_path)
    assert {row.role: row.source_name for s in result.setups for row in s.parameters} == {
        "w_1": "w", "b_1": "b", "w_2": "v", "b_2": "c",
    }  # fmt: skip
    assert all(row.note == "" for setup in result.setups for row in setup.parameters)


def test_a_pinned_setup_decides_which_output_counts(tmp_path: Path) -> None:
    page = TWO_OUTPUTS + r"$$\frac{\partial \text{BCE}}{\partial b} = \frac{1-a_2^2}{1}$$"
    usual = verified("title: none", page, tmp_path)
    assert [setup.name for setup in usual.setups] == ["logloss/sigmoid"]
    result = verified("setup: logloss/tanh", page, tmp_path)
    assert [setup.name for setup in result.setups] == ["logloss/tanh"]
    assert not told(result)


def test_a_reading_can_be_pinned(tmp_path: Path) -> None:
    page = TWO_OUTPUTS + r"$$\frac{\partial C}{\partial b} = a_2 - y$$"
    usual = verified("title: none", page, tmp_path)
    assert [setup.name.split("/")[0] for setup in usual.setups] == ["mse"]
    other = verified("readings: {loss-before: no}", page, tmp_path)
    assert [setup.name for setup in other.setups] == ["logloss/sigmoid"]
    assert [r for r in other.readings if r.endswith("what counts is C is BCE, as the front")] == []
    assert any("C is BCE" in r and "as the front matter says" in r for r in other.readings)
    assert not told(other)


@pytest.mark.parametrize(
    ("front", "under", "words"),
    [
        ("parameters: {foo: w}", "foo", "foo is no parameter of the network"),
        ("parameters: {w_1: bar}", "bar", "bar occurs nowhere"),
        ("parameters: {w_1: w, w_2: w}", "w_2", "pinned as two parameters"),
        ("activations: {g: blorp}", "blorp", "no activation that gradcheck knows"),
        ("activations: {q: tanh}", "q", "q is applied nowhere"),
        ("activations: tanh", "activations", "takes pairs such as {g: tanh}"),
        ("inputs: [t]\nlabels: [t]", "t", "pinned under inputs already"),
        ("inputs: [w]", "w", "a gradient by it is claimed"),
        ("inputs: [h]", "h", "the document defines it"),
        ("labels: {y: t}", "labels", "labels takes words"),
        ("setup: logloss/sigmoid", "logloss/sigmoid", "it has mse/identity"),
        ("setup: squares", "squares", "write the loss"),
        ("readings: {cases: no}", "cases", "did you mean case?"),
        ("readings: {case: perhaps}", "case", "takes yes or no"),
    ],
)
def test_a_pin_that_does_not_fit_is_refused_at_its_place(
    front: str, under: str, words: str, tmp_path: Path
) -> None:
    result = verified(f"title: x\n{front}", PAGE, tmp_path)
    (found,) = told(result)
    assert found[0] == under
    assert found[1] == 2 + len(front.splitlines())
    assert words in found[2]
    assert statuses(result)["v"] == "exact"  # what does not fit is disregarded, the rest judged


def test_a_definition_stands_against_a_pin(tmp_path: Path) -> None:
    page = r"$$g(z) = \tanh z$$" + PAGE
    result = verified("activations: {g: sigmoid}", page, tmp_path)
    assert ["the document defines g as the tanh" in m for _, _, m in told(result)] == [True]
    assert statuses(result)["w"] == "exact"
