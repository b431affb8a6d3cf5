"""The backprop that scikit-learn wrote by hand: MLPClassifier for two classes, binary log loss.

``gradcheck verify sklearn_mlp.py:case``, and ``:wrong`` for a subclass that sums the intercepts'
gradients where the loss takes the mean. It calls private methods (`_backprop`), whose arguments
changed in scikit-learn 1.7; both forms are served.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from gradcheck import GradientCase

RANDOM = np.random.default_rng(0)
INPUTS = RANDOM.normal(size=(7, 3))
LABELS = RANDOM.permutation([0, 1, 0, 1, 1, 0, 1]).reshape(-1, 1)


class SummedIntercepts(MLPClassifier):
    """The gradient of the intercepts is not divided by the number of samples."""

    def _compute_loss_grad(
        self, layer: int, samples: Any, activations: Any, deltas: Any, by_coefs: Any, by_others: Any
    ) -> Any:
        super()._compute_loss_grad(layer, samples, activations, deltas, by_coefs, by_others)
        by_others[layer] = by_others[layer] * samples


def case_of(kind: type[MLPClassifier]) -> GradientCase:
    """Loss and gradient of a network of that class, by its layers' weights and intercepts."""
    model = kind(hidden_layer_sizes=(4,), activation="tanh", alpha=0.3, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one iteration is not enough, and need not be
        model.fit(INPUTS, LABELS.ravel())
    weighted = "sample_weight" in inspect.signature(model._backprop).parameters

    def both(parameters: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        model.coefs_, model.intercepts_ = parameters["coefs"], parameters["intercepts"]
        activations = [INPUTS] + [np.empty((len(INPUTS), len(b))) for b in model.intercepts_]
        deltas: list[Any] = [None] * len(model.coefs_)
        by_coefs = [np.empty_like(w) for w in model.coefs_]
        by_intercepts = [np.empty_like(b) for b in model.intercepts_]
        samples = (None,) if weighted else ()
        loss, by_coefs, by_intercepts = model._backprop(
            INPUTS, LABELS, *samples, activations, deltas, by_coefs, by_intercepts
        )
        return loss, {"coefs": by_coefs, "intercepts": by_intercepts}

    start = {
        "coefs": [RANDOM.normal(size=w.shape) for w in model.coefs_],
        "intercepts": [RANDOM.normal(size=b.shape) for b in model.intercepts_],
    }
    return GradientCase(parameters=start, value_and_gradient=both)


case = case_of(MLPClassifier)
wrong = case_of(SummedIntercepts)
