"""A case: gradient code together with the point at which it is to be checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from gradcheck.code.checking import check_backward, check_gradient
from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.result import GradientReport


@runtime_checkable
class Case(Protocol):
    """What a target names: anything that can be checked."""

    def check(self, **options: Any) -> GradientReport:
        """The report; ``target`` is the name that it is given."""
        ...


@dataclass(frozen=True)
class GradientCase:
    """A loss, its gradient and the parameters at which they are compared; see `check_gradient`.

    ``inputs`` are the data that the loss uses, by the names of a document that is to be compared
    with the code, ``{"x": x, "y": y}``: samples first. They are not needed for the check itself.
    ``network`` declares the loss as dense layers; ``options`` are others of `check_gradient`.
    """

    loss: Callable[[Any], Any] | None = None
    gradient: Callable[[Any], Any] | None = None
    parameters: Any = None
    value_and_gradient: Callable[[Any], Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    network: LayeredNetwork | None = None

    def check(self, **options: Any) -> GradientReport:
        """The report of `check_gradient`; ``options`` go before the case's own."""
        return check_gradient(
            self.loss,
            self.gradient,
            self.parameters,
            value_and_gradient=self.value_and_gradient,
            **{"network": self.network, **self.options, **options},
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
