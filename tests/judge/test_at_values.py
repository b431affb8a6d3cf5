"""A worked example with ReLU: what holds at the values given is not called wrong, nor right."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcheck

TEXT = r"""Let $x = 2$, $y = 1$, $w_1 = 0.3$, $b_1 = 0.1$, $w_2 = -0.5$, $b_2 = 0.4$.

$$z_1 = w_1 x + b_1, \quad a_1 = \mathrm{ReLU}(z_1), \quad \hat y = w_2 a_1 + b_2$$
$$L = (\hat y - y)^2$$
$$\frac{\partial L}{\partial a_1} = 2 (\hat y - y) w_2$$
$$\frac{\partial L}{\partial w_1} = \frac{\partial L}{\partial a_1} \cdot 1 \cdot x$$
"""


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("", "", "undecided"),
        (r"\cdot 1 \cdot x", r"\cdot \mathrm{ReLU}'(z_1) \cdot x", "exact"),
        (r"\cdot 1 \cdot x", r"\cdot 0 \cdot x", "wrong"),
        (r"\cdot 1 \cdot x", r"\cdot 1", "wrong"),
        (", $w_2 = -0.5$", "", "wrong"),  # one is not given: nothing holds at the others
        ("w_1 = 0.3", "w_1 = -0.3", "wrong"),  # the unit is off there
    ],
)
def test_a_slope_that_is_one_there(tmp_path: Path, old: str, new: str, verdict: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    (document,) = gradcheck.verify([path]).documents
    judged = [step.verdict for step in document.steps if step.line == 6]
    assert [found.value for found in judged if found is not None] == [verdict]


WORKED = r"""$$z = w h, \quad p = \sigma(z), \quad L = -\log(1 - p)$$

LINE

$$\frac{dL}{dw} = SIDE$$
"""


@pytest.mark.parametrize(
    ("line", "side", "verdict"),
    [
        (r"$$\frac{dL}{dz} = p = 0.562$$", r"0.562 \cdot h", "exact"),
        (r"$$p = \sigma(z) = 0.562$$", "0.562 h", "exact"),
        (r"$$\frac{dL}{dz} = p = 0.562$$", "0.562 h^2", "wrong"),
        (r"$$\frac{dL}{dz} = p = 0.562$$", "0.652 h", "wrong"),
        (r"$$\frac{dL}{dz} = p = 0.5$$", "0.5 h", "wrong"),  # one decimal: it may be a half
        (r"$$p = 0.56, \quad z = \frac12 = 0.56$$", "0.56 h", "undecided"),  # of which?
    ],
)
def test_a_number_stands_for_what_came_to_it(
    tmp_path: Path, line: str, side: str, verdict: str
) -> None:
    path = tmp_path / "a.md"
    path.write_text(WORKED.replace("LINE", line).replace("SIDE", side), encoding="utf-8")
    (document,) = gradcheck.verify([path]).documents
    (row,) = document.setups[0].parameters
    assert row.verdict is not None
    assert row.verdict.value == verdict
