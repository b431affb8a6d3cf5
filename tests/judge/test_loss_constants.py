"""A constant that all gradients leave out is a convention if the loss gives it, else a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import verify

SCALAR = r"""
$$z = w x + b, \quad a = {inner}$$

$$L = {loss}$$

$$\frac{{\partial L}}{{\partial w}} = {w}$$

$$\frac{{\partial L}}{{\partial b}} = {b}$$
"""
INDEXED = r"""
$$h_j = \tanh\Big(\sum_k w_{{jk}} x_k + b_j\Big), \quad o_k = \sum_j v_{{kj}} h_j$$

$$E = {loss}$$

$$\delta_k = {delta}$$

$$\frac{{\partial E}}{{\partial v_{{kj}}}} = {front} \delta_k h_j$$

$$\frac{{\partial E}}{{\partial b_j}} = {front} (1 - h_j^2) \sum_k \delta_k v_{{kj}}$$
"""


def scalar(loss: str, front: str, inner: str = "z", slope: str = "") -> str:
    side = rf"{front} (a - y) {slope}"
    return SCALAR.format(loss=loss, inner=inner, w=side + " x", b=side)


def of_samples(loss: str, front: str) -> str:
    side = rf"{front} \sum_{{i=1}}^N (a_i - y_i)"
    return SCALAR.format(loss=loss, inner="z", w=side + " x_i", b=side)


def indexed(loss: str, delta: str, front: str = "") -> str:
    return INDEXED.format(loss=loss, delta=delta, front=front)


SQUARE, HALF = "(a - y)^2", r"\frac{1}{2} (a - y)^2"
MEAN = r"\frac{1}{N} \sum_{i=1}^N (a_i - y_i)^2"
HALF_MEAN = r"\frac{1}{2N} \sum_{i=1}^N (a_i - y_i)^2"
SQUARES = r"\sum_k (o_k - t_k)^2"
PLAIN = "o_k - t_k"
GIVEN = {
    "the 2 of the square": scalar(SQUARE, ""),
    "the half": scalar(HALF, "2"),
    "the mean": of_samples(MEAN, "2"),
    "the mean and the square": of_samples(MEAN, ""),
    "the mean, not the half": of_samples(HALF_MEAN, ""),
    "the half, not the mean": of_samples(HALF_MEAN, r"\frac{2}{N}"),
    "a factor of the author's": scalar(r"7 (a - y)^2", "2"),
    "with axes": indexed(SQUARES, PLAIN),
    "with axes, by an error term": indexed(r"\frac{1}{2}" + SQUARES, "2 (o_k - t_k)"),
}
NOT_GIVEN = {
    "a 3 for the 2": scalar(SQUARE, "3"),
    "a 4 for the 2": scalar(SQUARE, "4"),
    "an inner 2": scalar(HALF, "", r"\sigma(2 z)", "a (1 - a)"),
    "a mean that the loss has not": of_samples(
        r"\frac{1}{2} \sum_{i=1}^N (a_i - y_i)^2", r"\frac{2}{N}"
    ),
    "a 5 with axes": indexed(SQUARES, PLAIN, "5"),
    "a 3 in an error term": indexed(SQUARES, "3 (o_k - t_k)"),
}


def found(text: str, folder: Path) -> tuple[set[str], list[str]]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    (result,) = verify([folder / "page.md"]).documents
    rows = {p.verdict.value for s in result.setups for p in s.parameters if p.verdict}
    return rows, [f.message for f in result.findings if f.rule.code in ("GC201", "GC203")]


@pytest.mark.parametrize("name", GIVEN)
def test_what_the_loss_gives_is_a_note(name: str, tmp_path: Path) -> None:
    rows, (message,) = found(GIVEN[name], tmp_path)
    assert rows == {"convention"}
    assert message.endswith("it only rescales the learning rate")


@pytest.mark.parametrize("name", NOT_GIVEN)
def test_anything_else_is_a_warning(name: str, tmp_path: Path) -> None:
    rows, (message,) = found(NOT_GIVEN[name], tmp_path)
    assert rows == {"convention"}
    assert message.endswith(("it does not come from the loss", "where the loss gives 2"))
