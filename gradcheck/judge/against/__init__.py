"""Judging a document against a reference: the assignment gives forward equations and loss."""

from __future__ import annotations

from gradcheck.judge.against.compared_setups import completed, derive_against, judge_against
from gradcheck.judge.against.following import following
from gradcheck.judge.against.reference import Reference, reference_of, understand_reference

__all__ = [
    "Reference",
    "completed",
    "derive_against",
    "following",
    "judge_against",
    "reference_of",
    "understand_reference",
]
