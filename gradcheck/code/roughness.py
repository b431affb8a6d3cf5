"""Alarms on losses that are not smooth: what differences saw may not be the slope that is meant.

A loss that is rounded, looked up or stopped by a tolerance has a slope between its jumps and
another one over many of them; one that oscillates within a step has a slope that no difference
sees. A claim that is right at such a scale is not called wrong.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.code.gradient_rows import CodeFinding, GradientRow
from gradcheck.code.measured import Evidence
from gradcheck.code.precision import Precision
from gradcheck.code.user_functions import Functions
from gradcheck.evidence.numeric import TRUST, ComplexStep, Evaluations, NotAnalytic, Singles
from gradcheck.evidence.numeric.scales import Break, Scale, jump, kink, quotients, reach, scales
from gradcheck.language.finding import RULES
from gradcheck.language.verdict import Verdict

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Rows = tuple[GradientRow, ...]

ENTRIES = 3
"""Of a parameter, the worst first: all of them must be doubtful, or the parameter is wrong."""
CLOSE = 1e-2
"""Of the slope: a claim nearer to it may be right for a loss that is computed to few digits."""
TOWARDS = 0.5
"""Of the way from the numeric slope to the claim: a quotient that goes as far is looked into."""
FINEST = 2
"""Scales at which a finer slope must be seen."""
DIGITS = 1e-6
"""Of the slope: a claim off by less may be so by its own rounding."""
SPACINGS = 2.0 ** np.arange(-44, -19, 6)
"""Relative distances at which the rounding of the claim is heard, from its last digits up."""
REDRAWN = 4
"""Copies of the code's data that differ in their last digits."""
SHARP = 0.25
"""Of the difference: what a bound must be below to tell the two slopes apart at a kink."""


ROUNDING = "it is as near as the rounding of the code's gradient lets it be"
OSCILLATES = "the loss changes its slope faster than differences follow"
JUMPS = "the loss moves in jumps"
PIECES = "the loss is made of pieces"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a claim is not called wrong for an entry, in short, and what was seen; ``fine``: it is
    right on a shorter way; ``jump``: by how much the loss jumps."""

    why: str
    seen: str
    fine: bool = False
    jump: float = 0.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """An entry that contradicts its claim: the claimed slope, and the nearest one that the loss
    may have."""

    name: str
    index: int  # within the parameter
    entry: int  # within all parameters
    claim: float
    slope: float

    @property
    def gap(self) -> float:
        return abs(self.claim - self.slope)

    @property
    def close(self) -> bool:
        """Whether it is off by a small part of itself."""
        return self.gap <= CLOSE * abs(self.slope)


def doubted(
    rows: Rows, evidence: Evidence, functions: Functions, precision: Precision
) -> tuple[Rows, tuple[CodeFinding, ...]]:
    """The rows, those not wrong any more whose loss is too rough to tell, and what is told."""
    wrong = [row.name for row in rows if row.verdict is Verdict.WRONG]
    if not wrong:
        return rows, ()
    evaluations = Singles(functions.nearby, evidence.point, precision.grid)
    rounding = functools.cache(lambda: _rounding(evidence, functions))
    seen = {name: _of_alarms(name, evidence, evaluations, rounding) for name in wrong}
    jumps = [doubt.jump for pairs in seen.values() for _, doubt in pairs if doubt]
    largest = max(jumps, default=0.0)
    doubts = {name: _of_parameter(pairs, evaluations, largest) for name, pairs in seen.items()}
    told, findings = [], []
    for row in rows:
        doubt = doubts.get(row.name)
        exact = None
        if doubt and doubt.fine and precision.double:
            exact = _by_complex_step(row, evidence, functions, evaluations)
        if doubt is None or exact is not None:
            told.append(exact or row)
            continue
        note = f"not decided: {doubt.why}"
        told.append(replace(row, verdict=Verdict.UNDECIDED, wrong_entries=0, note=note))
        findings.append(_finding(row, doubt))
    return tuple(told), tuple(findings)


def _finding(row: GradientRow, doubt: Doubt) -> CodeFinding:
    if doubt.why == ROUNDING:
        rule, mend = "GC517", "rearrange what cancels, or check at another point"
    elif doubt.fine:
        rule, mend = "GC519", "check it where the loss is smoother, or scale the parameter"
    else:
        rule = "GC519"
        mend = (
            "check it on the loss without rounding, tables and thresholds, and with finer stopping "
            "tolerances"
        )
    message = f"{row.name}: {doubt.seen}"
    return CodeFinding(RULES[rule], message, row.name, row.worst_entry, mend)


def _alarms(name: str, evidence: Evidence, evaluations: Evaluations) -> list[Alarm]:
    """The worst of the wrong entries of a parameter."""
    numeric = evidence.numeric
    start = int(evaluations.starts[list(evidence.point).index(name)])
    apart = numeric.apart(name, evidence.claimed[name]).ravel()
    worst = np.argsort(-apart, kind="stable")[:ENTRIES]
    found = []
    for k in worst[apart[worst] > 1.0].tolist():
        claim, value = float(evidence.claimed[name].flat[k]), float(numeric.values[name].flat[k])
        span = float(numeric.spans[name].flat[k])
        nearest = value + min(max(claim - value, -span), span)
        found.append(Alarm(name, k, start + k, claim, nearest))
    return found


def _of_alarms(
    name: str, evidence: Evidence, evaluations: Evaluations, rounding: Callable[[], Arrays]
) -> list[tuple[Alarm, Doubt | None]]:
    """A parameter's alarms and the doubts about them: no more after a first one that is beyond
    doubt, which is the common case."""
    found: list[tuple[Alarm, Doubt | None]] = []
    for alarm in _alarms(name, evidence, evaluations):
        doubt = _of_digits(alarm, evaluations, rounding) or _of_entry(alarm, evaluations)
        found.append((alarm, doubt))
        if found[0][1] is None:
            break
    return found


def _of_parameter(
    pairs: list[tuple[Alarm, Doubt | None]], evaluations: Evaluations, largest: float
) -> Doubt | None:
    """A doubt about a parameter: there is one about all of its alarms, or jumps, the ``largest`` of
    which was seen along any entry, hide what the claim would make of the loss."""
    for alarm, doubt in pairs:
        hidden = alarm.gap * reach(evaluations, alarm.entry) <= largest
        if doubt is None and not (hidden and (alarm.close or not alarm.slope)):
            return None
    below = Doubt(
        JUMPS, f"the loss jumps by {largest:.2g} along others, which hides a slope as small as this"
    )
    return next((doubt for _, doubt in pairs if doubt), below if pairs else None)


def _of_digits(
    alarm: Alarm, evaluations: Evaluations, rounding: Callable[[], Arrays]
) -> Doubt | None:
    """A doubt about the claim's own digits."""
    if alarm.gap > DIGITS * abs(alarm.slope):
        return None
    off = float(rounding()[alarm.name].flat[alarm.index])
    if alarm.gap > TRUST * off:
        return None
    return Doubt(
        ROUNDING,
        f"at {evaluations.place(alarm.entry)} the code's gradient is {alarm.gap:.1g} off, but the "
        f"last digits of its data and parameters move it by {off:.1g}",
    )


def _rounding(evidence: Evidence, functions: Functions) -> dict[str, Array]:
    """What the claimed gradient changes by where nothing should move it: between points nearer to
    each other than its slope can be seen, and with data that differ in their last digits. Code in
    which digits cancel stands still for long, so that the last digits of the point alone do not
    show it."""
    random = np.random.default_rng(0)
    signs = {n: random.choice([-1.0, 1.0], size=a.shape) for n, a in evidence.point.items()}
    worst = {name: np.zeros(array.shape) for name, array in evidence.point.items()}
    for spacing in SPACINGS:
        near = [
            evidence.gradient(
                {n: a * (1.0 + k * spacing * signs[n]) for n, a in evidence.point.items()}
            )
            for k in range(-3, 4)
        ]
        for name in worst:
            third = np.diff(np.stack([one[name].astype(np.float64) for one in near]), 3, axis=0)
            worst[name] = np.fmax(worst[name], np.sqrt(np.mean(third**2, axis=0) / 20.0))
    for claimed in _redrawn(evidence, functions, random):
        for name in worst:
            change = np.abs(claimed[name].astype(np.float64) - evidence.claimed[name])
            worst[name] = np.fmax(worst[name], change)
    return worst


def _redrawn(
    evidence: Evidence, functions: Functions, random: np.random.Generator
) -> Iterator[dict[str, Array]]:
    """The claimed gradient with other last digits in the code's data, where it can be had."""
    from gradcheck.code.diagnosis.surroundings import with_data

    def other(array: Array) -> Array | None:
        if array.dtype.kind != "f":
            return None
        digits = np.finfo(array.dtype).eps * random.choice([-1.0, 1.0], size=array.shape)
        return np.asarray(array * (1.0 + digits), dtype=array.dtype)

    for _ in range(REDRAWN):
        copied = replace(functions, slope=with_data(functions.slope, other))
        try:
            yield copied.gradient(evidence.point)
        except Exception:  # the user's code, with data that it was not made for
            return


def _of_entry(alarm: Alarm, evaluations: Evaluations) -> Doubt | None:
    entry, claim, slope, gap = alarm.entry, alarm.claim, alarm.slope, alarm.gap
    if not alarm.close and slope:  # one of 0 may be that of a wide step
        ways = quotients(evaluations, entry, least=gap)
        if not any(abs(way - claim) <= TOWARDS * gap for way in ways):
            return None
    found = scales(evaluations, entry)
    here = evaluations.place(entry)
    own = [one for one in found if one.allows(slope) and not one.allows(claim)]
    other = [one for one in found if one.allows(claim) and not one.allows(slope)]
    finer = [one for one in other if not own or one.half < own[0].half]
    if len(finer) >= FINEST:
        return Doubt(OSCILLATES, _oscillates(here, finer, slope), fine=True)
    longer = _longer(found, own, claim)
    best = min(longer, key=_bound, default=None)
    if best is None or not best.allows(claim):
        return None
    return _broken(evaluations, entry, [one for one in longer if one.half <= best.half], slope, gap)


def _bound(scale: Scale) -> float:
    return scale.bound


def _longer(found: list[Scale], own: list[Scale], claim: float) -> list[Scale]:
    """The scales beyond those at which the loss has the numeric slope, or, where it has that at
    none, another one that is not the claim either: differences over jumps may be any."""
    if not own:
        sharpest = min(found, key=_bound, default=None)
        own = [sharpest] if sharpest and not sharpest.allows(claim) else []
    return [one for one in found if not own or one.half > own[-1].half]


def _broken(
    evaluations: Evaluations, entry: int, longer: list[Scale], slope: float, gap: float
) -> Doubt | None:
    """A doubt because of what the last of these intervals holds, and the others may show."""
    best, place = longer[-1], evaluations.place(entry)
    rest = float(np.abs(best.rest).max())
    for one in longer:
        found = jump(evaluations, entry, one)
        if found is not None and found.size >= SHARP * rest:
            what = f"the loss jumps by {found.size:.2g}"
            return Doubt(JUMPS, _jumps(place, what, found, slope, best), jump=found.size)
    if best.allows(slope) or best.bound > SHARP * gap:
        return None
    for one in longer:
        found = kink(evaluations, entry, one)
        if found is not None and found.size >= gap:
            what = f"the slope of the loss jumps by {found.size:.2g}"
            return Doubt(PIECES, _jumps(place, what, found, slope, best))
    return None


def _jumps(place: str, what: str, found: Break, slope: float, best: Scale) -> str:
    return (
        f"along {place} {what}, {found.distance:.2g} away; its slope up to there is {slope:.6g}, "
        f"over {2 * best.half:.2g} it is {best.slope:.6g} ± {best.bound:.1g}, which the code's "
        "gradient may be"
    )


def _oscillates(place: str, finer: list[Scale], slope: float) -> str:
    best = min(finer, key=_bound)
    return (
        f"along {place} the loss has the slope {best.slope:.6g} ± {best.bound:.1g} within "
        f"{2 * best.half:.2g}, which is the code's, and {slope:.6g} over longer ways"
    )


def _by_complex_step(
    row: GradientRow, evidence: Evidence, functions: Functions, evaluations: Evaluations
) -> GradientRow | None:
    """The row by complex steps, if the loss takes them and they say what is claimed."""
    name = row.name
    start = int(evaluations.starts[list(evidence.point).index(name)])
    wrong = np.flatnonzero(evidence.wrong(name).ravel())
    try:
        values, bounds = ComplexStep(functions.other, evaluations).slopes(start + wrong, 2)
    except NotAnalytic:
        return None
    off = np.abs(evidence.claimed[name].ravel()[wrong] - values)
    if (off > TRUST * bounds).any():
        return None
    return replace(
        row,
        verdict=Verdict.AGREES,
        largest_error=float(off.max()),
        bound=float(bounds.max()),
        visible=float(TRUST * bounds.max()),
        wrong_entries=0,
        note=f"by complex steps: {OSCILLATES}",
    )
