"""A SciPy objective: logistic regression with a penalty, as given to scipy.optimize.minimize.

``gradcheck verify scipy_objective.py:case``, and ``:wrong`` for one whose penalty's term is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.scipy import gradient_case

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(20, 3))
LABELS = (RANDOM.uniform(size=20) > 0.5) * 1.0


def objective(w: Any, features: Any, labels: Any, strength: float) -> tuple[float, Any]:
    """Mean log loss plus ½·strength·|w|², and its gradient [3]."""
    z = features @ w
    value = np.mean(np.logaddexp(0, z) - labels * z) + strength / 2 * (w @ w)
    residual = 1 / (1 + np.exp(-z)) - labels
    return value, features.T @ residual / len(labels) + strength * w


def without_penalty(w: Any, features: Any, labels: Any, strength: float) -> tuple[float, Any]:
    """The penalty is in the value only."""
    value, gradient = objective(w, features, labels, strength)
    return value, gradient - strength * w


START = np.array([0.4, -0.2, 0.7])
ARGUMENTS = (FEATURES, LABELS, 0.3)
case = gradient_case(objective, START, jac=True, args=ARGUMENTS)
wrong = gradient_case(without_penalty, START, jac=True, args=ARGUMENTS)
