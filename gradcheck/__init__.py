"""gradcheck: finds out whether a gradient that somebody wrote down is right.

``gradcheck.verify(paths)`` returns a `Report`. Importing the package itself costs next to
nothing: NumPy and SymPy are imported when the first document is verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.report import Report
    from gradcheck.verification import verify

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "verify"]


def __getattr__(name: str) -> object:
    if name == "verify":
        from gradcheck.verification import verify

        return verify
    if name == "Report":
        from gradcheck.report import Report

        return Report
    raise AttributeError(f"module 'gradcheck' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
