"""Explanation: what the evidence means for the author: rows of the table, and findings."""

from __future__ import annotations

from gradcheck.explanation.findings import explain
from gradcheck.explanation.rows import setup_result
from gradcheck.explanation.steps import step_results

__all__ = ["explain", "setup_result", "step_results"]
