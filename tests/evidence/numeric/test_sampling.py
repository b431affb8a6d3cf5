"""Sampling along directions: wrong entries of every kind are located, right claims never refuted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.evidence.numeric.complex_step import NotAnalytic
from gradcheck.evidence.numeric.directions import Claim, ComplexProbe, Direction
from gradcheck.evidence.numeric.measurement import EPS
from gradcheck.evidence.numeric.sampling import Sampled, sample

SHAPES = ((30, 20), (30,), (30, 1), ())
SIZES = [int(np.prod(shape)) for shape in SHAPES]
STARTS = np.concatenate([[0], np.cumsum(SIZES)]).astype(np.intp)
TOTAL = int(STARTS[-1])


def network(scales: tuple[float, ...] = (1, 1, 1, 1), seed: int = 0) -> tuple[Any, Any, np.ndarray]:
    """A loss of 661 parameters, analytic, its gradient and a point; the blocks' sizes differ."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((16, 20)), rng.standard_normal(16)
    factors = np.repeat(scales, SIZES)

    def parts(flat: Any) -> list[Any]:
        cut = zip(STARTS, STARTS[1:], SHAPES, strict=False)
        return [(flat / factors)[a:b].reshape(shape) for a, b, shape in cut]

    def loss(flat: Any) -> Any:
        w, b, v, c = parts(flat)
        return np.mean((np.tanh(x @ w.T + b) @ v[:, 0] + c - y) ** 2)

    def gradient(flat: Any) -> Any:
        w, b, v, c = parts(flat)
        a = np.tanh(x @ w.T + b)
        delta = 2 * (a @ v[:, 0] + c - y) / len(y)
        inner = delta[:, None] * v[:, 0] * (1 - a**2)
        found = [inner.T @ x, inner.sum(0), delta @ a, [delta.sum()]]
        return np.concatenate([np.ravel(part) for part in found]) / factors

    return loss, gradient, rng.standard_normal(TOTAL) / 4 * factors


def claim_of(
    wrong: Callable[[np.ndarray], None] = lambda g: None,
    *,
    analytic: bool = True,
    scales: tuple[float, ...] = (1, 1, 1, 1),
    seed: int = 0,
) -> Claim:
    loss, gradient, point = network(scales, seed)

    def claimed(flat: Any) -> Any:
        found = gradient(flat)
        wrong(found)
        return found

    here = claimed(point)
    return Claim(
        loss, claimed, point, STARTS, here, 4 * EPS * np.abs(here), loss if analytic else None
    )


def run(claim: Claim, seed: int = 0) -> Sampled:
    return sample(claim, SHAPES, seed)


def located(found: Sampled) -> list[int]:
    assert all(block.located for block in found.blocks if block.refuted)
    return [int(entry) for block in found.blocks for entry in block.entries]


@pytest.mark.parametrize("analytic", [True, False])
@pytest.mark.parametrize("scales", [(1, 1, 1, 1), (1, 1e-4, 1e4, 1e-3)])
@pytest.mark.parametrize("seed", range(4))
def test_a_right_claim_is_not_refuted(seed: int, scales: tuple[float, ...], analytic: bool) -> None:
    found = run(claim_of(analytic=analytic, scales=scales, seed=seed), seed)
    assert not any(block.refuted for block in found.blocks)
    assert found.method == ("complex step" if analytic else "central differences")
    assert found.evaluations < (40 if analytic else 500)
    for block in found.blocks:
        assert block.visible is not None and block.visible < 1e-5 * block.slope


@pytest.mark.parametrize("analytic", [True, False])
@pytest.mark.parametrize("level", [1e-1, 1e-4, 1e-6])
@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_wrong_entries_are_located_exactly(count: int, level: float, analytic: bool) -> None:
    rng = np.random.default_rng(count)
    entries = np.sort(rng.choice(TOTAL, count, replace=False))
    signs = rng.choice((-1.0, 1.0), count)

    def wrong(g: np.ndarray) -> None:
        g[entries] += level * signs * np.abs(g).max()

    claim = claim_of(wrong, analytic=analytic)
    found = run(claim)
    assert located(found) == list(entries)
    right = claim_of().claimed
    for block in found.blocks:
        assert np.all(np.abs(block.values - right[block.entries]) <= block.bounds)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12), st.floats(-5, 0))
def test_any_few_wrong_entries_are_located(seed: int, count: int, magnitude: float) -> None:
    rng = np.random.default_rng(seed)
    entries = np.sort(rng.choice(TOTAL, count, replace=False))

    def wrong(g: np.ndarray) -> None:
        g[entries] += 10.0**magnitude * np.abs(g).max()

    assert located(run(claim_of(wrong, seed=seed % 7), seed)) == list(entries)


@pytest.mark.parametrize("analytic", [True, False])
def test_swapped_columns_do_not_cancel(analytic: bool) -> None:
    def wrong(g: np.ndarray) -> None:
        w = g[:600].reshape(30, 20)
        w[:, [3, 4]] = w[:, [4, 3]]

    found = run(claim_of(wrong, analytic=analytic))
    assert [block.refuted for block in found.blocks] == [True, False, False, False]
    block = found.blocks[0]
    if block.located:  # sixty entries are few enough to be named
        assert set(block.entries % 20) == {3, 4} and len(block.entries) == 60
    else:
        assert block.many and block.where[1] == (1, (range(3, 4), range(4, 5)))


@pytest.mark.parametrize("analytic", [True, False])
def test_a_block_that_is_wrong_as_a_whole_is_named_with_a_sample(analytic: bool) -> None:
    def wrong(g: np.ndarray) -> None:
        g[:600] *= 2

    found = run(claim_of(wrong, analytic=analytic))
    block = found.blocks[0]
    assert [b.refuted for b in found.blocks] == [True, False, False, False]
    assert block.many and not block.located
    assert len(block.entries) == 16
    right = claim_of().claimed[block.entries]
    assert np.all(np.abs(block.values - right) <= block.bounds)
    assert found.evaluations < (300 if analytic else 2500)


def test_a_row_of_mistakes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcheck.evidence.numeric.recovery.MOST_CELLS", 20)

    def wrong(g: np.ndarray) -> None:
        g[:600].reshape(30, 20)[17] *= -1
        g[:600].reshape(30, 20)[2:9] *= -1

    block = run(claim_of(wrong)).blocks[0]
    assert block.many
    assert dict(block.where)[0] == tuple(range(k, k + 1) for k in (*range(2, 9), 17))
    assert set(block.entries // 20) <= {*range(2, 9), 17}


def test_a_small_block_does_not_drown() -> None:
    def wrong(g: np.ndarray) -> None:
        g[660] *= 1 + 1e-3

    scales = (1e-6, 1, 1, 1e6)  # the last one's slope is 1e-12 of the first one's
    assert located(run(claim_of(wrong, scales=scales))) == [660]
    assert located(run(claim_of(wrong, scales=scales, analytic=False))) == [660]


def test_an_omitted_block_is_refuted() -> None:
    def wrong(g: np.ndarray) -> None:
        g[600:630] = 0

    found = run(claim_of(wrong))
    assert [block.refuted for block in found.blocks] == [False, True, False, False]
    assert located(found) == list(range(600, 630))


def lossy(flat: Any) -> Any:
    """abs() of a complex number is real, and the slope of that part is lost."""
    return np.sum(flat**3) + 1e-3 * np.sum(np.abs(flat))


def test_a_loss_that_is_not_analytic_is_found_out() -> None:
    point = np.random.default_rng(0).standard_normal(TOTAL)

    def gradient(flat: Any) -> Any:
        return 3 * flat**2 + 1e-3 * np.sign(flat)

    here = gradient(point)
    claim = Claim(lossy, gradient, point, STARTS, here, EPS * np.abs(here), lossy)
    found = run(claim)
    assert found.method == "central differences" and "another slope" in found.why
    assert not any(block.refuted for block in found.blocks)
    without = replace(claim, claimed=3 * point**2, gradient=lambda flat: 3 * flat**2)
    assert all(block.refuted for block in run(without).blocks)


@pytest.mark.parametrize(
    "loss",
    [
        lambda flat: float(np.sum(np.real(flat) ** 2)),
        lambda flat: np.sum(np.logaddexp(0, flat)),
        lambda flat: np.sum(np.asarray(flat, dtype=float) ** 2),
        lambda flat: np.sum(np.sqrt(flat - flat) / 0.0 * flat),
    ],
)
def test_what_does_not_take_complex_numbers_is_told(loss: Any) -> None:
    point = np.ones(TOTAL)
    claim = Claim(loss, lambda flat: 2 * flat, point, STARTS, 2 * point, EPS * point, loss)
    probe = ComplexProbe(claim)
    direction = Direction(0, np.arange(3), np.ones(3))
    try:
        slope = probe.slope(direction, point)
    except NotAnalytic as error:
        assert str(error)
    else:
        assert slope == 0.0  # the imaginary part was dropped: real steps will tell


def test_at_a_kink_either_slope_is_right() -> None:
    point = np.random.default_rng(1).standard_normal(TOTAL)
    point[5] = 0.0

    def loss(flat: Any) -> Any:
        return np.sum(np.where(np.real(flat) > 0, flat, 0.0 * flat) * 2.0)

    for at_kink in (0.0, 1.0, 2.0):
        here = 2.0 * (point > 0)
        here[5] = at_kink
        claim = Claim(loss, lambda flat, h=here: h, point, STARTS, here, EPS * np.abs(here), loss)
        found = run(claim)
        assert not any(5 in block.entries for block in found.blocks)


def test_stopped_by_the_user_it_tells_what_is_known() -> None:
    def wrong(g: np.ndarray) -> None:
        g[3] += 1.0

    claim = claim_of(wrong, analytic=False)
    whole = run(claim)
    for after in (5, whole.evaluations - 20):
        calls = 0

        def loss(flat: Any, after: int = after) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise KeyboardInterrupt
            return claim.loss(flat)

        found = run(replace(claim, loss=loss))
        assert found.interrupted
        if after == 5:
            assert all(block.visible is None for block in found.blocks)
        else:
            assert found.blocks[0].refuted and not found.blocks[1].refuted


@pytest.mark.parametrize("sizes", [(0,), (0, 3, 0)])
def test_parameters_without_entries(sizes: tuple[int, ...]) -> None:
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    point = np.ones(starts[-1])
    claim = Claim(
        lambda flat: float(flat @ flat),
        lambda flat: 2 * flat,
        point,
        starts,
        2 * point,
        point * EPS,
    )
    found = sample(claim, [(size,) for size in sizes], 0)
    assert not any(block.refuted for block in found.blocks)
    assert [block.visible is not None for block in found.blocks] == [size > 0 for size in sizes]
