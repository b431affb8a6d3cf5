"""Pages with |u|, sign(u), √(u²): both signs are seen, by the algebra and by the numbers."""

from __future__ import annotations

import pytest

from tests.judge.lines import verdicts

PAGES = {
    "penalty": (
        r"$z = w x + b, \quad L = \frac12 (z-y)^2 + \lambda |w| + \mu |b|$",
        [
            (r"$$\frac{\partial L}{\partial w} = (z-y) x + \lambda$$", "wrong"),
            (r"$$\frac{\partial L}{\partial w} = (z-y) x - \lambda$$", "wrong"),
            (r"$$\frac{\partial L}{\partial w} = (z-y) x + \lambda |w|$$", "wrong"),
            (r"$$\frac{\partial L}{\partial w} = (z-y) x + \lambda\,\mathrm{sgn}(w)$$", "exact"),
            (r"$$\frac{\partial L}{\partial w} = (z-y) x + \lambda \frac{w}{|w|}$$", "exact"),
            (r"$$\frac{\partial L}{\partial b} = z-y + \mu\,\mathrm{sign}(w)$$", "wrong"),
            (r"$$\frac{\partial L}{\partial b} = z-y + \mu\frac{|b|}{b}$$", "exact"),
        ],
    ),
    "mean and penalty": (
        r"$z = w x + b, \quad L = \frac1N\sum_i (z_i-y_i)^2 + \lambda |w|$",
        [
            (r"$$\frac{\partial L}{\partial w} = \frac2N\sum_i(z_i-y_i)x_i + \lambda$$", "wrong"),
            (
                r"$$\frac{\partial L}{\partial w} = \frac2N\sum_i(z_i-y_i)x_i"
                r" + \lambda\frac{|w|}{w}$$",
                "exact",
            ),
        ],
    ),
    "root of a square": (
        r"$z=w\sqrt{x^2}+b$, $L=\frac12(z-y)^2+\lambda\sqrt{w^2}$",
        [
            (r"$$\frac{\partial L}{\partial w}=(z-y)|x|+\lambda\frac{w}{|w|}$$", "exact"),
            (r"$$\frac{\partial L}{\partial w}=(z-y)|x|+\lambda$$", "wrong"),
            (r"$$\frac{\partial L}{\partial w}=(z-y)x+\lambda\,\mathrm{sign}(w)$$", "wrong"),
            (r"$$\frac{\partial L}{\partial b}=z-y$$", "exact"),
        ],
    ),
    "distance": (
        r"$z=w x+b$, $L=\sqrt{(z-y)^2}$",
        [
            (r"$$\frac{\partial L}{\partial w}=\mathrm{sign}(z-y)x$$", "exact"),
            (r"$$\frac{\partial L}{\partial w}=x$$", "wrong"),
            (r"$$\frac{\partial L}{\partial b}=\frac{z-y}{|z-y|}$$", "exact"),
            (r"$$\frac{\partial L}{\partial b}=\mathrm{sign}(y-z)$$", "wrong"),
        ],
    ),
    "positive constant": (
        r"$z=w x+b$, $L=\frac{(z-y)^2}{\sqrt{s^2}}$",
        [
            (r"$$\frac{\partial L}{\partial w}=\frac{2(z-y)x}{s}$$", "exact"),
            (r"$$\frac{\partial L}{\partial b}=\frac{2(z-y)}{s^2}$$", "wrong"),
        ],
    ),
    "stable log loss": (
        r"$z=wx+b$, $L=\max(z,0)-zy+\ln(1+e^{-|z|})$",
        [
            (r"$$\frac{\partial L}{\partial w}=(\sigma(z)-y)x$$", "exact"),
            (r"$$\frac{\partial L}{\partial b}=\sigma(z)-y$$", "exact"),
            (r"$$\frac{\partial L}{\partial b}=\sigma(|z|)-y$$", "wrong"),
            (
                r"$$\frac{\partial L}{\partial b}=\mathbf 1[z>0]-y"
                r"-\frac{\mathrm{sign}(z)}{1+e^{|z|}}$$",
                "exact",
            ),
        ],
    ),
    "even activation": (
        r"$z=w_1x+b_1$, $a=\tanh(|z|)$, $\hat y=w_2 a+b_2$, $L=\frac12(\hat y-y)^2$",
        [
            (
                r"$$\frac{\partial L}{\partial w_1}"
                r"=(\hat y-y)w_2(1-\tanh^2(z))\,\mathrm{sgn}(z) x$$",
                "exact",
            ),
            (r"$$\frac{\partial L}{\partial b_1}=(\hat y-y)w_2(1-a^2)$$", "wrong"),
            (r"$$\frac{\partial L}{\partial w_2}=(\hat y-y)\tanh(z)$$", "wrong"),
        ],
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_both_signs_are_seen(name: str) -> None:
    first, lines = PAGES[name]
    for line, verdict in lines:
        assert verdicts(f"{first}\n\n{line}\n").get(3) == verdict, line
