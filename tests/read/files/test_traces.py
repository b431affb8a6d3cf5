"""Signs of a gradient in raw text: every spelling of the issue, and what only looks like one."""

from __future__ import annotations

import pytest

from gradcheck.read.files.traces import speaks_of_gradients

SIGNS = [
    "∂L/∂w", r"\partial", r"\pdv{L}{w}", r"\dv[2]{L}{w}", "∇L", r"\nabla f", "A Gradient.", "DERIVATIVES",
    "$f'$", "$y'' + y = 0$", "$$\n\ng' x\n$$", r"\(f' g + f g'\)", r"$\sigma'(z)$", "$w_{1}'$",
    r"$f^{\prime}$", "f'(x) = 2x", "y′ = 2", "$loss' = 2$", "```math\nh' = 1\n```",
    "dL/dw", "dL / dw_1", "dLoss/dW", "dloss/dw", "dz2/da1 = w2", "d/dx x^2", r"$d\hat{y}/dw$", "$d(uv)/dx$",
    r"\frac{dL}{dw}", r"\frac d{dx} f", r"\frac{d}{dx}", r"\frac{d^2 y}{dx^2}", r"\nicefrac{dL}{dw}",
    r"\frac{\mathrm{d}L}{\mathrm{d}w}", r"\frac{\operatorname{d} L}{\operatorname{d} w}",
    r"\frac{\mathrm d L}{\mathrm d w}", r"\dfrac{\text{d}L}{\text{d}w}", r"\frac{{d}L}{{d}w}",
    r"\frac{\displaystyle dL}{\displaystyle dw}", r"\frac{d\,L}{d\,w}", r"{dL \over dw}", "𝑑L/𝑑w",
    r"$\mathrm{d}L/\mathrm{d}w$", r"\operatorname{d}L / \operatorname{d}w", r"{\rm d}L/{\rm d}w",
    r"\frac{d\mathcal{L}}{d\mathbf{w}}", r"\frac{d L(\theta)}{d\theta}",
    "dw = x", "dW1 = X", "$dw_1 := 3$", r"$dW^{[1]} = \delta$", r"\mathrm{d}w = x", "$d w &= 3$",
]  # fmt: skip
NONE = [
    "", "# Soup\nIt's 5 dollars, don't pay $5 for Bob's $6.", "see docs/data and dist/docs", "data = load()",
    "default = 3\ndays = 2", "$E = mc^2$", r"$\frac{1}{2}$", r"$\frac{d}{2}$", "distance $d = vt$", "$v = d/t$",
    "I'm sure $x$", "l'Hôpital's rule $x = 2$", "mg/dL and and/or", "https://x.org/data/demo", "x == y", "5' tall, $3",
    r"\frac{distance}{time}", "add = 3", "6 dB/day", "r = d / 2",
]  # fmt: skip


@pytest.mark.parametrize("text", SIGNS)
def test_a_sign_is_seen_wherever_it_stands(text: str) -> None:
    assert speaks_of_gradients(text)
    assert speaks_of_gradients(f"# Notes\n\nSome words.\n\n{text}\n\nMore words.\n")


@pytest.mark.parametrize("text", NONE)
def test_other_matters_show_none(text: str) -> None:
    assert not speaks_of_gradients(text)


def test_text_with_zero_bytes_is_searched() -> None:
    assert speaks_of_gradients("d\0w\0 \0=\0 \0x\0")
