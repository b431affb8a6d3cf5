"""A close look at single entries: more digits than differences, none claimed at kinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from gradcheck import check_gradient
from gradcheck.evidence.numeric import Singles, differentiate, differentiate_closely

Point = Mapping[str, np.ndarray]
AT = np.array([0.3, -1.2, 2.1, 0.7])
NOTHING = {"x": np.zeros(4)}


def log_loss(p: Point) -> float:
    """Of 1e-4 times the first entry; `logaddexp` takes no complex numbers."""
    return float(np.sum(np.logaddexp(0.0, p["x"] * np.array([1e-4, 1.0, -2.0, 3.0]))) + 5.0)


def slope(p: Point) -> dict[str, np.ndarray]:
    a = np.array([1e-4, 1.0, -2.0, 3.0])
    return {"x": a / (1.0 + np.exp(-a * p["x"]))}


def closely(loss: Callable[[Point], float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and bounds after the close look, and the bounds before it."""
    evaluations = Singles(loss, {"x": AT})
    known = differentiate(evaluations)
    found = differentiate_closely(evaluations, known, np.arange(4), NOTHING)
    return found.values["x"], found.bounds["x"], known.bounds["x"]


def test_bounds_are_tighter_and_hold() -> None:
    values, bounds, before = closely(log_loss)
    assert np.all(np.abs(values - slope({"x": AT})["x"]) <= bounds)
    assert np.all(bounds <= before)
    assert np.median(bounds) < 0.2 * np.median(before)


@pytest.mark.parametrize("gap", [0.0, 1e-9, 1e-6, 1e-3, 0.1])
def test_a_kink_nearby_is_not_smoothed_over(gap: float) -> None:
    kinks = AT + gap
    values, bounds, _ = closely(lambda p: float(np.sum(np.maximum(p["x"] - kinks, 0.0)) + 1.0))
    assert np.all(np.abs(values) <= bounds)


def test_what_the_claim_may_be_off_by_is_added() -> None:
    evaluations = Singles(log_loss, {"x": AT})
    known = differentiate(evaluations)
    found = differentiate_closely(evaluations, known, np.arange(4), {"x": known.bounds["x"]})
    assert np.array_equal(found.bounds["x"], known.bounds["x"])


@pytest.mark.parametrize("entry", range(4))
def test_a_mistake_below_what_differences_see_is_caught(entry: int) -> None:
    known = differentiate(Singles(log_loss, {"x": AT}))
    off = np.where(np.arange(4) == entry, 3.0 * known.bounds["x"], 0.0)
    assert known.agrees("x", slope({"x": AT})["x"] + off)
    report = check_gradient(log_loss, lambda p: {"x": slope(p)["x"] + off}, {"x": AT})
    assert report.verdict.value == "wrong", str(report)
    assert check_gradient(log_loss, slope, {"x": AT}).verdict.value == "agrees"
