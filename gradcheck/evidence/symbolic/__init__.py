"""Symbolic evidence: gradients derived from the document's equations, and what equals what.

SymPy is imported when the first question is asked, not before.
"""

from gradcheck.evidence.symbolic.algebra import Algebra
from gradcheck.evidence.symbolic.decision import Decision, Outcome, Undecided
from gradcheck.evidence.symbolic.network import NetworkMatch, network_scale

__all__ = [
    "Algebra",
    "Decision",
    "NetworkMatch",
    "Outcome",
    "Undecided",
    "network_scale",
]
