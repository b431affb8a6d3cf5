"""Random smooth functions with known gradients: within the bound if right, refuted if wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.evidence.numeric import gradient

Array = np.ndarray
Univariate = tuple[Callable[[Array], Array], Callable[[Array], Array]]  # function, derivative

OUTER: tuple[Univariate, ...] = (
    (np.sin, np.cos),
    (np.exp, np.exp),
    (np.tanh, lambda u: 1.0 / np.cosh(u) ** 2),
    (lambda u: u**3 - 2.0 * u, lambda u: 3.0 * u**2 - 2.0),
    (lambda u: 1.0 / (2.0 + u**2), lambda u: -2.0 * u / (2.0 + u**2) ** 2),
    (lambda u: np.log1p(np.exp(u)), lambda u: 1.0 / (1.0 + np.exp(-u))),
    (lambda u: u**9, lambda u: 9.0 * u**8),
    (lambda u: u * 0.0, lambda u: u * 0.0),
)


@dataclass(frozen=True)
class Composition:
    """Σ_r c_r f_r(A_r·a + d_r) g_r(b): products and compositions over a vector and a scalar."""

    terms: tuple[tuple[int, int], ...]
    seed: int

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        count = len(self.terms)
        rows = random.normal(size=(count, 3)) * 10.0 ** random.uniform(-2, 1, size=(count, 1))
        rows[random.uniform(size=rows.shape) < 0.2] = 0.0
        scale = np.maximum(1.0, np.abs(rows).max(axis=1))
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "shifts", random.normal(size=count))
        object.__setattr__(self, "factors", random.normal(size=count) / scale)
        values = {"a": random.normal(size=3) / scale.max(), "b": np.array(random.normal())}
        object.__setattr__(self, "point", values)

    rows: Array = None  # type: ignore[assignment]
    shifts: Array = None  # type: ignore[assignment]
    factors: Array = None  # type: ignore[assignment]
    point: dict[str, Array] = None  # type: ignore[assignment]

    def loss(self, p: dict[str, Array]) -> Array:
        inner = p["a"] @ self.rows.T + self.shifts
        parts = [
            factor * OUTER[f][0](inner[:, r]) * OUTER[g][0](p["b"])
            for r, ((f, g), factor) in enumerate(zip(self.terms, self.factors, strict=True))
        ]
        return np.asarray(sum(parts))

    def exact(self) -> dict[str, Array]:
        inner = self.rows @ self.point["a"] + self.shifts
        b = self.point["b"]
        by_a, by_b = np.zeros(3), 0.0
        for r, (f, g) in enumerate(self.terms):
            value, slope = OUTER[f][0](inner[r]), OUTER[f][1](inner[r])
            by_a = by_a + self.factors[r] * slope * OUTER[g][0](b) * self.rows[r]
            by_b = by_b + self.factors[r] * value * OUTER[g][1](b)
        return {"a": by_a, "b": np.asarray(by_b)}


PICK = st.integers(0, len(OUTER) - 1)
COMPOSITIONS = st.builds(
    Composition,
    terms=st.lists(st.tuples(PICK, PICK), min_size=1, max_size=4).map(tuple),
    seed=st.integers(0, 2**32 - 1),
)


@given(COMPOSITIONS)
@settings(max_examples=200, derandomize=True, deadline=None)
def test_errors_are_within_their_bounds(function: Composition) -> None:
    actual, exact = gradient(function.loss, function.point), function.exact()
    for name, value in exact.items():
        error = np.abs(actual.values[name] - value)
        # The exact gradient is rounded too.
        slack = 4e-15 * np.abs(exact[name]).max()
        assert (error <= actual.bounds[name] + slack).all(), (name, error, actual.bounds[name])


def test_coverage_over_many_functions() -> None:
    random = np.random.default_rng(0)
    within, total, bounds = 0, 0, []
    for seed in range(400):
        terms = tuple(map(tuple, random.integers(0, len(OUTER), size=(random.integers(1, 5), 2))))
        function = Composition(terms, seed)
        actual, exact = gradient(function.loss, function.point), function.exact()
        largest = max(np.abs(value).max() for value in exact.values()) or 1.0
        for name, value in exact.items():
            error = np.abs(actual.values[name] - value)
            within += np.count_nonzero(error <= actual.bounds[name] + 4e-15 * largest)
            total += error.size
            bounds.append(actual.bounds[name].ravel() / largest)
    assert within >= 0.999 * total
    assert np.median(np.concatenate(bounds)) < 1e-10


@given(COMPOSITIONS, st.sampled_from([-1.0, 0.0, 0.5, 2.0, 1.001]))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_wrong_gradients_are_refuted(function: Composition, factor: float) -> None:
    actual, exact = gradient(function.loss, function.point), function.exact()
    for name, value in exact.items():
        # Only what differs from 0 by more than the loss's own rounding can be wrong visibly.
        visible = np.abs(value) > 1e-6 * max(1.0, *(np.abs(v).max() for v in exact.values()))
        refuted = np.abs(factor * value - actual.values[name]) > actual.bounds[name]
        assert refuted[visible].all(), (name, value, actual.values[name], actual.bounds[name])
