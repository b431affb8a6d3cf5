"""The functions in NumPy against the same in mpmath, on both tails and in the complex plane."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.evidence.arrays.drawing import draw
from gradcheck.evidence.arrays.dual import At
from gradcheck.language.functions import FUNCTIONS
from tests.evidence.arrays.trees import squares

PLACES = [-700.0, -40.0, -37.0, -3.3, -0.7, -1e-9, 1e-9, 0.7, 3.3, 37.0, 40.0, 700.0]
POSITIVE_ONLY = {"log", "sqrt"}


def exactly(at: At, function: str, order: int, u: Any) -> Any:
    """In many digits, by other functions where it is put in their words."""
    forms = FUNCTIONS[function].forms
    if not forms:
        return at.apply(function, order, u)
    return forms[order](None, u, lambda name, v, order=0: at.apply(name, order, v))


@pytest.mark.parametrize(("function", "order"), [k for k in FORMULAS if k[0] != "log_sigmoid"])
def test_values_are_right_to_the_last_digits(function: str, order: int) -> None:
    subject = squares()
    at = At(subject, draw(subject, 0, 0, 3), 400)
    for place in PLACES:
        if function in POSITIVE_ONLY and place < 0:
            continue
        expected = exactly(at, function, order, at.mp.mpf(place))
        found = FORMULAS[function, order](np.asarray(place))
        # near its zeros a sine is as good as its argument, no better
        atol = 1e-15 if function in ("sin", "cos") else 0.0
        # the tail of a bell is as good as the square of its argument
        rel = 1e-12 if function in ("normal_cdf", "gelu") else 1e-14
        assert float(found) == pytest.approx(float(expected), rel=rel, abs=atol)


@pytest.mark.parametrize("place", PLACES)
def test_the_logarithm_of_a_sigmoid(place: float) -> None:
    with mpmath.workdps(400):
        expected = float(mpmath.log(1 / (1 + mpmath.exp(-mpmath.mpf(place)))))
    assert float(FORMULAS["log_sigmoid", 0](np.asarray(place))) == pytest.approx(
        expected, rel=1e-14
    )


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "softplus", "log_sigmoid", "abs", "relu"])
def test_a_complex_step_is_the_derivative(function: str) -> None:
    for place in (-40.0, -1.5, 0.3, 40.0):
        stepped = FORMULAS[function, 0](np.asarray(complex(place, 1e-100)))
        slope = {"log_sigmoid": lambda z: FORMULAS["sigmoid", 0](-z)}.get(
            function, FORMULAS.get((function, 1))
        )
        assert slope is not None
        assert float(stepped.imag) / 1e-100 == pytest.approx(
            float(slope(np.asarray(place))), rel=1e-12, abs=1e-16
        )
