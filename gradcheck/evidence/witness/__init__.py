"""Real values of typed terms by loops over their components, with many digits."""

from gradcheck.evidence.witness.components import Components, Undefined
from gradcheck.evidence.witness.side_by_side import Comparison, Outcome, compare

__all__ = ["Comparison", "Components", "Outcome", "Undefined", "compare"]
