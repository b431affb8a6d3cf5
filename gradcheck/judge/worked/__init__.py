"""Worked numbers: the arithmetic of examples, judged to the digits that are written."""

from gradcheck.judge.worked.arithmetic import arithmetic_findings

__all__ = ["arithmetic_findings"]
