"""Mistakes of place: the right numbers stand at the wrong index, or under the wrong parameter."""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion, odds

MOST_SLICES = 4096
"""Longest axis along which slices are looked for elsewhere."""


def rearranged(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Axes permuted, or the entries laid out in the other memory order."""
    true, bound = clues.numeric[name], clues.slack(name)
    if true.ndim < 2 or true.ndim > 4:
        return
    orders = [axes for axes in permutations(range(true.ndim)) if list(axes) != sorted(axes)]
    for axes in orders:
        moved = np.transpose(true, axes)
        spread = np.transpose(bound, axes)
        same = moved.shape == true.shape
        found = odds(
            clues, name, moved if same else moved.reshape(true.shape),
            spread=spread if same else spread.reshape(true.shape), choices=2 * len(orders),
        )  # fmt: skip
        if found is None:
            continue
        if same:
            how = ".T" if true.ndim == 2 else f".transpose{tuple(int(k) for k in np.argsort(axes))}"
            yield Suspicion(
                "GC520", (name,), ("transposed", axes), found,
                "the right numbers stand there transposed", f"transpose it: {how}",
            )  # fmt: skip
        else:
            yield Suspicion(
                "GC520", (name,), ("order", axes), found,
                "the right numbers stand there in another memory order: reshaped where they should be transposed",
                "transpose, where it says reshape; or use the same order= in ravel and reshape",
            )  # fmt: skip
        return
    fortran = np.reshape(true.ravel(), true.shape, order="F")
    found = odds(clues, name, fortran, spread=np.reshape(bound.ravel(), true.shape, order="F"), choices=4)  # fmt: skip
    if found is not None:
        yield Suspicion(
            "GC520", (name,), ("order", "F"), found,
            "the right numbers stand there in another memory order (C where Fortran belongs, or the reverse)",
            "use the same order= in ravel and reshape",
        )  # fmt: skip


def displaced(clues: Clues, name: str) -> Iterator[Suspicion]:
    """Wrong slices along an axis, each equal to the gradient of another slice: swapped or stale."""
    shape = clues.claimed[name].shape
    for axis in range(len(shape)):
        if 1 < shape[axis] <= MOST_SLICES:
            found = _slices(clues, name, axis)
            if found is not None:
                yield found
                return
    if len(shape) > 1:
        found = _entries(clues, name)
        if found is not None:
            yield found


def _slices(clues: Clues, name: str, axis: int) -> Suspicion | None:
    true = np.moveaxis(clues.numeric[name], axis, 0)
    claimed = np.moveaxis(clues.claimed[name], axis, 0)
    slack = np.moveaxis(clues.slack(name), axis, 0)
    wrong = np.moveaxis(clues.wrong(name), axis, 0)
    sources = _sources(claimed, true, slack, wrong)
    if sources is None:
        return None
    order = np.arange(len(true))
    for target, source in sources.items():
        order[target] = source
    found = odds(
        clues, name, np.moveaxis(true[order], 0, axis),
        spread=np.moveaxis(slack[order], 0, axis), choices=_choices(sources, len(true)),
    )  # fmt: skip
    if found is None:
        return None
    label = _slice_words(clues.claimed[name].ndim, axis)
    return _told(name, found, sources, order, label, axis)


def _entries(clues: Clues, name: str) -> Suspicion | None:
    """As for slices, of single entries anywhere in the array."""
    shape = clues.claimed[name].shape
    wrong = clues.wrong(name).ravel()
    if wrong.sum() > 16 or wrong.size > MOST_SLICES:
        return None
    true, slack = clues.numeric[name].ravel(), clues.slack(name).ravel()
    sources = _sources(clues.claimed[name].ravel(), true, slack, wrong)
    if sources is None:
        return None
    order = np.arange(wrong.size)
    for target, source in sources.items():
        order[target] = source
    found = odds(
        clues, name, true[order].reshape(shape), spread=slack[order].reshape(shape),
        choices=_choices(sources, wrong.size),
    )  # fmt: skip
    if found is None:
        return None
    places = {k: "[" + ", ".join(map(str, np.unravel_index(k, shape))) + "]" for k in range(wrong.size)}  # fmt: skip
    return _told(name, found, sources, order, "entry", None, places)


def _sources(claimed: Array, true: Array, slack: Array, wrong: Array) -> dict[int, int] | None:
    """For each wrong slice the slice whose gradient stands there; None if one has none."""
    touched = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    found: dict[int, int] = {}
    flat, room = true.reshape(len(true), -1), slack.reshape(len(slack), -1)
    for target in touched:
        miss = np.abs(claimed[target].reshape(1, -1) - flat) <= room
        fits = [int(k) for k in np.flatnonzero(miss.all(axis=1)) if k != target]
        # Of several equal ones prefer one that is wrong itself (a swap), then the next above.
        fits.sort(key=lambda k: (k not in touched, k in found.values(), abs(k - target)))
        if not fits or not np.any(np.abs(flat[fits[0]]) > 8 * room[fits[0]]):
            return None
        found[int(target)] = fits[0]
    return found or None


def _choices(sources: dict[int, int], length: int) -> float:
    return float(min(1e300, math.prod([float(length)] * min(len(sources), 200))))


def _slice_words(ndim: int, axis: int) -> str:
    if ndim == 1:
        return "entry"
    if ndim == 2:
        return ("row", "column")[axis]
    return f"slice of axis {axis}"


def _told(
    name: str,
    found: float,
    sources: dict[int, int],
    order: Array,
    label: str,
    axis: int | None,
    places: dict[int, str] | None = None,
) -> Suspicion:
    length = len(order)
    show = (lambda k: places[k]) if places else str
    plural = {"entry": "entries"}.get(label, f"{label.split()[0]}s{label[len(label.split()[0]) :]}")
    cause = ("displaced", axis, tuple(sources.items()))
    if sorted(sources) != sorted(sources.values()):
        target, source = next(iter(sources.items()))
        more = f" (and {len(sources) - 1} more)" if len(sources) > 1 else ""
        return Suspicion(
            "GC533", (name,), cause, found,
            f"{label} {show(target)} holds the gradient of {label} {show(source)}{more}: stale, or copied",
            "use the index of this pass of the loop: it may be taken before it changes, or the buffer is filled once",
        )  # fmt: skip
    if all(sources[s] == t for t, s in sources.items()):
        pairs = [(t, s) for t, s in sources.items() if t < s]
        if len(pairs) > 1 and _is_run([t for t, _ in pairs]) and _is_run([s for _, s in pairs]):
            first, last = pairs[0], pairs[-1]
            what = (
                f"two blocks are swapped: {plural} {show(first[0])} to {show(last[0])} stand "
                f"where {show(first[1])} to {show(last[1])} belong"
            )
        elif len(pairs) > 1 and list(order) == list(range(length))[::-1]:
            what = f"the {plural} stand in reverse order"
        else:
            listed = "; ".join(f"{show(t)} and {show(s)}" for t, s in pairs[:3])
            what = f"{plural} are swapped: {listed}" + ("; …" if len(pairs) > 3 else "")
        return Suspicion(
            "GC525", (name,), cause, found, what, "put them back in the order of the parameter"
        )
    shift = (
        int(order[0]) if np.array_equal(order, np.roll(np.arange(length), -int(order[0]))) else 0
    )
    if shift:
        steps = -shift if shift <= length // 2 else length - shift
        what = f"the {plural} are shifted by {steps:+d}, cyclically"
    else:
        what = f"the {plural} stand in another order: {', '.join(show(int(k)) for k in order[:8])}"
        what += ", …" if length > 8 else ""
    return Suspicion(
        "GC525", (name,), cause, found, what, "put them back in the order of the parameter"
    )


def _is_run(numbers: Sequence[int]) -> bool:
    return all(b == a + 1 for a, b in pairwise(numbers))


def other_parameter(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The gradient of another parameter of the same size stands here."""
    shape = clues.claimed[name].shape
    others = [q for q, a in clues.claimed.items() if q != name and a.size == int(np.prod(shape))]
    for other in others:
        found = odds(
            clues, name, clues.numeric[other].reshape(shape),
            spread=clues.slack(other).reshape(shape), choices=len(others),
        )  # fmt: skip
        if found is None:
            continue
        back = odds(
            clues, other, clues.numeric[name].reshape(clues.claimed[other].shape),
            spread=clues.slack(name).reshape(clues.claimed[other].shape),
        )  # fmt: skip
        if back is not None and clues.wrong(other).any():
            pair = tuple(n for n in clues.claimed if n in (name, other))
            yield Suspicion(
                "GC525", pair, ("parameters", pair), found + back,
                "the two gradients are swapped with each other", "exchange them",
            )  # fmt: skip
        else:
            yield Suspicion(
                "GC533", (name,), ("parameter", other), found,
                f"the gradient of {other} stands here",
                "return its own: a name may be copied from the line above and not changed",
            )  # fmt: skip
        return


def spread_out(clues: Clues, name: str) -> Iterator[Suspicion]:
    """A sum or mean along an axis stands in every entry along it."""
    true, bound = clues.numeric[name], clues.slack(name)
    for axis in range(true.ndim):
        length = true.shape[axis]
        if length < 2:
            continue
        for word, scale in (("sum", 1.0), ("mean", 1.0 / length)):
            total = scale * true.sum(axis=axis, keepdims=True)
            room = scale * bound.sum(axis=axis, keepdims=True)
            found = odds(
                clues, name, np.broadcast_to(total, true.shape),
                spread=np.broadcast_to(room, true.shape), choices=2 * true.ndim,
            )  # fmt: skip
            if found is not None:
                yield Suspicion(
                    "GC524", (name,), ("spread", axis, word), found,
                    f"every entry holds the {word} along axis {axis}, which must not be taken",
                    f"leave out axis {axis} from the {word}, or take it along another axis",
                )  # fmt: skip
                return


def altered(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The right gradient, altered entry by entry: clipped, its sign lost, rounded."""
    true, bound = clues.numeric[name], clues.slack(name)
    claimed = clues.claimed[name]
    if not (clues.telling(name) & ~clues.wrong(name)).any():
        return
    limit = float(np.max(np.abs(claimed[clues.wrong(name)]), initial=0.0))
    size = np.abs(true)
    tried = (
        ("clipped", np.clip(true, -limit, limit), bound, 1, f"the gradient is clipped to ±{limit:.4g}", "check the gradient before it is clipped: clip in the optimiser"),
        ("absolute", size, bound, 0, "its absolute value stands there", "remove abs()"),
        ("sign", np.sign(true), 0 * bound, 0, "its sign alone stands there", "remove sign()"),
    )  # fmt: skip
    for word, predicted, spread, fitted, what, mend in tried:
        if word == "clipped" and not (0 < limit < size.max(initial=0.0)):
            continue
        found = odds(clues, name, predicted, spread=spread + 1e-15, fitted=fitted, choices=4)
        if found is not None and (size > 8 * bound).any():
            yield Suspicion("GC538", (name,), (word,), found, what, mend)
            return


FURTHEST = 3
"""Places by which what is moved on is looked for."""


def moved_on(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The gradient stands some places further along an axis, and what it left there is lost: an
    index, a slice or a padding off by one."""
    true, slack, claimed = clues.numeric[name], clues.slack(name), clues.claimed[name]
    for axis in range(true.ndim):
        length = true.shape[axis]
        for by in [k for step in range(1, FURTHEST + 1) for k in (step, -step)]:
            if length < 2 * abs(by) + 3:
                continue
            index = np.arange(length) - by
            inside = (index >= 0) & (index < length)
            form = [-1 if k == axis else 1 for k in range(true.ndim)]
            known = np.broadcast_to(inside.reshape(form), true.shape)
            moved = np.take(true, np.clip(index, 0, length - 1), axis=axis)
            spread = np.take(slack, np.clip(index, 0, length - 1), axis=axis)
            found = odds(
                clues, name, np.where(known, moved, np.nan), spread=spread,
                choices=2 * FURTHEST * true.ndim,
            )  # fmt: skip
            if found is None or not clues.wrong(name)[known].any() or not claimed.any():
                continue
            along = "entries" if true.ndim == 1 else f"entries along axis {axis}"
            yield Suspicion(
                "GC525", (name,), ("moved", axis, by), found,
                f"the {along} stand {abs(by)} further {'on' if by > 0 else 'back'} than they belong",
                "check the index, slice or padding by which they are taken: it is off by "
                f"{abs(by)}",
            )  # fmt: skip
            return
