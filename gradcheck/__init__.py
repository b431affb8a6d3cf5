"""gradcheck: finds out whether a gradient that somebody wrote down is right.

``gradcheck.verify(paths)`` returns a `Report`. Importing the package itself costs next to
nothing: NumPy and SymPy are imported when the first document is verified.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gradcheck.project.version import __version__

if TYPE_CHECKING:
    from gradcheck.code import (
        BackwardCase,
        GradientCase,
        GradientReport,
        Layer,
        LayeredNetwork,
        assert_gradient,
        check_backward,
        check_gradient,
    )
    from gradcheck.report.results import Report
    from gradcheck.verification import verify

__all__ = [
    "BackwardCase",
    "GradientCase",
    "GradientReport",
    "Layer",
    "LayeredNetwork",
    "Report",
    "__version__",
    "assert_gradient",
    "check_backward",
    "check_gradient",
    "verify",
]

_HOMES = {
    "BackwardCase": "gradcheck.code",
    "GradientCase": "gradcheck.code",
    "GradientReport": "gradcheck.code",
    "Layer": "gradcheck.code",
    "LayeredNetwork": "gradcheck.code",
    "Report": "gradcheck.report.results",
    "assert_gradient": "gradcheck.code",
    "check_backward": "gradcheck.code",
    "check_gradient": "gradcheck.code",
    "verify": "gradcheck.verification",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
