"""What is recognised and named, and nobody accused of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import check_gradient

Array = Any
RANDOM = np.random.default_rng(3)
X, Y = RANDOM.normal(size=(6, 4)), RANDOM.normal(size=6)
W = RANDOM.normal(size=4)


def loss(w: Array) -> Array:
    return 0.5 * np.sum((X @ w - Y) ** 2)


def gradient(w: Array) -> Array:
    return X.T @ (X @ w - Y)


def codes(report: Any) -> list[str]:
    return [finding.rule.code for finding in report.findings]


def test_a_loss_that_differs_from_call_to_call() -> None:
    noise = np.random.default_rng(0)
    report = check_gradient(lambda w: loss(w * (noise.random(4) > 0.2)), gradient, W)
    assert report.verdict.value == "undecided"
    assert "GC510" in codes(report)
    assert "not deterministic" in report.rows[0].note


def test_a_gradient_that_differs_from_call_to_call() -> None:
    noise = np.random.default_rng(0)
    report = check_gradient(loss, lambda w: gradient(w) * noise.random(), W)
    assert report.verdict.value == "undecided"
    assert codes(report) == ["GC510"]


def test_a_loss_that_drifts_with_every_call() -> None:
    calls = [0]

    def drifting(w: Array) -> Array:
        calls[0] += 1
        return loss(w) + (0.1 if calls[0] > 20 else 0.0)

    assert check_gradient(drifting, gradient, W).verdict.value == "undecided"


@pytest.mark.parametrize("by", ["loss", "gradient"])
def test_an_input_changed_in_place(by: str) -> None:
    def spoiling(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
        def spoilt(w: Array) -> Array:
            found = function(w)
            w *= 2.0
            return found

        return spoilt

    before = W.copy()
    functions = {"loss": loss, "gradient": gradient}
    functions[by] = spoiling(functions[by])
    report = check_gradient(**functions, parameters=W)
    np.testing.assert_array_equal(W, before)
    assert report.verdict.value == "agrees"
    assert codes(report) == ["GC511"]
    assert report.findings[0].message.startswith(f"the {by} changes parameters in place")


@pytest.mark.parametrize("factor", [1 / 6, 2.0, -1.0])
def test_a_gradient_of_a_multiple_of_the_loss(factor: float) -> None:
    report = check_gradient(loss, lambda w: factor * gradient(w), W)
    assert report.verdict.value == "wrong"
    assert codes(report)  # which of them: test_diagnosis


def test_a_gradient_by_the_logarithm() -> None:
    point = np.array([0.5, 1.0, 3.0])
    report = check_gradient(lambda s: np.sum(np.log(s) + 1 / s), lambda s: 1 - 1 / s, point)
    assert report.verdict.value == "undecided"
    assert codes(report) == ["GC515"]
    wrong = check_gradient(lambda s: np.sum(np.log(s) + 1 / s), lambda s: 1 + 1 / s, point)
    assert wrong.verdict.value == "wrong"


def test_another_layout() -> None:
    a = RANDOM.normal(size=(2, 3))
    report = check_gradient(lambda w: np.sum(a * np.sin(w)), lambda w: (a * np.cos(w)).T, 0.1 * a)
    assert report.verdict.value == "agrees"
    assert codes(report) == ["GC516"]
    report = check_gradient(loss, lambda w: gradient(w)[:, None], W)
    assert codes(report) == ["GC516"]


def test_a_point_at_which_nothing_can_be_seen() -> None:
    still = check_gradient(lambda w: np.sum(w**2), lambda w: 7.0 * w, np.zeros(3))
    assert still.verdict.value == "undecided"
    assert "GC513" in codes(still)
    drowned = check_gradient(lambda w: 1e12 + 1e-9 * loss(abs(w)), lambda w: 0.0 * w, W)
    assert drowned.verdict.value == "undecided"


def test_a_parameter_that_does_not_matter() -> None:
    report = check_gradient(
        lambda p: loss(p["w"]), lambda p: {"w": gradient(p["w"]), "u": 0.0 * p["u"]},
        {"w": W, "u": np.ones(3)},
    )  # fmt: skip
    assert [row.verdict.value for row in report.rows] == ["agrees", "agrees"]


def quadrant(w: Array) -> float:
    if (w < 0).any():
        raise ValueError("outside")
    return float(np.sum(w**2 + 3 * w))


def test_the_edge_of_the_domain() -> None:
    point = np.array([0.5, 0.0, 2.0])
    report = check_gradient(quadrant, lambda w: 2 * w + 3, point)
    assert report.verdict.value == "agrees"
    assert codes(report) == ["GC512"]
    assert "ValueError: outside" in report.findings[0].message
    assert check_gradient(quadrant, lambda w: 2 * w + 3.001, point).verdict.value == "wrong"


def test_a_slope_without_end_is_not_decided() -> None:
    point = np.array([0.5, 0.0])
    slope = lambda w: 0.5 / np.sqrt(np.maximum(w, 1e-9))  # noqa: E731
    report = check_gradient(lambda w: np.sum(np.sqrt(w)), slope, point)
    assert report.verdict.value == "undecided"
    assert report.rows[0].checked == 1


def relu_loss(w: Array) -> Array:
    return 0.5 * np.sum((np.maximum(X @ w, 0) - Y) ** 2)


@pytest.mark.parametrize(
    ("factor", "at_zero", "verdict"),
    [(1, 0, "agrees"), (1, 1, "agrees"), (1, 0.5, "agrees"), (2, 0, "wrong"), (0.5, 0, "wrong"), (1, 50, "wrong")],
)  # fmt: skip
def test_where_every_kink_meets(factor: float, at_zero: float, verdict: str) -> None:
    def slope(w: Array) -> Array:
        z = X @ w
        return factor * X.T @ ((np.maximum(z, 0) - Y) * np.where(z == 0, at_zero, z > 0))

    report = check_gradient(relu_loss, slope, np.zeros(4))
    assert report.verdict.value == verdict
    assert "kink" in report.rows[0].note


@pytest.mark.parametrize(
    ("slope", "verdict"), [(-1.0, "agrees"), (0.3, "agrees"), (1.0, "agrees"), (1.01, "wrong")]
)
def test_any_slope_between_the_two_sides_of_a_kink(slope: float, verdict: str) -> None:
    def claimed(w: Array) -> Array:
        return np.where(w == 0, slope, np.sign(w)) + 2 * w

    point = np.array([0.0, 0.4, -1.3])
    report = check_gradient(lambda w: np.sum(np.abs(w)) + w @ w, claimed, point)
    assert report.verdict.value == verdict, str(report)


@pytest.mark.parametrize(("at_zero", "verdict"), [(1.0, "agrees"), (5.0, "wrong"), (1.01, "wrong")])
def test_a_branch_at_the_point_is_no_noise(at_zero: float, verdict: str) -> None:
    """The gradient is right everywhere about the point, and not at it."""
    point = np.array([1.0, 3.0, 0.0, 2.0, -1.0, 0.0])
    report = check_gradient(
        lambda x: (x**2 + x).sum(), lambda x: np.where(x == 0, at_zero, 2 * x + 1), point
    )
    assert report.verdict.value == verdict
    if verdict == "wrong":
        assert codes(report) == ["GC535"]
        assert report.rows[0].wrong_entries == 2


def test_a_steep_gradient_is_no_branch() -> None:
    """It changes in its fifth digit when the point changes in its last, to both sides."""
    point = np.random.default_rng(8).uniform(0.1, 0.9, size=40)
    report = check_gradient(
        lambda x: np.sum(np.sin(x * 1e11)) * 1e-11, lambda x: np.cos(x * 1e11), point
    )
    assert report.verdict.value == "agrees"
    assert report.rows[0].visible is not None
    assert report.rows[0].visible > 1e-5
