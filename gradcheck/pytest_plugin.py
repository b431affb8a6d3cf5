"""The hooks of `gradcheck.command.pytest_plugin`, under the name that pytest knows."""

from gradcheck.command.pytest_plugin import (
    CaseItem,
    DocumentFile,
    DocumentItem,
    GradientFailure,
    pytest_addoption,
    pytest_collect_file,
    pytest_configure,
    pytest_pycollect_makeitem,
)

__all__ = [
    "CaseItem",
    "DocumentFile",
    "DocumentItem",
    "GradientFailure",
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_pycollect_makeitem",
]
