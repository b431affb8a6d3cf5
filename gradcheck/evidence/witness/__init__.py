"""Real values of typed terms by loops over their components, with many digits."""

from gradcheck.evidence.witness.comparison import Comparison, Outcome, compare
from gradcheck.evidence.witness.components import Components, Undefined

__all__ = ["Comparison", "Components", "Outcome", "Undefined", "compare"]
