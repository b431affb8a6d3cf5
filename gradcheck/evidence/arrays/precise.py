"""Witnesses: both sides of an equality at seeded rational points, to many digits.

Independent of SymPy and of NumPy: dual numbers in mpmath, straight on the tree, for a network
with one feature and one hidden unit and several samples. What is per sample is a list, one value
a sample. Everything is taken literally: a sum adds the samples up, the sample count is their
number, ``\\partial A/\\partial B`` cuts the graph of definitions at B and differentiates A.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from gradcheck.evidence.arrays.drawing import Value, draw
from gradcheck.evidence.arrays.dual import At, Outside, Unsupported, samples_of
from gradcheck.language.expression import Expression
from gradcheck.language.model import Model
from gradcheck.language.verdict import Constant

DIGITS = 40
"""Digits that every value is computed to; sides agree if they share 25."""

SAMPLES = (3, 2)
"""Samples at the two points: with one number of them, 1/3 and 1/N would be the same."""

ATTEMPTS = 12
"""Points tried, each for the next size in turn, before a domain error is given up."""

SEARCHED = 10
"""Points at which sides have to agree that the algebra finds different: |w| = w at half of them."""

ONE = Constant()


class Outcome(Enum):
    """What a comparison at points can say."""

    AGREE = "agree"
    DIFFER = "differ"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Witness:
    """A point at which two sides differ: values by key (a tuple: one a sample), both results.

    ``sample`` is the sample, counted from 0, that the results belong to; None where both sides
    are sums. ``right`` already holds the factor that the right side was completed by.
    """

    values: dict[str, Value]
    samples: int
    left: float
    right: float
    sample: int | None = None


@dataclass(frozen=True)
class Comparison:
    """The outcome with its witness (if the sides differ) or the reason (if it is unknown).

    Sides that agree may have done so by being 0 at every point (``vanishes``): that is no evidence
    against what says that they differ.
    """

    outcome: Outcome
    witness: Witness | None = None
    reason: str = ""
    vanishes: bool = False


def compare(
    model: Model,
    left: Expression,
    right: Expression,
    factor: Constant = ONE,
    seed: int = 0,
) -> Comparison:
    """Whether ``left = factor * right`` at random points; see `PreciseEvaluator.compare`."""
    return PreciseEvaluator(model, seed).compare(left, right, factor)


class PreciseEvaluator:
    """Compares expressions of one model at points drawn once; values are kept between calls."""

    def __init__(self, model: Model, seed: int = 0) -> None:
        self.model = model
        self.seed = seed
        self._at: dict[tuple[int, int], At] = {}

    def compare(
        self,
        left: Expression,
        right: Expression,
        factor: Constant = ONE,
        points: int = len(SAMPLES),
    ) -> Comparison:
        """Whether ``left = factor * right``.

        AGREE: to at least 25 digits at so many ``points``, of all sizes in turn, sample by sample;
        a sum agrees with something per sample only if it equals each sample's value. DIFFER: not at
        one point, which is the witness. UNKNOWN: with the reason, such as no point found in the
        domain. Never raises for what an expression holds.
        """
        agreed: list[int] = []
        vanished = True
        reason = "no point was found where both sides are defined"
        for attempt in range(ATTEMPTS):
            samples = SAMPLES[attempt % len(SAMPLES)]
            if agreed.count(samples) == points // len(SAMPLES):
                continue
            try:
                witness, both_zero = self._differ(left, right, factor, attempt, samples)
            except Outside as outside:
                reason = f"no point was found where both sides are defined ({outside})"
                continue
            except Unsupported as unsupported:
                return Comparison(Outcome.UNKNOWN, reason=str(unsupported))
            except RecursionError:
                return Comparison(Outcome.UNKNOWN, reason="the expression is nested too deeply")
            if witness is not None:
                return Comparison(Outcome.DIFFER, witness)
            agreed.append(samples)
            vanished = vanished and both_zero
            if len(agreed) == points:
                return Comparison(Outcome.AGREE, vanishes=vanished)
        return Comparison(Outcome.UNKNOWN, reason=reason)

    def _differ(
        self, left: Expression, right: Expression, factor: Constant, attempt: int, samples: int
    ) -> tuple[Witness | None, bool]:
        """The witness, if the sides differ at this point; whether both are 0 there.

        One that cancellation could have left must still be there at three times the digits.
        """
        for digits in (DIGITS, 3 * DIGITS):
            at = self._point(attempt, samples, digits)
            sides = at.value(left), at.times(factor, at.value(right))
            first, second = (samples_of(side, samples) for side in sides)
            gaps = [_gap(at, a, b) for a, b in zip(first, second, strict=True)]
            if not any(gaps):
                return None, not any(first)
            if at.is_beyond_rounding(max(gaps)):
                break
        worst = gaps.index(max(gaps))
        per_sample = any(isinstance(side, list) for side in sides)
        number = worst if per_sample else None
        return _witness(at, first[worst], second[worst], number, (left, right)), False

    def _point(self, attempt: int, samples: int, digits: int) -> At:
        key = attempt, digits
        if key not in self._at:
            self._at[key] = At(self.model, draw(self.model, self.seed, attempt, samples), digits)
        return self._at[key]


def _gap(at: At, left: Any, right: Any) -> Any:
    """How far apart two numbers are, 0 if they share 25 digits or are nothing but rounding."""
    gap = abs(left - right)
    same = gap <= max(abs(left), abs(right)) * at.close or (gap < at.tiny and at.digits > DIGITS)
    return 0 if same else gap


def _witness(
    at: At, left: Any, right: Any, sample: int | None, sides: tuple[Expression, ...]
) -> Witness:
    if max(abs(left), abs(right)) > 1e300:
        raise Outside("the values are too large")
    shown = at.draw.shown(at.model, sides)
    return Witness(shown, at.draw.samples, float(left), float(right), sample)
