"""Comparison: the sources of evidence against each other and against the document's claims."""

from __future__ import annotations

from gradcheck.comparison.setups import Options, compare_setup

__all__ = ["Options", "compare_setup"]
