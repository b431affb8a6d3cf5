"""Figures: what is rounded passes, what is another number does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcheck

NETWORK = r"""
$z = w_1 x + b_1$, $h = \sigma(z)$, $\hat y = w_2 h + b_2$, $L = \frac12 (\hat y - y)^2$

$$\frac{\partial L}{\partial w_2} = (\hat y - y) h, \quad \frac{\partial L}{\partial b_2} = \hat y - y$$

Take $x = 2$, $y = 1$, $w_1 = 0.5$, $b_1 = -1$, $w_2 = 0.8$, $b_2 = 0.3$.
"""


def complaints(line: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("numbers") / "document.md"
    path.write_text(f"{NETWORK}\n$${line}$$\n", encoding="utf-8")
    (result,) = gradcheck.verify([path]).documents
    assert {f.rule.code for f in result.findings} <= {"GC140"}
    return [finding.suggestion or "" for finding in result.findings]


RIGHT = [
    r"z = 0.5 \cdot 2 - 1 = 0",
    r"h = \sigma(0) = 0.5",
    r"h = \sigma(0) = \frac{1}{1 + e^{0}} = \frac{1}{2}",
    r"\hat y = w_2 h + b_2 = 0.8 \cdot 0.5 + 0.3 = 0.7",
    r"\frac{\partial L}{\partial w_2} = (\hat y - y) h = (0.7 - 1) \cdot 0.5 = -0.15",
    r"\frac{\partial L}{\partial b_2} = -0.3",
    r"L = \frac12 (0.7 - 1)^2 = 0.045 \approx 0.05",
    r"L = 4.5 \cdot 10^{-2}",
    r"\sigma(1) \approx 0.731",
    r"\sigma(1) = 0.7310",
    r"\sigma(1) (1 - \sigma(1)) = 0.73 \cdot 0.27 = 0.1966",
    r"b_2 \leftarrow b_2 - 0.1 \cdot (-0.3) = 0.33",
    r"\tanh(0.5) = 0.4621",
    r"\frac{2}{3} = 0.67",
    r"\frac{2}{3} = 0.66",
]
WRONG = [
    (r"z = 0.5 \cdot 2 + 1 = 2", ""),
    (r"h = \sigma(0) = 0.73", "0.50"),
    (r"\hat y = 0.8 \cdot 0.5 + 0.3 = 0.43", "0.70"),
    (r"\frac{\partial L}{\partial w_2} = (\hat y - y) h = (0.7 - 1) \cdot 0.5 = 0.15", "-0.15"),
    (r"\frac{\partial L}{\partial b_2} = 0.3", "-0.3"),
    (r"L = \frac12 (0.7 - 1)^2 = 0.09", "0.045"),
    (r"L = \frac12 (\hat y - y)^2 = \frac12 (0.7 - 2)^2", ""),
    (r"\sigma(1) \approx 0.741", "0.731"),
    (r"b_2 \leftarrow b_2 - 0.1 \cdot (-0.3) = 0.27", "0.33"),
    (r"2 \cdot 3 = 5", "6"),
]


@pytest.mark.parametrize("line", RIGHT)
def test_right_numbers_pass(line: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert complaints(line, tmp_path_factory) == []


@pytest.mark.parametrize(("line", "suggestion"), WRONG)
def test_wrong_numbers_are_found(
    line: str, suggestion: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (found,) = complaints(line, tmp_path_factory)
    assert found == suggestion


@given(st.floats(-50, 50), st.integers(0, 6), st.booleans())
def test_rounding_and_cutting_off_pass_and_two_units_do_not(
    value: float, places: int, cut: bool
) -> None:
    from gradcheck.judge.worked.figures import Figure, come_to_the_same

    unit = 10.0**-places
    whole = value / unit
    held = abs(whole - round(whole)) < 1e-6
    near = int(whole) if cut and not held else round(whole)
    written = Figure(near * unit, unit=unit)
    assert come_to_the_same(Figure(value), written)
    for off in (-2, 2):
        assert not come_to_the_same(Figure(value), Figure((round(whole) + off) * unit, unit=unit))
