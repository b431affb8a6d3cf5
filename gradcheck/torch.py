"""The public names of `gradcheck.code.bridges.torch`."""

from gradcheck.code.bridges.torch import check_function, check_module, function_case, module_case

__all__ = ["check_function", "check_module", "function_case", "module_case"]
