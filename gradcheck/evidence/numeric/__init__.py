"""Numeric gradients: finite differences of a callable loss, with a measured bound an entry."""

from gradcheck.evidence.numeric.batches import Batches, Evaluations, Singles
from gradcheck.evidence.numeric.complex_step import ComplexStep, NotAnalytic
from gradcheck.evidence.numeric.differences import (
    TRUST,
    NotDifferentiable,
    NumericGradient,
    differentiate,
    differentiate_again,
    differentiate_closely,
    gradient,
)

__all__ = [
    "TRUST",
    "Batches",
    "ComplexStep",
    "Evaluations",
    "NotAnalytic",
    "NotDifferentiable",
    "NumericGradient",
    "Singles",
    "differentiate",
    "differentiate_again",
    "differentiate_closely",
    "gradient",
]
