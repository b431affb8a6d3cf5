"""Finite differences: errors within their bounds, tight bounds, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import numpy as np
import pytest

from gradcheck.evidence.numeric import NotDifferentiable, NumericGradient, gradient
from tests.reference.multiprecision import (
    LARGE,
    NAMES,
    SMALL,
    Case,
    Reference,
    batched_loss,
    draw,
    extended_gradient,
)

Array = np.ndarray
Point = Mapping[str, Array]


def errors(actual: NumericGradient, expected: Mapping[str, Array]) -> tuple[Array, Array]:
    """Errors and bounds of all entries, each as a part of its parameter's largest entry."""
    off, bound = [], []
    for name, exact in expected.items():
        largest = np.abs(exact).max()
        off.append(np.abs(actual.values[name] - exact).ravel() / largest)
        bound.append(actual.bounds[name].ravel() / largest)
    return np.concatenate(off), np.concatenate(bound)


def check(off: Array, bound: Array) -> None:
    """What the bounds promise."""
    assert off.max() < 1e-9
    assert np.mean(off <= bound) >= 0.999
    assert np.median(bound) <= 1e-9
    assert np.quantile(bound, 0.99) <= 1e-7


@pytest.mark.parametrize("loss", ["mse", "logloss"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "identity"])
def test_against_60_digits(hidden: str, loss: str) -> None:
    found = []
    for seed in range(8):
        case = draw(hidden, loss, SMALL, seed)
        reference = Reference(case)
        expected = {name: reference.gradient(name) for name in NAMES}
        found.append(errors(gradient(batched_loss(case), case.point), expected))
    check(*(np.concatenate(part) for part in zip(*found, strict=True)))


@pytest.mark.parametrize("loss", ["mse", "logloss"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
def test_at_the_large_sizes(hidden: str, loss: str) -> None:
    case = draw(hidden, loss, LARGE, seed=11)  # test_backprop checks its extended gradient
    actual = gradient(batched_loss(case), case.point)
    check(*errors(actual, extended_gradient(case)))
    assert actual.evaluations < 16 * 2113


def test_shapes_names_and_count() -> None:
    case = draw("tanh", "mse", SMALL, seed=0)
    points = 0

    def loss(p: Point) -> Array:
        nonlocal points
        batch = max(len(value) for value in p.values())
        assert set(p) == set(NAMES)
        for name, value in p.items():
            assert value.shape[1:] == case.point[name].shape
            assert len(value) in (1, batch)
        points += batch
        return batched_loss(case)(dict(p))

    actual = gradient(loss, case.point)
    assert actual.evaluations == points
    for name, value in case.point.items():
        assert actual.values[name].shape == actual.bounds[name].shape == value.shape
        assert (actual.bounds[name] > 0).all()


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_chunks_bound_the_batch(chunk: int) -> None:
    case = draw("sigmoid", "logloss", SMALL, seed=0)
    largest = 0

    def loss(p: Point) -> Array:
        nonlocal largest
        largest = max(largest, *(len(value) for value in p.values()))
        return batched_loss(case)(dict(p))

    actual = gradient(loss, case.point, chunk=chunk)
    # All displacements of one entry stay together: 8 differences, 24 points to hear the noise.
    assert largest <= max(chunk, 24)
    off, bound = errors(actual, extended_gradient(case))
    assert (off <= bound).all()
    with pytest.raises(ValueError, match="chunk"):
        gradient(loss, case.point, chunk=0)


def test_a_run_repeats_itself() -> None:
    case = draw("tanh", "logloss", SMALL, seed=5)
    first, second = (gradient(batched_loss(case), case.point) for _ in range(2))
    for name in NAMES:
        np.testing.assert_array_equal(first.values[name], second.values[name])
        np.testing.assert_array_equal(first.bounds[name], second.bounds[name])


@pytest.mark.parametrize("loss", ["mse", "logloss"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
def test_an_offset_widens_the_bounds_honestly(hidden: str, loss: str) -> None:
    kept, total = 0, 0
    for seed in range(10):
        case = draw(hidden, loss, SMALL, seed)
        plain = batched_loss(case)
        expected = extended_gradient(case)
        for shifted in (
            lambda p, f=plain: f(p) + 1e6,
            lambda p, f=plain: (f(p) + 1e6) - 1e6,
        ):
            off, bound = errors(gradient(shifted, case.point), expected)
            kept, total = kept + np.count_nonzero(off <= bound), total + off.size
            assert np.median(bound) > 1e-10  # ten digits of the loss are gone
            assert np.median(bound) < 1e-4
    assert kept >= 0.999 * total


def test_a_parameter_the_loss_does_not_use() -> None:
    case = draw("tanh", "mse", SMALL, seed=1)
    unused = {"unused": np.full((2, 3), 5.0), "zero": np.array(0.0)}
    actual = gradient(batched_loss(case), {**case.point, **unused})
    for name, value in unused.items():
        np.testing.assert_array_equal(actual.values[name], np.zeros_like(value))
        assert (actual.bounds[name] < 1e-13).all()


@pytest.mark.parametrize("loss", ["mse", "logloss"])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "identity"])
@pytest.mark.parametrize("factor", [1e-8, 1e-4, 1e4, 1e8])
def test_inputs_large_and_weights_small(factor: float, hidden: str, loss: str) -> None:
    case = draw(hidden, loss, SMALL, seed=6)
    weights = case.parameters.w_1 / factor
    point = {**case.point, "w_1": weights}
    scaled = Case(case.network, type(case.parameters)(**point), case.x * factor, case.y, case.scale)
    off, bound = errors(gradient(batched_loss(scaled), point), extended_gradient(scaled))
    check(off, bound)
    assert (off <= bound).all()


@pytest.mark.parametrize("factor", [1e-8, 1e-4, 1e4, 1e8])
def test_one_feature_on_another_scale(factor: float) -> None:
    case = draw("sigmoid", "mse", SMALL, seed=6)
    scales = np.array([1.0, factor, 1.0])
    point = {**case.point, "w_1": case.parameters.w_1 / scales}
    scaled = Case(case.network, type(case.parameters)(**point), case.x * scales, case.y, case.scale)
    actual, expected = gradient(batched_loss(scaled), point), extended_gradient(scaled)
    # Column by column: against the largest column the others would look exact.
    for name in NAMES:
        off = np.abs(actual.values[name] - expected[name])
        assert (off <= actual.bounds[name]).all(), name
    relative = actual.bounds["w_1"] / np.abs(expected["w_1"]).max(axis=0)
    assert relative.max() < 1e-3


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_the_scale_of_the_loss(factor: float) -> None:
    case = draw("tanh", "logloss", SMALL, seed=6)
    plain = batched_loss(case)
    actual = gradient(lambda p: factor * plain(dict(p)), case.point)
    expected = {name: factor * value for name, value in extended_gradient(case).items()}
    check(*errors(actual, expected))


def test_widely_spread_frequencies_and_domains() -> None:
    frequencies = np.array([1e-8, 1e-3, 1.0, 1e3, 1e8])
    point = {"a": np.linspace(0.3, 1.0, 5)}
    actual = gradient(lambda p: np.sin(frequencies * p["a"]).sum(axis=1), point)
    exact = frequencies * np.cos(frequencies * point["a"])
    assert (np.abs(actual.values["a"] - exact) <= actual.bounds["a"]).all()
    # A step across 0 leaves the domain of the logarithm: a smaller one is found.
    point = {"a": np.array([1e-9, 1e-5, 1e-3, 3.0, 1e8])}
    actual = gradient(lambda p: np.log(p["a"]).sum(axis=1), point)
    assert (np.abs(actual.values["a"] - 1 / point["a"]) <= actual.bounds["a"]).all()
    assert (actual.bounds["a"][:4] < 1e-6 / point["a"][:4]).all()


def test_at_and_near_kinks() -> None:
    point = {"a": np.array([0.0, 1e-9, -1e-5, 1e-3, 3.0])}
    actual = gradient(lambda p: np.abs(p["a"]).sum(axis=1), point)
    slope = np.array([1.0, 1.0, -1.0, 1.0, 1.0])
    for either in (slope, slope * np.array([-1.0, 1, 1, 1, 1])):
        assert (np.abs(actual.values["a"] - either) <= actual.bounds["a"]).all()
    assert 1.0 <= actual.bounds["a"][0] < 1.1
    assert (actual.bounds["a"][1:] < 1e-3).all()


def test_at_an_optimum_the_slopes_drown_in_rounding() -> None:
    case = draw("tanh", "mse", SMALL, seed=9)
    plain = batched_loss(case)
    # The same code computes the labels, so that they are met to the last digit.
    x = case.x
    p = case.point
    y = np.tanh(x @ p["w_1"].T + p["b_1"]) @ p["w_2"] + p["b_2"]
    optimum = Case(case.network, case.parameters, x, y, case.scale)
    actual = gradient(batched_loss(optimum), case.point)
    for name in NAMES:
        assert np.abs(actual.values[name]).max() < 1e-14
        assert actual.bounds[name].max() < 1e-12
    assert plain({k: v[None] for k, v in p.items()})[0] > 1e-3  # elsewhere it is not 0


def test_a_loss_that_is_not_finite_is_named() -> None:
    point = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}
    with pytest.raises(NotDifferentiable, match="nan at the point"):
        gradient(lambda p: p["a"].sum(axis=1) * np.nan, point)

    def only_here(p: Point) -> Array:
        return np.where(p["a"][:, 1] == 2.0, 1.0, np.nan) + p["b"] ** 2

    with pytest.raises(NotDifferentiable, match=r"along a\[1\]"):
        gradient(only_here, point)

    def b_only_here(p: Point) -> Array:
        return np.where(p["b"] == 3.0, 1.0, np.inf) + p["a"].sum(axis=1)

    with pytest.raises(NotDifferentiable, match="along b "):
        gradient(b_only_here, point)
    with pytest.raises(ValueError, match="parameter a"):
        gradient(lambda p: p["a"].sum(axis=1), {"a": np.array([np.inf])})


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"shape \(\d+, 2\): expected"):
        gradient(lambda p: p["a"], {"a": np.ones(2)})


def test_empty_points() -> None:
    assert gradient(lambda p: np.ones(1), {}).values == {}
    actual = gradient(lambda p: p["b"] ** 2, {"a": np.zeros((0, 3)), "b": np.array(2.0)})
    assert actual.values["a"].shape == (0, 3)
    assert actual.values["b"] == pytest.approx(4.0)


def test_a_loss_that_writes_to_its_input_does_not_move_the_point() -> None:
    def loss(p: Point) -> Array:
        total = (p["a"] ** 2).sum(axis=1)
        p["a"][...] = 0.0
        return np.asarray(total)

    point = {"a": np.array([1.0, 2.0])}
    with pytest.raises(ValueError, match="read-only"):
        gradient(loss, point)
    np.testing.assert_array_equal(point["a"], [1.0, 2.0])


def test_knows_nothing_of_documents() -> None:
    program = (
        "import sys, gradcheck.evidence.numeric\n"
        "found = {m for m in sys.modules if m.startswith(('gradcheck.', 'sympy', 'mpmath'))}\n"
        "found -= {'gradcheck.evidence', 'gradcheck.project', 'gradcheck.project.version'}\n"
        "assert all(m.startswith('gradcheck.evidence.numeric') for m in found), found"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
