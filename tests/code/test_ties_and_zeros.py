"""Gradients that are wrong only at ties or at zero are called so; any slope between is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck

X = np.array([[1.0, 1.0, 0.3], [0.2, 0.9, 0.9], [0.5, 0.1, 0.7], [0.4, 0.8, 0.1]])
WEIGHTS = np.array([1.5, 0.7, 2.0, -1.2])
Z = np.array([0.0, 1.0, -2.0, 0.0])
SLOPES = np.arange(1.0, 5.0)


def largest(x: Any) -> float:
    return float(np.sum(WEIGHTS * np.max(x, axis=1)))


def shared(x: Any, times: float) -> Any:
    """The gradient of `largest`, at a tie ``times`` the weight for each of the equal entries."""
    ties = x == x.max(axis=1, keepdims=True)
    count = ties.sum(axis=1, keepdims=True)
    return ties * WEIGHTS[:, None] * np.where(count > 1, times, 1.0)


def relu(x: Any) -> float:
    return float(np.sum(np.maximum(x, 0) * SLOPES))


@pytest.mark.parametrize("times", [0.5, 0.2, 1.0])
def test_any_share_between_the_slopes_is_right(times: float) -> None:
    assert gradcheck.check_gradient(largest, lambda x: shared(x, times), X)


def test_wrong_at_ties() -> None:
    report = gradcheck.check_gradient(largest, lambda x: shared(x, 2.0), X)
    assert [finding.rule.code for finding in report.findings] == ["GC536"]


@pytest.mark.parametrize(("at_zero", "codes"), [(0.0, []), (1.0, []), (3.0, ["GC535"])])
def test_at_zero(at_zero: float, codes: list[str]) -> None:
    def gradient(x: Any) -> Any:
        return np.where(x > 0, 1.0, np.where(x == 0, at_zero, 0.0)) * SLOPES

    report = gradcheck.check_gradient(relu, gradient, Z)
    assert [finding.rule.code for finding in report.findings] == codes
    assert bool(report) is not bool(codes)
