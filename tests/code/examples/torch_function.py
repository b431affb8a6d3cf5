"""A PyTorch Function with its own backward: the log loss of a linear model, for labels 0 and 1.

``gradcheck verify torch_function.py:case``, and ``:wrong`` for one that drops the upstream gradient:
a test that calls ``loss.backward()`` on the result itself never sees it.
"""

from __future__ import annotations

from typing import Any

import torch

from gradcheck.torch import function_case


class LogLoss(torch.autograd.Function):
    """The loss of each sample [samples] from features [samples, features] and weights."""

    @staticmethod
    def forward(ctx: Any, features: Any, weights: Any, labels: Any) -> Any:
        z = features @ weights
        ctx.save_for_backward(features, weights, labels)
        return torch.nn.functional.softplus(z) - labels * z

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        features, weights, labels = ctx.saved_tensors
        delta = upstream * (torch.sigmoid(features @ weights) - labels)
        return delta[:, None] * weights, features.T @ delta, None


class WithoutUpstream(LogLoss):
    """The upstream gradient is dropped."""

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        return LogLoss.backward(ctx, torch.ones_like(upstream))


_generator = torch.Generator().manual_seed(0)
FEATURES = torch.randn(5, 3, generator=_generator)
WEIGHTS = torch.randn(3, generator=_generator)
LABELS = torch.tensor([0, 1, 1, 0, 1])
case = function_case(LogLoss, FEATURES, WEIGHTS, LABELS)
wrong = function_case(WithoutUpstream, FEATURES, WEIGHTS, LABELS)
