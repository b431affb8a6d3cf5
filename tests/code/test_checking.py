"""The calls that users write, with right and wrong gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck

A = np.arange(12.0).reshape(3, 4) / 7


def loss(point: dict[str, Any]) -> float:
    return float(0.5 * np.sum((A @ point["w"] + point["b"] - 1) ** 2))


def gradient(point: dict[str, Any]) -> dict[str, Any]:
    residual = A @ point["w"] + point["b"] - 1
    return {"w": A.T @ residual, "b": residual.sum()}


POINT = {"w": np.ones(4), "b": 0.3}


def test_a_right_gradient_agrees() -> None:
    report = gradcheck.check_gradient(loss, gradient, POINT)
    assert report.verdict.value == "agrees"
    assert [row.name for row in report.rows] == ["w", "b"]
    assert "agrees" in str(report)


@pytest.mark.parametrize("factor", [1.01, -1.0, 0.0, 1 + 1e-7])
def test_a_wrong_gradient_is_found_in_its_parameter(factor: float) -> None:
    def wrong(point: dict[str, Any]) -> dict[str, Any]:
        return {**gradient(point), "b": gradient(point)["b"] * factor}

    report = gradcheck.check_gradient(loss, wrong, POINT)
    assert [row.verdict.value for row in report.rows] == ["agrees", "wrong"]
    with pytest.raises(AssertionError, match="WRONG"):
        gradcheck.assert_gradient(loss, wrong, POINT)


def test_a_pair_of_value_and_gradient() -> None:
    report = gradcheck.check_gradient(
        value_and_gradient=lambda p: (loss(p), gradient(p)), parameters=POINT
    )
    assert report.verdict.value == "agrees"
    with pytest.raises(TypeError, match=r"value_and_gradient returned a float"):
        gradcheck.check_gradient(value_and_gradient=loss, parameters=POINT)
    with pytest.raises(TypeError, match="expected two functions"):
        gradcheck.check_gradient(loss, None, POINT)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda p: None, "the loss returned a NoneType: expected one real number"),
        (lambda p: p["w"], r"the loss returned an array of shape \(4,\)"),
        (lambda p: 1j, "complex128 numbers"),
        (lambda p: float("nan"), "the loss is nan at the parameters given"),
    ],
)
def test_a_loss_that_is_no_number_is_told(value: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        gradcheck.check_gradient(value, gradient, POINT)


@pytest.mark.parametrize(
    ("slope", "message"),
    [
        (lambda p: None, "the gradient of parameters is None"),
        (lambda p: p["w"], "the gradient has no w, b"),
        (lambda p: {"w": p["w"][:2], "b": 0.0}, r"w has shape \(2,\): expected \(4,\)"),
        (lambda p: {"w": p["w"] * np.nan, "b": 0.0}, r"the gradient is nan at w\[0\]"),
        (lambda p: {}, "the gradient has no w, b: expected w, b, got nothing"),
        (lambda p: {**p, "c": 0.0}, "c, which is no parameter"),
        (lambda p: {**p, "b": "0"}, "b is a str: expected an array"),
    ],
)
def test_a_gradient_of_another_form_is_told(slope: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        gradcheck.check_gradient(loss, slope, POINT)


def test_a_list_for_one_array_is_told() -> None:
    expected = r"the gradient is a list of \[0\], \[1\]: expected one array of shape \(3,\)"
    with pytest.raises(ValueError, match=expected):
        gradcheck.check_gradient(np.sum, lambda p: [1.0, [2.0, 3.0]], np.ones(3))
    with pytest.raises(TypeError, match="parameters is an array of object"):
        gradcheck.check_gradient(np.sum, np.ones_like, np.array([1, "a"], dtype=object))


def test_an_error_of_the_users_own_is_not_hidden() -> None:
    def broken(point: dict[str, Any]) -> float:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        gradcheck.check_gradient(broken, gradient, POINT)
    assert caught.value.__notes__ == ["raised by the loss at the parameters given"]


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_order_of_an_array_in_memory_does_not_matter(order: Any) -> None:
    point = {"w": np.array(A, order=order)}
    report = gradcheck.check_gradient(
        lambda p: float(np.sum(A * p["w"] ** 2)), lambda p: {"w": 2 * A * p["w"]}, point
    )
    assert report.verdict.value == "agrees"
    assert not gradcheck.check_gradient(
        lambda p: float(np.sum(A * p["w"] ** 2)), lambda p: {"w": A * p["w"]}, point
    )


@pytest.mark.parametrize("factor", [1.0, 1 / 6])
@pytest.mark.parametrize("function", [np.tanh, np.abs], ids=["analytic", "not"])
def test_a_parameter_that_is_a_number_is_measured_as_any_other(
    factor: float, function: Any
) -> None:
    """``function(c) * w`` is linear in ``w``; the complex step and differences both see it."""
    c = np.array([0.3, 1.2, 0.7])

    def of(p: dict[str, Any]) -> Any:
        return np.sum(function(c) * p["w"] * np.sin(p["w"] + c))

    def by(p: dict[str, Any]) -> dict[str, Any]:
        w = p["w"]
        return {"w": factor * np.sum(function(c) * (np.sin(w + c) + w * np.cos(w + c)))}

    report = gradcheck.check_gradient(of, by, {"w": 0.5})
    assert report.verdict.value == ("agrees" if factor == 1 else "wrong")
