"""Judging a document against a reference: the assignment gives forward equations and loss."""

from __future__ import annotations

from gradcheck.against.following import following
from gradcheck.against.judging import completed, derive_against, judge_against
from gradcheck.against.reference import understand_reference

__all__ = ["completed", "derive_against", "following", "judge_against", "understand_reference"]
