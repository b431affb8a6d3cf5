"""What rates, counts, labels, losses, … are called: one row a role, with how sure a name makes it.

A name is a hint, never more: definitions, derivatives and positions say what a quantity is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gradcheck.language import losses

SURE, LIKELY, POSSIBLE = 3, 2, 1
"""Nothing else goes by the name; most often it is that; it may be that, or something else."""


@dataclass(frozen=True, slots=True)
class Role:
    """The names of one role, apart by spaces."""

    sure: str = ""
    likely: str = ""
    possible: str = ""

    def names(self, at_least: int = POSSIBLE) -> frozenset[str]:
        """Its names that make it at least so sure."""
        return _names(self, at_least)


@cache
def _names(role: Role, at_least: int) -> frozenset[str]:
    rows = ((role.sure, SURE), (role.likely, LIKELY), (role.possible, POSSIBLE))
    return frozenset(name for row, how in rows if how >= at_least for name in row.split())


LOSS = Role(
    sure="loss cost error err risk objective totalloss costfunction lossfunction "
    + " ".join(sorted(losses.WORDS)),
    likely="L J ell",
    possible="C E",
)
"""Words in lower case; a capital C or E alone is a constant or an error as often."""
RATE = Role(
    sure="lr LR rate learningrate learning_rate learning stepsize",
    likely="alpha eta gamma",
    possible="epsilon mu rho kappa lambda nu step h",
)
PENALTY = Role(likely="lambda", possible="mu epsilon")
COUNT = Role(sure="n_samples N_samples", likely="n m N M B", possible="T K P S")
"""Of samples."""
CLASSES = Role(possible="K C")
"""How many there are."""
LABEL = Role(sure="target targets label labels ytrue", likely="y Y true", possible="t T d tau gt")
INPUT = Role(sure="input inputs features", likely="x X", possible="u s")
WEIGHT = Role(sure="weight weights", likely="w W v V theta Theta omega U u")
BIAS = Role(sure="bias", likely="b B c beta theta", possible="d")
OUTPUT = Role(sure="out output pred", possible="a h o p f z s n")
"""Of a layer."""
INDEX = Role(likely="i j k l", possible="K")
"""Of a sum or a layer, and what it runs to."""

LOSS_WORDS = LOSS.names() - {"L", "J", "C", "E"}
"""Words that name a loss, in lower case."""

LOSSES = frozenset(
    written for word in LOSS_WORDS for written in (word, word.capitalize(), word.upper())
) | {"L", "J", "C", "E"}
"""Names that losses have, as they are written."""

POSITIVE = frozenset().union(
    RATE.names(LIKELY), PENALTY.names(), COUNT.names(LIKELY), INDEX.names()
)
"""Rates, counts and indices: that they are positive says nothing about a point."""

CONSTANT = frozenset().union(RATE.names(LIKELY), PENALTY.names(), COUNT.names(), {"pi", "c"})
"""What is given in a loss and no label."""

TRAINED = WEIGHT.names() | BIAS.names(LIKELY)
"""What weights and biases are called."""

DATA = INPUT.names(LIKELY) | LABEL.names(LIKELY)
"""What is given: an equation may end with one without defining it."""
