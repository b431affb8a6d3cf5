"""Comparison: the sources of evidence against each other and against the document's claims."""

from __future__ import annotations

from gradcheck.judge.setup_evidence import Evidence, Options

__all__ = ["Evidence", "Options"]
