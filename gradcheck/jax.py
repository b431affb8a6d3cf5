"""The public names of `gradcheck.code.bridges.jax`."""

from gradcheck.code.bridges.jax import check_function, function_case

__all__ = ["check_function", "function_case"]
