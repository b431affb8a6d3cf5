"""Judging a document against a reference: the assignment gives forward equations and loss."""

from __future__ import annotations

from gradcheck.against.judging import completed, derive_against, judge_against

__all__ = ["completed", "derive_against", "judge_against"]
