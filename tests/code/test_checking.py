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
