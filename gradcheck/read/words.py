"""Words: which are prose, which are names, which name a function."""

from __future__ import annotations

import re

from gradcheck.language import functions
from gradcheck.language.names import LOSSES, RATE, SURE

PROSE = frozenset(
    """a all also an and are as at be because but by can chain consider define denote denotes e.g.
    each either equation finally find first following for from get given gives hence here how i.e.
    if implies in is it its last let likewise means next nor note now obtain of on or otherwise
    our over recall same say second similarly simplify since so substitute substituting such that
    the then therefore these this thus to too unless use using via we when whenever where whereas
    which while with yields you""".split()
)
CONDITIONS = frozenset(
    """if when for where unless otherwise whenever wenn falls sofern f\u00fcr pour lorsque
    quand""".split()
)
OTHERWISE = frozenset("otherwise else elsewhere sonst ansonsten andernfalls sinon".split())
"""What stands in the last of several cases."""

WORDS = (
    frozenset(
        """eta alpha beta gamma lambda mu theta pred out output net input hidden target true label
        new old bias weight weights reg acc grad step logit logits score batch const constant total
        sum mean var std yhat epsilon delta KL""".split()
    )
    | {name for name in LOSSES if len(name) > 1}
    | RATE.names(SURE)
)
"""Runs of letters that are one name, whatever single letters the document uses."""

QUALIFIERS = frozenset(
    """pred predicted prediction true actual target hat real observed obs output out input in hidden
    label new old train test total MSE BCE CE mse bce ce LogLoss logloss regression
    classification""".split()
)
"""Words in brackets that are part of a name: ``y(pred)``."""

FUNCTIONS = {
    called: row.name
    for row in functions.FUNCTIONS.values()
    if row.bare
    for called in (row.name, *row.names.split())
    if called.islower()
} | {name: name for name in functions.WITHOUT_MEANING}
"""Functions that need no brackets round their argument; the name they go by."""

FUNCTION_WORDS = functions.WORDS | frozenset(FUNCTIONS)
LIKELY_FUNCTIONS = frozenset("sigma g f phi varphi psi S h G F Phi Psi varsigma".split())
"""Letters that are a function when a bracket follows, unless the document uses them bare."""

NEVER_FUNCTIONS = frozenset("W w X x b B y Y t z".split())
"""Names whose prime, before a bracket, is not a derivative."""

MULTIPLIERS = RATE.names(SURE) | {"step", "const", "constant"}
"""Words that multiply the bracket after them."""

_ONE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*$")


def is_prose(text: str, strict: bool = True) -> bool:
    """Whether the content of a ``\\text{…}`` is prose and not a name.

    With ``strict``, a name has one word; without, several words may name one thing.
    """
    plain = text.strip()
    if len(plain) < 2:
        return not plain
    words = plain.split()
    if any(word.lower().strip(",.:;") in PROSE for word in words):
        return True
    if strict:
        return not _ONE_WORD.match(plain)
    return not all(_ONE_WORD.match(word) for word in words)
