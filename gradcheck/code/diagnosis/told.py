"""From suspicions to findings: confirmed, each cause told once, at most two a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from gradcheck.code.diagnosis.clues import MOST_DIGITS, SURE, Array, Clues, Suspicion
from gradcheck.code.gradient_rows import CodeFinding
from gradcheck.language.finding import RULES

MOST_A_PARAMETER = 2
ENTRY_BY_ENTRY = ("ratio", "penalty", "offset", "array", "activation")
"""Causes that are seen in any part of the entries; for others all must have been measured."""
POINTS = 2
"""At how many other points a suspicion must hold, where there are any."""


def elsewhere(clues: Clues) -> list[Clues]:
    """The same comparison at other points near by, none where it cannot be made."""
    if clues.experiments is None:
        return []
    found = []
    for seed in range(POINTS):
        other = clues.experiments.at(_moved(clues.point, seed))
        if other is not None:
            found.append(other)
    return found


def _moved(point: Mapping[str, Array], seed: int) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    moved: dict[str, Array] = {}
    for name, array in point.items():
        size = np.abs(array) + (0.1 if not np.any(array) else 0.1 * np.abs(array).mean())
        shift = generator.uniform(0.1, 0.5, array.shape) * generator.choice([-1, 1], array.shape)
        # Positive ones stay positive: scales, variances and probabilities are.
        moved[name] = np.asarray(array + shift * size) if array.dtype.kind == "f" else array
    return moved


def confirmed(
    suspicions: Iterable[Suspicion],
    others: list[Clues],
    again: Callable[[Clues], Iterator[Suspicion]],
) -> list[Suspicion]:
    """Those whose odds are sure and that hold at the other points, wherever those are wrong."""
    kept = []
    for suspicion in suspicions:
        weight = suspicion.odds
        contradicted = False
        for other in [] if suspicion.settled else others:
            if not set(suspicion.parameters) & set(other.wrong_parameters()):
                continue
            if suspicion.cause[0] not in ENTRY_BY_ENTRY and not all(
                other.complete(name) for name in suspicion.parameters
            ):
                continue
            same = [
                found.odds + _shared_digits(found, suspicion)
                for found in again(other)
                if _same(found, suspicion)
            ]
            contradicted = contradicted or not same
            weight += max(same, default=0.0)
        if weight >= SURE and not contradicted:
            kept.append(suspicion)
    return kept


def _same(one: Suspicion, other: Suspicion) -> bool:
    if (one.cause, one.parameters) != (other.cause, other.parameters):
        return False
    return one.value is None or _shared_digits(one, other) > 2


def _shared_digits(one: Suspicion, other: Suspicion) -> float:
    """To how many digits two points gave the same number: what was fitted at one of them is a
    prediction for the other."""
    if one.value is None or other.value is None:
        return 0.0
    apart = abs(one.value - other.value) / max(abs(one.value), abs(other.value), 1e-300)
    return min(MOST_DIGITS, -math.log10(max(apart, 1e-300)))


def findings(suspicions: Iterable[Suspicion], clues: Clues) -> tuple[CodeFinding, ...]:
    """One finding for each cause, in the order of the parameters."""
    merged: dict[tuple[str, str], Suspicion] = {}
    told: dict[str, int] = {}
    for suspicion in suspicions:
        if any(told.get(name, 0) >= MOST_A_PARAMETER for name in suspicion.parameters):
            continue
        key = (suspicion.code, suspicion.what)
        first = merged.get(key)
        names = dict.fromkeys([*(first.parameters if first else ()), *suspicion.parameters])
        if first and set(suspicion.parameters) <= set(first.parameters):
            continue
        merged[key] = Suspicion(
            suspicion.code, tuple(names), suspicion.cause, suspicion.odds,
            (first or suspicion).what, (first or suspicion).mend, suspicion.entry,
        )  # fmt: skip
        for name in suspicion.parameters:
            told[name] = told.get(name, 0) + 1
    order = {name: k for k, name in enumerate(clues.claimed)}
    rank = sorted(merged.values(), key=lambda found: order[found.parameters[0]])
    return tuple(_finding(found, clues) for found in rank)


def _finding(found: Suspicion, clues: Clues) -> CodeFinding:
    names = found.parameters
    all_of_them = len(names) > 1 and len(names) == len(clues.claimed)
    shown = "all parameters" if all_of_them and len(names) > 3 else ", ".join(names[:6])
    if len(names) > 6 and not all_of_them:
        shown += f" and {len(names) - 6} more"
    what = found.what
    if all(clues.claimed[name].size == 1 for name in names):
        what = what.replace("every entry is", "the value is", 1)
    return CodeFinding(
        rule=RULES[found.code],
        message=f"{shown}: {what}",
        parameter=names[0] if len(names) == 1 else None,
        entry=found.entry,
        suggestion=found.mend,
    )
