"""Equality of typed terms for all sizes, decided at random points of prime fields."""

from gradcheck.evidence.field.answer import Decision, Witness
from gradcheck.evidence.field.deciding import decide
from gradcheck.evidence.field.real_points import at_point, by_differences
from gradcheck.evidence.field.refused import Refused

__all__ = ["Decision", "Refused", "Witness", "at_point", "by_differences", "decide"]
