"""What is asked: whether a claimed gradient is that of a loss at a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from gradcheck.code.layered import LayeredNetwork
from gradcheck.code.precision import Precision
from gradcheck.code.user_functions import Functions

Arrays = Mapping[str, NDArray[Any]]

EVERY_ENTRY_UP_TO = 10_000
"""Entries of all parameters together, that are measured every one by evaluations of the loss. Each
takes about ten of them."""


@dataclass(frozen=True, slots=True)
class Question:
    """The claimed gradient at a point, what rounding does to it, and the user's functions, with
    the network that was declared to be the loss."""

    functions: Functions
    point: Arrays
    claimed: Arrays
    noise: Arrays
    precision: Precision
    seed: int
    network: LayeredNetwork | None = None
    every_entry_up_to: int | None = EVERY_ENTRY_UP_TO

    @property
    def is_sampled(self) -> bool:
        """Whether there are too many entries to measure every one of them by the loss."""
        entries = sum(array.size for array in self.point.values())
        return self.every_entry_up_to is not None and entries > self.every_entry_up_to
