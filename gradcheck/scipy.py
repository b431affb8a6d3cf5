"""The public names of `gradcheck.code.bridges.scipy`."""

from gradcheck.code.bridges.scipy import (
    check_gradient,
    check_jacobian,
    gradient_case,
    jacobian_case,
)

__all__ = ["check_gradient", "check_jacobian", "gradient_case", "jacobian_case"]
