"""The extrapolation table: exact on polynomials of the order it claims."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.evidence.numeric.richardson import JUMPS, LEVELS, SLOPES

STEPS = 0.5 ** np.arange(LEVELS)


@pytest.mark.parametrize(("table", "power"), [(SLOPES, 2), (JUMPS, 1)])
def test_weights_keep_the_limit_and_cancel_the_error(table, power) -> None:
    np.testing.assert_allclose(table.weights.sum(axis=1), 1.0, rtol=1e-13)
    np.testing.assert_allclose(table.step.sum(axis=1), 0.0, atol=1e-13)
    np.testing.assert_allclose(table.step_before.sum(axis=1), 0.0, atol=1e-13)
    last = table.weights[-1]  # the highest order cancels the first LEVELS - 1 powers
    for j in range(LEVELS - 1):
        assert last @ STEPS ** (power + 2 * j) == pytest.approx(0.0, abs=1e-13)
    assert abs(last @ STEPS ** (power + 2 * (LEVELS - 1))) > 1e-9


def test_the_first_column_is_simpson_like() -> None:
    np.testing.assert_allclose(SLOPES.weights[0], [-1 / 3, 4 / 3, 0, 0])
    np.testing.assert_allclose(SLOPES.step[0], [-1 / 3, 1 / 3, 0, 0])
    assert SLOPES.high == slice(LEVELS - 1, None)
