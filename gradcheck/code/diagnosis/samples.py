"""Mistakes along the samples, and in the upstream gradient: found by asking for parts of the sum."""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion, odds

MOST_CANCELLED = 1e-9
"""The parts must add up to the whole to this, relative to their sizes, or to its bound."""


def upstream(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """The claim is the gradient for another upstream gradient than the one passed."""
    given, lab = clues.upstream, clues.experiments
    if given is None or lab is None:
        return
    tried: list[tuple[str, Array, str, str]] = [
        ("ones", np.ones_like(given), "the upstream gradient is dropped: it is taken as 1", "multiply by the upstream gradient that is passed in"),
        ("square", given**2, "the upstream gradient stands twice", "multiply by it once"),
        ("sign", np.sign(given), "only the sign of the upstream gradient is used", "multiply by its value"),
    ]  # fmt: skip
    if given.size > 1:
        tried += [
            ("mean", np.full_like(given, given.mean()), "the mean of the upstream gradient is used", "use each of its entries"),
            ("sum", np.full_like(given, given.sum()), "the sum of the upstream gradient is used", "use each of its entries"),
            ("first", np.full_like(given, given.flat[0]), "only the first entry of the upstream gradient is used", "use each of its entries"),
        ]  # fmt: skip
    if given.ndim == 2 and given.shape[0] == given.shape[1] > 1:
        tried.append(("T", given.T, "the upstream gradient is transposed", "use it as it is"))
    for axis in range(given.ndim):
        if given.shape[axis] > 1 and given.ndim > 1:
            head = np.take(given, [0], axis=axis)
            last = np.take(given, [-1], axis=axis)
            mean = given.mean(axis=axis, keepdims=True)
            for word, part in (("first", head), ("last", last), ("mean", mean)):
                tried.append((f"{word} {axis}", np.broadcast_to(part, given.shape), f"the {word} of the upstream gradient along axis {axis} is used for all", "use each of its entries"))  # fmt: skip
    left = list(names)
    for word, other, what, mend in tried:
        there = lab.under(other) if left else None
        for name in list(left) if there else []:
            assert there is not None
            found = odds(
                clues, name, there.numeric[name], spread=there.slack(name), choices=len(tried)
            )
            if found is not None:
                left.remove(name)
                yield Suspicion(
                    "GC526", (name,), ("upstream", word), found, what, mend, settled=True
                )


def softmax(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Only the diagonal of a softmax's derivative: a·(1 - a) in place of the whole."""
    out, given = clues.output, clues.upstream
    if out is None or given is None or out.shape != clues.claimed[name].shape:
        return
    for axis in range(out.ndim):
        if out.shape[axis] > 1 and np.allclose(out.sum(axis=axis), 1.0) and (out >= 0).all():
            found = odds(clues, name, given * out * (1 - out), choices=4)
            if found is not None:
                yield Suspicion(
                    "GC539", (name,), ("softmax", axis), found,
                    "only the diagonal of the softmax's derivative, a * (1 - a), is there",
                    f"use a * (g - (g * a).sum(axis={axis}, keepdims=True)), where g comes from above",
                )  # fmt: skip
                return


def summed(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The gradient is an array at hand summed along one axis, the claim along another."""
    sources = {**clues.surroundings}
    if clues.upstream is not None:
        sources = {"the upstream gradient": clues.upstream, **sources}
    shape = clues.claimed[name].shape
    for label, array in sources.items():
        if not 2 <= array.ndim <= 4 or array.dtype.kind != "f":
            continue
        ways = [
            axes for k in range(1, array.ndim + 1) for axes in combinations(range(array.ndim), k)
        ]
        sums = {a: array.sum(axis=a) for a in ways}
        fits = {a: s.reshape(shape) for a, s in sums.items() if s.size == clues.claimed[name].size}
        right = [a for a, s in fits.items() if _near(clues, name, s)]
        for axes in right[:1]:
            for other, total in fits.items():
                found = odds(clues, name, total, choices=len(ways)) if other != axes else None
                if found is not None:
                    yield _wrong_axis(name, label, axes, other, found)
                    return


def _near(clues: Clues, name: str, values: Array) -> bool:
    miss = np.abs(values - clues.numeric[name])
    return bool((miss <= clues.slack(name))[clues.measured(name)].all())


def _wrong_axis(
    name: str, label: str, right: tuple[int, ...], used: tuple[int, ...], found: float
) -> Suspicion:
    def words(axes: tuple[int, ...]) -> str:
        return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"

    code = right[0] if len(right) == 1 else right
    return Suspicion(
        "GC524", (name,), ("axis", right, used), found,
        f"{label} is summed along {words(used)} where it should be along {words(right)}",
        f"use sum(axis={code})",
    )  # fmt: skip


def samples(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """One sample missing, twice, or alone; sums over the wrong axis."""
    lab = clues.experiments
    if lab is None:
        return
    left = list(names)
    for axis in (0, -1):
        parts = lab.samples(axis) if left else None
        if parts is None or len(parts) < 2:
            continue
        for name in list(left):
            found = _of_samples(clues, name, parts)
            if found is not None:
                left.remove(name)
                yield found


def _of_samples(clues: Clues, name: str, parts: list[Clues]) -> Suspicion | None:
    stack = np.stack([part.numeric[name] for part in parts])
    room = np.stack([part.slack(name) for part in parts])
    count = len(parts)
    true = clues.numeric[name]
    known = np.isfinite(room).all(axis=0)
    for scale, total in ((1.0, "sum"), (1.0 / count, "mean")):
        each, slack = scale * stack, scale * room
        spread = slack.sum(axis=0) + clues.slack(name)
        rest = np.abs(each.sum(axis=0) - true)
        near = rest <= spread + MOST_CANCELLED * np.abs(each).sum(axis=0)
        if near[known].all() and known.any():
            return _slip(clues, name, each, spread, total)
    return None


def _slip(clues: Clues, name: str, each: Array, spread: Array, total: str) -> Suspicion | None:
    count, true = len(each), clues.numeric[name]
    scale = count if total == "mean" else 1
    order = [count - 1, 0, *range(1, count - 1)]
    told: list[tuple[str, int, Array, str, str]] = []
    for k in order:
        which = {count - 1: "the last sample", 0: "the first sample"}.get(k, f"sample {k}")
        told += [
            ("GC531", k, true - each[k], f"{which} is missing from the {total}", "let the loop or slice run over all samples: range(n), x[:]"),
            ("GC531", k, (true - each[k]) * count / (count - 1), f"{which} is missing from the {total}, and from the count", "let the loop or slice run over all samples"),
            ("GC531", k, true + each[k], f"{which} is counted twice in the {total}", "let the loop or slice run over each sample once"),
            ("GC532", k, each[k], f"only {which} is in it", "add up the samples: += for =, or sum(axis=0)"),
            ("GC532", k, scale * each[k], f"only {which} is in it, and it is not divided", "add up the samples: += for =, or mean(axis=0)"),
        ]  # fmt: skip
    told += [
        ("GC532", k, _one_of_each(each[::step]), f"where several samples come together, only the {word} is in it", "add up what comes to the same place: += for =, and np.add.at for a[index] += with an index that repeats")
        for k, (word, step) in enumerate((("last", -1), ("first", 1)))
    ]  # fmt: skip
    for axis in range(1, each.ndim):
        total_there = each.sum(axis=axis)
        if total_there.shape == true.shape:
            told.append(("GC524", axis, total_there, "summed along the wrong axis: over the units, not the samples", "sum over the axis of the samples"))  # fmt: skip
    for code, k, predicted, what, mend in told:
        found = odds(clues, name, predicted, spread=3 * spread, choices=len(told))
        if found is not None:
            return Suspicion(code, (name,), ("sample", k, what), found, what, mend, settled=True)
    return None


def _one_of_each(each: Array) -> Array:
    """Of every entry the first contribution that is not 0."""
    first = (each != 0).argmax(axis=0)
    return np.asarray(np.take_along_axis(each, first[None], axis=0)[0])


def broadcasting(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """The loss knows labels by their mean only, or the claim does: (n,) and (n, 1) were broadcast
    to (n, n)."""
    lab = clues.experiments
    if lab is None or clues.upstream is not None:
        return
    left = list(names)
    for label, array in clues.surroundings.items():
        if array.dtype.kind != "f" or array.size < 3 or max(array.shape) != array.size:
            continue
        if np.ptp(array) == 0.0:
            continue
        there = lab.with_mean_of(label)
        for name in list(left) if there else []:
            assert there is not None
            seen = there.telling(name).any() and clues.telling(name).any()
            same = np.abs(there.numeric[name] - clues.numeric[name]) <= 2 * clues.slack(name)
            if seen and same.all():
                what = f"the gradient of the loss stays the same if all of {label} are set to their mean"
            elif odds(clues, name, there.numeric[name], spread=there.slack(name)) is not None:
                what = f"it is the gradient of the loss with all of {label} set to their mean"
            else:
                continue
            left.remove(name)
            yield Suspicion(
                "GC545", (name,), ("broadcast", label), 9.0,
                f"{what}, as if (n,) and (n, 1) were broadcast to (n, n)",
                f"give prediction and {label} one shape: ravel() or reshape(-1)", settled=True,
            )  # fmt: skip
