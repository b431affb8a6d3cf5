"""Numeric gradients: finite differences of a callable loss, with a measured bound an entry."""

from gradcheck.numeric.batches import Batches, Evaluations, Singles
from gradcheck.numeric.differences import (
    TRUST,
    NotDifferentiable,
    NumericGradient,
    differentiate,
    differentiate_again,
    gradient,
)

__all__ = [
    "TRUST",
    "Batches",
    "Evaluations",
    "NotDifferentiable",
    "NumericGradient",
    "Singles",
    "differentiate",
    "differentiate_again",
    "gradient",
]
