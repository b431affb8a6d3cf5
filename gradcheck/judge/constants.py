"""The constants that the gradients of one setup leave out, compared with each other.

Left out alike from all gradients, a constant only rescales the learning rate: a convention. If
the gradients differ in it, the update no longer follows the gradient (design.md, "Constants").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from gradcheck.judge.verdicts import JudgedClaim
from gradcheck.language.verdict import Constant, Verdict

JUDGED = (Verdict.EXACT, Verdict.CONVENTION)


def compare_constants(judged: Sequence[JudgedClaim]) -> list[JudgedClaim]:
    """The same claims; those that leave out another constant than the rest are `wrong`."""
    accepted = accepted_constant(judged)
    return [_settle(item, accepted) for item in judged]


def accepted_constant(judged: Sequence[JudgedClaim]) -> Constant:
    """The constant that may be left out of the gradients of a setup; 1 if none may."""
    last: dict[str, Constant] = {}
    for item in judged:
        if item.verdict in JUDGED:
            last[item.claim.parameter] = item.left_out or Constant()
    return accepted(list(last.values())) if last else Constant()


def accepted(constants: list[Constant]) -> Constant:
    """What may be left out: what all leave out alike, else the majority's, else nothing.

    Where some gradients leave nothing out, nothing may be left out.
    """
    counts = Counter(constants)
    constant, times = counts.most_common(1)[0]
    if len(counts) == 1:
        return constant
    if any(c.is_one for c in counts) or 2 * times <= len(constants):
        return Constant()
    return constant


def _settle(item: JudgedClaim, accepted: Constant) -> JudgedClaim:
    if item.verdict not in JUDGED or item.left_out is None:
        return item
    if item.left_out == accepted:
        return item
    others = (
        "not alike in all gradients" if accepted.is_one else f"{accepted} in the other gradients"
    )
    reason = (
        f"wrong constant: {item.left_out} is left out here, {others}, "
        "so that the update no longer follows the gradient"
    )
    return replace(item, verdict=Verdict.WRONG, reason=reason)
