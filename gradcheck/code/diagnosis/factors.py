"""A factor that is missing or there twice: the derivative of an activation, an array at hand."""

# ruff: noqa: E501, what is told reads better in one line each

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradcheck.code.diagnosis.clues import Array, Clues, Suspicion, odds
from gradcheck.evidence.arrays.array_functions import FORMULAS
from gradcheck.language.functions import BY_OUTPUT, FUNCTIONS

MOST_ENTRIES = 20_000
"""Every slip is tried on every entry."""
MOST_WEIGHTS = 6
"""How many weights are set to zero, one after the other, to see a pre-activation."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A function by which units respond, and its derivative."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    code: str  # the derivative in NumPy, of its input z and its output a


def _real(name: str, order: int) -> Callable[[Array], Array]:
    formula = FORMULAS[name, order]
    return (lambda z: formula(np.abs(z))) if FUNCTIONS[name].positive else formula


def _leaky(slope: float) -> Activation:
    return Activation(
        f"the leaky ReLU of slope {slope}",
        lambda z: np.where(z > 0, z, slope * z),
        lambda z: np.where(z > 0, 1.0, slope),
        f"np.where(z > 0, 1, {slope})",
    )


ACTIVATIONS = (
    *(
        Activation(row.noun or row.called, _real(row.name, 0), _real(row.name, 1), row.code)
        for row in FUNCTIONS.values()
        if row.code
    ),
    *map(_leaky, (0.01, 0.1, 0.2)),
    Activation(
        "ELU",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.exp(np.minimum(z, 0)),
        "np.exp(np.minimum(z, 0))",
    ),
    Activation("the square", np.square, lambda z: 2 * z, "2 * z"),
)


@dataclass(frozen=True, slots=True)
class _Slip:
    """What the code used in place of ``right``, both at the pre-activations."""

    code: str
    cause: tuple[str, ...]
    used: Array
    right: Array
    what: str
    mend: str


_OF_OUTPUT = tuple((row.noun or row.called, row.of_output) for row in BY_OUTPUT if row.of_output)


_GATES = {
    "SiLU": ("sigmoid", "the sigmoid"),
    "GELU": ("normal_cdf", "the normal distribution function"),
}
"""What z is multiplied by."""

Match = tuple[float, _Slip]


def _slips(z: Array) -> Iterator[_Slip]:
    one = np.ones_like(z)
    for own in ACTIVATIONS:
        slope, value = own.slope(z), own.value(z)
        right = f"use {own.code} once, where z goes in and a comes out of {own.name}"
        yield _Slip("GC527", ("missing", own.name), one, slope, f"the derivative of {own.name} is missing", f"multiply by {own.code}, where z goes in and a comes out of {own.name}")  # fmt: skip
        yield _Slip("GC528", ("double", own.name), slope**2, slope, f"the derivative of {own.name} stands twice", right)  # fmt: skip
        yield _Slip("GC529", ("output", own.name), own.slope(value), slope, f"the derivative of {own.name} is taken at its output, not at its input", right)  # fmt: skip
        yield _Slip("GC529", ("value", own.name), value, slope, f"{own.name} itself stands where its derivative belongs", right)  # fmt: skip
        if own.name == "the sigmoid":
            yield _Slip("GC529", ("input", own.name), z * (1 - z), slope, "a * (1 - a) is taken of the input, not of the sigmoid's output", right)  # fmt: skip
            yield _Slip("GC529", ("half", own.name), value, slope, "of a * (1 - a), the sigmoid's derivative, (1 - a) is missing", right)  # fmt: skip
            yield _Slip("GC529", ("other half", own.name), 1 - value, slope, "of a * (1 - a), the sigmoid's derivative, a is missing", right)  # fmt: skip
        if own.name in _GATES:
            gate, noun = _GATES[own.name]
            s, rest = FORMULAS[gate, 0](z), z * FORMULAS[gate, 1](z)
            of = f"of the derivative of z * s(z), s {noun}, the term"
            yield _Slip("GC529", ("product", own.name), rest, slope, f"{of} s(z) is missing", right)
            yield _Slip("GC529", ("other product", own.name), s, slope, f"{of} z * s'(z) is missing", right)  # fmt: skip
        if own.name == "tanh":
            yield _Slip("GC529", ("input", own.name), 1 - z * z, slope, "1 - a**2 is taken of the input, not of the output of tanh", right)  # fmt: skip
            yield _Slip("GC529", ("power", own.name), 1 - value, slope, "1 - a stands for 1 - a**2, the derivative of tanh", right)  # fmt: skip
    values = [(own, own.value(z), own.slope(z)) for own in ACTIVATIONS]
    for own, value, slope in values:
        for word, by_output in _OF_OUTPUT:
            if own.name != word:
                yield _Slip("GC529", ("other output", own.name, word), by_output(value), slope, f"the derivative of {word} is taken of the output of {own.name}", f"use {own.code}, where z goes in and a comes out of {own.name}")  # fmt: skip
        for other, _, used in values:
            if own is not other:
                yield _Slip("GC529", ("other", own.name, other.name), used, slope, f"the derivative of {other.name} stands where that of {own.name} belongs", f"use {own.code}, where z goes in and a comes out of {own.name}")  # fmt: skip


def _matches(clues: Clues, name: str, z: Array, ways: int) -> dict[tuple[str, ...], Match]:
    """The slips that explain a parameter, if ``z`` are the pre-activations; by their causes."""
    claimed, true = clues.claimed[name], clues.numeric[name]
    slack = clues.slack(name)
    found: dict[tuple[str, ...], Match] = {}
    with np.errstate(all="ignore"):
        slips = list(_slips(z))
        for slip in slips:
            lost = (slip.used == 0) & (np.abs(claimed) <= slack)
            ratio = np.nan_to_num(np.where(lost, 0.0, slip.right / slip.used), nan=np.inf)
            mended = np.where(lost, true, claimed * ratio)
            room = slack * np.maximum(1.0, np.abs(np.nan_to_num(ratio)))
            weight = odds(
                clues, name, claimed + (true - mended), spread=room, choices=len(slips) * ways
            )
            if weight is not None:
                found[slip.cause] = weight, slip
    return found


def _best(matches: list[dict[tuple[str, ...], Match]]) -> Match | None:
    """The likeliest one that holds in all of them; of those that fit alike the simplest, which is
    told first."""
    first, *others = matches
    both = [
        (weight + sum(other[cause][0] for other in others), slip)
        for cause, (weight, slip) in first.items()
        if all(cause in other for other in others)
    ]
    best = max(both, key=lambda pair: round(pair[0], 1), default=None)
    return best if best and best[0] > 0 else None


def activation_of_itself(clues: Clues, name: str) -> Iterator[Suspicion]:
    """For a layer that only applies an activation: the parameter is the pre-activation. Of one
    number every factor is the derivative of something."""
    z = np.asarray(clues.point[name], dtype=float)
    if z.size > MOST_ENTRIES or np.unique(z).size < 2:
        return
    found = _best([_matches(clues, name, z, 1)])
    if found is not None:
        weight, slip = found
        yield Suspicion(
            slip.code, (name,), ("activation", *slip.cause), weight, slip.what, slip.mend
        )


def activations(clues: Clues, names: list[str]) -> Iterator[Suspicion]:
    """Factors of a layer's activation, seen where its weights are zero.

    There its pre-activation is its bias for every sample, so that the factor can be taken out of
    the sum over the samples, and is a known function of the bias.
    """
    if clues.experiments is None:
        return
    weights = [n for n, a in clues.point.items() if a.size > 1 and a.dtype.kind == "f"]
    tried = 0
    for weight in sorted(weights, key=lambda n: (n not in names, -clues.point[n].ndim)):
        biases = [b for b in clues.point if _may_be_bias(clues.point[b], clues.point[weight])]
        biases = [b for b in biases if b != weight]
        if not biases or tried == MOST_WEIGHTS:
            continue
        tried += 1
        settings = [_without(clues.point, weight, biases, seed) for seed in (5, 6)]
        there = [clues.experiments.at(point) for point in settings]
        for name in names:
            yield from _at_zero([one for one in there if one], name, biases)


def _at_zero(there: list[Clues], name: str, biases: list[str]) -> Iterator[Suspicion]:
    if len(there) < 2 or not any(one.wrong(name).any() for one in there):
        return
    shape = there[0].point[name].shape
    for bias in biases:
        lined_up = [list(_aligned(one.point[bias], shape)) for one in there]
        for inputs in zip(*lined_up, strict=True):
            ways = 2 * len(biases)
            found = _best(
                [_matches(one, name, z, ways) for one, z in zip(there, inputs, strict=True)]
            )
            if found is None:
                continue
            weight, slip = found
            yield Suspicion(
                slip.code, (name,), ("activation", bias, *slip.cause), weight,
                f"{slip.what} (of the layer with {bias})", slip.mend, settled=True,
            )  # fmt: skip
            return


def _may_be_bias(bias: Array, weight: Array) -> bool:
    if bias.dtype.kind != "f" or bias.ndim > weight.ndim:
        return False
    long = [length for length in bias.shape if length > 1]
    return not long or (len(long) == 1 and bias.size < weight.size and long[0] in weight.shape)


def _without(
    point: Mapping[str, Array], weight: str, biases: list[str], seed: int
) -> dict[str, Array]:
    """The point with one weight at zero and its possible biases apart from each other, of both
    signs: those of one seed where the other has the opposite."""
    generator = np.random.default_rng(seed)
    moved = {name: np.asarray(array) for name, array in point.items()}
    for number, bias in enumerate(biases):
        shape = moved[bias].shape
        sign = np.random.default_rng([5, number]).permutation(
            np.where(np.arange(max(moved[bias].size, 1)) % 2 == seed % 2, -1.0, 1.0)
        )
        moved[bias] = generator.uniform(0.3, 1.6, shape) * sign.reshape(shape)
    moved[weight] = np.zeros_like(moved[weight])
    return moved


def _aligned(vector: Array, shape: tuple[int, ...]) -> Iterator[Array]:
    """The vector along each axis of the shape that has its length."""
    if vector.size == 1:
        yield np.broadcast_to(vector.reshape(()), shape)
        return
    for axis, length in enumerate(shape):
        if length == vector.size:
            form = [1] * len(shape)
            form[axis] = length
            yield np.broadcast_to(vector.reshape(form), shape)


def array_factor(clues: Clues, name: str) -> Iterator[Suspicion]:
    """The claim is the gradient times, or divided by, an array that is at hand."""
    true, slack = clues.numeric[name], clues.slack(name)
    at_hand = [(n, a) for n, a in {**clues.surroundings, **clues.point}.items() if a.size > 1]
    factors: list[tuple[str, Array]] = []
    for label, array in at_hand:
        values = np.asarray(array, dtype=float)
        if np.ptp(values) <= 1e-9 * np.max(np.abs(values)) or not np.isfinite(values).all():
            continue
        if values.shape == true.shape:
            factors.append((label, values))
        elif sum(length > 1 for length in values.shape) == 1:
            factors += [(label, form) for form in _aligned(values, true.shape)]
    for label, factor in factors:
        for power in (1, -1):
            if power == -1 and (factor == 0).any():
                continue
            scale = factor**power
            found = odds(
                clues, name, true * scale, choices=2 * len(factors),
                spread=slack * np.maximum(np.abs(scale), 1e-3),
            )  # fmt: skip
            if found is None:
                continue
            missing = power == -1
            itself = "itself" if label == name else label
            yield Suspicion(
                "GC540" if missing else "GC541", (name,), ("array", label, power), found,
                f"the factor {label} {'is missing' if missing else 'is one too many'}",
                f"{'multiply' if missing else 'divide'} by {itself}",
            )  # fmt: skip
            return
