"""Numeric gradients: finite differences of a callable loss, with a measured bound an entry."""

from gradcheck.numeric.differences import NotDifferentiable, NumericGradient, gradient

__all__ = ["NotDifferentiable", "NumericGradient", "gradient"]
