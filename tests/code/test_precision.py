"""Types of few digits, complex steps and batches: found out by trying, and never believed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import check_gradient

Array = Any
RANDOM = np.random.default_rng(5)
X, Y = RANDOM.normal(size=(20, 30)), RANDOM.normal(size=20)
W = 0.3 * RANDOM.normal(size=30)


def loss(w: Array) -> Array:
    return np.sum((np.tanh(X @ w) - Y) ** 2)


def gradient(w: Array) -> Array:
    t = np.tanh(X @ w)
    return X.T @ (2 * (t - Y) * (1 - t**2))


def off(level: float) -> Any:
    def wrong(w: Array) -> Array:
        found = gradient(w)
        found[7] *= 1 + level
        return found

    return wrong


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_loss_that_follows_its_input_is_computed_in_float64(kind: Any) -> None:
    report = check_gradient(loss, gradient, W.astype(kind))
    assert report.verdict.value == "agrees"
    assert report.notes == (f"{np.dtype(kind)}: computed in float64",)
    assert report.rows[0].visible < 1e-10
    assert check_gradient(loss, off(1e-8), W.astype(kind)).verdict.value == "wrong"


def single(w: Array) -> Array:
    return np.float32(loss(w.astype(np.float32)))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_loss_of_few_digits_tells_what_it_shows(kind: Any) -> None:
    report = check_gradient(single, gradient, W.astype(kind))
    assert report.verdict.value == "agrees"
    assert "computed in float32" in report.notes[0]
    assert 1e-6 < report.rows[0].visible < 0.1
    assert check_gradient(single, lambda w: 1.05 * gradient(w), W).verdict.value == "wrong"


def test_a_gradient_that_overflows_in_its_own_type() -> None:
    point = np.array([1.0, 5.0, 20.0], dtype=np.float16)

    def softplus(z: Array) -> Array:
        return np.sum(np.logaddexp(0.0, z))

    report = check_gradient(softplus, lambda z: np.exp(z) / (1 + np.exp(z)), point)
    assert [finding.rule.code for finding in report.findings] == ["GC517"]
    assert report.findings[0].entry == (2,)
    fine = check_gradient(softplus, lambda z: 1 / (1 + np.exp(-z)), point)
    assert not fine.findings


@pytest.mark.parametrize("level", [1e-3, 1e-7, 1e-10])
def test_a_complex_step_sees_the_smallest_mistakes(level: float) -> None:
    assert check_gradient(loss, gradient, W).method == "complex step"
    report = check_gradient(loss, off(level), W)
    assert report.verdict.value == "wrong"
    assert (report.method, report.rows[0].wrong_entries) == ("complex step", 1)


@pytest.mark.parametrize("entry", range(0, 30, 5))
def test_an_imaginary_part_that_is_lost_at_one_entry(entry: int) -> None:
    """abs() drops it: taken at its word, the complex step would confirm the wrong gradient."""

    def value(w: Array) -> Array:
        return loss(w) + np.abs(w[entry])

    right = lambda w: gradient(w) + np.sign(w) * (np.arange(30) == entry)  # noqa: E731
    assert check_gradient(value, right, W).verdict.value == "agrees"
    wrong = check_gradient(value, gradient, W)
    assert wrong.verdict.value == "wrong"
    assert wrong.rows[0].worst_entry == (entry,)


def test_real_parts_and_casts_fall_back_to_differences() -> None:
    for value in (
        lambda w: loss(w).real,
        lambda w: float(loss(w)),
        lambda w: loss(w.astype(float)),
    ):
        report = check_gradient(value, gradient, W)
        assert (report.verdict.value, report.method) == ("agrees", "central differences")


def test_a_loss_with_a_batch_axis_is_called_for_many_points() -> None:
    calls = []

    def value(w: Array) -> Array:
        calls.append(w.shape)
        return np.sum(np.abs(w) ** 3, axis=-1)

    report = check_gradient(value, lambda w: 3 * np.abs(w) * w, W)
    assert report.verdict.value == "agrees"
    assert len(calls) < report.evaluations / 5


def test_a_loss_that_sums_over_everything_is_not_taken_for_one() -> None:
    def value(w: Array) -> Array:  # takes a batch, and returns one number or something else of it
        return np.sum(np.abs(w.reshape(-1, 30)) ** 3, axis=1) * (1.0 if w.ndim == 1 else 2.0)

    report = check_gradient(
        lambda w: value(w) if w.ndim > 1 else value(w)[0], lambda w: 3 * np.abs(w) * w, W
    )
    assert report.verdict.value == "agrees"


def test_a_complex_step_takes_little_more_than_an_evaluation_an_entry() -> None:
    """And where large terms cancel in some entries, these bounds are measured, not supposed."""
    random = np.random.default_rng(5)
    x = random.normal(size=(40, 1500))
    x[20:] = -x[:20] * (1.0 + 1e-9 * random.normal(size=(20, 1500)))

    def slope(w: Array) -> Array:
        z = x @ w
        return np.asarray(x.T @ np.cos(z * 1e-3))

    report = check_gradient(lambda w: np.sum(np.sin((x @ w) * 1e-3)) * 1e3, slope, x[0] * 0.1)
    assert (report.verdict.value, report.method) == ("agrees", "complex step")
    assert report.evaluations < 2 * 1500


def test_a_network_of_kinks_in_float32() -> None:
    """Steps as large as float32 needs cross kinks: no reason to call a right gradient wrong."""
    verdicts = []
    for seed, wrong in ((0, False), (1, False), (2, False), (3, False), (2, True), (3, True)):
        random = np.random.default_rng(seed)
        x = random.normal(size=(50, 5)).astype(np.float32)
        y = (random.random(50) > 0.5).astype(np.float32)
        w = [(random.normal(size=shape) / 3).astype(np.float32) for shape in ((5, 8), (8,))]

        def value(p: Array, x: Array = x, y: Array = y) -> Any:
            return np.float32(((np.maximum(x @ p[0], 0) @ p[1] - y) ** 2).mean())

        def slope(p: Array, x: Array = x, y: Array = y, wrong: bool = wrong) -> Array:
            z = x @ p[0]
            by_output = 2 * (np.maximum(z, 0) @ p[1] - y) / 50
            passed = np.ones_like(z) if wrong else z > 0
            return [x.T @ (np.outer(by_output, p[1]) * passed), np.maximum(z, 0).T @ by_output]

        verdicts.append(check_gradient(value, slope, w).verdict.value)
    assert "wrong" not in verdicts[:4]
    assert verdicts[4:] == ["wrong", "wrong"]
