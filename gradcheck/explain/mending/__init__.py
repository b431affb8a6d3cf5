"""Mending: the smallest edit, in the author's own notation, under which a failing line holds.

Thousands of edits are tried at points, a few are read back from the corrected text and proved.
"""

from gradcheck.explain.mending.context import MendContext
from gradcheck.explain.mending.counterexample import Counterexample, counterexample
from gradcheck.explain.mending.definitions import GradientClaim, StepClaim, mend_definition
from gradcheck.explain.mending.index_edits import mend_indices
from gradcheck.explain.mending.mend import DefinitionMend, Mend
from gradcheck.explain.mending.side_search import mend_left, mend_side
from gradcheck.explain.mending.unread import is_dangling, mend_unread

__all__ = [
    "Counterexample",
    "DefinitionMend",
    "GradientClaim",
    "Mend",
    "MendContext",
    "StepClaim",
    "counterexample",
    "is_dangling",
    "mend_definition",
    "mend_indices",
    "mend_left",
    "mend_side",
    "mend_unread",
]
