"""Explanation: what the evidence means for the author: rows of the table, and findings."""

from __future__ import annotations

from gradcheck.explain.failures import failed_parts
from gradcheck.explain.otherwise import (
    Otherwise,
    in_findings,
    in_reading,
    in_setup,
    in_steps,
    other_readings,
)
from gradcheck.explain.rows import setup_result
from gradcheck.explain.setup_findings import explain, explain_lost
from gradcheck.explain.step_results import step_results

__all__ = [
    "Otherwise",
    "explain",
    "explain_lost",
    "failed_parts",
    "in_findings",
    "in_reading",
    "in_setup",
    "in_steps",
    "other_readings",
    "setup_result",
    "step_results",
]
