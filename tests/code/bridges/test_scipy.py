"""SciPy's conventions: fun, x0, jac, args."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck.scipy
from gradcheck.scipy import check_gradient, check_jacobian

optimize = pytest.importorskip("scipy.optimize")
START = np.array([0.3, -0.4, 1.2])


def test_functions_of_scipy_s_own() -> None:
    assert check_gradient(optimize.rosen, START, optimize.rosen_der).verdict.value == "agrees"
    report = check_jacobian(optimize.rosen_der, START, optimize.rosen_hess)
    assert report.verdict.value == "agrees"
    assert [row.name for row in report.rows] == ["x"]


def test_wrong_ones() -> None:
    report = check_gradient(optimize.rosen, START, lambda x: -optimize.rosen_der(x))
    assert report.verdict.value == "wrong"
    assert "wrong sign" in report.findings[0].message
    report = check_jacobian(optimize.rosen_der, START, lambda x: np.triu(optimize.rosen_hess(x)))
    assert report.verdict.value == "wrong"


def both(x: Any, scale: float) -> tuple[float, Any]:
    return scale * float(x @ x), 2 * scale * x


def test_jac_true_and_args_as_scipy_takes_them() -> None:
    assert check_gradient(both, START, True, (3.0,)).verdict.value == "agrees"
    assert check_gradient(both, START, jac=True, args=3.0).verdict.value == "agrees"
    # A list of numbers is a point, as it is for SciPy.
    assert check_gradient(both, [1, 2], True, (3.0,)).verdict.value == "agrees"


def test_least_squares_with_a_sparse_jacobian() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = np.arange(12.0).reshape(4, 3)
    report = check_jacobian(
        lambda x: matrix @ x**2, START, lambda x: sparse.csr_array(2 * matrix * x)
    )
    assert report.verdict.value == "agrees"


@pytest.mark.parametrize("jac", [None, False, "2-point", 3])
def test_what_is_no_gradient_is_refused(jac: Any) -> None:
    with pytest.raises(TypeError, match="expected a function, or True if fun returns both"):
        check_gradient(optimize.rosen, START, jac)


def test_what_is_returned_must_fit() -> None:
    with pytest.raises(TypeError, match=r"fun returned a float.*: expected \(value, gradient\)"):
        check_gradient(optimize.rosen, START, True)
    with pytest.raises(ValueError, match=r"shape \(1, 3\): expected \(3, 3\)"):
        check_jacobian(optimize.rosen_der, START, optimize.rosen_der)


def test_scipy_itself_is_not_needed() -> None:
    names = vars(gradcheck.scipy)
    assert "scipy" not in names
