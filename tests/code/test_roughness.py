"""Right gradients of losses that jump, oscillate or lose digits are not called wrong; wrong ones
are, wherever the loss can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(20, 4))
Y = RANDOM.normal(size=20)
W = RANDOM.normal(size=4)
Loss = Callable[[Any], Any]


def mean_square(w: Any) -> float:
    return float(np.mean((X @ w - Y) ** 2))


def slopes(w: Any) -> Any:
    return 2 * X.T @ (X @ w - Y) / len(Y)


def fixed_point(w: Any, tolerance: float) -> float:
    x = np.zeros(4)
    while True:
        x, before = np.tanh(0.6 * x + w), x
        if np.max(np.abs(x - before)) < tolerance:
            return float(np.sum(x**2))


def implicit(w: Any) -> Any:
    x = np.zeros(4)
    for _ in range(200):
        x = np.tanh(0.6 * x + w)
    return 2 * x * (1 - x**2) / (1 - 0.6 * (1 - x**2))


TABLE = np.sin(np.linspace(-4, 4, 8001))
ROUGH: dict[str, tuple[Loss, Loss]] = {
    "rounded to 0.01": (lambda w: np.round(mean_square(w), 2), slopes),
    "rounded to 0.1": (lambda w: np.round(mean_square(w), 1), slopes),
    "rounded to integers": (lambda w: np.round(mean_square(w)), slopes),
    "six digits": (lambda w: float(f"{mean_square(w):.4g}"), slopes),
    "rounded parameters": (lambda w: mean_square(np.round(w, 3)), slopes),
    "quantised weights": (lambda w: mean_square(np.round(w * 64) / 64), slopes),
    "quantised units": (lambda w: float(np.mean((np.floor(X @ w * 100) / 100 - Y) ** 2)), slopes),
    "integers": (lambda w: int(mean_square(w) * 1000) / 1000, slopes),
    "pixels": (lambda w: float(np.mean(((X @ w * 256).astype(int) / 256 - Y) ** 2)), slopes),
    "half precision in a part": (lambda w: mean_square(w) + float(np.float16(np.sum(w**2))), lambda w: slopes(w) + 2 * w),
    "half precision inside": (lambda w: float(np.mean((X.astype("e") @ w.astype("e") - Y.astype("e")) ** 2)), slopes),
    "a table": (lambda w: float(sum(TABLE[round((x + 4) * 1000)] for x in w)), np.cos),
    "between the lines of a table": (lambda w: float(np.interp(w, np.linspace(-4, 4, 8001), TABLE).sum()), np.cos),
    "stopped at 1e-3": (lambda w: fixed_point(w, 1e-3), implicit),
    "stopped at 1e-8": (lambda w: fixed_point(w, 1e-8), implicit),
    "sin(1e12 w)": (lambda w: float(np.sum(np.sin(1e12 * np.abs(w)))), lambda w: 1e12 * np.cos(1e12 * np.abs(w)) * np.sign(w)),
    "a fast ripple": (lambda w: mean_square(w) + 1e-11 * float(np.sum(np.sin(1e8 * np.abs(w)))), lambda w: slopes(w) + 1e-3 * np.cos(1e8 * np.abs(w)) * np.sign(w)),
}  # fmt: skip
"""Right gradients, of the loss that is meant or of the one that is computed."""


@pytest.mark.parametrize("name", ROUGH)
def test_a_rough_loss_is_not_decided_and_says_why(name: str) -> None:
    loss, gradient = ROUGH[name]
    report = gradcheck.check_gradient(loss, gradient, W)
    assert report.verdict.value == "undecided", str(report)
    assert [finding.rule.code for finding in report.findings] == ["GC519"]
    assert report.rows[0].note.startswith("not decided: the loss ")


SEEN = [name for name in ROUGH if "0.1" not in name and name != "rounded to integers"]


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.parametrize("factor", [2.0, -1.0])
def test_a_wrong_one_is_wrong_where_steps_are_small(name: str, factor: float) -> None:
    loss, gradient = ROUGH[name]
    report = gradcheck.check_gradient(loss, lambda w: factor * gradient(w), W)
    assert report.verdict.value == "wrong", str(report)


SMOOTH: dict[str, tuple[Loss, Loss]] = {
    "the ripple is forgotten": (lambda w: np.sum(w + np.sin(40 * w) / 40), np.ones_like),
    "the bump is forgotten": (lambda w: np.sum(w**2 + 1e-3 * np.exp(-((w - W) * 1e3) ** 2 + (w - W) * 1e3)), lambda w: 2 * w),
    "steep": (lambda w: np.sum(np.tanh(1e3 * (w - W - 1e-4))), np.zeros_like),
    "of another branch": (lambda w: np.sum(np.maximum(w - W + 1e-3, 0.0)), np.zeros_like),
    "with a threshold elsewhere": (lambda w: mean_square(w) + 0.01 * np.mean(X @ w > Y), lambda w: 1.5 * slopes(w)),
    "of a small part": (mean_square, lambda w: slopes(w) * (1 + 1e-7)),
}  # fmt: skip


@pytest.mark.parametrize("name", SMOOTH)
def test_what_the_loss_has_from_afar_excuses_no_wrong_gradient_of_a_smooth_one(name: str) -> None:
    loss, wrong = SMOOTH[name]
    report = gradcheck.check_gradient(lambda w: float(loss(w)), wrong, W)
    assert report.verdict.value == "wrong", str(report)


def test_jumps_along_one_parameter_hide_small_slopes_by_another() -> None:
    def loss(p: Any) -> float:
        return float(np.round(np.sum(p["a"] ** 2) + 1e-3 * p["b"], 1))

    point = {"a": W, "b": np.array(0.4)}
    report = gradcheck.check_gradient(loss, lambda p: {"a": 2 * p["a"], "b": np.array(1e-3)}, point)
    assert [row.verdict.value for row in report.rows] == ["undecided", "undecided"]
    loud = gradcheck.check_gradient(loss, lambda p: {"a": 2 * p["a"], "b": np.array(9.0)}, point)
    assert [row.verdict.value for row in loud.rows] == ["undecided", "wrong"]


def test_jumps_hide_no_slope_that_is_plain_to_see() -> None:
    """As of a codebook: what stands beside it jumps, itself it moves the loss smoothly."""

    def loss(p: Any) -> float:
        return float(np.round(np.sum(p["a"] ** 2), 1) + np.sum(np.sin(p["c"])))

    point = {"a": W, "c": 0.01 * W}
    report = gradcheck.check_gradient(loss, lambda p: {"a": 2 * p["a"], "c": 0 * p["c"]}, point)
    assert [row.verdict.value for row in report.rows] == ["undecided", "wrong"]


def test_complex_steps_follow_where_differences_do_not() -> None:
    fast = 1e12
    report = gradcheck.check_gradient(
        lambda w: np.sum(np.sin(fast * w)), lambda w: fast * np.cos(fast * w), W
    )
    assert report
    assert "complex steps" in report.rows[0].note
    assert not gradcheck.check_gradient(
        lambda w: np.sum(np.sin(fast * w)), lambda w: 1.1 * fast * np.cos(fast * w), W
    )


HILBERT = 1.0 / (np.arange(6)[:, None] + np.arange(6) + 1.0)


def test_a_claim_that_is_off_by_its_own_rounding_only() -> None:
    point = np.random.default_rng(5).normal(size=6)
    report = gradcheck.check_gradient(
        lambda w: float(np.sum(np.linalg.solve(HILBERT, w) ** 2)) * 1e-10,
        lambda w: 2e-10 * np.linalg.inv(HILBERT) @ (np.linalg.inv(HILBERT) @ w),
        point,
    )
    assert report.verdict.value != "wrong", str(report)
    assert {finding.rule.code for finding in report.findings} <= {"GC517"}


def test_a_loss_that_raises_anything_beside_the_point_is_measured_elsewhere() -> None:
    line = np.linspace(0.0, 1.0, 4)

    def loss(w: Any) -> float:
        assert np.max(w) <= 1.0
        return float(np.sum(w**2)) + float(line[int(w[0])])

    report = gradcheck.check_gradient(loss, lambda w: 2 * w, np.array([0.2, 1.0]))
    assert report
    assert [finding.rule.code for finding in report.findings] == ["GC512"]
    assert "AssertionError" in report.findings[0].message
