"""The likely mistake in gradient code, by name, from the pattern of its errors.

Every suspicion is confirmed before it is told: it must predict every entry of the claim within the
bounds, so well that this can be no coincidence, and it must hold at other points too.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Experiments, Suspicion
from gradcheck.code.diagnosis.factors import activation_of_itself, activations, array_factor
from gradcheck.code.diagnosis.laboratory import laboratory
from gradcheck.code.diagnosis.misplaced import (
    altered,
    displaced,
    moved_on,
    other_parameter,
    rearranged,
    spread_out,
)
from gradcheck.code.diagnosis.operands import operands, parts
from gradcheck.code.diagnosis.ratios import (
    centring,
    multiple_of_the_loss,
    multiples,
    offset,
    regulariser,
)
from gradcheck.code.diagnosis.samples import broadcasting, samples, softmax, summed, upstream
from gradcheck.code.diagnosis.spans import mask, normalised, residual, softmax_sum
from gradcheck.code.diagnosis.special_values import special
from gradcheck.code.diagnosis.told import confirmed, elsewhere, findings
from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.measured import Evidence
from gradcheck.code.user_functions import Functions
from gradcheck.language.verdict import Verdict

__all__ = ["Clues", "Experiments", "diagnose", "diagnosed"]

_PATTERNS: tuple[Callable[[Clues, str], Iterator[Suspicion]], ...] = (
    altered,
    multiples,
    mask,
    rearranged,
    displaced,
    moved_on,
    other_parameter,
    spread_out,
    regulariser,
    softmax,
    softmax_sum,
    activation_of_itself,
    array_factor,
    summed,
    offset,
    centring,
    normalised,
    residual,
)
"""What is seen in the arrays alone, the simplest explanation first."""

_TRIALS = (upstream, samples, activations, operands, parts, broadcasting)
"""What needs experiments with the code, the cheapest first."""


def diagnose(clues: Clues, accused: Container[str] | None = None) -> tuple[CodeFinding, ...]:
    """The confirmed mistakes, each told once, at most two a parameter; none if nothing is wrong.

    ``accused`` are the parameters to be explained, all wrong ones unless told.

    Parameters for which no mistake is confirmed are left without a finding.
    """
    names = [n for n in clues.wrong_parameters() if accused is None or n in accused]
    if not names:
        return ()
    others = elsewhere(clues)
    overall = confirmed(_overall(clues), others, _overall)
    if overall:
        return findings(overall, clues)
    found = confirmed(special(clues, _partly_wrong(clues, names)), [], _overall)
    for pattern in _PATTERNS:
        left = _unexplained(names, found)
        found += confirmed(
            (s for name in left for s in pattern(clues, name)),
            others,
            lambda other, pattern=pattern: (  # type: ignore[misc]
                s for name in other.wrong_parameters() for s in pattern(other, name)
            ),
        )
    for trial in _TRIALS:
        left = _unexplained(names, found)
        if left:
            found += confirmed(trial(clues, left), [], _overall)
    return findings(found, clues)


def diagnosed(
    evidence: Evidence,
    functions: Functions,
    rows: tuple[GradientRow, ...],
    grid: np.dtype[Any],
    noise: Mapping[str, Array],
) -> tuple[CodeFinding, ...]:
    """The mistakes in the parameters whose rows are wrong, by experiments with the code.

    ``grid`` is the type whose numbers the loss tells apart, ``noise`` what the claimed gradient
    may be off by its own rounding.
    """
    wrong = tuple(row.name for row in rows if row.verdict is Verdict.WRONG)
    if not wrong:
        return ()
    return diagnose(laboratory(evidence, functions, wrong, grid, noise).clues(), wrong)


def _overall(clues: Clues) -> Iterator[Suspicion]:
    found = multiple_of_the_loss(clues)
    if found is not None:
        yield found


def _partly_wrong(clues: Clues, names: list[str]) -> list[str]:
    return [name for name in names if (clues.telling(name) & ~clues.wrong(name)).any()]


def _unexplained(names: list[str], found: list[Suspicion]) -> list[str]:
    known = {name for suspicion in found for name in suspicion.parameters}
    return [name for name in names if name not in known]
