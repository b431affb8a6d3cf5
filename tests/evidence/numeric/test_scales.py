"""Slopes at every scale, and jumps told from bends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.evidence.numeric import Singles
from gradcheck.evidence.numeric.scales import Scale, jump, kink, quotients, reach, scales

POINT = np.array([0.7312, -1.4])


def along(loss: Callable[[Any], Any], point: Any = POINT) -> Singles:
    return Singles(lambda arrays: float(loss(arrays["w"])), {"w": point})


def longest(evaluations: Singles) -> Scale:
    return scales(evaluations, 0)[-1]


@settings(max_examples=25, deadline=None)
@given(st.floats(-3.0, 3.0), st.floats(0.1, 3.0))
def test_a_smooth_loss_has_one_slope_at_all_scales(shift: float, pace: float) -> None:
    found = scales(along(lambda w: np.sin(pace * w[0] + shift)), 0)
    slope = pace * np.cos(pace * POINT[0] + shift)
    assert len(found) > 20
    assert all(one.allows(slope) for one in found)
    assert min(one.bound for one in found) < 1e-9


def test_a_rounded_loss_has_none_near_by_and_its_course_from_afar() -> None:
    found = scales(along(lambda w: np.round(w[0] ** 2, 3)), 0)
    assert found[0].slope == 0.0
    assert abs(found[-1].slope - 2 * POINT[0]) < found[-1].bound < 0.1
    assert not found[-1].allows(0.0)


def test_a_fast_oscillation_is_resolved_on_short_ways_only() -> None:
    found = scales(along(lambda w: w[0] + 1e-12 * np.sin(1e10 * w[0])), 0)
    fast = 1.0 + 1e-2 * np.cos(1e10 * POINT[0])
    assert any(one.allows(fast) and not one.allows(1.0) for one in found)
    assert found[-1].allows(1.0)
    assert not found[-1].allows(fast)


def test_a_loss_that_stands_still_is_followed_further() -> None:
    still = along(lambda w: np.floor(w[0] / 4))
    assert longest(still).half > reach(still, 0)
    assert longest(along(lambda w: w[0])).half <= 0.5 * reach(still, 0)


def test_losses_that_are_not_finite_or_raise_nowhere_near_are_left_out() -> None:
    found = scales(along(lambda w: np.log(w[0] - 0.7) if w[0] > 0.7 else np.nan), 0)
    assert found
    assert all(one.half < 0.04 for one in found)


STEPS = {
    "rounded": lambda w: np.round(w[0], 1),
    "integers": lambda w: float(int(w[0] * 5)) + w[0],
    "a threshold": lambda w: w[0] ** 2 + 1e-6 * (w[0] > 0.79),
}
BENDS = {
    "smooth": lambda w: np.sin(3 * w[0]),
    "steep": lambda w: np.tanh(1e5 * (w[0] - 0.79)),
    "fast": lambda w: np.sin(40 * w[0]),
    "kinked": lambda w: abs(w[0] - 0.79),
}


@pytest.mark.parametrize("name", STEPS)
def test_jumps(name: str) -> None:
    evaluations = along(STEPS[name])
    found = jump(evaluations, 0, longest(evaluations))
    assert found is not None
    assert found.distance < 0.5


@pytest.mark.parametrize("name", BENDS)
def test_bends_are_no_jumps(name: str) -> None:
    evaluations = along(BENDS[name])
    assert jump(evaluations, 0, longest(evaluations)) is None


def test_the_size_and_place_of_a_jump() -> None:
    evaluations = along(STEPS["a threshold"])
    found = jump(evaluations, 0, longest(evaluations))
    assert found is not None
    assert found.size == pytest.approx(1e-6, rel=1e-3)
    assert found.distance == pytest.approx(0.79 - POINT[0], abs=1e-9)


def test_kinks_and_what_is_none() -> None:
    evaluations = along(BENDS["kinked"])
    found = kink(evaluations, 0, longest(evaluations))
    assert found is not None
    assert found.size == pytest.approx(2.0, rel=1e-3)
    for name in ("smooth", "fast", "steep"):
        evaluations = along(BENDS[name])
        assert kink(evaluations, 0, longest(evaluations)) is None


def test_quotients_are_taken_where_the_last_digits_do_not_drown_them() -> None:
    evaluations = along(lambda w: 2 * w[0] + 1e6)
    few, many = quotients(evaluations, 0, least=1e-2), quotients(evaluations, 0, least=10.0)
    assert 0 < few.size < many.size
    assert np.allclose(few, 2.0, atol=1e-2)


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_sizes_at_the_ends_of_the_numbers(size: float) -> None:
    evaluations = along(lambda w: w[0] / size, np.array([size, 1.0]))
    assert len(scales(evaluations, 0)) < 60
    assert longest(evaluations).allows(1 / size)
