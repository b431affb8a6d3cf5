"""A case: gradient code together with the point at which it is to be checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gradcheck.code.checking import check_backward, check_gradient
from gradcheck.code.result import GradientReport


@dataclass(frozen=True)
class GradientCase:
    """A loss, its gradient and the parameters at which they are compared; see `check_gradient`."""

    loss: Callable[[Any], Any] | None = None
    gradient: Callable[[Any], Any] | None = None
    parameters: Any = None
    value_and_gradient: Callable[[Any], Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def check(self, **options: Any) -> GradientReport:
        """The report of `check_gradient`; ``options`` go before the case's own."""
        return check_gradient(
            self.loss,
            self.gradient,
            self.parameters,
            value_and_gradient=self.value_and_gradient,
            **{**self.options, **options},
        )


@dataclass(frozen=True)
class BackwardCase:
    """A layer's forward and backward pass and its inputs; see `check_backward`."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: Any
    options: dict[str, Any] = field(default_factory=dict)

    def check(self, **options: Any) -> GradientReport:
        """The report of `check_backward`; ``options`` go before the case's own."""
        return check_backward(
            self.forward, self.backward, self.inputs, **{**self.options, **options}
        )
